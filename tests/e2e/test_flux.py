"""Flux, by the library that it builds with: substitutions before, the tree of files after."""

from __future__ import annotations

import pytest

from tests.e2e.manifests import documents, name, own, policies
from tests.tools import EXAMPLES, require, run, succeeded

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("flux")]

FLUX = EXAMPLES / "flux"


def flux_build(path, ks, ks_name):
    command = [
        "flux",
        "build",
        "kustomization",
        ks_name,
        "--path",
        path,
        "--kustomization-file",
        ks,
        "--dry-run",
    ]
    return succeeded(run(command))


def test_the_trailing_separator_of_flux_is_followed_by_one_document_start():
    built = flux_build(FLUX / "apps" / "notes", FLUX / "cluster.yaml", "notes")
    printed = succeeded(run(["cilium-policies"], stdin=built))

    assert built.endswith("---\n")
    assert printed.startswith(built)
    assert "---\n---" not in printed


def test_the_written_tree_is_what_flux_applies(tmp_path):
    succeeded(run([FLUX / "run-write", tmp_path]))
    streamed = policies(succeeded(run([FLUX / "run"])))
    folders = sorted(path.parent for path in tmp_path.rglob("network-policies/ks.yaml"))
    assert [folder.relative_to(tmp_path).as_posix() for folder in folders] == ["notes/network-policies"]

    applied = {}
    for folder in folders:
        (ks,) = documents((folder / "ks.yaml").read_text())
        assert ks["metadata"]["namespace"] == "flux-system"
        assert ks["spec"]["prune"] == "true"
        assert "targetNamespace" not in ks["spec"]
        applied |= policies(flux_build(folder / "app", folder / "ks.yaml", ks["metadata"]["name"]))

    audited = {key: without_mode(policy) for key, policy in applied.items()}
    assert audited == {key: without_mode(policy) for key, policy in streamed.items()}


def without_mode(policy):
    """The policy as it stands in both modes."""
    specs = policy.get("specs") or [policy["spec"]]
    return [{key: value for key, value in spec.items() if key != "enableDefaultDeny"} for spec in specs]


def test_each_written_folder_builds_with_kustomize_and_a_second_write_changes_nothing(tmp_path):
    require("kustomize")
    succeeded(run([FLUX / "run-write", tmp_path]))
    before = {path: path.read_text() for path in tmp_path.rglob("*.yaml")}
    assert before
    for kustomization in tmp_path.rglob("kustomization.yaml"):
        assert own(documents(succeeded(run(["kustomize", "build", kustomization.parent]))))

    succeeded(run([FLUX / "run-write", tmp_path]))

    assert {path: path.read_text() for path in tmp_path.rglob("*.yaml")} == before


def test_envsubst_before_the_function(tmp_path):
    require("kustomize")
    unresolved = succeeded(run(["kustomize", "build", FLUX / "apps" / "notes"]))
    resolved = unresolved.replace("${MAIL_HOST}", "smtp.mailgun.org")
    environment_of_flux = ["env", "MAIL_HOST=smtp.mailgun.org", "flux", "envsubst", "--strict"]

    assert succeeded(run(environment_of_flux, stdin=unresolved)) == resolved
    by_stream = policies(succeeded(run(["cilium-policies"], stdin=resolved)))
    built = flux_build(FLUX / "apps" / "notes", FLUX / "cluster.yaml", "notes")
    assert by_stream == policies(succeeded(run(["cilium-policies"], stdin=built)))


def test_policies_survive_a_later_substitution(tmp_path):
    """Flux substitutes in the committed policies too: nothing in them may be taken for a variable."""
    printed = succeeded(run([FLUX / "run"]))

    assert succeeded(run(["flux", "envsubst", "--strict"], stdin=printed)) == printed
    assert max(map(len, printed.splitlines())) < 65_536


def test_target_namespace_moves_everything_so_policies_are_made_after_it(tmp_path):
    ks = tmp_path / "ks.yaml"
    text = (
        (FLUX / "cluster.yaml")
        .read_text()
        .replace("  prune: true", "  prune: true\n  targetNamespace: moved")
    )
    ks.write_text(text)
    built = flux_build(FLUX / "apps" / "notes", ks, "notes")
    made = own(documents(succeeded(run(["cilium-policies"], stdin=built))))

    assert made
    assert {name(doc).split()[1].split("/")[0] for doc in made} == {"moved"}
