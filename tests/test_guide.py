"""Every command of docs/guide.md, run in its order; a cluster's answers (kubectl, hubble) are recorded ones."""

from __future__ import annotations

import re
import shutil
import subprocess
import textwrap
from pathlib import Path

import pytest
import yaml
from cilium_policies.config.read import read
from cilium_policies.document.parse import load_with_lines

from tests.questions import hubble
from tests.tools import EXAMPLES, ROOT, environment

GUIDE = ROOT / "docs" / "guide.md"
FENCE = re.compile(r"^( *)```(\w+)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)

# What the recorded hubble accepts: options of 1.20.2 that the guide uses, so that a typing error fails the test.
HUBBLE = """\
#!/usr/bin/env python3
import sys
flags, valued = {"--follow", "--print-policy-names"}, {"--type", "-o", "--last", "--verdict", "--namespace"}
words = sys.argv[1:]
assert words.pop(0) == "observe", words
form = ""
while words:
    word = words.pop(0)
    if word in valued:
        value = words.pop(0)
        form = value if word == "-o" else form
    else:
        assert word in flags, f"hubble observe: unknown flag: {word}"
sys.stdout.buffer.write(open(__file__ + ".json", "rb").read() if form == "json" else b"Nov 24 09:30:00.000: a -> b\\n")
"""
KUBECTL = """\
#!/usr/bin/env python3
import sys
words = " ".join(word for word in sys.argv[1:] if not word.startswith("jsonpath="))
known = {
    "-n kube-system get configmap cilium-config -o": "allow-localhost: auto\\nlabels: \\n",
    "--namespace shop rollout restart deployment": "",
}
assert words in known, f"kubectl: not recorded: {words}"
print(known[words])
"""


def blocks() -> list[tuple[str, str]]:
    """(language, text) of each fenced block, in order."""
    return [(found[2], textwrap.dedent(found[3])) for found in FENCE.finditer(GUIDE.read_text("utf-8"))]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A git repository with the shop's manifests, and a cluster's commands in PATH."""
    shutil.copytree(EXAMPLES / "shop", tmp_path / "repository" / "rendered")
    commands = tmp_path / "bin"
    commands.mkdir()
    for name, text in (("hubble", HUBBLE), ("kubectl", KUBECTL)):
        (commands / name).write_text(text)
        (commands / name).chmod(0o755)
    db = hubble.pod(
        "shop", "db", ["k8s:app.kubernetes.io/name=db", "k8s:io.kubernetes.pod.namespace=shop"], "StatefulSet"
    )
    flow = hubble.line(
        db, hubble.address(), 2049, direction="EGRESS", by=[], ips=("10.0.0.1", "192.168.1.20")
    )
    (commands / "hubble.json").write_bytes(flow)
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "--all"], ["commit", "-qm", "Manifests"]):
        subprocess.run([*git, *words], cwd=tmp_path / "repository", check=True, capture_output=True)
    return tmp_path


def run(place: Path, script: str) -> str:
    env = environment(
        GIT_AUTHOR_NAME="a", GIT_AUTHOR_EMAIL="a@x", GIT_COMMITTER_NAME="a", GIT_COMMITTER_EMAIL="a@x"
    )
    env["PATH"] = f"{place / 'bin'}:{env['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=place / "repository",
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def modes(place: Path) -> dict[str, bool]:
    """Which namespaces of the written tree are enforced."""
    found = {}
    for path in (place / "repository" / "kubernetes" / "apps").glob(
        "*/network-policies/app/default-deny.yaml"
    ):
        policy = yaml.safe_load(path.read_text())
        found[policy["metadata"]["namespace"]] = "enableDefaultDeny" not in policy["spec"]
    return found


def test_every_command_of_the_guide_runs_in_its_order(place: Path) -> None:
    told = {}
    seen = []
    for number, (language, text) in enumerate(blocks()):
        if language == "yaml":
            name = re.match(r"# (\S+\.yaml)\n", text)
            assert name, text
            (place / "repository" / name[1]).write_text(text)
        elif language == "sh":
            told[number] = run(place, text)
            if "cilium-policies write" in text:
                seen.append(modes(place))
    assert seen == [
        {"reloader": False, "shop": False},
        {"reloader": False, "shop": False},
        {"reloader": True, "shop": False},
        {"reloader": True, "shop": True},
        {"reloader": True, "shop": False},
    ]
    output = "".join(told.values())
    assert "192.168.1.20" in output
    assert "guessed: " in output
    assert "unknown: " not in output
    assert (place / "repository" / "report.html").read_text().startswith("<!doctype html>")


def test_configs_in_the_guide_are_configs() -> None:
    configs = [text for language, text in blocks() if language == "yaml"]
    assert len(configs) >= 3
    for text in configs:
        value, lines = load_with_lines(text.encode())
        assert isinstance(value, dict)
        read(value, lines)


def test_links_in_the_guide_lead_somewhere() -> None:
    text = GUIDE.read_text("utf-8")
    for target in re.findall(r"\]\(([^)#][^)]*)\)", text):
        assert (GUIDE.parent / target.partition("#")[0]).exists(), target
    headings = {
        re.sub(r"[^a-z0-9 -]", "", one.lower()).replace(" ", "-")
        for one in re.findall(r"^#+ (.*)$", text, re.M)
    }
    assert set(re.findall(r"\]\(#([^)]*)\)", text)) <= headings
