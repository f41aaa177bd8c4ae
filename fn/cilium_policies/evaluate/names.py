"""DNS names against matchName and matchPattern (v1.20.2:pkg/fqdn/matchpattern)."""

from __future__ import annotations

import re
from functools import lru_cache

from cilium_policies.cilium.model import Fqdn

_CHARACTERS = "[-a-zA-Z0-9_]"


def matches_name(wanted: Fqdn, name: str) -> bool:
    """Whether a lower-case name with its final dot is meant."""
    text = wanted.name or wanted.pattern
    return _pattern(text).search(name) is not None


@lru_cache(maxsize=4096)
def _pattern(text: str) -> re.Pattern[str]:
    text = text.strip().lower()
    if re.fullmatch(r"\*+\.?", text):
        return re.compile(rf"^({_CHARACTERS}+[.])+\Z|^[.]\Z")
    if not text.endswith("."):
        text += "."
    text = text.replace(".", "[.]")
    # "**." at the front stands for one or more whole labels, any other run of * for characters of one label.
    text = re.sub(r"^\*{2,}\[\.\]", lambda _: f"({_CHARACTERS}+([.]{_CHARACTERS}+){{0,}})[.]", text)
    text = re.sub(r"\*+", lambda _: f"{_CHARACTERS}*", text)
    return re.compile(rf"^{text}\Z")
