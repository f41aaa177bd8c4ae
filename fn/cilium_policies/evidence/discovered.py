"""Jobs of a Prometheus that its own configuration finds pods for: `kubernetes_sd_configs` of the role `pod` whose
`relabel_configs` keep a namespace and labels, or an annotation, that stand there literally, and say the port; and of
the role `node`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cilium_policies.document.parse import parsed
from cilium_policies.evidence.edge import Edge, Evidence, Peer, WorkloadPeer
from cilium_policies.evidence.ends import NODES, ends
from cilium_policies.evidence.given import Given
from cilium_policies.evidence.reasons import Reason
from cilium_policies.kube.access_rules import EVERYWHERE
from cilium_policies.kube.kinds import EVIDENCE
from cilium_policies.kube.labels import RELEASE_NAME
from cilium_policies.kube.objects import Mapping, at, mapping, mappings, port_number, sequence, text
from cilium_policies.kube.ports import Port
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload

_SIGN = EVIDENCE["discovered"].said
_META = "__meta_kubernetes_"
_LABEL, _NOTE = f"{_META}pod_label_", f"{_META}pod_annotation_"
_PORT = f"{_META}pod_container_port_number"
_PORT_NAME = f"{_META}pod_container_port_name"
_LITERAL = r"[\w.;/\-]+"
_TO = r".*:(\d{1,5})$"
_WRITTEN, _KUBELET = r"\$[^:]*:(\d{1,5})", 10250


def edges(cluster: Cluster, given: Given) -> Iterator[Edge]:
    """A scraper to the pods that its jobs keep, where its role lets it find them."""
    for workload in cluster.workloads:
        if not workload.mentions(_SIGN):
            continue
        account = workload.namespace, workload.service_account
        reach = cluster.access.reach(*account, "", "pods") or _of_chart(cluster, workload)
        lists_nodes = EVERYWHERE in cluster.access.reach(*account, "", "nodes")
        for found in workload.texts:
            for job in _jobs(found.value) if _SIGN in found.value and (reach or lists_nodes) else ():
                evidence = Evidence("monitor", workload, text=found.without_value())
                for node, called in _nodes(job) if lists_nodes else ():
                    yield Edge(
                        WorkloadPeer(workload), node, (called,), Reason("scrapes"), evidence, explains=False
                    )
                for target, port in _targets(cluster, job, reach):
                    for peer in ends(target):
                        if target is not workload:
                            reason = Reason("scrapes")
                            yield Edge(
                                WorkloadPeer(workload), peer, (port,), reason, evidence, explains=False
                            )


def _of_chart(cluster: Cluster, workload: Workload) -> frozenset[str]:
    """The namespaces that the role of a scraper covers which a chart brings with it: no manifest shows either."""
    source = workload.source
    of_release = source is not None and (bool(workload.release) or RELEASE_NAME in source.annotations)
    told = of_release and not workload.rendered
    return frozenset((EVERYWHERE,)) if told and cluster.plays(workload, "scraper") else frozenset()


def _jobs(value: str) -> list[Mapping]:
    """The jobs of a Prometheus, a list of such, and those of a receiver in an OpenTelemetry collector."""
    if value.startswith("- "):
        return mappings(at(parsed(f"scrape_configs:\n{value}"), "scrape_configs"))
    read = parsed(value)
    receivers = mapping(read.get("receivers")).values()
    inner = [at(mapping(one), "config", "scrape_configs") for one in receivers]
    return [job for jobs in (read.get("scrape_configs"), *inner) for job in mappings(jobs)]


def kept_to(values: list[str]) -> frozenset[str] | None:
    """The only namespaces in which the jobs of a configuration find pods, where each keeps to some; None: in any."""
    found: set[str] = set()
    for job in (job for value in values for job in _jobs(value)):
        lists = [key for key in job if key.endswith("_sd_configs")]
        if not lists:
            continue  # it lists addresses
        spaces = _spaces(job) if lists == [_SIGN] else []
        if not spaces:
            return None
        found.update(spaces)
    return frozenset(found) or None


def _spaces(job: Mapping) -> list[str]:
    for rule in mappings(job.get("relabel_configs")):
        names, values = rule.get("source_labels"), text(rule.get("regex"))
        said = names == [f"{_META}namespace"] and text(rule.get("action")) == "keep"
        if said and re.fullmatch(r"[a-z0-9\-]+(\|[a-z0-9\-]+)*", values.strip("()")):
            return values.strip("()").split("|")
    listed = [sequence(at(one, "namespaces", "names")) for one in mappings(job.get(_SIGN))]
    return [text(name) for names in listed for name in names] if all(listed) else []


def _nodes(job: Mapping) -> Iterator[tuple[Peer, Port]]:
    """The kubelets, as a job of the role `node` finds them: on the port that it writes, else their own, unless it
    writes another address (that of the API server, which hands the request on)."""
    if not any(text(one.get("role")) == "node" for one in mappings(job.get(_SIGN))):
        return
    written = [
        re.fullmatch(_WRITTEN, text(rule.get("replacement")))
        for rule in mappings(job.get("relabel_configs"))
        if text(rule.get("target_label")) == "__address__"
    ]
    ports = [int(one[1]) for one in written if one is not None]
    if len(ports) == len(written):
        yield from ((node, Port((ports or [_KUBELET])[-1])) for node in NODES)


def _targets(cluster: Cluster, job: Mapping, reach: frozenset[str]) -> Iterator[tuple[Workload, Port]]:
    if not any(text(one.get("role")) == "pod" for one in mappings(job.get(_SIGN))):
        return
    rules = mappings(job.get("relabel_configs"))
    kept = dict(_kept(rules))
    listed = [
        text(name) for one in mappings(job.get(_SIGN)) for name in sequence(at(one, "namespaces", "names"))
    ]
    namespace = kept.pop(f"{_META}namespace", "") or (listed[0] if len(listed) == 1 else "")
    labels = {key.removeprefix(_LABEL): value for key, value in kept.items() if key.startswith(_LABEL)}
    notes = {key.removeprefix(_NOTE): value for key, value in kept.items() if key.startswith(_NOTE)}
    if not (notes or (namespace and labels)) or (namespace and not reach & {EVERYWHERE, namespace}):
        return
    number, note = port_number(kept.get(_PORT)) or _replaced(rules), _noted(rules)
    for space in [namespace] if namespace else _within(cluster, reach):
        for workload in cluster.in_namespace(space):
            named = _plain(workload.labels) if labels else {}
            told = _plain(workload.annotations) if notes else {}
            if labels.items() <= named.items() and notes.items() <= told.items():
                own, name = port_number(told.get(note)) or number, kept.get(_PORT_NAME, "")
                if notes and not (own or name):
                    continue  # an annotation alone says nothing of ports: scrapers.py knows what it usually means
                ports = [Port(own)] if own else _of_pod(cluster, workload, name)
                yield from ((workload, port) for port in dict.fromkeys(ports))


def _within(cluster: Cluster, reach: frozenset[str]) -> list[str]:
    """The namespaces in which a scraper finds pods, where its job names none."""
    held = {one.namespace for one in cluster.workloads}
    return sorted(held if EVERYWHERE in reach else held & reach)


def _plain(told: Mapping) -> dict[str, str]:
    """Labels or annotations under the names that the discovery gives them."""
    return {re.sub(r"\W", "_", key): text(value) for key, value in told.items()}


def _noted(rules: list[Mapping]) -> str:
    """The annotation of a pod from which a job takes the port: `[__address__, …_annotation_prometheus_io_port]`."""
    for rule in rules:
        last = [text(one) for one in sequence(rule.get("source_labels"))][-1:]
        if text(rule.get("target_label")) == "__address__" and last and last[0].startswith(_NOTE):
            return last[0].removeprefix(_NOTE)
    return ""


def _of_pod(cluster: Cluster, workload: Workload, name: str) -> list[Port]:
    """A pod's ports of that name; without one all, as the discovery has a target for each."""
    if name:
        return [port for port in [cluster.target_port(workload, name)] if port is not None]
    return [Port(one.number) for one in workload.ports if one.protocol == "TCP"]


def _kept(rules: list[Mapping]) -> Iterator[tuple[str, str]]:
    """Meta labels that a job keeps one literal value of."""
    for rule in rules:
        names = [text(one) for one in sequence(rule.get("source_labels"))]
        values = text(rule.get("regex"))
        if text(rule.get("action")) == "keep" and re.fullmatch(_LITERAL, values):
            parts = values.split(text(rule.get("separator")) or ";")
            if len(parts) == len(names):
                yield from zip(names, parts, strict=True)


def _replaced(rules: list[Mapping]) -> int:
    """The port that a job writes behind every address."""
    for rule in rules:
        match = re.match(_TO, text(rule.get("replacement")))
        if match is not None and text(rule.get("target_label")) == "__address__":
            return int(match[1])
    return 0
