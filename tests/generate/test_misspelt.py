"""A word of the config that names no namespace is said by every command, with the nearest name."""

from __future__ import annotations

import pytest

from ..cli.within import within
from ..support import deployment, namespace, service, stream

INPUT = stream(namespace("shop"), deployment("shop/web"), service("shop/web"))
MISSPELT = (
    "namespaces.overrides.shpo.mode=off",
    "namespaces.exclude=shpo",
    "namespaces.exclude=shpo*",
    "namespaces.include=shop,shpo*",
)
COMMANDS = (
    ("--only-policies",),
    ("list",),
    ("list", "--uncovered"),
    ("lint", "--planned"),
    ("report",),
    ("rollout",),
    ("rollout", "--propose"),
    ("check",),
    ("test", "--record"),
    ("explain", "--from", "shop/web", "--to", "world", "--port", "443"),
)


@pytest.mark.parametrize("said", MISSPELT)
def test_the_nearest_name_is_offered(said: str) -> None:
    lines = within("--only-policies", "--set", said, stdin=INPUT).stderr.decode().splitlines()
    assert len(lines) == 2
    assert lines[0].startswith(f"cilium-policies: warning: spec.{said[:15]}")
    assert lines[0].endswith("did you mean shop?")


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_says_so(words: tuple[str, ...]) -> None:
    done = within(*words, "--set", MISSPELT[0], stdin=INPUT)
    assert b"did you mean shop?" in done.stderr


def test_a_phase_that_no_namespace_is_in(tmp_path: pytest.TempPathFactory) -> None:
    config = f"{tmp_path}/c.yaml"
    with open(config, "w", encoding="utf-8") as file:
        file.write(
            "apiVersion: cilium-policies.fn/v1alpha1\nkind: CiliumPolicies\nmetadata: {name: c}\n"
            "spec: {rollout: {phases: [[shpo], [shop]]}}\n"
        )
    done = within("rollout", "--config", config, stdin=INPUT)
    assert b"spec.rollout.phases[0][0]: shpo does nothing here" in done.stderr


def test_what_names_a_namespace_is_silent() -> None:
    done = within("list", "--set", "namespaces.overrides.shop.mode=off", stdin=INPUT)
    assert done.stderr.count(b"\n") == 1


def test_a_question_counts_the_warnings_and_shows_them_when_asked() -> None:
    quiet = within("list", stdin=INPUT)
    assert quiet.stderr.count(b"\n") == 1
    assert b"2 warnings (-v shows them)" in quiet.stderr
    loud = within("list", "-v", stdin=INPUT)
    assert loud.stderr.count(b": warning: ") == 2
    assert b"-v shows" not in loud.stderr
