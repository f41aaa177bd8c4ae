"""The Helm template expressions that people write into values: names, namespaces and other values.

`Template(release, extra).text("{{ .Release.Name }}-db")`. An expression that is none of these stays as it
stands, so that the rest of the text can still be searched for addresses.
"""

from __future__ import annotations

import re

from cilium_policies.kube.objects import Mapping, with_texts
from cilium_policies.lean import Any
from cilium_policies.workloads.releases.values import read

_ACTION = re.compile(
    r"""((?<!\s)\s+\{\{-|\{\{-?)"""
    # no {{ inside but in quotes: each would be tried to the end of a text that closes none
    r"""((?:`[^`]*`|"(?:[^"\\]|\\.)*"|[^{}`"]|\{(?!\{)|\}(?!\}))*?)(-\}\}\s*|\}\})""",
    re.DOTALL,
)
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|`[^`]*`|[^\s|]+|\|')
_INCLUDE_FULLNAME = ".names.fullname"
_INCLUDE_NAME = ".names.name"
_PASSES = 3  # values that refer to values


class Template:
    """Evaluates expressions of one release. `fullname` and `name` are what the chart's helpers give."""

    def __init__(self, values: Mapping, release: Mapping, fullname: str = "", name: str = "") -> None:
        self._root: Mapping = {"Values": values, "Release": release}
        self._helpers = {_INCLUDE_FULLNAME: fullname, _INCLUDE_NAME: name}

    def text(self, value: str) -> str:
        """The text with its known expressions evaluated."""
        for _ in range(_PASSES):
            if "{{" not in value:
                break
            before, value = value, _ACTION.sub(self._action, value)
            if value == before:
                break
        return value

    def all(self, value: Any) -> Any:
        """A copy of a value in which every text, and every key, is evaluated."""
        return with_texts(value, lambda text: self.text(text) if "{{" in text else text, keys=True)

    def _action(self, match: re.Match[str]) -> str:
        words = _TOKEN.findall(match.group(2))
        result = self._pipeline(words)
        if result is None:
            return match.group(0)
        before = "" if match.group(1).endswith("-") else match.group(1)[:-2]
        return before + result

    def _pipeline(self, words: list[str]) -> str | None:
        stages: list[list[str]] = [[]]
        for word in words:
            if word == "|":
                stages.append([])
            else:
                stages[-1].append(word)
        value: str | None = None
        for number, stage in enumerate(stages):
            if not stage:
                return None
            value = self._call(stage, value if number else None, first=number == 0)
            if value is None and number + 1 == len(stages):
                return None
        return value

    def _call(self, words: list[str], piped: str | None, first: bool) -> str | None:
        if first and len(words) == 1:
            return self._operand(words[0])
        name, arguments = words[0], [self._operand(word) for word in words[1:]]
        if name == "include":
            return self._helper(arguments[0] if arguments else None)
        if name == "default" and arguments:
            return piped or (arguments[1] if len(arguments) > 1 else None) or arguments[0]
        if name == "tpl":
            return arguments[0] if arguments else None
        given = piped if not first else (arguments[-1] if arguments else None)
        if given is None:
            return None
        return _function(name, given, [one for one in arguments if one is not None])

    def _helper(self, name: str | None) -> str | None:
        for ending, value in self._helpers.items():
            if name and name.endswith(ending) and value:
                return value
        return None

    def _operand(self, word: str) -> str | None:
        if word[:1] == '"' and word[-1:] == '"' and len(word) > 1:
            return re.sub(r"\\(.)", r"\1", word[1:-1])
        if word[:1] == "`" and word[-1:] == "`" and len(word) > 1:
            return word[1:-1]
        if word.startswith(("$.", ".")) and not word.endswith("."):
            value = read(self._root, word.lstrip("$").lstrip("."))
            return value if isinstance(value, str) else None
        return word if word.lstrip("-").isdigit() else None


def _function(name: str, given: str, arguments: list[str]) -> str | None:
    """The few string functions of Sprig that names are made with."""
    if name in ("quote", "squote", "toString", "trim", "int", "toYaml"):
        return given.strip() if name == "trim" else given
    if name == "lower":
        return given.lower()
    if name == "upper":
        return given.upper()
    if name == "title":
        return given.title()
    if name == "trunc" and arguments and arguments[0].isdigit():
        return given[: int(arguments[0])]
    if name in ("trimSuffix", "trimPrefix") and arguments:
        return given.removesuffix(arguments[0]) if name == "trimSuffix" else given.removeprefix(arguments[0])
    if name == "replace" and len(arguments) > 1:
        return given.replace(arguments[0], arguments[1])
    if name == "printf" and arguments:
        return _printf(arguments[0], arguments[1:])
    return None


def _printf(form: str, arguments: list[str]) -> str | None:
    parts = re.split(r"%[sdv]", form)
    if len(parts) != len(arguments) + 1:
        return None
    return "".join(part + argument for part, argument in zip(parts, [*arguments, ""], strict=True))
