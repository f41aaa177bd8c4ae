"""One node of a cluster: etcd, an API server, and Cilium's agent with the settings of its own Helm chart."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.live.agent import OURS, ROUTER, SOURCE, StartError, chart
from tests.live.kube import PORT, SERVER, TOKEN, Api, ApiError
from tests.live.network import CONTROL, HOSTS, NODE, NODE2, POD_CIDR, POD_CIDR6, run
from tests.live.sockets import inside

SOCKET = "/run/cilium/cilium.sock"
MARKED = ("CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy", "NetworkPolicy")
_PATIENCE = 600.0  # seconds for what takes some on an idle machine; what ends or refuses is noticed at once


class Cluster:
    """The processes, and what is asked of them. `logs` is a folder outside the sandbox."""

    def __init__(self, logs: Path) -> None:
        self.logs = logs
        self.api = Api()
        self._agent: subprocess.Popen[bytes] | None = None
        self._chart = chart()
        self._marks = 0

    def start(self, settings: Mapping[str, str] | None = None) -> None:
        """Everything up and ready. Raises StartError."""
        self._control_plane()
        self._objects()
        self.start_agent(settings)

    def start_agent(self, settings: Mapping[str, str] | None = None) -> None:
        """The agent, anew where it runs: endpoints and open connections outlive it. Raises StartError."""
        self.stop_agent()
        folder = Path("/run/cilium-config")
        run(f"rm -rf {folder} && mkdir {folder}")
        for name, value in {**self._chart, **OURS, **(settings or {})}.items():
            (folder / name).write_text(value, encoding="utf-8")
        header = Path("/run/cilium/state/globals/node_config.h")
        header.parent.mkdir(parents=True, exist_ok=True)
        header.write_text(ROUTER, encoding="utf-8")
        node = {"K8S_NODE_NAME": "node1", "CILIUM_K8S_NAMESPACE": "kube-system"}
        self._agent = self._spawn("cilium-agent", "", [f"--config-dir={folder}"], node)
        self._wait(self._agent, "cilium-agent", self._is_ready)

    def stop_agent(self) -> None:
        """End the agent and wait for it; the eBPF programs stay."""
        if self._agent is not None:
            self._agent.terminate()
            try:
                self._agent.wait(10)
            except subprocess.TimeoutExpired:  # one that has just started may hang for a minute
                self._agent.kill()
                self._agent.wait(10)
            self._agent = None
            Path(SOCKET).unlink(missing_ok=True)

    def ask_agent(self, path: str, method: str = "GET") -> Any:
        """A reply of the agent's own API. Raises OSError where it does not answer."""
        connection = http.client.HTTPConnection("localhost", timeout=30)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(30)
        try:
            connection.sock.connect(SOCKET)
            connection.request(method, f"/v1{path}")
            return json.loads(connection.getresponse().read() or b"null")
        finally:
            connection.close()

    def settle(self) -> None:
        """Wait until the agent has every policy that the API server has, and each endpoint has all of them.
        Raises StartError."""
        self._marks += 1
        made = [mark(kind, self._marks) for kind in MARKED]
        for body in made:
            self.api.create(body)
        names = [str(body["metadata"]["name"]) for body in made]
        revision = 0

        def arrived() -> bool:
            nonlocal revision
            policy = self.ask_agent("/policy") or {}
            revision = int(policy.get("revision") or 0)
            return all(name in policy.get("policy", "") for name in names)

        def everywhere() -> bool:
            states = [(one["status"]["state"], _revision(one)) for one in self.ask_agent("/endpoint")]
            return all(state == "ready" and done >= revision for state, done in states)

        assert self._agent is not None
        self._wait(self._agent, "cilium-agent", arrived, "does not hear of the newest policies")
        self._wait(
            self._agent, "cilium-agent", everywhere, "does not give every endpoint the newest policies"
        )
        for body in made:
            self.api.delete(body)

    def _is_ready(self) -> bool:
        health = self.ask_agent("/healthz")
        if any(health.get(part, {}).get("state") != "Ok" for part in ("cilium", "hubble")):
            return False
        # The node's own endpoint comes first: no pod gets its programs before that has its own.
        states = [one["status"]["state"] for one in self.ask_agent("/endpoint")]
        return bool(states) and all(state == "ready" for state in states)

    def _control_plane(self) -> None:
        run("openssl genrsa -out /run/kube/sa.key 2048")
        Path("/run/kube/tokens.csv").write_text(f'{TOKEN},admin,admin,"system:masters"\n', encoding="utf-8")
        Path("/run/kube/config").write_text(json.dumps(_kubeconfig()), encoding="utf-8")
        etcd = "http://127.0.0.1:2379"
        self._spawn("etcd", CONTROL, [
            "--data-dir=/run/kube/etcd", f"--listen-client-urls={etcd}", f"--advertise-client-urls={etcd}",
            "--unsafe-no-fsync", "--log-level=warn",
        ])  # fmt: skip
        server = self._spawn("kube-apiserver", CONTROL, [
            f"--etcd-servers={etcd}", f"--secure-port={PORT}", f"--advertise-address={SERVER}",
            "--service-cluster-ip-range=10.96.0.0/16", "--cert-dir=/run/kube/certs",
            "--service-account-issuer=https://kubernetes.default.svc",
            "--service-account-key-file=/run/kube/sa.key", "--service-account-signing-key-file=/run/kube/sa.key",
            "--authorization-mode=AlwaysAllow", "--token-auth-file=/run/kube/tokens.csv",
            # Nobody makes ServiceAccounts here, and pods of every kind must be taken.
            "--disable-admission-plugins=ServiceAccount,DefaultTolerationSeconds,PodSecurity",
            "--allow-privileged=true", "--profiling=false", "--enable-priority-and-fairness=false",
        ])  # fmt: skip
        self._wait(server, "kube-apiserver", lambda: self.api.ask("GET", "/readyz")[0] == 200)

    def _objects(self) -> None:
        """Cilium's kinds, the nodes, and the namespace that the agent looks into."""
        for path in sorted(SOURCE.glob("pkg/k8s/apis/cilium.io/client/crds/*/*.yaml")):
            self.api.create(yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader))
        for name, host, cidrs in (
            ("node1", NODE, [POD_CIDR, POD_CIDR6]),
            ("control", HOSTS[CONTROL], ["10.244.16.0/24"]),
            ("node2", HOSTS[NODE2], ["10.244.17.0/24"]),
        ):
            self._node(name, host.address, host.address6, cidrs)
        _patiently(lambda: self.api.ask("GET", "/apis/cilium.io/v2/ciliumnodes")[0] == 200)
        for name, host in (("control", HOSTS[CONTROL]), ("node2", HOSTS[NODE2])):
            addresses = [
                {"type": "InternalIP", "ip": host.address},
                {"type": "InternalIP", "ip": host.address6},
            ]
            self.api.create({"apiVersion": "cilium.io/v2", "kind": "CiliumNode", "metadata": {"name": name},
                             "spec": {"addresses": addresses}})  # fmt: skip
        self.api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "cilium-secrets"}})

    def _node(self, name: str, address: str, address6: str, cidrs: list[str]) -> None:
        labels = {"kubernetes.io/hostname": name}
        self.api.create({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels},
                         "spec": {"podCIDR": cidrs[0], "podCIDRs": cidrs}})  # fmt: skip
        addresses = [{"type": "InternalIP", "address": one} for one in (address, address6)]
        named = {"type": "Hostname", "address": name}
        self.api.patch("Node", "", name, {"status": {"addresses": [*addresses, named]}}, "/status")

    def _spawn(
        self, name: str, namespace: str, arguments: list[str], extra: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        with (self.logs / f"{name}.log").open("ab") as log, inside(namespace):
            return subprocess.Popen(
                [f"/run/bin/{name}", *arguments],
                env={**os.environ, **(extra or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _wait(
        self,
        process: subprocess.Popen[bytes],
        name: str,
        ready: Callable[[], bool],
        fault: str = "is not ready",
    ) -> None:
        """Until the answer is yes. Raises StartError where the process ends, or in the end says `fault` of it."""

        def answered() -> bool:
            if process.poll() is not None:
                raise StartError(f"{name} ended with {process.returncode}:\n{self.last_lines(name)}")
            return ready()

        if not _patiently(answered):
            raise StartError(f"{name} {fault} after {_PATIENCE:.0f} s:\n{self.last_lines(name)}")

    def last_lines(self, name: str, count: int = 15) -> str:
        """What a process said last."""
        text = (self.logs / f"{name}.log").read_text(encoding="utf-8", errors="replace")
        return "\n".join(f"  {line[:400]}" for line in text.splitlines()[-count:])


def _revision(endpoint: Mapping[str, Any]) -> int:
    return int(((endpoint["status"].get("policy") or {}).get("realized") or {}).get("policy-revision") or 0)


def mark(kind: str, number: int) -> dict[str, Any]:
    """A policy for nobody. The agent takes the policies of a kind in the order in which they came: when it has this
    one, it has all that came before."""
    metadata: dict[str, Any] = {"name": f"mark-{kind.lower()}-{number}"}
    nobody = {"matchLabels": {"mark": str(number)}}
    if kind == "NetworkPolicy":
        metadata["namespace"] = "default"
        return {"apiVersion": "networking.k8s.io/v1", "kind": kind, "metadata": metadata,
                "spec": {"podSelector": nobody}}  # fmt: skip
    if kind == "CiliumNetworkPolicy":
        metadata["namespace"] = "default"
    return {"apiVersion": "cilium.io/v2", "kind": kind, "metadata": metadata,
            "spec": {"endpointSelector": nobody, "ingress": [{}]}}  # fmt: skip


def _patiently(ready: Callable[[], bool]) -> bool:
    """Ask until the answer is yes; a server that does not answer yet is a no."""
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        try:
            if ready():
                return True
        except (OSError, ValueError, ApiError, http.client.HTTPException):
            pass
        time.sleep(0.2)
    return False


def _kubeconfig() -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "live",
        "clusters": [
            {
                "name": "live",
                "cluster": {"server": f"https://{SERVER}:{PORT}", "insecure-skip-tls-verify": True},
            }
        ],
        "users": [{"name": "live", "user": {"token": TOKEN}}],
        "contexts": [{"name": "live", "context": {"cluster": "live", "user": "live"}}],
    }
