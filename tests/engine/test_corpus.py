"""The product on every case of the corpus, judged by Cilium's engine: the measure of this project."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.engine.corpus import Case, cases, cluster_text, left_out
from tests.engine.fixtures import corpus_directory
from tests.engine.judge import Judge
from tests.engine.measure import audit, measure
from tests.engine.mutate import extra_rows
from tests.engine.policies import namespaces, wide_rules
from tests.engine.product import Product, Variant, variants

pytestmark = pytest.mark.judge

# Cases whose manifests name almost no peer: without a config only their attacks are measured.
WITHOUT_EVIDENCE = {"sock-shop"}


def runs() -> list[tuple[Case, Variant]]:
    """Each case in each way of running it; nothing where there is no corpus."""
    folder = corpus_directory()
    return [
        (case, one) for case in (cases(folder) if folder else ()) for one in variants(case, separate=False)
    ]


def name(run: object) -> str:
    """A test id: the case and the way it was run."""
    if isinstance(run, Case):
        return run.name
    return (run.name or "plain") if isinstance(run, Variant) else str(run)


RUNS = pytest.mark.parametrize(("case", "variant"), runs(), ids=name)


class Once(Product):
    """The installed command; what it answered is kept for the other tests."""

    def __init__(self) -> None:
        super().__init__()
        self._kept: dict[tuple[str, str, Variant], str] = {}

    def policies(self, case: Case, mode: str, variant: Variant, more: Sequence[str] = ()) -> str:
        key = (case.name, mode, variant)
        if key not in self._kept:
            self._kept[key] = super().policies(case, mode, variant, more)
        return self._kept[key]


@pytest.fixture(scope="module")
def product(corpus: Path) -> Iterator[Product]:
    """The installed command."""
    made = Once()
    yield made
    made.forget()


def test_there_is_a_corpus(corpus: Path) -> None:
    """Where it is missing this one says so for all the others."""
    assert runs()


@RUNS
def test_enforce(judge: Judge, product: Product, case: Case, variant: Variant) -> None:
    """Every legitimate flow passes, every attack and every strict row is denied."""
    world = judge.world(text=cluster_text(case))
    policies = product.policies(case, "enforce", variant)
    world.set_policies(policies)
    elsewhere = frozenset() if variant.inventory else frozenset(left_out(case))
    found = measure(case, world, elsewhere)
    world.unload()
    ignored = ("allow",) if case.name in WITHOUT_EVIDENCE and not variant.config else ()
    assert [str(miss) for miss in found.misses if miss.row.expect not in ignored] == []
    assert found.legit.total + found.attacks.total > 0
    assert wide_rules(policies) == []


@RUNS
def test_audit(judge: Judge, product: Product, case: Case, variant: Variant) -> None:
    """Nothing is cut, and the attribution tells legitimate flows from the others."""
    world = judge.world(text=cluster_text(case))
    bare = world.verdicts([row.query for row in case.rows])
    policies = product.policies(case, "audit", variant)
    world.set_policies(policies)
    elsewhere = frozenset() if variant.inventory else frozenset(left_out(case))
    found = audit(case, world, bare, namespaces(policies), elsewhere)
    world.unload()
    if case.name in WITHOUT_EVIDENCE and not variant.config:
        found = found._replace(unattributed=())
    assert {key: [str(miss) for miss in part] for key, part in found._asdict().items() if part} == {}


@RUNS
def test_each_version_accepts_every_policy(
    judge: Judge, crds: dict[str, Path], product: Product, case: Case, variant: Variant
) -> None:
    """Schema and metadata of five minors, and Parse of the newest."""
    for mode in ("enforce", "audit"):
        found = judge.findings(product.policies(case, mode, variant), crds)
        assert [str(one) for one in found if one.refused] == []
        assert [one.warnings for one in found if one.warnings] == []
        assert found


# What the facts state of a component in general and this cluster's manifests refine, each with the reason.
REFINED = {
    "csi-proxmox/Deployment/proxmox-csi-proxmox-csi-plugin-controller -> somewhere.example.org"
    " 8006/TCP": "its address is known",
    "network/Deployment/unifi-dns -> somewhere.example.org 443/TCP": "its address is known",
    "external-secrets/Deployment/external-secrets-webhook -> kube-apiserver 6443/TCP": "no role is bound: listed",
    "monitoring/StatefulSet/loki -> monitoring/StatefulSet/loki 3100/TCP": "one replica has no peer",
    "monitoring/StatefulSet/loki -> monitoring/StatefulSet/loki 7946/TCP": "one replica has no peer",
    "monitoring/StatefulSet/loki -> monitoring/StatefulSet/loki 9095/TCP": "one replica has no peer",
    "kube-system/Deployment/coredns -> somewhere.example.org 853/TCP": "its Corefile forwards to nobody over TLS",
    "192.168.1.199 -> network/Deployment/k8s-gateway 1053/TCP": "its Service publishes UDP alone",
}


def test_rows_from_the_facts(judge: Judge, product: Product) -> None:
    """Flows that no row of the corpus asks about and that the component facts state: the rules for them are needed."""
    asked = 0
    for case, variant in runs():
        rows = extra_rows(case)
        if rows and not variant.name:
            world = judge.world(text=cluster_text(case), options={"ipv6": True})
            world.set_policies(product.policies(case, "enforce", variant))
            verdicts = zip(rows, world.ask([row.query for row in rows]), strict=True)
            assert [
                f"{row.text()}: {one.reason()}"
                for row, one in verdicts
                if one.verdict != row.expect and row.text().partition(": ")[2] not in REFINED
            ] == []
            world.unload()
            asked += len(rows)
    if not asked:
        pytest.skip("no rows beside the corpus yet")
