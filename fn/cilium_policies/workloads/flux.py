"""Flux's post-build substitution and target namespaces, where the input shows the Flux Kustomizations.

`resolve(objects) -> list[Object]`, before an Inventory is made of them: each object that a Flux Kustomization
of the same input builds, as that Kustomization applies it. Where nothing tells which one builds an object of their own
stream, it gets what all of them set alike. Objects that nothing changes are the same objects; text that passes through
the program is not touched. Without the Kustomization `${NAME}` stays as text, and so it does where the Kustomization
sets no such variable: Flux would write nothing there, and a name of a pod would be lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.objects import CLUSTER_SCOPED, Mapping, Object, at, mapping, mappings, strings, text
from cilium_policies.lean import Any

_GROUP = "kustomize.toolkit.fluxcd.io"
_OWNER_NAME, _OWNER_NAMESPACE = f"{_GROUP}/name", f"{_GROUP}/namespace"
_SWITCH = f"{_GROUP}/substitute"
# fluxcd/pkg/envsubst: `$$` keeps the `$`; `-` and `=` with or without a colon give a default.
_VARIABLE = r"\$(\$?)\{([A-Za-z_]\w*)(?::?([-=])((?:\$\{[^{}]*\}|[^}])*))?\}"
_DEPTH = 4  # roots that build roots that build applications


class Owner:
    """One Flux Kustomization: the variables it knows, whether there may be others that the input hides, and those
    that its objects use and nobody sets, with the first object that does."""

    __slots__ = ("_reading", "complete", "hidden", "kustomization", "target", "unset", "variables")

    def __init__(self, one: Object, inventory: Inventory) -> None:
        self.kustomization = self._reading = one
        self.unset: dict[str, Object] = {}
        build = mapping(one.spec.get("postBuild"))
        self.target = text(one.spec.get("targetNamespace"))
        self.variables: dict[str, str] | None = None
        self.hidden: set[str] = set()  # set in a ConfigMap that SOPS encrypted
        self.complete = True
        if not build:
            return
        self.variables = {}
        for source in mappings(build.get("substituteFrom")):
            kind, name = text(source.get("kind")), text(source.get("name"))
            found = inventory.get(kind, one.namespace, name) if kind == "ConfigMap" else None
            if found is None:
                self.complete = False  # a Secret's values are not read
            elif "sops" in found.body:
                self.hidden.update(strings(found.body.get("data")))
            else:
                self.variables.update(strings(found.body.get("data")))
        self.variables.update(strings(build.get("substitute")))

    def apply(self, value: Any) -> Any:
        """A value with its variables replaced; the very same value where it has none."""
        if isinstance(value, str):
            return self._text(value) if "${" in value else value
        if isinstance(value, dict):
            changed = {self.apply(key): self.apply(member) for key, member in value.items()}
            return changed if any(changed.get(key) is not value[key] for key in value) else value
        if isinstance(value, list):
            members = [self.apply(member) for member in value]
            return members if any(new is not old for new, old in zip(members, value, strict=True)) else value
        return value

    def _text(self, value: str) -> str:
        made = re.sub(_VARIABLE, self._replaced, value)
        # `${X:="4"}` is a quoted scalar once it is replaced in the YAML text
        if made != value and len(made) > 1 and made[0] == made[-1] and made[0] in "\"'":
            return made[1:-1]
        return made

    def _replaced(self, match: re.Match[str]) -> str:
        escaped, name, operator, default = match.groups()
        if escaped:
            return match.group(0)[1:]
        value = (self.variables or {}).get(name)
        if value:
            return value
        if name in self.hidden:
            return match.group(0)
        if operator:
            return self._text(default) if "${" in default else default
        if value is None and self.complete:
            self.unset.setdefault(name, self._reading)
        return match.group(0) if value is None else ""

    @classmethod
    def any_of(cls, owners: list[Owner]) -> Owner:
        """Whichever of these it is: with the variables that those which substitute at all set alike."""
        found = cls(owners[0].kustomization, Inventory(()))
        told = [one for one in owners if one.variables is not None]
        found.target, found.complete, found.variables = "", False, None
        if told:
            every = [one.variables or {} for one in told]
            names = {name for one in told for name in (*(one.variables or {}), *one.hidden)}
            alike = {name for name in names if len({one.get(name) for one in every}) == 1}
            found.variables = {name: every[0][name] for name in alike if name in every[0]}
            found.hidden = names - found.variables.keys()
        return found

    def body(self, one: Object) -> Mapping:
        """The object's body as this Kustomization applies it; the very same mapping where nothing changes."""
        body, self._reading = one.body, one
        if self.variables is not None and not _disabled(one):
            body = self.apply(body)
        if self.target and one.kind not in CLUSTER_SCOPED:
            metadata = mapping(body.get("metadata"))
            if metadata.get("namespace") != self.target:
                body = {**body, "metadata": {**metadata, "namespace": self.target}}
        return body

    def applied(self, one: Object) -> Object:
        """The object as this Kustomization applies it, its body read when somebody looks."""
        if self.variables is None and self.target in ("", one.namespace):
            return one
        self._reading = one
        name, namespace = self.apply(one.name), self.target or self.apply(one.namespace)
        return Object.unread(
            one.api_version, one.kind, namespace, name, one.where, lambda _: self.body(one), one.item
        )


def resolve(objects: Iterable[Object], used: list[Owner] | None = None) -> list[Object]:
    """The objects as the Flux Kustomizations among them apply them. `used` is given those that apply any: what is
    unset in them is known when bodies have been read."""
    found = list(objects)
    if not any(map(_is_kustomization, found)):
        return found
    for _ in range(_DEPTH):
        owners = _Owners(Inventory(found))
        if not owners:
            return found
        before = [one for one in found if _is_kustomization(one)]
        after = [owners.resolved(one) for one in before]
        if all(new.body == old.body for new, old in zip(after, before, strict=True)):
            break
        changed = {id(old): new for new, old in zip(after, before, strict=True)}
        found = [changed.get(id(one), one) for one in found]
    if used is not None:
        used += owners.used
        owners.used = used
    return [one if _is_kustomization(one) else owners.resolved(one) for one in found]


def _is_kustomization(one: Object) -> bool:
    return one.kind == "Kustomization" and one.group == _GROUP


class _Owners:
    """Which Kustomization builds an object: by the labels that Flux writes, else by the name of its file."""

    def __init__(self, inventory: Inventory) -> None:
        self.used: list[Owner] = []
        self._inventory = inventory
        self._kustomizations: dict[str, list[Object]] = {}
        for one in inventory.of("Kustomization", group=_GROUP):
            self._kustomizations.setdefault(one.name, []).append(one)
        self._read: dict[int, Owner] = {}
        self._streams: dict[str, Owner | None] = {}
        self._files: dict[str, Owner | None] = {}

    def __bool__(self) -> bool:
        return bool(self._kustomizations)

    def resolved(self, one: Object) -> Object:
        """The object as its owner applies it. `flux build` writes its labels into what it has resolved
        already, so they are looked at only where a body is read, or a name still holds a variable."""
        by_file = self._of_file(one.where.file)
        if "${" in one.name or "${" in one.namespace or _is_kustomization(one):
            owner = self._of_labels(one) or by_file
            if owner is None and not _is_kustomization(one):
                owner = self._of_stream(one.where.file)
            return owner.applied(one) if owner else one
        if by_file is None:
            return Object.unread(
                one.api_version,
                one.kind,
                one.namespace,
                one.name,
                one.where,
                lambda _: self._late(one),
                one.item,
            )
        return by_file.applied(one)

    def _late(self, one: Object) -> Mapping:
        owner = self._of_labels(one)
        if owner is None and one.may_say((b"${",)):
            owner = self._of_stream(one.where.file)
        return owner.body(one) if owner is not None and owner.variables is not None else one.body

    def _of_labels(self, one: Object) -> Owner | None:
        labels = mapping(at(one.body, "metadata", "labels"))
        name = text(labels.get(_OWNER_NAME))
        return self._named(name, text(labels.get(_OWNER_NAMESPACE))) if name else None

    def _of_stream(self, file: str) -> Owner | None:
        """Whichever Kustomization of the same text builds an object of which nothing tells."""
        if file not in self._streams:
            beside = [one for each in self._kustomizations.values() for one in each if one.where.file == file]
            self._streams[file] = Owner.any_of([self._owner(one) for one in beside]) if beside else None
        return self._streams[file]

    def _of_file(self, file: str) -> Owner | None:
        if file not in self._files:
            folder, _, last = file.replace("\\", "/").rpartition("/")
            stem = re.sub(r"\.(ya?ml|json)$", "", last)
            self._files[file] = self._named(stem, folder.rpartition("/")[2]) if stem else None
        return self._files[file]

    def _named(self, name: str, namespace: str) -> Owner | None:
        """The Kustomization of that name; of several the one in that namespace, else none."""
        found = self._kustomizations.get(name, [])
        if len(found) > 1:
            found = [one for one in found if one.namespace == namespace]
        if len(found) != 1:
            return None
        ready = self._owner(found[0])
        if ready not in self.used:
            self.used.append(ready)
        return ready

    def _owner(self, one: Object) -> Owner:
        """A Kustomization with its variables, which are read once."""
        ready = self._read.get(id(one))
        if ready is None:
            ready = self._read[id(one)] = Owner(one, self._inventory)
        return ready


def _disabled(one: Object) -> bool:
    marks: Mapping = {**mapping(one.metadata.get("labels")), **mapping(one.metadata.get("annotations"))}
    return marks.get(_SWITCH) == "disabled"
