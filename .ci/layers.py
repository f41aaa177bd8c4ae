#!/usr/bin/env python3
"""The layers of an image, one `PLATFORM NUMBER DIGEST` a line: digests of the uncompressed
layers, by which two builds compare.

`layers.py FILE.tar` reads an OCI archive; `layers.py -` reads what buildx says of an image, or of an index of several
platforms: `docker buildx imagetools inspect --format '{{json .Image}}' NAME`.
"""

from __future__ import annotations

import json
import sys
import tarfile
from collections.abc import Callable, Iterator
from typing import Any


def of_archive(path: str) -> list[str]:
    """Of every image in an OCI archive."""
    with tarfile.open(path) as archive:

        def read(name: str) -> Any:
            handle = archive.extractfile(name)
            assert handle is not None, name
            return json.load(handle)

        def blob(one: dict[str, Any]) -> Any:
            return read(f"blobs/{one['digest'].replace(':', '/')}")

        return sorted(line for config in _configs(read("index.json"), blob) for line in _lines(config))


def _configs(found: dict[str, Any], blob: Callable[[dict[str, Any]], Any]) -> Iterator[dict[str, Any]]:
    if "config" in found:
        yield blob(found["config"])
    for one in found.get("manifests", ()):
        if "attestation" not in str(one.get("annotations")):
            yield from _configs(blob(one), blob)


def of_inspection(found: dict[str, Any]) -> list[str]:
    """The same of an inspected image, or of several by platform."""
    images = [found] if "rootfs" in found else found.values()
    return sorted(line for one in images if one.get("os") != "unknown" for line in _lines(one))


def _lines(config: dict[str, Any]) -> Iterator[str]:
    for number, layer in enumerate(config["rootfs"]["diff_ids"]):
        yield f"{config['os']}/{config['architecture']} {number:02} {layer}"


if __name__ == "__main__":
    print(*(of_inspection(json.load(sys.stdin)) if sys.argv[1] == "-" else of_archive(sys.argv[1])), sep="\n")
