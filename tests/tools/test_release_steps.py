"""The shell steps of the release's image job, run in their order with stand-ins for docker, cosign and make.

What GitHub's runner does around them is done here: `bash -e` for each, GITHUB_ENV carried on, expressions filled in.
The actions between them are not run, and keyless signing cannot be: a recording says what would be signed and named.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.tools import REPOSITORY, ROOT, SOURCE, VERSION

IMAGE = "registry.example/me/policies"
DIGEST = "sha256:" + "ab" * 32
STEPS = [
    step
    for step in yaml.safe_load((ROOT / ".github/workflows/release.yaml").read_text())["jobs"]["image"][
        "steps"
    ]
    if "run" in step
]
# Each stand-in writes its words into $LOG; docker answers as the three of its commands that the steps use.
DOCKER = """\
#!{python}
import io, json, os, subprocess, sys, tarfile
words = sys.argv[1:]
open(os.environ["LOG"], "a").write("docker " + " ".join(words) + "\\n")
if words[0] == "run":
    answer = subprocess.run([{python!r}, "-m", "cilium_policies"], stdin=sys.stdin, capture_output=True, check=True)
    spoilt = os.environ.get("SPOILT") in words
    sys.stdout.buffer.write(answer.stdout.replace(b"default-deny", b"default-allow") if spoilt else answer.stdout)
elif words[:2] == ["buildx", "build"]:
    archive = words[words.index("--output") + 1].split("dest=")[1].split(",")[0]
    layer = "sha256:" + os.environ.get("LAYER", "1")
    files = {{"index.json": {{"manifests": [{{"digest": "sha256:m"}}]}},
             "blobs/sha256/m": {{"config": {{"digest": "sha256:c"}}}},
             "blobs/sha256/c": {{"rootfs": {{"diff_ids": [layer]}}}}}}
    with tarfile.open(archive, "w") as made:
        for name, value in files.items():
            info = tarfile.TarInfo(name)
            data = json.dumps(value).encode()
            info.size = len(data)
            made.addfile(info, io.BytesIO(data))
elif words[1:3] == ["imagetools", "inspect"]:
    platform = {{"rootfs": {{"diff_ids": ["sha256:1"]}}}}
    print(json.dumps({{"linux/amd64": platform, "linux/arm64": {{"rootfs": {{"diff_ids": ["sha256:2"]}}}}}}))
"""
MAKE = """\
#!/bin/sh
mkdir -p .venv/bin
printf '#!/bin/sh\\nexec {python} -m cilium_policies "$@"\\n' > .venv/bin/cilium-policies
chmod +x .venv/bin/cilium-policies
"""
COSIGN = '#!/bin/sh\necho "cosign $*" >> "$LOG"\n'


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """As much of a checkout as the steps read, under public names."""
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci", ignore=shutil.ignore_patterns("tools"))
    for name in ("metadata.yaml", "pyproject.toml"):
        text = (ROOT / name).read_text()
        text = text.replace(SOURCE, "https://git.example/me/policies").replace(REPOSITORY, IMAGE)
        (tmp_path / name).write_text(text)
    for words in (["init", "-q"], ["add", "metadata.yaml"], ["commit", "-qm", "x"]):
        subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@b.c", *words], cwd=tmp_path, check=True
        )
    (tmp_path / "bin").mkdir()
    for name, text in (("docker", DOCKER), ("make", MAKE), ("cosign", COSIGN)):
        (tmp_path / "bin" / name).write_text(
            text.format(python=sys.executable) if "{python}" in text else text
        )
        (tmp_path / "bin" / name).chmod(0o755)
    return tmp_path


def released(tree: Path, tag: str = f"v{VERSION}", **extra: str) -> tuple[str, list[str]]:
    """The name of the step that failed ("" where none did), and what the stand-ins were told."""
    (tree / "log").touch()
    env = {
        "PATH": f"{tree / 'bin'}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(tree),
        "LOG": str(tree / "log"),
    }
    env |= {"GITHUB_ENV": str(tree / "env"), "GITHUB_REF_NAME": tag, **extra}
    for step in STEPS:
        given = {
            key: value.replace("${{ steps.build.outputs.digest }}", DIGEST)
            for key, value in step.get("env", {}).items()
        }
        assert "${{" not in step["run"] + "".join(given.values()), (
            "an expression that this test does not fill in"
        )
        kept = (
            dict(re.findall(r"(?m)^(\w+)=(.*)$", (tree / "env").read_text()))
            if (tree / "env").exists()
            else {}
        )
        done = subprocess.run(
            ["bash", "-e", "-c", step["run"]], cwd=tree, env=env | kept | given, capture_output=True
        )
        if done.returncode:
            return step.get("name", step["run"]), (tree / "log").read_text().splitlines()
    return "", (tree / "log").read_text().splitlines()


def test_what_is_signed_and_named_is_what_was_started(tree: Path) -> None:
    failed, told = released(tree)
    assert failed == "", told
    *_, signed, named = told
    started = [line for line in told if line.startswith("docker run")]
    assert [re.findall(r"--platform (\S+)", line) for line in started] == [["linux/amd64"], ["linux/arm64"]]
    assert all(line.endswith(f" {IMAGE}@{DIGEST}") for line in started)
    assert signed == f"cosign sign --yes {IMAGE}@{DIGEST}"
    assert named == f"docker buildx imagetools create --tag {IMAGE}:{VERSION} {IMAGE}@{DIGEST}"


@pytest.mark.parametrize(
    ("extra", "failed"),
    [
        ({"SPOILT": "linux/arm64"}, "start what was pushed, on each platform"),
        ({"LAYER": "3"}, "build it again, and compare the layers"),
        ({"tag": "v9.9.9"}, "names"),
    ],
)
def test_what_answers_otherwise_is_neither_signed_nor_named(
    tree: Path, extra: dict[str, str], failed: str
) -> None:
    where, told = released(tree, **extra)
    assert where == failed
    assert not [line for line in told if "cosign" in line or "create" in line]


def test_names_that_are_nobodys_are_not_released(tree: Path) -> None:
    place = tree / "metadata.yaml"
    place.write_text(place.read_text().replace(IMAGE, "localhost/policies"))
    assert released(tree) == ("names", [])


def test_json_of_the_stand_in_is_what_layers_reads() -> None:
    """`layers.py` is given what buildx prints for an index of platforms, and takes amd64's."""
    text = json.dumps(
        {"linux/amd64": {"rootfs": {"diff_ids": ["a"]}}, "linux/arm64": {"rootfs": {"diff_ids": ["b"]}}}
    )
    done = subprocess.run(
        [sys.executable, ROOT / ".ci/layers.py", "-"], input=text, capture_output=True, text=True, check=True
    )
    assert done.stdout == "a\n"
