"""Findings as SARIF 2.1.0, which forges show beside the line."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence

from cilium_policies.lean import Any, NamedTuple

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}


class Result(NamedTuple):
    """One finding: the rule it breaks, how bad it is (error, warning, info), and its place (`file` "" for none).
    `identity` stays the same while the file around it changes."""

    rule: str
    severity: str
    message: str
    file: str
    line: int
    identity: str


def sarif(tool: str, version: str, rules: Mapping[str, str], results: Sequence[Result]) -> str:
    """One run as a document; `rules` are all that could have been found, with what each means."""
    driver = {
        "name": tool,
        "version": version,
        "rules": [{"id": name, "shortDescription": {"text": text}} for name, text in rules.items()],
    }
    numbers = {name: number for number, name in enumerate(rules)}
    run = {"tool": {"driver": driver}, "results": [_result(one, numbers) for one in results]}
    body = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(body, ensure_ascii=False, indent=2) + "\n"


def _result(one: Result, numbers: Mapping[str, int]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "ruleId": one.rule,
        "ruleIndex": numbers[one.rule],
        "level": _LEVELS[one.severity],
        "message": {"text": one.message},
        "partialFingerprints": {"identity/v1": hashlib.sha256(one.identity.encode()).hexdigest()},
    }
    if one.file:
        place: dict[str, Any] = {"artifactLocation": {"uri": one.file}}
        if one.line:
            place["region"] = {"startLine": one.line}
        found["locations"] = [{"physicalLocation": place}]
    return found
