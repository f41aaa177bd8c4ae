"""One number in a user's own config file, changed where it stands: comments and layout stay as they are."""

from __future__ import annotations

import os
import re
import tempfile
from typing import Any, NamedTuple

from cilium_policies.document.finding import refused

INSTALL = "pip install 'cilium-policies[edit]'"
_NUMBER = re.compile(r"""(["']?)([0-9]+)\1(?![-\w.])""")


class Edit(NamedTuple):
    """The file's new text; `old` and `new` are the one line that changed (`old` "" for a line of its own)."""

    text: str
    old: str
    new: str
    line: int
    phase: int
    was: int


def phase_edit(file: str, text: str, wanted: int | None) -> Edit:
    """The edit that sets `spec.rollout.phase` (None: the next one). Raises Refused where there is none to set."""
    rollout = _rollout(file, text)
    phases = rollout.get("phases")
    last = len(phases) + 1 if isinstance(phases, list) else 0
    was = _number(rollout.get("phase"))
    phase = was + 1 if wanted is None else wanted
    if not last or phase > last:
        there = f"phase {was} is the last" if wanted is None and last else f"there is no phase {phase}"
        raise refused(
            f"{there} in {file}", f"phases go from 0 to {last}" if last else "write spec.rollout.phases"
        )
    place = _place(rollout)
    new, number = _replaced(text, place, phase, "phase" in rollout)
    _verify(file, new, phase)
    olds, news = text.splitlines(), new.splitlines()
    inserted = len(news) > len(olds)
    return Edit(new, "" if inserted else olds[number], news[number], number + 1, phase, was)


def _rollout(file: str, text: str) -> Any:
    """ruamel's view of `spec.rollout`, which knows where each value stands."""
    try:
        from ruamel.yaml import YAML
        from ruamel.yaml.error import YAMLError
    except ImportError:
        raise refused("editing a file needs ruamel.yaml", f"install it: {INSTALL}") from None
    try:
        body = YAML(typ="rt").load(text)
    except YAMLError as error:
        raise refused(f"not one YAML document ({' '.join(str(error).split())[:120]})", file=file) from None
    spec = body.get("spec") if isinstance(body, dict) else None
    rollout = spec.get("rollout") if isinstance(spec, dict) else None
    if not isinstance(rollout, dict):
        raise refused(
            "the config has no spec.rollout", "cilium-policies rollout --propose prints one", file=file
        )
    return rollout


def _number(value: Any) -> int:
    return int(value) if value is not None and str(value).isdigit() else 0


def _place(rollout: Any) -> tuple[int, int]:
    """Line and column, from 0, of the phase's value; of the key `phases` where no phase is said."""
    place: tuple[int, int] = (
        rollout.lc.value("phase") if rollout.get("phase") is not None else rollout.lc.key("phases")
    )
    return place


def _replaced(text: str, place: tuple[int, int], phase: int, said: bool) -> tuple[str, int]:
    """The text with the number changed or added, and the number (from 0) of the line that changed."""
    lines = text.splitlines(keepends=True)
    number, column = place
    line = lines[number]
    if said:
        found = _NUMBER.match(line, column)
        if not found:
            raise refused("spec.rollout.phase is not written as a plain number", "write it as phase: 0")
        lines[number] = line[: found.start(2)] + str(phase) + line[found.end(2) :]
    elif line[:column].strip():
        lines[number] = f"{line[:column]}phase: {phase}, {line[column:]}"  # {phases: …} on one line
    else:
        ending = line[len(line.rstrip("\r\n")) :] or "\n"
        lines.insert(number, f"{line[:column]}phase: {phase}{ending}")
    return "".join(lines), number


def _verify(file: str, text: str, phase: int) -> None:
    """Nothing is saved that does not say what was meant."""
    if _number(_rollout(file, text).get("phase")) != phase:
        raise refused(
            "the file is written in a way that this edit would break",
            f"set phase: {phase} by hand",
            file=file,
        )


def save(file: str, text: str) -> None:
    """Replaces the file in one step; a full disk leaves the old one. Raises Refused."""
    target = os.path.realpath(file)
    stage = ""
    try:
        handle, stage = tempfile.mkstemp(prefix=".cilium-policies-", dir=os.path.dirname(target))
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        os.chmod(stage, os.stat(target).st_mode & 0o7777)
        os.replace(stage, target)
    except OSError as error:
        if stage and os.path.exists(stage):
            os.unlink(stage)
        raise refused(f"cannot be written: {(error.strerror or str(error)).lower()}", file=file) from None
