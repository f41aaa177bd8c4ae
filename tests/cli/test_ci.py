"""What a pipeline reads: SARIF, JUnit, only what is new."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pytest

from ..support import deployment, namespace, stream
from .within import within

NOBODY = """\
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: NAME, namespace: SPACE}
spec: {endpointSelector: {matchLabels: {app: gone}}, ingress: [{fromEndpoints: [{}]}]}
"""
SPACES = [namespace(name) + "---\n" + deployment(f"{name}/web") for name in ("a", "b", "c")]


def tree(*faults: tuple[str, str]) -> bytes:
    return stream(*SPACES, *(NOBODY.replace("NAME", name).replace("SPACE", space) for space, name in faults))


def test_sarif_has_rules_levels_places_and_fingerprints() -> None:
    done = within("lint", "-o", "sarif", stdin=tree(("a", "p")))
    assert done.returncode == 1
    (run,) = json.loads(done.stdout)["runs"]
    assert run["tool"]["driver"]["name"] == "cilium-policies"
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    (result,) = run["results"]
    assert rules[result["ruleIndex"]] == result["ruleId"] == "selects-no-pod"
    assert result["level"] in ("error", "warning")
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "stdin"}
    assert place["region"]["startLine"] > 1
    moved = within("lint", "-o", "sarif", stdin=b"# a line more\n" + tree(("a", "p")))
    again = json.loads(moved.stdout)["runs"][0]["results"][0]
    assert again["partialFingerprints"] == result["partialFingerprints"]
    assert json.loads(within("lint", "-o", "sarif", stdin=tree()).stdout)["runs"][0]["results"] == []


def test_alike_faults_are_one_line() -> None:
    data = tree(("a", "p"), ("b", "p"), ("c", "p"))
    lines = within("lint", stdin=data).stdout.decode().splitlines()
    assert len(lines) == 1
    assert lines[0].endswith("[selects-no-pod] (3 alike in 3 policies: a, b, c; --all lists them)")
    assert len(within("lint", "--all", stdin=data).stdout.splitlines()) == 3


def test_only_what_is_new(tmp_path: pytest.TempPathFactory) -> None:
    old, known = f"{tmp_path}/old.yaml", f"{tmp_path}/known.json"
    with open(old, "wb") as file:
        file.write(tree(("a", "p")))
    with open(known, "wb") as file:
        file.write(within("lint", "-o", "json", stdin=tree(("a", "p"))).stdout)
    for words in (("--since", old), ("--baseline", known)):
        same = within("lint", *words, stdin=tree(("a", "p")))
        assert (same.returncode, same.stdout) == (0, b"")
        assert b"no violation, 1 known ones left out" in same.stderr
        more = within("lint", *words, stdin=tree(("a", "p"), ("b", "q")))
        assert more.returncode == 1
        assert [b"/b/q:" in line for line in more.stdout.splitlines()] == [True]
    assert within("lint", "--baseline", old, stdin=tree()).returncode == 1


def test_junit_of_a_check_has_a_case_a_namespace() -> None:
    done = within("check", "-o", "junit", stdin=tree())
    assert done.returncode == 1
    suite = ET.fromstring(done.stdout)
    assert [case.get("name") for case in suite] == ["a", "b", "c"]
    assert all("no default-deny" in (case.findtext("failure") or "") for case in suite)
    built = within(stdin=tree()).stdout
    passed = within("check", "-o", "junit", stdin=built)
    assert passed.returncode == 0
    assert ET.fromstring(passed.stdout).get("failures") == "0"


def test_junit_of_lint_has_a_case_a_check() -> None:
    suite = ET.fromstring(within("lint", "-o", "junit", stdin=tree(("a", "p"))).stdout)
    failed = [case.get("name") for case in suite if case.find("failure") is not None]
    assert failed == ["selects-no-pod"]


def test_a_check_names_unknown_directions_and_fails_for_them_when_asked() -> None:
    built = within(stdin=tree()).stdout
    done = within("check", stdin=built)
    assert done.returncode == 0
    assert b"unknown: " in done.stderr
    assert within("check", "--fail-on", "unknown", stdin=built).returncode == 1
