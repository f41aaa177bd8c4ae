"""Namespaces under other names."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping

from tests.engine.disguises.objects import (
    FIXED,
    UNMEANT,
    containers,
    mapping,
    name_of,
    namespace_of,
    put,
    template,
    texts,
)
from tests.engine.manifests import Cluster, Path_, Value, walk

# What somebody adds in a namespace that is another's: a cloud's, a distribution's.
_BESIDE = ("Namespace", "Service", "ConfigMap", "Secret", "Role", "RoleBinding", "NetworkPolicy", "Ingress")


def namespaces(rename: Callable[[str], str]) -> Callable[[Cluster], Cluster]:
    """Each namespace of the team's own under another name, wherever one is named."""

    def disguise(cluster: Cluster) -> Cluster:
        spaces = {namespace_of(one) for one in cluster.shown() if one.get("kind") not in _BESIDE}
        told = {pair for one in cluster.hidden() for pair in _labels_by_namespace(one)}
        known = {one: rename(one) for one in spaces if one and not FIXED.fullmatch(one)}
        names = {(namespace_of(one), name_of(one)) for one in (*cluster.shown(), *cluster.hidden())}
        text = _spaces_in_texts(known, names)

        def leaf(path: Path_, value: Value) -> Value:
            if isinstance(value, dict) and str(value.get("key")).endswith(("metadata.name", "pod.namespace")):
                told = [known.get(one, one) for one in value.get("values") or ()]
                return {**value, "values": told} if told != (value.get("values") or []) else value
            if not isinstance(value, str):
                return value
            if value in known and _is_namespace(path):
                return known[value]
            return value

        def each(one: Value) -> Value:
            if one.get("kind") == "Namespace":
                one = put(one, ("metadata", "name"), known.get(name_of(one), name_of(one)))
            return _spaces_of_containers(known)(texts(text)(walk(one, leaf)))

        if told:
            made = cluster.mapped(lambda one: _relabelled(one, known, told))
            cluster = cluster._replace(runtime=made.runtime)
        return cluster.mapped(each).pods(lambda space, name: (known.get(space, space), name))

    return disguise


def _relabelled(one: Value, known: Mapping[str, str], told: Collection[tuple[str, str]]) -> Value:
    """An object of run time with such labels as its namespace's other name makes them."""
    space = namespace_of(one)

    def label(path: Path_, value: Value) -> Value:
        labelled = any(part in UNMEANT for part in path)
        if labelled and isinstance(value, str) and (space, value) in told and space in known:
            return known[space] + value[len(space) :]
        return value

    return walk(one, label)


def _labels_by_namespace(one: Value) -> Iterator[tuple[str, str]]:
    """Labels of pods that an operator, or a chart that nobody has rendered, makes of their namespace, with it."""
    path, space = template(one), namespace_of(one)
    labels = mapping(one, *path[:-1], "metadata", "labels") if path else {}
    for value in map(str, labels.values()):
        joined = value.startswith(f"{space}-{space}-") and not name_of(one).startswith(value)
        if joined or value.startswith(f"{space}."):
            yield space, value


def _is_namespace(path: Path_) -> bool:
    keys = [part for part in path if isinstance(part, str)]
    last = keys[-1].lower() if keys else ""
    if last.endswith(("namespace", "namespaces", "metadata.name")):
        return True
    return last in ("matchnames", "names") and any("amespace" in part for part in keys)


def _spaces_in_texts(known: Mapping[str, str], names: Collection[tuple[str, str]]) -> Callable[[str], str]:
    any_of = "|".join(sorted(map(re.escape, known), key=len, reverse=True)) or "(?!)"
    dns = re.compile(rf"([a-z0-9*}}-]+)\.({any_of})(?=(\.svc\b)?(?:[.:/\s\"',;()?&]|$))")
    own: dict[str, list[str]] = {}
    for space, name in names:
        if space in known and name:
            own.setdefault(space, []).append(name)

    def in_name(match: re.Match[str]) -> str:
        told = match[3] or any(f"{match[1]}-".startswith(f"{one}-") for one in own.get(match[2], ()))
        return f"{match[1]}.{known[match[2]]}" if told else match[0]

    told = re.compile(rf"(namespaces?[\"']?[ \t]*[:=][ \t]*\[?[\"']?)({any_of})(?![\w.-])", re.IGNORECASE)
    account = re.compile(rf"(system:serviceaccounts?:)({any_of})(?![\w-])")
    place = re.compile(rf"(?<![\w./:@-])({any_of})/([a-z0-9][a-z0-9.-]*)(?![\w/])")
    listed = re.compile(r"names(?:paces)?:\s*(?:\[[^\]]*\]|(?:\n\s*-\s*[\"']?[a-z0-9-]+[\"']?)+)")
    item = re.compile(rf"((?:-\s|[\[,])\s*[\"']?)({any_of})(?![\w.-])")

    def in_place(match: re.Match[str]) -> str:
        if (match[1], match[2]) not in names:
            return match[0]
        return f"{known[match[1]]}/{match[2]}"

    def second(match: re.Match[str]) -> str:
        return match[1] + known[match[2]]

    def change(text: str) -> str:
        text = dns.sub(in_name, text)
        text = account.sub(second, told.sub(second, text))
        text = place.sub(in_place, text) if "/" in text else text
        if "names" in text:
            text = listed.sub(lambda match: item.sub(second, match[0]), text)
        return text

    return change


def _spaces_of_containers(known: Mapping[str, str]) -> Callable[[Value], Value]:
    """A namespace in a variable or an argument that is called so."""

    def listed(text: str) -> str:
        return ",".join(known.get(part.strip(), part) for part in text.split(","))

    def change(container: Value, spec: Value) -> Value:
        made = dict(container)
        if isinstance(made.get("env"), list):
            made["env"] = [
                {**one, "value": listed(one["value"])}
                if isinstance(one, dict)
                and "NAMESPACE" in str(one.get("name")).upper()
                and isinstance(one.get("value"), str)
                and listed(one["value"]) != one["value"]
                else one
                for one in made["env"]
            ]
        for key in ("args", "command"):
            if isinstance(made.get(key), list):
                made[key] = [
                    known.get(one, one)
                    if index
                    and isinstance(one, str)
                    and re.fullmatch(r"-n|--[\w-]*namespaces?", str(made[key][index - 1]))
                    else one
                    for index, one in enumerate(made[key])
                ]
        return container if made == container else made

    return containers(change)
