"""One case on the running cluster: its pods come up, its policies are swapped, its rows become connections."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from tests.engine.corpus import objects
from tests.live import dns
from tests.live.cluster import Cluster
from tests.live.given import Body, Given, key
from tests.live.kube import ApiError, place_of
from tests.live.plan import NAME, Connection, Unplanned, planned
from tests.live.pods import KINDS, Pod
from tests.live.sockets import API_SERVER, Attempt, Servers, attempt, made

AT_ONCE = 48  # connections that wait for an answer at the same time
HUBBLE = ("hubble", "observe", "--server", "unix:///run/cilium/hubble.sock")


class Tried(NamedTuple):
    """A connection, and what became of it."""

    connection: Connection
    attempt: Attempt


class Running:
    """A case with its pods up. Use it as a context manager: afterwards everything is gone."""

    def __init__(self, cluster: Cluster, given: Given, extra: Sequence[str] = ()) -> None:
        """`extra` names workloads that come up although no row speaks of them."""
        self.cluster, self.given = cluster, given
        self.servers = Servers()
        self.applied: dict[tuple[str, str, str], Body] = {}
        self.refused: list[str] = []
        self.pods, self._spaces = _needed(given, extra)
        self.connections: list[Connection] = []
        self.unplanned: list[Unplanned] = []

    def __enter__(self) -> Running:
        try:
            return self._up()
        except BaseException:
            self.__exit__(None, None, None)
            raise

    def _up(self) -> Running:
        api = self.cluster.api
        for name, labels in self._spaces.items():
            metadata = {"name": name, "labels": labels}
            api.replace({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda one: one.up(api), self._managed()))
        self.cluster.settle()
        self.connections, self.unplanned = planned(self.given.case.rows, self.pods)
        self._listen()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.servers.close()
        self.apply([], settle=False)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda one: one.down(self.cluster.api), self._managed()))

    def _managed(self) -> list[Pod]:
        return [one for replicas in self.pods.values() for one in replicas if not one.host_network]

    def pod(self, workload: str) -> Pod:
        """A workload's first replica."""
        return self.pods[workload][0]

    def _listen(self) -> None:
        zone = self.servers.zone.names
        zone[NAME] = dns.Record(("10.96.0.1",))
        for one in self.connections:
            if one.resolved:
                zone[one.resolved] = dns.Record((one.target,))
            if one.protocol in ("TCP", "UDP") and (one.target, one.port) != API_SERVER:
                self.servers.listen(one.listener, one.port, one.protocol, speaks_dns=bool(one.name))
        for pod in self._managed():
            if pod.is_dns:
                for protocol in ("UDP", "TCP"):
                    self.servers.listen(pod.netns, 53, protocol, speaks_dns=True)

    def apply(self, policies: Iterable[Body], *, settle: bool = True) -> None:
        """From the policies in place to these, as an apply with pruning goes; `refused` says what was not taken."""
        wanted = {key(one): one for one in policies}
        self.refused = []
        for name, body in list(self.applied.items()):
            if name not in wanted:
                self.cluster.api.delete(body)
                del self.applied[name]
        for name, body in wanted.items():
            if self.applied.get(name) == body:
                continue
            try:
                self.cluster.api.replace(body, "?fieldValidation=Strict")
                self.applied[name] = body
            except ApiError as error:
                self.refused.append(str(error))
        if settle:
            self.cluster.settle()

    def changed_specs(self) -> list[str]:
        """Policies of Cilium's whose spec the API server keeps otherwise than it was written."""
        found = []
        for body in self.applied.values():
            if body["kind"] == "NetworkPolicy":
                continue  # Kubernetes fills its defaults in
            now = self.cluster.api.get(body)
            if any(now.get(part) != body.get(part) for part in ("spec", "specs")):
                found.append("/".join(key(body)))
        return found

    def connect(self, connections: Sequence[Connection] | None = None) -> list[Tried]:
        """Every connection once, many at a time."""
        wanted = self.connections if connections is None else connections
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(self._tried, wanted))

    def confirmed(self, tried: Sequence[Tried], allowed: Sequence[bool]) -> tuple[list[Tried], int]:
        """The same, with a second and patient try of what passes against expectation or not at all, and how many
        those were: on a busy machine an answer can take longer than a packet that is dropped stays unanswered."""
        found, again = [], 0
        for one, expected in zip(tried, allowed, strict=True):
            if one.attempt.is_as(expected):
                found.append(one)
                continue
            again += 1
            found.append(self._tried(one.connection, wait=8.0))
        return found, again

    def _tried(self, one: Connection, wait: float = 2.0) -> Tried:
        if one.resolved and not self.resolve(one.way.namespace, one.resolved):
            return Tried(one, Attempt("cut"))  # a DNS server that cannot be reached cuts the name too
        return Tried(one, attempt(one.way, one.target, one.port, one.protocol, name=one.name, wait=wait))

    def resolve(self, namespace: str, name: str, kind: int = dns.A) -> list[str]:
        """What a pod is told when it asks the case's DNS server for a name; [] where it is told nothing."""
        import socket

        server = next((one for one in self._managed() if one.is_dns), None)
        if server is None:
            return []
        with made(namespace, server.address, socket.SOCK_DGRAM) as one:
            one.settimeout(1.0)
            one.connect((server.address, 53))
            for number in range(3):
                one.send(dns.question(name, kind, number))
                try:
                    return dns.addresses(one.recv(4096))
                except TimeoutError:
                    continue
                except OSError:
                    break
        return []


@contextmanager
def recorded(target: Path) -> Iterator[None]:
    """Hubble's flows of what happens meanwhile, every event type, as `hubble observe -o json` writes them."""
    with target.open("wb") as file:
        process = subprocess.Popen(
            [*HUBBLE, "-o", "json", "--follow"], stdout=file, stderr=subprocess.DEVNULL
        )
        time.sleep(1)
        try:
            yield
            time.sleep(1.5)
        finally:
            process.terminate()
            process.wait(20)


def observed(*arguments: str) -> str:
    """What one `hubble observe` prints."""
    done = subprocess.run([*HUBBLE, *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"hubble observe {' '.join(arguments)}: {done.stderr.strip()[-400:]}")
    return done.stdout


def _needed(given: Given, extra: Sequence[str]) -> tuple[dict[str, list[Pod]], dict[str, dict[str, str]]]:
    """The workloads that the rows speak of, each with a pod, or two where it calls itself; and all namespaces."""
    bodies = [one for one in objects(given.cluster) if isinstance(one.get("metadata"), dict)]
    known: dict[str, Body] = {}
    for one in bodies:
        if one.get("kind") in KINDS and isinstance(one.get("spec"), dict):
            known.setdefault(
                f"{one['metadata'].get('namespace') or 'default'}/{one['metadata']['name']}", one
            )
    wanted: dict[str, int] = dict.fromkeys(extra, 1)
    for row in given.case.rows:
        ends = [row.query[end].get("pod", "") for end in ("from", "to")]
        for end in filter(None, ends):
            wanted[end] = max(wanted.get(end, 1), 1 + (ends[0] == ends[1]))
    if any("fqdn" in row.query["to"] for row in given.case.rows):
        servers = (name for name, body in known.items() if Pod(body).is_dns)
        wanted.update(dict.fromkeys(list(servers)[:1], 1))
    pods = {
        name: [Pod(known[name], number) for number in range(count)]
        for name, count in sorted(wanted.items())
        if name in known
    }
    spaces = {one["metadata"]["name"]: dict(one["metadata"].get("labels") or {})
              for one in bodies if one.get("kind") == "Namespace"}  # fmt: skip
    for one in (*(pod.object() for replicas in pods.values() for pod in replicas), *_all(given)):
        if "/namespaces/" in place_of(one):
            spaces.setdefault(one["metadata"].get("namespace") or "default", {})
    return pods, spaces


def _all(given: Given) -> Iterator[dict[str, Any]]:
    for policies in given.policies.values():
        yield from policies
