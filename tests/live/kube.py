"""A client of the sandbox's API server, as small as can be."""

from __future__ import annotations

import http.client
import json
import ssl
import threading
from collections.abc import Mapping
from typing import Any

from tests.live.network import CONTROL, HOSTS

TOKEN = "live"
SERVER = HOSTS[CONTROL].address
PORT = 6443
Body = Mapping[str, Any]
CREATED, CONFLICT, GONE = (200, 201), 409, 404
_POLICIES = "/apis/cilium.io/v2"
_KINDS = {  # the kinds of other paths than /api/v1/…/<kind>s
    "Node": "/api/v1/nodes",
    "Namespace": "/api/v1/namespaces",
    "CustomResourceDefinition": "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    "ClusterRole": "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "ClusterRoleBinding": "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    "CiliumNode": f"{_POLICIES}/ciliumnodes",
    "CiliumCIDRGroup": f"{_POLICIES}/ciliumcidrgroups",
    "CiliumClusterwideNetworkPolicy": f"{_POLICIES}/ciliumclusterwidenetworkpolicies",
    "CiliumNetworkPolicy": f"{_POLICIES}/namespaces/{{}}/ciliumnetworkpolicies",
    "NetworkPolicy": "/apis/networking.k8s.io/v1/namespaces/{}/networkpolicies",
    "EndpointSlice": "/apis/discovery.k8s.io/v1/namespaces/{}/endpointslices",
    "Deployment": "/apis/apps/v1/namespaces/{}/deployments",
    "StatefulSet": "/apis/apps/v1/namespaces/{}/statefulsets",
    "DaemonSet": "/apis/apps/v1/namespaces/{}/daemonsets",
    "ReplicaSet": "/apis/apps/v1/namespaces/{}/replicasets",
    "Job": "/apis/batch/v1/namespaces/{}/jobs",
    "CronJob": "/apis/batch/v1/namespaces/{}/cronjobs",
}
POLICY_KINDS = (
    "CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy", "NetworkPolicy", "CiliumCIDRGroup",
)  # fmt: skip


class ApiError(RuntimeError):
    """The API server refused a request; the message is its own."""


def path_of(kind: str, namespace: str = "") -> str:
    """Where objects of a kind are served; cluster-wide kinds have no use for the namespace."""
    return _KINDS.get(kind, f"/api/v1/namespaces/{{}}/{kind.lower()}s").format(namespace)


def place_of(body: Body) -> str:
    """The path of one object's kind, in its own namespace."""
    return path_of(body["kind"], body["metadata"].get("namespace") or "default")


class Api:
    """Requests over a connection for each thread."""

    def __init__(self) -> None:
        self._tls = ssl._create_unverified_context()  # the server signs its own certificate anew each time
        self._mine = threading.local()

    def ask(
        self, method: str, path: str, body: Body | None = None, *, kind: str = "application/json"
    ) -> tuple[int, Any]:
        """Status and body of one reply. Raises OSError or HTTPException where there is none."""
        text = None if body is None else json.dumps(body, default=str)
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": kind, "Accept": "application/json"}
        for last in (False, True):
            connection = getattr(self._mine, "connection", None)
            if connection is None:
                connection = http.client.HTTPSConnection(SERVER, PORT, context=self._tls, timeout=60)
                self._mine.connection = connection
            try:
                connection.request(method, path, text, headers)
                reply = connection.getresponse()
                data = reply.read()
                return reply.status, json.loads(data) if data[:1] == b"{" else data.decode()
            except (OSError, http.client.HTTPException):
                self._mine.connection = None
                if last:
                    raise
        raise AssertionError

    def create(self, body: Body, query: str = "") -> Any:
        """A new object, or the same again. Raises ApiError."""
        return self._made("POST", place_of(body) + query, body)

    def replace(self, body: Body, query: str = "") -> Any:
        """An object as it is here, whether it was there or not. Raises ApiError."""
        place = f"{place_of(body)}/{body['metadata']['name']}"
        status, there = self.ask("GET", place)
        if status == GONE:
            return self.create(body, query)
        metadata = {**body["metadata"], "resourceVersion": there["metadata"]["resourceVersion"]}
        return self._made("PUT", place + query, {**body, "metadata": metadata})

    def patch(self, kind: str, namespace: str, name: str, change: Body, part: str = "") -> None:
        """Change a few fields; `part` may be "/status". Raises ApiError."""
        place = f"{path_of(kind, namespace)}/{name}{part}"
        status, reply = self.ask("PATCH", place, change, kind="application/merge-patch+json")
        if status not in CREATED:
            raise ApiError(_words(reply))

    def get(self, body: Body) -> Any:
        """The object as the server has it now. Raises ApiError."""
        status, reply = self.ask("GET", f"{place_of(body)}/{body['metadata']['name']}")
        if status not in CREATED:
            raise ApiError(_words(reply))
        return reply

    def delete(self, body: Body) -> None:
        """Gone, or never there."""
        self.ask("DELETE", f"{place_of(body)}/{body['metadata']['name']}?gracePeriodSeconds=0")

    def _made(self, method: str, place: str, body: Body) -> Any:
        status, reply = self.ask(method, place, body)
        if status == CONFLICT and method == "POST":
            return self.get(body)
        if status not in CREATED:
            raise ApiError(f"{body['kind']} {body['metadata']['name']}: {_words(reply)}")
        return reply


def _words(reply: Any) -> str:
    return str(reply.get("message", reply) if isinstance(reply, dict) else reply)
