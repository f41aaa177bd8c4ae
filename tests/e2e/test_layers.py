"""Layers of kustomizations: what works when more than the root runs the function, and what `check` finds."""

from __future__ import annotations

import pytest

from tests.e2e.manifests import documents, name, own, policies
from tests.e2e.trouble import CONFIG, EXEC
from tests.tools import require, run, succeeded

pytestmark = pytest.mark.e2e

BUILD = ["kustomize", "build", "--enable-alpha-plugins", "--enable-exec"]
APP = """\
apiVersion: v1
kind: Namespace
metadata:
  name: {space}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {app}
  namespace: {space}
spec:
  selector:
    matchLabels: {{app: {app}}}
  template:
    metadata:
      labels: {{app: {app}}}
    spec:
      containers:
        - name: {app}
          image: registry.example/{app}
          ports: [{{name: http, containerPort: 8080}}]
---
apiVersion: v1
kind: Service
metadata:
  name: {app}
  namespace: {space}
spec:
  selector: {{app: {app}}}
  ports: [{{port: 80, targetPort: http}}]
"""
FUNCTION = "transformers: [fn.yaml]\n"


@pytest.fixture(autouse=True)
def kustomize():
    require("kustomize")


def layer(folder, kustomization, app=""):
    """A folder with this kustomization.yaml, the function's config, and the manifests `app` as app.yaml."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "kustomization.yaml").write_text(kustomization)
    (folder / "fn.yaml").write_text(CONFIG.format(function=EXEC))
    (folder / "app.yaml").write_text(app)
    return folder


def built(folder):
    return succeeded(run([*BUILD, folder]))


def checked(stream):
    return run(["cilium-policies", "check"], stdin=stream)


def test_two_layers_of_different_namespaces_add_up(tmp_path):
    layer(tmp_path / "one", "resources: [app.yaml]\n" + FUNCTION, APP.format(space="one", app="web"))
    layer(tmp_path / "two", "resources: [app.yaml]\n" + FUNCTION, APP.format(space="two", app="web"))
    both = built(layer(tmp_path / "root", "resources: [../one, ../two]\n"))

    assert policies(both) == policies(built(tmp_path / "one")) | policies(built(tmp_path / "two"))
    assert checked(both).returncode == 0


def test_a_root_that_runs_it_too_replaces_what_its_base_wrote(tmp_path):
    app = APP.format(space="one", app="web")
    layer(tmp_path / "base", "resources: [app.yaml]\n" + FUNCTION, app)
    twice = built(layer(tmp_path / "root", "resources: [../base]\n" + FUNCTION))
    once = built(layer(tmp_path / "plain", "resources: [app.yaml]\n" + FUNCTION, app))

    assert twice == once


def test_outer_labels_and_annotations_leave_a_policy_the_functions_own(tmp_path):
    layer(tmp_path / "base", "resources: [app.yaml]\n" + FUNCTION, APP.format(space="one", app="web"))
    outer = (
        "resources: [../base]\n"
        "labels: [{pairs: {app.kubernetes.io/managed-by: someone, team: a}}]\n"
        "commonAnnotations: {owner: a}\n"
    )
    stream = built(layer(tmp_path / "root", outer))

    assert policies(stream) == policies(built(tmp_path / "base"))
    assert checked(stream).returncode == 0
    assert succeeded(run(["cilium-policies"], stdin=stream)).count("kind: CiliumNetworkPolicy") == len(
        policies(stream)
    )


def test_an_outer_prefix_renames_policies_and_changes_no_rule(tmp_path):
    layer(tmp_path / "base", "resources: [app.yaml]\n" + FUNCTION, APP.format(space="one", app="web"))
    stream = built(layer(tmp_path / "root", "resources: [../base]\nnamePrefix: p-\n"))

    renamed = {key.replace("/", "/p-"): policy for key, policy in policies(built(tmp_path / "base")).items()}
    assert policies(stream) == renamed
    assert checked(stream).returncode == 0


@pytest.mark.parametrize("kind", ["base", "component"])
def test_check_finds_a_policy_that_an_outer_namespace_left_without_its_peers(tmp_path, kind):
    """kustomize moves the policies with everything else and says nothing; peers keep the old namespace's name."""
    app = APP.format(space="one", app="web") + "---\n" + caller("two")
    if kind == "base":
        layer(
            tmp_path / "inner", "resources: [app.yaml]\n" + FUNCTION, app.replace(namespace_object("two"), "")
        )
        root = layer(tmp_path / "root", "resources: [../inner]\nnamespace: forced\n")
    else:
        layer(
            tmp_path / "inner", "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n" + FUNCTION
        )
        whole = app.replace(namespace_object("two"), "")
        root = layer(
            tmp_path / "root", "resources: [app.yaml]\ncomponents: [../inner]\nnamespace: forced\n", whole
        )
    done = run([*BUILD, root])

    if done.returncode == 0:
        moved = checked(done.stdout)
        assert moved.returncode == 1
        assert "forced" in moved.stderr + moved.stdout
    else:
        assert "namespace transformation produces ID conflict" in done.stderr


def namespace_object(space):
    return f"apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {space}\n---\n"


def caller(space):
    """A workload in another namespace that calls web in `one`."""
    text = namespace_object(space) + APP.format(space=space, app="client").split("---\n")[1]
    return text + "          env: [{name: WEB, value: 'http://web.one:80'}]\n"


def test_a_component_before_the_namespace_is_known_is_refused_with_the_cure(tmp_path):
    app = APP.format(space="one", app="web").replace("  namespace: one\n", "").split("---\n", 1)[1]
    component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n" + FUNCTION
    layer(tmp_path / "inner", component)
    root = layer(tmp_path / "root", "resources: [app.yaml]\ncomponents: [../inner]\nnamespace: one\n", app)
    done = run([*BUILD, root])

    assert (done.returncode, done.stdout) == (1, "")
    assert "spec.namespaces.default" in done.stderr
    assert "root" in done.stderr.splitlines()[0]


def test_the_same_component_at_the_root_with_a_default_namespace_works(tmp_path):
    app = APP.format(space="one", app="web").replace("  namespace: one\n", "").split("---\n", 1)[1]
    root = layer(tmp_path / "root", "resources: [app.yaml]\n" + FUNCTION, app)
    with_default = CONFIG.format(function=EXEC) + "spec: {namespaces: {default: one}}\n"
    (root / "fn.yaml").write_text(with_default)

    made = {name(doc) for doc in own(documents(built(root)))}
    assert "CiliumNetworkPolicy one/default-deny" in made
