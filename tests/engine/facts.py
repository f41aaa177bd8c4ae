"""The component facts as edges between the pods of one case: what is known to be needed, whoever generated policies.

An edge is (from, to, PROTOCOL/port) over the names of the openings: `namespace/Kind/name`, `host`, `outside` …
Wide words (`all-pods`, `same-namespace`) count only where the other end's file, or a row, says so too.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import yaml

from tests.tools import ROOT

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PORT = re.compile(r"(\d+)(?:-(\d+))?/(TCP|UDP|SCTP)$")
_SCRAPERS = ("prometheus", "vmagent", "alloy", "k8s-monitoring-alloy", "opentelemetry-collector")
_GATEWAYS = ("envoy-gateway-proxy", "ingress-nginx", "traefik")
_NODES = ("host", "remote-node")
_LAN_WORDS = re.compile(r"\bLAN\b|device|\bcameras?\b|any address")
_DEFAULT_PORTS = {"dns": ["53/UDP", "53/TCP"]}

# Names of the two ends outside the cluster.
LAN = "a LAN address"
PUBLIC = "a public address"
# An API server that is no node, as managed clusters have it.
API_OUTSIDE = "kube-apiserver-external"
_PUBLIC_ENDS = (PUBLIC, API_OUTSIDE)

Facts = Mapping[str, Mapping[str, Any]]


def facts_directory() -> Path | None:
    """`$CILIUM_POLICIES_FACTS`, or `../shared/facts` beside the checkout; None when there is neither."""
    given = os.environ.get("CILIUM_POLICIES_FACTS")
    found = Path(given) if given else ROOT.parent / "shared" / "facts"
    return found / "components" if (found / "components").is_dir() else None


def load_facts(folder: Path | None) -> dict[str, dict[str, Any]]:
    """Every component file by its name."""
    files = sorted(folder.glob("*.yaml")) if folder else []
    return {path.stem: yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader) for path in files}


def component_of(labels: Mapping[str, str], facts: Facts) -> str | None:
    """The file with the most labels that all stand on the pod."""
    best: tuple[int, str] | None = None
    for name, known in facts.items():
        for wanted in known.get("pods") or ():
            fits = wanted and all(
                labels.get(key) == value or (value == "*" and key in labels) for key, value in wanted.items()
            )
            if fits and (best is None or len(wanted) > best[0]):
                best = (len(wanted), name)
    return best[1] if best else None


class FactEdges:
    """Says whether the facts know a flow between two ends of a case."""

    def __init__(self, facts: Facts, pods: Sequence[Mapping[str, Any]]) -> None:
        """`pods` are a world's, by canonical name."""
        self._facts = facts
        self._namespace = {pod["name"]: pod["namespace"] for pod in pods}
        self._component = {pod["name"]: component_of(pod["labels"], facts) for pod in pods}

    def stated_by(self, source: str, target: str, port: str) -> str:
        """The statement that knows the flow (`coredns ingress from host`), or "".

        An end's file is enough for a named peer; for a wide word both ends must state it.
        """
        if (
            self._component.get(target) == "coredns"
            and port in ("UDP/53", "TCP/53")
            and source in self._namespace
        ):
            return "coredns ingress from all-pods"  # each of them may look names up
        # Later entries win in a dict: a required statement stands before an optional one.
        out = dict(sorted(self._statements(source, "egress", "to", target, port), key=_required))
        into = dict(sorted(self._statements(target, "ingress", "from", source, port), key=_required))
        if True in out or True in into:
            return max(
                (one[True] for one in (out, into) if True in one), key=lambda text: _required((True, text))
            )
        return out[False] if False in out and into else ""

    def _statements(
        self, own: str, side: str, word: str, other: str, port: str
    ) -> Iterator[tuple[bool, str]]:
        """Whether the peer is named (not a wide word), and the statement."""
        name = self._component.get(own)
        if name is None:
            return
        known = self._facts[name]
        for edge in known.get(side) or ():
            peer = str(edge[word])
            ports = edge.get("ports") or _DEFAULT_PORTS.get(peer)
            if ports is not None and not any(_covers(one, port) for one in ports):
                continue
            if (
                side == "egress"
                and peer == "world"
                and not _LAN_WORDS.search(f"{edge.get('why')} {known.get('notes')}")
            ):
                peer = "internet"
            fits = self._fits(peer, own, other)
            if fits is not None:
                optional = ", optional" if edge.get("optional") else ""
                yield fits, f"{name} {side} {word} {edge[word]}{optional}"

    def _fits(self, word: str, own: str, other: str) -> bool | None:
        """True for a named peer that covers the other end, False for a wide one, None for neither."""
        kind, _, rest = word.partition(":")
        component = self._component.get(other)
        if word in ("all-pods", "same-namespace", "ingress-clients"):
            if word == "ingress-clients" and other not in self._namespace:
                return True
            near = word != "same-namespace" or self._namespace.get(other) == self._namespace.get(own)
            return False if other in self._namespace and near else None
        named = {
            "kube-apiserver": other in ("kube-apiserver", API_OUTSIDE, *_NODES),
            "host": other == "host",
            "remote-node": other in ("remote-node", "kube-apiserver"),  # the API server's is a node, too
            "world": other in (LAN, *_PUBLIC_ENDS),
            "internet": other in _PUBLIC_ENDS,
            "cidr": kind == "cidr" and other == (PUBLIC if ip_network(rest, strict=False).is_global else LAN),
            "fqdn": other in _PUBLIC_ENDS,
            "dns": component == "coredns" or other == "host",
            "scraper": component in _SCRAPERS,
            "gateway": component in _GATEWAYS,
            "component": component == rest or (other in _NODES and self._on_nodes(rest)),
            "namespace": self._namespace.get(other) == rest,
        }
        return True if named.get(kind) else None

    def _on_nodes(self, name: str) -> bool:
        return bool((self._facts.get(name) or {}).get("host_network"))


def _required(statement: tuple[bool, str]) -> bool:
    return not statement[1].endswith(", optional")


def _covers(span: str, port: str) -> bool:
    match = _PORT.match(str(span))
    protocol, _, number = port.partition("/")
    if match is None or match[3] != protocol:
        return False
    return int(match[1]) <= int(number) <= int(match[2] or match[1])
