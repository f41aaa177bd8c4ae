"""The hosts that a component calls outside: those its entry states, and those that objects of the input name.

`names:` of an edge to `internet` lists every name that the program calls on the edge's ports, but for what its own
configuration says, which evidence finds. A member is a DNS name or matchPattern, or a mapping:

    {when: CONDITION, names: [NAME, …]}                names that hold under a condition
    {value: PATH}, {field: PATH}, {arg: REGEX}         the hosts of addresses in the own Helm values, in the custom
                                                       resource that made the pods, in what the pattern's group finds
    {mentions: WORD}                                   the hosts of that sort that the own configuration names
    {object: group/Kind, hosts: PATH}                  the hosts of the addresses at that path of each such object
    {object: group/Kind, has: PATH, names: [NAME, …]}  names of the objects that hold something there; `{PATH}` in a
                                                       name is filled in from the object; `when` as above
    {object: group/Kind, has: PATH, unknown: true}     such an object calls hosts that no manifest names

A list is an answer only where it is the whole answer: an object of one of its kinds that no member speaks of, no
object at all of the kind or kinds that a member names, or a variable that somebody fills in later, makes it none. With
`optional: true` a member's kinds may be absent or hold other objects. A host may be an address.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator

from cilium_policies.catalogue.conditions import MENTIONS, Facts, agrees, at, holds
from cilium_policies.catalogue.model import Edge, texts
from cilium_policies.catalogue.parts import group_kind
from cilium_policies.errors import CiliumPoliciesError
from cilium_policies.kube.objects import Mapping, flag, text, walk_strings
from cilium_policies.lean import Any, NamedTuple

_ADDRESS = re.compile(
    r"(?:([a-z][a-z0-9+.-]*)://)?(?:[^/@\s]*@)?(\[[0-9a-f:]+\]|[^/:\s?#]+)(?::([^/\s?#]*))?", re.I
)
_PORTS = {"http": 80, "ssh": 22, "git": 9418, "git+ssh": 22}
_FILLED = re.compile(r"\{([^}]+)\}")
_NAME = re.compile(r"(?!-)[a-z0-9_-]+(?:\.[a-z0-9_-]+)+", re.I)
_INSIDE = (".svc", ".cluster.local", ".localhost")
_NUMBER = re.compile(r"[0-9.]+|\[?[0-9a-f:]+:[0-9a-f:]*\]?", re.I)


class Host(NamedTuple):
    """A DNS name, a matchPattern or an address, and the port it is called on; 0: every port of the edge."""

    name: str
    port: int = 0


class UnnamedHostError(CiliumPoliciesError):
    """Somebody is called whose name is not known."""


def hosts(edge: Edge, facts: Facts, *, partly: bool = False) -> tuple[Host, ...] | None:
    """Every host that an edge means, sorted; None where they are not known in full. `partly`: those that are known."""
    if edge.names is None:
        return () if partly else None
    found: set[Host] = set()
    for names in (_stated(edge.names, facts), _named_by_objects(edge.names, facts)):
        try:
            for one in names:
                found.add(one)
        except UnnamedHostError:
            if not partly:
                return None
    return tuple(sorted(found | set(_onward(found))))


def reads_objects(edge: Edge) -> bool:
    """Whether the answer depends on objects that other builds of a tree may hold as well."""
    return any(isinstance(one, dict) and "object" in one for one in edge.names or ())


def _stated(names: Iterable[Any], facts: Facts) -> Iterator[Host]:
    for one in names:
        if isinstance(one, str):
            yield Host(one)
        elif "object" not in one and holds(one.get("when"), facts):
            if flag(one.get("unknown")):
                raise UnnamedHostError
            yield from map(Host, texts(one.get("names")))
            for written in _own_addresses(one, facts):
                yield from filter(None, map(host_of, re.split(r"[\s,;]+", written)))


def _own_addresses(member: Mapping, facts: Facts) -> Iterator[str]:
    """What the component's own configuration holds where a member says that addresses stand."""
    for tree, paths in ((facts.values, member.get("value")), (facts.body, member.get("field"))):
        for path in texts(paths):
            yield from (written for _, written in walk_strings(at(tree, path)))
    if "arg" in member:
        search = re.compile(text(member["arg"])).search
        yield from (match[1] for match in map(search, facts.args) if match)
    if "mentions" in member:
        mentioned = re.compile(rf"[\w.-]*(?:{MENTIONS[text(member['mentions'])]})(?::\d+)?")
        found = {match[0] for one in facts.texts for match in mentioned.finditer(one)}
        if not found:  # the values say so in other words, or a Secret does
            raise UnnamedHostError
        yield from sorted(found)


def _named_by_objects(names: Iterable[Any], facts: Facts) -> Iterator[Host]:
    """Hosts by object. Raises UnnamedHostError at the end where an object of these kinds is not spoken of, or
    where there is none: the program then reads what this input does not show."""
    members = [
        one for one in names if isinstance(one, dict) and "object" in one and holds(one.get("when"), facts)
    ]
    groups = {texts(one["object"]): False for one in members if not flag(one.get("optional"))}
    unknown = False
    for kind in dict.fromkeys(kind for one in members for kind in texts(one["object"])):
        spoken = [one for one in members if kind in texts(one["object"])]
        strict = [group for group in groups if kind in group]
        for body in facts.objects(*group_kind(kind)):
            answers = [one for one in spoken if _speaks_of(one, body)]
            groups.update(dict.fromkeys(strict, True))
            unknown = unknown or bool(strict and not answers)
            for one in answers:
                try:
                    yield from _of_object(one, body)
                except UnnamedHostError:
                    unknown = True
    if unknown or not all(groups.values()):
        raise UnnamedHostError


def _speaks_of(member: Mapping, body: Mapping) -> bool:
    if "has" not in member:
        return True
    return any(agrees(at(body, path), member) for path in texts(member["has"]))


def _of_object(member: Mapping, body: Mapping) -> Iterator[Host]:
    if flag(member.get("unknown")):
        raise UnnamedHostError
    for name in texts(member.get("names")):
        yield Host(_filled(name, body))
    for path in texts(member.get("hosts")):
        for _, written in walk_strings(at(body, path)):
            found = host_of(written)
            if found is not None:
                yield found


def _filled(template: str, body: Mapping) -> str:
    def value(match: re.Match[str]) -> str:
        found = text(at(body, match[1]))
        if not found or "$" in found:
            raise UnnamedHostError
        return found

    return _FILLED.sub(value, template)


def host_of(address: str) -> Host | None:
    """The host of a URL, an image reference, an scp-like Git address or a bare host, with its port; None for one
    inside the cluster. Raises UnnamedHostError for a name yet to be filled in, or text that is none."""
    match = _ADDRESS.match(address.strip())
    if match is None:
        return None
    scheme, host, tail = (match[1] or "").lower(), match[2].rstrip(".").lower(), match[3] or ""
    if "$" in host:
        raise UnnamedHostError
    port = int(tail) if tail.isdigit() else _usual_port(address, scheme, tail)
    if _NUMBER.fullmatch(host):
        return Host(host.strip("[]"), port)
    if "." not in host or host.endswith(_INSIDE) or ".svc." in host:
        return None
    if not _NAME.fullmatch(host):
        raise UnnamedHostError
    return Host(host, port)


def _usual_port(address: str, scheme: str, tail: str) -> int:
    scp = not scheme and "@" in address.partition("/")[0] and tail
    return 22 if scp else _PORTS.get(scheme, 443)


def _onward(found: Iterable[Host]) -> Iterator[Host]:
    for host in found:
        for name in redirects().get(host.name, ()):
            yield Host(name, 443)


_REDIRECTS: dict[str, tuple[str, ...]] = {}


def redirects() -> dict[str, tuple[str, ...]]:
    """Where registries and forges send their clients on to, by host (`hosts.yaml`); read once."""
    if not _REDIRECTS:
        import yaml

        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "hosts.yaml"), "rb") as file:
            table = yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        _REDIRECTS.update({host: tuple(names) for host, names in table.items()})
    return _REDIRECTS
