"""What is read is kept: an inventory that drops a kind which evidence asks for would close flows of other builds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cilium_policies.catalogue.load import load
from cilium_policies.cli.options import run_on
from cilium_policies.function import Options
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.kinds import EVIDENCE, READ_KINDS
from cilium_policies.kube.objects import Object
from cilium_policies.kube.pods import WORKLOAD_KINDS

from tests.engine.corpus import cases

EVIDENCE_FOLDER = Path(__import__("cilium_policies.evidence", fromlist=["x"]).__file__).parent


def test_every_module_that_is_listed_is_there() -> None:
    assert {name for name in EVIDENCE if not (EVIDENCE_FOLDER / f"{name}.py").exists()} == set()


def test_everything_that_a_run_asks_for_is_kept(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever way it asks: with a literal, a tuple or a name that it has read."""
    asked: set[str] = set()
    of, get = Inventory.of, Inventory.get

    def told_of(self: Inventory, *kinds: str, **group: Any) -> list[Object]:
        asked.update(kinds)
        return of(self, *kinds, **group)

    def told_get(self: Inventory, kind: str, namespace: str, name: str) -> Object | None:
        asked.add(kind)
        return get(self, kind, namespace, name)

    monkeypatch.setattr(Inventory, "of", told_of)
    monkeypatch.setattr(Inventory, "get", told_get)
    for case in cases(corpus):
        if case.name in ("seed-cluster", "app-onedr0p-envoy-gateway", "app-onedr0p-kube-prometheus-stack"):
            run_on([(str(build), build.read_bytes()) for build in case.builds], Options())
    catalogue = load()
    of_catalogue = (
        {kind.rpartition("/")[2] for kind in catalogue.head["kinds"]}
        | _said([one.data for one in catalogue.components.values()])
        | _said(list(catalogue.distributions.values()))
    )
    assert len(asked) > 40
    # Volumes say nothing of the network; configs of operators' objects are looked for by the object's own kind.
    # Policies of other tiers are warned of where they stand.
    others = {
        "PersistentVolumeClaim",
        "ClusterNetworkPolicy",
        "AdminNetworkPolicy",
        "BaselineAdminNetworkPolicy",
    }
    strange = {one for one in asked if one and not one.endswith("Config")} - others
    assert strange - READ_KINDS - set(WORKLOAD_KINDS) - of_catalogue == set()


def _said(value: Any) -> set[str]:
    """Kinds that entries name under `object` and `kind`."""
    if isinstance(value, dict):
        own = {value[key].rpartition("/")[2] for key in ("object", "kind") if isinstance(value.get(key), str)}
        return own.union(*map(_said, value.values()))
    return set().union(*map(_said, value)) if isinstance(value, list) else set()
