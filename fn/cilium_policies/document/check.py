"""Bytes that no YAML or JSON document may hold, found before anything else is done."""

from __future__ import annotations

from cilium_policies.document.finding import RefusedError, refused

CHUNK = 1 << 20  # so that the decoded text never stands in memory as a whole


def check_bytes(data: bytes, file: str) -> None:
    """Raise RefusedError, with the place, for NUL bytes, UTF-16 or UTF-32, and invalid UTF-8."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")):
        raise refused("the text is UTF-16 or UTF-32", "save it as UTF-8", file=file, line=1)
    nul = data.find(0)
    if nul >= 0:
        raise _at(data, nul, "a NUL byte", file)
    if data.isascii():
        return
    at = 0
    while at < len(data):
        end = data.find(b"\n", at + CHUNK)
        end = len(data) if end < 0 else end + 1
        try:
            data[at:end].decode()
        except UnicodeDecodeError as error:
            raise _at(
                data, at + error.start, f"invalid UTF-8 (byte {data[at + error.start]:#04x})", file
            ) from None
        at = end


def _at(data: bytes, at: int, what: str, file: str) -> RefusedError:
    line = data.count(b"\n", 0, at) + 1
    return refused(what, "the input must be UTF-8 text; is it binary or cut?", file=file, line=line,
                   column=at - data.rfind(b"\n", 0, at))  # fmt: skip
