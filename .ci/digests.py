#!/usr/bin/env python3
"""digests.py DIGEST PLATFORM … < INDEX: the images of an index by platform, one `PLATFORM@DIGEST` a line.

INDEX is what the registry holds under DIGEST, byte for byte (`docker buildx imagetools inspect --raw NAME@DIGEST`).
Whoever starts these images has started all that a signature of DIGEST speaks of: exit 1 where the bytes have another
digest, or where the platforms are others than these.
"""

from __future__ import annotations

import hashlib
import json
import sys
from typing import Any


def read(text: bytes, digest: str) -> Any:
    """What a registry holds under a digest, as JSON. Raises SystemExit where the bytes have another one."""
    there = f"sha256:{hashlib.sha256(text).hexdigest()}"
    if there != digest:
        raise SystemExit(f"the registry's answer has the digest {there}, not {digest}")
    return json.loads(text)


def images(index: dict[str, Any]) -> dict[str, str]:
    """Digests by platform. What is attached to an image (provenance, SBOM) stands beside it as no platform's. Raises
    SystemExit for two of one platform."""
    found: dict[str, str] = {}
    for one in index.get("manifests", ()):
        platform = one.get("platform", {})
        words = [platform.get(key, "") for key in ("os", "architecture", "variant")]
        # buildx writes arm64's only variant, other tools leave it out
        name = "/".join(word for word in words if word).removesuffix("/v8")
        if name != "unknown/unknown":
            if name in found:
                raise SystemExit(f"two images for {name}")
            found[name] = one["digest"]
    return found


def listed(text: bytes, digest: str, platforms: list[str]) -> list[str]:
    """The lines. Raises SystemExit."""
    found = images(read(text, digest))
    if sorted(found) != sorted(platforms):
        raise SystemExit(f"the index has images for {', '.join(sorted(found)) or 'no platform'}")
    return [f"{name}@{found[name]}" for name in platforms]


if __name__ == "__main__":
    print(*listed(sys.stdin.buffer.read(), sys.argv[1], sys.argv[2:]), sep="\n")
