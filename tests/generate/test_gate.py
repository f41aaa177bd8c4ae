"""What is refused before it is written, and that the quick look never lets through what the whole check refuses."""

from __future__ import annotations

from typing import Any

import pytest
from cilium_policies.cilium.model import Cidr, Policy, PortRange, Requirement, Rule, Selector, Spec, ToPorts
from cilium_policies.cilium.objects import policy_object
from cilium_policies.cilium.validity import refusals
from cilium_policies.document.finding import RefusedError
from cilium_policies.generate import gate
from cilium_policies.generate.peers import USUAL
from cilium_policies.workloads.model import Workload

WEB = Selector((Requirement("app", "In", ("web",)),))
HTTP = ToPorts((PortRange("80", "TCP"),))


def policy(name: str = "web", subject: Selector = WEB, *rules: Rule) -> Policy:
    return Policy("CiliumNetworkPolicy", "shop", name, (Spec(subject, ingress=rules or (Rule(),)),), {}, {})


FAULTY = {
    "name": policy("web-"),
    "label": policy("web", Selector((Requirement("app", "In", ("r-",)),))),
    "key": policy("web", Selector((Requirement("-app", "In", ("web",)),))),
    "no value": policy("web", Selector((Requirement("app", "In", ()),))),
    "port": policy("web", WEB, Rule(endpoints=(WEB,), ports=(ToPorts((PortRange("65536", "TCP"),)),))),
    "port name": policy("web", WEB, Rule(endpoints=(WEB,), ports=(ToPorts((PortRange("a--b", "TCP"),)),))),
    "ports": policy(
        "web",
        WEB,
        Rule(endpoints=(WEB,), ports=(ToPorts(tuple(PortRange(str(n), "TCP") for n in range(1, 42))),)),
    ),
    "range": policy("web", WEB, Rule(cidrs=(Cidr("10.0.0.0/33"),), ports=(HTTP,))),
    "except": policy("web", WEB, Rule(cidrs=(Cidr("10.0.0.0/8", ("192.168.0.0/16",)),), ports=(HTTP,))),
    "empty peers": policy("web", WEB, Rule(endpoints=(), ports=(HTTP,))),
    "two kinds of peer": policy("web", WEB, Rule(endpoints=(WEB,), entities=("world",), ports=(HTTP,))),
}


@pytest.mark.parametrize("fault", FAULTY)
def test_what_the_whole_check_refuses_is_never_plain(fault: str) -> None:
    one = FAULTY[fault]
    if refusals(policy_object(one)):
        with pytest.raises(RefusedError, match=r"shop/.* would be refused by Cilium"):
            gate.refuse_unusable([one], "")


def test_most_of_these_are_refused() -> None:
    assert sum(bool(refusals(policy_object(one))) for one in FAULTY.values()) >= 8


@pytest.mark.parametrize("cidrs", USUAL)
def test_the_usual_addresses_are_taken_unseen_because_they_are_plain(cidrs: tuple[Cidr, ...]) -> None:
    assert refusals(policy_object(policy("web", WEB, Rule(cidrs=cidrs, ports=(HTTP,))))) == []
    assert gate._are_plain(cidrs, set())


@pytest.mark.parametrize("name", ["web-${CLUSTER}", "${APP}"])
def test_a_variable_may_become_anything(name: str) -> None:
    gate.refuse_unusable([policy(name, Selector((Requirement("app", "In", (name,)),)))], "")


def test_a_variable_beside_a_rule_that_is_not_plain() -> None:
    rule = Rule(endpoints=(WEB,), ports=(HTTP._replace(l7="http", rules={"http": [{"path": "/"}]}),))
    gate.refuse_unusable([policy("web-${CLUSTER}", WEB, rule)], "")


@pytest.mark.parametrize(
    ("labels", "needs", "found"),
    [
        ({"app": "web"}, Requirement("app", "In", ("web",)), []),
        ({"app": "web"}, Requirement("app", "In", ("other",)), ["web"]),
        ({"app": "web", "role": "x"}, Requirement("role", "DoesNotExist"), ["web"]),
        ({}, Requirement("k8s:io.cilium.k8s.policy.serviceaccount", "In", ("default",)), []),
    ],
)
def test_a_subject_that_selects_no_pod_of_its_workload(
    labels: dict[str, str], needs: Any, found: list[str]
) -> None:
    one = Workload("shop", "web", "Deployment")
    one.labels = labels
    assert [each.name for each in gate.missed([one], Selector((needs,)))] == found


@pytest.mark.parametrize(("job", "found"), [("migrate", []), ("other", ["migrate"])])
def test_a_job_is_selected_by_the_name_that_its_controller_writes_on_its_pods(
    job: str, found: list[str]
) -> None:
    one = Workload("shop", "migrate", "Job")
    one.labels, one.rendered = {"app": "web"}, True
    by_name = Selector((Requirement("k8s:batch.kubernetes.io/job-name", "In", (job,)),))
    assert [each.name for each in gate.missed([one], by_name)] == found
