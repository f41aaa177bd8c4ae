"""One number in a user's own config file, changed where it stands: comments and layout stay as they are."""

from __future__ import annotations

import os
import re
import tempfile

from yaml import SafeLoader, YAMLError, compose
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from cilium_policies.document.finding import refused
from cilium_policies.lean import NamedTuple

_NUMBER = re.compile(r"""(["']?)([0-9]+)\1(?![-\w.])""")


class Edit(NamedTuple):
    """The file's new text; `old` and `new` are the one line that changed (`old` "" for a line of its own)."""

    text: str
    old: str
    new: str
    line: int
    phase: int
    was: int


def phase_edit(file: str, text: str, wanted: int | None, *, accept: bool = False) -> Edit:
    """The edit that sets `spec.rollout.phase` (None: the next one), and with `accept` writes that number below
    `accepted` too. Raises RefusedError where there is none to set."""
    rollout = _rollout(file, text)
    phases = rollout.get("phases")
    last = len(phases.value.value) + 1 if phases and isinstance(phases.value, SequenceNode) else 0
    was = _number(rollout)
    phase = was + 1 if wanted is None else wanted
    if not last or phase > last:
        there = f"phase {was} is the last" if wanted is None and last else f"there is no phase {phase}"
        raise refused(
            f"{there} in {file}", f"phases go from 0 to {last}" if last else "write spec.rollout.phases"
        )
    new, number, inserted = _replaced(text, rollout, "phase", phase)
    if accept:
        new, _, _ = _replaced(new, _rollout(file, new), "accepted", phase)
    written = _rollout(file, new)
    saved = _number(written) == phase and (not accept or _number(written, "accepted") == phase)
    if not saved:  # nothing is written that does not say what was meant
        cure = f"set phase: {phase} by hand"
        raise refused("the file is written in a way that this edit would break", cure, file=file)
    number = written["phase"].value.start_mark.line if "phase" in written else number
    olds, news = text.split("\n"), new.split("\n")
    old = "" if inserted else olds[number].rstrip("\r")
    return Edit(new, old, news[number].rstrip("\r"), number + 1, phase, was)


class _Field(NamedTuple):
    """A field of a mapping as nodes, which know where they stand in the text."""

    key: Node
    value: Node


def _rollout(file: str, text: str) -> dict[str, _Field]:
    """The fields of `spec.rollout` by name."""
    try:
        root = compose(text, Loader=SafeLoader)
    except YAMLError as error:
        raise refused(f"not one YAML document ({' '.join(str(error).split())[:120]})", file=file) from None
    rollout = _fields(root).get("spec")
    rollout = _fields(rollout.value).get("rollout") if rollout else None
    if rollout is None or not isinstance(rollout.value, MappingNode):
        cure = "cilium-policies rollout --propose prints one"
        raise refused("the config has no spec.rollout", cure, file=file)
    return _fields(rollout.value)


def _fields(node: Node | None) -> dict[str, _Field]:
    if not isinstance(node, MappingNode):
        return {}
    return {key.value: _Field(key, value) for key, value in node.value if isinstance(key, ScalarNode)}


def _number(rollout: dict[str, _Field], key: str = "phase") -> int:
    value = rollout[key].value.value if key in rollout else ""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else 0


def _replaced(text: str, rollout: dict[str, _Field], key: str, value: int) -> tuple[str, int, bool]:
    """The text with the number changed or added, the number (from 0) of the line, and whether it is a new one."""
    if key in rollout and rollout[key].value.value not in ("", "~", "null"):
        start = rollout[key].value.start_mark.index
        found = _NUMBER.match(text, start)
        if not found:
            raise refused(f"spec.rollout.{key} is not written as a plain number", f"write it as {key}: 0")
        new = text[: found.start(2)] + str(value) + text[found.end(2) :]
        return new, text.count("\n", 0, start), False
    if key in rollout:
        raise refused(f"spec.rollout.{key} is empty", f"write it as {key}: 0")
    mark = rollout["phases"].key.start_mark
    line = text.rfind("\n", 0, mark.index) + 1
    number = text.count("\n", 0, mark.index)
    before = text[line : mark.index]
    if before.strip():  # {phases: …} on one line
        return f"{text[: mark.index]}{key}: {value}, {text[mark.index :]}", number, False
    ending = "\r\n" if "\r\n" in text else "\n"
    return f"{text[:line]}{before}{key}: {value}{ending}{text[line:]}", number, True


def save(file: str, text: str) -> None:
    """Replaces the file in one step; a full disk leaves the old one. Raises RefusedError."""
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
