"""The agent's policy maps: how many entries each endpoint's has, counted in the kernel."""

from __future__ import annotations

import ctypes
import os
import re
import struct
from pathlib import Path

from tests.live.machine import bpf

_FOLDER = Path("/sys/fs/bpf/tc/globals")
_PINNED = re.compile(r"cilium_policy_(?:v\d+_)?0*(\d+)")
_NEXT_KEY, _PINNED_OBJECT = 4, 7  # commands of the system call
_KEY = 64  # bytes: more than any policy map's key


def policy_maps() -> dict[int, int]:
    """Entries by the number of the endpoint."""
    found = ((_PINNED.fullmatch(one.name), one) for one in _FOLDER.glob("cilium_policy_*"))
    return {int(match[1]): _entries(path) for match, path in found if match}


def _entries(path: Path) -> int:
    name = ctypes.create_string_buffer(str(path).encode())
    handle = bpf(_PINNED_OBJECT, _attributes(struct.pack("QII", ctypes.addressof(name), 0, 0)))
    if handle < 0:
        raise OSError(f"{path} cannot be opened")
    key, then = ctypes.create_string_buffer(_KEY), ctypes.create_string_buffer(_KEY)
    count, at = 0, 0
    try:
        while bpf(_NEXT_KEY, _attributes(struct.pack("IIQQ", handle, 0, at, ctypes.addressof(then)))) == 0:
            count += 1
            ctypes.memmove(key, then, _KEY)
            at = ctypes.addressof(key)
    finally:
        os.close(handle)
    return count


def _attributes(packed: bytes) -> ctypes.Array[ctypes.c_char]:
    return ctypes.create_string_buffer(packed.ljust(64, b"\0"), 64)
