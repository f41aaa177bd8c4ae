"""A component of one's own: as a file of the catalogue, and as a definition, replacement or absence in kustomize."""

import shutil

import pytest
import yaml
from cilium_policies.catalogue import files, index
from cilium_policies.function import Options, run

from tests.e2e.trouble import CONFIG, EXEC, build
from tests.support import deployment, namespace, stream
from tests.tools import require

MINE = """\
component: ledger
what: our ledger
match:
  - {app: ledger}
images: [ledger]
edges:
  - {from: component:till, ports: [7070/TCP], why: bookings}
  - {to: internet, ports: [443/TCP], why: bank, when: {env: BANK_URL}}
"""
TILL = "component: till\nmatch:\n  - {app: till}\n"
SHOP = [
    namespace("shop"),
    deployment(
        "shop/ledger",
        port=7070,
        extra="env:\n- {name: BANK_URL, valueFrom: {secretKeyRef: {name: a, key: b}}}\n",
    ),
    deployment("shop/till"),
]


def policy(text, name):
    (found,) = [
        one
        for one in yaml.safe_load_all(text)
        if one and one["kind"] == "CiliumNetworkPolicy" and one["metadata"]["name"] == name
    ]
    return found


def test_one_file_is_one_component(tmp_path, monkeypatch):
    """Recognition, the policies of both ends and the condition follow from the file alone."""
    folder = tmp_path / "components"
    shutil.copytree(index.COMPONENTS, folder)
    (folder / "ledger.yaml").write_text(MINE)
    (folder / "till.yaml").write_text(TILL)
    monkeypatch.setattr(files, "COMPONENTS", str(folder))
    monkeypatch.setattr(files, "INDEX", str(tmp_path / "index.json"))

    outcome = run([("stdin", stream(*SHOP))], Options(overrides=(("mode", "enforce"),), only_policies=True))

    assert outcome.code == 0, outcome.stderr
    ledger, till = (policy(outcome.stdout, name) for name in ("ledger", "till"))
    assert ledger["metadata"]["annotations"]["cilium-policies.fn/component"] == "ledger"
    assert ledger["spec"]["ingress"] == [rule("from", "till", "7070")]
    assert till["spec"]["egress"] == [rule("to", "ledger", "7070")]
    assert ledger["spec"]["egress"][0]["toPorts"] == [{"ports": [{"port": "443", "protocol": "TCP"}]}]


def rule(direction, app, port):
    return {
        f"{direction}Endpoints": [{"matchLabels": {"app": app}}],
        "toPorts": [{"ports": [{"port": port, "protocol": "TCP"}]}],
    }


def kustomized(folder, components, documents=SHOP, code=0):
    """What kustomize prints for some documents with `spec.components` as given."""
    require("kustomize")
    folder.mkdir(exist_ok=True)
    (folder / "shop.yaml").write_text("---\n".join(documents))
    spec = yaml.safe_dump({"spec": {"mode": "enforce", "components": components}})
    (folder / "fn.yaml").write_text(CONFIG.format(function=EXEC) + spec)
    (folder / "kustomization.yaml").write_text("resources: [shop.yaml]\ntransformers: [fn.yaml]\n")
    return build(folder, code)


def text_of(printed):
    """The documents without the function's line on stderr."""
    return printed[: printed.rindex("cilium-policies: ")] if "\ncilium-policies: " in printed else printed


@pytest.mark.e2e
def test_a_definition_in_kustomize(tmp_path):
    printed = text_of(kustomized(tmp_path, {"define": [yaml.safe_load(MINE), yaml.safe_load(TILL)]}))
    assert policy(printed, "ledger")["spec"]["ingress"] == [rule("from", "till", "7070")]
    assert policy(printed, "till")["spec"]["egress"] == [rule("to", "ledger", "7070")]


@pytest.mark.e2e
def test_a_replacement_in_kustomize(tmp_path):
    """An entry of the same name takes the place of the catalogue's: Loki by another label, on another port."""
    loki = {
        "component": "loki",
        "match": [{"app": "ledger"}],
        "edges": [{"from": "component:till", "ports": ["7070/TCP"]}],
    }
    printed = text_of(kustomized(tmp_path, {"define": [loki, yaml.safe_load(TILL)]}))
    found = policy(printed, "loki-ledger")
    assert found["metadata"]["annotations"]["cilium-policies.fn/component"] == "loki"
    assert found["spec"]["ingress"] == [rule("from", "till", "7070")]
    assert found["spec"]["egress"] == [{}]


@pytest.mark.e2e
def test_disabling_in_kustomize(tmp_path):
    """Without its entry a pod has no policy of the catalogue's: what is not shown is closed."""
    solver = [
        namespace("shop"),
        deployment("shop/flaresolverr", labels="app.kubernetes.io/name: flaresolverr"),
    ]
    known = policy(text_of(kustomized(tmp_path / "a", {}, solver)), "flaresolverr")
    derived = policy(
        text_of(kustomized(tmp_path / "b", {"disable": ["flaresolverr"]}, solver)), "flaresolverr"
    )
    assert "toCIDRSet" in known["spec"]["egress"][0]
    assert derived["spec"]["ingress"] == derived["spec"]["egress"] == [{}]


@pytest.mark.e2e
def test_a_wrong_definition_stops_the_build(tmp_path):
    printed = kustomized(tmp_path, {"define": [{"component": "a", "egdes": []}]}, code=1)
    assert "egdes" in printed
    assert "edges" in printed
