"""Whether the input shows all of a workload's configuration, so that what it does not name is not called.

Of a Secret that stands elsewhere the keys may be known: a reference names one, an ExternalSecret or SealedSecret lists
them. Where none of them can hold an address, nothing that matters is hidden.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from cilium_policies.catalogue.ports import SERVERS
from cilium_policies.evidence.before import is_commented
from cilium_policies.evidence.edge import Edge
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.objects import Object, at, flag, mapping, mappings, strings, text
from cilium_policies.kube.pods import TASKS
from cilium_policies.kube.secret_writers import templates, written_as
from cilium_policies.lean import Any
from cilium_policies.workloads.address_keys import names_address
from cilium_policies.workloads.model import NO_IMAGES, Workload

# Keys under which pod templates, charts' values and custom resources name an object that holds configuration.
_HOLDERS = {
    "secretref": "Secret",
    "secretkeyref": "Secret",
    "secretname": "Secret",
    "existingsecret": "Secret",
    "existingsecretname": "Secret",
    "envfromsecret": "Secret",
    "configmapref": "ConfigMap",
    "configmapkeyref": "ConfigMap",
    "configmap": "ConfigMap",
    "existingconfigmap": "ConfigMap",
}
# Keys of values that are no addresses: names, numbers, places in a directory. Credentials count as well.
_NO_ADDRESS = r"(?i)(?<![a-z])([ug]id|dn|e?mail|username|region|bucket|realm|zone|tz|timezone|level)$"
MayName = Callable[[str, str], bool]
_CREDENTIAL = r"(?i)(?:^|[-_.])(?:creds?|credentials?|passwords?|passwd|auth|keys?|tls|certs?|certificate)$"
_HELPER = r"exporter|metrics|backup|admin|commander|insight|pool|bouncer|operator"
_FEW = 2  # letters of a part of a name that may be an ordinal or an abbreviation
LONG = 5  # letters that tell enough to be the beginning of a program's name
_EMPTIED = r"\{\{[^{}]*\}\}"


def _may_name(key: str, _secret: str) -> bool:
    return not key or _may_hold_an_address(key)


def is_said_to_name(key: str, secret: str) -> bool:
    """Whether a key of a hidden Secret is called as what holds an address, or, where its keys are not known, the Secret
    not as what holds a credential: not the same as that none stands there."""
    return names_address(key) if key else not re.search(_CREDENTIAL, secret)


def is_shown(workload: Workload, inventory: Inventory, may_name: MayName = _may_name) -> bool:
    """Whether every Secret, ConfigMap and values object that a workload's own object names stands readable in the
    input, or in the inventory beside it: a build then gives the same policies as the whole. `may_name` says of a key of
    a Secret that is hidden (of "", where its keys are) whether an address may stand there."""
    source = workload.source
    if source is None or (workload.images and set(workload.images) <= set(NO_IMAGES)):
        return False
    if any(
        not _is_readable(inventory, text(one.get("kind")), source.namespace, text(one.get("name")))
        or text(one.get("kind")) == "Secret"
        for one in mappings(source.spec.get("valuesFrom"))
    ):
        return False
    places = (source.namespace, workload.namespace)
    trees = (source.body.get("spec"), workload.values)
    return all(
        any(_is_readable(inventory, kind, place, name, key, may_name) for place in places)
        for tree in trees
        for kind, name, key in _named(tree)
    )


def _named(tree: Any) -> Iterator[tuple[str, str, str]]:
    """(kind, name, key) of every object that holds configuration, at whatever depth it is named; no key: all of it."""
    if isinstance(tree, list):
        for one in tree:
            yield from _named(one)
    elif isinstance(tree, dict):
        for key, value in tree.items():
            kind = _HOLDERS.get(key.lower())
            name = _name_of(value) if kind else ""
            if kind and name:
                yield kind, name, text(value.get("key")) if isinstance(value, dict) else ""
            elif key == "secret" and isinstance(value, dict) and (name := text(value.get("secretName"))):
                yield "Secret", name, ""
            else:
                yield from _named(value)


def _name_of(value: Any) -> str:
    if isinstance(value, dict):
        return "" if flag(value.get("optional")) else text(value.get("name"))
    return text(value)


def _is_readable(
    inventory: Inventory, kind: str, namespace: str, name: str, key: str = "", may_name: MayName = _may_name
) -> bool:
    one = inventory.get(kind, namespace, name)
    if one is not None and "sops" not in one.body:
        return True
    if kind != "Secret":
        return False
    hidden = [key] if key else _hidden_keys(inventory, namespace, name, one)
    return not any(may_name(each, name) for each in ([""] if hidden is None else hidden))


def hidden_keys(inventory: Inventory, namespace: str, name: str) -> Iterable[str]:
    """The keys of a Secret, as far as the input lists them: its own, or of what makes it."""
    secret = inventory.get("Secret", namespace, name)
    writer = inventory.secret_writer(namespace, name)
    template = templates(writer, namespace, name) if writer is not None else {}
    return [*(_hidden_keys(inventory, namespace, name, secret) or ()), *template]


def _hidden_keys(
    inventory: Inventory, namespace: str, name: str, encrypted: Object | None
) -> Iterable[str] | None:
    """The keys of a Secret whose values the input does not show; None where it does not list all of them."""
    if encrypted is not None:
        return [*mapping(encrypted.body.get("data")), *mapping(encrypted.body.get("stringData"))]
    sealed = inventory.get("SealedSecret", namespace, name)
    if sealed is not None:
        return list(mapping(sealed.spec.get("encryptedData")))
    writer = inventory.secret_writer(namespace, name)
    if writer is None:
        return None
    return _external(writer) if writer.kind == "ExternalSecret" else _filled(writer, namespace, name)


def _filled(one: Object, namespace: str, name: str) -> Iterable[str] | None:
    """The keys that Vault's operator or its like fills in; beside its templates it writes what the store has, unless
    it is told not to."""
    made = written_as(one, namespace, name)
    if made is None or not made.alone:
        return None
    return [key for key, value in made.templates.items() if _is_filled(value)]


def _external(one: Object) -> Iterable[str] | None:
    """The keys that an ExternalSecret fills in; what its template says beside them is shown."""
    template = mapping(at(one.spec, "target", "template"))
    merged = text(template.get("mergePolicy")) == "Merge"
    if "data" in template and not merged and "templateFrom" not in template:
        filled = strings(template.get("data")).items()
        return [key for key, value in filled if _is_filled(value)]
    if one.spec.get("dataFrom") or "templateFrom" in template:
        return None
    return [text(entry.get("secretKey")) for entry in mappings(one.spec.get("data"))]


def _is_filled(value: str) -> bool:
    """Whether a template says nothing itself."""
    return not re.sub(_EMPTIED, "", value).strip(" \"'")


def _may_hold_an_address(key: str) -> bool:
    from cilium_policies.workloads.credentials import is_credential  # few builds hold a Secret

    return not (is_credential(key) or re.search(_NO_ADDRESS, key))


def mentions(workload: Workload) -> Iterator[str]:
    """Every text of a workload's own object and of what it mounts: names of Secrets among them."""
    for found in workload.texts:
        yield found.value
    source = workload.source
    yield from strings_of(source.body.get("spec") if source is not None else None)
    yield from strings_of(workload.values)


def named_in(told: str, name: str, namespace: str) -> Iterator[str]:
    """Where a text names an instance by its own name, or its Service with the namespace (`db.shop`), each with what
    follows as part of it: `pg` may be part of `pg-rw`, as an operator calls its Services, `db.shop` is not part of
    `db.shop-two`, and `postgres://` is a scheme. A bare name stands in a host's place or behind its namespace: in a
    path (`oci://ghcr.io/charts/forgejo`) it says what is fetched there, and nobody who is called, as in a comment."""
    if name not in told:
        return
    start = r"(?<![\w.\-])"
    pattern = rf"{start}{re.escape(name)}(?![\w-])"
    if "." not in name:
        place = rf"(?:{start}(?<!/)|(?<=//)|{start}(?<!/){re.escape(namespace)}/)"
        pattern = rf"{place}({re.escape(name)}(?!\w|://)(?:-[\w-]*)?)"
    for found in re.finditer(pattern, told):
        if not is_commented(told, found.start()):
            yield found[found.lastindex or 0]


def strings_of(tree: Any) -> Iterator[str]:
    """Every text in a tree, keys aside."""
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, list):
        for one in tree:
            yield from strings_of(one)
    elif isinstance(tree, dict):
        for one in mapping(tree).values():
            yield from strings_of(one)


def is_program(one: Workload) -> bool:
    """Whether a workload beside a database is more than its helper, its console or a database of its own."""
    if one.kind in TASKS or re.search(_HELPER, one.name):
        return False
    return not one.ports or any(port.number not in SERVERS for port in one.ports)


def words_of(name: str) -> set[str]:
    """The words of a name that are long enough to mean something."""
    return {word for word in name.split("-") if len(word) > _FEW}


def alike(some: set[str], others: set[str]) -> bool:
    """Whether a word is among the others, or the beginning of one: a database `sonar-db` is SonarQube's."""
    return any(each == one or (len(one) >= LONG and each.startswith(one)) for one in some for each in others)


def says_whom(edge: Edge, client: Workload) -> bool:
    """Whether an address outside is one of the client's own configuration, or a prober's target by a Probe of its own
    namespace: one in another says nothing of whom else it is to ask."""
    if edge.reason.kind == "probes-target":
        return edge.evidence.namespace == client.namespace
    return edge.origin == "address"
