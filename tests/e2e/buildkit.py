"""BuildKit itself, as docker/build-push-action starts it: buildkitd on this machine, told by buildx (`.ci/tools.sh
buildkit` builds both), the base and an SBOM generator in a registry on loopback.

Not real: the second platform, unless a base for it is named (what it runs is the first one's then), and the generator.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.tools import environment, release, there

SCANNER = '''\
#!/usr/bin/python3
"""As BuildKit asks a generator: what lies in $BUILDKIT_SCAN_SOURCE, as a statement in $BUILDKIT_SCAN_DESTINATION."""
import json, os
from importlib.metadata import distributions
from pathlib import Path
source = Path(os.environ["BUILDKIT_SCAN_SOURCE"])
found = {one.name: one.version for one in distributions(path=[str(source / "app" / "lib")])}
packages = [{"name": name, "versionInfo": version} for name, version in sorted(found.items())]
document = {"spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "name": source.name, "packages": packages}
statement = {"_type": "https://in-toto.io/Statement/v0.1", "predicateType": "https://spdx.dev/Document"}
text = json.dumps({**statement, "predicate": document})
Path(os.environ["BUILDKIT_SCAN_DESTINATION"], source.name + ".spdx.json").write_text(text)
'''
DAEMON = """\
root = "{place}/root"
[grpc]
  address = ["unix://{place}/sock"]
[worker.oci]
  enabled = true
  platforms = ["linux/amd64", "linux/arm64"]
[worker.containerd]
  enabled = false
[registry."{registry}"]
  http = true
"""


def here() -> bool:
    return os.geteuid() == 0 and all(there(name) for name in ("buildkitd", "buildx", "runc"))


def told(*command: str | Path, **more: str) -> str:
    """What a command prints; CalledProcessError, with stderr, where it fails."""
    done = subprocess.run(
        list(map(str, command)), env=environment(**more), capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@contextmanager
def daemon(registry: str) -> Iterator[dict[str, str]]:
    """buildkitd; the environment in which buildx asks it."""
    with tempfile.TemporaryDirectory(prefix="buildkit-", ignore_cleanup_errors=True) as folder:
        place = Path(folder)
        (place / "buildkitd.toml").write_text(DAEMON.format(place=place, registry=registry))
        buildkitd = shutil.which("buildkitd", path=environment()["PATH"])
        words = [str(buildkitd), "--config", str(place / "buildkitd.toml")]
        with (place / "log").open("w") as log:
            process = subprocess.Popen(words, stdout=log, stderr=log, env=environment())
        try:
            deadline = time.monotonic() + 120
            while not (place / "sock").exists() and time.monotonic() < deadline:
                time.sleep(0.2)
            env = {"BUILDX_CONFIG": str(place / "buildx"), "BUILDX_BUILDER": "rehearsal"}
            told(
                "buildx", "create", "--name", "rehearsal", "--driver", "remote", f"unix://{place}/sock", **env
            )
            yield env
        finally:
            process.terminate()
            process.wait(60)


def image_with(files: dict[str, bytes], base: str, name: str) -> str:
    """Pushes an image of the registry with more files as another one; its name by digest."""
    with tempfile.TemporaryDirectory() as folder:
        for path, data in files.items():
            (Path(folder) / path).parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / path).write_bytes(data)
            (Path(folder) / path).chmod(0o755)
        layer = Path(folder, "layer.tar")
        with tarfile.open(layer, "w") as made:
            for path in files:
                made.add(Path(folder) / path, path)
        told("crane", "append", "-b", base, "-f", layer, "-t", name)
    return f"{name.rpartition(':')[0]}@{told('crane', 'digest', name)}"


def bases(registry: str, named: dict[str, str]) -> tuple[str, str]:
    """Base and generator, both by digest. `named`: local images by platform, `=` for another name of the first."""
    certificates = Path(os.environ.get("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt"))
    lent = {"etc/ssl/certs/ca-certificates.crt": certificates.read_bytes()} if certificates.exists() else {}
    images: list[str] = []
    for platform, local in named.items():
        name = f"{registry}/base:{platform.replace('/', '-')}"
        if local == "=":
            told("crane", "mutate", "--set-platform", platform, "-t", name, images[0])
            images.append(f"{registry}/base@{told('crane', 'digest', name)}")
        else:
            told("podman", "push", "-q", "--tls-verify=false", local, name)
            images.append(image_with(lent, name, name))
    whole = f"{registry}/base:whole"
    told("crane", "index", "append", "-t", whole, *(word for one in images for word in ("-m", one)))
    image_with({"scan": SCANNER.encode()}, images[0], f"{registry}/scanner:bare")
    told(
        "crane", "mutate", "--entrypoint", "/scan", "-t", f"{registry}/scanner:1", f"{registry}/scanner:bare"
    )
    return tuple(
        f"{name.rpartition(':')[0]}@{told('crane', 'digest', name)}"
        for name in (whole, f"{registry}/scanner:1")
    )


def words(values: dict[str, str], scanner: str) -> list[str]:
    """`buildx build` as the action calls it for what release.yaml gives it, with another generator."""
    (step,) = [one for one in release.JOBS["image"]["steps"] if one.get("id") == "build"]
    given = release.filled(step["with"], values)
    known = {"context", "platforms", "build-args", "outputs", "sbom", "provenance"}
    assert set(given) == known, f"what does the action make of {set(given) ^ known}?"
    return [
        *("--platform", given["platforms"], "--build-arg", given["build-args"], "--output", given["outputs"]),
        *("--attest", f"type=sbom,generator={scanner}", "--attest", f"type=provenance,{given['provenance']}"),
        given["context"],
    ]


def pushed(tree: Path, values: dict[str, str], scanner: str, env: dict[str, str]) -> str:
    """Builds the checkout as the release does; the digest of the index."""
    meta = tree.parent / "built.json"
    command = ["buildx", "build", "--metadata-file", str(meta), *words(values, scanner)]
    subprocess.run(command, cwd=tree, env=environment(**env), check=True, capture_output=True, text=True)
    return json.loads(meta.read_text())["containerimage.digest"]
