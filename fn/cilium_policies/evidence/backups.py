"""Where restic and what runs it (resticprofile, Backrest) keep a repository, as a variable or a field says it.

restic writes the way in front of the address, which so is no URL: `s3:https://host/bucket`, `s3:host:9000/bucket`,
`rest:https://user:password@host:8000/`, `sftp:user@host:/folder`, `sftp://user@host:2222//folder`. Source: restic's
documentation, "Preparing a new repository".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_PORTS = {"http": 80, "https": 443, "sftp": 22}
_KEY = r"(?i)repo|restic|backup"
_WAY = r"[\"']?((?:s3|rest|sftp):[^\s\"',]{3,400})[\"',}\]]*[^\S\n]*"
_FIELD = (
    r"(?im)^[^\S\n]*(?:-[^\S\n]+|export[^\S\n]+)?[\"']?(?:[\w\-]{0,40}repo(?:sitory)?\d?|uri)[\"']?[^\S\n]*[:=][^\S\n]*"
    rf"{_WAY}(?:#[^\n@]*)?$"
)
_FLAG = rf"(?:(?<=\s)|^)(?:-r|--repo)[ =\n]{_WAY}(?![^\n]{{0,200}}@)"
_HOST = r"([A-Za-z0-9][\w.\-]{0,252})"
_BY_URL = re.compile(
    rf"(?:(?:s3|rest):(https?)|(sftp))://(?:[^\s/@]{{1,256}}@)?{_HOST}(?::(\d{{1,5}}))?(?:/[^@]*)?"
)
_BY_HOST = re.compile(rf"s3:{_HOST}(?::(\d{{1,5}}))?/[^@]*")
_BY_LOGIN = re.compile(rf"sftp:(?:[\w.\-]{{1,64}}@)?{_HOST}:(?!//)[^@]+")


def repositories(value: str, key: str, file: bool) -> Iterator[tuple[str, int, bool]]:
    """Host, port, and whether the port stands there, of each repository that the text names."""
    if file:
        written = dict.fromkeys(re.findall(_FIELD, value) + re.findall(_FLAG, value))
    else:
        written = {value.strip(): None} if re.search(_KEY, key) is not None else {}
    for one in written:
        yield from _place(one)


def _place(written: str) -> Iterator[tuple[str, int, bool]]:
    """Nothing where an `@` stands behind the host: what reads as one may be the beginning of a password."""
    if (found := _BY_URL.fullmatch(written)) is not None:
        yield found[3], int(found[4] or _PORTS[found[1] or found[2]]), bool(found[4])
    elif (found := _BY_HOST.fullmatch(written)) is not None and ("." in found[1] or found[2]):
        yield found[1], int(found[2] or 443), bool(found[2])
    elif (found := _BY_LOGIN.fullmatch(written)) is not None:
        yield found[1], _PORTS["sftp"], False
