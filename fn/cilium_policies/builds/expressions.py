"""The few functions of Go's templates (sprig's, and Argo CD's `normalize`) that ApplicationSets shape names with."""

from __future__ import annotations

import re
from collections.abc import Callable

from cilium_policies.lean import Any

# A string, a number, a field, a function's name or a pipe
_TOKEN = r"\s*(?:\"((?:[^\"\\]|\\.)*)\"|`([^`]*)`|(-?\d+)(?![\w.])|(\.[\w.]+)|([a-zA-Z]\w*)|(\|))"
_MOST = 4000  # characters
# Go tries all ways of a match at once, Python one after the other: there are few of them in a short text with few
# choices, where no group is repeated and no flag hides that one is.
_TEXT = 128
_CHOICES = 4
_HARD = r"\)[*+{]|\(\?[^:]"
_FUNCTIONS: dict[tuple[str, int], Callable[..., str]] = {
    ("lower", 1): lambda text: str(text).lower(),
    ("upper", 1): lambda text: str(text).upper(),
    ("trim", 1): lambda text: str(text).strip(),
    ("toString", 1): str,
    ("trimPrefix", 2): lambda start, text: str(text).removeprefix(start),
    ("trimSuffix", 2): lambda end, text: str(text).removesuffix(end),
    ("replace", 3): lambda old, new, text: str(text).replace(old, new),
    ("regexReplaceAll", 3): lambda form, text, new: _replaced(form, str(text), new),
    ("trunc", 2): lambda length, text: str(text)[:length] if length >= 0 else str(text)[length:],
    ("default", 2): lambda other, text: str(text or other),
    ("normalize", 1): lambda text: _normal(str(text)),
}


def evaluated(expression: str, field: Callable[[str], Any]) -> Any:
    """What a pipeline of these functions gives; None for one that holds anything else, or a field that nothing sets."""
    stages: list[list[Any]] = [[]]
    place = 0
    while place < len(expression.rstrip()):
        found = re.compile(_TOKEN).match(expression, place)
        if found is None or len(expression) > _MOST:
            return None
        place = found.end()
        quoted, raw, number, path, name, pipe = found.groups()
        if pipe:
            stages.append([])
        elif name:
            stages[-1].append((name,))
        elif path:
            if isinstance(value := field(path[1:]), (dict, list)) or value is None:
                return None
            stages[-1].append(value)
        else:
            stages[-1].append(
                int(number) if number else re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else raw
            )
    return _run(stages)


def _run(stages: list[list[Any]]) -> Any:
    """Each stage's value is the last argument of the next."""
    handed: list[Any] = []
    for stage in stages:
        if stage and isinstance(stage[0], tuple):
            arguments = [*stage[1:], *handed]
            function = _FUNCTIONS.get((stage[0][0], len(arguments)))
            if function is None or any(isinstance(one, tuple) for one in arguments):
                return None
            try:
                handed = [function(*arguments)]
            except (re.error, TypeError):
                return None
        elif len(stage) == 1 and not handed:
            handed = stage
        else:
            return None
    return handed[0] if handed else None


def _replaced(form: str, text: str, new: str) -> str:
    """Raises re.error for an expression that Go does not know, and for one that Python might work at for years."""
    from cilium_policies.cilium.re2 import regex_fault

    if fault := regex_fault(form):
        raise re.error(fault)
    if len(text) > _TEXT or len(re.findall(r"[*+?{|]", form)) > _CHOICES or re.search(_HARD, form):
        raise re.error("too many ways to match it")
    return re.sub(form, re.sub(r"\$\{?(\d+)\}?", lambda found: f"\\g<{found[1]}>", new), text)


def _normal(text: str) -> str:
    """A name that DNS takes, as Argo CD makes it."""
    return re.sub(r"[^a-z0-9.\-]", "-", text.lower())[:253].strip("-._")
