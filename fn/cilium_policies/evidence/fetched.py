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
_INTERNET = InternetPeer()
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
                evidence = Evidence("inferred", workload, text=text.without_value())
                yield Edge(
                    WorkloadPeer(workload), _INTERNET, (Port(443),), Reason("fetches", (text.key,)), evidence
                )
        for text in workload.texts:
            if text.kind == "env" or not (text.is_arguments or is_script(text)):
                continue
            if not holds(text.value, _WORDS):
                continue
            words = " ".join(_commands(text).split())
            for _, pattern, ports in FETCHERS + CALLS * text.key.endswith(".py"):
                if found := re.search(pattern, words):
                    evidence = Evidence("inferred", workload, text=text.without_value())
                    reason = Reason("fetches", (found[0],))
                    yield Edge(WorkloadPeer(workload), _INTERNET, tuple(map(Port, ports)), reason, evidence)
            for _, pattern, host in CLIENTS + REGIONAL:
                if found := re.search(pattern, words):
                    evidence = Evidence("inferred", workload, text=text.without_value())
                    reason = Reason("own-client", (found[0].strip(),))
                    yield Edge(WorkloadPeer(workload), InternetPeer(host), (Port(443),), reason, evidence)


def _remotes(workload: Workload) -> Iterator[Edge]:
    """The services of rclone's remotes, in its file, in a script that writes it, or in variables."""
    texts = workload.texts if workload.may_say(_OF_REMOTES) else ()
    if not any(holds(f"{one.key}\n{one.value}".lower(), _OF_REMOTES) for one in texts):
        return
    for text in texts:
        value = f"{text.key}={text.value}" if text.kind == "env" else _commands(text)
        if not holds(value, _TYPES):
            continue
        for kind in dict.fromkeys(match[1] for match in re.finditer(REMOTE, value)):
            evidence = Evidence("inferred", workload, text=text.without_value())
            for host in REMOTES[kind]:
                reason = Reason("own-client", (kind,))
                yield Edge(WorkloadPeer(workload), InternetPeer(host), (Port(443),), reason, evidence)


def _commands(text: Text) -> str:
    """Its lines without those that are comments."""
    if text.is_arguments:
        return text.value
    return "\n".join(line for line in text.value.split("\n") if not line.lstrip().startswith("#"))
