"""`docker run` and `docker buildx` as the release's steps call them, done by podman and crane.

`python -m tests.e2e.buildx WORD …`; IMAGE names the repository, BASES the base of each platform
(`linux/amd64=NAME linux/arm64=NAME`). A platform whose base is `=` gets a copy of the first one's image under its name:
as real in a registry, and it starts where nothing emulates the other processor. To each image of an index an SBOM and a
provenance are attached in BuildKit's form; what they say is made up.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def told(*command: str | Path, **environment: str) -> str:
    """What a command prints; CalledProcessError where it fails."""
    env = {**os.environ, **environment}
    return subprocess.run(command, env=env, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def build(name: str, **environment: str) -> str:
    """Builds and pushes the image of each platform and their index as NAME; the digest of the index."""
    repository, first = name.rpartition(":")[0], ""
    images = []
    for platform, _, base in (one.partition("=") for one in os.environ["BASES"].split()):
        if base == "=":
            copy = told("crane", "mutate", "--set-platform", platform, "-t", f"{name}-copy", first)
            images.append(f"{repository}@{copy.rpartition('@')[2]}")
            continue
        local = f"{name}-{platform.replace('/', '-')}"
        told(
            "sh",
            ROOT / ".ci/image.sh",
            IMAGE=local,
            BASE=base,
            ENGINE="podman",
            PLATFORM=platform,
            **environment,
        )
        told("podman", "push", "-q", "--tls-verify=false", local)
        told("podman", "rmi", local)
        images.append(f"{repository}@{told('crane', 'digest', local)}")
        first = first or images[0]
    told("crane", "index", "append", "-t", name, *(word for one in images for word in ("-m", one)))
    index = json.loads(told("crane", "manifest", name))
    index["manifests"] += [attestation(repository, one["digest"]) for one in index["manifests"]]
    tag = name.rpartition(":")[2]
    return put(repository, f"manifests/{tag}", json.dumps(index).encode(), index["mediaType"])["digest"]


def put(repository: str, place: str, data: bytes, kind: str) -> dict[str, object]:
    """Gives a registry without TLS a blob (at `blobs`) or a manifest (at `manifests/TAG`, or at `manifests` by its
    digest); its descriptor."""
    host, _, path = repository.partition("/")
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    url = f"http://{host}/v2/{path}/{place}"
    if place == "manifests":
        url += f"/{digest}"
    elif place == "blobs":
        asked = urllib.request.Request(f"{url}/uploads/", b"", method="POST")
        with urllib.request.urlopen(asked) as answer:
            url = urllib.parse.urljoin(url, answer.headers["Location"]) + f"?digest={digest}"
    asked = urllib.request.Request(url, data, {"Content-Type": kind}, method="PUT")
    urllib.request.urlopen(asked).close()
    return {"mediaType": kind, "size": len(data), "digest": digest}


def attestation(repository: str, image: str) -> dict[str, object]:
    """Attaches two statements to an image, as BuildKit does; the entry of the index."""
    subject = [{"name": "_", "digest": {"sha256": image.partition(":")[2]}}]
    said = {
        "https://spdx.dev/Document": {
            "spdxVersion": "SPDX-2.3",
            "SPDXID": "SPDXRef-DOCUMENT",
            "packages": [],
        },
        "https://slsa.dev/provenance/v1": {"buildDefinition": {"buildType": "a stand-in"}},
    }
    layers = [
        {
            **put(
                repository,
                "blobs",
                json.dumps({"predicateType": kind, "subject": subject, "predicate": predicate}).encode(),
                "application/vnd.in-toto+json",
            ),
            "annotations": {"in-toto.io/predicate-type": kind},
        }
        for kind, predicate in said.items()
    ]
    platform = {"architecture": "unknown", "os": "unknown"}
    config = {**platform, "rootfs": {"type": "layers", "diff_ids": [layer["digest"] for layer in layers]}}
    oci = "application/vnd.oci.image"
    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{oci}.manifest.v1+json",
        "config": put(repository, "blobs", json.dumps(config).encode(), f"{oci}.config.v1+json"),
        "layers": layers,
    }
    named = {"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": image}
    entry = put(repository, "manifests", json.dumps(manifest).encode(), manifest["mediaType"])
    return {**entry, "platform": platform, "annotations": named}


def archive(name: str, place: Path) -> None:
    """The pushed index with its images as an OCI archive."""
    with tempfile.TemporaryDirectory() as folder:
        told("crane", "pull", "--format", "oci", name, folder)
        told("tar", "-cf", place, "-C", folder, "index.json", "blobs")


def inspected(name: str) -> dict[str, object]:
    """The configurations of an index's images by platform."""
    repository = name.rpartition("@")[0]
    index = json.loads(told("crane", "manifest", name))
    configs = [
        json.loads(told("crane", "config", f"{repository}@{one['digest']}"))
        for one in index["manifests"]
        if one["platform"]["os"] != "unknown"
    ]
    return {f"{one['os']}/{one['architecture']}": one for one in configs}


def main(words: list[str]) -> None:
    """One command."""
    if words[0] == "run":
        os.execvp("podman", ["podman", "run", "--tls-verify=false", *words[1:]])
    elif words[:2] == ["buildx", "build"]:
        name = f"{os.environ['IMAGE']}:again"
        epoch = words[words.index("--build-arg") + 1].partition("=")[2]
        assert build(name, NO_CACHE="1", SOURCE_DATE_EPOCH=epoch)
        archive(name, Path(words[words.index("--output") + 1].partition("dest=")[2].partition(",")[0]))
    elif "--raw" in words:
        subprocess.run(["crane", "manifest", words[-1]], check=True)
    elif words[:3] == ["buildx", "imagetools", "inspect"]:
        print(json.dumps(inspected(words[-1])))
    else:
        sys.exit(f"not what a release asks docker for: {words}")


if __name__ == "__main__":
    main(sys.argv[1:])
