"""Every shell step of every workflow is run by a test: the release's by tests/e2e/test_release.py, the others here.

As GitHub's runner does: `bash -e`, in a container `sh -e`. What would take hours or change the machine (apt, make, pip,
the fuzzer) is a stand-in that notes its words. actionlint checks the files themselves.
"""

from __future__ import annotations

import base64
import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.tools import ROOT, absent, environment, go_environment, release, require, run, succeeded

FOLDER = ROOT / ".github" / "workflows"
WORKFLOWS = {path.name: yaml.safe_load(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.yaml"))}
# tests/e2e/test_release.py runs these jobs whole.
REHEARSED = ("wheel", "image", "sign", "publish")
NOTES = """\
#!/bin/sh
printf %s "${0##*/}" >> "$LOG"
for word in "$@"; do printf " [%s]" "$word" >> "$LOG"; done
echo >> "$LOG"
"""


def steps() -> dict[str, tuple[str, dict]]:
    """All shell steps but the rehearsed: how its job starts a shell, and the step, by its first line."""
    found = {}
    for name, workflow in WORKFLOWS.items():
        for job, said in workflow["jobs"].items():
            if name == "release.yaml" and job in REHEARSED:
                continue
            for step in (one for one in said.get("steps", ()) if "run" in one):
                shell = "sh" if "container" in said else "bash"
                found[f"{name}: {step['run'].splitlines()[0]}"] = (shell, step)
    return found


STEPS = steps()


class Place:
    """A folder with stand-ins, each of which notes its words."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "log"
        self.log.touch()

    def stand_in(self, *names: str, then: str = "") -> None:
        for name in names:
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(NOTES + then)
            path.chmod(0o755)

    def step(self, begins: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Runs the one step whose first line begins so."""
        ((shell, step),) = [one for name, one in STEPS.items() if name.startswith(begins)]
        assert not release.EXPRESSION.search(step["run"]), (
            "an expression in shell: give it by the environment"
        )
        given = {
            "PATH": f"{self.folder / 'bin'}:/usr/bin:/bin",
            "HOME": str(self.folder),
            "LOG": str(self.log),
        }
        return subprocess.run(
            [shell, "-e", "-c", step["run"]],
            cwd=self.folder,
            env=given | env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )

    def noted(self) -> list[str]:
        return self.log.read_text().splitlines()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_there_is_no_shell_step_that_no_test_runs() -> None:
    """A new one is to be run here, or in the release's rehearsal."""
    jobs = WORKFLOWS["release.yaml"]["jobs"]
    with_shell = [name for name, job in jobs.items() if any("run" in step for step in job.get("steps", ()))]
    assert with_shell == list(REHEARSED)
    text = Path(__file__).read_text("utf-8")
    run_here = re.findall(r'place\.step\("(.+?)"', text)
    assert [name for name in STEPS if not any(name.startswith(begins) for begins in run_here)] == []
    assert [begins for begins in run_here if not any(name.startswith(begins) for name in STEPS)] == []


def test_a_bare_debian_gets_what_the_checkout_needs(place: Place) -> None:
    place.stand_in("bin/apt-get")
    assert place.step("ci.yaml: apt-get").returncode == 0
    update, install = place.noted()
    assert update == "apt-get [update] [-qq]"
    assert install.endswith("[python3] [python3-venv] [git]")
    place.stand_in("bin/apt-get", then="exit 100\n")
    assert place.step("ci.yaml: apt-get").returncode == 100


@pytest.mark.skipif(os.geteuid() != 0, reason="a folder of another user's wants root")
def test_git_takes_a_checkout_that_belongs_to_another_user(place: Place) -> None:
    tree = place.folder / "tree"
    tree.mkdir()
    env = {"PATH": "/usr/bin:/bin", "HOME": str(place.folder)}
    succeeded(run(["git", "init", "-q"], cwd=tree, env=env))
    os.chown(tree, 1001, 1001)
    assert "dubious ownership" in run(["git", "status"], cwd=tree, env=env).stderr
    assert place.step("ci.yaml: git config", GITHUB_WORKSPACE=str(tree)).returncode == 0
    succeeded(run(["git", "status"], cwd=tree, env=env))


def test_ci_installs_tests_and_ends_with_the_running_cilium(place: Place) -> None:
    (place.folder / ".ci").mkdir()
    for name in ("run", "env.sh"):
        (place.folder / ".ci" / name).write_bytes((ROOT / ".ci" / name).read_bytes())
    place.stand_in(".ci/tools.sh", ".ci/poor.sh", "bin/make", ".venv/bin/python")
    done = place.step("ci.yaml: bash .ci/run")
    assert done.returncode == 0, done.stderr
    assert place.noted() == [
        "tools.sh",
        "make [--no-print-directory] [.venv/.dev]",
        "tools.sh [release]",
        "python [-m] [tests.live] [--build]",
        "make [--no-print-directory] [test]",
        "poor.sh [nothing]",
        "poor.sh [no-daemon]",
        "python [-m] [tests.live] [--built] [shop]",
    ]
    place.stand_in("bin/make", then='[ -z "${PYTHONDONTWRITEBYTECODE:-}" ] || exit 3\n')
    assert place.step("ci.yaml: bash .ci/run", PYTHONDONTWRITEBYTECODE="1").returncode == 0
    place.stand_in("bin/make", then='[ "$2" != test ] || exit 2\n')
    assert place.step("ci.yaml: bash .ci/run").returncode == 2
    assert place.noted()[-1] == "make [--no-print-directory] [test]"


def test_each_python_of_the_matrix_is_the_one_that_tests(place: Place) -> None:
    """The Makefile itself: a venv of that Python, its packages by hash, the linters, and tests that need no tool."""
    for name in ("Makefile", "pyproject.toml", "requirements"):
        (place.folder / name).symlink_to(ROOT / name)
    tools = [f"bin/{name}" for name in ("python", "ruff", "mypy", "lint-imports", "deptry")]
    copies = "".join(f'cp "$0" "$3/{name}"\n' for name in tools)
    place.stand_in("bin/python", then=f'[ "$2" != venv ] || {{ mkdir -p "$3/bin"\n{copies}}}\n')
    done = place.step("ci.yaml: make test")
    assert done.returncode == 0, done.stderr
    noted = place.noted()
    assert "python [-m] [venv] [.venv]" in noted
    pip = [line for line in noted if "[pip] [install]" in line]
    assert ["[--require-hashes]" in line or "[--no-deps]" in line for line in pip] == [True] * 3
    assert [line for line in noted if line.split()[0] in ("ruff", "mypy", "lint-imports", "deptry")]
    assert noted[-1] == "python [-m] [pytest] [-n] [auto] [-q] [-m] [not e2e and not judge]"


def test_a_night_of_inputs_goes_on_with_what_was_found(place: Place) -> None:
    place.stand_in("bin/make", ".venv/bin/python")
    assert place.step("fuzz.yaml: make", SECONDS_EACH="20").returncode == 0
    make, pip, fuzzer = place.noted()
    assert make == "make [.venv/.runtime] [PYTHON=python]"
    assert pip.endswith("[--require-hashes] [-r] [requirements/fuzz.txt]")
    assert fuzzer == "python [-m] [tests.hostile.guided] [-max_total_time=20] [found]"
    assert (place.folder / "found").is_dir()


def test_the_input_that_broke_it_is_shown_whole(place: Place) -> None:
    assert place.step("fuzz.yaml: for file").stdout == ""
    (place.folder / "crash-1").write_bytes(b"\0{\xff")
    name, text = place.step("fuzz.yaml: for file").stdout.splitlines()
    assert (name, base64.b64decode(text)) == ("crash-1", b"\0{\xff")


@pytest.mark.e2e
def test_actionlint_takes_the_workflows_and_refuses_a_wrong_one(place: Place) -> None:
    """The step itself, with Go."""
    require("go")
    env = environment(**go_environment(), GITHUB_WORKSPACE=str(place.folder))
    (place.folder / ".ci").symlink_to(ROOT / ".ci")
    there = place.folder / ".github" / "workflows"
    there.mkdir(parents=True)
    (place.folder / ".git").mkdir()
    for path in FOLDER.glob("*.yaml"):
        (there / path.name).write_bytes(path.read_bytes())
    done = place.step("ci.yaml: cd .ci/tools/actionlint", **env)
    if "dial tcp" in done.stderr or "no such host" in done.stderr:
        absent("Go cannot fetch actionlint here")
    assert done.returncode == 0, done.stdout + done.stderr

    wrong = (there / "ci.yaml").read_text().replace("matrix.python }}", "matrix.pyton }}")
    (there / "ci.yaml").write_text(wrong)
    done = place.step("ci.yaml: cd .ci/tools/actionlint", **env)
    assert done.returncode != 0
    assert '"pyton" is not defined' in done.stdout
