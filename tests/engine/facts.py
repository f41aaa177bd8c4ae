"""The component facts as edges between the pods of one case: what is known to be needed, whoever generated policies.

An edge is (from, to, PROTOCOL/port) over the names of the openings: `namespace/Kind/name`, `host`, `outside` …
Wide words (`all-pods`, `same-namespace`) count only where the other end's file, or a row, says so too.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.engine.build import ROOT

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PORT = re.compile(r"(\d+)(?:-(\d+))?/(TCP|UDP|SCTP)$")
_SCRAPERS = ("prometheus", "vmagent", "alloy", "k8s-monitoring-alloy", "opentelemetry-collector")
_GATEWAYS = ("envoy-gateway-proxy", "ingress-nginx", "traefik")
_NODES = ("host", "remote-node")
_DEFAULT_PORTS = {"dns": ["53/UDP", "53/TCP"]}

Facts = Mapping[str, Mapping[str, Any]]
Edge = tuple[str, str, str]


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

    def __init__(self, facts: Facts, pods: Sequence[Mapping[str, Any]], outside: Sequence[str]) -> None:
        """`pods` are a world's, by canonical name; `outside` are the names of addresses outside the cluster."""
        self._facts = facts
        self._outside = set(outside)
        self._namespace = {pod["name"]: pod["namespace"] for pod in pods}
        self._component = {pod["name"]: component_of(pod["labels"], facts) for pod in pods}

    def knows(self, source: str, target: str, port: str) -> bool:
        """Whether an end's file states the edge; for a wide word, whether both do."""
        if (
            self._component.get(target) == "coredns"
            and port in ("UDP/53", "TCP/53")
            and source in self._namespace
        ):
            return True  # its file names all pods, and each of them may look names up
        out = set(self._statements(source, "egress", "to", target, port))
        into = set(self._statements(target, "ingress", "from", source, port))
        return "named" in out | into or bool(out and into)

    def _statements(self, own: str, side: str, word: str, other: str, port: str) -> Iterator[str]:
        name = self._component.get(own)
        if name is None:
            return
        for edge in self._facts[name].get(side) or ():
            ports = edge.get("ports") or _DEFAULT_PORTS.get(edge[word])
            if ports is None or any(_covers(one, port) for one in ports):
                stated = self._fits(str(edge[word]), own, other)
                if stated:
                    yield stated

    def _fits(self, word: str, own: str, other: str) -> str:
        """ "named" or "wide" when the peer word covers the other end, else ""."""
        kind, _, rest = word.partition(":")
        component = self._component.get(other)
        if word in ("all-pods", "same-namespace", "ingress-clients"):
            near = word != "same-namespace" or self._namespace.get(other) == self._namespace.get(own)
            if word == "ingress-clients" and other not in self._namespace:
                return "named"
            return "wide" if other in self._namespace and near else ""
        named = {
            "kube-apiserver": other == "kube-apiserver" or other in _NODES,
            "host": other == "host",
            "remote-node": other in ("remote-node", "kube-apiserver"),  # the API server's is a node, too
            "world": other in self._outside,
            "internet": other in self._outside,
            "cidr": other in self._outside,
            "fqdn": other in self._outside,
            "dns": component == "coredns" or other == "host",
            "scraper": component in _SCRAPERS,
            "gateway": component in _GATEWAYS,
            "component": component == rest or (other in _NODES and self._on_nodes(rest)),
            "namespace": self._namespace.get(other) == rest,
        }
        return "named" if named.get(kind) else ""

    def _on_nodes(self, name: str) -> bool:
        return bool((self._facts.get(name) or {}).get("host_network"))


def _covers(span: str, port: str) -> bool:
    match = _PORT.match(str(span))
    protocol, _, number = port.partition("/")
    if match is None or match[3] != protocol:
        return False
    return int(match[1]) <= int(number) <= int(match[2] or match[1])
