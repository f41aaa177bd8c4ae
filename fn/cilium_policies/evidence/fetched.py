"""Programs that fetch packages or models when they start: a container's command, or a script that it mounts, that calls
a package manager needs the internet, and no address stands anywhere. The command is the evidence; the registry is
whatever the manager is set up for. A service's own client calls that service, unless it is given another address; so
does a copier with a remote of a service that has one address."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cilium_policies.catalogue.ports import CALLS, CLIENTS, FETCHED_BY, FETCHERS, REGIONAL, REMOTE, REMOTES
from cilium_policies.evidence.callers import is_script
from cilium_policies.evidence.edge import Edge, Evidence, InternetPeer, WorkloadPeer
from cilium_policies.evidence.given import Given
from cilium_policies.evidence.reasons import Reason
from cilium_policies.evidence.signs import holds
from cilium_policies.kube.ports import Port
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Text, Workload

_WORDS = tuple(word for words, _, _ in FETCHERS + CALLS for word in words)  # most commands hold none
_WORDS += tuple(word for word, _, _ in CLIENTS + REGIONAL)
_OF_REMOTES = ("rclone",)  # of the program's image, command, variables or file
_VARIABLES = tuple(map(str.lower, FETCHED_BY))
_TYPES = ("type", "_TYPE")


def edges(cluster: Cluster, given: Given) -> Iterator[Edge]:
    """A workload whose command, arguments or mounted scripts call a package manager, to the internet."""
    for workload in cluster.workloads:
        if workload.host_network:
            continue
        yield from _remotes(workload)
        for text in workload.texts if workload.may_say(_VARIABLES) else ():
            if text.key in FETCHED_BY and text.value.strip():
                yield _edge(workload, text, Reason("fetches", (text.key,)))
        for text in workload.texts:
            if text.kind == "env" or not (text.is_arguments or is_script(text)):
                continue
            if not holds(text.value, _WORDS):
                continue
            words = " ".join(_commands(text).split())
            for _, pattern, ports in FETCHERS + CALLS * text.key.endswith(".py"):
                if found := re.search(pattern, words):
                    yield _edge(workload, text, Reason("fetches", (found[0],)), ports=ports)
            for _, pattern, host in CLIENTS + REGIONAL:
                if found := re.search(pattern, words):
                    yield _edge(workload, text, Reason("own-client", (found[0].strip(),)), host)


def _remotes(workload: Workload) -> Iterator[Edge]:
    """The services of rclone's remotes, in its file, in a script that writes it, or in variables."""
    texts = workload.texts if workload.may_say(_OF_REMOTES) else ()
    if not any(holds(f"{one.key}\n{one.value}".lower(), _OF_REMOTES) for one in texts):
        return
    for text in texts:
        value = f"{text.key}={text.value}" if text.kind == "env" else _commands(text)
        if not holds(value, _TYPES):
            continue
        for kind in dict.fromkeys(re.findall(REMOTE, value)):
            for host in REMOTES[kind]:
                yield _edge(workload, text, Reason("own-client", (kind,)), host)


def _edge(
    workload: Workload, text: Text, reason: Reason, host: str = "", ports: tuple[int, ...] = (443,)
) -> Edge:
    """To a host, or to whatever of the Internet a text has these pods call."""
    evidence = Evidence("inferred", workload, text=text.without_value())
    return Edge(WorkloadPeer(workload), InternetPeer(host), tuple(map(Port, ports)), reason, evidence)


def _commands(text: Text) -> str:
    """Its lines without those that are comments."""
    if text.is_arguments:
        return text.value
    return "\n".join(line for line in text.value.split("\n") if not line.lstrip().startswith("#"))
