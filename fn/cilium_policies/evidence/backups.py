"""Where restic and what runs it (resticprofile, Backrest) keep a repository, as a variable or a field says it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cilium_policies.catalogue.repositories import host_of

_KEY = r"(?i)repo|restic|backup"
_WAY = r"[\"']?((?:s3|rest|sftp):[^\s\"',]{3,400})[\"',}\]]*[^\S\n]*"
_FIELD = (
    r"(?im)^[^\S\n]*(?:-[^\S\n]+|export[^\S\n]+)?[\"']?(?:[\w\-]{0,40}repo(?:sitory)?\d?|uri)[\"']?[^\S\n]*[:=][^\S\n]*"
    rf"{_WAY}(?:#[^\n@]*)?$"
)
_FLAG = rf"(?:(?<=\s)|^)(?:-r|--repo)[ =\n]{_WAY}(?![^\n]{{0,200}}@)"


def repositories(value: str, key: str, file: bool) -> Iterator[tuple[str, int, bool]]:
    """Host, port, and whether the port stands there, of each repository that the text names."""
    if file:
        written = dict.fromkeys(re.findall(_FIELD, value) + re.findall(_FLAG, value))
    else:
        written = {value.strip(): None} if re.search(_KEY, key) is not None else {}
    for one in written:
        if (found := host_of(one)) is not None:
            yield found
