"""One case on the running cluster: its pods come up, its policies are swapped, its rows become connections."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timezone
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
from tests.live.sockets import API_SERVER, HOME, PATIENT, Attempt, Servers, attempt, made

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
        self.listen()
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

    def listen(self) -> None:
        """A listener at the end of each connection."""
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

    def connect(self, *, at_once: int = AT_ONCE) -> list[Tried]:
        """Every connection once, many at a time."""
        with ThreadPoolExecutor(at_once) as pool:
            return list(pool.map(self._tried, self.connections))

    def confirmed(self, tried: Sequence[Tried], allowed: Sequence[bool]) -> tuple[list[Tried], int]:
        """The same, with more patient tries of what should pass and did not, and how many those were: on a busy
        machine an answer can take longer than a packet that is dropped stays unanswered."""
        late = [expected and not one.attempt.passed for one, expected in zip(tried, allowed, strict=True)]
        with ThreadPoolExecutor(4) as pool:
            again = [
                pool.submit(self._patiently, one) if is_late else None
                for one, is_late in zip(tried, late, strict=True)
            ]
            found = [then.result() if then else one for one, then in zip(tried, again, strict=True)]
        return found, sum(late)

    def connect_as(self, allowed: Sequence[bool], *, at_once: int = AT_ONCE) -> list[Tried]:
        """Every connection, patiently where it should pass."""
        return self.confirmed(self.connect(at_once=at_once), allowed)[0]

    def _patiently(self, one: Tried) -> Tried:
        for wait in PATIENT:
            if not one.attempt.passed:
                one = self._tried(one.connection, wait)
        return one

    def _tried(self, one: Connection, wait: float = 2.0) -> Tried:
        if one.resolved and not self.resolve(one.way.namespace, one.resolved, wait=wait):
            return Tried(one, Attempt("cut"))  # a DNS server that cannot be reached cuts the name too
        return Tried(one, attempt(one.way, one.target, one.port, one.protocol, name=one.name, wait=wait))

    def resolve(
        self, namespace: str, name: str, kind: int = dns.A, *, wait: float = 3.0, by: str = ""
    ) -> list[str]:
        """What a pod is told when it asks the case's DNS server, or the one at `by`, for a name; [] if it is told
        nothing."""
        server = by or next((one.address for one in self._managed() if one.is_dns), "")
        if not server:
            return []
        with made(namespace, server, socket.SOCK_DGRAM) as one:
            one.settimeout(wait / 3)
            one.connect((server, 53))
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
    def recorded(self, target: Path) -> Iterator[None]:
        """Hubble's flows of what happens meanwhile, every event type, as `hubble observe -o json` writes them."""
        begun = datetime.now(timezone.utc).isoformat(timespec="microseconds")
        with target.open("wb") as file:
            process = subprocess.Popen(
                [*HUBBLE, "-o", "json", "--follow", "--since", begun], stdout=file, stderr=subprocess.PIPE
            )
            try:
                yield
                self._until_told(target, process)
            finally:
                process.terminate()
                process.communicate(timeout=60)

    def _until_told(self, target: Path, process: subprocess.Popen[bytes]) -> None:
        """Send a packet that nobody else sends from each CPU, and wait until the recording has it: what happened
        before is in it too, for the agent reads the events of a CPU in their order. Raises RuntimeError."""
        marks = [f'"source_port":{port}'.encode() for port in self._marks()]
        end = time.monotonic() + 300
        while not all(mark in target.read_bytes() for mark in marks):
            if process.poll() is not None or time.monotonic() > end:
                process.kill()
                _, told = process.communicate()
                raise RuntimeError(f"Hubble's recording ended or stands still: {told.decode()[-400:]}")
            time.sleep(0.2)

    def _marks(self) -> Iterator[int]:
        usual = os.sched_getaffinity(0)
        address = next(one.address for one in self._managed())
        try:
            for cpu in usual:
                os.sched_setaffinity(0, {cpu})
                with made(HOME, address, socket.SOCK_DGRAM) as one:
                    one.connect((address, 9))
                    one.send(b"mark")
                    yield int(one.getsockname()[1])
        finally:
            os.sched_setaffinity(0, usual)


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
