"""Command lines of `build`: what is read without click is what click would read."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

import pytest
from cilium_policies.cli import build
from cilium_policies.cli.building import Given, plain
from hypothesis import given, settings
from hypothesis import strategies as st

LINES = [
    "",
    "{dir}",
    "--partial",
    "{dir} --partial --partial",
    "--cluster clusters/home {dir}",
    "{dir} --with kustomize --cluster x",
    "--with flate {dir}",
]
FOR_CLICK = [
    "--help",
    "{dir} --help",
    "{dir} {dir}",
    "{dir}/none",
    "{file}",
    "--with make",
    "--with",
    "--cluster",
    "--cluster --partial",
    "--cluster a --cluster b",
    "--cluster=a",
    "--source a={dir} {dir}",
    "-- {dir}",
    "--part",
]


def told(line: str, place: Path) -> list[str]:
    file = place / "file.yaml"
    file.write_text("{}\n")
    return [word.format(dir=place, file=file) for word in line.split()]


@pytest.mark.parametrize("line", LINES)
def test_a_usual_line_means_what_click_says(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Given] = []
    monkeypatch.setattr(build, "run_build", asked.append)
    words = told(line, tmp_path)
    build.build_command.main(words, standalone_mode=False)
    assert [plain(words)] == asked


@pytest.mark.parametrize("line", FOR_CLICK)
def test_every_other_is_left_to_click(line: str, tmp_path: Path) -> None:
    assert plain(told(line, tmp_path)) is None


OPTIONS = [option for one in build.build_command.params for option in one.opts if option.startswith("-")]
VALUES = ["kustomize", "flate", "a", "a={dir}", "", "-", "--partial"]
WORDS = ["{dir}", "{dir}/none", "{file}", "", "-", "--", "-h", "--help", "--none", *OPTIONS]
PIECES = st.one_of(
    st.just(["{dir}"]),
    st.sampled_from(WORDS).map(lambda word: [word]),
    st.tuples(st.sampled_from(OPTIONS), st.sampled_from(VALUES)).map(list),
    st.tuples(st.sampled_from(OPTIONS), st.sampled_from(VALUES)).map(lambda pair: ["=".join(pair)]),
)


@given(st.lists(PIECES, max_size=4).map(lambda pieces: [word for piece in pieces for word in piece]))
@settings(max_examples=400)
def test_no_line_means_something_else_than_click_says(
    tmp_path_factory: pytest.TempPathFactory, line: list[str]
) -> None:
    """Whatever options `build` has: click reads it alike, or reads it alone."""
    place = tmp_path_factory.getbasetemp()
    (place / "file.yaml").write_text("{}\n")
    words = [word.format(dir=place, file=place / "file.yaml") for word in line]
    read = plain(words)
    if read is None:
        return
    asked: list[Given] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "run_build", asked.append)
        build.build_command.main(words, standalone_mode=False)  # raises UsageError where it refuses
    assert asked == [read]


def _built(folder: Path, modules: Collection[str]) -> tuple[str, str]:
    """What `build` prints of a folder that has its own tools; its exit code with which of the modules it imports."""
    script = (
        "import sys; sys.argv = ['cilium-policies', 'build', sys.argv[1]]; from cilium_policies.cli import main; "
        f"code = main(); sys.stderr.write(repr((code, sorted({set(modules)} & set(sys.modules)))))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", script, str(folder)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"},
    )
    return done.stdout, done.stderr.splitlines()[-1]


def test_a_usual_line_imports_neither_click_nor_subprocess(tmp_path: Path) -> None:
    assert _built(tmp_path, {"click", "yaml", "subprocess"}) == ("", "(1, [])")


ROOT = """
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: flux-system, namespace: flux-system}
spec: {path: ./cluster, targetNamespace: apps, sourceRef: {kind: GitRepository, name: flux-system}}
"""
UNNEEDED = [
    "json",
    "cilium_policies.kube.reading",
    "cilium_policies.kube.inventory",
    "cilium_policies.document.blocks",
    "cilium_policies.builds.plain",
    "cilium_policies.builds.own_charts",
]


def test_a_build_imports_nothing_that_other_repositories_need(tmp_path: Path) -> None:
    """All of it stands before the first tool begins, or behind the last."""
    (tmp_path / "cluster").mkdir()
    (tmp_path / "cluster" / "gotk-sync.yaml").write_text(ROOT)
    (tmp_path / "cluster" / "kustomization.yaml").write_text("resources: [gotk-sync.yaml]\n")
    tool = tmp_path / "kustomize"
    tool.write_text("#!/bin/sh\ncat <<'END'" + ROOT + "END\n")
    tool.chmod(0o755)
    printed, imported = _built(tmp_path, UNNEEDED)
    assert "name: flux-system" in printed
    assert imported == "(0, [])"


PRINTS = """
import signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
from cilium_policies.cli import building, main
from cilium_policies.builds.run import Built
building.build = lambda *_, **__: Built([b"a: b\\n"] * 1_000_000, [], [], "kustomize", "it")
sys.argv = ["cilium-policies", "build", sys.argv[1]]
sys.exit(main())
"""


def test_ctrl_c_ends_it_without_a_word_while_nobody_reads_what_it_prints(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PRINTS, str(tmp_path)]
    with subprocess.Popen(command, stdout=-1, stderr=-1) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(4) == b"---\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == -signal.SIGINT
        assert process.stderr.read() == b""


@pytest.mark.skipif(not hasattr(os, "posix_spawnp"), reason="no processes to wait for")
def test_a_parent_that_ignores_what_becomes_of_its_children_changes_nothing(tmp_path: Path) -> None:
    tool = tmp_path / "bin" / "kustomize"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\necho 'kind: A'\n")
    tool.chmod(0o755)
    (tmp_path / "kustomization.yaml").write_text("resources: [.]\n")
    done = subprocess.run(
        [sys.executable, "-m", "cilium_policies", "build", str(tmp_path)],
        env={**os.environ, "PATH": f"{tool.parent}{os.pathsep}{os.environ['PATH']}"},
        preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN),
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, b"---\n# Source: .\nkind: A\n"), done.stderr
