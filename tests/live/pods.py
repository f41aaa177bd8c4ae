"""The pods of a case: what a controller would make of each workload, as a Pod object and a network namespace."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from tests.live.kube import Api
from tests.live.network import NODE, run
from tests.live.sockets import forget

KINDS = frozenset(
    ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job", "CronJob", "Pod")
)
Body = Mapping[str, Any]


class Owner(NamedTuple):
    """The object that a controller makes between workload and pod, or the workload itself."""

    version: str
    kind: str
    name: str


class Pod:
    """One pod. `workload` is the namespace/name that a flow table calls it by."""

    def __init__(self, workload: Body, replica: int = 0) -> None:
        template = _template(workload)
        metadata = workload["metadata"]
        self.namespace = metadata.get("namespace") or "default"
        self.workload = f"{self.namespace}/{metadata['name']}"
        self.spec: Body = template.get("spec") or {}
        self.host_network = str(self.spec.get("hostNetwork", "")).lower() == "true"
        labels = (template.get("metadata") or {}).get("labels") or {}
        self.name, self.owner, more = _made(workload["kind"], metadata["name"], replica)
        self.labels = {**labels, **more}
        self.netns = "p" + _hash(f"{self.namespace}/{self.name}", 10)
        self.address = self.address6 = ""

    @property
    def is_dns(self) -> bool:
        return self.labels.get("k8s-app") in ("kube-dns", "coredns") and not self.host_network

    @property
    def is_api_server(self) -> bool:
        return self.host_network and self.labels.get("component") == "kube-apiserver"

    def ports(self) -> list[tuple[int, str]]:
        """What its containers say that they listen on."""
        return [(int(one["containerPort"]), str(one.get("protocol", "TCP"))) for one in self._ports()]

    def _ports(self) -> Iterable[Body]:
        for container in self._containers():
            yield from container.get("ports") or []

    def _containers(self) -> list[Body]:
        sidecars = (
            one for one in self.spec.get("initContainers") or [] if one.get("restartPolicy") == "Always"
        )
        return [*(self.spec.get("containers") or []), *sidecars]

    def object(self) -> dict[str, Any]:
        """The Pod as its controller would post it, bound to the node."""
        metadata: dict[str, Any] = {"name": self.name, "namespace": self.namespace, "labels": self.labels}
        if self.owner is not None:
            metadata["generateName"] = f"{self.owner.name}-"  # by it Hubble knows that there is a workload
            metadata["ownerReferences"] = [
                {"apiVersion": self.owner.version, "kind": self.owner.kind, "name": self.owner.name,
                 "uid": f"00000000-0000-4000-8000-{_hash(self.owner.name, 12)}", "controller": True}
            ]  # fmt: skip
        account = self.spec.get("serviceAccountName") or self.spec.get("serviceAccount") or "default"
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": metadata,
            "spec": {
                "nodeName": "node1",
                "serviceAccountName": account,
                "containers": [_container(number, one) for number, one in enumerate(self._containers())],
                "terminationGracePeriodSeconds": 0,
                "automountServiceAccountToken": False,
            },
        }

    def up(self, api: Api) -> None:
        """The object, the network namespace, and what kubelet does: cilium-cni, then the status."""
        made = api.create(self.object())
        run(f"ip netns add {self.netns} && ip -n {self.netns} link set lo up")
        result = self._added(made["metadata"]["uid"])
        for one in (ip["address"].split("/")[0] for ip in result["ips"]):
            if ":" in one:
                self.address6 = one
            else:
                self.address = one
        addresses = [{"ip": one} for one in (self.address, self.address6) if one]
        status = {"phase": "Running", "podIP": self.address, "podIPs": addresses, "hostIP": NODE.address,
                  "conditions": [{"type": "Ready", "status": "True"}]}  # fmt: skip
        api.patch("Pod", self.namespace, self.name, {"status": status}, "/status")

    def _added(self, uid: str) -> Any:
        """As kubelet does it: what fails, the agent's 90 seconds for a reply among it, is taken back and tried anew."""
        for _ in range(8):
            try:
                return self._cni("ADD", uid)
            except RuntimeError as error:
                failed = error
                self._cni("DEL", uid, check=False)
        raise failed

    def down(self, api: Api) -> None:
        """All of it away."""
        self._cni("DEL", "", check=False)
        subprocess.run(["ip", "netns", "del", self.netns], check=False, capture_output=True)
        forget(self.netns)
        api.delete(self.object())

    def _cni(self, command: str, uid: str, *, check: bool = True) -> Any:
        container = f"{self.netns}c"
        arguments = {"K8S_POD_NAMESPACE": self.namespace, "K8S_POD_NAME": self.name, "K8S_POD_UID": uid,
                     "K8S_POD_INFRA_CONTAINER_ID": container, "IgnoreUnknown": "1"}  # fmt: skip
        given = {
            "CNI_COMMAND": command,
            "CNI_CONTAINERID": container,
            "CNI_NETNS": f"/run/netns/{self.netns}",
            "CNI_IFNAME": "eth0",
            "CNI_PATH": "/run/bin",
            "CNI_ARGS": ";".join(f"{key}={value}" for key, value in arguments.items()),
        }
        config = {
            "cniVersion": "0.3.1",
            "name": "cilium",
            "type": "cilium-cni",
            "log-file": "/run/cilium/cni.log",
        }
        done = subprocess.run(["cilium-cni"], env={**os.environ, **given}, input=json.dumps(config),
                              capture_output=True, text=True, check=False)  # fmt: skip
        if done.returncode != 0 and check:
            raise RuntimeError(
                f"cilium-cni {command} {self.workload}: {done.stdout[-600:]}{done.stderr[-600:]}"
            )
        return json.loads(done.stdout) if done.stdout.strip() and check else None


def _container(number: int, body: Body) -> dict[str, Any]:
    ports = [
        {
            **{key: one[key] for key in ("name", "protocol") if key in one},
            "containerPort": int(one["containerPort"]),
        }
        for one in body.get("ports") or []
    ]
    name = re.sub(r"[^a-z0-9-]", "-", str(body.get("name") or f"c{number}").lower())
    return {"name": name, "image": "none", "ports": ports}


def _template(workload: Body) -> Body:
    if workload["kind"] == "Pod":
        return workload
    spec = workload["spec"]
    return dict((spec["jobTemplate"]["spec"] if workload["kind"] == "CronJob" else spec)["template"])


def _made(kind: str, name: str, replica: int) -> tuple[str, Owner | None, dict[str, str]]:
    """A pod's name, its owner and the labels that its controller adds."""
    digest, tail = _hash(name, 9), f"{replica}aaaa"
    if kind in ("Deployment", "ReplicaSet"):
        owner = f"{name}-{digest}" if kind == "Deployment" else name
        labels = {"pod-template-hash": digest} if kind == "Deployment" else {}
        return f"{owner}-{tail}", Owner("apps/v1", "ReplicaSet", owner), labels
    if kind == "StatefulSet":
        pod = f"{name}-{replica}"
        labels = {"controller-revision-hash": f"{name[:40]}-{digest}", "statefulset.kubernetes.io/pod-name": pod,
                  "apps.kubernetes.io/pod-index": str(replica)}  # fmt: skip
        return pod, Owner("apps/v1", kind, name), labels
    if kind == "DaemonSet":
        labels = {"controller-revision-hash": digest, "pod-template-generation": "1"}
        return f"{name}-{tail}", Owner("apps/v1", kind, name), labels
    if kind in ("Job", "CronJob"):
        job = name if kind == "Job" else f"{name}-29000000"
        return (
            f"{job}-{tail}",
            Owner("batch/v1", "Job", job),
            {"job-name": job, "batch.kubernetes.io/job-name": job},
        )
    return name, None, {}


def _hash(text: str, length: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:length]
