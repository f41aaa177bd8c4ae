"""What bjw-s's common library calls things: chart version, release-wide labels, object names.

Read in bjw-s-labs/helm-charts at common 2.6.0, 3.7.3, 4.1.1 and, template by template, 5.3.0.
"""

from __future__ import annotations

import re

from cilium_policies.kube.labels import INSTANCE, RELEASE_NAME
from cilium_policies.kube.objects import Mapping, Object, at, mapping, strings, text
from cilium_policies.workloads.releases.release import Release
from cilium_policies.workloads.releases.template import Template
from cilium_policies.workloads.releases.values import enabled, merge, scalar

CHART = "app-template"
NAME = "app.kubernetes.io/name"
_WITH_PRIMARY = {"service", "route"}  # before 4.0 these may be marked, and then carry no key
_ALWAYS_KEYED_3 = {"configMap", "secret", "role", "binding", "rawResource"}

# What common 2.x itself puts under these keys; from 3.0 on nothing is there until a user writes it.
_PROBE: Mapping = {"enabled": "true", "type": "TCP"}
_DEFAULTS_2: Mapping = {
    "controllers": {
        "main": {
            "containers": {"main": {"probes": {"liveness": _PROBE, "readiness": _PROBE, "startup": _PROBE}}}
        }
    },
    "service": {
        "main": {
            "controller": "main",
            "primary": "true",
            "ports": {"http": {"primary": "true", "protocol": "HTTP"}},
        }
    },
    "serviceMonitor": {"main": {"enabled": "false", "endpoints": [{"port": "http", "path": "/metrics"}]}},
    "ingress": {
        "main": {
            "enabled": "false",
            "primary": "true",
            "hosts": [{"paths": [{"path": "/", "service": {"name": "main"}}]}],
        }
    },
    "route": {"main": {"enabled": "false"}},
    "configMaps": {"config": {"enabled": "false"}},
    "persistence": {"config": {"enabled": "false"}},
    "networkpolicies": {"main": {"enabled": "false", "controller": "main"}},
}


class Frame:
    """One release of the chart while its objects are made: evaluated values, labels, names."""

    def __init__(self, release: Release) -> None:
        self.release = release
        self.major, self.minor = _version(release)
        raw = merge(_DEFAULTS_2, release.values) if self.major == 2 else release.values
        facts = {"Name": release.name, "Namespace": release.namespace, "Service": "Helm"}
        plain = Template(raw, facts)
        self.name = self._name(raw, plain)[:63].rstrip("-")
        self.fullname = self._fullname(raw, plain)[:63].rstrip("-")
        self.template = Template(raw, facts, self.fullname, self.name)
        self.values = mapping(self.template.all(raw))
        self.controllers = self.enabled("controllers")
        self.services = self.enabled("service")

    def _name(self, values: Mapping, template: Template) -> str:
        override = scalar(at(values, "global", "nameOverride"))
        if not override and self.release.chart in ("", CHART):
            override = self.release.name  # app-template itself sets it so; it wins over `nameOverride`
        name = override or scalar(values.get("nameOverride")) or self.release.chart
        return template.text(name)

    def _fullname(self, values: Mapping, template: Template) -> str:
        override = scalar(at(values, "global", "fullnameOverride")) or scalar(values.get("fullnameOverride"))
        if override:
            return template.text(override)
        return self.release.name if self.name in self.release.name else f"{self.release.name}-{self.name}"

    @property
    def controller_label(self) -> str:
        """The pod label that holds the controller's key; "" where the version is unknown and the release has
        one controller only, so that name and instance do."""
        if self.major:
            return "app.kubernetes.io/controller" if self.major >= 4 else "app.kubernetes.io/component"
        return "app.kubernetes.io/controller" if len(self.controllers) > 1 else ""

    @property
    def selector_labels(self) -> dict[str, str]:
        return {NAME: self.name, INSTANCE: self.release.name}

    def controller_selector(self, key: str) -> dict[str, str]:
        """The labels by which Services and policies of the chart select one controller's pods."""
        labels = self.selector_labels
        if key and self.controller_label:
            labels[self.controller_label] = key
        return {**labels, **strings(at(self.controllers, key, "extraSelectorLabels"))}

    def enabled(self, *path: str) -> dict[str, Mapping]:
        """The entries under a key that are mappings and not switched off, in the chart's (sorted) order."""
        found = mapping(at(self.values, *path))
        return {
            key: found[key] for key in sorted(found) if isinstance(found[key], dict) and enabled(found[key])
        }

    def object_name(self, kind: str, key: str, entry: Mapping, count: int) -> str:
        """The name of the object that an entry makes, of `count` enabled ones of its kind."""
        if scalar(entry.get("forceRename")):
            return scalar(entry.get("forceRename")).lower()
        override = scalar(entry.get("nameOverride"))
        if override and self.major < 4:
            return self.fullname if override == self.fullname else f"{self.fullname}-{override}"
        if self.major == 2:
            return self._name_2(kind, key, entry)
        if self.major == 3:
            plain = (count < 2 and kind not in _ALWAYS_KEYED_3) or (kind in _WITH_PRIMARY and _primary(entry))
            return self.fullname if plain or key == self.fullname else f"{self.fullname}-{key}"
        return self._name_4(key, entry, count)[:63].rstrip("-").lower()

    def _name_2(self, kind: str, key: str, entry: Mapping) -> str:
        plain = (
            _primary(entry) if kind == "service" else key == "main" or (kind == "route" and _primary(entry))
        )
        return self.fullname if plain else f"{self.fullname}-{key}"

    def _name_4(self, key: str, entry: Mapping, count: int) -> str:
        name = self.fullname
        prefix, suffix = scalar(entry.get("prefix")), scalar(entry.get("suffix"))
        if prefix and prefix != name:
            name = f"{prefix}-{name}"
        always = at(self.values, "global", "alwaysAppendIdentifierToResourceName") == "true"
        if (count > 1 or always) and key != name and not name.endswith(f"-{key}"):
            name = f"{name}-{key}"
        if suffix and not name.endswith(f"-{suffix}"):
            name = f"{name}-{suffix}"
        return name

    def service_name(self, key: str) -> str:
        """The name of the Service with this key; "" where there is none."""
        entry = self.services.get(key)
        return "" if entry is None else self.object_name("service", key, entry, len(self.services))

    def named(self, kind: str, *path: str) -> dict[str, str]:
        """Key to object name for the enabled entries under a path."""
        found = self.enabled(*path)
        return {key: self.object_name(kind, key, entry, len(found)) for key, entry in found.items()}

    def made(self, api_version: str, kind: str, name: str, entry: Mapping, body: Mapping) -> Object:
        """The object with the chart's metadata; `entry` may hold labels and annotations of its own."""
        labels = {
            "app.kubernetes.io/managed-by": "Helm",
            **strings(at(self.values, "global", "labels")),
            **self.selector_labels,
            **strings(entry.get("labels")),
            **strings(at(entry, "metadata", "labels")),
        }
        annotations = {
            **strings(at(self.values, "global", "annotations")),
            **strings(entry.get("annotations")),
            **strings(at(entry, "metadata", "annotations")),
            RELEASE_NAME: self.release.name,
        }
        namespace = (
            scalar(entry.get("namespaceOverride"))
            or scalar(at(entry, "metadata", "namespace"))
            or self.release.namespace
        )
        metadata: Mapping = {
            "name": name,
            "namespace": namespace,
            "labels": labels,
            "annotations": annotations,
        }
        if not namespace:
            del metadata["namespace"]
        whole = {"apiVersion": api_version, "kind": kind, "metadata": metadata, **body}
        return Object(whole, self.release.source.where, self.release.source.item)


def _primary(entry: Mapping) -> bool:
    return text(entry.get("primary")) == "true"


def _version(release: Release) -> tuple[int, int]:
    """Major and minor of app-template; (0, 0) where unknown, and for other charts on the same library."""
    if release.chart not in ("", CHART):
        return 0, 0
    found = re.search(r"(\d+)(?:\.(\d+))?", release.version)
    return (int(found.group(1)), int(found.group(2) or 0)) if found else (0, 0)
