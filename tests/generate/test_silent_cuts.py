"""Flows that were cut without a word, judged by Cilium's engine: one file of `silent_cuts/` a class, one case a cure.

A case has `input` (shapes), `config` (below `spec`), `allow` and `deny` (flows `FROM > TO PORT/PROTOCOL`; an end is
`NS/POD`, `NS key=value …` for pods that no manifest shows, an entity, an address, or a public name), `says` and
`unsaid` (texts that the lines on stderr hold or do not), `guesses` and `unguessed` (the same of the guessed lines of
`list --uncovered`), `writes` and `leaves` (policies).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from cilium_policies.config.settings import config_of
from cilium_policies.document.split import split
from cilium_policies.function import Options, Outcome, make, run
from cilium_policies.kube.labels import SERVICE_ACCOUNT

from tests.shapes import manifests

FOLDER = Path(__file__).with_name("silent_cuts")
CASES = [
    pytest.param(case, id=f"{path.stem}: {case['case']}")
    for path in sorted(FOLDER.glob("*.yaml"))
    for case in yaml.safe_load(path.read_text(encoding="utf-8"))
]
_ENTITIES = ("world", "host", "remote-node", "kube-apiserver", "ingress")


def made(case: dict[str, Any]) -> tuple[str, Outcome]:
    """The input as text, and what the function makes of it in mode enforce."""
    shown = "---\n".join(manifests(case["input"]))
    return shown, run([("stdin", shown.encode())], _options(case))


def _options(case: dict[str, Any]) -> Options:
    spec = {"mode": "enforce", **case.get("config", {})}
    config = {"apiVersion": "cilium-policies.fn/v1alpha1", "kind": "CiliumPolicies", "spec": spec}
    given = ("config.yaml", yaml.safe_dump(config).encode())
    return Options(config=given, only_policies=True, verbose=True)


def guessed(shown: str, case: dict[str, Any]) -> str:
    """The guessed lines of `list --uncovered`, one a direction."""
    sources, options = [split(shown.encode(), "stdin")], _options(case)
    plan = make(sources, config_of(sources, options.config, ()), options).plan
    return "\n".join(f"{one}: {one.sentence}" for one in plan.guessed)


def flow(text: str) -> dict[str, Any]:
    ends, _, port = text.rpartition(" ")
    source, _, target = ends.partition(" > ")
    number, _, protocol = port.partition("/")
    return {"from": end(source), "to": end(target), "port": int(number), "protocol": protocol or "TCP"}


def end(text: str) -> dict[str, Any]:
    place, *labels = text.split()
    if labels:
        told = dict(one.split("=", 1) for one in labels)
        account = told.pop(SERVICE_ACCOUNT, "")
        return {"namespace": place, "labels": told, **({"serviceAccount": account} if account else {})}
    if place in _ENTITIES:
        return {"entity": place}
    if "/" in place:
        return {"pod": place}
    is_name = "." in place and place.strip("0123456789./") != ""
    return {"fqdn": place, "cidr": "203.0.113.9/32"} if is_name else {"cidr": place}


@pytest.mark.parametrize("case", CASES)
def test_nothing_is_cut_in_silence(case: dict[str, Any], judge: Any) -> None:
    shown, outcome = made(case)
    policies, said = outcome.stdout.decode(), "\n".join(outcome.stderr)
    assert outcome.code == 0, said
    assert "a bug in this program" not in said
    assert judge.check(policies) == []
    wanted = dict.fromkeys(case.get("allow", []), "allow") | dict.fromkeys(case.get("deny", []), "deny")
    verdicts = judge.once(shown, policies, [flow(text) for text in wanted]) if wanted else []
    assert dict(zip(wanted, verdicts, strict=True)) == wanted
    written = {f"{one['metadata']['namespace']}/{one['metadata']['name']}" for one in _documents(policies)}
    assert written >= set(case.get("writes", []))
    assert not written & set(case.get("leaves", []))
    assert [text for text in case.get("says", []) if text not in said] == [], said
    assert [text for text in case.get("unsaid", []) if text in said] == [], said
    if {"guesses", "unguessed"} & case.keys():
        lines = guessed(shown, case)
        assert [text for text in case.get("guesses", []) if text not in lines] == [], lines
        assert [text for text in case.get("unguessed", []) if text in lines] == [], lines


def _documents(text: str) -> list[dict[str, Any]]:
    return [one for one in yaml.safe_load_all(text) if one]
