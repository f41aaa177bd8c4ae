"""Generated policies as JSON, for a ResourceList that is JSON."""

from __future__ import annotations

import json
import re
from typing import Any

from yaml.events import (
    CollectionEndEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from cilium_policies.document.events import parser

NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)")
CONSTANTS = {"true": "true", "false": "false", "null": "null", "~": "null", "": "null"}


def from_yaml(text: bytes) -> bytes:
    """One policy, block-style YAML as this program writes it, as one line of JSON."""
    out: list[str] = []
    states: list[str] = []  # per open collection what comes before its next node: "", ", " or ": "
    get = parser(text).get_event
    while not isinstance(event := get(), StreamEndEvent):
        if isinstance(event, CollectionEndEvent):
            states.pop()
            out.append("}" if isinstance(event, MappingEndEvent) else "]")
        elif isinstance(event, (ScalarEvent, MappingStartEvent, SequenceStartEvent)):
            _separate(out, states)
            if isinstance(event, ScalarEvent):
                is_key = bool(states) and states[-1] == ": "
                out.append(json.dumps(event.value, ensure_ascii=False) if is_key else _scalar(event))
            else:
                out.append("{" if isinstance(event, MappingStartEvent) else "[")
                states.append("{" if isinstance(event, MappingStartEvent) else "[")
    return "".join(out).encode()


def _separate(out: list[str], states: list[str]) -> None:
    """Write what stands between the last node and the next, and note what comes before the one after."""
    if not states:
        return
    state = states[-1]
    out.append({"{": "", "[": "", "{,": ", ", "[,": ", ", ": ": ": "}[state])
    states[-1] = {"{": ": ", "{,": ": ", ": ": "{,", "[": "[,", "[,": "[,"}[state]


def _scalar(event: Any) -> str:
    text: str = event.value
    if event.implicit[0] and not event.style:
        if text in CONSTANTS:
            return CONSTANTS[text]
        if NUMBER.fullmatch(text):
            return text
    return json.dumps(text, ensure_ascii=False)


def dump(value: Any) -> bytes:
    """Any plain value as one line of JSON."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
