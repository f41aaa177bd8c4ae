"""Two hundred secrets, in every spelling and every place that is read: none of them stands in any output."""

from __future__ import annotations

import base64
import itertools
import json
import subprocess
import sys
from pathlib import Path

import pytest

# {a} and {b} are secret; what stands around them may pass.
SPELLINGS = {
    "DATABASE_URL": "postgres://me:{a}@db.example.com:5432/x",
    "DSN": "postgres://me:{a}/{b}:77@db.example.com:5432/x",
    "QUEUE_URL": "amqp://{a}:{b}@mq.shop.svc:5672/%2f",
    "ODD_URL": "https://me:p@{a}/{b}:123@e.example.com:8443/",
    "MONGO_URL": "mongodb://me:{a}@one.shop:27017,two.shop:27017/x?authSource={b}",
    "JDBC_URL": "jdbc:postgresql://db.shop:5432/x?user=me&password={a}",
    "HOOK_URL": "https://hooks.example.com/services/{a}/{b}",
    "API_URL": "https://api.example.com/v1?token={a}#{b}",
    "GIT_URL": "https://{a}:x-oauth-basic@git.example.com/a/b.git",
    "SENTRY_DSN": "https://{a}@o1.ingest.example.com/{b}",
    "REDIS_URL": "redis://:{a}@cache.shop:6379/0",
    "CACHE_URL": "redis://{a}@cache.shop:6379/0",
    "LIBPQ": "host=db.shop port=5432 user={a} password={b}",
    "ADO": "Server=db.shop,1433;Database=x;User Id=me;Password={a};",
    "AZURE": "DefaultEndpointsProtocol=https;AccountName=shop;AccountKey={a}{b}==;EndpointSuffix=example.net",
    "PAIR": "{a}:{b}",
    "BASIC_AUTH": "{a}:1234",
    "PIN": "bob.{a}:9999",
    "PW": "{a}",
    "API_TOKEN": "{a}",
    "SALT": "{a}{b}",
    "HEADER": "Authorization: Bearer {a}.{b}",
    "BASIC": "Authorization: Basic {a}==",
    "NETRC": "machine git.example.com login {a} password {b}",
    "PGPASS": "db.shop:5432:x:me:{a}",
    "HTPASSWD": "me:$apr1${a}${b}",
    "CURL": "curl -u me:{a} -H 'X-Key: {b}' https://api.example.com:8443/x",
    "MYSQL": "mysql -p{a} -h db.shop --password={b}",
    "FLAGS": "--token {a} --client-secret={b} --host db.shop",
    "SENTENCE": "the old one was {a}, the new one is {b}",
    "PEM": "-----BEGIN RSA PRIVATE KEY-----\n{a}\n{b}\n-----END RSA PRIVATE KEY-----",
    "INI": "[db]\nhost = db.shop\nport = 5432\npassword = {a}\n",
    "YAML": "server: http://api.shop:8080\nusers:\n- name: me\n  user: {{token: {a}, password: \"{b}\"}}\n",
    "KUBECONFIG": "clusters: [{{cluster: {{server: 'https://k.example.com:6443'}}}}]\n"
    "users: [{{user: {{client-key-data: {a}, token: {b}}}}}]\n",
    "TOML": '[smtp]\nsmtp_smarthost = "mail.example.com:587"\nsmtp_auth_password = "{a}"\n',
    "XML": "<server>db.shop</server><password>{a}</password><key>{b}</key>",
    "REDIS_CONF": "port 6379\nrequirepass {a}\nuser me on >{b} ~* +@all\n",
    "DOCKER": '{{"auths": {{"registry.example.com": {{"username": "me", "password": "{a}", "auth": "{b}"}}}}}}',
    "JSON": '{{"host": "db.shop", "port": 5432, "user": "{a}", "pass": "{b}"}}',
}  # fmt: skip
PLACES = ("secret", "data", "env", "args", "map", "file", "template", "annotation", "values")


class Planter:
    """Fills spellings with secrets that are like no other text, and keeps them."""

    def __init__(self) -> None:
        self.planted: list[str] = []
        self._numbers = itertools.count(1)

    def fill(self, spelling: str) -> str:
        """One use of a spelling. Words, not random letters: a filter by shape must not be what saves the day."""
        made = {part: f"tig{part}{next(self._numbers)}er" for part in "ab"}
        self.planted += [word for part, word in made.items() if f"{{{part}}}" in spelling]
        return spelling.format(**made)


def cluster(plant: Planter) -> list[dict[str, object]]:
    """A namespace with one workload that reads all of it, and a HelmRelease."""
    texts = {place: {key: plant.fill(one) for key, one in SPELLINGS.items()} for place in PLACES}
    env = [{"name": key, "value": value} for key, value in texts["env"].items()]
    container = {
        "name": "c",
        "image": "e.example.com/x:1",
        "env": env,
        "args": list(texts["args"].values()),
        "envFrom": [{"secretRef": {"name": name}} for name in ("secret", "data", "made")]
        + [{"configMapRef": {"name": "map"}}],
    }
    notes = {f"example.com/{key.lower()}": value for key, value in texts["annotation"].items()}
    pod = {
        "containers": [container],
        "volumes": [{"name": "f", "configMap": {"name": "file"}}],
    }
    labels = {"app": "web"}
    files = {f"{key}.conf": value + "\n" + "filler: x\n" * 60 for key, value in texts["file"].items()}
    release = {
        "env": texts["values"],
        "controllers": {
            "main": {"containers": {"main": {"env": texts["values"], "args": list(texts["values"].values())}}}
        },
        "adminPassword": plant.fill("{a}"),
        "auth": {"existing": {"value": plant.fill("{a}")}},
        "extraEnv": [{"name": key, "value": value} for key, value in texts["values"].items()],
        "configMaps": {"main": {"data": texts["values"]}},
        "secrets": {"main": {"stringData": texts["values"]}},
    }
    return [
        thing("v1", "Namespace", "shop", space=None),
        thing("v1", "Service", "api", spec={"selector": labels, "ports": [{"port": 8080}]}),
        thing("apps/v1", "Deployment", "web", notes, spec={
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels, "annotations": notes}, "spec": pod},
        }),
        {**thing("v1", "Secret", "secret"), "stringData": texts["secret"]},
        {**thing("v1", "Secret", "data"), "data": {
            key: base64.b64encode(value.encode()).decode() for key, value in texts["data"].items()
        }},
        {**thing("v1", "ConfigMap", "map"), "data": texts["map"]},
        {**thing("v1", "ConfigMap", "file"), "data": files},
        thing("external-secrets.io/v1", "ExternalSecret", "made", spec={
            "target": {"template": {"data": texts["template"]}},
        }),
        thing("helm.toolkit.fluxcd.io/v2", "HelmRelease", "app", spec={
            "chart": {"spec": {"chart": "app-template", "version": "4.1.1"}}, "values": release,
        }),
    ]  # fmt: skip


def thing(
    version: str, kind: str, name: str, notes: object = None, space: str | None = "shop", **rest: object
) -> dict:
    metadata = {
        "name": name,
        **({"namespace": space} if space else {}),
        **({"annotations": notes} if notes else {}),
    }
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **rest}


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    plant = Planter()
    path = tmp_path_factory.mktemp("secrets") / "all.yaml"
    path.write_text("\n---\n".join(json.dumps(one) for one in cluster(plant)))
    (path.parent / "expect.yaml").write_text(EXPECT)
    assert len(set(plant.planted)) > 200
    return path, plant.planted


def printed(path: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "cilium_policies", *arguments]
    done = subprocess.run(
        command, input=path.read_text(), capture_output=True, text=True, check=False, cwd=path.parent
    )
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 1), done.stderr
    assert done.stdout + done.stderr, arguments
    return done.stdout + done.stderr


EXPECT = """\
apiVersion: cilium-policies.fn/v1alpha1
kind: PolicyTest
metadata: {name: all}
tests:
- shop/web -> world:5432 deny
- shop/web -> shop/api:8080 deny
- "* -> shop/web:8080 only from shop/none"
"""
COMMANDS = [
    ["--only-policies"],
    ["--only-policies", "--mode", "enforce", "-v"],
    ["inventory"],
    *(["list", "-o", form] for form in ("text", "json")),
    ["list", "--uncovered", "-v"],
    ["list", "--policies", "planned"],
    *(["report", "-o", form, "--policies", "planned"] for form in ("html", "svg", "md", "json")),
    ["explain", "--policies", "planned", "--from", "shop/web", "--to", "shop/api", "--port", "8080"],
    ["explain", "--policies", "planned", "--from", "shop/web", "--to", "db.example.com", "--port", "5432"],
    ["lint", "--planned", "-v"],
    ["lint", "-o", "json"],
    ["check", "-v"],
    ["components"],
    ["rollout"],
    ["list", "--foreign"],
    ["lint", "--planned", "-o", "sarif"],
    ["test", "--record", "all.yaml"],
    ["break-glass", "shop"],
    ["break-glass", "shop", "--for", "30m"],
    ["audit", "--rules"],
    *(["test", "-v", "-o", form, "expect.yaml", "all.yaml"] for form in ("text", "json", "junit")),
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_command_prints_a_secret(planted: tuple[Path, list[str]], command: list[str]) -> None:
    path, secrets = planted
    shown = printed(path, *command)

    assert [one for one in secrets if one in shown] == []


@pytest.mark.parametrize("form", ["text", "json", "md", "csv"])
def test_a_difference_shows_none(planted: tuple[Path, list[str]], form: str) -> None:
    """Every address goes, so that each is a line of the answer."""
    path, secrets = planted
    before = [json.loads(one) for one in path.read_text().split("\n---\n")]
    after = [one for one in before if one["kind"] in ("Namespace", "Service", "Deployment")]
    for one in after:
        if one["kind"] == "Deployment":
            (container,) = one["spec"]["template"]["spec"]["containers"]
            del container["env"], container["args"], container["envFrom"]
    (path.parent / "after.yaml").write_text("\n---\n".join(map(json.dumps, after)))
    shown = printed(path, "diff", "-v", "-o", form, "--policies", "planned", "all.yaml", "after.yaml")

    assert "kube-apiserver" in shown
    assert [one for one in secrets if one in shown] == []


@pytest.mark.parametrize("form", ["text", "json", "md", "csv"])
def test_flows_that_carry_secrets_show_none(planted: tuple[Path, list[str]], form: str) -> None:
    """Hubble's own records hold URLs and headers, where its operator has not switched that off."""
    path, _ = planted
    plant = Planter()
    web = {
        "namespace": "shop",
        "pod_name": "web-1",
        "labels": ["k8s:app=web", "k8s:io.kubernetes.pod.namespace=shop"],
    }
    url = plant.fill("https://me:{a}@api.example.com/v1/{b}") + plant.fill("?token={a}")
    header = {"key": "Authorization", "value": plant.fill("Bearer {a}")}
    flow = {
        "time": "2026-11-01T10:00:00Z", "verdict": "AUDIT", "traffic_direction": "EGRESS", "Type": "L7",
        "source": web, "destination": {"identity": 2, "labels": ["reserved:world"]},
        "IP": {"source": "10.0.0.1", "destination": "203.0.113.9", "ipVersion": "IPv4"},
        "l4": {"TCP": {"source_port": 40000, "destination_port": 8444}},
        "l7": {"type": "REQUEST", "http": {"method": "GET", "url": url, "headers": [header]}},
        "event_type": {"type": 5}, "Summary": f"GET {url}", "policy_match_type": 0,
    }  # fmt: skip
    verdict = {**flow, "Type": "L3_L4", "l7": None, "event_type": {"type": 5, "sub_type": 3}}
    (path.parent / "flows.json").write_text(
        "".join(
            json.dumps({"flow": one, "node_name": "a", "time": one["time"]}) + "\n" for one in (flow, verdict)
        )
    )
    shown = printed(path, "audit", "-v", "-o", form, "--flows", "flows.json", "all.yaml")

    assert "8444" in shown
    assert [one for one in plant.planted if one in shown] == []


def test_what_is_written_holds_none(planted: tuple[Path, list[str]], tmp_path: Path) -> None:
    path, secrets = planted
    printed(path, "write", "--output", str(tmp_path / "tree"))
    shown = "".join(one.read_text() for one in (tmp_path / "tree").rglob("*") if one.is_file())

    assert "default-deny" in shown
    assert [one for one in secrets if one in shown] == []


def test_the_addresses_beside_them_are_found(planted: tuple[Path, list[str]]) -> None:
    path, _ = planted
    shown = printed(path, "--only-policies", "--mode", "enforce")

    assert "8080" in shown
    assert "5432" in shown
