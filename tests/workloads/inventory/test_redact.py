"""What passes of texts that may hold secrets, and that it takes no longer than its length allows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cilium_policies.catalogue.load import load
from cilium_policies.evidence.told import told
from cilium_policies.workloads.credentials import addresses, is_credential
from cilium_policies.workloads.inventory.prune import Pruner
from cilium_policies.workloads.inventory.told import Found
from cilium_policies.workloads.inventory.trees import Trees

from tests.hostile.growth import assert_in_proportion, cpu_of

KNOWN = Trees((r"--storage\.tsdb", r"role:\s*pod"), ("api", "shop"), told)


@pytest.mark.parametrize(
    ("key", "value", "kept"),
    [
        ("BASIC_AUTH", "admin:1234", ""),
        ("PIN", "bob.smith:9999", ""),
        ("login", "me:5555", ""),
        # Where a @ follows a /, nobody can say what is password, host or path.
        ("DB", "postgres://me:ti/ger:77@db.example.com:5432/x", ""),
        ("U", "https://me:p@ss/w0rd:123@e.example.com:8443/", ""),
        ("U", "https://me:p@ss@e.example.com:8443/", "https://e.example.com:8443"),
        ("BROKERS", "one.kafka:9092,two.kafka:9092", "one.kafka:9092,two.kafka:9092"),
        ("K", "db.data.svc:5432", "db.data.svc:5432"),
        ("D", "host=db port=5432 user=me password=tiger", "host=db port=5432"),
        (
            "pgbouncer.ini",
            "[databases]\n* = host=db port=5432 password=tiger\nauth = md5\n",
            "---\n* = host=db port=5432",
        ),
        ("U", "postgres://{{ .user }}:{{ .password }}@db:5432/x", "postgres://db:5432"),
        ("AUTH_HOST", "sso.shop", "sso.shop"),
        ("PASSWORD", "tiger.shop", ""),
        # A notifier's URL has its token in the host's place, and so may one of a scheme that nobody knows.
        ("U", "tgram://12345tiger/678", "tgram://x"),
        ("U", "pushover://shoutrrr:tiger@puma/?devices=x", "pushover://x"),
        ("U", "odd://tiger/x odd://store.shop:8080/x", "odd://x odd://store.shop:8080"),
        ("U", "s3://bucket/x", "s3://bucket"),
    ],
)
def test_of_a_secret_host_and_port_pass(key: str, value: str, kept: str) -> None:
    assert addresses(value, key) == kept


def test_a_pair_is_an_address_where_the_cluster_has_the_name() -> None:
    assert addresses("kafka.data:9092", "K", {"kafka"}.__contains__) == "kafka.data:9092"
    assert addresses("bob.smith:9999", "K", {"kafka"}.__contains__) == ""


@pytest.mark.parametrize(
    ("key", "value", "kept"),
    [
        ("", "password=tiger=x server=api:80", "password=x=x server=api:80"),
        ("", "--password tiger --host=api -ptiger", "--password x --host=api x"),
        ("", "--password\ntiger\n--port\n8080", "--password\nx\n--port\n8080"),
        (
            "",
            "curl -u me:tiger https://hooks.example.com/T0/tiger?x=y",
            "curl -u x https://hooks.example.com",
        ),
        ("", "--storage.tsdb.path=/tiger role: pod", "--storage.tsdb.path=x role: pod"),
        ("MOTTO", "the tiger sleeps at api", "x x x x api"),
        ("URL", "http://$(HOST):${PORT}/x", "http://$(HOST):${PORT}"),
        ("", "targets tcp://{env:SERVER}:587 tiger", "targets tcp://{x}:587 x"),
        ("", "targets tcp://me:tiger@{env:SERVER}:587", "targets x"),
        # A quote, bar or blank in a password ends no URL.
        # (The second is what the reader of scp's form finds as well.)
        ("URL", "postgres://puma:1'tiger@db.shop:5432/x", "postgres://db.shop:5432,ssh://db.shop:22"),
        ("URL", "postgres://puma:1|tiger@db.shop", "postgres://db.shop"),
        ("", "url: postgres://puma:1 tiger@db.shop:5432/x?y", "postgres://db.shop:5432,ssh://db.shop:22"),
        ("", 'a "postgres://puma:1\\"tiger@db.shop/x"', 'x "postgres://db.shop"'),
        ("", "curl http://api:80 -u me@acme.com", "curl http://api:80 -u x"),
        ("", '"http://api:80" me@acme.com', '"http://api:80" x'),
        # Nor do other signs: what may be a user is none of the addresses that are kept.
        ("URL", "postgres://puma:1 tiger@db.shop", "x x"),
        ("URL", "postgres://puma:1<tiger@db.shop", "x<x"),
        ("HOSTS", "lion|tiger", "x|x"),
        ("HOSTS", "one,two", "one,two"),
        ("", "http://api.shop.svc:80 me@acme.com", "http://api.shop.svc:80 x"),
        ("", "http://api:80/x me@acme.com", "http://api:80 x"),
        ("PORT", "8080", "8080"),
        ("PIN", "8080", ""),
    ],
)
def test_of_a_text_words_pass_by_a_list(key: str, value: str, kept: str) -> None:
    assert KNOWN.text(value, key) == kept


def test_of_values_words_stay_in_fields_that_are_read_and_never_below_keys_of_credentials() -> None:
    given = {
        "image": {"repository": "ghcr.io/a/b", "tag": "1.2"},
        "auth": {"rootPassword": "tiger", "existingSecret": "creds", "enabled": "true"},
        "env": {"MOTTO": "tiger", "LOG": "info"},
        "motto": "tiger",
        "className": "nginx",
        "host": '{{ include "app.name" . }}.example.com',
        "selector": [{"key": "app", "operator": "In", "values": ["web"]}],
    }
    kept = KNOWN.tree(given)
    assert kept["image"] == {"repository": "ghcr.io/a/b", "tag": "x"}
    assert (kept["motto"], kept["className"]) == ("x", "nginx")
    assert kept["auth"] == {"rootPassword": "", "existingSecret": "", "enabled": "true"}
    assert kept["env"] == {"MOTTO": "x", "LOG": "info"}
    assert (kept["host"], kept["selector"]) == (given["host"], given["selector"])


def test_a_key_below_which_a_program_stands_is_its_name() -> None:
    """Only where the mapping has what every such part has; what a credential's own key holds is emptied there too."""
    container = {
        "image": {"repository": "ghcr.io/a/b"},
        "envFrom": [{"secretRef": {"name": "keys"}}],
        "env": {"COOKIE_SECRET": "tiger", "MOTTO": "tiger"},
        "args": ["--client-secret=tiger", "tiger"],
        "password": {"name": "tiger"},
    }
    values = {
        "controllers": {"web-oauth2-proxy": {"containers": {"oauth2-proxy": container}}},
        "service": {"authelia": {"controller": "web-oauth2-proxy", "ports": {"http": {"port": "4180"}}}},
    }
    kept = KNOWN.tree(values)
    [inner] = kept["controllers"]["web-oauth2-proxy"]["containers"].values()
    assert (inner["image"], inner["envFrom"]) == (container["image"], container["envFrom"])
    assert kept["service"] == values["service"]
    assert "tiger" not in str(kept)
    for key in ("controllers", "containers", "initContainers", "service", "ingress", "persistence"):
        assert KNOWN.tree({key: {"auth": {"name": "tiger"}}}) == {key: {"auth": {"name": ""}}}
        assert KNOWN.tree({"auth": {key: {"token": {"image": {"name": "tiger"}}}}})["auth"][key]["token"] == {
            "image": {"name": ""}
        }


@pytest.mark.parametrize(
    "given",
    [
        {
            "endpointSelector": {
                "matchExpressions": [{"key": "tier", "operator": "In", "values": ["front", "back"]}]
            }
        },
        {"fromEndpoints": [{"matchExpressions": [{"key": "tier", "operator": "In", "values": ["front"]}]}]},
        {
            "nodeSelectorTerms": [
                {"matchExpressions": [{"key": "zone", "operator": "NotIn", "values": ["east"]}]}
            ]
        },
        {
            "egress": [
                {
                    "toEntities": ["world"],
                    "toFQDNs": [{"matchPattern": "*.acme.com"}, {"matchName": "a.acme.com"}],
                }
            ]
        },
        {"generators": [{"list": {"elements": [{"team": "blue", "where": "north"}]}}]},
        {"source": {"repoURL": "https://git.acme.com", "path": "charts/loki"}},
        {
            "patches": [
                {"target": {"kind": "Deployment"}, "patch": [{"op": "add", "path": "/spec/hostNetwork"}]}
            ]
        },
        {"match": "Host(`a.acme.com`) && PathPrefix(`x`)"},
        {
            "podMetricsEndpoints": [{"port": "web"}],
            "relabelings": [{"sourceLabels": ["__address__"], "regex": "(.*)"}],
        },
        {
            "moduleName": "http",
            "prober": "icmp",
            "listen": ":8080",
            "replicas": "3",
            "url": "nas.lan",
            "kinds": ["A"],
        },
        {"hostnames": ["auth.${DOMAIN}"], "parentRefs": [{"name": "${GATEWAY}", "sectionName": "https"}]},
        {"podLabels": {"app": "{{ .Release.Name }}-web"}, "fullnameOverride": "{{ .Release.Name }}"},
        {"valuesFrom": [{"kind": "Secret", "name": "keys", "valuesKey": "token", "targetPath": "a.b"}]},
    ],
)
def test_words_of_fields_that_are_read_stay(given: dict[str, object]) -> None:
    assert KNOWN.tree(given) == given


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (
            {"match": "Host(`a.acme.com`) && Header(`X-Key`, `tiger`)"},
            {"match": "Host(`a.acme.com`) && Header(`x`)"},
        ),
        ({"userName": "tiger"}, {"userName": "x"}),
        ({"hostname": "${DOMAIN:=the tiger}"}, {"hostname": "${DOMAIN:=x x}"}),
        ({"hostname": "0a1b2c3d4e5f6a7b8c9d0e1f${DOMAIN}"}, {"hostname": "x"}),
        (
            {"elements": [{"team": "blue", "password": "tiger"}]},
            {"elements": [{"team": "blue", "password": ""}]},
        ),
        ({"podAnnotations": {"acme.com/motto": "tiger"}}, {"podAnnotations": {"acme.com/motto": "x"}}),
        ({"valueFrom": {"text": "the tiger"}, "name": "a"}, {"valueFrom": {"text": "x x"}, "name": "a"}),
        ({"the tiger": "true"}, {"x x": "true"}),
    ],
)
def test_others_do_not(given: dict[str, object], kept: dict[str, object]) -> None:
    assert KNOWN.tree(given) == kept


def test_variables_of_a_build_parameters_and_bodies_are_texts() -> None:
    values = {
        "postBuild": {"substitute": {"WORD": "tiger", "APP": "api"}},
        "body": "tiger",
        "params": {"t": ["tiger"]},
    }
    kept = {"postBuild": {"substitute": {"WORD": "x", "APP": "api"}}, "body": "x", "params": {"t": ["x"]}}
    assert KNOWN.tree(values) == kept


def test_names_of_objects_and_hosts_are_no_credentials() -> None:
    assert not any(map(is_credential, ("secretName", "existingSecretRef", "AUTH_HOST", "passwordFile")))
    assert all(
        map(is_credential, ("PW", "db_pw", "api-key", "API_KEY", "userPassword", "SALT", "oauthToken"))
    )


@pytest.mark.parametrize(
    "piece",
    [
        "ab ",
        "a:1 ",
        "http://a:1/b@ ",
        "a=b ",
        "a.",
        "{",
        "$(",
        '"a":',
        "@/",
        "${a}",
        ",a:1",
        "https://",
        "-----BEGIN X-----",
    ],
)
def test_twice_the_text_takes_twice_the_time(piece: str) -> None:
    texts = Pruner(load(), set(), (), told).texts

    def redact(size: int) -> None:
        value = piece * (size // len(piece))
        texts.text(value, "")
        addresses(value, "HOST")

    assert_in_proportion(
        lambda size: cpu_of(lambda: redact(size)), (0, 60_000, 240_000), no_time=0.1, factor=8
    )


def test_a_text_is_read_once_as_each_form_and_again_only_where_it_was_changed() -> None:
    """Reading is most of what an inventory does: it was done twice over for a text of which all passes."""
    seen: list[str] = []

    def counted(value: str, key: str, file: bool) -> Iterator[Found]:
        seen.append(value)
        return told(value, key, file)

    texts = Trees((), ("api",), counted)
    whole, secret = "host: api\nport: 80\n", "host: api\nport: 80\nhello: tiger\n"
    assert texts.text(whole, "a.yaml") == whole
    assert seen == [whole] * 2
    seen.clear()
    assert texts.text(secret, "a.yaml") == (masked := "host: api\nport: 80\nhello: x\n")
    assert seen == [secret] * 2 + [masked] * 2
    seen.clear()
    assert texts.text(secret, "a.yaml") == masked
    assert not seen
