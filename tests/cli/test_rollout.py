"""`rollout --advance` changes one number in the user's own file, whatever its layout."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from cilium_policies.cli import edit
from cilium_policies.document.finding import RefusedError, line_of
from hypothesis import given
from hypothesis import strategies as st

from tests.support import deployment, namespace, service, stream

from .test_bare import command

EMPTY = namespace("quiet")

CONFIG = """\
# my cluster
apiVersion: cilium-policies.fn/v1alpha1
kind: CiliumPolicies
spec:
    rollout:   # five weeks
      phases:
      - [ cert-manager,  external-secrets ]   # first
      -   - monitoring
          - "network"
      phase: 1  # week two

    mode:   enforce
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (CONFIG, CONFIG.replace("phase: 1  #", "phase: 2  #")),
        (CONFIG.replace("phase: 1  #", "phase: '1'  #"), CONFIG.replace("phase: 1  #", "phase: '2'  #")),
        (CONFIG.replace("\n", "\r\n"), CONFIG.replace("phase: 1  #", "phase: 2  #").replace("\n", "\r\n")),
        (
            CONFIG.replace("      phase: 1  # week two\n", ""),
            CONFIG.replace("      phase: 1  # week two\n", "").replace(
                "      phases", "      phase: 1\n      phases"
            ),
        ),
        (
            "apiVersion: a\nkind: b\nspec: {rollout: {phases: [[a], [b]], phase: 0}}\n",
            "apiVersion: a\nkind: b\nspec: {rollout: {phases: [[a], [b]], phase: 1}}\n",
        ),
        (
            "spec: {rollout: {phases: [[a]]}}\n",
            "spec: {rollout: {phase: 1, phases: [[a]]}}\n",
        ),
        (
            "\ufeff# ü\nspec: &s\n  rollout: {phase: !!int 0, phases: [[a]]}\n".replace("!!int ", ""),
            "\ufeff# ü\nspec: &s\n  rollout: {phase: 1, phases: [[a]]}\n",
        ),
    ],
)
def test_one_number_changes_and_nothing_else(before: str, after: str) -> None:
    assert edit.phase_edit("c.yaml", before, None).text == after


def test_a_phase_can_be_named() -> None:
    change = edit.phase_edit("c.yaml", CONFIG, 0)
    assert change.text == CONFIG.replace("phase: 1  #", "phase: 0  #")
    assert (change.old, change.new) == ("      phase: 1  # week two", "      phase: 0  # week two")
    assert (change.line, change.phase, change.was) == (10, 0, 1)


@pytest.mark.parametrize(
    ("text", "wanted", "said"),
    [
        (
            CONFIG.replace("phase: 1", "phase: 3"),
            None,
            "phase 3 is the last in c.yaml; phases go from 0 to 3",
        ),
        (CONFIG, 4, "there is no phase 4 in c.yaml; phases go from 0 to 3"),
        ("kind: x\n", None, "c.yaml: the config has no spec.rollout"),
        ("spec: {rollout: {phase: 1}}\n", None, "write spec.rollout.phases"),
        ("a: [\n", None, "c.yaml: not one YAML document"),
        ("a: 1\n---\nb: 1\n", None, "c.yaml: not one YAML document"),
        (
            "spec:\n  rollout: {phases: [[a]], phase: 0x1}\n",
            None,
            "spec.rollout.phase is not written as a plain",
        ),
    ],
)
def test_what_cannot_be_set_is_refused(text: str, wanted: int | None, said: str) -> None:
    with pytest.raises(RefusedError) as caught:
        edit.phase_edit("c.yaml", text, wanted)
    assert said in line_of(caught.value.finding)


@given(
    st.lists(st.lists(st.text("abc*-", min_size=1), max_size=3), min_size=1, max_size=4), st.integers(0, 3)
)
def test_any_rollout_advances_by_one(phases: list[list[str]], phase: int) -> None:
    import json

    phase = min(phase, len(phases))
    text = f"spec:\n  rollout:\n    phases: {json.dumps(phases)}\n    phase: {phase} # x\n"
    assert edit.phase_edit("c.yaml", text, None).text == text.replace(
        f"phase: {phase} #", f"phase: {phase + 1} #"
    )


def test_the_phase_it_is_at_is_no_change(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(CONFIG)
    done = command("rollout", "--config", "c.yaml", "--to", "1", cwd=tmp_path)
    assert (done.returncode, done.stdout, file.read_text()) == (0, b"", CONFIG)
    assert done.stderr == b"cilium-policies: c.yaml is at phase 1 already: nothing to change\n"


def test_the_command_prints_the_line_and_the_way_back(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(CONFIG)
    file.chmod(0o640)
    (tmp_path / "in.yaml").write_text(EMPTY)
    dry = command("rollout", "--config", "c.yaml", "--advance", "--dry-run", "in.yaml", cwd=tmp_path)
    assert (dry.returncode, file.read_text()) == (0, CONFIG)
    done = command("rollout", "--config", "c.yaml", "--advance", "in.yaml", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.decode() == "c.yaml:10\n-      phase: 1  # week two\n+      phase: 2  # week two\n"
    assert done.stderr.decode() == (
        "cilium-policies: phase 2 is set; back: cilium-policies rollout --config c.yaml --to 1\n"
    )
    assert file.stat().st_mode & 0o777 == 0o640
    back = command("rollout", "--config", "c.yaml", "--to", "1", cwd=tmp_path)
    assert (back.returncode, file.read_text()) == (0, CONFIG)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c.yaml", "in.yaml"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.yaml").write_text(CONFIG)
    (tmp_path / "c.yaml").symlink_to("real.yaml")
    (tmp_path / "in.yaml").write_text(EMPTY)
    assert command("rollout", "--config", "c.yaml", "--advance", "in.yaml", cwd=tmp_path).returncode == 0
    assert (tmp_path / "c.yaml").is_symlink()
    assert "phase: 2" in (tmp_path / "real.yaml").read_text()


def test_without_config_it_is_a_wrong_command_line(tmp_path: Path) -> None:
    done = command("rollout", "--advance", cwd=tmp_path)
    assert done.returncode == 2
    assert b"name it with --config" in done.stderr


def test_a_plain_install_brings_all_that_an_edit_needs(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(CONFIG)
    (tmp_path / "in.yaml").write_text(EMPTY)
    code = (
        "import sys; sys.modules['ruamel'] = sys.modules['ruamel.yaml'] = None\n"
        "from cilium_policies.cli import main\n"
        "sys.argv[1:] = ['rollout', '--config', 'c.yaml', '--advance', 'in.yaml']\n"
        "sys.exit(main())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
    assert "phase: 2" in (tmp_path / "c.yaml").read_text()


DARK = (namespace("shop"), deployment("shop/dark"), service("shop/dark"))
PHASES = (
    "apiVersion: cilium-policies.fn/v1alpha1\nkind: CiliumPolicies\nspec:\n  rollout:\n    phases: [[shop]]\n"
)


def test_a_phase_that_would_deny_what_nobody_knows_waits_for_somebody_to_accept_it(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(PHASES)
    (tmp_path / "in.yaml").write_bytes(stream(*DARK))
    words = ("rollout", "--config", "c.yaml", "--advance")
    assert command(*words, cwd=tmp_path).returncode == 2  # it looks at the manifests
    refused = command(*words, "in.yaml", cwd=tmp_path)
    assert (refused.returncode, file.read_text()) == (1, PHASES)
    assert b"unknown: shop/dark egress" in refused.stderr
    assert b"--accept-uncovered" in refused.stderr
    assert command(*words, "--accept-uncovered", "in.yaml", cwd=tmp_path).returncode == 0
    text = file.read_text()
    assert "phase: 1" in text
    assert "accepted: 1" in text
    assert command("rollout", "--config", "c.yaml", "--to", "0", cwd=tmp_path).returncode == 0
    again = command(*words, "in.yaml", cwd=tmp_path)  # it was accepted before
    assert again.returncode == 0
    assert b"unknown: shop/dark egress" in again.stderr


def test_what_is_held_in_audit_or_closed_by_the_config_is_no_reason_to_wait(tmp_path: Path) -> None:
    (tmp_path / "in.yaml").write_bytes(stream(*DARK))
    closed = (
        "  namespaces: {uncovered: audit}\n",
        "  allow: [{from: none, to: {pod: shop/dark}}, {from: {pod: shop/dark}, to: none}]\n",
    )
    for number, more in enumerate(closed):
        (tmp_path / f"{number}.yaml").write_text(PHASES + more)
        done = command("rollout", "--config", f"{number}.yaml", "--advance", "in.yaml", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
