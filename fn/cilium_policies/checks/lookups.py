"""Faults in how names are looked up: patterns that say less than they look, and the resolver's search path."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.checks.violation import Linted, Part, Violation
from cilium_policies.cilium.model import Fqdn
from cilium_policies.cilium.validity import minor_of
from cilium_policies.document.finding import INFO
from cilium_policies.evaluate.endpoint import Endpoint
from cilium_policies.evaluate.layer7 import dns_names, uses_dns
from cilium_policies.evaluate.names import matches_name
from cilium_policies.workloads.search_list import search_list

SEARCH_CURE = (
    "set dnsConfig ndots to 1, end the names with a dot in its configuration, or allow the longer names too"
)


def pattern(one: Linted) -> Iterator[Violation]:
    """A pattern with `**` that means less than it looks: not at the front, or before Cilium 1.19."""
    old = minor_of(one.snapshot.cluster.settings.cilium_version) < 19
    for part in one.parts():
        for field, name in _patterns(part):
            deep = name.pattern.startswith("**.")
            if "**" in (name.pattern[3:] if deep else name.pattern) and name.pattern.strip("*."):
                message = (
                    f"in {name.pattern} a ** that is not the first label matches within one label, as * does"
                )
                yield Violation(field, message, "write *, or begin the pattern with **.")
            elif deep and old:
                message = f"before Cilium 1.19 the ** of {name.pattern} matches one label, as * does"
                yield Violation(
                    field, message, "write a pattern for each depth: *.example.org, *.*.example.org"
                )


def _patterns(part: Part) -> Iterator[tuple[str, Fqdn]]:
    for number, name in enumerate(part.rule.fqdns or ()):
        yield f"{part.path}.toFQDNs[{number}]", name
    for listed in part.rule.ports or ():
        if listed.l7 == "dns":
            for name in dns_names(listed):
                yield f"{part.path}.toPorts", name


def search_path(one: Linted) -> Iterator[Violation]:
    """A name that the resolver asks for with its search path first (ndots), which no DNS rule of the pod allows."""
    if one.known.own:
        return
    for part in one.parts():
        if part.entry is None or part.deny or not part.rule.fqdns:
            continue
        for end in one.selected(part.entry)[:1]:
            asked = _refused_first(one, end, part.rule.fqdns)
            if asked:
                message = (
                    f"the resolver asks for {asked} first (ndots), and no DNS rule allows that: the agent answers "
                    "REFUSED, and then some resolvers (musl's, for one) give up"
                )
                cure = (
                    "allow the cluster's own names in the DNS rule as well, set dnsConfig ndots to 1, or start the "
                    "agent with tofqdns-dns-reject-response-code: nameError"
                )
                yield Violation(f"{part.path}.toFQDNs", message, cure, INFO)


def own_search_list(one: Linted) -> Iterator[Violation]:
    """A name beside a search list of the pod's own: an answer to the longer name has an address that no rule has."""
    for part in one.parts():
        if part.entry is None or part.deny or not part.rule.fqdns:
            continue
        for end in one.selected(part.entry):
            listed = search_list(one.snapshot.workloads[end])
            names = [each.name for each in part.rule.fqdns if each.name]
            first = listed.asked(names)
            if first is not None and not _allows(list(part.rule.fqdns), first[1]):
                message = (
                    f"{one.snapshot.workloads[end]} has a search list of its own and asks for {first[1]} before"
                    f" {first[0]}: where that zone answers (a wildcard), the address belongs to a name that no rule has"
                )
                yield Violation(f"{part.path}.toFQDNs", message, SEARCH_CURE, INFO)
                break


def _refused_first(one: Linted, end: Endpoint, names: tuple[Fqdn, ...]) -> str:
    """The first name of the search path that the agent refuses; "" where there is none."""
    entries = one.snapshot.repository.sides(end)[0].allow
    if not uses_dns(entries):
        return ""
    rules = [rule for entry in entries for rule in (entry.rule.ports if entry.rule else None) or ()]
    allowed = [found for rule in rules if rule.l7 == "dns" for found in dns_names(rule)]
    dots = search_list(one.snapshot.workloads[end]).ndots
    for name in names:
        plain = name.name.lower().rstrip(".")
        asked = f"{plain}.{end.namespace}.svc.{one.snapshot.cluster.settings.domain}"
        if not plain or plain.count(".") >= dots or not _allows(allowed, plain):
            continue  # that it is not allowed at all, another check says
        if not _allows(allowed, asked):
            return asked
    return ""


def _allows(rules: list[Fqdn], name: str) -> bool:
    return any(matches_name(rule, f"{name}.") for rule in rules)
