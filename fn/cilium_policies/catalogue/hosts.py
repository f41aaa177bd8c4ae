"""The hosts that a component calls outside: those its entry states, and those that objects of the input name.

`names:` of an edge to `internet` lists every name that the program calls on the edge's ports, but for what its own
configuration says, which evidence finds. A member is a DNS name or matchPattern, or a mapping:

    {when: CONDITION, names: [NAME, …]}                names that hold under a condition
    {value: PATH}, {field: PATH}, {arg: REGEX}         the hosts of addresses in the own Helm values, in the custom
                                                       resource that made the pods, in what the pattern's group finds
    {env: REGEX}                                       the hosts of addresses in variables of these names
    {text: REGEX}                                      the same in any text of the configuration, each time
    {mentions: WORD}                                   the hosts of that sort that the own configuration names (mail:
                                                       by the names of its variables and keys)
    {object: group/Kind, hosts: PATH}                  the hosts of the addresses at that path of each such object
    {object: group/Kind, has: PATH, names: [NAME, …]}  names of the objects that hold something there; `{PATH}` in a
                                                       name is filled in from the object; `when` as above
    {object: group/Kind, has: PATH, unknown: true}     such an object calls hosts that no manifest names

    {usual: [NAME, …]}                                 what is mostly called, for `fqdn: all` where more is not known

A list is an answer only where it is the whole answer: an object of one of its kinds that no member speaks of, no
object at all of the kind or kinds that a member names, or a variable that somebody fills in later, makes it a part of
one; with `absent: true` none of them means that nobody is called. With `optional: true` a member's kinds may be absent
or hold other objects; such a member may say that its objects stand `for: group/Kind`, whose objects they bring about (a
FluxInstance the GitRepository of its `sync`). With `required: true` an own configuration in which nothing of the kind
stands makes it a part too. `why` says what is unknown. A host may be an address.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from cilium_policies.catalogue.conditions import MENTIONS, Facts, agrees, at, holds
from cilium_policies.catalogue.flows import Edge, texts
from cilium_policies.catalogue.mail_hosts import mail_hosts
from cilium_policies.catalogue.onward import is_mirrored, onward
from cilium_policies.catalogue.parts import group_kind
from cilium_policies.errors import CiliumPoliciesError
from cilium_policies.kube.objects import Mapping, flag, text, walk_strings
from cilium_policies.lean import Any, NamedTuple

_ADDRESS = re.compile(
    r"(?:([a-z][a-z0-9+.-]*)://)?(?:[^/@\s]*@)?(\[[0-9a-f:]+\]|[^/:\s?#]+)(?::([^/\s?#]*))?", re.I
)
_PORTS = {"http": 80, "tls": 853, "dns": 53, "ssh": 22, "git": 9418, "git+ssh": 22}
_FILLED = re.compile(r"\{([^{}]+)\}")
_NAME = re.compile(r"(?!-)[a-z0-9_-]+(?:\.[a-z0-9_-]+)+", re.I)
_INSIDE = (".svc", ".cluster.local", ".localhost")
_NUMBER = re.compile(r"[0-9.]+|\[?[0-9a-f:][0-9a-f]*:[0-9a-f:]*\]?", re.I)


class Host(NamedTuple):
    """A DNS name, a matchPattern or an address, and the port it is called on; 0: every port of the edge."""

    name: str
    port: int = 0


class Answer(NamedTuple):
    """The hosts of an edge, sorted, and why there are more than these; "" where these are all."""

    hosts: tuple[Host, ...]
    missing: str = ""


class UnnamedHostError(CiliumPoliciesError):
    """Somebody is called whose name is not known."""


def hosts(edge: Edge, facts: Facts, beyond: str = "") -> Answer:
    """The hosts that an edge means, as far as its entry and the input name them; `beyond`: why there may be objects
    of theirs that the input does not show."""
    found: set[Host] = set()
    missing = [edge.unnamed] if edge.unnamed else []
    if edge.names is None and not missing:
        missing.append("its entry lists no names")
    for names in (_stated(edge.names or (), facts), _named_by_objects(edge.names or (), facts)):
        try:
            for one in names:
                found.add(one)
        except UnnamedHostError as error:
            missing.append(str(error))
    if edge.names is not None and edge.peer == "internet":
        found |= {one for one in written(facts) if Host(one.name) not in found}
    if edge.peer == "world" and not found and not missing:
        missing.append("the input names no such device")
    missing += [
        f"{one.name} sends its clients on to mirrors" for one in sorted(found) if is_mirrored(one.name)
    ]
    if beyond and not missing and reads_objects(edge):
        missing.append(beyond)
    if missing:
        found |= {Host(name) for one in edge.names or () for name in _usual(one)}
    return Answer(tuple(sorted(found | set(_onward(found)))), "; ".join(missing))


_URL = re.compile(
    r"\bhttps?://(?:[^/@\s]*@)?([a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.[a-z]{2,})(?::(\d+))?(?=[/\s\"'?#,;)\]}]|\Z)",
    re.I,
)


def written(facts: Facts) -> Iterator[Host]:
    """The hosts of URLs in the own configuration, whatever they are for: evidence takes only those that are surely
    called, and a list of names without the others would cut them."""
    for one in facts.texts:
        yield from written_in(one)


def written_in(text: str) -> Iterator[Host]:
    """The hosts of the URLs in a text, those inside the cluster apart."""
    for match in _URL.finditer(text) if "://" in text else ():
        name = match[1].lower()
        if not name.endswith(_INSIDE) and ".svc." not in name:
            yield Host(name, int(match[2] or _PORTS.get(match[0].partition(":")[0].lower(), 443)))


def _usual(member: Any) -> tuple[str, ...]:
    return texts(member.get("usual")) if isinstance(member, dict) else ()


def reads_objects(edge: Edge) -> bool:
    """Whether the answer depends on objects that other builds of a tree may hold as well."""
    return any(isinstance(one, dict) and "object" in one for one in edge.names or ())


def _stated(names: Iterable[Any], facts: Facts) -> Iterator[Host]:
    unknown: UnnamedHostError | None = None
    for one in names:
        if isinstance(one, str):
            yield Host(one)
        elif "object" not in one and holds(one.get("when"), facts):
            try:
                yield from _by_member(one, facts)
            except UnnamedHostError as error:
                unknown = unknown or error
    if unknown is not None:
        raise unknown


def _by_member(member: Mapping, facts: Facts) -> Iterator[Host]:
    if flag(member.get("unknown")):
        raise UnnamedHostError(
            text(member.get("why")) or "its configuration calls hosts that no manifest names"
        )
    yield from map(Host, texts(member.get("names")))
    told = False
    for written in _own_addresses(member, facts):
        told = told or bool(written.strip())
        yield from filter(None, map(host_of, re.split(r"[\s,;]+", written)))
    if not told and (flag(member.get("required")) or member.get("mentions") == "mail"):
        raise UnnamedHostError("its configuration names none of them")


def _own_addresses(member: Mapping, facts: Facts) -> Iterator[str]:
    """What the component's own configuration holds where a member says that addresses stand."""
    for tree, paths in ((facts.values, member.get("value")), (facts.body, member.get("field"))):
        for path in texts(paths):
            yield from (written for _, written in walk_strings(at(tree, path)))
    if "env" in member:
        named = re.compile(text(member["env"])).fullmatch
        yield from (value for name, value in facts.env if named(name))
    if "text" in member:
        found_in = re.compile(text(member["text"])).finditer
        yield from (match[1] for one in facts.texts for match in found_in(one))
    if "arg" in member:
        search = re.compile(text(member["arg"])).search
        yield from (match[1] for match in map(search, facts.args) if match)
    if member.get("mentions") == "mail":
        yield from mail_hosts(facts)
    elif "mentions" in member:
        mentioned = re.compile(rf"[\w.-]*(?:{MENTIONS[text(member['mentions'])]})(?::\d+)?")
        found = {match[0] for one in facts.texts for match in mentioned.finditer(one)}
        if not found:  # the values say so in other words, or a Secret does
            raise UnnamedHostError("its configuration names none of them")
        yield from sorted(found)


def _named_by_objects(names: Iterable[Any], facts: Facts) -> Iterator[Host]:
    """Hosts by object. Raises UnnamedHostError at the end where an object of these kinds is not spoken of, or
    where there is none: the program then reads what this input does not show."""
    members = [
        one for one in names if isinstance(one, dict) and "object" in one and holds(one.get("when"), facts)
    ]
    groups = {texts(one["object"]): False for one in members if not flag(one.get("optional"))}
    groups.update((texts(one["object"]), True) for one in members if flag(one.get("absent")))
    unknown = ""
    for kind in dict.fromkeys(kind for one in members for kind in texts(one["object"])):
        spoken = [one for one in members if kind in texts(one["object"])]
        strict = [group for group in groups if kind in group]
        for body in facts.objects(*group_kind(kind)):
            answers = [one for one in spoken if _speaks_of(one, body)]
            groups.update(dict.fromkeys(strict, True))
            groups.update(
                (group, True) for one in answers for group in groups if text(one.get("for")) in group
            )
            if strict and not answers:
                unknown = unknown or f"{_named(kind, body)} names hosts in a way that is not known"
            for one in answers:
                try:
                    yield from _of_object(one, body)
                except UnnamedHostError as error:
                    unknown = unknown or f"{_named(kind, body)}: {error}"
    absent = [group for group, shown in groups.items() if not shown]
    if absent and not unknown:
        unknown = f"the input shows no {' or '.join(group_kind(kind)[1] for kind in absent[0])}"
    if unknown:
        raise UnnamedHostError(unknown)


def _named(kind: str, body: Mapping) -> str:
    name = text(at(body, "metadata.name"))
    return f"{group_kind(kind)[1]} {name}" if name else group_kind(kind)[1]


def _speaks_of(member: Mapping, body: Mapping) -> bool:
    if "has" not in member:
        return True
    found = [at(body, path) for path in texts(member["has"])]
    # `selfSigned: {}` says all that there is to say.
    return any(one == {} or agrees(one, member) for one in found)


def _of_object(member: Mapping, body: Mapping) -> Iterator[Host]:
    for name in texts(member.get("names")):
        yield Host(_filled(name, body))
    for path in texts(member.get("hosts")):
        for _, written in walk_strings(at(body, path)):
            if "\n" in written:  # a file that stands in it
                yield from written_in(written)
            elif (found := host_of(written)) is not None:
                yield found
    if flag(member.get("unknown")):
        raise UnnamedHostError(text(member.get("why")) or "no manifest says what it calls")


def _filled(template: str, body: Mapping) -> str:
    def value(match: re.Match[str]) -> str:
        found = text(at(body, match[1]))
        if not found or "$" in found:
            raise UnnamedHostError(f"{match[1]} is filled in later")
        return found

    return _FILLED.sub(value, template)


def host_of(address: str) -> Host | None:
    """The host of a URL, an image reference, an scp-like Git address or a bare host (any port), with its port; None
    for one inside the cluster. Raises UnnamedHostError for a name yet to be filled in, or text that is none."""
    match = _ADDRESS.match(address.strip())
    if match is None:
        return None
    scheme, host, tail = (match[1] or "").lower(), match[2].rstrip(".").lower(), match[3] or ""
    if "$" in host:
        raise UnnamedHostError(f"{host} is filled in later")
    port = int(tail) if tail.isdigit() else _usual_port(address, scheme, tail)
    if _NUMBER.fullmatch(host):
        return Host(host.strip("[]"), port)
    if "." not in host or host.endswith(_INSIDE) or ".svc." in host:
        return None
    if not _NAME.fullmatch(host):
        raise UnnamedHostError(f"{host} is not a name")
    return Host(host, port)


def _usual_port(address: str, scheme: str, tail: str) -> int:
    scp = not scheme and "@" in address.partition("/")[0] and tail
    bare = not scheme and "/" not in address
    return 22 if scp else 0 if bare else _PORTS.get(scheme, 443)


def _onward(found: Iterable[Host]) -> Iterator[Host]:
    for host in found:
        for name in onward(host.name):
            yield Host(name, host.port if name.endswith(host.name) else 443)
