"""The last look at each policy before it is written: would Cilium take it, and does it select its pods?

What fails here is a fault of this program, whatever the input: a refused policy protects nobody, and stops the folder
in which it stands from being applied.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from cilium_policies.cilium.model import Policy, Rule, Selector, ToPorts
from cilium_policies.cilium.size import too_large
from cilium_policies.document.finding import ERROR, WARNING, Finding, RefusedError
from cilium_policies.generate.peers import USUAL
from cilium_policies.kube.labels import JOB_NAME, SERVICE_ACCOUNT
from cilium_policies.kube.names import is_label, is_name, is_namespace, is_port_name
from cilium_policies.kube.objects import with_texts
from cilium_policies.lean import Any
from cilium_policies.workloads.model import Workload
from cilium_policies.workloads.selectors import by_controller

_REPORT = (
    "this is a bug in this program, please report it; until then leave its namespace out: namespaces.exclude"
)
_MOST_PORTS = 40  # of one toPorts entry: cilium/cilium@v1.20.2:pkg/policy/api/rule_validation.go
_VARIABLE = r"\$\{[^}]*\}"


def refuse_unusable(policies: Iterable[Policy], version: str) -> None:
    """Raises RefusedError for the first policy that Cilium `version` would not take.

    Most policies are made of plain parts that are known to be taken; the others go through the whole check.
    """
    plain: set[Any] = set(USUAL)
    for policy in policies:
        if not _is_plain(policy, plain):
            _check(policy, version)


def _check(policy: Policy, version: str) -> None:
    from cilium_policies.cilium.objects import policy_object
    from cilium_policies.cilium.validity import refusals  # few policies need it

    found = refusals(_filled(policy_object(policy)), version)
    if found:
        place = f"{policy.namespace}/{policy.name}".lstrip("/")
        message = (
            f"the generated policy {place} would be refused by Cilium: {found[0].path} {found[0].message}"
        )
        raise RefusedError(Finding(ERROR, message, _REPORT))


def _filled(value: Any) -> Any:
    """The object with something in the place of each Flux variable, which becomes anything later."""

    def filled(text: str) -> str:
        if "${" not in text:
            return text
        closed, brace, rest = text.rpartition("}")  # behind it each ${ would be tried in vain, to the end
        return re.sub(_VARIABLE, "x", closed + brace) + rest

    return with_texts(value, filled, keys=True)


def _is_plain(policy: Policy, plain: set[Any]) -> bool:
    """Whether every part is one that each Cilium version takes; `plain` keeps the parts that are."""
    named = is_name(policy.name) and len(policy.name) <= 253
    if not named or (policy.namespace and not is_namespace(policy.namespace)):
        return False
    for spec in policy.specs:
        if spec.subject is None or not _is_plain_selector(spec.subject, plain):
            return False
        if not (spec.ingress or spec.egress) or () in (spec.ingress, spec.egress):
            return False
        if spec.node_subject or spec.ingress_deny or spec.egress_deny:
            return False
        for rules in (spec.ingress, spec.egress):
            for rule in rules or ():
                if not _is_plain_rule(rule, plain):
                    return False
    return True


def _is_plain_rule(rule: Rule, plain: set[Any]) -> bool:
    if rule.fqdns or rule.services or rule.nodes or rule.groups or rule.icmps:
        return False
    if () in (rule.endpoints, rule.entities, rule.cidrs, rule.ports):
        return False
    if (rule.endpoints, rule.entities, rule.cidrs).count(None) < 2:
        return False
    if rule.cidrs is not None and not _are_plain(rule.cidrs, plain):
        return False
    for one in rule.endpoints or ():  # `all` over a generator takes twice as long, and there are thousands
        if not _is_plain_selector(one, plain):
            return False
    if id(rule.ports) in plain:  # most rules of a cluster share their few lists
        return True
    for group in rule.ports or ():
        if not _is_plain_port_group(group, plain):
            return False
    plain.add(id(rule.ports))
    return True


def _are_plain(cidrs: tuple[Any, ...], plain: set[Any]) -> bool:
    if id(cidrs) in plain or cidrs in plain:
        plain.add(id(cidrs))
        return True
    from ipaddress import ip_network  # costs 4 ms, and most builds have the usual addresses alone

    try:
        for one in cidrs:
            nets = [ip_network(text) for text in (one.cidr, *one.excepts)]
            if one.group or one.group_selector or not all(_is_part(net, nets[0]) for net in nets):
                return False
    except ValueError:
        return False
    plain.add(cidrs)
    return True


def _is_part(inner: Any, outer: Any) -> bool:
    return bool(inner.version == outer.version and inner.subnet_of(outer))


def _is_plain_selector(selector: Selector, plain: set[Any]) -> bool:
    if id(selector) in plain:  # kept in the policies; to look it up by its value takes longer than to read it
        return True
    for one in selector.requirements:
        key = one.key.removeprefix("k8s:")
        if ":" in key or one.operator not in ("In", "NotIn", "Exists", "DoesNotExist"):
            return False
        if bool(one.values) != (one.operator in ("In", "NotIn")):
            return False
        for value in one.values or ("",):
            if not is_label(key, value):
                return False
    plain.add(id(selector))
    return True


def _is_plain_port_group(group: ToPorts, plain: set[Any]) -> bool:
    if group.rules is None and group in plain:
        return True
    if group.server_names or group.l7 not in ("", "dns") or not 0 < len(group.ports) <= _MOST_PORTS:
        return False
    if group.l7 and group.rules != {"dns": [{"matchPattern": "*"}]}:
        return False
    if not all(_is_plain_port(one.port, one.end) for one in group.ports):
        return False
    if group.rules is None:  # the others cannot be looked up
        plain.add(group)
    return True


def _is_plain_port(port: str, end: int) -> bool:
    if not port.isdigit():
        return is_port_name(port) and not end
    return 0 < int(port) < 65536 and (not end or int(port) < end < 65536)


def missed(group: Iterable[Workload], who: Selector) -> Iterator[Workload]:
    """The workloads of a policy whose pods its subject does not select."""
    for one in group:
        labels = {**one.labels, **by_controller(one), SERVICE_ACCOUNT: one.service_account}
        if JOB_NAME in one.selector:
            labels[JOB_NAME] = one.selector[JOB_NAME]
        for need in who.requirements:
            value = labels.get(need.key.removeprefix("k8s:"))
            if need.operator in ("Exists", "DoesNotExist"):
                held = (value is None) == (need.operator == "DoesNotExist")
            else:
                held = value in need.values
            if not held:
                yield one
                break


def unselected(one: Workload) -> Finding:
    """What is said of a workload that its policy does not select."""
    cure = "allow what it needs by hand, and report it: this is a bug in this program"
    return one.finding(WARNING, f"the policy made for {one} does not select its pods", cure)


def large(policies: Iterable[Policy]) -> Iterator[Finding]:
    """What is said of policies that are too large for the API server or the agent."""
    for one in policies:
        for message, cure in too_large(one):
            yield Finding(
                WARNING, f"{one}: {message}", cure, kind=one.kind, namespace=one.namespace, name=one.name
            )
