"""Containers that say the same otherwise."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from tests.engine.disguises.objects import containers, mapping, name_of, namespace_of, template
from tests.engine.manifests import Cluster, Document, Path_, Plain, Value, dump, walk


def from_config_maps(cluster: Cluster) -> Cluster:
    """Variables that stand in the container come from a ConfigMap."""
    made: list[Value] = []

    def each(one: Value) -> Value:
        path = template(one)
        if path is None:
            return one

        def change(container: Value, spec: Value) -> Value:
            listed = container.get("env")
            if not isinstance(listed, list):
                return container
            moved = {
                str(var["name"]): var["value"]
                for var in listed
                if isinstance(var, dict) and isinstance(var.get("value"), str) and "$" not in var["value"]
            }
            if not moved or any("$(" in str(part) for part in listed):
                return container
            name = f"{name_of(one)}-{container.get('name')}-env"[:250]
            made.append({
                "apiVersion": Plain("v1"), "kind": Plain("ConfigMap"),
                "metadata": {"name": name, "namespace": namespace_of(one)},
                "data": {key: str(value) for key, value in moved.items()},
            })  # fmt: skip
            rest = [var for var in listed if not (isinstance(var, dict) and var.get("name") in moved)]
            found = {key: part for key, part in container.items() if key != "env"}
            if rest:
                found["env"] = rest
            found["envFrom"] = [*(container.get("envFrom") or []), {"configMapRef": {"name": name}}]
            return found

        return containers(change)(one)

    builds = []
    for build in cluster.builds:
        made.clear()
        own = [one.changed(each(one.value)) if isinstance(one.value, dict) else one for one in build]
        builds.append((*own, *(Document(dump(one), "ConfigMap", one) for one in made)))
    return cluster._replace(builds=tuple(builds))


def in_a_shell(container: Value, spec: Value) -> Value:
    """A command with its arguments as one line of a shell."""
    command, args = container.get("command"), container.get("args")
    if not isinstance(command, list) or not command or (args is not None and not isinstance(args, list)):
        return container
    words = [str(one) for one in (*command, *(args or ()))]
    if str(command[0]).rpartition("/")[2] in ("sh", "bash", "ash", "dash", "env", "tini") or any(
        "\n" in one for one in words
    ):
        return container
    line = " ".join(one if re.fullmatch(r"[\w./:=@%+,$()-]+", one) else shlex.quote(one) for one in words)
    found = {key: part for key, part in container.items() if key != "args"}
    return {**found, "command": ["sh", "-c", f"exec {line}"]}


_BY_NAME = ("PodMonitor", "VMPodScrape", "PodMonitoring", "NetworkPolicy", "CiliumNetworkPolicy")


def _asked(cluster: Cluster) -> Iterator[str]:
    """Names of ports that somebody asks pods for."""
    for one in (*cluster.shown(), *cluster.hidden()):
        if one.get("kind") in _BY_NAME:
            found: list[str] = []

            def look(path: Path_, value: Value, found: list[str] = found) -> Value:
                if isinstance(value, str) and path[-1] in ("port", "targetPort"):
                    found.append(value)
                return value

            walk(one, look)
            yield from found


def _ports(one: Value) -> Iterator[tuple[str, str]]:
    """The ports of a workload's pods that have a name, and their numbers."""
    path = template(one)
    for part in (mapping(one, *path).get("containers") or ()) if path else ():
        for port in (part.get("ports") if isinstance(part, dict) else None) or ():
            if isinstance(port, dict) and "name" in port:
                yield str(port["name"]), str(port.get("containerPort"))


def _is_named(one: Value, path: Path_) -> bool:
    """Whether a port of the pods is asked for at this place, by a Service or a probe."""
    probe = any("robe" in str(part) or part == "lifecycle" for part in path)
    return (one.get("kind") == "Service" and path[-1] == "targetPort") or (
        template(one) is not None and path[-1] == "port" and probe
    )


def without_port_names(cluster: Cluster) -> Cluster:
    """Ports of containers without names; who named them says the number."""
    numbers: dict[str, set[str]] = {}
    for name, number in (pair for one in cluster.shown() for pair in _ports(one)):
        numbers.setdefault(name, set()).add(number)
    others = {
        name for one in cluster.hidden() for name, _ in _ports(one)
    }  # operators name the ports of their pods
    others.update(_asked(cluster))
    sure = {
        name: next(iter(found)) for name, found in numbers.items() if len(found) == 1 and name not in others
    }

    def ports(container: Value, spec: Value) -> Value:
        if not isinstance(container.get("ports"), list):
            return container
        made = [
            {key: part for key, part in port.items() if not (key == "name" and part in sure)}
            if isinstance(port, dict)
            else port
            for port in container["ports"]
        ]
        return container if made == container["ports"] else {**container, "ports": made}

    def each(one: Value) -> Value:
        def change(path: Path_, value: Value) -> Value:
            asked = isinstance(value, str) and value in sure and _is_named(one, path)
            return Plain(sure[value]) if asked else value

        return walk(containers(ports)(one), change)

    return cluster.mapped(each, hidden=False)


def without_ports(cluster: Cluster) -> Cluster:
    """Containers that say no port, as long as nobody asks for one by name: Kubernetes does not need it."""
    bare = without_port_names(cluster)

    def ports(container: Value, spec: Value) -> Value:
        listed = container.get("ports")
        if not isinstance(listed, list) or any(
            "name" in port or "hostPort" in port for port in listed if isinstance(port, dict)
        ):
            return container
        return {key: part for key, part in container.items() if key != "ports"}

    return bare.mapped(containers(ports), hidden=False)
