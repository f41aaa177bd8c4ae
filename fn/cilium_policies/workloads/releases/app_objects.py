"""ConfigMaps, ServiceAccounts, RBAC, ExternalSecrets and raw resources of an app-template release."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.kube.objects import Mapping, Object, at, flag, mapping, mappings, strings
from cilium_policies.workloads.releases.app_names import Frame
from cilium_policies.workloads.releases.values import scalar

_RBAC = "rbac.authorization.k8s.io/v1"


def config_maps(frame: Frame) -> Iterator[Object]:
    """The ConfigMaps of `configMaps`; those made from a chart's own files are not in the values."""
    names = frame.named("configMap", "configMaps")
    for key, entry in frame.enabled("configMaps").items():
        yield frame.made("v1", "ConfigMap", names[key], entry, {"data": strings(entry.get("data"))})


def accounts(frame: Frame) -> dict[str, str]:
    """Key to name of the ServiceAccounts that the release makes."""
    said = mapping(frame.values.get("serviceAccount"))
    if frame.major in (2, 3) or (not frame.major and isinstance(said.get("create"), str)):
        return _old_accounts(frame, said)
    if (
        not said
        and frame.major >= 5
        and flag(at(frame.values, "global", "createDefaultServiceAccount"), True)
    ):
        return {frame.release.name: frame.fullname}
    return frame.named("serviceAccount", "serviceAccount")


def _old_accounts(frame: Frame, said: Mapping) -> dict[str, str]:
    """Before 4.0: one account with key `default`, others under `extraServiceAccounts`."""
    found = {}
    if flag(said.get("create")):
        found["default"] = scalar(said.get("name")) or frame.fullname
    for key, entry in mapping(said.get("extraServiceAccounts")).items():
        if isinstance(entry, dict) and flag(entry.get("create"), True):
            found[key] = scalar(entry.get("name")) or f"{frame.fullname}-{key}"
    return found


def service_accounts(frame: Frame) -> Iterator[Object]:
    """The ServiceAccounts themselves."""
    said = mapping(frame.values.get("serviceAccount"))
    for key, name in accounts(frame).items():
        yield frame.made("v1", "ServiceAccount", name, mapping(said.get(key)), {})


def account_name(frame: Frame, controller: Mapping) -> str:
    """The account that a controller's pods run under."""
    found = accounts(frame)
    said = mapping(controller.get("serviceAccount"))
    if identifier := scalar(said.get("identifier")):
        return found.get(identifier, identifier)
    if name := scalar(said.get("name")):
        return name
    if "default" in found:
        return found["default"]
    if len(found) == 1:
        return next(iter(found.values()))
    existing = scalar(at(frame.values, "serviceAccount", "name"))  # before 4.0: an account made elsewhere
    return existing if existing and frame.major < 4 else "default"


def external_secrets(frame: Frame) -> Iterator[Object]:
    """ExternalSecrets (5.x): their templates show the names of what a Secret will hold."""
    names = frame.named("externalSecret", "externalSecrets")
    for key, entry in frame.enabled("externalSecrets").items():
        spec = {
            field: entry[field]
            for field in ("secretStoreRef", "target", "data", "dataFrom")
            if field in entry
        }
        yield frame.made("external-secrets.io/v1", "ExternalSecret", names[key], entry, {"spec": spec})


def rbac(frame: Frame) -> Iterator[Object]:
    """Roles and their bindings."""
    roles = frame.named("role", "rbac", "roles")
    for key, entry in frame.enabled("rbac", "roles").items():
        kind = scalar(entry.get("type")) or "Role"
        yield frame.made(_RBAC, kind, roles[key], entry, {"rules": mappings(entry.get("rules"))})
    names = frame.named("binding", "rbac", "bindings")
    for key, entry in frame.enabled("rbac", "bindings").items():
        body = {
            "roleRef": _role(frame, mapping(entry.get("roleRef")), roles),
            "subjects": list(_subjects(frame, entry)),
        }
        yield frame.made(_RBAC, scalar(entry.get("type")) or "RoleBinding", names[key], entry, body)


def _role(frame: Frame, reference: Mapping, roles: dict[str, str]) -> Mapping:
    identifier = scalar(reference.get("identifier"))
    kind, name = scalar(reference.get("kind")), scalar(reference.get("name"))
    if identifier:
        kind = scalar(at(frame.values, "rbac", "roles", identifier, "type")) or "Role"
        name = roles.get(identifier, identifier)
    return {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name}


def _subjects(frame: Frame, entry: Mapping) -> Iterator[Mapping]:
    found = accounts(frame)
    for subject in mappings(entry.get("subjects")):
        if identifier := scalar(subject.get("identifier")):
            name = found.get(identifier, identifier)
            yield {"kind": "ServiceAccount", "name": name, "namespace": frame.release.namespace}
        else:
            yield {"namespace": frame.release.namespace, **subject}


def raw_resources(frame: Frame) -> Iterator[Object]:
    """Objects of any kind: written under `manifest` since 5.0, beside a `spec` before."""
    names = frame.named("rawResource", "rawResources")
    for key, entry in frame.enabled("rawResources").items():
        body = mapping(entry.get("manifest")) or {**entry, **mapping(entry.get("spec"))}
        rest = {
            field: value
            for field, value in body.items()
            if field not in ("apiVersion", "kind", "metadata", "name")
        }
        version, kind = scalar(body.get("apiVersion")), scalar(body.get("kind"))
        if version and kind:
            yield frame.made(version, kind, names[key], body, rest)
