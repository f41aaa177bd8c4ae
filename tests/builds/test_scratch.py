"""The folder for what a build makes on its way: nobody else's, in the first place that takes one, gone afterwards."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cilium_policies.builds.scratch import scratch

posix = pytest.mark.skipif(os.name != "posix", reason="tempfile makes it elsewhere")
PREFIX = "cilium-policies-"
INTERRUPTED = """
import os, signal, time
from cilium_policies.builds.scratch import scratch
signal.signal(signal.SIGINT, signal.default_int_handler)  # as `build` does
with scratch("cilium-policies-") as folder:
    os.mkdir(os.path.join(folder, "below"))
    print(folder, flush=True)
    while True:  # one long sleep would not hear of a signal that comes just before it
        time.sleep(0.01)
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def filled(folder: str) -> None:
    (Path(folder) / "a" / "b").mkdir(parents=True)
    (Path(folder) / "a" / "b" / "file").write_text("x")


def test_it_lies_in_the_place_for_temporary_files_and_goes_with_all_that_it_holds(place: Path) -> None:
    with scratch(PREFIX) as folder:
        assert (Path(folder).parent, Path(folder).name[: len(PREFIX)]) == (place, PREFIX)
        filled(folder)
    assert list(place.iterdir()) == []


@posix
def test_nobody_else_may_look_into_it(place: Path) -> None:
    before = os.umask(0)
    try:
        with scratch(PREFIX) as folder:
            assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
    finally:
        os.umask(before)


def test_its_name_is_not_to_be_guessed_and_never_used_twice(place: Path) -> None:
    with scratch(PREFIX) as one, scratch(PREFIX) as other:
        names = [Path(folder).name.removeprefix(PREFIX) for folder in (one, other)]
    assert names[0] != names[1]
    if os.name == "posix":
        assert [len(bytes.fromhex(name)) for name in names] == [8, 8]


@posix
def test_what_somebody_has_put_there_is_not_taken(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a folder nor a link of that name: the next place has none."""
    monkeypatch.setattr(os, "urandom", bytes)
    (place / "other").mkdir()
    (place / f"{PREFIX}{bytes(8).hex()}").symlink_to(place / "other")
    (place / "second").mkdir()
    monkeypatch.setenv("TEMP", str(place / "second"))
    with scratch(PREFIX) as folder:
        assert Path(folder).parent == place / "second"
        filled(folder)
    assert list((place / "other").iterdir()) == []


def test_it_goes_after_an_error(place: Path) -> None:
    def failing() -> None:
        with scratch(PREFIX) as folder:
            filled(folder)
            raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        failing()
    assert list(place.iterdir()) == []


@posix
def test_it_goes_when_the_build_is_interrupted(place: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as run:
        assert run.stdout is not None
        assert Path(run.stdout.readline().strip()).is_dir()
        run.send_signal(signal.SIGINT)
        assert run.wait(120) != 0
    assert list(place.iterdir()) == []


@posix
@pytest.mark.parametrize("mode", [0o500, 0o000])
def test_folders_without_rights_go_as_well(place: Path, mode: int) -> None:
    """Copies of a repository that may only be read, as one in Nix's store. To root all folders are open."""
    with scratch(PREFIX) as folder:
        filled(folder)
        (Path(folder) / "a" / "b").chmod(mode)
        (Path(folder) / "a").chmod(mode)
    assert list(place.iterdir()) == []


@posix
def test_what_a_link_leads_to_stays_as_it_is(place: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    filled(str(other))
    other.chmod(0o755)
    with scratch(PREFIX) as folder:
        (Path(folder) / "folder").symlink_to(other)
        (Path(folder) / "file").symlink_to(other / "a" / "b" / "file")
        filled(folder)
        (Path(folder) / "a").chmod(0o500)
    assert list(place.iterdir()) == []
    assert (other / "a" / "b" / "file").read_text() == "x"
    assert stat.S_IMODE(other.stat().st_mode) == 0o755


@posix
@pytest.mark.parametrize("told", ["none", "file"])
def test_a_place_that_takes_no_folder_is_passed_over(
    place: Path, monkeypatch: pytest.MonkeyPatch, told: str
) -> None:
    (place / "file").write_text("")
    (place / "second").mkdir()
    monkeypatch.setenv("TMPDIR", str(place / told))
    monkeypatch.setenv("TEMP", str(place / "second"))
    with scratch(PREFIX) as folder:
        assert Path(folder).parent == place / "second"


@posix
def test_a_place_that_may_only_be_read_is_passed_over(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = os.mkdir

    def refusing(path: str, mode: int = 0o777) -> None:
        if Path(path).parent == place:
            raise PermissionError(13, "Permission denied", path)
        made(path, mode)

    (place / "second").mkdir()
    monkeypatch.setenv("TEMP", str(place / "second"))
    monkeypatch.setattr(os, "mkdir", refusing)
    with scratch(PREFIX) as folder:
        assert Path(folder).parent == place / "second"


@posix
def test_where_no_place_takes_one_the_first_place_says_why(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refusing(path: str, mode: int = 0o777) -> None:
        raise OSError(30, "Read-only file system", path)

    monkeypatch.setattr(os, "mkdir", refusing)
    with pytest.raises(OSError, match="Read-only") as raised, scratch(PREFIX):
        pass
    assert str(raised.value.filename).startswith(str(place))
