"""What a machine lacks is one line that says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.live import needs


@pytest.mark.parametrize("lacking", ["helm", "openssl", "sysctl"])
def test_a_missing_command_is_named(lacking: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needs, "there", lambda command: command != lacking)
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr(needs, "_effective", lambda: -1)
    assert needs.missing().startswith(f"{lacking} is not installed: ")


def test_without_root_nothing_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert needs.missing() == "it needs root: sudo make live"


def test_missing_capabilities_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr(needs, "_effective", lambda: 1 << 12 | 1 << 13 | 1 << 38 | 1 << 39)
    assert needs.missing() == "it needs the capabilities SYS_ADMIN"


def test_a_machine_without_clang_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr(needs, "_effective", lambda: -1)
    monkeypatch.setattr(needs, "there", lambda command: True)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert needs.missing().endswith("apt-get install clang-19 llvm-19")
