"""No planted secret leaves by any command in any form: commands, forms and options are the program's own list.

A command or an option that takes a value and stands in no table here fails: whoever adds one says how it is asked.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from cilium_policies.cli.group import group
from cilium_policies.cli.names import COMMANDS

from tests.cli.within import within
from tests.hostile.planted import Planter, cluster
from tests.hostile.test_secrets import EXPECT
from tests.tools import environment, require, run

# What each command is asked about.
ASKED = {
    "write": ["all.yaml"],
    "check": ["all.yaml"],
    "inventory": ["all.yaml"],
    "rollout": ["all.yaml"],
    "list": ["all.yaml"],
    "explain": ["all.yaml"],
    "diff": ["none.yaml", "all.yaml"],
    "lint": ["all.yaml"],
    "test": ["expect.yaml", "all.yaml"],
    "audit": ["all.yaml"],
    "report": ["all.yaml"],
    "break-glass": ["shop"],
    "components": [],
    "completion": ["bash"],
}
ELSEWHERE = {"build"}  # at the end
# Without which a command does not answer.
NEEDS = {
    "write": ["--output", "out"],
    "explain": ["--from", "shop/web", "--to", "shop/api", "--port", "8080"],
    "audit": ["--flows", "flows.json"],
}
# Options that go with others only.
TOGETHER = {
    "list": [["--uncovered", "--output", "yaml"], ["--uncovered", "--unknown-only"]],
    "rollout": [
        ["--config", "config.yaml", "--to", "1", "--dry-run"],
        ["--config", "config.yaml", "--advance", "--accept-uncovered"],
        ["--config", "config.yaml", "--advance", "--if-clean", "flows.json", "--window", "1h"],
    ],
}
# Words for options that take one.
WORDS = {
    "--config": ["config.yaml"],
    "--mode": ["enforce"],
    "--set": ["spec.dns.proxy=all"],
    "--namespace": ["shop"],
    "--inventory": ["other.yaml"],
    "--exclude": ["apps/*"],
    "--output": ["out"],
    "--fail-on": ["any"],
    "--name": ["here"],
    "--to": ["shop/api", "db.example.com", "1"],
    "--from": ["shop/web", "world"],
    "--port": ["5432"],
    "--if-clean": ["flows.json"],
    "--window": ["1h"],
    "--focus": ["shop", "shop/web"],
    "--since": ["none.yaml"],
    "--baseline": ["baseline.sarif"],
    "--flows": ["flows.json"],
    "--title": ["shop"],
    "--for": ["30m"],
    "--find": ["redis"],
    "--chart": ["redis"],
}


def command_of(name: str) -> click.Command:
    found = group.get_command(click.Context(group), name)  # type: ignore[attr-defined]
    assert found is not None
    return found


def said(option: click.Parameter) -> list[list[str]]:
    """The ways to say one option."""
    name = option.opts[-1]
    if getattr(option, "is_flag", False):
        return [[name]]
    words = list(option.type.choices) if isinstance(option.type, click.Choice) else WORDS[name]
    return [[name, str(word)] for word in words]


def lines(name: str) -> Iterator[list[str]]:
    """Every option of a command alone, and each form of output with each flag."""
    options = [one for one in command_of(name).params if isinstance(one, click.Option)]
    forms = [one for one in options if "-o" in one.opts]
    flags = [one for one in options if getattr(one, "is_flag", False)]
    needs = NEEDS.get(name, [])
    yield needs
    yield from TOGETHER.get(name, [])
    for one in options:
        for words in said(one):
            yield [*(needs if words[0] not in needs else without(needs, words[0])), *words]
    for form, flag in itertools.product(forms, flags):
        for words in said(form):
            yield [*needs, *words, *said(flag)[0]]


def without(needs: list[str], name: str) -> list[str]:
    at = needs.index(name)
    return [*needs[:at], *needs[at + 2 :]]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A folder with the planted cluster, and what options name."""
    plant, folder = Planter(), tmp_path_factory.mktemp("secrets")
    found = cluster(plant)
    (folder / "all.yaml").write_text("\n---\n".join(map(json.dumps, found)))
    (folder / "none.yaml").write_text("\n---\n".join(json.dumps(one) for one in found[:2]))
    (folder / "other.yaml").write_text("apiVersion: v1\nkind: Namespace\nmetadata: {name: other}\n")
    (folder / "config.yaml").write_text(
        "apiVersion: cilium-policies.fn/v1alpha1\nkind: CiliumPolicies\nmetadata: {name: a}\n"
    )
    (folder / "expect.yaml").write_text(EXPECT)
    (folder / "baseline.sarif").write_bytes(
        within("lint", "--planned", "-o", "sarif", "other.yaml", cwd=folder).stdout
    )
    (folder / "flows.json").write_text(flow(plant))
    assert len(set(plant.planted)) > 200
    return folder, plant.planted


def flow(plant: Planter) -> str:
    url = plant.fill("https://me:{a}@api.example.com/v1/{b}")
    one = {
        "time": "2026-11-01T10:00:00Z", "verdict": "AUDIT", "traffic_direction": "EGRESS", "Type": "L3_L4",
        "source": {"namespace": "shop", "pod_name": "web-1",
                   "labels": ["k8s:app=web", "k8s:io.kubernetes.pod.namespace=shop"]},
        "destination": {"identity": 2, "labels": ["reserved:world"]},
        "IP": {"source": "10.0.0.1", "destination": "203.0.113.9", "ipVersion": "IPv4"},
        "l4": {"TCP": {"source_port": 40000, "destination_port": 8444}},
        "event_type": {"type": 5, "sub_type": 3}, "Summary": f"GET {url}", "policy_match_type": 0,
    }  # fmt: skip
    return json.dumps({"flow": one, "node_name": "a", "time": one["time"]}) + "\n"


def test_each_command_is_asked_here_or_elsewhere() -> None:
    assert set(COMMANDS) == {*ASKED, *ELSEWHERE}


@pytest.mark.parametrize("name", ASKED)
def test_no_option_and_no_form_of_a_command_lets_a_secret_out(
    place: tuple[Path, list[str]], name: str
) -> None:
    folder, secrets = place
    answered: set[str] = set()
    for words in lines(name):
        done = within(name, *words, *ASKED[name], cwd=folder)
        shown = (done.stdout + done.stderr).decode()
        assert "Traceback" not in shown, words
        assert "internal error" not in shown, words
        assert [one for one in secrets if one in shown] == [], words
        answered |= set(words) if done.returncode in (0, 1) else set()
    for path in (one for one in (folder / "out").rglob("*") if one.is_file()):
        assert [one for one in secrets if one in path.read_text()] == [], path
    options = {one.opts[-1] for one in command_of(name).params if isinstance(one, click.Option)}
    assert options <= answered  # an option that was refused each time has shown nothing


@pytest.mark.e2e
@pytest.mark.parametrize("extra", [[], ["--partial"], ["--cluster", "clusters/home"]], ids=" ".join)
def test_build_says_none_and_puts_none_into_a_policy(tmp_path: Path, extra: list[str]) -> None:
    """Its stdout is the objects themselves: of those only the policies are looked at. Variables come from the planted
    Secret, one object is broken, and one text holds a variable that nothing sets."""
    require("kustomize")
    plant = Planter()
    found = cluster(plant)
    (tmp_path / "clusters/home").mkdir(parents=True)
    (tmp_path / "clusters/home/app.yaml").write_text(FLUX.format(name="app"))
    (tmp_path / "clusters/home/odd.yaml").write_text(FLUX.format(name="odd"))
    odd = [*found, {"kind": "ConfigMap", "data": {"A": plant.fill("x: ${{tig{a}")}}]
    for name, objects in (("app", found), ("odd", odd)):
        (tmp_path / "apps" / name).mkdir(parents=True)
        (tmp_path / "apps" / name / "all.yaml").write_text("\n---\n".join(map(json.dumps, objects)))
        (tmp_path / "apps" / name / "kustomization.yaml").write_text("resources: [all.yaml]\n")

    done = run(["cilium-policies", "build", *extra, "."], cwd=tmp_path, env=environment())
    policies = [
        text
        for text in done.stdout.split("\n---\n")
        if ("CiliumNetworkPolicy" in text and "name: own" not in text) or "CiliumPolicies" in text
    ]

    assert done.stderr
    assert [one for one in plant.planted if one in done.stderr + "".join(policies)] == []


FLUX = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {{name: {name}, namespace: flux-system}}
spec:
  path: ./apps/{name}
  interval: 1h
  prune: true
  sourceRef: {{kind: GitRepository, name: flux-system}}
  postBuild: {{substituteFrom: [{{kind: Secret, name: secret}}]}}
"""
