"""Three times the text takes three times the CPU, whatever it is full of and wherever it stands."""

from __future__ import annotations

import json
import resource
import subprocess
import sys

import pytest

from tests.hostile.test_secrets import thing

PIECES = ["a:1 ", "http://a:1/b@ ", "https://", "a.svc ", "a=b ", "host: a\n", "- http://a\n", "a.", "{{", "$(", "[",
          "${a}", "--a=b:1\n", "port: 1\nhost: b\n", ",a:1", "//@", "host=a port=1 ", '"a":"b",']  # fmt: skip
LABELS = {"app": "web"}


def manifests(text: str) -> str:
    """A workload that has the text in its environment, arguments, annotations and two keys of a ConfigMap."""
    container = {
        "name": "c",
        "image": "e.com/x:1",
        "args": [text],
        "env": [{"name": "A_URL", "value": text}],
        "envFrom": [{"configMapRef": {"name": "m"}}],
    }
    metadata = {"labels": LABELS, "annotations": {"k": text}}
    template = {"metadata": metadata, "spec": {"containers": [container]}}
    documents = [
        thing("v1", "Namespace", "a", space=None),
        {**thing("v1", "ConfigMap", "m", space="a"), "data": {"x.yaml": text, "X": text}},
        thing("apps/v1", "Deployment", "web", {"k": text}, space="a",
              spec={"selector": {"matchLabels": LABELS}, "template": template}),
    ]  # fmt: skip
    return "\n---\n".join(map(json.dumps, documents))


def seconds(command: list[str], text: str) -> float:
    """CPU of one run, which has to be content with the text or to refuse it in a line."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    call = [sys.executable, "-m", "cilium_policies", *command]
    done = subprocess.run(call, input=manifests(text), capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode in (0, 1)
    assert "internal error" not in done.stderr
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.slow
@pytest.mark.parametrize("piece", PIECES)
def test_three_times_the_text_takes_three_times_the_time(piece: str) -> None:
    command = ["--only-policies"]
    empty = seconds(command, "x")
    small, large = (seconds(command, piece * (size // len(piece))) - empty for size in (60_000, 180_000))

    # Quadratic would be nine times; what is over in no time says nothing.
    assert large < 0.5 or large < 5.5 * small, f"{small:.2f} s, then {large:.2f} s"
