"""Secrets and ConfigMaps that hold a program's configuration and that the input does not show: what the program calls
may stand in them alone. Passwords and certificates do not count."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cilium_policies.catalogue.flows import texts
from cilium_policies.catalogue.model import Component
from cilium_policies.catalogue.recognise import part_of
from cilium_policies.evidence.collected import NAMES_SECRETS, Collected
from cilium_policies.evidence.object_texts import followed, is_below, named
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.labels import RELEASE_NAME
from cilium_policies.kube.names import is_name
from cilium_policies.kube.objects import (
    Mapping,
    at,
    flag,
    key_values,
    mapping,
    mappings,
    strings,
    text,
    walk_mappings,
)
from cilium_policies.kube.pods import containers, pod_spec
from cilium_policies.kube.secret_writers import templates
from cilium_policies.workloads import vaults
from cilium_policies.workloads.address_keys import names_address
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.configs import named_by_values
from cilium_policies.workloads.model import Workload

_RELEASES = ("HelmRelease", "HelmChart", "Application")
_NO_CONFIGURATION = (
    r"(?i)cert|tls|\bca\b|[-_.]ca[-_.]|token|password|passwd|pull|ssh|key|webhook|htpasswd|license|credential"
)

_CONFIGURATION = "_CONFIG"  # a whole configuration in a variable: `OBJSTORE_CONFIG`
_FILLED = "\0"  # in the place of what a template fills in
_STORES = re.compile(r"(?i)repository$")
_NAMES_SECRET = r"(?i)secret(?:_?name|\.name)?$"
# What argocd-vault-plugin fills in when Argo CD renders: `<path:secret/data/shop#db_url>`
_FROM_VAULT = "<path:"
_CONNECTION = re.compile(r"(?i)conn(?:ection)?[_-]?str(?:ing)?$")
_CERTIFICATES = r"(?:^|[-.])(?:ca|tls|certs?|certificates?)(?:[-.]|$)"


def hidden(one: Workload, inventory: Inventory, entry: Component | None = None) -> list[str]:
    """The names of the Secrets; of a release those that its values name: the rest of them has a line of its own. Of an
    operator's object those in which the entry knows its configuration to stand."""
    source = one.source
    if source is None:
        return []
    sure = one.rendered or source.kind in _RELEASES
    if one.rendered:
        names = _of_pods(one)
    elif sure:
        told_by = (*named_by_values(one), *_of_own_values(one, entry), *_of_values(one))
        names = (name for name in told_by if _may_hold(name) and not _is_map(one, name, inventory))
    elif told := list(_of_operator(one, entry)):
        names, sure = iter(told), True
    else:
        dark = _in_variables(one, inventory)
        if dark:
            return dark
        names = iter((one.name, *named(source.spec)))
    found = [name for name in dict.fromkeys(names) if name]
    return [name for name in found if not _is_shown(one.namespace, name, inventory, sure=sure)]


def hidden_beside(one: Workload, cluster: Cluster, entry: Component) -> list[str]:
    """The Secrets that objects which the catalogue has these pods read name for an address (a broker's shovel, the
    target of backups), and that the input does not show."""
    reads = mappings(entry.data.get("reads"))
    # Of a scaler's Secrets, which its `secrets` have read, those alone are asked for that its parameters say it of.
    rows = [row for row in reads if not (NAMES_SECRETS.isdisjoint(row) or flag(row.get("scaler")))]
    told = dict.fromkeys(Collected(cluster, {entry.name: rows}).secrets(one)) if rows else {}
    for row in (each for each in reads if flag(each.get("scaler"))):
        from cilium_policies.evidence.from_env import kept_in  # few programs read such objects

        for scaler in cluster.inventory.of(text(row.get("kind")), group=text(row.get("group"))):
            if cluster.acts_for(one, scaler.namespace, scaler.group):
                told.update(
                    ((space or one.namespace, name), None) for space, name in kept_in(cluster, scaler)
                )
    return [name for space, name in told if name and not _is_shown(space, name, cluster.inventory, sure=True)]


def hidden_maps(one: Workload, inventory: Inventory) -> list[str]:
    """The names of ConfigMaps that are to a rendered pod what `hidden` lists of Secrets: those that SOPS encrypted,
    and of variables those that the input does not hold."""
    if not one.rendered or one.source is None:
        return []
    spec, found = pod_spec(one.source), []
    for container in containers(spec):
        for entry in mappings(container.get("envFrom")):
            reference = mapping(entry.get("configMapRef"))
            name = text(reference.get("name"))
            if name and not flag(reference.get("optional")) and _is_dark(one, name, inventory, absent=True):
                found.append(name)
    for volume in mappings(spec.get("volumes")):
        name = text(at(volume, "configMap", "name"))
        if name and _is_dark(one, name, inventory, absent=False):
            found.append(name)
    return list(dict.fromkeys(found))


def hidden_classes(one: Workload, inventory: Inventory) -> list[str]:
    """The names of SecretProviderClasses of which a rendered pod mounts files that are called as configuration is:
    they stand in a vault alone (kubernetes-sigs/secrets-store-csi-driver). What a class writes as a Secret is read
    by that Secret's name."""
    found: dict[str, None] = {}
    for volume in mappings(pod_spec(one.source).get("volumes")) if one.rendered else ():
        name = text(at(volume, "csi", "volumeAttributes", "secretProviderClass"))
        shown = inventory.get(vaults.KIND, one.namespace, name) if name else None
        if shown is not None and vaults.configuration(shown):
            found[name] = None
    return list(found)


def _is_dark(one: Workload, name: str, inventory: Inventory, *, absent: bool) -> bool:
    held = inventory.get("ConfigMap", one.namespace, name)
    return absent if held is None else "sops" in held.body


def _may_hold(name: str) -> bool:
    """Whether a value is the name of what may hold configuration: no text of its own, no template that only Helm
    fills in, no certificates."""
    return is_name(name) and re.search(_CERTIFICATES, name) is None


def _of_operator(one: Workload, entry: Component | None) -> Iterator[str]:
    """Where the catalogue says that the configuration of such an object's pods stands; a chart that writes the object
    writes the Secret from the same values."""
    source = one.source
    if entry is None or source is None:
        return
    if RELEASE_NAME in source.annotations and not source.spec.get("configSecret"):
        return
    for made in entry.made_by:
        if made.config and (made.group, made.kind) == (source.group, source.kind):
            yield text(source.spec.get("configSecret")) or made.config.replace("{name}", source.name)


def _of_values(one: Workload) -> Iterator[str]:
    """Secrets of which a release's values make variables that hold an address, in a list of `{name, valueFrom}` or by
    name: `env: [{name: DB_URL, valueFrom: {secretKeyRef: {name: db}}}]`."""
    told = {found.field: found.value for found in one.texts if found.kind == "value"}
    for field, value in told.items():
        place, _, rest = field.rpartition(".valueFrom.secretKeyRef.")
        if rest == "name" and not flag(told.get(f"{place}.valueFrom.secretKeyRef.optional")):
            name = told.get(f"{place}.name") or place.rpartition(".")[2]
            if names_address(name):
                yield value


def _of_own_values(one: Workload, entry: Component | None) -> Iterator[str]:
    """Secrets that values name which the catalogue knows to be about these pods, and to tell whom they call."""
    rows = mappings(entry.data.get("reads")) if entry is not None else ()
    mine = (row for row in rows if part_of(strings(row.get("pods")), one.labels))
    places = tuple(place for row in mine for place in texts(row.get("own")))
    for found in one.texts if places else ():
        if found.kind == "value" and re.search(_NAMES_SECRET, found.field) and is_below(found.field, places):
            yield found.value


def _in_variables(one: Workload, inventory: Inventory) -> list[str]:
    """Secrets of which an operator's object, or one that it follows, has a variable called as an address is, where the
    input does not show what stands there."""
    assert one.source is not None
    found: dict[str, None] = {}
    for source in (one.source, *followed(one.source, inventory)):
        for key, name in _variables(source.spec):
            if names_address(key) and not _is_shown(one.namespace, name, inventory, sure=True):
                found[name] = None
    return list(found)


def _variables(spec: Mapping) -> Iterator[tuple[str, str]]:
    """Name and Secret of each variable (`{name: X, valueFrom: {secretKeyRef: {name: Y}}}`) at any depth."""
    for _, one in walk_mappings(spec):
        reference = mapping(at(one, "valueFrom", "secretKeyRef"))
        if reference and not flag(reference.get("optional")):
            yield text(one.get("name")), text(reference.get("name"))


def _is_map(one: Workload, name: str, inventory: Inventory) -> bool:
    return inventory.get("ConfigMap", one.namespace, name) is not None


def _of_pods(one: Workload) -> Iterator[str]:
    spec = pod_spec(one.source)
    for container in containers(spec):
        for entry in mappings(container.get("env")):
            reference, name = mapping(at(entry, "valueFrom", "secretKeyRef")), text(entry.get("name"))
            if text(entry.get("value")).startswith(_FROM_VAULT) and names_address(name):
                yield text(entry.get("value"))
            whole = name.endswith(_CONFIGURATION)
            if (whole or names_address(name)) and not flag(reference.get("optional")):
                yield text(reference.get("name"))
        for entry in mappings(container.get("envFrom")):
            if not flag(at(entry, "secretRef", "optional")):
                yield text(at(entry, "secretRef", "name"))
    for volume in mappings(spec.get("volumes")):
        secret = mapping(volume.get("secret"))
        name = text(secret.get("secretName"))
        if not flag(secret.get("optional")) and not re.search(
            _NO_CONFIGURATION, f"{name} {text(volume.get('name'))}"
        ):
            yield name


def _is_shown(namespace: str, name: str, inventory: Inventory, *, sure: bool) -> bool:
    """Whether a Secret of this name says something, or the object that makes it does. Of an operator's object (not
    `sure`) a name may be any object's: only what the input holds as a Secret counts."""
    secret = inventory.get("Secret", namespace, name)
    if secret is None:
        made = inventory.secret_writer(namespace, name)
        if made is not None and (told := templates(made, namespace, name)):
            return not any(_hides(key, value) for key, value in told.items())
        told_elsewhere = made is not None and at(made.body, "spec", "target", "template") is not None
        return told_elsewhere or not sure
    plain = strings(secret.body.get("stringData"))
    if "sops" in secret.body or any(_left_out(key, value) for key, value in key_values(secret)):
        return False
    if not any(any(sign in value for sign in ":.\n=") for value in plain.values()):
        return any(_tells(value) for value in strings(secret.body.get("data")).values())
    return True


def _left_out(entry: str, said: str) -> bool:
    """Whether an address in it is for a vault to fill in: of the entry itself, or behind or below a key of its file."""
    if _FROM_VAULT not in said:
        return False
    key = entry
    for line in said.splitlines():
        name, sign, value = line.partition("=" if "=" in line.partition(":")[0] else ":")
        if not line.strip().startswith(_FROM_VAULT):
            key, line = (name.strip(" -\"'"), value) if sign else (key, line)
        if line.strip(" \"'").startswith(_FROM_VAULT) and (names_address(key) or _CONNECTION.search(key)):
            return True
    return False


def _hides(key: str, template: str) -> bool:
    """Whether the template of an address leaves the host to what the store has: `s3:{{ .endpoint }}/backups`."""
    if "{{" not in template or "\n" in template.strip() or not (names_address(key) or _STORES.search(key)):
        return False
    value = re.sub(r"\{\{[^{}]*\}\}", _FILLED, template).strip(" \"'")
    scheme = re.match(r"(?:[a-z][a-z0-9+]*:)*(?://)?", value)
    rest = value[scheme.end() if scheme else 0 :]
    return re.split(r"[/?]", rest)[0].rpartition("@")[2].startswith(_FILLED)


def _tells(value: str) -> bool:
    """Whether a value is more than a word that stands in its place (`placeholder`)."""
    import base64

    try:
        plain = base64.b64decode(value).decode()
    except ValueError:
        return True  # binary
    return any(sign in plain for sign in ":.\n=")
