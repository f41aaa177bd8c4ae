"""Services under other names."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from tests.engine.disguises.objects import (
    FIXED,
    UNMEANT,
    WORKLOADS,
    name_of,
    namespace_of,
    put,
    template,
    texts,
)
from tests.engine.manifests import Cluster, Path_, Value, walk

# Fields that name something else
_OTHERS = (
    "namespace", "serviceAccountName", "serviceAccount", "secretName", "claimName", "subdomain", "mountPath", "kind",
    "subPath", "chart", "releaseName", "containerName", "host",
)  # fmt: skip


def services(rename: Callable[[str], str]) -> Callable[[Cluster], Cluster]:
    """Services under other names, wherever a host or a backend is one."""

    def disguise(cluster: Cluster) -> Cluster:
        known = {
            (namespace_of(one), name_of(one)): rename(name_of(one))
            for one in cluster.shown()
            if one.get("kind") == "Service"
        }
        known = {
            place: made
            for place, made in known.items()
            if not FIXED.fullmatch(place[0]) and "$" not in place[1]
        }
        fixed = _unsure_of(cluster, known)
        known = {place: made for place, made in known.items() if place[1] not in fixed}
        text = _hosts_in_texts(known)

        def each(one: Value) -> Value:
            here = namespace_of(one)
            if one.get("kind") == "Service" and (here, name_of(one)) in known:
                one = put(one, ("metadata", "name"), known[here, name_of(one)])

            def change(path: Path_, value: Value) -> Value:
                if isinstance(value, dict) and path and isinstance(value.get("name"), str):
                    space = str(value.get("namespace") or here)
                    if (space, value["name"]) in known and _is_backend(path):
                        return {**value, "name": known[space, value["name"]]}
                if (
                    isinstance(value, str)
                    and path
                    and path[-1] in ("serviceName", "service", "backendServiceName")
                ):
                    return known.get((here, value), value)
                return value

            return texts(lambda value: text(here, value))(walk(one, change))

        return cluster.mapped(each)

    return disguise


def _unsure_of(cluster: Cluster, known: Mapping[tuple[str, str], str]) -> set[str]:
    """The names that stand where this does not know what they mean."""
    unsure: set[str] = set()
    for one in (*cluster.shown(), *cluster.hidden()):
        own = {name for space, name in known if space == namespace_of(one)}

        def look(path: Path_, value: Value, one: Value = one, own: set[str] = own) -> Value:
            if isinstance(value, str):
                unsure.update(name for name in own if name in value and _unsure(one, path, value, name))
            return value

        walk(one, look)
    return unsure


def _is_backend(path: Path_) -> bool:
    keys = [part for part in path if isinstance(part, str)]
    return keys[-1] in ("service", "backendRefs", "backendRef", "services", "to") or keys[-2:] == [
        "backend",
        "service",
    ]


def _unsure(one: Value, path: Path_, value: str, name: str) -> bool:
    """Whether a text may name a Service in a way that is not known here."""
    keys = [str(part) for part in path]
    if value == name:
        keys = [part for part in path if isinstance(part, str)]
        if keys == ["metadata", "name"] or any(key in UNMEANT for key in keys):
            return False
        if keys[-1] in ("serviceName", "service") or (
            keys[-1] == "name" and len(keys) > 1 and _is_backend(path[:-1])
        ):
            return False
        if keys[-1] == "name" and template(one) is not None:
            return False
        return keys[-1] not in _OTHERS and keys[0] not in ("subjects", "roleRef")
    if (
        one.get("kind") not in (*WORKLOADS, "ConfigMap", "Secret")
        or keys[0] == "metadata"
        or keys[-1] == "image"
    ):
        return False
    bare = re.compile(rf"(?<![\w./-]){re.escape(name)}(?![\w/-]|\.[a-z])")
    sure = re.compile(
        rf"(?:(?<=://)|(?<=@)|(?<![\w./-])(?={re.escape(name)}:\d)){re.escape(name)}(?![\w/-]|\.[a-z])"
    )
    return len(bare.findall(value)) > len(sure.findall(value))


def _hosts_in_texts(known: Mapping[tuple[str, str], str]) -> Callable[[str, str], str]:
    spaces: dict[str, dict[str, str]] = {}
    for (space, name), made in known.items():
        spaces.setdefault(space, {})[name] = made
    names = "|".join(sorted({re.escape(name) for _, name in known}, key=len, reverse=True)) or "(?!)"
    far = re.compile(rf"(?<![\w-])({names})\.([a-z0-9-]+)(?=\.svc\b|[:/\s\"',;)?]|$)")
    near = re.compile(rf"(?:(?<=://)|(?<=@)|(?<![\w./-])(?=(?:{names}):\d))({names})(?![\w-]|\.[a-z])")

    def change(here: str, text: str) -> str:
        text = far.sub(lambda match: f"{known.get((match[2], match[1]), match[1])}.{match[2]}", text)
        own = spaces.get(here, {})
        return near.sub(lambda match: own.get(match[1], match[1]), text)

    return change
