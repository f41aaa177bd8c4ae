"""Flux's substitution of variables in a text: the shell expressions that `postBuild` knows.

The grammar is that of fluxcd/pkg/envsubst: `${X}`, `${X:=default}` (`:-`, `:?`, `:+` and `=` read the same),
`${#X}`, `${X^}`, `${X,,}`, `${X:1:2}`, `${X/a/b}`, `${X#a}`, `${X%%b}`; `$$` stands for one `$`.
Where Flux puts nothing for a variable that is set nowhere, the expression stays as it is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping

from cilium_policies.errors import CiliumPoliciesError

_DEFAULTS = ("=", ":=", ":-", ":?", ":+")
_ESCAPABLE = "/\\"


class SubstitutionError(CiliumPoliciesError):
    """An expression that Flux cannot read: it applies nothing of such a Kustomization."""


def substitute(text: str, variables: Mapping[str, str], hidden: Collection[str] = ()) -> tuple[str, set[str]]:
    """The text with its variables replaced, and the names whose expressions stay as written: those that are set
    nowhere and have no default, and of `hidden` (set, but to what nobody here can read) all.

    Raises SubstitutionError with the place of the expression.
    """
    if "$" not in text:
        return text, set()
    reading = _Reading(text, variables, hidden)
    return reading.all(), reading.left


class _Reading:
    def __init__(self, text: str, variables: Mapping[str, str], hidden: Collection[str]) -> None:
        self._text = text
        self._variables = variables
        self._hidden = hidden
        self._at = 0
        self.left: set[str] = set()

    def all(self) -> str:
        text, made = self._text, []
        while True:
            dollar = text.find("$", self._at)
            if dollar < 0:
                made.append(text[self._at :])
                return "".join(made)
            made.append(text[self._at : dollar])
            follows = text[dollar + 1 : dollar + 2]
            if follows == "{":
                self._at = dollar + 2
                made.append(self._expression(dollar))
            else:
                made.append("$")
                self._at = dollar + (2 if follows == "$" else 1)

    def _expression(self, start: int) -> str:
        """The value of the expression whose `${` begins at `start`; it ends behind its brace."""
        operator = ""
        arguments: list[str] = []
        if self._peek() == "#":
            self._at += 1
            operator, name = "#", self._name(start)
        else:
            name = self._name(start)
            operator, arguments = self._operation(start)
        self._expect("}", start)
        value = self._variables.get(name)
        if value is None and (name in self._hidden or operator not in _DEFAULTS):
            self.left.add(name)
            return self._text[start : self._at]
        return _FUNCTIONS.get(operator, _default)(value or "", arguments)

    def _operation(self, start: int) -> tuple[str, list[str]]:
        """The operator and its arguments; ("", []) where the name stands alone."""
        found = re.compile(r":[=\-?+]|=|[,^]{1,2}|/[/#%]?|##?|%%?|:").match(self._text, self._at)
        if found is None:
            return "", []
        operator = found.group()
        self._at = found.end()
        if operator in _DEFAULTS:
            arguments = []
            while self._peek() != "}":
                arguments.append(self._argument("}", start))
            return operator, arguments
        if operator[0] in ",^":
            return operator, []
        if operator == ":":
            return operator, self._pair(":}", ":", start)
        if operator[0] == "/":
            return operator, self._pair("/", "/", start, escapes=True)
        return operator, [self._argument("}", start)]

    def _pair(self, ends: str, separator: str, start: int, *, escapes: bool = False) -> list[str]:
        """One argument, or two with the separator between them."""
        arguments = [self._argument(ends, start, escapes=escapes)]
        if self._peek() == "}" and separator == ":":
            return arguments
        self._expect(separator, start)
        while self._peek() == separator:
            self._at += 1
        if self._peek() != "}" or separator == ":":
            arguments.append(self._argument("}", start, escapes=escapes))
        return arguments

    def _argument(self, ends: str, start: int, *, escapes: bool = False) -> str:
        """Text up to one of `ends` or to an expression; or that expression's value."""
        text, begin, made = self._text, self._at, []
        if text.startswith("${", begin):
            self._at += 2
            return self._expression(begin)
        while self._at < len(text) and text[self._at] not in ends and not text.startswith("${", self._at):
            here, follows = text[self._at], text[self._at + 1 : self._at + 2]
            if escapes and ((here == "$" and follows == "$") or (here == "\\" and follows in _ESCAPABLE)):
                self._at += 1
            made.append(text[self._at : self._at + 1])
            self._at += 1
        if self._at == begin:
            raise self._bad(start)
        return "".join(made)

    def _name(self, start: int) -> str:
        found = re.compile(r"\w+").match(self._text, self._at)
        if found is None:
            raise self._bad(start)
        self._at = found.end()
        return found.group()

    def _expect(self, character: str, start: int) -> None:
        if self._peek() != character:
            raise self._bad(start)
        self._at += 1

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _bad(self, start: int) -> SubstitutionError:
        before = self._text[:start]
        line = before[before.rfind("\n") + 1 :]
        # What the line holds may be a password, so only its key is named.
        key = re.match(r"[\s-]*([\w./][-\w./]*):", line)
        place = f"of {key.group(1)}" if key else f"in line {before.count(chr(10)) + 1} of the object"
        return SubstitutionError(f"Flux cannot read the expression {place}; write $${{ for a literal one")


def _default(value: str, arguments: list[str]) -> str:
    return value or "".join(arguments)


def _part(value: str, arguments: list[str]) -> str:
    numbers = [int(one) if re.fullmatch(r"[+-]?[0-9]{1,19}", one) else None for one in arguments]
    if None in numbers:
        return value
    start = numbers[0] or 0
    begin = max(len(value) + start, 0) if start < 0 else start
    if len(numbers) == 1:
        return value[begin:]
    return value[begin : max(begin + (numbers[1] or 0), 0)]


def _replace_end(value: str, arguments: list[str]) -> str:
    if len(arguments) == 2 and value.endswith(arguments[0]):
        return value[: len(value) - len(arguments[0])] + arguments[1]
    return value


def _replace_start(value: str, arguments: list[str]) -> str:
    starts = len(arguments) == 2 and value.startswith(arguments[0])
    return value.replace(arguments[0], arguments[1], 1) if starts else value


def _trimmed(*, longest: bool, suffix: bool) -> Callable[[str, list[str]], str]:
    def trim(value: str, arguments: list[str]) -> str:
        pattern = _pattern(arguments[0])
        lengths = range(len(value), 0, -1) if longest else range(1, len(value) + 1)
        for length in lengths:
            if pattern.fullmatch(value[len(value) - length :] if suffix else value[:length]):
                return value[: len(value) - length] if suffix else value[length:]
        return value

    return trim


def _pattern(glob: str) -> re.Pattern[str]:
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(one, re.escape(one)) for one in glob), re.DOTALL)


_FUNCTIONS: dict[str, Callable[[str, list[str]], str]] = {
    ",": lambda value, _: value[:1].lower() + value[1:],
    ",,": lambda value, _: value.lower(),
    "^": lambda value, _: value[:1].upper() + value[1:],
    "^^": lambda value, _: value.upper(),
    ":": _part,
    "/": lambda value, given: value.replace(given[0], "".join(given[1:]), 1),
    "//": lambda value, given: value.replace(given[0], "".join(given[1:])),
    "/#": _replace_start,
    "/%": _replace_end,
    "#": lambda value, given: (
        _trimmed(longest=False, suffix=False)(value, given) if given else str(len(value))
    ),
    "##": _trimmed(longest=True, suffix=False),
    "%": _trimmed(longest=False, suffix=True),
    "%%": _trimmed(longest=True, suffix=True),
}
