"""No selector finds the pods of a neighbour."""

from __future__ import annotations

import random

from cilium_policies.workloads.model import Workload
from cilium_policies.workloads.selectors import Neighbours, equal, joint, requirements, separate


def workload(name: str, selector: dict[str, str] | None = None, **labels: str) -> Workload:
    made = Workload("shop", name, "Deployment")
    made.labels, made.rendered = dict(labels), True
    made.selector = dict(selector or labels)
    return made


def selects(one: Workload, other: Workload) -> bool:
    fits = one.selector.items() <= other.labels.items()
    return fits and not any(key in other.labels for key in one.absent)


def test_a_label_of_its_own_tells_it_apart() -> None:
    web = workload("web", {"app": "shop"}, app="shop", tier="web")
    api = workload("api", {"app": "shop"}, app="shop", tier="api")
    separate([web, api])
    assert (web.selector, api.selector) == ({"app": "shop", "tier": "web"}, {"app": "shop", "tier": "api"})


def test_where_the_neighbour_only_has_more_its_key_must_be_absent() -> None:
    plain, special = workload("plain", app="shop"), workload("special", app="shop", job="x")
    separate([plain, special])
    assert plain.absent == ("job",)
    assert [(one.key, one.operator) for one in requirements(plain)] == [
        ("app", "In"),
        ("job", "DoesNotExist"),
    ]


def test_what_only_the_pods_of_jobs_have_must_be_absent_once() -> None:
    web, first, second = (workload(name, app="shop") for name in ("web", "first", "second"))
    first.kind = second.kind = "Job"
    separate([web, first, second])
    assert [(one.key, one.operator) for one in requirements(web)] == [
        ("app", "In"),
        ("batch.kubernetes.io/job-name", "DoesNotExist"),
    ]


def test_members_of_one_instance_share() -> None:
    one, two = workload("one", app="shop", role="a"), workload("two", app="shop", role="b")
    one.selector = two.selector = {"app": "shop"}
    one.component = two.component = "loki"
    separate([one, two])
    assert one.selector == two.selector == {"app": "shop"}
    assert joint([one, two], Neighbours([one, two])) == equal({"app": "shop"})


def test_a_joint_selector_finds_the_group_and_nobody_else() -> None:
    one, two = workload("one", app="a", part="x"), workload("two", app="b", part="x")
    stranger = workload("stranger", app="c", part="x")
    found = joint([one, two], Neighbours([one, two, stranger]))
    assert found is not None
    assert {(need.key, need.values) for need in found} == {("app", ("a", "b")), ("part", ("x",))}
    assert joint([one, two], Neighbours([one, two, workload("twin", app="a", part="x")])) is None


def test_drawn_neighbours_with_different_labels_are_always_told_apart() -> None:
    for seed in range(300):
        draw = random.Random(seed)
        pods: dict[tuple[tuple[str, str], ...], Workload] = {}
        for number in range(draw.randint(2, 5)):
            labels = {
                key: draw.choice("xy") for key in draw.sample(["app", "tier", "role"], draw.randint(1, 3))
            }
            chosen = dict(draw.sample(sorted(labels.items()), draw.randint(1, len(labels))))
            pods.setdefault(tuple(sorted(labels.items())), workload(f"w{number}", chosen, **labels))
        separate(list(pods.values()))
        for one in pods.values():
            assert selects(one, one), seed
            assert [
                other.name for other in pods.values() if other is not one and selects(one, other)
            ] == [], seed
