"""What holds of every kustomize build with the function: the rest untouched, failures loud, layers as documented."""

from __future__ import annotations

import pytest

from tests.e2e.manifests import documents, name, others, own, policies, rest
from tests.e2e.trouble import EXEC, build, kustomization
from tests.tools import EXAMPLES, IMAGE, require, run, succeeded

pytestmark = pytest.mark.e2e

BUILD = ["kustomize", "build", "--enable-alpha-plugins", "--enable-exec"]
PLAIN = ["kustomize", "build"]


@pytest.fixture(autouse=True)
def kustomize():
    require("kustomize")


@pytest.mark.parametrize("mode", ["audit", "enforce"])
def test_all_that_the_build_had_comes_out_byte_for_byte_and_first(tmp_path, mode):
    without = succeeded(run([*PLAIN, EXAMPLES / "shop"]))
    kustomization(tmp_path, spec=f"spec: {{mode: {mode}}}\n")
    (tmp_path / "kustomization.yaml").write_text(
        f"resources: [{relative(tmp_path)}]\ntransformers: [fn.yaml]\n"
    )

    printed = succeeded(run([*BUILD, tmp_path]))

    assert printed.startswith(without)
    assert rest(printed) == without


def relative(folder):
    """kustomize wants bases by relative path."""
    return "../" * len(folder.parts[1:]) + str(EXAMPLES / "shop").lstrip("/")


@pytest.mark.container
def test_every_way_gives_the_same_policies(image, tmp_path):
    require("kubectl", "container")
    config = EXAMPLES / "kubectl-container" / "cilium-policies.yaml"
    stream = succeeded(run([*PLAIN, EXAMPLES / "shop"]))
    expected = policies(succeeded(run(["cilium-policies", "--config", config], stdin=stream)))

    for folder in ("kustomize-container", "kubectl-container"):
        assert policies(succeeded(run([EXAMPLES / folder / "run"]))) == expected
    enforced = tmp_path / "fn.yaml"
    kustomization(tmp_path, spec="spec: {mode: enforce}\n")
    (tmp_path / "kustomization.yaml").write_text(
        f"resources: [{relative(tmp_path)}]\ntransformers: [fn.yaml]\n"
    )
    assert enforced.exists()
    assert policies(succeeded(run([*BUILD, tmp_path]))) == expected


def test_audit_and_enforce_differ_in_one_block():
    stream = succeeded(run([*PLAIN, EXAMPLES / "shop"]))
    audit = policies(succeeded(run(["cilium-policies", "--mode", "audit"], stdin=stream)))
    enforce = policies(succeeded(run(["cilium-policies", "--mode", "enforce"], stdin=stream)))
    off = {"ingress": "false", "egress": "false"}

    assert audit.keys() == enforce.keys()
    for each, policy in audit.items():
        for spec in policy.get("specs") or [policy["spec"]]:
            assert spec.pop("enableDefaultDeny") == off
        assert policy == enforce[each]


@pytest.mark.container
def test_an_image_entry_beside_an_exec_entry_runs_without_the_exec_flag(image, tmp_path):
    """A config that names both is never skipped in silence: tools without exec take the image."""
    require("container", "kubectl")
    both = f"container: {{image: {IMAGE}}}\n      {EXEC}"

    for command in (["kustomize", "build"], ["kubectl", "kustomize"]):
        printed = succeeded(run([*command, "--enable-alpha-plugins", kustomization(tmp_path, both)]))
        assert "web/default-deny" in policies(printed)


def test_a_refused_config_ends_the_build_with_one_line_and_no_output(tmp_path):
    done = run([*BUILD, kustomization(tmp_path, spec="spec: {mod: audit}\n")])

    assert (done.returncode, done.stdout) == (1, "")
    first, *rest = done.stderr.splitlines()
    assert "spec.mod" in first
    assert "mode" in first
    assert rest == ["Error: couldn't execute function: exit status 1 "]


def test_generators_get_an_error_that_says_where_it_belongs(tmp_path):
    printed = build(kustomization(tmp_path, field="generators"))

    assert "transformers:" in printed.splitlines()[0]


def test_check_as_validator_passes_a_complete_build_and_stops_a_bare_one(tmp_path):
    check = kustomization(tmp_path / "check", spec="spec: {action: check}\n")
    (check / "kustomization.yaml").write_text("resources: [ns.yaml]\nvalidators: [fn.yaml]\n")
    bare = run([*BUILD, check])
    assert bare.returncode == 1
    assert "web" in bare.stderr

    full = kustomization(tmp_path / "full")
    (full / "check.yaml").write_text((check / "fn.yaml").read_text().replace("name: cil", "name: check-cil"))
    (full / "kustomization.yaml").write_text(
        "resources: [ns.yaml]\ntransformers: [fn.yaml]\nvalidators: [check.yaml]\n"
    )
    assert "web/default-deny" in policies(succeeded(run([*BUILD, full])))


def test_check_on_the_built_stream_finds_an_exec_function_that_was_skipped(tmp_path):
    skipped = succeeded(run(["kustomize", "build", "--enable-alpha-plugins", kustomization(tmp_path)]))
    built = succeeded(run([*BUILD, tmp_path]))

    assert run(["cilium-policies", "check"], stdin=skipped).returncode == 1
    assert run(["cilium-policies", "check"], stdin=built).returncode == 0


def test_a_second_function_in_the_list_replaces_and_adds_nothing(tmp_path):
    folder = kustomization(tmp_path)
    once = succeeded(run([*BUILD, folder]))
    second = (folder / "fn.yaml").read_text().replace("name: cilium-policies", "name: again", 1)
    (folder / "again.yaml").write_text(second)
    (folder / "kustomization.yaml").write_text("resources: [ns.yaml]\ntransformers: [fn.yaml, again.yaml]\n")

    assert succeeded(run([*BUILD, folder])) == once


def test_names_and_namespaces_of_the_root_are_in_the_policies():
    printed = documents(succeeded(run([EXAMPLES / "layers" / "run"])))
    made = {name(doc) for doc in own(printed)}
    kept = {name(doc) for doc in others(printed)}

    assert "Deployment staging/blue-nats" in kept
    assert "CiliumNetworkPolicy staging/default-deny" in made
    assert "CiliumNetworkPolicy staging/nats-blue-nats" in made
    assert all(each.split()[1].startswith("staging/") for each in made)
