"""Services and the workloads behind them, where many of both are alike."""

from __future__ import annotations

import random

from cilium_policies.workloads.model import Service, ServicePort, Workload
from cilium_policies.workloads.serving import Serving

LABELS = ("app", "tier")


def workload(name: str, draw: random.Random) -> Workload:
    made = Workload("shop", name, "Deployment")
    made.labels = {key: draw.choice("xy") for key in draw.sample(LABELS, draw.randint(0, 2))}
    made.rendered = True
    return made


def service(name: str, draw: random.Random) -> Service:
    chosen = {key: draw.choice("xyz") for key in draw.sample(LABELS, draw.randint(0, 2))}
    also = {"app": "y"} if draw.random() < 0.2 else {}
    ports = (ServicePort("", draw.choice((80, 81)), "TCP", ""),)
    return Service("shop", name, {}, chosen, ports, also=also)


def chooses(one: Service, other: Workload) -> bool:
    """Whether a Service's labels are all on a pod."""
    return any(labels and labels.items() <= other.labels.items() for labels in (one.selector, one.also))


def test_drawn_services_stand_before_the_pods_that_their_labels_choose() -> None:
    for seed in range(500):
        draw = random.Random(seed)
        workloads = [workload(f"w{number}", draw) for number in range(draw.randint(1, 8))]
        services = [service(f"s{number}", draw) for number in range(draw.randint(1, 8))]
        chosen = {one.name: [each.name for each in workloads if chooses(one, each)] for one in services}
        # a Service that chooses nobody may mean pods that get a label later, of which it is asked apart
        certain = {name for name, pods in chosen.items() if pods}
        found = Serving(workloads, services)
        for one in workloads:
            before = [each.name for each in found.services_for(one) if each.name in certain]
            assert list(dict.fromkeys(before)) == [
                each.name for each in services if one.name in chosen[each.name]
            ], seed
            assert set(found.doors(one)) == {
                port for each in found.services_for(one) for port in each.ports
            }, seed
        for each in services:
            if each.name in certain and not each.also:
                assert {one.name for one in found.backends(each)} == {*chosen[each.name]}, seed


def test_workloads_behind_the_same_services_share_one_answer() -> None:
    made = [Workload("shop", name, "Deployment") for name in "abc"]
    for one in made:
        one.labels = {"app": "x"}
    before = [Service("shop", name, {}, {"app": "x"}, ()) for name in ("first", "second")]
    found = Serving(made, before)
    assert found.services_for(made[0]) is found.services_for(made[2])
    assert found.backends(before[0]) is found.backends(before[1])
