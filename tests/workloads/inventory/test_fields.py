"""The fields whose words an inventory keeps are fields that somebody reads, and so are the annotations."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import cilium_policies
from cilium_policies.workloads.inventory.fields import WORDS, Fields
from cilium_policies.workloads.inventory.notes import NOTES

PACKAGE = Path(cilium_policies.__file__).parent
READERS = ("evidence", "workloads", "generate", "cilium", "kube", "config", "catalogue")
# `prometheus.io/scrape`, or the beginning of such a key
KEY = re.compile(r"[a-z0-9\-]+(?:\.[a-z0-9\-]+)*\.[a-z]{2,20}/[\w.\-]*")
# What looks like an annotation in a reader and is none whose word another build asks for
OWN = "cilium-policies.fn/"  # asked of the objects of this build alone
LABELS = re.compile(
    r"(app|apps|batch|statefulset)\.kubernetes\.io/|rbac\.authorization\.k8s\.io/aggregate-to-"
)
OTHERS = {
    "gateway.networking.k8s.io/gateway-name": "a label",
    "kubernetes.io/cluster-service": "a label",
    "kubernetes.io/metadata.name": "a label",
    "kubernetes.io/service-name": "a label",
    "cilium.io/": "the beginning of a controller's name",
    "io.cilium/": "the same",
    "k8s.io/": "the same",
    "gateway.envoyproxy.io/": "the same",
    "gateway.networking.k8s.io/": "a group before its version",
    "k8s.io/ingress-gce": "a controller",
    "eks.amazonaws.com/nlb": "a class of load balancers",
    "mirror.gcr.io/": "a registry",
    "public.ecr.aws/docker": "a registry",
    "config.kubernetes.io/local-config": "what bears it stands in no inventory",
    "config.kubernetes.io/path": "read of the input, before an inventory",
    "internal.config.kubernetes.io/path": "the same",
    "kubectl.kubernetes.io/last-applied": "left out of an inventory",
}


def test_each_is_read_by_a_reader_or_an_entry() -> None:
    """One that nobody reads keeps words for nobody."""
    said: set[str] = set()
    for folder in READERS:
        for path in (PACKAGE / folder).rglob("*.py"):
            if path.parent.name != "inventory":
                for node in ast.walk(ast.parse(path.read_text())):
                    if isinstance(node, ast.Constant) and isinstance(node.value, str):
                        said.update(re.findall(r"\w+", node.value.lower()))
                    elif isinstance(node, ast.JoinedStr):  # f"{side}Entities"
                        said |= {"fromentities", "toentities"}
    for path in (PACKAGE / "catalogue").rglob("*.yaml"):
        said.update(re.findall(r"\w+", path.read_text().lower()))

    assert sorted(WORDS - said) == []


@cache
def keys_read() -> dict[str, list[str]]:
    """Keys with a domain in front that Python reads, or their beginnings, each with the files; versions of groups are
    none."""
    files = [
        path for folder in READERS for path in (PACKAGE / folder).rglob("*.py") if path.name != "notes.py"
    ]
    # a key stands in a text of its own, or behind the name of a constant that another file has
    trees = {
        path: ast.parse(text)
        for path in files
        if re.search(r"[\"'][a-z0-9.\-]+\.[a-z]{2,20}/|f[\"']\{[A-Z_]+\}", text := path.read_text())
    }
    named = {
        target.id: node.value.value
        for tree in trees.values()
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name) and isinstance(node.value.value, str)
    }
    found: dict[str, list[str]] = {}
    for path, tree in trees.items():
        for node in ast.walk(tree):
            for key in KEY.findall(_said(node, named)):
                if re.fullmatch(r"v\d+(?:(?:alpha|beta)\d+)?", key.partition("/")[2]) is None:
                    found.setdefault(key, []).append(path.name)
    return found


def _said(node: ast.AST, named: dict[str, str]) -> str:
    """The text of a node: one that is put together of a constant and a rest is the whole."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value if not re.search(r"[\s:@]", node.value.strip()) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(
            named.get(part.value.id, "") if isinstance(part.value, ast.Name) else ""
            for part in node.values[:1]
            if isinstance(part, ast.FormattedValue)
        ) + "".join(part.value for part in node.values[1:] if isinstance(part, ast.Constant))
    return ""


def test_a_note_for_each_annotation_that_python_reads() -> None:
    """One that is missing loses its word in an inventory: what another build reads of it is another thing."""
    fields = Fields(notes=NOTES)
    lacking = {
        key: files
        for key, files in keys_read().items()
        if not (fields.is_note(key, "word") or LABELS.match(key) or key in OTHERS or key.startswith(OWN))
        and not (key.endswith("-") and any(one.startswith(key) for one in NOTES))
    }
    assert lacking == {}


def test_each_note_is_read() -> None:
    read = keys_read()
    begun = tuple(key for key in read if key.endswith("-"))
    assert [one for one in sorted(NOTES - read.keys()) if not one.startswith(begun)] == []
