"""The shell steps that make, start, sign and name the image, with stand-ins for docker, cosign and crane.

tests/e2e/test_release.py runs the same steps against a registry and with cosign, where both are at hand.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tools import ROOT, VERSION, release

IMAGE = "registry.example/me/policies"
AMD64, ARM64 = "sha256:" + "a1" * 32, "sha256:" + "b2" * 32
HELD: dict[str, str] = {}  # what the registry holds, by digest


def held(value: object) -> str:
    text = json.dumps(value)
    digest = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
    HELD[digest] = text
    return digest


def attached(image: str, kinds: tuple[str, ...], subject: str = "") -> dict[str, object]:
    """The entry of an index for what is attached to an image."""
    of = [{"digest": {"sha256": (subject or image).partition(":")[2]}}]
    layers = [
        {"digest": held({"predicateType": kind, "subject": of, "predicate": {"of": image, "kind": kind}})}
        for kind in kinds
    ]
    return {
        "digest": held({"layers": layers}),
        "platform": {"os": "unknown", "architecture": "unknown"},
        "annotations": {
            "vnd.docker.reference.type": "attestation-manifest",
            "vnd.docker.reference.digest": image,
        },
    }


SBOM, PROVENANCE = "https://spdx.dev/Document", "https://slsa.dev/provenance/v1"
IMAGES = [
    {"digest": AMD64, "platform": {"os": "linux", "architecture": "amd64"}},
    {"digest": ARM64, "platform": {"os": "linux", "architecture": "arm64", "variant": "v8"}},
]
INDEX = {"manifests": [*IMAGES, *(attached(image, (SBOM, PROVENANCE)) for image in (AMD64, ARM64))]}
DIGEST = held(INDEX)
# Each stand-in writes its words into $LOG; docker answers as the four of its commands that the steps use.
DOCKER = """\
#!{python}
import io, json, os, subprocess, sys, tarfile
words = sys.argv[1:]
open(os.environ["LOG"], "a").write("docker " + " ".join(words) + "\\n")
def image(architecture, layer):
    return {{"os": "linux", "architecture": architecture, "rootfs": {{"diff_ids": ["sha256:" + layer]}}}}
if words[0] == "run":
    answer = subprocess.run([{python!r}, "-m", "cilium_policies"], stdin=sys.stdin, capture_output=True, check=True)
    spoilt = os.environ.get("SPOILT") in words
    sys.stdout.buffer.write(answer.stdout.replace(b"default-deny", b"default-allow") if spoilt else answer.stdout)
elif words[:2] == ["buildx", "build"]:
    archive = words[words.index("--output") + 1].split("dest=")[1].split(",")[0]
    second = image("arm64", os.environ.get("LAYER", "2"))
    files = {{"index.json": {{"manifests": [{{"digest": "sha256:i"}}]}},
             "blobs/sha256/i": {{"manifests": [{{"digest": "sha256:m"}}, {{"digest": "sha256:n"}},
                {{"digest": "sha256:x", "annotations": {{"vnd.docker.reference.type": "attestation-manifest"}}}}]}},
             "blobs/sha256/m": {{"config": {{"digest": "sha256:c"}}}},
             "blobs/sha256/n": {{"config": {{"digest": "sha256:d"}}}},
             "blobs/sha256/c": image("amd64", "1"), "blobs/sha256/d": second}}
    with tarfile.open(archive, "w") as made:
        for name, value in files.items():
            info = tarfile.TarInfo(name)
            data = json.dumps(value).encode()
            info.size = len(data)
            made.addfile(info, io.BytesIO(data))
elif "--raw" in words:
    sys.stdout.write({index!r}.replace({amd64!r}, os.environ.get("OTHER", {amd64!r})))
elif words[1:3] == ["imagetools", "inspect"]:
    print(json.dumps({{"linux/amd64": image("amd64", "1"), "linux/arm64": image("arm64", "2")}}))
"""
COSIGN = '#!/bin/sh\necho "cosign $*" >> "$LOG"\n[ "$1" != "${REFUSES:-}" ]\n'
CRANE = """\
#!{python}
import os, sys
verb, *words = sys.argv[1:]
if verb in ("manifest", "blob"):
    print({held!r}[words[-1].partition("@")[2]], end=os.environ.get("MORE", ""))
elif verb != "digest":
    open(os.environ["LOG"], "a").write("crane " + " ".join(sys.argv[1:]) + "\\n")
elif os.environ.get("THERE", "").startswith("sha256:"):
    print(os.environ["THERE"])
else:
    said = "MANIFEST_UNKNOWN: manifest unknown; unknown tag"
    print("HEAD request failed: 404 Not Found", file=sys.stderr)
    sys.exit("Error: GET https://registry.example/v2/x/manifests/1: " + os.environ.get("THERE", said))
"""
PROGRAM = '#!/bin/sh\nexec {python} -m cilium_policies "$@"\n'
# They want the network; tests/e2e/test_release.py runs them.
LEFT_OUT = ("install the wheel that will be published", "the tools of the rehearsal")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """As much of a checkout as the steps read, under public names."""
    release.checkout(tmp_path)
    release.public(tmp_path, IMAGE)
    release.commit(tmp_path)
    filled = {"python": sys.executable, "index": json.dumps(INDEX), "amd64": AMD64, "held": HELD}
    scripts = {
        "bin/docker": DOCKER.format(**filled),
        "bin/cosign": COSIGN,
        "bin/crane": CRANE.format(**filled),
        "installed/bin/cilium-policies": PROGRAM.format(**filled),
    }
    for name, text in scripts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    return tmp_path


def released(tree: Path, **extra: str) -> tuple[str, list[str]]:
    """The name of the step that failed ("" where none did), and what the stand-ins were told."""
    (tree / "log").touch()
    env = {
        "PATH": f"{tree / 'bin'}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(tree),
        "LOG": str(tree / "log"),
    }
    values, failed = {"steps.build.outputs.digest": DIGEST}, ""
    for job in ("image", "sign"):
        failed = failed or release.released(job, tree, env | extra, values, LEFT_OUT)[0]
    return failed, (tree / "log").read_text().splitlines()


def test_what_is_signed_and_named_is_what_was_started(tree: Path) -> None:
    failed, told = released(tree)
    assert failed == "", told
    started = [line.split() for line in told if line.startswith("docker run")]
    assert [(one[one.index("--platform") + 1], one[-1]) for one in started] == [
        ("linux/amd64", f"{IMAGE}@{AMD64}"),
        ("linux/arm64", f"{IMAGE}@{ARM64}"),
    ]
    signing = [line for line in told if line.startswith("cosign")]
    assert [line.split()[1] for line in signing] == ["sign", "attest", "verify", "verify-attestation"]
    assert all(line.endswith(f" {IMAGE}@{DIGEST}") for line in signing)
    assert (
        f"--certificate-identity {release.NEW_SOURCE}/.github/workflows/release.yaml@refs/tags/" in signing[2]
    )
    assert told[-1] == f"crane tag {IMAGE}@{DIGEST} {VERSION}"


def test_what_is_attested_lists_the_started_images_and_what_was_asked(tree: Path) -> None:
    assert released(tree)[0] == ""
    told = json.loads((tree / "started.json").read_text())
    assert told["images"] == [
        {"platform": "linux/amd64", "digest": AMD64},
        {"platform": "linux/arm64", "digest": ARM64},
    ]
    assert all(len(told[key]["sha256"]) == 64 for key in ("asked", "answered"))


@pytest.mark.parametrize(
    ("extra", "failed"),
    [
        ({"SPOILT": "linux/arm64"}, "start what was pushed, on each platform"),
        # The registry hands out another index than the one that was built.
        ({"OTHER": "sha256:" + "d4" * 32}, "start what was pushed, on each platform"),
        ({"LAYER": "3"}, "build it again, and compare the layers"),
        ({"GITHUB_REF_NAME": "v9.9.9"}, "names"),
        ({"GITHUB_REPOSITORY": "another/policies"}, "names"),
        # The version was released before, as another image.
        ({"THERE": "sha256:" + "e5" * 32}, "a version keeps the image that it has"),
        # Whether it was cannot be found out.
        ({"THERE": "unexpected status code 503"}, "a version keeps the image that it has"),
        # The registry hands out other bytes than those of the digest.
        ({"MORE": " "}, "what is attached to the images, as files for people without these tools"),
    ],
)
def test_what_answers_otherwise_is_neither_signed_nor_named(
    tree: Path, extra: dict[str, str], failed: str
) -> None:
    where, told = released(tree, **extra)
    assert where == failed
    assert not [line for line in told if "cosign" in line or "crane tag" in line]


def test_a_version_that_has_this_image_can_be_signed_again(tree: Path) -> None:
    assert released(tree, THERE=DIGEST)[0] == ""


def files(tree: Path, index: dict) -> subprocess.CompletedProcess[str]:
    """`.ci/attached.py` on an index of that registry."""
    digest = held(index)
    (tree / "bin/crane").write_text(CRANE.format(python=sys.executable, held=HELD))
    command = [sys.executable, ROOT / ".ci/attached.py", f"{IMAGE}@{digest}", tree / "x", "linux/amd64"]
    env = {"PATH": str(tree / "bin")}
    return subprocess.run(command, env=env, capture_output=True, text=True)


def test_sbom_and_provenance_of_each_image_become_files(tree: Path) -> None:
    assert released(tree)[0] == ""
    found = {path.name: json.loads(path.read_text()) for path in (tree / "attached").iterdir()}
    stem = f"policies-{VERSION}-linux"
    assert sorted(found) == sorted(
        f"{stem}-{one}.{kind}.json" for one in ("amd64", "arm64") for kind in ("spdx", "provenance")
    )
    assert found[f"{stem}-arm64.spdx.json"] == {"of": ARM64, "kind": SBOM}
    assert found[f"{stem}-amd64.provenance.json"]["predicate"] == {"of": AMD64, "kind": PROVENANCE}


@pytest.mark.parametrize(
    ("kinds", "subject", "why"),
    [
        ((), "", f"0 statements {SBOM} are attached to {AMD64}"),
        ((PROVENANCE,), "", f"0 statements {SBOM} are attached to {AMD64}"),
        ((SBOM, SBOM, PROVENANCE), "", f"2 statements {SBOM} are attached to {AMD64}"),
        ((SBOM, PROVENANCE), ARM64, f"what is attached to {AMD64} speaks of another image"),
    ],
)
def test_an_image_without_its_own_sbom_and_provenance_is_not_released(
    tree: Path, kinds: tuple[str, ...], subject: str, why: str
) -> None:
    done = files(tree, {"manifests": [*IMAGES, attached(AMD64, kinds, subject)]})
    assert (done.returncode, done.stdout) == (1, "")
    assert why in done.stderr


@pytest.mark.parametrize("refuses", ["verify", "verify-attestation"])
def test_what_cannot_be_verified_gets_no_tag(tree: Path, refuses: str) -> None:
    where, told = released(tree, REFUSES=refuses)
    assert where == "verify both as users do"
    assert not [line for line in told if "crane tag" in line]


def test_names_that_are_nobodys_are_not_released(tree: Path) -> None:
    place = tree / "metadata.yaml"
    place.write_text(place.read_text().replace(IMAGE, "localhost/policies"))
    assert released(tree) == ("names", [])


def digests(index: dict, digest: str, *platforms: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ROOT / ".ci/digests.py", digest, *platforms],
        input=json.dumps(index),
        capture_output=True,
        text=True,
    )


def test_an_index_with_another_platform_or_without_one_is_refused() -> None:
    both = ("linux/amd64", "linux/arm64")
    assert digests(INDEX, DIGEST, *both).stdout.split() == [f"linux/amd64@{AMD64}", f"linux/arm64@{ARM64}"]
    assert "has images for linux/amd64, linux/arm64" in digests(INDEX, DIGEST, "linux/amd64").stderr
    more = digests(INDEX, DIGEST, *both, "linux/s390x")
    assert (more.returncode, more.stdout) == (1, "")
    assert "has the digest" in digests({"manifests": []}, DIGEST, *both).stderr
    twice = {"manifests": [*IMAGES, {"digest": AMD64, "platform": {"os": "linux", "architecture": "arm64"}}]}
    assert "two images for linux/arm64" in digests(twice, held(twice), *both).stderr


def test_an_inspection_of_one_platform_and_of_several_read_alike() -> None:
    one = {"os": "linux", "architecture": "amd64", "rootfs": {"diff_ids": ["a", "b"]}}
    attached = {"os": "unknown", "architecture": "unknown", "rootfs": {"diff_ids": ["x"]}}
    for told in (one, {"linux/amd64": one, "unknown/unknown": attached}):
        done = subprocess.run(
            [sys.executable, ROOT / ".ci/layers.py", "-"],
            input=json.dumps(told),
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout == "linux/amd64 00 a\nlinux/amd64 01 b\n"
