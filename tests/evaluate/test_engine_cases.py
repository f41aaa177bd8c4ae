"""The case files that Cilium's engine passes: the evaluation gives the same answers, by the same policies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from cilium_policies.evaluate.verdict import Decision, Verdict

from tests.engine.fixtures import engine_cases_directory
from tests.evaluate.manifests import Cluster, documents, options_of

HERE = Path(__file__).parents[1] / "engine" / "cases"
SHARED = engine_cases_directory()
FILES = sorted(path for folder in (HERE, SHARED) for path in folder.glob("*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_case(path: Path) -> None:
    case: dict[str, Any] = yaml.safe_load(path.read_text())
    base = (path.parent / case["base"]).read_text() if case.get("base") else ""
    given = documents(base) + documents(case.get("cluster") or "")
    cluster = Cluster(given, options_of(case.get("options") or {}))
    for query in case.get("queries") or ():
        verdict = cluster.ask(query)
        assert verdict.allowed is not None, query
        if "expect" in query:
            assert ("allow" if verdict.allowed else "deny") == query["expect"], (query, verdict)
        names = deciding(verdict)
        if "by" in query:
            assert query["by"] in names, (query, names)
        if query.get("l7") not in (None, "none"):
            assert query["l7"].split("(")[0] in layers(verdict), query


def deciding(verdict: Verdict) -> list[str]:
    """The policies behind the answers of both ends."""
    return [name for end in (verdict.egress, verdict.ingress) for name in names_of(end)]


def names_of(end: Decision) -> list[str]:
    if end.reason == "allow-localhost":
        return ["(allow-localhost)"]
    if end.reason == "no default deny":
        return ["(no policy has default deny)"]
    return [str(ref.policy) for ref in end.rules]


def layers(verdict: Verdict) -> str:
    return f"{verdict.egress.l7} {verdict.ingress.l7}"
