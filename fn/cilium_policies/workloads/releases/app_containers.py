"""Containers of an app-template release: image, env, arguments, ports and probes."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.kube.objects import Mapping, mapping, mappings, sequence, text
from cilium_policies.lean import Any
from cilium_policies.workloads.releases.app_names import Frame
from cilium_policies.workloads.releases.app_services import primary_port, primary_service
from cilium_policies.workloads.releases.values import enabled, merge, scalar

_PROBES = {"HTTP": "httpGet", "HTTPS": "httpGet", "GRPC": "grpc"}


def enabled_containers(controller: Mapping, field: str) -> list[tuple[str, Mapping]]:
    """The containers that are not switched off, with their keys, in the chart's (sorted) order."""
    found = mapping(controller.get(field))
    return [
        (key, found[key]) for key in sorted(found) if isinstance(found[key], dict) and enabled(found[key])
    ]


def container(
    frame: Frame, controller_key: str, controller: Mapping, key: str, own: Mapping, init: bool = False
) -> Mapping:
    """One container as the chart prints it."""
    entry = _with_defaults(controller, own, init)
    made: Mapping = {"name": scalar(entry.get("nameOverride")) or key, "image": image(entry.get("image"))}
    for field in ("command", "args"):
        value = entry.get(field)
        if value:
            made[field] = [value] if isinstance(value, str) else sequence(value)
    if env := list(_env(entry.get("env"))):
        made["env"] = env
    if sources := list(_env_from(frame, entry)):
        made["envFrom"] = sources
    if ports := mappings(entry.get("ports")):
        made["ports"] = ports
    if scalar(entry.get("restartPolicy")):
        made["restartPolicy"] = entry["restartPolicy"]
    if hooks := mapping(entry.get("lifecycle")):
        made["lifecycle"] = hooks
    made.update(_probes(frame, controller_key, entry))
    return made


def _with_defaults(controller: Mapping, own: Mapping, init: bool) -> Mapping:
    defaults = mapping(controller.get("defaultContainerOptions"))
    if not defaults or (init and controller.get("applyDefaultContainerOptionsToInitContainers") == "false"):
        return own
    if controller.get("defaultContainerOptionsStrategy") == "merge":
        return merge(defaults, own)
    return {**defaults, **{key: value for key, value in own.items() if value not in (None, "", {}, [])}}


def image(value: Any) -> str:
    """`repository:tag@digest` of an image given as a mapping or a text."""
    if isinstance(value, str):
        return value
    entry = mapping(value)
    name, tag, digest = (scalar(entry.get(field)) for field in ("repository", "tag", "digest"))
    registry = scalar(entry.get("registry"))
    whole = f"{registry}/{name}" if registry else name
    return whole + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")


def _env(value: Any) -> Iterator[Mapping]:
    """`env` as a list or a mapping; members are values, `{value:}`, `{valueFrom:}` or the source itself."""
    if isinstance(value, list):
        entries = [(text(one.get("name")), one) for one in mappings(value)]
    else:
        entries = [(key, member) for key, member in sorted(mapping(value).items())]
    for name, entry in entries:
        if not isinstance(entry, dict):
            yield {"name": name, "value": entry if isinstance(entry, str) else ""}
        elif "value" in entry:
            yield {"name": name, "value": text(entry["value"])}
        elif isinstance(entry.get("valueFrom"), dict):
            yield {"name": name, "valueFrom": entry["valueFrom"]}
        else:
            yield {
                "name": name,
                "valueFrom": {key: one for key, one in entry.items() if key not in ("name", "dependsOn")},
            }


def _env_from(frame: Frame, entry: Mapping) -> Iterator[Mapping]:
    config_maps, secrets = frame.named("configMap", "configMaps"), frame.named("secret", "secrets")
    for source in mappings(entry.get("envFrom")):
        for field, names in (("configMap", config_maps), ("secret", secrets)):
            if short := scalar(source.get(field)):
                yield {f"{field}Ref": {"name": names.get(short, short)}}
            elif reference := mapping(source.get(f"{field}Ref")):
                identifier = scalar(reference.get("identifier"))
                yield {
                    f"{field}Ref": {
                        "name": names.get(identifier, identifier) or scalar(reference.get("name"))
                    }
                }


def _probes(frame: Frame, controller: str, entry: Mapping) -> Mapping:
    made: Mapping = {}
    for kind, probe in mapping(entry.get("probes")).items():
        if isinstance(probe, dict) and enabled(probe, default=False):
            if probe.get("custom") == "true":
                made[f"{kind}Probe"] = mapping(probe.get("spec"))
            elif built := _built_probe(frame, controller, probe):
                made[f"{kind}Probe"] = built
    return made


def _built_probe(frame: Frame, controller: str, probe: Mapping) -> Mapping:
    """The probe on the controller's primary Service port, unless it names a port itself."""
    kind = scalar(probe.get("type"))
    if kind == "COMMAND" or (not kind and probe.get("command")):
        return {}
    primary = primary_port(primary_service(frame, controller))
    if not primary:
        return {}
    if kind == "AUTO":
        kind = scalar(primary.get("protocol"))
    port = scalar(probe.get("port")) or scalar(primary.get("targetPort")) or scalar(primary.get("port"))
    made: Mapping = {"port": port}
    if probe.get("path"):
        made["path"] = probe["path"]
    return {_PROBES.get(kind, "tcpSocket"): made}
