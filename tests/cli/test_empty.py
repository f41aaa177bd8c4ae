"""Where there is nothing to look at, a question has no answer and a check does not pass (exit 1)."""

from __future__ import annotations

from pathlib import Path

import pytest

from .within import within

ASKING = (
    ("check",),
    ("lint",),
    ("list",),
    ("report",),
    ("explain", "--from", "a/b", "--to", "world", "--port", "443"),
)
KUSTOMIZATION = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]\n"
VALUES = "replicaCount: 2\nimage: {tag: latest}\n"
CRD = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: x.example.org}\n"


@pytest.mark.parametrize("words", ASKING)
@pytest.mark.parametrize(
    "text", ["", "---\n", VALUES, KUSTOMIZATION, "apiVersion: v1\nkind: List\nitems: []\n"]
)
def test_no_object_at_all_is_an_error(words: tuple[str, ...], text: str) -> None:
    done = within(*words, stdin=text.encode())
    assert done.returncode == 1
    assert done.stdout == b""
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("words", ASKING[:-1])
def test_unless_it_is_meant(words: tuple[str, ...]) -> None:
    assert within(*words, "--allow-empty", stdin=b"").returncode == 0


def test_the_message_names_what_was_piped_in() -> None:
    assert b"set -o pipefail" in within("check", stdin=b"").stderr
    assert b"kustomize build" in within("check", stdin=KUSTOMIZATION.encode()).stderr
    assert b"no Kubernetes object" in within("check", stdin=VALUES.encode()).stderr


def test_a_kustomization_named_as_a_file_is_named_as_unbuilt(tmp_path: Path) -> None:
    file = tmp_path / "kustomization.yaml"
    file.write_text("resources: [a.yaml]\n")
    done = within("lint", str(file))
    assert done.returncode == 1
    assert b"not what it builds" in done.stderr


def test_a_folder_without_manifests_has_no_object(tmp_path: Path) -> None:
    assert within("list", str(tmp_path)).returncode == 1
    assert within("list", "--allow-empty", str(tmp_path)).stdout == b"no connection\n"


def test_objects_without_a_namespace_fail_a_check_alone() -> None:
    done = within("check", stdin=CRD.encode())
    assert done.returncode == 1
    assert b"no namespace" in done.stderr
    assert within("check", "--allow-empty", stdin=CRD.encode()).returncode == 0
    listed = within("list", stdin=CRD.encode())
    assert listed.returncode == 0
    assert b"1 object, 0 namespaces" in listed.stderr


def test_the_function_passes_an_empty_build_and_says_so() -> None:
    empty = within(stdin=b"")
    assert (empty.returncode, empty.stdout) == (0, b"")
    assert b"0 objects" in empty.stderr
    some = within(stdin=CRD.encode())
    assert (some.returncode, some.stdout) == (0, CRD.encode())
    assert b"objects in the input: 1" in some.stderr


def test_a_check_inside_a_build_follows_the_function() -> None:
    build = b"""\
apiVersion: config.kubernetes.io/v1
kind: ResourceList
functionConfig:
  apiVersion: cilium-policies.fn/v1alpha1
  kind: CiliumPolicies
  metadata: {name: c}
  spec: {action: check}
items: []
"""
    assert within(stdin=build).returncode == 0
