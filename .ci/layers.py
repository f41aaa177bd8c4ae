#!/usr/bin/env python3
"""The layers of an image for linux/amd64, one digest of the uncompressed layer a line.

`layers.py FILE.tar` reads an OCI archive; `layers.py -` reads what buildx says of an image, or of an index of several
platforms: `docker buildx imagetools inspect --format '{{json .Image}}' NAME`.
"""

from __future__ import annotations

import json
import sys
import tarfile
from typing import Any


def of_archive(path: str) -> list[str]:
    """`rootfs.diff_ids` of the one image in an OCI archive."""
    with tarfile.open(path) as archive:

        def read(name: str) -> Any:
            handle = archive.extractfile(name)
            assert handle is not None, name
            return json.load(handle)

        found = read("index.json")
        while "config" not in found:
            images = [one for one in found["manifests"] if "attestation" not in str(one.get("annotations"))]
            found = read("blobs/" + images[0]["digest"].replace(":", "/"))
        config = read("blobs/" + found["config"]["digest"].replace(":", "/"))
    return list(config["rootfs"]["diff_ids"])


def of_inspection(found: dict[str, Any]) -> list[str]:
    """The same from an inspected image, or from the amd64 one of several."""
    return list(found.get("linux/amd64", found)["rootfs"]["diff_ids"])


if __name__ == "__main__":
    print(*(of_inspection(json.load(sys.stdin)) if sys.argv[1] == "-" else of_archive(sys.argv[1])), sep="\n")
