"""What people call the ends of a connection: Services and their ports, DNS names, pods as kubectl prints them."""

from __future__ import annotations

import json

import pytest
import yaml

from ..cli.within import Done, within
from ..support import deployment, namespace, service, stream

INPUT = stream(
    namespace("a"),
    deployment("a/web", extra="env: [{name: API_URL, value: 'http://api:9000'}]"),
    deployment("a/api", port=8081),
    service("a/api", port=9000, target="8081"),
    deployment("a/db", kind="StatefulSet", port=5432),
    deployment("a/agent", kind="DaemonSet"),
)


def explain(source: str, target: str, port: str, *more: str, stdin: bytes = INPUT) -> Done:
    return within("explain", "--from", source, "--to", target, "--port", port, *more, stdin=stdin)


def first(done: Done) -> str:
    assert done.returncode == 0, done.stderr
    return done.stdout.decode().splitlines()[0]


@pytest.mark.parametrize(
    "target", ["a/api", "api.a.svc.cluster.local", "api.a.svc", "api.a", "api.a.svc.cluster.local."]
)
def test_a_services_port_is_that_of_its_pods(target: str) -> None:
    done = explain("a/web", target, "9000", "--mode", "enforce")
    assert first(done) == "Deployment a/web => Deployment a/api 8081/TCP: allowed"
    assert "Service a/api 9000/TCP is pod port 8081/TCP" in done.stdout.decode()


@pytest.mark.parametrize(
    ("pod", "workload"),
    [
        ("a/web-7d4b9c6f5-x2x4z", "Deployment a/web"),
        ("a/db-0", "StatefulSet a/db"),
        ("a/agent-x2x4z", "DaemonSet a/agent"),
    ],
)
def test_a_pod_as_kubectl_prints_it(pod: str, workload: str) -> None:
    assert first(explain(pod, "world", "443")).startswith(f"{workload} => ")
    namespaced = pod.partition("/")[2]
    assert first(explain(namespaced, "world", "443", "-n", "a")).startswith(f"{workload} => ")


def test_what_is_no_pod_of_that_controller_is_not_taken_for_one() -> None:
    assert explain("a/web-0", "world", "443").returncode == 1
    assert explain("a/db-x2x4z", "world", "443").returncode == 1


def test_a_name_below_the_clusters_domain_is_no_name_outside() -> None:
    done = explain("a/web", "gone.a.svc.cluster.local", "80")
    assert done.returncode == 1
    assert b"is not in the input" in done.stderr


def test_the_cure_is_an_entry_that_can_be_pasted_and_works(tmp_path: pytest.TempPathFactory) -> None:
    done = explain("a/agent", "a/api", "9000", "--mode", "enforce")
    line = next(line for line in done.stdout.decode().splitlines() if "to allow it" in line)
    entry = yaml.safe_load(line.partition("spec.allow: ")[2])
    assert entry[0]["to"] == {"pod": "a/api"}
    assert entry[0]["ports"] == ["8081/TCP"]
    config = f"{tmp_path}/c.yaml"
    with open(config, "w", encoding="utf-8") as file:
        spec = {"mode": "enforce", "allow": entry}
        yaml.safe_dump(
            {"apiVersion": "cilium-policies.fn/v1alpha1", "kind": "CiliumPolicies", "spec": spec}, file
        )
    assert first(explain("a/agent", "a/api", "9000", "--config", config)).endswith(": allowed")
    assert within("lint", "--planned", "--config", config, stdin=INPUT).returncode == 0


def test_the_api_server_is_never_opened_as_the_world() -> None:
    done = explain("a/web", "kube-apiserver-external", "6443", "--mode", "enforce")
    assert "to: kube-apiserver," in done.stdout.decode()


def test_the_config_refuses_a_clusters_name_as_one_outside(tmp_path: pytest.TempPathFactory) -> None:
    config = f"{tmp_path}/c.yaml"
    with open(config, "w", encoding="utf-8") as file:
        file.write(
            "apiVersion: cilium-policies.fn/v1alpha1\nkind: CiliumPolicies\nspec:\n  allow:\n"
            "  - {from: {pod: a/web}, to: {fqdn: api.a.svc.cluster.local}, ports: [8081/TCP], why: x}\n"
        )
    done = within("list", "--config", config, stdin=INPUT)
    assert done.returncode == 1
    assert b"write {service: a/api}" in done.stderr


def test_the_config_warns_of_a_services_port_at_a_pod(tmp_path: pytest.TempPathFactory) -> None:
    config = f"{tmp_path}/c.yaml"
    with open(config, "w", encoding="utf-8") as file:
        file.write(
            "apiVersion: cilium-policies.fn/v1alpha1\nkind: CiliumPolicies\nspec:\n  allow:\n"
            "  - {from: {pod: a/db}, to: {pod: a/api}, ports: [9000/TCP], why: x}\n"
        )
    done = within("list", "--config", config, stdin=INPUT)
    assert b"9000 is a port of Service a/api" in done.stderr
    assert b"write to: {service: a/api}" in done.stderr


def test_a_generated_policy_is_changed_by_what_needs_it() -> None:
    built = within("--mode", "enforce", stdin=INPUT).stdout
    done = explain("a/web", "a/api", "9000", stdin=built)
    cure = [line for line in done.stdout.decode().splitlines() if "to deny it" in line]
    line = "{from: {pod: a/web}, to: {pod: a/api}, ports: [8081/TCP], why: …}"
    needs = "or remove what needs it (Deployment a/web env API_URL at stdin:23)"
    assert cure == [f"  to deny it, an entry of spec.deny: - {line}, {needs}"]


def drop(
    source: dict[str, object], destination: dict[str, object], layer: dict[str, object], **more: str
) -> bytes:
    ends = {"source": source, "destination": destination, "IP": {"destination": "1.2.3.4"}}
    flow = {"verdict": "DROPPED", **ends, "l4": layer, **more}
    return json.dumps({"flow": flow}).encode() + b"\n"


def test_hubbles_drops_are_explained(tmp_path: pytest.TempPathFactory) -> None:
    manifests = f"{tmp_path}/in.yaml"
    with open(manifests, "wb") as file:
        file.write(INPUT)
    web = {"namespace": "a", "pod_name": "web-7d4b9c6f5-x2x4z"}
    agent = {
        "namespace": "a",
        "pod_name": "agent-x2x4z",
        "workloads": [{"name": "agent", "kind": "DaemonSet"}],
    }
    world = {"labels": ["reserved:world"]}
    lines = drop(agent, web, {"TCP": {"destination_port": 8080}}) * 2
    lines += drop(web, world, {"UDP": {"destination_port": 123}}) + b"no flow\n"
    done = within("explain", "-", manifests, "--mode", "enforce", stdin=lines)
    assert done.returncode == 0, done.stderr
    text = done.stdout.decode()
    assert text.startswith("# dropped 2 times\nDaemonSet a/agent => Deployment a/web 8080/TCP: denied\n")
    assert "# dropped 1 time\nDeployment a/web => 1.2.3.4 123/UDP: denied" in text
    assert b"not from Hubble: 1" in done.stderr
    none = within("explain", "-", manifests, stdin=b"no flow\n")
    assert (none.returncode, none.stdout) == (1, b"")


def test_a_drop_without_manifests_is_told_by_hubbles_own_words() -> None:
    web = {"namespace": "a", "pod_name": "web-7d4b9c6f5-x2x4z"}
    db = {"namespace": "b", "pod_name": "db-0"}
    api = {"labels": ["reserved:kube-apiserver", "reserved:remote-node"]}
    denied = {"drop_reason_desc": "POLICY_DENIED", "traffic_direction": "INGRESS"}
    lines = drop(web, db, {"TCP": {"destination_port": 5432}}, **denied) * 3
    lines += drop(db, {"labels": ["reserved:world"]}, {"UDP": {"destination_port": 123}})
    lines += drop(
        db,
        api,
        {"TCP": {"destination_port": 6443}},
        drop_reason_desc="POLICY_DENY",
        traffic_direction="EGRESS",
    )
    done = within("explain", "-", stdin=lines)
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode().splitlines() == [
        "# dropped 3 times",
        "a/web-7d4b9c6f5-x2x4z => b/db-0 5432/TCP: dropped",
        "  ingress of b/db-0, no rule allows it",
        "  to allow it, an entry of spec.allow: - {from: {pod: a/web}, to: {pod: b/db}, ports: [5432/TCP], why: …}",
        "# dropped 1 time",
        "b/db-0 => 1.2.3.4 123/UDP: dropped",
        "  to allow it, an entry of spec.allow: "
        "- {from: {pod: b/db}, to: {cidr: 1.2.3.4/32}, ports: [123/UDP], why: …}",
        "# dropped 1 time",
        "b/db-0 => kube-apiserver 6443/TCP: dropped",
        "  egress of b/db-0, a deny rule forbids it",
        "  no spec.allow entry helps: remove the deny rule",
    ]
    assert b"3 drops from Hubble alone; the rule that decides, and why: name the manifests" in done.stderr
    assert within("explain", "-", "-o", "json", stdin=lines).returncode == 2
