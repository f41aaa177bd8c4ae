"""Command lines of `build`: what is read without click is what click would read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest
from cilium_policies.cli import build
from cilium_policies.cli.building import Given, plain

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
    given: list[Given] = []
    monkeypatch.setattr(build, "run_build", given.append)
    words = told(line, tmp_path)
    build.build_command.main(words, standalone_mode=False)
    assert [plain(words)] == given


@pytest.mark.parametrize("line", FOR_CLICK)
def test_every_other_is_left_to_click(line: str, tmp_path: Path) -> None:
    assert plain(told(line, tmp_path)) is None


def test_what_click_would_refuse_is_never_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "run_build", lambda given: 0)
    for line in FOR_CLICK:
        words = told(line, tmp_path)
        try:
            build.build_command.main(words, standalone_mode=False)
        except click.UsageError:
            assert plain(words) is None


def test_a_usual_line_imports_neither_click_nor_subprocess(tmp_path: Path) -> None:
    script = (
        "import sys; sys.argv = ['cilium-policies', 'build', sys.argv[1]]; from cilium_policies.cli import main; "
        "code = main(); print(code, sorted({'click', 'yaml', 'subprocess'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", script, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout == "1 []\n"
