"""Whether a mapping is a catalogue entry, by `component.schema.json` and its sisters: schemas that editors read too."""

from __future__ import annotations

import os
import re
from functools import lru_cache

from cilium_policies.catalogue.files import HERE
from cilium_policies.catalogue.injects import PROBES
from cilium_policies.catalogue.parts import parse_port
from cilium_policies.document.json_schema import linked
from cilium_policies.document.limits import Path
from cilium_policies.document.schema import Checker, Problem, Schema, path_text
from cilium_policies.lean import Any


def problems(data: Any, kind: str = "component") -> list[Problem]:
    """What is wrong with a `component`, a `distribution` or a `cloud` (the kind); empty where it is valid."""
    if not isinstance(data, dict):
        return [Problem((), f"a {kind} is a mapping that begins with `{kind}: NAME`")]
    return list(_CHECKER.check(_schema(kind), data))


def said(problem: Problem, above: Path = ()) -> str:
    """A problem as one line: the path below `above`, what is wrong, what to do."""
    path = path_text((*above, *problem.path))
    return "; ".join(filter(None, (f"{path}: {problem.message}" if path else problem.message, problem.cure)))


@lru_cache(maxsize=3)
def _schema(kind: str) -> Schema:
    own, shared = _read(f"{kind}.schema.json"), _read("component.schema.json")
    definitions = {**shared["$defs"], **own.get("$defs", {})}
    return linked({key: one for key, one in own.items() if key != "$defs"}, definitions)


def _read(name: str) -> Schema:
    import json

    with open(os.path.join(HERE, name), "rb") as file:
        found: Schema = json.loads(file.read())
    return found


def _port(text: str) -> str:
    good = text == PROBES or "{port}" in text or parse_port(text) is not None
    return "" if good else "is not a port"


def _regex(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        return f"is not a regular expression: {error}"
    return ""


_CHECKER = Checker(formats={"pod-port": _port, "regex": _regex})
