#!/usr/bin/env python3
"""attached.py IMAGE@DIGEST PREFIX PLATFORM …: writes what is attached to an index's images as files, for people
without cosign or buildx: PREFIX-OS-ARCHITECTURE.spdx.json, the SBOM as SPDX, and ….provenance.json, the in-toto
statement of how the image was built. It asks the registry with crane; an answer has to have the digest it was asked by.

Exit 1 where an image lacks one of the two, has two, or where one speaks of another image.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from digests import images, read

SBOM, PROVENANCE = "https://spdx.dev/Document", "https://slsa.dev/provenance/"


def asked(verb: str, repository: str, digest: str) -> Any:
    """A manifest or a blob, as JSON. Raises SystemExit."""
    done = subprocess.run(["crane", verb, f"{repository}@{digest}"], stdout=subprocess.PIPE, check=True)
    return read(done.stdout, digest)


def statements(repository: str, index: dict[str, Any], image: str) -> list[dict[str, Any]]:
    """What is said of one image of the index."""
    attached = {"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": image}
    found: list[dict[str, Any]] = []
    for one in index["manifests"]:
        if one.get("annotations", {}).items() >= attached.items():
            layers = asked("manifest", repository, one["digest"])["layers"]
            found += [asked("blob", repository, layer["digest"]) for layer in layers]
    for statement in found:
        if {f"sha256:{one['digest']['sha256']}" for one in statement["subject"]} != {image}:
            raise SystemExit(f"what is attached to {image} speaks of another image")
    return found


def the_one(found: list[dict[str, Any]], kind: str, image: str) -> dict[str, Any]:
    """The one statement of a type. Raises SystemExit."""
    of_kind = [one for one in found if one["predicateType"].startswith(kind)]
    if len(of_kind) != 1:
        raise SystemExit(f"{len(of_kind)} statements {kind} are attached to {image}, not one")
    return of_kind[0]


def main(name: str, prefix: str, platforms: list[str]) -> None:
    """Writes the files and prints their names."""
    repository, _, digest = name.partition("@")
    index = asked("manifest", repository, digest)
    by_platform = images(index)
    for platform in platforms:
        if platform not in by_platform:
            raise SystemExit(f"the index has no image for {platform}")
        image = by_platform[platform]
        found = statements(repository, index, image)
        files = {
            "spdx": the_one(found, SBOM, image)["predicate"],
            "provenance": the_one(found, PROVENANCE, image),
        }
        for ending, value in files.items():
            place = Path(f"{prefix}-{platform.replace('/', '-')}.{ending}.json")
            place.write_text(json.dumps(value, indent=1, sort_keys=True) + "\n", encoding="utf-8")
            print(place)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
