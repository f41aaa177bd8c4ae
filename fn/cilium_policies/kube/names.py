"""What the API server accepts as a name, a namespace, a label. A Flux variable (`${NAME}`) may become anything."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate

_LOWER = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
_LABEL = _LOWER | frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_IN_NAME = _LOWER | {"-"}
_IN_LABEL = _LABEL | frozenset("-_.")
_IN_PORT = _LABEL | {"-"}


def is_namespace(text: str) -> bool:
    """A DNS label: lower case, digits and dashes, at most 63 characters."""
    return _filled(text) or (len(text) <= 63 and _is_word(text, _LOWER, _IN_NAME))


def is_name(text: str) -> bool:
    """A DNS subdomain: DNS labels with dots between them, at most 253 characters."""
    if "." not in text:
        return _filled(text) or (len(text) <= 253 and _is_word(text, _LOWER, _IN_NAME))
    return _filled(text) or (
        len(text) <= 253 and all(_is_word(part, _LOWER, _IN_NAME) for part in text.split("."))
    )


def is_label(key: str, value: str) -> bool:
    """A label as pods may carry it."""
    return _is_key(key) and (not value or _is_value(value))


@lru_cache(maxsize=4096)
def _is_value(value: str) -> bool:
    return _filled(value) or (len(value) <= 63 and _is_word(value, _LABEL, _IN_LABEL))


@lru_cache(maxsize=1024)
def _is_key(key: str) -> bool:
    prefix, slash, name = key.rpartition("/")
    if slash and not (_filled(prefix) or is_name(prefix)):
        return False
    return _filled(name) or (len(name) <= 63 and _is_word(name, _LABEL, _IN_LABEL))


def are_labels(labels: dict[str, str]) -> bool:
    """Labels that a pod may carry all together: what selects by others selects nothing, and Cilium refuses it."""
    return all(is_label(key, value) for key, value in labels.items())


def is_port_name(text: str) -> bool:
    """A name that a container's port may have (IANA service names; Cilium's parser takes upper case too)."""
    if _filled(text):
        return True
    return len(text) <= 15 and "--" not in text and not text.isdigit() and _is_word(text, _LABEL, _IN_PORT)


def beginnings(name: str) -> Iterator[str]:
    """`a`, `a-b` and `a-b-c` of `a-b-c`: what somebody may be called whose Service has this name."""
    return accumulate(name.split("-"), "{}-{}".format)


def _filled(text: str) -> bool:
    return "${" in text and "\n" not in text


def _is_word(text: str, ends: frozenset[str], letters: frozenset[str]) -> bool:
    return bool(text) and text[0] in ends and text[-1] in ends and letters.issuperset(text)
