"""Helm values as mappings: laid over each other, set by path, read by path."""

from __future__ import annotations

from cilium_policies.kube.objects import Mapping, flag
from cilium_policies.lean import Any

_MAX_INDEX = 1000  # a longer list in `--set a[N]` is a mistake, and would cost memory


def merge(below: Mapping, above: Mapping) -> Mapping:
    """`above` laid over `below`, mappings deeply, everything else replaced; neither is changed."""
    made = dict(below)
    for key, value in above.items():
        under = made.get(key)
        made[key] = merge(under, value) if isinstance(under, dict) and isinstance(value, dict) else value
    return made


def set_path(values: Mapping, path: str, value: Any) -> None:
    """Sets one value by Helm's path syntax (`a.b[0].c`, a literal dot as `\\.`), making what is missing."""
    keys = _keys(path)
    here: Any = values
    for key, following in zip(keys, [*keys[1:], None], strict=True):
        last = following is None
        if isinstance(key, int):
            if not isinstance(here, list) or key > _MAX_INDEX:
                return
            here.extend([None] * (key + 1 - len(here)))
        elif not isinstance(here, dict):
            return
        if last:
            here[key] = value
            return
        inner = here[key] if isinstance(key, int) else here.get(key)
        if isinstance(inner, dict):
            inner = dict(inner)
        elif isinstance(inner, list):
            inner = list(inner)
        else:
            inner = [] if isinstance(following, int) else {}
        here[key] = inner
        here = inner


def _keys(path: str) -> list[str | int]:
    found: list[str | int] = []
    word = ""
    rest = iter(path)
    for letter in rest:
        if letter == "\\":
            word += next(rest, "")
        elif letter == "." or letter == "[":
            if word:
                found.append(word)
            word = ""
        elif letter == "]":
            found.append(int(word) if word.isdigit() else word)
            word = ""
        else:
            word += letter
    return [*found, word] if word else found


def read(values: Any, path: str) -> Any:
    """The value at a dotted path ("" is the whole), or None."""
    for key in _keys(path):
        if isinstance(values, dict) and isinstance(key, str):
            values = values.get(key)
        elif isinstance(values, list) and isinstance(key, int) and key < len(values):
            values = values[key]
        else:
            return None
    return values


def enabled(entry: Mapping, default: bool = True) -> bool:
    """The usual switch of a values block."""
    return flag(entry.get("enabled"), default)


def scalar(value: Any) -> str:
    """A scalar's text without surrounding blanks; "" for anything else."""
    return value.strip() if isinstance(value, str) else ""
