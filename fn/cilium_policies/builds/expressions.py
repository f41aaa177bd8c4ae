"""The few functions of Go's templates (sprig's, and Argo CD's `normalize`) that ApplicationSets shape names with."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from cilium_policies.errors import CiliumPoliciesError
from cilium_policies.lean import Any

# A string, a number, a field (`.` alone is all of them), a function's name, a pipe or a parenthesis
_TOKEN = r"\s*(?:\"((?:[^\"\\]|\\.)*)\"|`([^`]*)`|(-?\d+)(?![\w.])|(\.[\w.]*)|([a-zA-Z]\w*)|([|()]))"
_MOST = 4000  # characters
# Go tries all ways of a match at once, Python one after the other: there are few of them in a short text with few
# choices, where no group is repeated and no flag hides that one is.
_TEXT = 128
_CHOICES = 4
_HARD = r"\)[*+{]|\(\?[^:]"
_FUNCTIONS: dict[tuple[str, int], Callable[..., Any]] = {
    ("lower", 1): lambda text: str(text).lower(),
    ("upper", 1): lambda text: str(text).upper(),
    ("trim", 1): lambda text: str(text).strip(),
    ("toString", 1): lambda value: word(value),
    ("trimPrefix", 2): lambda start, text: str(text).removeprefix(start),
    ("trimSuffix", 2): lambda end, text: str(text).removesuffix(end),
    ("replace", 3): lambda old, new, text: str(text).replace(old, new),
    ("regexReplaceAll", 3): lambda form, text, new: _replaced(form, str(text), new),
    ("trunc", 2): lambda length, text: str(text)[:length] if length >= 0 else str(text)[length:],
    ("ternary", 3): lambda yes, no, test: yes if test else no,
    ("eq", 2): lambda one, other: one == other,
    ("ne", 2): lambda one, other: one != other,
    ("not", 1): lambda test: not test,
    ("hasPrefix", 2): lambda start, text: str(text).startswith(start),
    ("hasSuffix", 2): lambda end, text: str(text).endswith(end),
    ("contains", 2): lambda part, text: part in str(text),
    ("hasKey", 2): lambda fields, key: key in fields,
    ("normalize", 1): lambda text: _normal(str(text)),
}


# With any number of arguments; those of `_LENIENT` may be what nothing sets.
_ANY_NUMBER: dict[str, Callable[..., Any]] = {
    "default": lambda other, value=None: value or other,
    "coalesce": lambda *values: next((one for one in values if one), None),
    "printf": lambda form, *values: _printed(form, list(values)),
    "dig": lambda *path: _dug(list(path[:-2]), path[-2], path[-1]),
}
_LENIENT = ("default", "coalesce")


class _UnknownError(CiliumPoliciesError):
    """What an expression gives is not known."""


def evaluated(expression: str, field: Callable[[str], Any]) -> Any:
    """What a pipeline of these functions gives; None for one that holds anything else, or a field that nothing sets.
    `field` gives a field by its path, and all of them by the empty one."""
    try:
        made = _evaluated(expression, field)
    except _UnknownError:
        return None
    return None if isinstance(made, (dict, list)) else made


def _evaluated(expression: str, field: Callable[[str], Any]) -> Any:
    open_ones: list[list[list[Any]]] = [[[]]]  # a pipeline for each parenthesis that is open, its stages
    place = 0
    while place < len(expression.rstrip()):
        found = re.compile(_TOKEN).match(expression, place)
        if found is None or len(expression) > _MOST:
            raise _UnknownError(expression)
        place = found.end()
        quoted, raw, number, path, name, sign = found.groups()
        if sign == "(":
            open_ones.append([[]])
        elif sign == ")":
            inner = open_ones.pop()
            if not open_ones:
                raise _UnknownError(expression)
            open_ones[-1][-1].append(_run(inner))
        elif sign:
            open_ones[-1].append([])
        elif name:
            open_ones[-1][-1].append((name,))
        elif path:
            open_ones[-1][-1].append(field(path[1:]))
        else:
            text = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else raw
            open_ones[-1][-1].append(int(number) if number else text)
    if len(open_ones) > 1:
        raise _UnknownError(expression)
    return _run(open_ones[0])


def _run(stages: list[list[Any]]) -> Any:
    """Each stage's value is the last argument of the next."""
    handed: list[Any] = []
    for stage in stages:
        if stage and isinstance(stage[0], tuple):
            handed = [_called(stage[0][0], [*stage[1:], *handed])]
        elif len(stage) == 1 and not handed:
            handed = stage
        else:
            raise _UnknownError("a value is no function")
    if not handed:
        raise _UnknownError("nothing to evaluate")
    return handed[0]


def _called(name: str, arguments: list[Any]) -> Any:
    function = _ANY_NUMBER.get(name) or _FUNCTIONS.get((name, len(arguments)))
    bare = any(isinstance(one, tuple) for one in arguments)  # a function's name, where Go would call it
    if function is None or bare or (None in arguments and name not in _LENIENT):
        raise _UnknownError(name)
    try:
        return function(*arguments)
    except (re.error, TypeError, IndexError):
        raise _UnknownError(name) from None


def _printed(form: str, values: list[Any]) -> str:
    """Go's `printf` of texts and numbers."""
    verbs = re.findall(r"%.", form)
    if len(verbs) != len(values) or not set(verbs) <= {"%s", "%d", "%v"}:
        raise _UnknownError(form)
    given = iter(values)
    return re.sub(r"%.", lambda _: word(next(given)), form)


def _dug(path: list[Any], other: Any, fields: Any) -> Any:
    """A field at the end of a path of names, `other` where one of them is not there."""
    for key in path:
        if not isinstance(fields, dict):
            raise _UnknownError(str(key))
        if key not in fields:
            return other
        fields = fields[key]
    return fields


def word(value: Any) -> str:
    """A value as it stands in a text."""
    return value if isinstance(value, str) else json.dumps(value)


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
