"""To look at one of the neighbours that are alike, in place of each, changes no selector."""

from __future__ import annotations

import random

import pytest
from cilium_policies.kube.labels import SERVICE_ACCOUNT, stable
from cilium_policies.kube.objects import Object
from cilium_policies.workloads import selectors
from cilium_policies.workloads.model import Workload

KEYS = ("app", "tier", "version", "helm.sh/chart", "x", "app.kubernetes.io/component")
KINDS = ("Deployment", "StatefulSet", "Job", "CronJob")


def neighbours(draw: random.Random) -> list[Workload]:
    """Workloads of few labels with few values, so that many are alike and many selectors take in others."""
    return [workload(f"w{number}", draw) for number in range(draw.randint(2, 14))]


def workload(name: str, draw: random.Random) -> Workload:
    made = Workload("shop", name, draw.choice(KINDS))
    made.labels = {
        key: draw.choice("xy") if draw.random() > 0.05 else "*"
        for key in draw.sample(KEYS, draw.randint(0, 4))
    }
    kept = sorted(stable(made.labels).items())
    made.service_account = draw.choice(("default", "own"))
    made.selector = dict(draw.sample(kept, draw.randint(1, len(kept)))) if kept else {}
    made.selector = made.selector or {SERVICE_ACCOUNT: made.service_account}
    made.rendered = draw.random() < 0.8
    made.component, made.instance = draw.choice(("", "", "c", "d")), draw.choice("ij")
    notes = {"helm.sh/hook": "test"} if draw.random() < 0.1 else {}
    body = {
        "apiVersion": "apps/v1",
        "kind": made.kind,
        "metadata": {"name": name, "namespace": "shop", "annotations": notes},
        "spec": {"selector": {"matchLabels": made.labels}},
    }
    made.source = Object(body) if draw.random() < 0.8 else None
    return made


def told_apart(seed: int) -> list[tuple[dict[str, str], tuple[str, ...]]]:
    found = neighbours(random.Random(seed))
    selectors.separate(found)
    return [(one.selector, one.absent) for one in found]


@pytest.mark.parametrize("few", [0, 3])
def test_drawn_neighbours_have_the_selectors_that_a_look_at_each_gives_them(
    few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    each = [told_apart(seed) for seed in range(1_000)]  # so few are looked at one by one
    monkeypatch.setattr(selectors, "_FEW", few)
    for seed, expected in enumerate(each):
        assert told_apart(seed) == expected, seed
