"""Structured values without secrets: Helm values, custom resources, and files that are YAML or JSON.

    Trees(patterns, names, read, paths, fields).tree(value) -> value

A word stays where its field is read as a word (fields.py), is one that the program or its catalogue knows, a number or
a name of the tree; what stands below `env`, `args`, `data` and their like is held as strictly as a text. All else is
what `text` leaves of it: the addresses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from cilium_policies.lean import Any
from cilium_policies.workloads.credentials import SHAPED, is_credential
from cilium_policies.workloads.inventory.fields import (
    NO_FIELDS,
    Fields,
    is_host,
    is_label,
    is_number,
    is_routed,
    is_rule,
    is_selector,
    routed,
)
from cilium_policies.workloads.inventory.redact import Parsed, Scrubber
from cilium_policies.workloads.inventory.told import Read
from cilium_policies.workloads.inventory.vocabulary import VOCABULARY
from cilium_policies.workloads.inventory.words import names_object

_STRICT = frozenset(
    "env envs extraenv environment args extraargs command data stringdata headers httpheaders"  # noqa: SIM905
    " customrequestheaders substitute params body".split()
)
_ARGUMENTS = ("command", "args")
# Of bjw-s' common library (releases/app_names.py): below these a key is a name, and holds one of these trees
_CALLED = {
    "controllers": ("containers",),
    "containers": ("image",),
    "initContainers": ("image",),
    "service": ("ports",),
    "ingress": ("hosts",),
    "route": ("hostnames", "parentRefs"),
    "serviceMonitor": ("endpoints",),
    "persistence": ("advancedMounts", "globalMounts"),
}
_SAYS_NOTHING = frozenset(("true", "false", "null", "", "x"))
_REFERS = frozenset(
    ("operator", "name", "optional")
)  # beside `key` where it is the key of an object or a label
_KEY_OF = re.compile(r"[\w./\-]{1,317}")  # of a label, or in an object
_PATH = re.compile(r"[\w./\-\[\]']{1,253}")  # `metadata.labels['app']`
_NAME_OF = re.compile(r"[\w.\-/:\[\]{}$*]{1,253}")  # of a variable or parameter
_IS_KEY = re.compile(r"[\w.\-/*:\[\]{}$,+~()|\\^?#%=<>!'\"&]{1,317}")


class Trees(Scrubber):
    """A Scrubber for structured values too; `fields` is what the catalogue's entries read of them."""

    def __init__(
        self,
        patterns: Iterable[str],
        names: Iterable[str],
        read: Read,
        paths: Iterable[str] = (),
        fields: Fields = NO_FIELDS,
    ) -> None:
        super().__init__(patterns, names, read, paths)
        self._fields = fields

    def tree(self, value: Any, key: str = "", strict: bool = False, above: str = "") -> Any:
        """A copy of structured values; `above` is the key that `key` stands below."""
        strict = strict or key.lower() in _STRICT
        if isinstance(value, str):
            return self._leaf(value, key, strict, above)
        if isinstance(value, dict):
            if is_selector(key) and not strict:
                return self._label(value, key)
            if key.endswith("nnotations"):
                return {name: self.note(inner, name) for name, inner in value.items()}
            return self._members(value, key, strict, above)
        if isinstance(value, list):
            if key in _ARGUMENTS and all(isinstance(one, str) and "\n" not in one for one in value):
                return self._arguments(value, key)
            return [self.tree(member, key, strict, above) for member in value]
        return value

    def reads(self, key: str) -> bool:
        """Whether a field of this name is read as a word."""
        return self._fields.is_read(key, "")

    def note(self, value: Any, key: str) -> Any:
        """The value of an annotation: a word where somebody reads that annotation."""
        if isinstance(value, str) and self._fields.is_note(key, value):
            return value
        return self.tree(value, key.rpartition("/")[2], True)

    def _leaf(self, value: str, key: str, strict: bool, above: str) -> str:
        if value in _SAYS_NOTHING:
            return value
        if is_credential(key) or (strict and not is_rule(key, above)):
            return self.text(value, key)
        if not strict and (is_number(value) or is_host(key, value)):
            return value
        if value in VOCABULARY or value in self._fields.words or self._fields.passes(key, above, value):
            return value
        if is_routed(key, value):
            return routed(value)
        made = self.text(value, key)
        return made if strict else self._fields.with_sought(value, made)

    def _label(self, value: Any, key: str) -> Any:
        """A label, or what stands below a selector."""
        if isinstance(value, str):
            return value if is_label(value) else self.text(value, key)
        if isinstance(value, dict):
            return {name: self._label(inner, name) for name, inner in value.items()}
        return [self._label(member, key) for member in value] if isinstance(value, list) else value

    def _arguments(self, words: list[str], key: str) -> list[str]:
        """Arguments as one text, as they are read: `--host` and its value are two of them."""
        live = self._sought.live("\n".join(words))
        value = "\n".join(self.cut(word, live) for word in words)
        found = self.told.found(value, key)
        scrubbed = self._words(value, live, key, Parsed(found))
        return self.told.restored(found, key, scrubbed).split("\n")

    def _members(self, members: dict[str, Any], key: str, strict: bool, above: str) -> dict[str, Any]:
        secret = is_credential(key) and key.lower() not in _STRICT and not _is_called(above, members)
        below = key if secret else ""
        name = members.get("name")
        # Of env, or a parameter
        entry = isinstance(name, str) and (isinstance(members.get("value"), str) or key == "env")
        made: dict[str, Any] = {}
        for given, inner in members.items():
            member = given if _is_key(given) else self.text(given)
            if member == "valueFrom" and isinstance(name, str) and _is_reference(inner):
                made |= {"name": name, member: inner}  # names of a field, or of an object and its key
            elif _is_name(member, key, inner, members) or (entry and member == "name" and _is_word(name)):
                made[member] = inner
            else:
                named = name if entry and member == "value" and isinstance(inner, str) else ""
                made[member] = self.tree(inner, named or below or member, strict or bool(named), key)
        return made


def _is_key(key: str) -> bool:
    return _IS_KEY.fullmatch(key) is not None and "://" not in key


def _is_called(above: str, members: dict[str, Any]) -> bool:
    """Whether the key of a mapping is what somebody calls a part of a release (`controllers.oauth2-proxy`): by the key
    above and a field that every such part has."""
    return any(isinstance(members.get(field), (dict, list)) for field in _CALLED.get(above, ()))


def _is_word(name: Any) -> bool:
    return _NAME_OF.fullmatch(name) is not None and (name.isupper() or SHAPED.fullmatch(name) is None)


def _is_reference(value: Any) -> bool:
    """Whether a `valueFrom` holds names alone."""
    if isinstance(value, dict):
        return all(map(_is_reference, value.values()))
    return isinstance(value, str) and _PATH.fullmatch(value) is not None


def _is_name(member: str, above: str, inner: Any, members: dict[str, Any]) -> bool:
    """Whether a member of a mapping names an object, a key in it or an image."""
    if not isinstance(inner, str):
        return False
    if member == "key" and not _REFERS.isdisjoint(members):
        return _KEY_OF.fullmatch(inner) is not None
    return names_object(member, above, inner)
