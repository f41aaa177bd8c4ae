"""The spellings in which applications are told whom to call, one workload each, beside servers whose names tell nothing
of what they are: by Cilium's engine each reaches what it is told and none of the other servers' ports.

An entry of `spellings/` has the text in a `file` of a ConfigMap, `env`, `args` or a `script` of an init container;
`calls` are `SERVER PORT` of `SERVERS`, or a host outside.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.generate.test_silent_cuts import flow, made
from tests.shapes import Shape

# The ports of each server's Service; those of HTTP lead to 8080.
SERVERS = {
    "orders-db": (5432, 9187), "reports-db": (5432,), "legacy-db": (3306,), "sql": (1433,), "ora": (1521,),
    "docs": (27017,), "cache": (6379, 9121), "cache2": (6379,), "sentinel": (26379, 6379), "bus": (9092, 9093),
    "mq": (5672, 15672, 61613), "search": (9200, 9300), "mem": (11211,), "mem2": (11211,), "pubsub": (4222, 8222),
    "iot": (1883,), "zk": (2181,), "wide": (9042, 7000), "dir": (389, 636), "mail": (25, 587, 1025), "files": (22,),
    "api": (80, 9090), "catalog": (80, 9091), "pricing": (50051, 8080), "registry": (8500,), "eureka": (8761,),
    "conf": (8888,), "otel": (4317, 4318), "ibm": (1414,), "amq": (61616, 8161), "amq2": (61616,),
    "obj": (9000, 9001), "vlt": (8200,), "wf": (7233,), "zee": (26500,), "col": (8123, 9000), "flags": (8013, 4242),
    "fpm": (9000,), "sr": (8081,), "graph": (7687, 7474), "hana": (30015,), "db2": (50000,), "ftp": (21,),
    "influx": (8086,), "loki": (3100,), "pul": (6650, 8080), "kv": (2379,), "grid": (5701,), "solar": (8983,),
    "hv": (10000, 9083), "tubes": (11300,), "nq": (4150, 4161), "inbox": (143, 993), "krb": (88, 749),
    "carbon": (2003,), "spans": (9411,), "jobs": (4730,), "vec": (19530,), "buck": (8091, 11210), "sofa": (5984,),
    "ign": (10800,), "nac": (8848, 9848), "seat": (8091,), "rock": (9876,), "span": (11222,), "sink": (5000, 5341),
    "ev": (2113,), "head": (10001, 7077), "sched": (8786,), "qd": (6333, 6334), "px": (3128,), "fak": (7419,),
    "meil": (7700,), "sol": (55555,), "hd": (8020,), "jag": (14268, 14250), "apm": (8200,), "oap": (11800,),
    "ara": (8529,), "ret": (28015,), "vm": (8428,),
}  # fmt: skip
SPELLINGS: list[dict[str, Any]] = [
    one
    for path in sorted(Path(__file__).with_name("spellings").glob("*.yaml"))
    for one in yaml.safe_load(path.read_text(encoding="utf-8"))
]
# In a Secret of these less is read: variables of files that stand in a Secret are not filled in, as some are passwords.
HIDDEN = {
    "camel-r": "a user of mail in a URL's query", "envsvc": "a variable", "dotted": "a variable with dots",
    "odbc": "sections without a name", "tomcat": "a list of labels", "squid": "a directive's place",
    "nginx1": "a variable", "nginx2": "a variable", "nginx3": "a variable", "rails-cable": "a variable",
    "gen5": "a key that names a credential", "cl-pgpass": "a key that names a credential",
    "cl-crontab": "a command in a Secret", "nn-sqlalias": "an instance's name", "py-odbc-connect": "a URL's query",
    "py-sqlalchemy-hostq": "a URL's query", "go-buffalo": "what a template takes", "rs-loco": "what a template takes",
    "rb-database": "a variable", "rb-database-url": "a variable", "php-laravel-config": "a variable",
}  # fmt: skip
IN_SECRETS = [
    one for one in SPELLINGS if ("file" in one or "env" in one) and not {"args", "script"} & one.keys()
]
_OUTSIDE = ("world 443/TCP", "world 5432/TCP", "kube-apiserver 443/TCP")


def _pod_port(port: int) -> int:
    return 8080 if port == 80 else port


def _shapes() -> list[Shape]:
    shapes: list[Shape] = [{"ns": "shop"}]
    for server, ports in SERVERS.items():
        told = {port: _pod_port(port) for port in ports}
        shapes.append({"dep": f"shop/{server}", "kind": "StatefulSet", "ports": list(told.values())})
        shapes.append({"svc": f"shop/{server}", "ports": told})
        headless = {"selector": {"app": server}, "clusterIP": "None"}
        shapes.append({"svc": f"shop/{server}-hl", "ports": told, "spec": headless})
    return shapes


def _caller(one: dict[str, Any]) -> list[Shape]:
    name, pod = f"t-{one['name']}", {}
    files: list[Shape] = []
    if "script" in one:
        command = ["sh", "-c", one["script"]]
        pod["initContainers"] = [{"name": "i", "image": "busybox:1.36", "command": command}]
    if "file" in one:
        pod["volumes"] = [{"name": "c", "configMap": {"name": name}}]
        metadata, data = {"name": name, "namespace": "shop"}, {one["file"]: one["text"]}
        files.append({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})
    caller = {"dep": f"shop/{name}", "env": one.get("env", {}), "args": one.get("args", []), "pod": pod}
    return [caller, *files]


def _told(one: dict[str, Any]) -> set[str]:
    """The flows that a spelling tells of; a host outside opens its port to the world."""
    return {f"{_end(call)} {_port(call)}/TCP" for call in one["calls"]}


def _end(call: str) -> str:
    host = call.split()[0]
    return f"shop/{host}" if host in SERVERS else "world"


def _port(call: str) -> int:
    return int(call.split()[1])


def _hidden(one: dict[str, Any]) -> list[Shape]:
    """The same caller, told by a Secret."""
    name = f"t-{one['name']}"
    metadata = {"name": name, "namespace": "shop"}
    told = (
        {one["file"]: one["text"]}
        if "file" in one
        else {key: str(value) for key, value in one["env"].items()}
    )
    container = {"name": "c", "image": "registry.example.org/x:1", "envFrom": [{"secretRef": {"name": name}}]}
    mounted = {"volumes": [{"name": "c", "secret": {"secretName": name}}]}
    pod = mounted if "file" in one else {"containers": [container]}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": told}
    return [{"dep": f"shop/{name}", "pod": pod}, secret]


@pytest.fixture(scope="module")
def verdicts(judge: Any) -> dict[str, str]:
    """Each flow of each spelling's workload, to what it is told and to what it is not."""
    return _verdicts(judge, SPELLINGS, [shape for one in SPELLINGS for shape in _caller(one)])


@pytest.fixture(scope="module")
def verdicts_of_secrets(judge: Any) -> dict[str, str]:
    """The same where a Secret holds it."""
    return _verdicts(judge, IN_SECRETS, [shape for one in IN_SECRETS for shape in _hidden(one)])


def _verdicts(judge: Any, spellings: list[dict[str, Any]], callers: list[Shape]) -> dict[str, str]:
    shown, outcome = made({"input": _shapes() + callers})
    assert outcome.code == 0, outcome.stderr
    asked = [f"shop/t-{one['name']} > {to}" for one in spellings for to in sorted(_all() | _told(one))]
    found = judge.once(shown, outcome.stdout.decode(), [flow(text) for text in asked])
    return dict(zip(asked, found, strict=True))


def _all() -> set[str]:
    inside = {f"shop/{server} {_pod_port(port)}/TCP" for server, ports in SERVERS.items() for port in ports}
    return inside | set(_OUTSIDE)


@pytest.mark.parametrize("one", IN_SECRETS, ids=[str(one["name"]) for one in IN_SECRETS])
def test_a_secret_tells_as_much_of_the_cluster(
    one: dict[str, Any], verdicts_of_secrets: dict[str, str]
) -> None:
    begin = f"shop/t-{one['name']} > "
    passing = {text.removeprefix(begin) for text, said in verdicts_of_secrets.items() if said == "allow"
               if text.startswith(begin)}  # fmt: skip
    inside = {flow for flow in _told(one) if flow.startswith("shop/")}
    assert passing <= _told(one)
    assert passing >= inside or one["name"] in HIDDEN


@pytest.mark.parametrize("one", SPELLINGS, ids=[str(one["name"]) for one in SPELLINGS])
def test_what_a_spelling_tells_passes_and_nothing_else(one: dict[str, Any], verdicts: dict[str, str]) -> None:
    begin = f"shop/t-{one['name']} > "
    passing = {
        text.removeprefix(begin)
        for text, said in verdicts.items()
        if text.startswith(begin) and said == "allow"
    }
    assert passing == _told(one)


def test_each_spelling_has_a_name_of_its_own() -> None:
    names = [one["name"] for one in SPELLINGS]
    assert len(set(names)) == len(names)
