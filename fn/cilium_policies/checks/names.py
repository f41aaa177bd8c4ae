"""Faults in rules by DNS name, which match only what the pod looked up through the agent's proxy."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from cilium_policies.checks.violation import Linted, Violation
from cilium_policies.cilium.model import Fqdn
from cilium_policies.evaluate.entries import Entry
from cilium_policies.evaluate.layer7 import dns_names, uses_dns
from cilium_policies.evaluate.names import matches_name
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.objects import mappings, sequence, text
from cilium_policies.workloads.autopath import autopath

_CURE = 'allow DNS with rules: {dns: [{matchPattern: "*"}]} to kube-dns on port 53, in any policy of the pod'


def no_dns_rule(one: Linted) -> Iterator[Violation]:
    """A name whose address the pod never learns, because no DNS rule of its policies lets it ask."""
    for part in one.parts():
        if part.entry is None or not part.rule.fqdns:
            continue
        for number, name in enumerate(part.rule.fqdns):
            if not _learned(one, part.entry, name):
                path = f"{part.path}.toFQDNs[{number}]"
                yield Violation(
                    path, f"{_words(name)} never matches: no DNS rule lets the pod look it up", _CURE
                )


def _learned(one: Linted, entry: Entry, name: Fqdn) -> bool:
    """Whether every pod that the rule is for may look the name up; where none is shown, the rules count that are for
    all of them, whatever policy they stand in."""
    repository = one.snapshot.repository
    groups = [repository.sides(end)[0].allow for end in one.selected(entry)]
    wanted = set(entry.subject)
    groups = groups or [
        [
            other
            for other in repository.entries
            if not (other.ingress or other.deny) and set(other.subject) <= wanted
        ]
    ]
    return all(_asks(entries, name) for entries in groups)


def _asks(entries: list[Entry], name: Fqdn) -> bool:
    """A pattern may be looked up where "*" or the pattern itself is allowed."""
    if not uses_dns(entries):
        return False
    rules = [rule for entry in entries for rule in (entry.rule.ports if entry.rule else None) or ()]
    allowed = [found for rule in rules if rule.l7 == "dns" for found in dns_names(rule)]
    if name.pattern:
        return any(found.pattern in ("*", name.pattern) for found in allowed)
    return any(matches_name(found, f"{name.name.lower().rstrip('.')}.") for found in allowed)


def in_cluster(one: Linted) -> Iterator[Violation]:
    """A name of the cluster itself: its address is a pod's, which name rules never match."""
    domain = one.snapshot.cluster.settings.domain
    served = _served(one.snapshot.cluster.inventory)
    for part in one.parts():
        answered = _as_answered([entry.name or entry.pattern for entry in part.rule.fqdns or ()])
        for number, name in enumerate(part.rule.fqdns or ()):
            plain = (name.name or name.pattern).lower().rstrip(".")
            path = f"{part.path}.toFQDNs[{number}]"
            if plain in answered:
                continue
            if plain.endswith((f".{domain}", ".svc")):
                yield Violation(
                    path, f"{plain} is a pod's name: toFQDNs matches addresses outside", "use toEndpoints"
                )
            elif plain in served:
                message = f"{plain} is served by this cluster ({served[plain]}): the packet goes to its gateway's pods"
                yield Violation(path, message, "allow the gateway's pods with toEndpoints, on their pod port")
            elif name.name and "." not in plain:
                yield Violation(
                    path,
                    f"{plain} has no domain: the resolver asks for other names first",
                    "write it in full",
                )


def _as_answered(names: list[str]) -> set[str]:
    """The names that are another one of the list with a search suffix, as autopath answers it."""
    return {
        long.lower() for long in names for name in names if long.startswith(f"{name}.") and ".svc." in long
    }


def unanswered(one: Linted) -> Iterator[Violation]:
    """A name beside CoreDNS's autopath, which answers another question than the one that the rule lets the pod ask."""
    if not any(part.rule.fqdns for part in one.parts()):
        return
    cluster = one.snapshot.cluster
    served = autopath(cluster)
    if served is None:
        return
    for part in one.parts():
        names = [entry.name or entry.pattern for entry in part.rule.fqdns or () if not part.deny]
        if any(not _is_answered(name, names, cluster.settings.domain) for name in names):
            yield Violation(
                f"{part.path}.toFQDNs",
                f"{served} has the plugin autopath: it answers the first name of the search path, which no rule names",
                f"add each name with .NAMESPACE.svc.{cluster.settings.domain}, or remove autopath from the Corefile",
            )


def _is_answered(name: str, names: list[str], domain: str) -> bool:
    """Whether a name stands there as autopath answers it, or is such a form itself."""
    return name.endswith(f".svc.{domain}") or any(
        other.startswith(f"{name}.") and other.endswith(f".svc.{domain}") for other in names
    )


@lru_cache(maxsize=2)
def _served(inventory: Inventory) -> dict[str, str]:
    """Host names that routes and ingresses of the input answer for, with their object: asked of each policy."""
    found: dict[str, str] = {}
    for route in inventory.of("HTTPRoute", "GRPCRoute", "TLSRoute"):
        found |= {text(host).lower(): str(route) for host in sequence(route.spec.get("hostnames"))}
    for ingress in inventory.of("Ingress"):
        for rule in mappings(ingress.spec.get("rules")):
            if text(rule.get("host")):
                found[text(rule.get("host")).lower()] = str(ingress)
    return found


def _words(name: Fqdn) -> str:
    return name.name or name.pattern
