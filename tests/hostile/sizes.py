"""Every command on a cluster full of one text, and how its time grows: `python -m tests.hostile.sizes [PIECE …]`.

Prints a row for each command that reads a build and each piece of text: seconds of CPU at 1, 2 and 4 MB, and how much
more each doubling took than the one before. tests/hostile/README.md holds what it printed.
"""

from __future__ import annotations

import itertools
import json
import sys
import tempfile
from pathlib import Path

from tests.hostile.growth import cpu
from tests.hostile.planted import deployment, thing

# Where a command takes a file of manifests, and where one that is compared with it; else it reads them from stdin. A
# tree is written beside them: what lies in one is read.
BUILD, BEFORE, TREE = "BUILD", "BEFORE", "TREE"
ROUNDS = 2  # a busy machine only adds to the seconds: the least counts
COMMANDS = {
    "function": ["--only-policies"],
    "write": ["write", "--output", TREE, "--dry-run"],
    "list": ["list", "--policies", "planned"],
    "uncovered": ["list", "--uncovered", "-v"],
    "foreign": ["list", "--foreign"],
    "report": ["report", "--policies", "planned"],
    "lint": ["lint", "--planned", "-v"],
    "check": ["check", "-v"],
    "diff": ["diff", BEFORE, BUILD],
    "inventory": ["inventory"],
    "rollout": ["rollout"],
    "explain": ["explain", "--policies", "planned", "--from", "a/web", "--to", "world", "--port", "443"],
    "test": ["test", "--record"],
    "audit": ["audit", BUILD],
}
MEGABYTES = (1, 2, 4)
WORST = ("http://a:1/b@ ", "host: a\n", "smtp_host\n")
FLOW = json.dumps(
    {"flow": {
        "time": "2026-11-01T10:00:00Z", "verdict": "AUDIT", "traffic_direction": "EGRESS", "Type": "L3_L4",
        "source": {"namespace": "a", "pod_name": "web-1",
                   "labels": ["k8s:app=web", "k8s:io.kubernetes.pod.namespace=a"]},
        "destination": {"identity": 2, "labels": ["reserved:world"]},
        "IP": {"source": "10.0.0.1", "destination": "203.0.113.9", "ipVersion": "IPv4"},
        "l4": {"TCP": {"source_port": 40000, "destination_port": 8444}}, "event_type": {"type": 5, "sub_type": 3},
    }, "time": "2026-11-01T10:00:00Z"}
)  # fmt: skip


def manifests(text: str) -> str:
    """A workload that has the text in its environment, arguments, annotations, two keys of a ConfigMap and one of a
    Secret; a release that has it in its values, and one of each image whose entry reads configuration."""
    reads = [{"configMapRef": {"name": "m"}}, {"secretRef": {"name": "s"}}]
    documents = [
        thing("v1", "Namespace", "a", space=None),
        {**thing("v1", "ConfigMap", "m", space="a"), "data": {"x.yaml": text, "X": text}},
        {**thing("v1", "Secret", "s", space="a"), "stringData": {"x.yaml": text, "X": text}},
        thing("helm.toolkit.fluxcd.io/v2", "HelmRelease", "r", space="a", spec={
            "chart": {"spec": {"chart": "app-template", "version": "4.1.1"}},
            "values": {"env": {"A": text}, "configMaps": {"c": {"data": {"a.yaml": text}}}}}),
        *(reader(name, image, text) for name, image in READERS.items()),
        deployment(
            "web", notes={"k": text}, args=[text], env=[{"name": "A_URL", "value": text}], envFrom=reads,
        ),
    ]  # fmt: skip
    return "\n---\n".join(map(json.dumps, documents))


# Programs whose entries of the catalogue look into texts.
READERS = {
    "coredns": "registry.k8s.io/coredns/coredns:1",
    "gatus": "ghcr.io/twin/gatus:1",
    "alertmanager": "quay.io/prometheus/alertmanager:1",
    "grafana": "grafana/grafana:1",
    "recyclarr": "ghcr.io/recyclarr/recyclarr:1",
    "alloy": "grafana/alloy:1",
}


def reader(name: str, image: str, text: str) -> dict:
    """A pod of a known program that has the text as its environment and configuration."""
    return deployment(
        name,
        labels={"app.kubernetes.io/name": name},
        name=name,
        image=image,
        env=[{"name": "SMTP_HOST", "value": text}],
        envFrom=[{"configMapRef": {"name": "m"}}],
    )


def seconds(command: list[str], text: str) -> float:
    """CPU of a run on a cluster that has the text everywhere."""
    with tempfile.TemporaryDirectory() as folder:
        names = {BUILD: "build.yaml", BEFORE: "before.yaml", TREE: "tree"}
        places = {word: str(Path(folder, name)) for word, name in names.items()}
        Path(places[BUILD]).write_text(manifests(text), "utf-8")
        Path(places[BEFORE]).write_text(manifests("x"), "utf-8")
        words = [places.get(word, word) for word in command]
        stream = FLOW if BUILD in command else manifests(text)
        return cpu(words, stream)


def filled(piece: str, size: int) -> str:
    """A text full of the piece, with which the cluster's manifests have about so many bytes."""
    many = 10_000
    each = (len(manifests(piece * many)) - len(manifests("x"))) / many
    return piece * max(1, int(size / each)) if size else "x"


def row(name: str, piece: str) -> str:
    """Of a command on one text: seconds by size, and what each doubling took of the one before."""
    empty, *told = (
        min(seconds(COMMANDS[name], filled(piece, size * 1_000_000)) for _ in range(ROUNDS))
        for size in (0, *MEGABYTES)
    )
    more = ((after - empty) / max(before - empty, 0.01) for before, after in itertools.pairwise(told))
    cells = [
        name,
        f"`{json.dumps(piece)[1:-1]}`",
        *(f"{one:.2f}" for one in (empty, *told)),
        *(f"{one:.2f}" for one in more),
    ]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    print("| command | full of | nothing | 1 MB | 2 MB | 4 MB | 2 for 1 | 4 for 2 |")
    print("|---|---|---|---|---|---|---|---|")
    for piece in sys.argv[1:] or WORST:
        for name in COMMANDS:
            print(row(name, piece), flush=True)


if __name__ == "__main__":
    main()
