"""The program as a process: closed streams, a full disk, a large stream, odd bytes on standard input."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cilium_policies
import pytest

from bench import inputs
from tests.cli.test_bare import RUN
from tests.hostile import seeds


def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """One run of the command."""
    options = {
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "timeout": 300,
        "check": False,
        **options,
    }
    return subprocess.run([*RUN, *arguments], **options)


def refused(done: subprocess.CompletedProcess[bytes], word: bytes) -> None:
    """Exit 1, one line that says why, nothing on stdout."""
    assert (done.returncode, done.stderr.count(b"\n"), done.stdout or b"") == (1, 1, b""), done.stderr
    assert word in done.stderr.lower(), done.stderr
    assert b"internal error" not in done.stderr


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"kind: Pod\0\n", b"nul"),
        (b"kind: \xff\n", b"utf-8"),
        ("kind: Pod\n".encode("utf-16"), b"utf-16"),
        (bytes(range(255, -1, -1)), b"stdin:1"),
        (b"hello: [\n", b"not yaml"),
        (b"<html><body>\n  502: bad gateway\n  a\n: b\n", b"not yaml"),
        (b"kind: Pod\nspec: " + b"[" * 100_000, b"nested deeper"),
        (b"{" * 50_000, b"stdin:1"),
        ((seeds.LIST + "- apiVersion: v1\n  kind: Namespace\n  metadata:\n    na").encode(), b"ends inside an item"),
        ((seeds.LIST + "- apiVersion: v1\n  kind: Namespace\n  metadata:\n    name: 'x").encode(), b"not yaml"),
    ],
)  # fmt: skip
def test_what_is_no_input_is_one_line(data: bytes, word: bytes) -> None:
    refused(run(input=data), word)


def test_a_closed_pipe_is_an_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as pipe:
        refused(run(input=seeds.CLUSTER.encode(), stdout=pipe), b"pipe")


def test_a_closed_standard_output_is_an_error() -> None:
    refused(run(input=seeds.CLUSTER.encode(), stdout=None, preexec_fn=lambda: os.close(1)), b"closed")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_an_error() -> None:
    with open("/dev/full", "wb") as full:
        refused(run(input=seeds.CLUSTER.encode(), stdout=full), b"no space")


def test_a_closed_standard_error_changes_nothing() -> None:
    done = run(input=seeds.CLUSTER.encode(), stderr=None, preexec_fn=lambda: os.close(2))
    assert done.returncode == 0
    assert done.stdout.startswith(seeds.CLUSTER.encode())


def test_a_closed_standard_input_is_an_error() -> None:
    done = run(stdin=None, preexec_fn=lambda: os.close(0))
    assert done.returncode in (1, 2)
    assert done.stderr.count(b"\n") == 1
    assert b"internal error" not in done.stderr


@pytest.mark.parametrize("name", ["../x", "a/b", "a\\nb", "${NS}", "", "x" * 300, "é", "true", "-", "a b"])
def test_odd_namespaces_lead_nowhere(name: str, tmp_path: Path) -> None:
    text = f'apiVersion: v1\nkind: Namespace\nmetadata: {{name: "{name}"}}\n---\n' + next(
        text.replace("team-0", f'"{name}"') for text in inputs.documents(3) if "kind: Deployment" in text
    )
    out = tmp_path / "in" / "out"
    done = run("write", "--output", str(out), input=text.encode())
    assert done.returncode in (0, 1)
    assert b"Traceback" not in done.stderr
    assert b"internal error" not in done.stderr
    outside = [path for path in tmp_path.rglob("*") if path.is_file() and out not in path.parents]
    assert outside == []
    done = run(input=text.encode())
    assert done.returncode in (0, 1)
    assert done.stdout.startswith(text.encode()) or not done.stdout
    assert b"internal error" not in done.stderr


@pytest.mark.slow
def test_two_hundred_megabytes_pass(tmp_path: Path) -> None:
    part = inputs.stream(2_000)
    source = tmp_path / "large.yaml"
    count = 200_000_000 // len(part) + 1
    with open(source, "wb") as file:
        for number in range(count):
            file.write(part.replace(b"team-", b"t%d-" % number) + b"---\n")
    with open(source, "rb") as stdin, open(tmp_path / "out.yaml", "wb") as stdout:
        done = run(stdin=stdin, stdout=stdout, timeout=600)
    assert done.returncode == 0, done.stderr
    assert _same_start(source, tmp_path / "out.yaml")


def _same_start(source: Path, answer: Path) -> bool:
    """Whether the answer begins with every byte of the source."""
    with open(source, "rb") as first, open(answer, "rb") as second:
        while chunk := first.read(1 << 20):
            if second.read(len(chunk)) != chunk:
                return False
        return bool(second.read(1))


KINDS = (
    ".py",
    ".pyc",
    ".so",
    "index.json",
    "config/schema.json",
    "cilium/crds.json",
    "catalogue/top-level-domains.txt",
    ".pth",
    ".toml",
    ".cfg",
)
HOOK = """
import sys
seen = []
def hook(event, arguments):
    if event == "open":
        seen.append((event, str(arguments[0]), arguments[1] or "", arguments[2] or 0))
    elif event.startswith(("socket.", "subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.spawn",
                           "os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.chmod",
                           "os.putenv", "shutil.", "ctypes.", "urllib.", "tempfile.", "pty.", "webbrowser.")):
        seen.append((event, str(arguments), "", 0))
sys.addaudithook(hook)
from cilium_policies.cli import main
code = main()
sys.stdout.flush()
print(repr(seen), file=sys.stderr)
sys.exit(code)
"""


def touched(arguments: Sequence[str], data: bytes) -> list[tuple[str, str, str, int]]:
    """What a run opened and did, by the interpreter's audit events."""
    warm = run(*arguments, input=data)  # a source tree compiles its catalogue once
    done = subprocess.run(
        [sys.executable, "-B", "-c", HOOK, *arguments],
        input=data,
        capture_output=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == warm.returncode == 0, done.stderr
    events: list[tuple[str, str, str, int]] = eval(done.stderr.splitlines()[-1])
    return events


def test_the_function_touches_what_it_is_given_and_nothing_else(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(seeds.CONFIG)
    file = tmp_path / "cluster.yaml"
    file.write_text(seeds.CLUSTER)
    places = [path for path in (*sys.path, sys.prefix, sys.base_prefix) if path]
    for arguments in ([], ["--config", str(config)], ["--config", str(config), str(file)]):
        named = {Path(word) for word in arguments[1:]}
        opened = set()
        for event, what, mode, flags in touched(arguments, seeds.CLUSTER.encode()):
            assert event == "open", (event, what)
            assert not flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT), (what, mode)
            if Path(what) in named:
                opened.add(Path(what))
            else:
                assert any(what.startswith(place) for place in places) or what.isdigit(), what
                assert what.endswith(KINDS) or what.isdigit(), what
        assert opened == {path for path in named if path.is_absolute()}


@pytest.mark.parametrize(
    "arguments",
    [
        ["list"],
        ["explain", "--from", "shop/web", "--to", "world", "--port", "443"],
        ["report"],
        ["components"],
        ["lint"],
        ["write", "--output", "policies"],
        ["inventory"],
    ],
    ids=" ".join,
)
def test_no_question_starts_a_process_or_opens_a_socket(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = subprocess.run(
        [sys.executable, "-B", "-c", HOOK, *arguments],
        input=seeds.CLUSTER.encode(),
        capture_output=True,
        timeout=300,
        check=False,
    )
    events = {event for event, *_ in eval(done.stderr.splitlines()[-1])}
    started = (
        "socket.",
        "subprocess.",
        "os.system",
        "os.exec",
        "os.fork",
        "os.posix_spawn",
        "os.spawn",
        "pty.",
    )
    itself = {"os.fork"} if arguments[0] == "report" else set()  # a copy, which runs no other program
    assert [event for event in events - itself if event.startswith(started)] == []


def test_only_build_imports_what_starts_processes() -> None:
    package = Path(cilium_policies.__file__).parent
    pattern = re.compile(
        r"^\s*(?:import|from) (?:subprocess|socket|multiprocessing|pty)\b|os\.(?:system|popen|exec|spawn)",
        re.M,
    )
    found = [
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if pattern.search(path.read_text())
    ]
    assert found == ["builds/tool.py"]


def test_only_a_report_works_in_a_copy_of_itself() -> None:
    package = Path(cilium_policies.__file__).parent
    texts = {path.relative_to(package).as_posix(): path.read_text() for path in package.rglob("*.py")}

    assert [path for path, text in texts.items() if "os.fork" in text] == ["cli/aside.py"]
    users = {path for path, text in texts.items() if "import aside" in text}
    assert users == {"cli/ahead.py", "cli/report.py"}
    assert [path for path, text in texts.items() if "ahead.begin(" in text] == ["cli/__init__.py"]
