"""Addresses that are half written: templates in user info, Sentinel, the kubelet's variables, no port."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from cilium_policies.evidence import callers, configuration
from cilium_policies.evidence.given import NOTHING_GIVEN
from cilium_policies.workloads.model import Text

from tests import support
from tests.evidence.shown import cluster, deployment, flows, service

REDIS = deployment("redis", "[{containerPort: 6379}]") + service("redis", "[{port: 6379}]")


def calls(text: str) -> set[str]:
    return {
        one for one in flows(configuration.edges(cluster(text), NOTHING_GIVEN)) if one.startswith("shop/web ")
    }


@pytest.mark.parametrize(
    "url",
    [
        "redis://:<%= File.read('/x').strip %>@redis.shop.svc:6379",
        "redis://:<%= ERB::Util.url_encode(File.read('/run/a b').strip) %>@redis:6379/0",
        "redis://:$(cat /run/secrets/password)@redis:6379",
        "redis://:{{ .Password }}@redis:6379",
    ],
)
def test_a_template_stands_before_the_host(url: str) -> None:
    assert calls(REDIS + deployment("web", env=f'[{{name: URL, value: "{url}"}}]')) == {
        "shop/web > shop/redis 6379/TCP"
    }


def test_who_asks_a_sentinel_calls_the_redis_beside_it() -> None:
    both = deployment("redis", "[{containerPort: 6379}, {containerPort: 26379}]")
    both += service("redis", "[{name: a, port: 6379}, {name: b, port: 26379}]")
    web = deployment("web", env="[{name: SENTINELS, value: 'redis:26379'}]")
    assert calls(both + web) == {"shop/web > shop/redis 26379/TCP", "shop/web > shop/redis 6379/TCP"}


def test_a_sentinel_of_its_own_names_the_only_redis() -> None:
    sentinel = deployment("sentinel", "[{containerPort: 26379}]") + service("sentinel", "[{port: 26379}]")
    web = deployment("web", env="[{name: SENTINELS, value: 'sentinel:26379'}]")
    assert calls(sentinel + REDIS + web) == {
        "shop/web > shop/sentinel 26379/TCP",
        "shop/web > shop/redis 6379/TCP",
    }
    other = deployment("cache", "[{containerPort: 6379}]")
    assert calls(sentinel + REDIS + other + web) == {
        "shop/web > shop/sentinel 26379/TCP"
    }  # nobody can say which


HUB = deployment("hub", "[{containerPort: 8081}]") + service(
    "hub", "[{name: http, port: 8000, targetPort: 8081}]"
)


@pytest.mark.parametrize(
    "env",
    [
        "[{name: API, value: 'http://hub:$(HUB_SERVICE_PORT)/api'}]",
        "[{name: API, value: 'http://$(HUB_SERVICE_HOST):$(HUB_SERVICE_PORT)/api'}]",
        "[{name: API, value: 'http://$(HUB_SERVICE_HOST):$(HUB_SERVICE_PORT_HTTP)/api'}]",
        "[{name: CODE, value: \"os.environ['HUB_SERVICE_HOST']\"}]",
    ],
)
def test_variables_of_services(env: str) -> None:
    assert calls(HUB + deployment("web", env=env)) == {"shop/web > shop/hub 8081/TCP"}


def test_without_service_links_there_are_none() -> None:
    env = "[{name: CODE, value: \"os.environ['HUB_SERVICE_HOST']\"}]"
    assert calls(HUB + deployment("web", env=env, extra="      enableServiceLinks: false")) == set()
    assert calls(HUB + deployment("web", env="[{name: A, value: HUB}]")) == set()


def test_an_agent_on_the_own_node() -> None:
    env = "[{name: DD_AGENT_HOST, valueFrom: {fieldRef: {fieldPath: status.hostIP}}}]"
    assert calls(deployment("web", env=env)) == {"shop/web > host 8126/TCP", "shop/web > host 8125/UDP"}


@pytest.mark.parametrize(
    ("env", "ports"),
    [
        ("{name: DATABASE_HOST, value: db.corp.acme.com}", {"5432/TCP", "3306/TCP"}),
        ("{name: DB_HOST, value: db.corp.acme.com}, {name: DB_TYPE, value: mysql}", {"3306/TCP"}),
        ("{name: DB_HOST, value: postgresdb01.corp.acme.com}", {"5432/TCP"}),
        ("{name: DB_HOST, value: shop.mysql.database.azure.com}", {"3306/TCP"}),
        ("{name: DB_HOST, value: db.corp.acme.com}, {name: DB_PORT, value: '6000'}", {"6000/TCP"}),
        ("{name: MAIL_HOST, value: db.corp.acme.com}", set()),
    ],
)
def test_a_database_outside_without_a_port(env: str, ports: set[str]) -> None:
    found = calls(deployment("web", env=f"[{env}]"))
    assert {one.rpartition(" ")[2] for one in found} == ports


def test_a_database_inside_without_a_port_is_the_services() -> None:
    text = deployment("db", "[{containerPort: 33060}, {containerPort: 3306}]")
    text += service("db", "[{name: mysql, port: 3306}, {name: x, port: 33060}]")
    assert calls(text + deployment("web", env="[{name: DB_HOST, value: db}]")) == {
        "shop/web > shop/db 3306/TCP"
    }


def test_an_agent_of_each_node_that_a_release_makes_may_publish_its_port() -> None:
    agent = """apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: datadog, namespace: dd}
spec: {chart: {spec: {chart: datadog, sourceRef: {kind: HelmRepository, name: d}}}}
"""
    env = "env: [{name: DD_AGENT_HOST, valueFrom: {fieldRef: {fieldPath: status.hostIP}}}]"
    web = support.deployment("a/web", extra=env)
    found = support.policies(support.namespace("a"), support.namespace("dd"), agent, web)
    egress = found["a/web"].specs[0].egress or ()
    assert any(rule.entities == ("host",) for rule in egress)
    assert any(peer.requirements[0].values == ("dd",) for rule in egress for peer in rule.endpoints or ())
    into = [rule for rule in found["dd/datadog-agent"].specs[0].ingress or () if rule.endpoints]
    assert support.ports(into) >= {"8126", "8125"}


@pytest.mark.parametrize(
    ("key", "asked"), [("cron.d", callers.is_script), ("a.js", callers.is_no_configuration)]
)
def test_a_file_is_looked_through_once_for_all_its_addresses(
    key: str, asked: Callable[[Text], bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a thousand of them that took a second."""
    seen: list[str] = []

    def found(value: str, *_: object) -> bool:
        seen.append(value)
        return True

    monkeypatch.setattr(callers, "holds", found)
    monkeypatch.setattr(callers, "re", SimpleNamespace(search=lambda _, value: found(value)))
    file = Text("entry", key, f"URL=https://{key}.acme.com")
    assert len({asked(file) for _ in range(100)}) == 1
    assert 0 < len(seen) < 3
