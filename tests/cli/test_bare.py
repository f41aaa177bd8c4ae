"""The function's own command line: what it reads, what it refuses, in one line and with exit code 2."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from cilium_policies.cli import bare, options
from cilium_policies.cli.names import COMMANDS, OPTIONS
from cilium_policies.cli.usage import usage

from bench import inputs

RUN = [sys.executable, "-c", "import sys; from cilium_policies.cli import main; sys.exit(main())"]


def command(
    *arguments: str, stdin: bytes = b"", cwd: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*RUN, *arguments], input=stdin, capture_output=True, cwd=cwd, timeout=300, check=False
    )


def test_options_stand_anywhere_and_take_both_forms() -> None:
    given = bare.parse(
        ["a.yaml", "--config=c.yaml", "--mode", "enforce", "-v", "--set", "x.y=a=b", "--", "--b"]
    )
    assert given.files == ["a.yaml", "--b"]
    assert given.config == "c.yaml"
    assert given.overrides == [("mode", "enforce", "--mode enforce"), ("x.y", "a=b", "--set x.y=a=b")]
    assert given.verbose
    assert not given.only_policies


def test_namespace_is_the_configs_default_namespace() -> None:
    for option in ("--namespace", "-n"):
        assert bare.parse([option, "shop"]).overrides == [("namespaces.default", "shop", f"{option} shop")]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--confg", "x"], "unknown option --confg; did you mean --config?"),
        (["--nonsense"], "unknown option --nonsense (cilium-policies --help)"),
        (["--mode", "loud"], "--mode loud: write audit or enforce"),
        (["--mode"], "--mode needs a value"),
        (["--set", "mode"], "--set mode: write --set PATH=VALUE"),
        (["a.yaml", "b.yaml"], "several files or a folder need --only-policies, or `cilium-policies write"),
        (["."], "several files or a folder need --only-policies, or `cilium-policies write"),
        (["missing.yaml"], "missing.yaml: no such file or directory"),
        (["--config", "missing.yaml"], "missing.yaml: no such file or directory"),
        (["lits", "x.yaml"], "lits is neither a file nor a command; did you mean list?"),
        (["generate"], "generate is neither a file nor a command (cilium-policies --help)"),
        (["--mode", "enforce", "list", "x.yaml"], "the command comes first: cilium-policies list …"),
        (["explain", "--from"], "option '--from' requires an argument"),
        (["completion", "tcsh"], "'tcsh' is not one of"),
        (["lint", "--nonsense"], "no such option"),
    ],
)
def test_a_wrong_command_line_is_one_line_and_exit_2(arguments: list[str], said: str, tmp_path: Path) -> None:
    done = command(*arguments, cwd=tmp_path)
    lines = done.stderr.decode().splitlines()
    assert done.returncode == 2
    assert done.stdout == b""
    assert len(lines) == 1
    assert said in lines[0].lower() or said in lines[0]
    assert lines[0].startswith("cilium-policies: ")


def test_help_prints_to_stdout_whatever_stdin_holds() -> None:
    for stdin in (b"", b"\x00\xff not yaml: [", b"apiVersion: v1\n"):
        done = command("--help", stdin=stdin)
        assert (done.returncode, done.stdout.decode(), done.stderr) == (0, usage(), b"")


def test_a_file_without_an_ending_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "rendered").write_bytes(b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
    assert command("rendered", cwd=tmp_path).stdout == (tmp_path / "rendered").read_bytes()


def test_version_is_the_packages() -> None:
    from importlib.metadata import version

    assert command("--version").stdout.decode() == f"cilium-policies {version('cilium-policies')}\n"


def test_an_option_is_declared_once_and_the_command_line_help_and_questions_have_it() -> None:
    words = set(usage().replace(",", " ").split())
    questions = {name for one in options._OPTIONS for name in _names(one)}
    for one in OPTIONS:
        assert (set(one.names) <= words) == (one.of != "questions")
        assert (set(one.names) <= {*bare.VALUES, *bare.FLAGS, *bare.ASKS}) == (one.of != "questions")
        assert (set(one.names) <= questions) == (one.of != "function")
    assert set(COMMANDS) <= words
    assert all(len(line) <= 80 for line in usage().splitlines())


def _names(option: Any) -> list[str]:
    """The names with which a click decorator adds an option."""
    command = option(click.Command("x", callback=lambda: None))
    return [name for one in command.params for name in one.opts]


def test_an_unreadable_file_is_one_line_and_exit_1(tmp_path: Path) -> None:
    folder = tmp_path / "x.yaml"
    folder.symlink_to("x.yaml")
    done = command("x.yaml", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.decode().startswith("cilium-policies: x.yaml: cannot be read: ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(("arguments", "says"), [([], b"name: default-deny"), (["--help"], b"usage: ")])
def test_click_and_heavy_modules_are_not_imported_on_the_functions_path(
    arguments: list[str], says: bytes
) -> None:
    code = (
        f"import sys; sys.argv = {['cilium-policies', *arguments]}\n"
        "from cilium_policies.cli import main\n"
        "code = main()\n"
        "import cilium_policies.function\n"
        "heavy = {'click', 'jsonschema', 'ruamel', 'dataclasses', 'inspect', 'argparse', 'urllib.request', "
        "'ipaddress', 'difflib', 'importlib.metadata', 'subprocess', 'typing', 'signal', 'pathlib', 'contextlib', "
        "'yaml', 'cilium_policies.questions', 'cilium_policies.show'}\n"
        "sys.stderr.write(' '.join(['imported:', *sorted(heavy & set(sys.modules))]))\n"
        "sys.exit(code)\n"
    )
    run = [sys.executable, "-S", "-c", _with_path(code)]
    done = subprocess.run(run, input=inputs.resource_list(40), capture_output=True, check=False)
    assert done.returncode == 0
    assert done.stderr.decode().endswith("imported:")
    assert says in done.stdout


def test_ctrl_c_ends_it_as_it_ends_others() -> None:
    def heard() -> None:  # a test runner's workers ignore it, and so would what they start
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    with subprocess.Popen(RUN, stdin=-1, stderr=-1, preexec_fn=heard) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(b"#" * 200_000)  # more than a pipe holds: it is being read
        process.stdin.flush()
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == -signal.SIGINT
        assert process.stderr.read() == b""


def _with_path(code: str) -> str:
    """Without site-packages' .pth files, which import much that an installation does not."""
    return f"import sys; sys.path[:] = {sys.path!r}\n{code}"


def test_a_closed_pipe_is_no_traceback() -> None:
    shell = f"{sys.executable} -c 'import sys; from cilium_policies.cli import main; sys.exit(main())' --help | true"
    done = subprocess.run(["sh", "-c", shell], capture_output=True, check=False)
    assert done.stderr == b""


def test_a_full_disk_is_one_line_and_exit_1() -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run([*RUN, "--help"], stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1
    assert done.stderr.decode() == "cilium-policies: no space left on device\n"


def test_an_error_of_our_own_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    from cilium_policies.cli import streams

    def broken() -> int:
        raise KeyError("a\nb")

    assert streams.guarded(broken) == 1
    said = capsysbinary.readouterr().err.decode()
    assert said.count("\n") == 1
    assert said.startswith("cilium-policies: internal error in test_bare.py:")
    assert ": KeyError; please" in said, "its words may be a value of the input's"
    monkeypatch.setenv(streams.DEBUG, "1")
    with pytest.raises(KeyError):
        streams.guarded(broken)


def test_the_module_is_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cilium_policies", "--version"], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("cilium-policies ")
