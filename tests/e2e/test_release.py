"""The release rehearsed: its own shell steps against a registry on this machine, with cosign and a key.

Real: the registry (crane's), the images that are built, pushed by digest, started and built again (podman), what cosign
signs, attests and verifies. Not real: keyless identities, buildx (tests/e2e/buildx.py does its words with podman and
crane), and the second platform, unless CILIUM_POLICIES_ARM64_BASE names a base for it (`.ci/arm64.sh` makes one).
"""

from __future__ import annotations

import base64
import json
import os
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.tools import (
    BASE,
    EPOCH,
    ROOT,
    STAGE,
    VERSION,
    absent,
    container_engine,
    environment,
    release,
    run,
    succeeded,
    there,
)

pytestmark = [pytest.mark.e2e, pytest.mark.image, pytest.mark.slow, pytest.mark.xdist_group("image")]

ARM64 = os.environ.get("CILIUM_POLICIES_ARM64_BASE", "=")
# What the steps say to cosign is kept; a key stands in for the identity that GitHub's token would prove.
COSIGN = """\
#!{python}
import os, sys
verb, *words = sys.argv[1:]
kept, skip = [], False
for word in words:
    if word.startswith("--certificate-"):
        skip = True
    elif skip:
        skip = False
    else:
        kept.append(word)
if verb.startswith("verify"):
    kept = ["--key", {public!r}, "--insecure-ignore-tlog=true", *kept]
else:
    kept = ["--key", {private!r}, "--tlog-upload=false", *kept]
if "blob" not in verb:
    kept = ["--allow-http-registry", *kept]
os.execv({cosign!r}, [{cosign!r}, verb, *kept])
"""


class Rehearsal(NamedTuple):
    """`image` is the repository at the registry, `digest` that of the index which was built."""

    tree: Path
    image: str
    digest: str
    env: dict[str, str]

    def told(self, *command: str | Path) -> str:
        return succeeded(run(command, env=self.env))


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    for name in ("crane", "cosign"):
        if not there(name):
            pytest.skip(f"{name} is not built: bash .ci/tools.sh release")
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port = asked.getsockname()[1]
    address = f"127.0.0.1:{port}"
    crane = shutil.which("crane", path=environment()["PATH"])
    folder = tmp_path_factory.mktemp("registry")
    words = [crane, "registry", "serve", "--address", address, "--disk", str(folder)]
    server = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            break
        except OSError:
            time.sleep(0.1)
    yield address
    server.kill()
    server.wait()
    podman = container_engine().command
    named = run(
        [podman, "images", "--format", "{{.ID}}", "--filter", f"reference={address}/*/*"]
    ).stdout.split()
    run([podman, "rmi", "--force", *dict.fromkeys(named)] if named else ["true"])


@pytest.fixture(scope="module")
def keys(registry: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with cosign.key and cosign.pub, and another pair in other/."""
    folder = tmp_path_factory.mktemp("keys")
    for place in (folder, folder / "other"):
        place.mkdir(exist_ok=True)
        succeeded(run(["cosign", "generate-key-pair"], cwd=place, env=environment(COSIGN_PASSWORD="")))
    return folder


@pytest.fixture(scope="module")
def rehearsal(registry: str, keys: Path, tmp_path_factory: pytest.TempPathFactory) -> Rehearsal:
    """Everything up to the tag, done once."""
    engine = container_engine()
    if not engine.podman:
        absent("the rehearsal builds with podman")
    if run([engine.command, "image", "inspect", BASE]).returncode != 0:
        absent(f"base image {BASE} missing: make tools")
    tree, image = tmp_path_factory.mktemp("tree"), f"{registry}/me/policies"
    release.checkout(tree)
    release.public(tree, image)
    release.commit(tree)
    env = environment(
        COSIGN_PASSWORD="",
        IMAGE=image,
        BASES=f"linux/amd64={BASE} linux/arm64={ARM64}",
        PYTHONPATH=str(ROOT),
        PROGRAM="cilium-policies",
    )
    env["PATH"] = f"{standing_in(tree / 'bin', keys, env['PATH'])}{os.pathsep}{env['PATH']}"
    built = [sys.executable, "-c", f"from tests.e2e.buildx import build; print(build('{image}:build'))"]
    done = run(built, env={**env, "SOURCE_DATE_EPOCH": EPOCH}, timeout=1200)
    if done.returncode:
        absent(f"the image cannot be built here: {done.stderr.strip().splitlines()[-1]}")
    found = Rehearsal(tree, image, done.stdout.strip(), env)
    failed, why = release.released("image", tree, env, {"steps.build.outputs.digest": found.digest})
    run([engine.command, "image", "prune", "-f", "--filter", f"label={STAGE}"])
    assert not failed, f"{failed}: {why}"
    return found


def standing_in(folder: Path, keys: Path, path: str) -> Path:
    """docker, make and cosign as the steps find them."""
    folder.mkdir()
    python = shlex.quote(sys.executable)
    filled = {"python": sys.executable, "cosign": shutil.which("cosign", path=path)}
    scripts = {
        "docker": f'#!/bin/sh\nexec {python} -m tests.e2e.buildx "$@"\n',
        "make": "#!/bin/sh\nexit 0\n",
        "cosign": COSIGN.format(**filled, public=str(keys / "cosign.pub"), private=str(keys / "cosign.key")),
    }
    for name, text in scripts.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return folder


def index(found: Rehearsal, name: str) -> dict[str, str]:
    """Digests by platform of an index in the registry."""
    told = json.loads(found.told("crane", "manifest", name))
    return {
        f"{one['platform']['os']}/{one['platform']['architecture']}": one["digest"]
        for one in told["manifests"]
    }


def verified(found: Rehearsal, key: Path, name: str) -> subprocess.CompletedProcess[str]:
    words = ["--key", key, "--insecure-ignore-tlog=true", "--allow-http-registry", name]
    return run([real_cosign(), "verify", *words], env=found.env)


def real_cosign() -> str:
    return str(shutil.which("cosign", path=environment()["PATH"]))


def test_the_tag_leads_to_the_index_that_was_signed(rehearsal: Rehearsal, keys: Path) -> None:
    tag = f"{rehearsal.image}:{VERSION}"
    assert rehearsal.told("crane", "digest", tag).strip() == rehearsal.digest
    told = verified(rehearsal, keys / "cosign.pub", tag)
    assert told.returncode == 0, told.stderr
    signed = json.loads(told.stdout)[0]["critical"]["image"]["docker-manifest-digest"]
    assert signed == rehearsal.digest


def test_what_was_started_are_the_images_of_the_signed_index(rehearsal: Rehearsal, keys: Path) -> None:
    """From the attestation that cosign verifies: platforms and digests, each the index's own."""
    words = ["--key", keys / "cosign.pub", "--insecure-ignore-tlog=true", "--allow-http-registry"]
    words += ["--type", f"{release.NEW_SOURCE}/started/v1", f"{rehearsal.image}@{rehearsal.digest}"]
    envelope = json.loads(rehearsal.told(real_cosign(), "verify-attestation", *words).splitlines()[0])
    statement = json.loads(base64.b64decode(envelope["payload"]))
    started = {one["platform"]: one["digest"] for one in statement["predicate"]["images"]}

    assert started == index(rehearsal, f"{rehearsal.image}@{rehearsal.digest}")
    assert sorted(started) == ["linux/amd64", "linux/arm64"]
    assert f"sha256:{statement['subject'][0]['digest']['sha256']}" == rehearsal.digest


def test_another_key_and_another_image_are_refused(rehearsal: Rehearsal, keys: Path) -> None:
    tag = f"{rehearsal.image}:{VERSION}"
    assert verified(rehearsal, keys / "other" / "cosign.pub", tag).returncode != 0
    # the registry is given another index under the released name
    amd64 = index(rehearsal, tag)["linux/amd64"]
    moved = f"{rehearsal.image}:moved"
    rehearsal.told("crane", "index", "append", "-t", moved, "-m", f"{rehearsal.image}@{amd64}")
    assert verified(rehearsal, keys / "cosign.pub", moved).returncode != 0


def test_a_spoilt_image_is_started_and_therefore_not_signed(rehearsal: Rehearsal, tmp_path: Path) -> None:
    """An index whose second image is another one: the steps stop before anything is signed."""
    amd64 = index(rehearsal, f"{rehearsal.image}@{rehearsal.digest}")["linux/amd64"]
    other = f"{rehearsal.image}:other"
    words = ["--entrypoint", "true", "--set-platform", "linux/arm64", "-t", other]
    rehearsal.told("crane", "mutate", *words, f"{rehearsal.image}@{amd64}")
    spoilt = f"{rehearsal.image}:spoilt"
    rehearsal.told("crane", "index", "append", "-t", spoilt, "-m", f"{rehearsal.image}@{amd64}", "-m", other)
    digest = rehearsal.told("crane", "digest", spoilt).strip()
    release.checkout(tmp_path)
    release.public(tmp_path, rehearsal.image)
    release.commit(tmp_path)

    failed, why = release.released("image", tmp_path, rehearsal.env, {"steps.build.outputs.digest": digest})

    assert failed == "start what was pushed, on each platform", why
    assert verified(rehearsal, Path("/nowhere"), f"{rehearsal.image}@{digest}").returncode != 0
    assert run(["crane", "digest", f"{rehearsal.image}:{digest.replace(':', '-')}.sig"]).returncode != 0


def test_the_wheel_and_the_archive_are_built_twice_alike_and_signed(
    rehearsal: Rehearsal, keys: Path, tmp_path: Path
) -> None:
    """The wheel job's steps; what GitHub's own command would publish is listed."""
    tree = tmp_path / "tree"
    listed = succeeded(run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"])).split(
        "\0"
    )
    for name in (one for one in listed if one and (ROOT / one).is_file()):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tree / name)
    release.commit(tree)
    scripts = tmp_path / "bin"
    scripts.mkdir()
    for name, text in {
        "make": f'#!/bin/sh\n[ "$1" != -C ] || cd "$2"\nexec {shlex.quote(sys.executable)} -m hatchling build\n',
        "gh": '#!/bin/sh\necho "$*" > "$PUBLISHED"\n',
    }.items():
        (scripts / name).write_text(text)
        (scripts / name).chmod(0o755)
    env = {
        **rehearsal.env,
        "PATH": f"{scripts}:{rehearsal.env['PATH']}",
        "PUBLISHED": str(tmp_path / "published"),
    }
    env["SOURCE_DATE_EPOCH"] = EPOCH

    provenance = tmp_path / "attestation.json"
    provenance.write_text("{}")
    given = {"github.token": "none", "steps.provenance.outputs.bundle-path": str(provenance)}
    failed, why = release.released("wheel", tree, env, given)

    assert not failed, f"{failed}: {why}"
    published = (tmp_path / "published").read_text()
    assert f"release create v{VERSION} --verify-tag" in published
    assert "signed/provenance.intoto.jsonl" in published
    files = sorted(path for path in (tree / "signed").iterdir() if "json" not in path.suffix)
    assert [path.suffix for path in files] == [".whl", ".gz"] or [path.suffix for path in files] == [
        ".gz",
        ".whl",
    ]
    for path in files:
        bundle = ["--bundle", f"{path}.sigstore.json", "--insecure-ignore-tlog=true"]
        good = run([real_cosign(), "verify-blob", "--key", keys / "cosign.pub", *bundle, path], env=env)
        assert good.returncode == 0, good.stderr
        path.write_bytes(path.read_bytes() + b"\n")
        assert (
            run([real_cosign(), "verify-blob", "--key", keys / "cosign.pub", *bundle, path]).returncode != 0
        )
