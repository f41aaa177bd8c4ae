"""Each kind of condition, holding and not holding."""

from typing import ClassVar

import pytest
from cilium_policies.catalogue.conditions import asks_for, at, chart_makes, holds, signs
from cilium_policies.catalogue.model import ChartEntry
from cilium_policies.document.parse import parsed


class Known:
    values: ClassVar = {
        "metrics": {"enabled": "true"},
        "off": "false",
        "list": [{"url": "https://s3.example"}],
        "dotted.key": "x",
    }
    body: ClassVar = {"spec": {"backup": {"s3": {"bucket": "b"}}, "replicas": "0"}}
    args = ("--providers=github", "serve")
    env = (("SMTP_HOST", "mail.example"), ("EMPTY", ""))
    texts = ("redis://cache:6379", "url: https://hooks.slack.com/services/x")
    distribution = "talos"
    replicas = 2

    @property
    def answers(self):
        return {}

    def placed(self, group, kind):
        if kind == "Provider" and group in ("", "notify.example"):
            yield "flux-system", {"spec": {"type": "slack"}}

    def hears(self, namespaces, group):
        return "flux-system" in namespaces

    def present(self, component):
        return component == "loki"

    called_so = present


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (None, True),
        ("peer", True),
        ("evidence", False),
        ("asked", False),
        ({"value": "metrics.enabled"}, True),
        ({"value": "metrics"}, True),
        ({"value": "off"}, False),
        ({"value": "nowhere.at.all"}, False),
        ({"value": "dotted.key", "is": "x"}, True),
        ({"value": "list", "matches": "s3"}, True),
        ({"value": "list.url", "matches": "^https:"}, True),
        ({"value": "list", "matches": "gcs"}, False),
        ({"field": "spec.backup.s3"}, True),
        ({"field": "spec.replicas"}, False),
        ({"value": ["nowhere", "metrics.enabled"]}, True),
        ({"value": ["nowhere", "off"]}, False),
        ({"object": "Provider", "has": ["spec.address", "spec.type"]}, True),
        ({"object": "Provider"}, True),
        ({"object": "notify.example/Provider"}, True),
        ({"object": "other.example/Provider"}, False),
        ({"object": "Provider", "has": "spec.type", "is": "slack"}, True),
        ({"object": "Provider", "has": "spec.type", "is": "github"}, False),
        ({"object": "Provider", "has": "spec.address"}, False),
        ({"arg": "providers=git"}, True),
        ({"arg": "^git"}, False),
        ({"env": "SMTP_.*"}, True),
        ({"env": "SMTP"}, False),
        ({"env": "SMTP_HOST", "matches": "example$"}, True),
        ({"env": "SMTP_HOST", "matches": "other"}, False),
        ({"env": "SMTP_HOST", "is": "mail.example"}, True),
        ({"env": "SMTP_HOST", "is": "mail"}, False),
        ({"env": "EMPTY"}, True),
        ({"text": "redis://"}, True),
        ({"text": "amqp://"}, False),
        ({"mentions": "chat"}, True),
        ({"mentions": "object-storage"}, False),
        ({"distribution": "talos"}, True),
        ({"distribution": ["k3s", "talos"]}, True),
        ({"distribution": "k3s"}, False),
        ({"component": "loki"}, True),
        ({"component": "tempo"}, False),
        ({"replicas": "2"}, True),
        ({"replicas": "3"}, False),
        ({"all": [{"component": "loki"}, {"value": "metrics.enabled"}]}, True),
        ({"all": [{"component": "loki"}, {"value": "off"}]}, False),
        ({"not": [{"value": "off"}, {"component": "loki"}]}, False),
        ({"not": {"value": "off"}}, True),
        ({"not": {"component": "loki"}}, False),
        ({"value": "metrics.enabled", "component": "tempo"}, False),
        ([{"component": "tempo"}, {"value": "metrics.enabled"}], True),
        (["asked", {"component": "tempo"}], False),
    ],
)
def test_condition(when, expected):
    assert holds(when, Known(), "component:loki") is expected


def test_peer_needs_the_peer():
    assert holds("peer", Known(), "component:tempo") is False
    assert holds("peer", Known(), "internet") is False


@pytest.mark.parametrize(
    ("enabled", "default", "values", "makes"),
    [
        (None, True, {}, True),
        (None, False, {}, False),
        ("a.enabled", True, {}, True),
        ("a.enabled", False, {}, False),
        ("a.enabled", True, {"a": {"enabled": "false"}}, False),
        ("a.enabled", False, {"a": {"enabled": "true"}}, True),
        ({"value": "mode", "is": "Single"}, True, {}, True),
        ({"value": "mode", "is": "Single"}, True, {"mode": "Other"}, False),
        ({"all": [{"value": "a"}, {"not": {"value": "b"}}]}, True, {}, True),
        ({"all": [{"value": "a"}, {"not": {"value": "b"}}]}, True, {"b": "true"}, False),
        ({"all": [{"value": "a"}, {"not": {"value": "b"}}]}, True, {"a": "false"}, False),
        ({"not": {"value": "external"}}, True, {}, True),
        ({"not": {"value": "external"}}, True, {"external": "true"}, False),
        ({"value": ["a.on", "b.on"], "is": "true"}, False, {"b": {"on": "true"}}, True),
        ({"value": ["a.on", "b.on"], "is": "true"}, False, {"other": {"on": "true"}}, False),
        ({"value": ["a.on", "b.on"], "is": "true"}, True, {"other": {"on": "false"}}, True),
        ({"not": [{"field": ["a.on", "b.on"], "is": "false"}]}, True, {"c": "false"}, True),
        ({"not": [{"field": ["a.on", "b.on"], "is": "false"}]}, True, {"b": {"on": "false"}}, False),
    ],
)
def test_parts_of_a_chart(enabled, default, values, makes):
    assert chart_makes(ChartEntry("c", enabled=enabled, default=default), values) is makes


def test_paths_reach_through_lists_and_stars():
    tree = {"a": [{"b": "1"}, {"c": "2"}, {"b": "3"}], "m": {"x": {"u": "4"}, "y": {}}}
    assert at(tree, "a.b") == ["1", "3"]
    assert at(tree, "m.*.u") == ["4"]
    assert at(tree, "a.z") is None
    assert at(tree, "m.x.u.v") is None
    assert at({"grafana.ini": {"smtp": {"enabled": "1"}}}, "grafana.ini.smtp.enabled") == "1"
    assert at({"a": {"b": {"other": "1"}}, "a.b": {"c": "2"}}, "a.b.c") == "2"


@pytest.mark.parametrize(
    ("enabled", "text"),
    [
        ("spec.cruiseControl", "spec:\n  cruiseControl: {}\n"),
        ("spec.ui.enabled", "spec: {ui: {enabled: true}}\n"),
        (["spec.a", "spec.b"], "spec:\n  b: 1\n"),
        ({"value": "spec.type", "is": "LoadBalancer"}, "spec:\n  type: 'LoadBalancer'\n"),
        ({"value": "spec.name", "is": "it's"}, "spec:\n  name: 'it''s'\n"),
        ({"value": "spec.words", "is": "one two"}, "spec:\n  words: one\n    two\n"),
        ({"field": "metadata.annotations.x.io/expose"}, "metadata:\n  annotations:\n    x.io/expose: y\n"),
        ({"value": "spec.name", "matches": "^amq"}, "spec:\n  name: amq-streams\n"),
    ],
)
def test_what_is_switched_on_says_one_of_the_signs(enabled, text):
    assert asks_for(enabled, False, parsed(text))
    assert any(word in text.encode() for word in signs(enabled, False))


def test_a_variable_may_stand_for_every_sign():
    assert any(
        word in b"type: ${TYPE}" for word in signs({"value": "spec.type", "is": "LoadBalancer"}, False)
    )


@pytest.mark.parametrize(
    ("enabled", "default"),
    [
        (None, False),
        ("spec.on", True),
        ("spec.parts.*", False),
        ({"not": {"value": "spec.off"}}, False),
        ([{"value": "spec.a"}, {"all": [{"value": "spec.b"}, {"value": "spec.c"}]}], False),
    ],
)
def test_where_nothing_tells_there_are_no_signs(enabled, default):
    assert signs(enabled, default) is None
