"""What is read is kept: an inventory without a kind or field that evidence reads would close flows of other builds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cilium_policies.catalogue.load import load
from cilium_policies.cli.options import run_on
from cilium_policies.function import Options
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.kinds import EVIDENCE, FIELDS, READ_KINDS, WHOLE
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
        | {kind.rpartition("/")[2] for proxy in catalogue.proxies.values() for kind in proxy.policies}
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


class _Watched(dict[str, Any]):
    """A mapping of an object's body that tells which members were asked for by name."""

    def __init__(self, body: dict[str, Any], read: Callable[[str], None], path: str = "") -> None:
        self._read, self._path = read, path
        below = {key: f"{path}.{key}" if path else key for key in body}
        super().__init__((key, _watched(value, read, below[key])) for key, value in body.items())

    def get(self, key: Any, default: Any = None) -> Any:
        self._read(f"{self._path}.{key}" if self._path else str(key))
        return super().get(key, default)

    def __getitem__(self, key: str) -> Any:
        self._read(f"{self._path}.{key}" if self._path else key)
        return super().__getitem__(key)


def _watched(value: Any, read: Callable[[str], None], path: str) -> Any:
    if isinstance(value, dict):
        return _Watched(value, read, path)
    return [_watched(one, read, path) for one in value] if isinstance(value, list) else value


def test_every_field_that_a_run_reads_is_declared(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the kinds that modules declare; what the catalogue's entries name is kept whole. What a walk over a whole
    object finds is not told apart here: `tests/workloads/inventory` compares the policies."""
    read: set[tuple[str, str]] = set()
    plain = Object.body

    def body(self: Object) -> dict[str, Any]:
        if not isinstance(self._body, _Watched):
            found = plain.fget(self)  # type: ignore[attr-defined]
            self._body = _Watched(found, lambda path, kind=self.kind: read.add((kind, path)))
        return self._body

    monkeypatch.setattr(Object, "body", property(body))
    for case in cases(corpus):
        if case.name in ("seed-cluster", "app-onedr0p-envoy-gateway", "app-onedr0p-kube-prometheus-stack"):
            run_on([(str(build), build.read_bytes()) for build in case.builds], Options())
    assert ("Service", "spec.ports") in read
    always = ("metadata", "status", "apiVersion", "kind")  # status: asked of the build's own objects alone
    encrypted = {("ConfigMap", "sops"), ("ConfigMap", "stringData")}  # one question of ConfigMaps and Secrets
    of_makers = {("Gateway", "values")}  # asked of each object of which pods come; a Gateway has none
    strange = {
        (kind, path)
        for kind, path in read - encrypted - of_makers
        if kind in FIELDS and path.partition(".")[0] not in always and not _is_declared(path, FIELDS[kind])
    }
    assert strange == set()


def _is_declared(path: str, fields: tuple[str, ...]) -> bool:
    return WHOLE in fields or any(
        f"{path}.".startswith(f"{one}.") or one.startswith(f"{path}.") for one in fields
    )


def _said(value: Any) -> set[str]:
    """Kinds that entries name under `object` and `kind`."""
    if isinstance(value, dict):
        own = {value[key].rpartition("/")[2] for key in ("object", "kind") if isinstance(value.get(key), str)}
        return own.union(*map(_said, value.values()))
    return set().union(*map(_said, value)) if isinstance(value, list) else set()
