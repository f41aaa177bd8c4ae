"""What of an object a policy may depend on: everything else is left out of an inventory.

`Pruner(catalogue, verbatim, found, read).prune(one) -> mapping | None`: the object's body without what no other build
needs to know, None where nothing of it is needed. Of a Secret only its keys and the host and port of addresses stay.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator

from cilium_policies.catalogue.load import Catalogue
from cilium_policies.catalogue.parts import group_kind
from cilium_policies.catalogue.ports import FETCHING
from cilium_policies.document.finding import RefusedError
from cilium_policies.document.parse import load
from cilium_policies.kube.kinds import FIELDS, READ_KINDS, WHOLE
from cilium_policies.kube.objects import (
    IDENTITY,
    Mapping,
    Object,
    at,
    decoded,
    mapping,
    mappings,
    strings,
    text,
)
from cilium_policies.kube.pods import PROBES, WORKLOAD_KINDS
from cilium_policies.lean import Any
from cilium_policies.workloads import vaults
from cilium_policies.workloads.autopath import PLUGIN
from cilium_policies.workloads.credentials import addresses
from cilium_policies.workloads.inventory import texts
from cilium_policies.workloads.inventory.fields import Fields
from cilium_policies.workloads.inventory.names import names_of, services_of
from cilium_policies.workloads.inventory.notes import NOTES
from cilium_policies.workloads.inventory.told import Read
from cilium_policies.workloads.owned import controller, ended

_PLAIN = ("OCIRepository", "HelmRepository")  # addresses of charts: needed to the last letter of their path
_VERSIONS = ("tag", "semver", "digest", "semverFilter")
_TYPES = ("oci", "default")
_SCHEMES = ("https://", "http://", "oci://")
_PATH_ENDS = r"[?#\s\"'\\]"
_POD_FIELDS = (
    "serviceAccountName",
    "serviceAccount",
    "automountServiceAccountToken",
    "hostNetwork",
    "dnsPolicy",
    "nodeSelector",
)
_CONTAINER_FIELDS = ("name", "image", "envFrom", "ports", "restartPolicy")
_TOLD = ("command", "args", "env")  # texts; the others are names
_SOURCES = ("configMap", "secret", "projected")
# Helm values of every chart that say nothing of the network, and are long
_IDLE_VALUES = frozenset(
    """
    resources affinity tolerations nodeSelector topologySpreadConstraints securityContext podSecurityContext
    containerSecurityContext additionalPrometheusRulesMap additionalPrometheusRules dashboards
    """.split()  # noqa: SIM905 -- as above
)
_RELEASES = ("HelmRelease", "HelmChart", "HelmChartConfig", "Kustomization", "HelmChartInflationGenerator")
_CALLS = ("httpGet", "tcpSocket", "grpc")  # of which the port is read; paths and headers may hold a secret
_APPLIED = "kubectl.kubernetes.io/last-applied"


class Pruner:
    """`verbatim` are the ConfigMaps (namespace, name) whose text is Helm values or variables of a build, `found` all
    objects of the tree, `read` what finds the addresses in a text."""

    def __init__(
        self, catalogue: Catalogue, verbatim: set[tuple[str, str]], found: Iterable[Object], read: Read
    ) -> None:
        self._verbatim = verbatim
        asked = catalogue.asked
        self._kinds = {group_kind(kind) for kind in (*asked["kinds"], *catalogue.head["kinds"])}
        # What an operator's ConfigMap sets for all its objects is read as values are.
        self._settings = {
            text(mapping(row.get("settings")).get("name"))
            for rows in catalogue.head["embeds"].values()
            for _, row in rows
        }
        # What a mesh's ConfigMap calls its providers is read as a field.
        self._meshes = tuple(asked["meshes"])
        self._kinds |= {group_kind(kind) for proxy in catalogue.proxies.values() for kind in proxy.policies}
        # Names of what is left out say nothing: who reads the inventory would not know them.
        kept = list(filter(self._keeps, found))
        self._services = services_of(kept)
        fields, patterns = Fields(asked, NOTES), {*asked["patterns"], *FETCHING, PLUGIN}
        self.texts = texts.Texts(patterns, names_of(kept), read, asked["calls"], fields)

    def prune(self, one: Object) -> Mapping | None:
        """The body to keep; None for objects that nothing reads."""
        if not self._keeps(one):
            return None
        metadata = self._metadata(one)
        identity: Mapping = {"apiVersion": one.api_version, "kind": one.kind, "metadata": metadata}
        return {**identity, **self._body(one)}

    def _keeps(self, one: Object) -> bool:
        """Whether anybody reads an object: of Pods those that run, of CRDs those with a webhook that converts."""
        if one.kind not in READ_KINDS and one.kind not in WORKLOAD_KINDS and not self._asked(one):
            return False
        return not ended(one) and (one.kind != "CustomResourceDefinition" or _has_webhook(one))

    def _body(self, one: Object) -> Mapping:
        if one.kind in WORKLOAD_KINDS and "spec" in one.body:
            return {"spec": self._workload(one)}
        if one.kind == "ConfigMap":
            return self._config_map(one)
        if one.kind == "Secret":
            return _secret(one, self._services.__contains__)
        if one.kind == vaults.KIND:
            return {"spec": {"parameters": {"objects": " ".join(vaults.configuration(one))}}}
        kept = _fields(one.body, self._read(one))
        if one.kind == "ServiceAccount":
            return kept
        if one.kind in _PLAIN:
            return {"spec": dict(_of_charts(mapping(kept.get("spec"))))}
        return mapping(self.texts.tree(_without_idle(kept) if one.kind in _RELEASES else kept))

    def _read(self, one: Object) -> tuple[str, ...]:
        """What is read of an object: where the catalogue's entries ask for its kind, that may be any field."""
        declared = FIELDS.get(one.kind, (WHOLE,))
        return (WHOLE,) if self._asked(one) and not any("." in field for field in declared) else declared

    def _asked(self, one: Object) -> bool:
        return (one.group, one.kind) in self._kinds or ("", one.kind) in self._kinds

    def _workload(self, one: Object) -> Mapping:
        if one.kind == "Pod":
            return self._pod(one.spec)
        spec = one.spec
        if one.kind == "CronJob":
            template = mapping(at(spec, "jobTemplate", "spec", "template"))
            return {"jobTemplate": {"spec": {"template": self._template(template)}}}
        kept: Mapping = {key: spec[key] for key in ("selector", "replicas", "serviceName") if key in spec}
        return {**kept, "template": self._template(mapping(spec.get("template")))}

    def _template(self, template: Mapping) -> Mapping:
        metadata = mapping(template.get("metadata"))
        kept = {"labels": metadata["labels"]} if metadata.get("labels") else {}
        if annotations := self._annotations(strings(metadata.get("annotations"))):
            kept["annotations"] = annotations
        return {"metadata": kept, "spec": self._pod(mapping(template.get("spec")))}

    def _pod(self, spec: Mapping) -> Mapping:
        kept = {key: spec[key] for key in _POD_FIELDS if spec.get(key) is not None}
        for field in ("containers", "initContainers"):
            if containers := mappings(spec.get(field)):
                kept[field] = [self._container(container) for container in containers]
        volumes = [_volume(volume) for volume in mappings(spec.get("volumes"))]
        if any(volumes):
            kept["volumes"] = [volume for volume in volumes if volume]
        return kept

    def _container(self, container: Mapping) -> Mapping:
        kept = {key: container[key] for key in _CONTAINER_FIELDS if container.get(key)}
        told = {key: container[key] for key in _TOLD if container.get(key)}
        kept |= mapping(self.texts.tree(told))
        for field in PROBES:
            probe = mapping(container.get(field))
            calls: Mapping = {
                key: {"port": port} for key in _CALLS if (port := at(probe, key, "port")) is not None
            }
            if calls := calls | self._command(probe):
                kept[field] = calls
        hooks = {key: self._command(hook) for key, hook in mapping(container.get("lifecycle")).items()}
        if any(hooks.values()):
            kept["lifecycle"] = hooks
        return kept

    def _command(self, hook: Any) -> Mapping:
        """The command of a probe or a hook, as that of the container is kept."""
        words = at(hook, "exec", "command")
        return {"exec": self.texts.tree({"command": words})} if words else {}

    def _config_map(self, one: Object) -> Mapping:
        data = strings(one.body.get("data"))
        if "sops" in one.body:
            return {"data": dict.fromkeys(data, ""), "sops": {}}
        if (one.namespace, one.name) in self._verbatim or one.name in self._settings:
            return {"data": {key: self._values(value, key) for key, value in data.items()}}
        known = one.name.startswith(self._meshes)  # `istio`, and `istio-REVISION`
        return {"data": {key: self.texts.file(value, key, known) for key, value in data.items()}}

    def _values(self, value: str, key: str) -> str:
        """Helm values, or the value of a variable: the same tree without what names a credential."""
        try:
            read = load(value.encode())
        except RefusedError:
            return self.texts.text(value, key)
        if isinstance(read, (dict, list)):
            return json.dumps(self.texts.tree(read), ensure_ascii=False)
        return str(self.texts.tree(value, key))

    def _metadata(self, one: Object) -> Mapping:
        kept: Mapping = {"name": one.name}
        if one.namespace:
            kept["namespace"] = one.namespace
        if one.labels:
            kept["labels"] = one.labels
        if annotations := self._annotations(one.annotations):
            kept["annotations"] = annotations
        if owner := controller(one):
            kept["ownerReferences"] = [
                {"kind": owner.get("kind"), "name": owner.get("name"), "controller": "true"}
            ]
        return kept

    def _annotations(self, annotations: dict[str, str]) -> Mapping:
        """One word stays where somebody reads that annotation; of all others what is no secret in any text."""
        return {
            key: self.texts.note(value, key)
            for key, value in annotations.items()
            if not key.startswith(_APPLIED)
        }


def _secret(one: Object, resolves: Callable[[str], bool]) -> Mapping:
    """The keys of a Secret; of its values only host and port of what is plainly an address."""
    kept: dict[str, str] = {}
    encrypted = "sops" in one.body
    for field in ("data", "stringData"):
        for key, value in strings(one.body.get(field)).items():
            kept[key] = (
                "" if encrypted else addresses(decoded(value) if field == "data" else value, key, resolves)
            )
    return {"stringData": kept, **({"sops": {}} if encrypted else {})}


def _has_webhook(definition: Object) -> bool:
    return bool(at(definition.spec, "conversion", "webhook", "clientConfig", "service"))


def _fields(body: Mapping, read: Iterable[str]) -> Mapping:
    """The body with these fields alone."""
    if WHOLE in read:
        return {key: value for key, value in body.items() if key not in IDENTITY}
    kept: Mapping = {}
    for *above, last in (field.split(".") for field in read):
        there = mapping(at(body, *above))
        if last in there:
            place = kept
            for key in above:
                place = place.setdefault(key, {})
            place[last] = there[last]
    return kept


def _of_charts(spec: Mapping) -> Iterator[tuple[str, Any]]:
    """What a source of charts says of its place: a word, versions, an address."""
    for key, value in spec.items():
        if key == "url":
            yield key, _address_of_charts(text(value))
        elif key == "ref":
            yield key, {part: text(one) for part, one in mapping(value).items() if part in _VERSIONS}
        elif value in _TYPES:
            yield key, value


def _address_of_charts(value: str) -> str:
    """A repository's address up to the end of its path: a `/` or `?` in its user's password begins none. Behind a blank
    an `@` may be a password's end or another text's."""
    scheme = next((one for one in _SCHEMES if value.startswith(one)), "")
    rest = value.removeprefix(scheme)
    if "@" in "".join(re.split(r"\s", rest.strip(), maxsplit=1)[1:]):
        return scheme
    return scheme + re.split(_PATH_ENDS, rest.rpartition("@")[2], maxsplit=1)[0]


def _volume(volume: Mapping) -> Mapping:
    kept = {key: volume[key] for key in _SOURCES if volume.get(key)}
    if isinstance(csi := volume.get("csi"), dict):  # a driver's own settings may hold anything
        name = text(at(csi, "volumeAttributes", "secretProviderClass"))
        kept["csi"] = {"driver": text(csi.get("driver")), "volumeAttributes": {"secretProviderClass": name}}
    return {"name": text(volume.get("name")), **kept} if kept else {}


def _without_idle(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_idle(member) for key, member in value.items() if not _is_idle(key, member)}
    if isinstance(value, list):
        return [_without_idle(member) for member in value]
    return value


def _is_idle(key: str, value: Any) -> bool:
    """`resources` of a container, not those of a role's rule."""
    return key in _IDLE_VALUES and (key != "resources" or isinstance(value, dict))
