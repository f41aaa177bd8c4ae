"""The release rehearsed: its own shell steps against a registry on this machine, with cosign, a key and a certificate.

Real: the registry (crane's), the images that are built, pushed by digest, started and built again, what cosign signs,
attests and verifies. BuildKit and buildx build, where `.ci/tools.sh buildkit` has built them (tests/e2e/buildkit.py);
else tests/e2e/buildx.py does their words with podman and crane, and what is attached to an image is made up.
Not real: who gives the identity (the certificate says what Sigstore's would, and an authority of these tests signed
it), the public log of signatures, and the second platform, unless CILIUM_POLICIES_ARM64_BASE names a base for it
(`.ci/arm64.sh` makes one).
"""

from __future__ import annotations

import base64
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.e2e import buildkit
from tests.e2e.identity import certified
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
    require,
    run,
    succeeded,
    there,
)

pytestmark = [pytest.mark.e2e, pytest.mark.container, pytest.mark.slow, pytest.mark.xdist_group("image")]

ARM64 = os.environ.get("CILIUM_POLICIES_ARM64_BASE", "=")
# What the steps say to cosign is kept. A key signs, and a certificate of these tests' authority says whose it is, in
# the place of what GitHub's token would get; for files, whose signature is a bundle, cosign takes a key alone.
COSIGN = """\
#!{python}
import os, sys
verb, *words = sys.argv[1:]
roots, key = {keys!r} + "/authority.pem", ["--key", {keys!r} + "/cosign.key", "--tlog-upload=false"]
if verb.startswith("verify"):
    more = ["--ca-roots", roots, "--insecure-ignore-sct=true", "--insecure-ignore-tlog=true", "--allow-http-registry"]
elif "blob" in verb:
    more = key
else:
    more = [*key, "--certificate", {keys!r} + "/signer.pem", "--certificate-chain", roots, "--allow-http-registry"]
os.execv({cosign!r}, [{cosign!r}, verb, *more, *words])
"""
IDENTITY = f"{release.NEW_SOURCE}/.github/workflows/release.yaml@refs/tags/v{VERSION}"
ISSUER = "https://token.actions.githubusercontent.com"


class Rehearsal(NamedTuple):
    """`image` is the repository at the registry, `digest` that of the index which was built."""

    tree: Path
    image: str
    digest: str
    env: dict[str, str]
    base: str  # what BuildKit built on, by digest; "" where podman built

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
    """A folder with cosign.key, cosign.pub, the certificate of this key and its authority's, and others in other/."""
    require("openssl")
    folder = tmp_path_factory.mktemp("keys")
    for place in (folder, folder / "other"):
        place.mkdir(exist_ok=True)
        certified(place, IDENTITY, ISSUER)
        words = ["import-key-pair", "--key", "signer.key", "--output-key-prefix", "cosign"]
        succeeded(run(["cosign", *words], cwd=place, env=environment(COSIGN_PASSWORD="")))
    return folder


@pytest.fixture(scope="module")
def rehearsal(registry: str, keys: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    """Every job, done once."""
    with ExitStack() as stack:
        yield rehearsed(registry, keys, tmp_path_factory.mktemp("release"), stack)


def rehearsed(registry: str, keys: Path, place: Path, stack: ExitStack) -> Rehearsal:
    """`stack`: gets the daemon that builds."""
    engine = container_engine()
    if not engine.podman:
        absent("the rehearsal builds with podman")
    if run([engine.command, "image", "inspect", BASE]).returncode != 0:
        absent(f"base image {BASE} missing: make tools")
    tree, image, base = place / "tree", f"{registry}/me/policies", ""
    release.whole_checkout(tree)
    release.public(tree, image)
    named = {"linux/amd64": BASE, "linux/arm64": ARM64}
    kit: dict[str, str] = {}
    if buildkit.here():
        kit = stack.enter_context(buildkit.daemon(registry))
        base, scanner = buildkit.bases(registry, named)
        release.built_on(tree, base)
    release.commit(tree)
    env = environment(
        COSIGN_PASSWORD="",
        IMAGE=image,
        BASES=" ".join(f"{platform}={name}" for platform, name in named.items()),
        PYTHONPATH=str(ROOT),
        PUBLISHED=str(place / "published"),
        **kit,
    )
    env["PATH"] = f"{standing_in(place / 'bin', keys, env['PATH'], bool(kit))}{os.pathsep}{env['PATH']}"
    if kit:
        digest = buildkit.pushed(tree, {"env.IMAGE": image, "env.SOURCE_DATE_EPOCH": EPOCH}, scanner, kit)
    else:
        built = [sys.executable, "-c", f"from tests.e2e.buildx import build; print(build('{image}:build'))"]
        done = run(built, env={**env, "SOURCE_DATE_EPOCH": EPOCH}, timeout=1200)
        if done.returncode:
            absent(f"the image cannot be built here: {done.stderr.strip().splitlines()[-1]}")
        digest = done.stdout.strip()
    provenance = place / "attestation.json"
    provenance.write_text("{}")
    values = {
        "steps.build.outputs.digest": digest,
        "steps.provenance.outputs.bundle-path": str(provenance),
        "github.token": "none",
    }
    for job in ("wheel", "image", "sign", "publish"):
        failed, why = release.released(job, tree, env, values)
        assert not failed, f"{job}, {failed}: {why}"
    run([engine.command, "image", "prune", "-f", "--filter", f"label={STAGE}"])
    return Rehearsal(tree, image, digest, env, base)


def standing_in(folder: Path, keys: Path, path: str, buildx: bool) -> Path:
    """docker, make, cosign and gh as the steps find them; `buildx`: docker's `buildx` is itself."""
    folder.mkdir()
    python = shlex.quote(sys.executable)
    own = 'if [ "$1" = buildx ]; then shift; exec buildx "$@"; fi\n'
    filled = {"python": sys.executable, "cosign": shutil.which("cosign", path=path)}
    scripts = {
        "docker": f'#!/bin/sh\n{own if buildx else ""}exec {python} -m tests.e2e.buildx "$@"\n',
        "make": f'#!/bin/sh\n[ "$1" != -C ] || cd "$2"\nexec {python} -m hatchling build\n',
        "gh": '#!/bin/sh\necho "$*" > "$PUBLISHED"\n',
        "cosign": COSIGN.format(**filled, keys=str(keys)),
    }
    for name, text in scripts.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return folder


def index(found: Rehearsal, name: str) -> dict[str, str]:
    """Digests by platform of an index in the registry, without what is attached to them."""
    told = json.loads(found.told("crane", "manifest", name))
    return {
        f"{one['platform']['os']}/{one['platform']['architecture']}": one["digest"]
        for one in told["manifests"]
        if one["platform"]["os"] != "unknown"
    }


def attached(found: Rehearsal) -> dict[str, dict[str, dict]]:
    """What BuildKit says of each image, by the image's digest and the predicate's type."""
    told = json.loads(found.told("crane", "manifest", f"{found.image}@{found.digest}"))
    said: dict[str, dict[str, dict]] = {}
    for one in told["manifests"]:
        if one.get("annotations", {}).get("vnd.docker.reference.type") == "attestation-manifest":
            manifest = json.loads(found.told("crane", "manifest", f"{found.image}@{one['digest']}"))
            blobs = [layer["digest"] for layer in manifest["layers"]]
            statements = [json.loads(found.told("crane", "blob", f"{found.image}@{blob}")) for blob in blobs]
            image = one["annotations"]["vnd.docker.reference.digest"]
            said[image] = {statement["predicateType"]: statement for statement in statements}
    return said


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


def test_each_image_has_an_sbom_and_its_provenance_in_the_index_that_was_signed(rehearsal: Rehearsal) -> None:
    """The SBOM is a generator's of these tests; what BuildKit makes of it, and the provenance, are BuildKit's own."""
    if not rehearsal.base:
        pytest.skip("BuildKit is not built: bash .ci/tools.sh buildkit")
    images = index(rehearsal, f"{rehearsal.image}@{rehearsal.digest}")
    said = attached(rehearsal)
    assert sorted(said) == sorted(images.values())
    base = rehearsal.base.rpartition(":")[2]
    for digest, statements in said.items():
        for statement in statements.values():
            assert {f"sha256:{one['digest']['sha256']}" for one in statement["subject"]} == {digest}
        (sbom,) = [one for kind, one in statements.items() if kind == "https://spdx.dev/Document"]
        listed = {one["name"]: one["versionInfo"] for one in sbom["predicate"]["packages"]}
        assert listed["cilium-policies"] == VERSION
        assert {name.lower() for name in listed} == {"cilium-policies", "click", "pyyaml"}
        (provenance,) = [
            one for kind, one in statements.items() if kind.startswith("https://slsa.dev/provenance/")
        ]
        text = json.dumps(provenance["predicate"])
        assert base in text
        assert f'"build-arg:SOURCE_DATE_EPOCH": "{EPOCH}"' in text


def test_what_is_attached_to_the_images_lies_beside_the_release_as_files(rehearsal: Rehearsal) -> None:
    """For people without cosign and buildx: for each platform the SBOM, and how the image of that digest was built."""
    said = attached(rehearsal)
    images = index(rehearsal, f"{rehearsal.image}@{rehearsal.digest}")
    assert sorted(images) == ["linux/amd64", "linux/arm64"]
    for platform, digest in images.items():
        stem = rehearsal.tree / "signed" / f"policies-{VERSION}-{platform.replace('/', '-')}"
        (sbom,) = [one for kind, one in said[digest].items() if kind == "https://spdx.dev/Document"]
        assert json.loads(Path(f"{stem}.spdx.json").read_text()) == sbom["predicate"]
        provenance = json.loads(Path(f"{stem}.provenance.json").read_text())
        assert provenance in said[digest].values()
        assert provenance["predicateType"].startswith("https://slsa.dev/provenance/")
        assert f"sha256:{provenance['subject'][0]['digest']['sha256']}" == digest


def test_another_key_and_another_image_are_refused(rehearsal: Rehearsal, keys: Path) -> None:
    tag = f"{rehearsal.image}:{VERSION}"
    assert verified(rehearsal, keys / "other" / "cosign.pub", tag).returncode != 0
    # the registry is given another index under the released name
    amd64 = index(rehearsal, tag)["linux/amd64"]
    moved = f"{rehearsal.image}:moved"
    rehearsal.told("crane", "index", "append", "-t", moved, "-m", f"{rehearsal.image}@{amd64}")
    assert verified(rehearsal, keys / "cosign.pub", moved).returncode != 0


def documented() -> list[str]:
    """What SECURITY.md says to cosign of this release: whose signature it has to be."""
    text = (ROOT / "SECURITY.md").read_text("utf-8").replace("SOURCE", release.NEW_SOURCE)
    (said,) = re.findall(r"\n    set -- ((?:.*\\\n)*.*)\n", text)
    return shlex.split(said.replace("vVERSION", f"v{VERSION}").replace("\\\n", ""))


def test_the_signature_is_that_of_the_documented_identity_and_of_no_other(
    rehearsal: Rehearsal, keys: Path
) -> None:
    """The words of the page, and the same with one of them changed; the certificate is what Sigstore's would be."""
    words = documented()
    assert words == ["--certificate-oidc-issuer", ISSUER, "--certificate-identity", IDENTITY]
    image = f"{rehearsal.image}@{rehearsal.digest}"
    started = ["--type", f"{release.NEW_SOURCE}/started/v1"]

    def refused(said: list[str], *more: str) -> bool:
        done = [
            run(["cosign", verb, *said, *more, image], env=rehearsal.env)
            for verb, more in (("verify", more), ("verify-attestation", (*started, *more)))
        ]
        assert done[0].returncode == done[1].returncode, done
        return done[0].returncode != 0

    assert not refused(words)
    for old, new in (
        (f"v{VERSION}", f"v{VERSION}.1"),
        ("release.yaml", "ci.yaml"),
        ("/me/", "/others/"),
        ("token.actions", "tokens.actions"),
        ("refs/tags", "refs/heads"),
    ):
        changed = [word.replace(old, new) for word in words]
        assert changed != words
        assert refused(changed), changed
    # another authority's certificate would say the same
    assert refused(words, "--ca-roots", str(keys / "other" / "authority.pem"))


def test_what_is_not_what_was_built_is_not_signed(rehearsal: Rehearsal, tmp_path: Path) -> None:
    """An index whose second image is another one; a version that has another image; a wheel that somebody changed."""
    amd64 = index(rehearsal, f"{rehearsal.image}@{rehearsal.digest}")["linux/amd64"]
    other = f"{rehearsal.image}:other"
    words = ["--entrypoint", "true", "--set-platform", "linux/arm64", "-t", other]
    rehearsal.told("crane", "mutate", *words, f"{rehearsal.image}@{amd64}")
    spoilt = f"{rehearsal.image}:spoilt"
    rehearsal.told("crane", "index", "append", "-t", spoilt, "-m", f"{rehearsal.image}@{amd64}", "-m", other)
    digest = rehearsal.told("crane", "digest", spoilt).strip()
    tree = tmp_path / "tree"
    shutil.copytree(rehearsal.tree, tree, symlinks=True)
    sums = succeeded(run(["sh", "-c", "cd dist && sha256sum ./*"], cwd=tree)).strip()
    values = {"steps.build.outputs.digest": digest, "needs.wheel.outputs.sums": sums}
    failed, why = release.released("image", tree, rehearsal.env, values)
    assert failed == "start what was pushed, on each platform", why

    values |= {"needs.image.outputs.digest": digest, "needs.image.outputs.started": "{}"}
    failed, why = release.released("sign", tree, rehearsal.env, values)
    assert failed == "a version keeps the image that it has", why
    assert run(["crane", "digest", f"{rehearsal.image}:{digest.replace(':', '-')}.sig"]).returncode != 0

    shutil.rmtree(tree / "signed")
    (wheel,) = (tree / "dist").glob("*.whl")
    wheel.write_bytes(wheel.read_bytes() + b"\n")
    values["needs.sign.outputs.attached"] = succeeded(
        run(["sh", "-c", "cd attached && sha256sum ./*"], cwd=tree)
    ).strip()
    failed, why = release.released("publish", tree, rehearsal.env, values)
    assert failed == "sign what will be published", why
    assert not (tree / "signed").exists()


def test_what_is_published_was_built_twice_alike_and_signed(
    rehearsal: Rehearsal, keys: Path, tmp_path: Path
) -> None:
    published = Path(rehearsal.env["PUBLISHED"]).read_text()
    assert f"release create v{VERSION} --verify-tag" in published
    assert "signed/provenance.intoto.jsonl" in published
    assert f"The image is {rehearsal.image}:{VERSION}@{rehearsal.digest}." in published
    signed = rehearsal.tree / "signed"
    files = [path for path in signed.iterdir() if Path(f"{path}.sigstore.json").exists()]
    assert {path.name for path in files} | {f"{path.name}.sigstore.json" for path in files} == {
        path.name for path in signed.iterdir() if path.name != "provenance.intoto.jsonl"
    }
    assert sorted(path.suffix for path in files) == [".gz", *[".json"] * 4, ".whl"]
    for path in files:
        place = "attached" if path.suffix == ".json" else "dist"
        assert path.read_bytes() == (rehearsal.tree / place / path.name).read_bytes()
        changed = tmp_path / path.name
        changed.write_bytes(path.read_bytes() + b"\n")
        words = ["verify-blob", "--key", keys / "cosign.pub"]
        words += ["--bundle", f"{path}.sigstore.json", "--insecure-ignore-tlog=true"]
        good = run([real_cosign(), *words, path], env=rehearsal.env)
        assert good.returncode == 0, good.stderr
        assert run([real_cosign(), *words, changed], env=rehearsal.env).returncode != 0
