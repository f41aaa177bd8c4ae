"""What holds of the repository as a whole: versions agree, pins are pins, nothing names this machine."""

from __future__ import annotations

import ast
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

import pytest
import yaml

from tests.tools import EXAMPLES, REPOSITORY, ROOT, SOURCE, VERSION, places, require, run, succeeded
from tests.tools.engine import engine, without

HOSTS = (
    "pypi" + ".org",
    "pythonhosted" + ".org",
    "proxy.golang" + ".org",
    "crates" + ".io",
    "npmjs" + ".org",
)
HOSTS += ("deb.debian" + ".org", "/root" + "/", "/work" + "/main", "/work" + "/shared")


def tracked():
    """The files of the repository, or of the work tree where git is not at hand."""
    listing = run(["git", "ls-files", "-z"])
    if listing.returncode != 0:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listing.stdout.split("\0") if name]


def test_one_version_everywhere():
    for path in tracked():
        if path.is_file() and path.suffix not in (".png", ".sum", ".gz"):
            found = re.findall(rf"{re.escape(REPOSITORY)}:([\w.]+)", path.read_text(errors="replace"))
            assert {tag for tag in found if not tag.startswith(("tree", "again"))} <= {VERSION}, path
    assert f"rev: v{VERSION}" in (EXAMPLES / "pre-commit" / ".pre-commit-config.yaml").read_text()


def test_each_version_in_the_changelog_has_its_tag():
    """But the one that is being released: it gets its tag last."""
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == "Unreleased"
    released = [re.fullmatch(r"(\d+\.\d+\.\d+) - \d{4}-\d\d-\d\d", one) for one in headings[1:]]
    assert None not in released, headings
    versions = [one[1] for one in released if one]
    assert versions == sorted(versions, key=lambda one: [*map(int, one.split("."))], reverse=True)
    tags = succeeded(run(["git", "tag", "--list"], cwd=ROOT)).split()
    if tags:  # a shallow clone has none
        assert {f"v{one}" for one in versions if one != VERSION} <= set(tags)


def test_public_names_have_one_place_and_one_command_changes_them_all(tmp_path):
    """In a copy: afterwards nothing names the old ones, and back again each byte is as it was."""
    for path in tracked():
        if path.is_file():
            (tmp_path / path.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, tmp_path / path.relative_to(ROOT))
    for words in (["init", "-q"], ["add", "--all", "--force"]):
        succeeded(run(["git", *words], cwd=tmp_path))
    command = [sys.executable, tmp_path / ".ci" / "public.py"]
    new = "registry.example/me/policies", "https://git.example.com/me/policies"
    changed = {Path(line) for line in succeeded(run([*command, *new], cwd=tmp_path)).split()}

    assert {Path("metadata.yaml"), Path("docs/pipelines.md"), Path("examples/kpt-render/Kptfile")} <= changed
    named = re.compile(rf"(?<![\w./-]){re.escape(REPOSITORY)}(?![\w/-])|{re.escape(SOURCE)}(?![\w-])")
    left = [path for path in changed if named.search((tmp_path / path).read_text())]
    assert left == []
    assert succeeded(run(command, cwd=tmp_path)).split() == [*new, VERSION]
    succeeded(run([*command, REPOSITORY, SOURCE], cwd=tmp_path))
    assert [path for path in changed if (tmp_path / path).read_bytes() != (ROOT / path).read_bytes()] == []


def test_the_release_takes_its_names_from_there():
    text = (ROOT / ".github" / "workflows" / "release.yaml").read_text()
    script = (ROOT / ".ci" / "released.sh").read_text()

    assert "sh .ci/released.sh" in text
    assert "python3 .ci/public.py" in script
    assert REPOSITORY not in text + script


@pytest.mark.parametrize(
    "workflow", sorted((ROOT / ".github" / "workflows").glob("*.yaml")), ids=lambda p: p.name
)
def test_actions_are_pinned_by_commit_and_rights_are_few(workflow):
    text = workflow.read_text()
    pinned(text)
    assert yaml.load(text, yaml.BaseLoader)["permissions"] == {"contents": "read"}


def pinned(text):
    """Each action by a commit, with its version; each checkout without a token that later steps could take."""
    uses = re.findall(r"uses: (\S+)(.*)", text)
    assert uses
    for action, comment in uses:
        assert action.startswith("./") or re.search(r"@[0-9a-f]{40}$", action), action
        assert action.startswith("./") or re.match(r" # v\d", comment), f"{action}: which version?"
    assert text.count("uses: actions/checkout@") == text.count("persist-credentials: false")


def test_the_workflow_that_people_copy_is_pinned_as_well():
    pinned((EXAMPLES / "github-actions" / "policies.yaml").read_text())


def test_what_builds_others_code_in_a_release_has_no_identity():
    """The jobs that can sign have the tools of .ci/tools, built by their sums, and start neither pip nor make."""
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yaml").read_text())["jobs"]
    signers = {name for name, job in jobs.items() if "id-token" in job.get("permissions", {})}
    assert signers == {"sign", "publish"}
    for name in signers:
        steps = "\n".join(step.get("run", "") for step in jobs[name]["steps"])
        assert "bash .ci/tools.sh release" in steps
        assert not re.search(r"\b(pip|make|docker build)\b", steps)
    assert set(jobs["publish"]["needs"]) == {"wheel", "image", "sign"}
    assert (jobs["sign"]["needs"], jobs["image"]["needs"], jobs["wheel"]["needs"]) == (
        "image",
        "wheel",
        "test",
    )


@pytest.mark.parametrize("name", ["runtime", "build", "dev", "fuzz"])
def test_requirements_are_pinned_with_hashes(name):
    blocks = re.split(r"\n(?=\S)", (ROOT / "requirements" / f"{name}.txt").read_text())
    pins = [block for block in blocks if block and not block.startswith("#")]

    assert pins
    for pin in pins:
        assert re.match(r"[\w.-]+==[\w.]+ ", pin), pin
        assert "--hash=sha256:" in pin, pin


def test_whatever_installs_packages_does_it_by_hash():
    """pip in workflows, action, scripts, Makefile and Dockerfiles: from requirements/, or nothing but this checkout."""
    scripts = [*ROOT.glob(".github/workflows/*.yaml"), *ROOT.glob(".ci/*"), *EXAMPLES.glob("*/Dockerfile")]
    scripts += [ROOT / name for name in ("action.yml", "Dockerfile", "Makefile")]
    commands = [
        line
        for path in scripts
        if path.is_file()
        for line in re.findall(r"\bpip (?:install|wheel) [^\n;&]*", path.read_text())
    ]
    assert len(commands) > 8
    assert [one for one in commands if not re.search(r"--(require-hashes|no-deps)\b", one)] == []


def test_the_shipped_programs_dependencies_are_those_of_the_project():
    runtime = (ROOT / "requirements" / "runtime.txt").read_text()
    declared = re.search(r"^dependencies = \[(.*)\]$", (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    names = {name.lower() for name in re.findall(r'"([A-Za-z.-]+)', declared[1])}

    assert names == {"pyyaml", "click"}
    assert {line.split("==")[0] for line in runtime.splitlines() if "==" in line.split(" ")[0]} >= names


def long_ones(limit, measure):
    """`file:name` of what is longer than `limit` lines."""
    return [
        name for path in sorted((ROOT / "fn").rglob("*.py")) for name, lines in measure(path) if lines > limit
    ]


def functions(path):
    """Functions but for the few that say on their first line that they are a hot loop, where a call costs."""
    text = path.read_text()
    lines = text.splitlines()
    for node in ast.walk(ast.parse(text)):
        if (
            isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
            and "hot loop" not in lines[node.lineno - 1]
        ):
            yield f"{path.relative_to(ROOT)}:{node.name}", node.end_lineno - node.lineno + 1


def whole(path):
    text = path.read_text()
    if "do not edit" not in text[:120]:  # a made file is as long as what it is made from
        yield str(path.relative_to(ROOT)), len(text.splitlines())


def test_modules_stay_under_300_lines_and_functions_under_60():
    assert long_ones(300, whole) == []
    assert long_ones(60, functions) == []


def test_links_of_the_pages_lead_somewhere():
    pages = [path for path in tracked() if path.suffix == ".md"]
    lost = [
        f"{page.relative_to(ROOT)}: {link}"
        for page in pages
        for link in re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", page.read_text("utf-8"))
        if not (page.parent / link).exists()
    ]

    assert pages
    assert lost == []


def test_scripts_of_the_repository_are_executable_and_parse():
    scripts = [ROOT / ".ci" / "run", *sorted((ROOT / ".ci").glob("*.sh")), *sorted(EXAMPLES.glob("*/run*"))]
    for script in scripts:
        first = script.read_text().splitlines()[0]
        shell = "bash" if "bash" in first or script.name == "env.sh" else "sh"
        succeeded(run([shell, "-n", script]))
        assert script.name == "env.sh" or script.stat().st_mode & 0o100, script


def test_ci_run_needs_no_input_and_calls_make_test():
    text = (ROOT / ".ci" / "run").read_text()

    assert "make --no-print-directory test" in text
    assert "CI=true" in text
    assert (
        "tests.live --built" in text.partition("make --no-print-directory test")[2]
    )  # alone, when the rest is done
    assert Path(ROOT / ".ci" / "tools.sh").exists()


def test_shell_and_tests_look_for_tools_in_the_same_folder(tmp_path):
    for home, more in (("home", {}), ("away", {"XDG_CACHE_HOME": str(tmp_path / "xdg")})):
        env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path / home), **more}
        by_shell = run(["sh", "-c", '. .ci/env.sh; printf %s "$CILIUM_POLICIES_CACHE"'], env=env)
        by_tests = run(
            [sys.executable, "-c", "from tests.tools.places import CACHE; print(CACHE, end='')"], env=env
        )
        assert (
            succeeded(by_shell)
            == succeeded(by_tests)
            == str(Path(more.get("XDG_CACHE_HOME", tmp_path / home / ".cache"), "cilium-policies"))
        )


def test_the_cache_moves_where_the_home_cannot_be_written_to(tmp_path, monkeypatch):
    monkeypatch.delenv("CILIUM_POLICIES_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(places, "writable", lambda path: tmp_path not in path.parents)

    assert places.folder() == Path(tempfile.gettempdir(), f"cilium-policies-{os.getuid()}")
    assert set(places.go_environment()) == {"GOCACHE", "GOMODCACHE"}


def script(folder, name, text):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)
    return folder


@pytest.mark.parametrize(
    ("docker", "podman", "found"),
    [
        # What `docker version` says without a daemon is exit 1; a name that does not answer is no tool.
        ("exit 1", None, None),
        (None, None, None),
        ("exit 1", "echo podman 5", ("podman", True, True)),
        (None, "echo podman 5", ("podman", True, True)),
        (None, "exit 125", None),
        ("echo Docker version 28", "echo podman 5", ("docker", False, False)),
        ("echo podman version 5", "echo podman 5", ("docker", True, False)),
    ],
)
def test_an_engine_counts_when_it_answers(tmp_path, docker, podman, found):
    for name, text in (("docker", docker), ("podman", podman)):
        if text:
            script(tmp_path, name, text)
    made = engine(str(tmp_path))

    assert (made and (Path(made.command).name, made.podman, made.shim)) == found


def test_a_test_that_asks_for_an_engine_says_so():
    """Else the machine without a daemon would leave it out."""
    with pytest.raises(AssertionError, match=r"pytest\.mark\.container"):
        require("kustomize", "container")


def test_a_path_without_a_command_keeps_its_neighbours(tmp_path):
    both = script(script(tmp_path / "a", "kustomize", ""), "other", "")
    path = without(f"{both}:{tmp_path / 'b'}", "kustomize", tmp_path / "stand-in")

    assert shutil.which("kustomize", path=path) is None
    assert shutil.which("other", path=path) is not None
