"""Conditions and recognition in plain words, for people who read the catalogue."""

from __future__ import annotations

from cilium_policies.catalogue.conditions import is_on
from cilium_policies.catalogue.flows import Edge, When, texts
from cilium_policies.catalogue.model import ChartEntry, Component, MadeBy
from cilium_policies.kube.objects import Mapping, flag, mapping, text

_WORDS = {
    "peer": "both are present",
    "evidence": "the input asks for it",
    "asked": "only by spec.allow",
}


def when(condition: When) -> str:
    """When an edge is on: `always`, or a phrase that goes on after "when"."""
    if condition is None:
        return "always"
    if isinstance(condition, str):
        return _WORDS.get(condition, f"'{condition}' is set")
    if isinstance(condition, list):
        return " or ".join(when(one) for one in condition)
    return " and ".join(_phrases(condition))


def peer(edge: Edge) -> str:
    """The other end: where it is, or the labels that its pods must have."""
    if edge.near:
        return f"{edge.peer} (the local network)"
    if not edge.having:
        return edge.peer
    sets = (
        ", ".join(key if value == "*" else f"{key}={value}" for key, value in one.items())
        for one in edge.having
    )
    return f"{edge.peer} that have {' or '.join(sets)}"


def ports(edge: Edge) -> str:
    """Its ports, or where the object that makes the pods holds them."""
    if edge.ports_at:
        return f"those at {_either([path.partition('/')[0] for path in edge.ports_at])}"
    return ", ".join(edge.ports) or "any"


def hosts(edge: Edge) -> list[str]:
    """Whom an edge to the internet means: its names, a phrase a place where they stand, or why nobody knows."""
    unknown = [f"hosts that cannot be known: {edge.unnamed}"] if edge.unnamed else []
    unknown += [f"what its users add: {edge.added}"] if edge.added else []
    fixed = [one for one in edge.names or () if isinstance(one, str)]
    found = [", ".join(fixed)] if fixed else []
    return found + [_host(one) for one in edge.names or () if not isinstance(one, str)] + unknown


def _host(member: Mapping) -> str:
    if any("{found}" in name for name in texts(member.get("names"))):
        return _site(member)
    said = [", ".join(texts(member.get("names")))] if texts(member.get("names")) else []
    said += [f"the hosts at {_either(member[key])}" for key in ("hosts", "value", "field") if key in member]
    said += [f"what variable '{member['env']}' names"] if "env" in member else []
    said += ["the hosts that its configuration names there"] if "text" in member else []
    said += [f"{', '.join(texts(member['usual']))}, where more is not known"] if "usual" in member else []
    said += [f"what argument '{member['arg']}' names"] if "arg" in member else []
    said += [f"the {text(member['mentions'])} hosts that it names"] if "mentions" in member else []
    who = (
        " and ".join(said) or "hosts that no manifest names"
        if flag(member.get("unknown"))
        else " and ".join(said)
    )
    if "object" in member:
        held = f" with {_either(member['has'])} {_tail(member)}".rstrip() if "has" in member else ""
        return f"{who or 'nobody outside'}, for a {_either(member['object'])}{held}"
    return f"{who or 'nobody else'}, when {when(member['when'])}" if "when" in member else who


def _site(member: Mapping) -> str:
    """Names of which a site, region or tenant is a part, and where that is read."""
    places = [f"{key} {_either(member[key])}" for key in ("value", "field") if key in member]
    places += [f"variable '{member['env']}'"] if "env" in member else []
    places += ["its configuration"] if "text" in member else []
    usual = f", else {member['otherwise']}" if "otherwise" in member else ""
    under = f", when {when(member['when'])}" if "when" in member else ""
    return f"{', '.join(texts(member['names']))}, as {' or '.join(places)} says{usual}{under}"


def _phrases(condition: Mapping) -> list[str]:
    """One phrase a key; `is`, `matches` and `has` belong to the key beside them."""
    tail = _tail(condition)
    found = [f"{key} {_either(condition[key])} {tail}" for key in ("value", "field") if key in condition]
    if "object" in condition:
        has = f" with {_either(condition['has'])} {tail}" if "has" in condition else ""
        found.append(f"a {text(condition['object'])} is in the input{has}")
    if "env" in condition:
        held = f" holds '{condition['matches']}'" if "matches" in condition else " is set"
        found.append(f"variable '{text(condition['env'])}'{held}")
    for key, say in (("arg", "an argument holds"), ("text", "its configuration holds")):
        if key in condition:
            found.append(f"{say} '{text(condition[key])}'")
    if "mentions" in condition:
        found.append(f"its configuration mentions {text(condition['mentions']).replace('-', ' ')} outside")
    return found + _rest(condition)


def _rest(condition: Mapping) -> list[str]:
    found = []
    if "distribution" in condition:
        found.append(f"the distribution is {' or '.join(texts(condition['distribution']))}")
    if "component" in condition:
        found.append(f"{text(condition['component'])} is present")
    if "replicas" in condition:
        found.append(f"it has {text(condition['replicas'])} replicas or more")
    if "all" in condition:
        found.append(" and ".join(when(one) for one in condition["all"]))
    if "not" in condition:
        found.append(f"not ({when(condition['not'])})")
    return found


def _tail(condition: Mapping) -> str:
    if "is" in condition:
        return f"is '{condition['is']}'"
    return f"matches '{condition['matches']}'" if "matches" in condition else "set"


def _either(paths: object) -> str:
    return " or ".join(f"'{one}'" for one in texts(paths))


def labels(wanted: Mapping) -> str:
    """`app=db, tier=*`."""
    return ", ".join(f"{key}={value}" for key, value in wanted.items())


def _switch(entry: ChartEntry | MadeBy) -> str:
    return f"{'unless' if entry.default else 'with'} '{entry.enabled}'{' is off' * entry.default}"


def chart(entry: ChartEntry) -> str:
    """`kube-prometheus-stack (values below grafana; unless grafana.enabled is false)`."""
    notes = [f"values below '{entry.values}'"] if entry.values else []
    if isinstance(entry.enabled, str):
        notes.append(_switch(entry))
    elif entry.enabled is not None:
        notes.append(
            f"when {when(entry.enabled)}"
            + (" (so by default)" if is_on(entry.enabled, entry.default, {}) else "")
        )
    return f"{entry.chart} ({'; '.join(notes)})" if notes else entry.chart


def maker(entry: MadeBy) -> str:
    """`Kafka (kafka.strimzi.io)`, with the switch that decides."""
    name = f"{entry.kind} ({entry.group})" if entry.group else entry.kind
    if isinstance(entry.enabled, str):
        return f"{name} {_switch(entry)}"
    if entry.via:
        return f"{name} whose {text(mapping(entry.via).get('field'))} is of '{text(entry.via.get('is'))}'"
    return name


def settings(component: Component) -> list[str]:
    """The Helm values that switch its edges, in the order in which the entry names them."""
    found: list[str] = []
    for edge in component.own_edges:
        _collect(edge.when, found)
    return list(dict.fromkeys(found))


def _collect(condition: When, found: list[str]) -> None:
    if isinstance(condition, list):
        for one in condition:
            _collect(one, found)
    elif isinstance(condition, dict):
        found.extend(texts(condition.get("value")))
        for key in ("not", "all"):
            _collect(condition.get(key), found)
