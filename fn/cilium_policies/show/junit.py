"""Results as JUnit XML, which every CI shows."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from cilium_policies.lean import NamedTuple


class Case(NamedTuple):
    """One case; `failures` is empty where it passed. `place` is file and line."""

    name: str
    place: str = ""
    failures: tuple[str, ...] = ()


def junit(suite: str, cases: Sequence[Case]) -> str:
    """One suite as an XML document."""
    failed = sum(1 for one in cases if one.failures)
    head = (
        f'<testsuite name={quoteattr(suite)} tests="{len(cases)}" failures="{failed}" errors="0" skipped="0">'
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}\n{"".join(map(_case, cases))}</testsuite>\n'


def _case(one: Case) -> str:
    file, _, line = one.place.rpartition(":")
    place = f" file={quoteattr(file)} line={quoteattr(line)}" if file and line.isdecimal() else ""
    open_tag = (
        f"  <testcase classname={_clean(one.place or 'cilium-policies')} name={_clean(one.name)}{place}"
    )
    if not one.failures:
        return f"{open_tag}/>\n"
    text = escape("\n".join(map(_printable, one.failures)))
    message = _clean(one.failures[0])
    return f"{open_tag}>\n    <failure message={message}>{text}</failure>\n  </testcase>\n"


def _clean(text: str) -> str:
    return quoteattr(_printable(text))


def _printable(text: str) -> str:
    return "".join(one if one.isprintable() else " " for one in text)
