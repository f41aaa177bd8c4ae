"""The schema of Cilium's two policy kinds, 1.16 to 1.20, as the API server holds it: `crds.json`, which `tools/crds.py`
cuts from Cilium's own files."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from cilium_policies.document.json_schema import read_schemas
from cilium_policies.document.limits import Path
from cilium_policies.document.schema import NO_FORM, Checker, Problem, Schema
from cilium_policies.lean import Any

SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")


def problems(spec: Any, path: Path, minor: int, *, typed: bool) -> Iterator[Problem]:
    """What the API server refuses in a `spec` (or one of `specs`) with the CRDs of Cilium 1.`minor`, 14 to 20."""
    return _checker(typed).check(_schema(minor), spec, path)


def entities() -> list[str]:
    """Every entity that the newest version knows."""
    rule = _schema(20)["properties"]["egress"]["items"]
    return list(rule["properties"]["toEntities"]["items"]["enum"])


def is_cidr(text: str) -> bool:
    """Whether the text is ADDRESS/LENGTH, bits behind the prefix allowed."""
    import ipaddress

    address, slash, length = text.partition("/")
    if not slash or not length.isdecimal() or not length.isascii() or (len(length) > 1 and length[0] == "0"):
        return False
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return "%" not in address and int(length) <= parsed.max_prefixlen


def _is_printable(text: str) -> bool:
    """No control character in it."""
    import unicodedata

    return not any(unicodedata.category(one).startswith("C") for one in text)


@lru_cache(maxsize=1)
def _schemas() -> dict[str, Schema]:
    return read_schemas(os.path.join(os.path.dirname(__file__), "crds.json"))


@lru_cache(maxsize=2)
def _checker(typed: bool) -> Checker:
    formats: dict[str, Callable[[str], str]] = {
        "cidr": lambda text: "" if is_cidr(text) else NO_FORM,
        "printable": lambda text: "" if _is_printable(text) else NO_FORM,
    }
    return Checker(typed=typed, nulls=True, formats=formats)


@lru_cache(maxsize=8)
def _schema(minor: int) -> Schema:
    schema = _schemas()[f"1.{max(minor, 16)}"]
    if minor < 16:  # as that of 1.16, less what it brought
        properties = {key: one for key, one in schema["properties"].items() if key != "enableDefaultDeny"}
        schema = {**schema, "properties": properties}
    return schema
