"""The hosts that a component calls outside: those its entry states, and those that objects of the input name.

`names:` of an edge to `internet` lists every name that the program calls on the edge's ports, but for what its own
configuration says, which evidence finds. A member is a DNS name or matchPattern, or a mapping:

    {when: CONDITION, names: [NAME, …]}                names that hold under a condition
    {value: PATH}, {field: PATH}, {arg: REGEX}         the hosts of addresses in the own Helm values, in the custom
                                                       resource that made the pods, in what the pattern's group finds
    {env: REGEX}                                       the hosts of addresses in variables of these names
    {text: REGEX}                                      the same in any text of the configuration, each time
    {env: REGEX, names: [NAME, …], otherwise: TEXT}    names in which `{found}` is what stands there (a site, a region),
                                                       or `otherwise` where nothing does; the same with the keys above
    {mentions: WORD}                                   the hosts of that sort that the own configuration names (mail:
                                                       by the names of its variables and keys)
    {object: group/Kind, hosts: PATH}                  the hosts of the addresses at that path of each such object
    {object: group/Kind, has: PATH, names: [NAME, …]}  names of the objects that hold something there; `{PATH}` in a
                                                       name is filled in from the object; `when` as above
    {object: group/Kind, has: PATH, unknown: true}     such an object calls hosts that no manifest names
    {object: group/Kind, at: PATH, hosts: PATH}        of these objects those alone that the custom resource which made
                                                       the pods names at that path; one that is not shown is unknown.
                                                       `lacks`: such as hold nothing there
    {repository: PATH}                                 the address in the Secret of a backup that is named there
    {account: ANNOTATION}                              the hosts in an annotation of the Secrets that the pods'
                                                       ServiceAccount lists

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

from cilium_policies.catalogue.conditions import MENTIONS, agrees, at, holds
from cilium_policies.catalogue.flows import Edge, texts
from cilium_policies.catalogue.host import Host, UnnamedHostError, read_host, written_in
from cilium_policies.catalogue.mail_hosts import mail_hosts
from cilium_policies.catalogue.onward import is_mirrored, onward
from cilium_policies.catalogue.parts import group_kind
from cilium_policies.catalogue.pointed import pointed_at, repositories
from cilium_policies.kube.objects import Mapping, flag, text, walk_strings
from cilium_policies.lean import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from cilium_policies.catalogue.facts import FurtherFacts

_FILLED = re.compile(r"\{([^{}]+)\}")
_FOUND = "{found}"


class Answer(NamedTuple):
    """The hosts of an edge, sorted, and why there are more than these; "" where these are all. `inside`: those that
    look like the cluster's own (no dot, `.svc`), and "" for a folder in place of a host."""

    hosts: tuple[Host, ...]
    missing: str = ""
    inside: tuple[str, ...] = ()


def hosts(edge: Edge, facts: FurtherFacts, beyond: str = "") -> Answer:
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
    inside = {one for one in found if one.inside}
    found -= inside
    names_inside = tuple(sorted(one.name for one in inside))
    return Answer(tuple(sorted(found | set(_onward(found)))), "; ".join(missing), names_inside)


def written(facts: FurtherFacts) -> Iterator[Host]:
    """The hosts of URLs in the own configuration, whatever they are for: evidence takes only those that are surely
    called, and a list of names without the others would cut them."""
    for one in facts.texts:
        yield from written_in(one)


def _usual(member: Any) -> tuple[str, ...]:
    return texts(member.get("usual")) if isinstance(member, dict) else ()


def reads_objects(edge: Edge) -> bool:
    """Whether the answer depends on objects that other builds of a tree may hold as well."""
    return any(isinstance(one, dict) and _of_any(one) for one in edge.names or ())


def _of_any(member: Mapping) -> bool:
    """Whether a member means every object of a kind, and not those that the own object names."""
    return "object" in member and "at" not in member


def _stated(names: Iterable[Any], facts: FurtherFacts) -> Iterator[Host]:
    unknown: UnnamedHostError | None = None
    for one in names:
        if isinstance(one, str):
            yield Host(one)
        elif not _of_any(one) and holds(one.get("when"), facts):
            try:
                yield from _by_member(one, facts)
            except UnnamedHostError as error:
                unknown = unknown or error
    if unknown is not None:
        raise unknown


def _by_member(member: Mapping, facts: FurtherFacts) -> Iterator[Host]:
    if flag(member.get("unknown")):
        raise UnnamedHostError(
            text(member.get("why")) or "its configuration calls hosts that no manifest names"
        )
    if "at" in member:
        for body in pointed_at(member, facts):
            if _speaks_of(member, body):
                yield from _of_object(member, body)
        return
    if "repository" in member:
        yield from repositories(member, facts)
    if any(_FOUND in name for name in texts(member.get("names"))):
        yield from _by_site(member, facts)
        return
    yield from map(Host, texts(member.get("names")))
    told = False
    for written in _own_addresses(member, facts):
        told = told or bool(written.strip())
        yield from filter(None, map(read_host, re.split(r"[\s,;]+", written)))
    if not told and (flag(member.get("required")) or member.get("mentions") == "mail"):
        raise UnnamedHostError("its configuration names none of them")


def _by_site(member: Mapping, facts: FurtherFacts) -> Iterator[Host]:
    """The hosts of a site, region or tenant that the own configuration names, or of the usual one."""
    found = dict.fromkeys(map(str.strip, _own_addresses(member, facts)))
    for one in found or dict.fromkeys(texts(member.get("otherwise"))) or ("",):
        if not re.fullmatch(r"[\w.-]+", one):  # a variable, a Secret, or not said at all
            raise UnnamedHostError(text(member.get("why")) or "the input does not show its site or region")
        for name in texts(member.get("names")):
            yield Host(name.replace(_FOUND, one))


def _own_addresses(member: Mapping, facts: FurtherFacts) -> Iterator[str]:
    """What the component's own configuration holds where a member says that addresses stand."""
    for tree, paths in ((facts.values, member.get("value")), (facts.body, member.get("field"))):
        for path in texts(paths):
            yield from (written for _, written in walk_strings(at(tree, path)))
    if "account" in member:
        yield from facts.account(texts(member["account"]))
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


def _named_by_objects(names: Iterable[Any], facts: FurtherFacts) -> Iterator[Host]:
    """Hosts by object. Raises UnnamedHostError at the end where an object of these kinds is not spoken of, or
    where there is none: the program then reads what this input does not show."""
    members = [
        one for one in names if isinstance(one, dict) and _of_any(one) and holds(one.get("when"), facts)
    ]
    asked = (id(names), *map(id, members))
    known = facts.answers.get(asked)
    if known is None:
        known = facts.answers[asked] = names, _told_by(members, facts)
    found, unknown = known[1]
    yield from found
    if unknown:
        raise UnnamedHostError(unknown)


def _told_by(members: list[Mapping], facts: FurtherFacts) -> tuple[list[Host], str]:
    """The hosts that objects name, whichever workload asks, and why they are not all."""
    told: list[Host] = []
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
                    told += _of_object(one, body)
                except UnnamedHostError as error:
                    unknown = unknown or f"{_named(kind, body)}: {error}"
    absent = [group for group, shown in groups.items() if not shown]
    if absent and not unknown:
        unknown = f"the input shows no {' or '.join(group_kind(kind)[1] for kind in absent[0])}"
    return told, unknown


def _named(kind: str, body: Mapping) -> str:
    name = text(at(body, "metadata.name"))
    return f"{group_kind(kind)[1]} {name}" if name else group_kind(kind)[1]


def _speaks_of(member: Mapping, body: Mapping) -> bool:
    if "lacks" in member and any(at(body, path) for path in texts(member["lacks"])):
        return False
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
            elif (found := read_host(written)) is not None:
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


def _onward(found: Iterable[Host]) -> Iterator[Host]:
    for host in found:
        for name in onward(host.name):
            yield Host(name, host.port if name.endswith(host.name) else 443)
