"""What a config means, and what is said of one that means nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cilium_policies.config.model import Config
from cilium_policies.config.peer import ConfigPeer
from cilium_policies.config.read import read
from cilium_policies.document.finding import RefusedError, line_of
from cilium_policies.document.parse import load_with_lines
from cilium_policies.kube.ports import Port

from tools import schema_build

EXAMPLE = Path(__file__).parents[2] / "function-config.yaml"
HEAD = "apiVersion: cilium-policies.fn/v1alpha1\nkind: CiliumPolicies\n"


def config(text: str, *overrides: tuple[str, str]) -> Config:
    value, lines = load_with_lines(text.encode())
    assert isinstance(value, dict)
    return read(value, lines, file="config.yaml", overrides=overrides)


def spec(text: str, *overrides: tuple[str, str]) -> Config:
    return config(HEAD + "spec:\n" + "".join(f"  {line}\n" for line in text.splitlines()), *overrides)


def refusal(text: str, *overrides: tuple[str, str]) -> str:
    with pytest.raises(RefusedError) as caught:
        config(text, *overrides)
    return line_of(caught.value.finding)


def refused_spec(text: str, *overrides: tuple[str, str]) -> str:
    return refusal(HEAD + "spec:\n" + "".join(f"  {line}\n" for line in text.splitlines()), *overrides)


# --- which object is a config ---


@pytest.mark.parametrize("value", [None, {}, {"apiVersion": "v1", "kind": "ConfigMap"}])
def test_no_config_and_an_empty_one_are_all_defaults(value: Any) -> None:
    assert read(value) == Config()


@pytest.mark.parametrize("rest", ["", "spec:\n", "spec: {}\n", "metadata: {name: x}\n", "spec:\n  mode:\n"])
def test_the_bare_kind_is_all_defaults(rest: str) -> None:
    assert config(HEAD + rest)._replace(where=Config().where) == Config()


def test_another_kind_is_refused_with_the_right_one() -> None:
    said = refusal("apiVersion: apps/v1\nkind: Deployment\n")
    assert said == (
        "config.yaml:2: kind: a config of kind apps/v1/Deployment is not for this function; "
        "write apiVersion: cilium-policies.fn/v1alpha1 and kind: CiliumPolicies"
    )
    assert "apiVersion 'cilium-policies.fn/v1' is not known" in refusal(HEAD.replace("v1alpha1", "v1"))
    assert "kind is missing" in refusal("apiVersion: cilium-policies.fn/v1alpha1\n")


@pytest.mark.parametrize("text", ["- a\n", "text\n"])
def test_a_config_that_is_no_mapping_is_refused(text: str) -> None:
    value, lines = load_with_lines(text.encode())
    with pytest.raises(RefusedError) as caught:
        read(value, lines, file="config.yaml")
    assert "config.yaml:1: the config is not a mapping" in line_of(caught.value.finding)


# --- what is refused ---


@pytest.mark.parametrize(
    ("text", "line", "path", "cure"),
    [
        ("mod: audit", 4, "spec.mod", "did you mean mode?"),
        ("mode: enforced", 4, "spec.mode", "did you mean enforce?"),
        ("namespaces:\n  exclud: [a]", 5, "spec.namespaces.exclud", "did you mean exclude?"),
        ("namespaces:\n  exclude: a", 5, "spec.namespaces.exclude", "write ['a']"),
        ("enabled: yes", 4, "spec.enabled", "write true or false"),
        ("clusterWide: 1", 4, "spec.clusterWide", "write true or false"),
        ("cluster:\n  apiServer:\n    ports: [0]", 6, "spec.cluster.apiServer.ports[0]", "from 1 to 65535"),
        ("rollout: {}", 4, "spec.rollout", "add phases:"),
        ("rollout:\n  phases: [[a], [b]]\n  phase: 4", 6, "spec.rollout.phase", "write 0 to 3"),
        ("allow:\n  - from: worl\n    to: none", 5, "spec.allow[0].from", "did you mean world?"),
        ("allow:\n  - from: {pods: a/b}\n    to: none", 5, "spec.allow[0].from.pods", "did you mean pod?"),
        ("allow:\n  - from: {pod: a}\n    to: none", 5, "spec.allow[0].from.pod", "like shop/web"),
        ("allow:\n  - from: shop/web\n    to: none", 5, "spec.allow[0].from", "or write one like {pod: shop/web}"),
        ("allow:\n  - to: world", 5, "spec.allow[0]", "add from:"),
        ("allow:\n  - from: none\n    to: none", 5, "spec.allow[0]", "name one end"),
        ("allow:\n  - from: {fqdn: a.b}\n    to: world", 5, "spec.allow[0].from", "cidr"),
        ("allow:\n  - from: world\n    to: cidr:10.0.0.1/8", 6, "spec.allow[0].to", "write 10.0.0.0/8"),
        ("allow:\n  - from: world\n    to: cidr:ten", 6, "spec.allow[0].to", "write one like"),
        ("allow:\n  - {from: world, to: none, ports: [0/TCP]}", 5, "spec.allow[0].ports[0]", "1 to 65535"),
        ("allow:\n  - {from: world, to: none, ports: [9-8/TCP]}", 5, "spec.allow[0].ports[0]", "the higher"),
        ("allow:\n  - {from: world, to: none, ports: [80/tcp]}", 5, "spec.allow[0].ports[0]", "like 8080/TCP"),
        ("allow:\n  - {from: dns, to: none, http: [{path: '(?!x)'}]}", 5, "spec.allow[0].http[0].path", ""),
        ("allow:\n  - {from: dns, to: {pod: a/b}, http: [{path: /x}]}", 5, "spec.allow[0].http", "8080/TCP"),
        ("allow:\n  - {from: dns, to: {pod: a/b}, http: [{}], ports: [1/UDP]}", 5, "spec.allow[0].http", "TCP"),
        ("allow:\n  - {from: {pod: a/b}, to: dns, dns: [a.b], ports: [443]}", 5, "spec.allow[0].dns", "53/UDP"),
        ("namespaces:\n  overrides:\n    med*: {mode: off}", 6, "spec.namespaces.overrides.med*", "pattern"),
        ("namespaces:\n  overrides:\n    media: off", 6, "spec.namespaces.overrides.media", "mode"),
        ("components:\n  disable: [corednss]", 5, "spec.components.disable[0]", "did you mean coredns?"),
        ("components:\n  disable: [qqqqqq]", 5, "spec.components.disable[0]", "components lists them"),
        ("components:\n  define:\n    - component: a\n      whta: x", 7, "spec.components.define[0].whta", "what"),
        ("components:\n  define:\n    - what: x", 6, "spec.components.define[0]", "add component:"),
        (
            "components:\n  define:\n    - component: a\n      edges:\n        - {from: worl, ports: [80/TCP]}",
            8,
            "spec.components.define[0].edges[0].from",
            "world",
        ),
        ("cluster:\n  ciliumVersion: '1.15'", 5, "spec.cluster.ciliumVersion", "upgrade to 1.16"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_refused_with_file_line_path_and_cure(
    text: str, line: int, path: str, cure: str
) -> None:
    said = refused_spec(text)
    assert said.startswith(f"config.yaml:{line}: {path}: "), said
    assert cure in said
    assert "\n" not in said


def test_except_must_lie_inside() -> None:
    text = "allow:\n  - from: world\n    to: {{cidr: 10.0.0.0/8, except: [{}]}}"
    assert spec(text.format("10.1.0.0/16")).allow[0].target.excepts == ("10.1.0.0/16",)
    assert "not inside" in refused_spec(text.format("192.168.0.0/16"))
    assert "not inside" in refused_spec(text.format("fd00::/8"))
    assert "not inside" in refused_spec(text.format("0.0.0.0/0"))


# --- modes ---

BOTH = frozenset(("ingress", "egress"))


def test_audit_is_the_default() -> None:
    assert Config().mode_of("any") == ("audit", "audit")


def test_rollout_beats_mode() -> None:
    phased = spec("mode: enforce\nrollout:\n  phases: [[a, 'b*'], [b1, c]]\n  phase: 1")
    assert phased.mode_of("a") == phased.mode_of("b1") == ("enforce", "enforce")
    assert phased.mode_of("c") == phased.mode_of("unlisted") == ("audit", "audit")


@pytest.mark.parametrize(("phase", "enforced"), [(0, ""), (1, "a"), (2, "ab"), (3, "abz")])
def test_phases_enforce_one_after_the_other(phase: int, enforced: str) -> None:
    phased = spec(f"rollout:\n  phases: [[a], [b]]\n  phase: {phase}")
    assert "".join(name for name in "abz" if phased.mode_of(name) == ("enforce", "enforce")) == enforced


def test_uncovered_holds_a_direction_back_and_overrides_beat_it() -> None:
    held = spec("mode: enforce\nnamespaces:\n  uncovered: audit\n  overrides: {b: {mode: enforce}}")
    assert held.mode_of("a", frozenset(("egress",))) == ("enforce", "audit")
    assert held.mode_of("a") == ("enforce", "enforce")
    assert held.mode_of("b", BOTH) == ("enforce", "enforce")
    assert spec("mode: enforce").mode_of("a", BOTH) == ("enforce", "enforce")


def test_an_override_of_one_direction_keeps_the_other() -> None:
    text = "mode: {}\nnamespaces:\n  overrides:\n    a: {{mode: {{ingress: enforce}}}}\n    b: {{mode: off}}"
    assert spec(text.format("audit")).mode_of("a") == ("enforce", "audit")
    assert spec(text.format("audit")).mode_of("b").off
    assert not spec(text.format("audit")).mode_of("a").off


def test_an_emergency_off_survives_mode_on_the_command_line() -> None:
    switched = spec("namespaces: {overrides: {media: {mode: off}}}", ("mode", "enforce"))
    assert switched.mode_of("media") == ("off", "off")
    assert switched.mode_of("other") == ("enforce", "enforce")


def test_mode_on_the_command_line_leaves_a_rollout_alone() -> None:
    phased = spec("rollout: {phases: [[a]], phase: 1}", ("mode", "enforce"))
    assert phased.mode_of("b") == ("audit", "audit")


@pytest.mark.parametrize(
    ("text", "fine"),
    [
        ("mode: enforce", True),
        ("mode: audit", False),
        ("mode: enforce\nclusterWide: true", False),
        ("mode: enforce\nnamespaces: {uncovered: audit}", False),
        ("mode: enforce\nnamespaces: {overrides: {a: {mode: {egress: audit}}}}", False),
        ("mode: enforce\nnamespaces: {overrides: {a: {mode: off}}}", True),
        ("rollout: {phases: [[a]], phase: 1}", False),
        ("rollout: {phases: [[a]], phase: 2}", True),
        ("enabled: false", True),
    ],
)
@pytest.mark.parametrize("version", ["1.15", "v1.14.19", "1.9"])
def test_audit_needs_cilium_1_16(text: str, fine: bool, version: str) -> None:
    old = f"{text}\ncluster: {{ciliumVersion: '{version}'}}"
    if fine:
        spec(old)
    else:
        assert "has no enableDefaultDeny" in refused_spec(old)
    spec(old.replace(version, "1.16"))
    spec(old.replace(version, "1.20.2"))


# --- namespaces ---


def test_include_and_exclude_are_patterns() -> None:
    chosen = spec("namespaces:\n  include: ['media', 'app-*']\n  exclude: ['app-old*']")
    assert [name for name in ("media", "app-a", "app-old1", "other") if chosen.includes(name)] == [
        "media",
        "app-a",
    ]
    assert chosen.named_namespaces == ("media",)
    assert Config().includes("anything")
    assert not spec("namespaces: {include: []}").includes("anything")


# --- peers and ports ---


@pytest.mark.parametrize(
    ("text", "peer"),
    [
        ("world", ConfigPeer("word", "world")),
        ("component:grafana", ConfigPeer("component", "grafana")),
        ("namespace:media", ConfigPeer("namespace", "media")),
        ("cidr:192.168.1.7", ConfigPeer("cidr", "192.168.1.7/32")),
        ("{cidr: 'fd00::/8'}", ConfigPeer("cidr", "fd00::/8")),
        ("{cidr: '${LAN}'}", ConfigPeer("cidr", "${LAN}")),
        ("{pod: media/radarr}", ConfigPeer("pod", "radarr", "media")),
        ("{service: media/radarr}", ConfigPeer("service", "radarr", "media")),
        ("{namespace: media}", ConfigPeer("namespace", "media")),
        ("{fqdn: '*.example.org'}", ConfigPeer("fqdn", "*.example.org")),
        ("none", ConfigPeer("none")),
    ],
)
def test_a_peer_is_a_word_or_one_key(text: str, peer: ConfigPeer) -> None:
    assert spec(f"allow:\n  - from: internet\n    to: {text}").allow[0].target == peer


def test_an_entry_of_allow_knows_its_line() -> None:
    allowed = spec(
        "allow:\n  - {from: world, to: none}\n  - from: world\n    to: none\n    ports: [80, 53/UDP, 1-9/TCP]"
    )
    assert [(one.where.line, one.number) for one in allowed.allow] == [(5, 0), (6, 1)]
    assert allowed.allow[1].ports == (Port(80), Port(53, "UDP"), Port(1, "TCP", end=9))


# --- the other forms ---

MAP = "apiVersion: v1\nkind: ConfigMap\ndata:\n"


def test_a_config_map_takes_paths_lists_and_the_seeds_names() -> None:
    given = config(
        MAP + "  namespaces.exclude: kube-system, flux-*\n  cluster.dns.namespace: dns\n"
        "  cluster.dns.labels.app.kubernetes.io/name: coredns\n  cluster.apiServer.ports: '443,6443'\n"
        "  namespaces.overrides.media.mode.egress: 'off'\n  network_policies_enabled: 'false'\n"
        "  network_policies_mode: enforce\n"
    )
    assert given.exclude == ("kube-system", "flux-*")
    assert (given.cluster.dns_namespace, given.cluster.dns_labels) == (
        "dns",
        {"app.kubernetes.io/name": "coredns"},
    )
    assert given.cluster.api_ports == (443, 6443)
    assert given.mode_of("media") == ("enforce", "off")
    assert not given.enabled


def test_a_config_map_says_where_it_is_wrong() -> None:
    assert refusal(MAP + "  namespaces.exclud: a\n").startswith(
        'config.yaml:4: data["namespaces.exclud"]: unknown'
    )
    assert "did you mean namespaces.exclude" in refusal(MAP + "  namespaces.exclud: a\n")
    assert "did you mean network_policies_mode" in refusal(MAP + "  network_policies_modee: audit\n")
    assert refusal(MAP + "  a: b\n  mode: enforced\n").startswith("config.yaml:4")
    assert refusal(MAP + "\n  mode: enforced\n").startswith("config.yaml:5: spec.mode: ")
    assert "neither a scalar" in refusal(MAP + "  allow: world\n")
    assert "same field" in refusal(MAP + "  mode: audit\n  network_policies_mode: enforce\n")


def test_set_replaces_single_fields() -> None:
    changed = spec(
        "mode: audit\nnamespaces: {exclude: [a, b], overrides: {m: {mode: enforce}}}",
        ("namespaces.exclude", "c"),
        ("namespaces.overrides.m.mode.egress", "audit"),
        ("spec.cluster.fqdn", "true"),
    )
    assert changed.exclude == ("c",)
    assert changed.mode_of("m") == ("enforce", "audit")
    assert changed.cluster.fqdn


def test_set_without_a_config_file() -> None:
    assert read(None, overrides=[("namespaces.default", "shop")]).default_namespace == "shop"


def test_a_wrong_override_names_the_option() -> None:
    assert refused_spec("mode: audit", ("mode", "loud", "--mode loud")).startswith(
        "--mode loud: unknown value 'loud'"
    )
    said = refused_spec("mode: audit", ("namespaces.excludes", "x"))
    assert said.startswith("--set namespaces.excludes=x: unknown field; did you mean namespaces.exclude")
    assert "--config FILE" in refused_spec("mode: audit", ("rollout.phases", "a"))


def test_an_override_does_not_change_the_object_it_was_read_from() -> None:
    body = {"apiVersion": "cilium-policies.fn/v1alpha1", "kind": "CiliumPolicies", "spec": {"namespaces": {}}}
    read(body, overrides=[("namespaces.exclude", "a")])
    assert body["spec"] == {"namespaces": {}}


def test_bare_means_nothing_but_the_action() -> None:
    assert spec("action: check").bare
    assert spec("action: check\nmode:\nnamespaces: {}").bare
    assert not spec("action: check\nmode: audit").bare
    assert not spec("action: check", ("mode", "audit")).bare


# --- the example ---


def test_the_example_config_holds_every_field_and_is_accepted() -> None:
    text = EXAMPLE.read_text("utf-8")
    config(text)
    value, _ = load_with_lines(text.encode())
    shown = set(_paths(value))
    fields = schema_build.fields(schema_build.schema_of(schema_build.DEFINITION.read_text("utf-8")))
    missing = [path for path, *_ in fields if _general(path) not in shown]
    assert missing == []


def _general(path: str) -> str:
    return path.replace("[]", "").replace("overrides.NAME", "overrides.*")


def _paths(value: Any, path: str = "") -> Any:
    yield path
    if isinstance(value, dict):
        for key, member in value.items():
            inner = f"{path}.{key}" if path else key
            yield from _paths(member, f"{path}.*" if path.endswith("overrides") else inner)
    elif isinstance(value, list):
        for member in value:
            yield from _paths(member, path)


def test_the_values_that_the_example_calls_defaults_are_the_defaults() -> None:
    value, _ = load_with_lines(EXAMPLE.read_bytes())
    assert isinstance(value, dict)
    schema = schema_build.schema_of(schema_build.DEFINITION.read_text("utf-8"))

    def walk(below: dict[str, Any], shown: Any, path: str) -> None:
        for name, one in below.get("properties", {}).items():
            if "default" in one and isinstance(one["default"], (str, bool, int)):
                said = one["default"] if isinstance(one["default"], str) else str(one["default"]).lower()
                assert str(shown[name]) == said, f"{path}.{name}"
            elif isinstance(shown.get(name), dict):
                walk(one, shown[name], f"{path}.{name}")

    spec_schema = schema["properties"]["spec"]
    shown = dict(value["spec"])
    shown["write"] = {**shown["write"]}
    walk(spec_schema, shown, "spec")
