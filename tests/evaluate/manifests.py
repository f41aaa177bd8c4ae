"""A cluster given as YAML, as the judge reads it: for holding the evaluation to Cilium's engine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml
from cilium_policies.cilium.model import Policy
from cilium_policies.cilium.read import POLICY_KINDS, read_cidr_group, read_policy
from cilium_policies.cilium.validity import refusals
from cilium_policies.evaluate.endpoint import Endpoint, address, dns_name, entity, node_pod, pod
from cilium_policies.evaluate.labels import LabelFilter
from cilium_policies.evaluate.options import Options
from cilium_policies.evaluate.peers import Service
from cilium_policies.evaluate.repository import PolicyRepository
from cilium_policies.evaluate.verdict import Verdict

Mapping = dict[str, Any]

_CONTROLLERS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Pod")


class Asked(Exception):
    """A query that has no answer."""


def options_of(given: Mapping) -> Options:
    """The judge's options as the evaluation's."""
    return Options(
        cluster=given.get("clusterName") or "default",
        ipv6=bool(given.get("ipv6")),
        enable_policy=given.get("enablePolicy") or "default",
        allow_localhost=given.get("allowLocalhost") != "policy",
        node_labels=bool(given.get("nodeSelectorLabels")),
        any_cluster=bool(given.get("anyCluster")),
        labels=tuple(given.get("labels") or ()),
        dns_check=not given.get("noDNSCheck"),
    )


class Cluster:
    """One cluster: its ends by name and its world."""

    def __init__(self, documents: list[Mapping], options: Options | None = None) -> None:
        self.options = options or Options()
        self.keep = LabelFilter(self.options.labels)
        self.namespaces = {
            one["metadata"]["name"]: one["metadata"].get("labels") or {}
            for one in documents
            if one["kind"] == "Namespace"
        }
        self.pods: dict[str, list[Endpoint]] = {}
        self.specs: dict[Endpoint, Mapping] = {}
        self.by_labels: list[tuple[str, dict[str, str], Endpoint]] = []
        self.services: dict[str, Mapping] = {}
        self.slices: dict[str, list[str]] = {}
        for one in documents:
            self._add(one)
        policies = list(self._policies(documents))
        groups = [read_cidr_group(one) for one in documents if one["kind"] == "CiliumCIDRGroup"]
        self.repository = PolicyRepository(
            policies, [self._service(*one) for one in self.services.items()], groups, self.options
        )
        self._outside: dict[str, list[Endpoint]] = {}

    def _policies(self, documents: list[Mapping]) -> Iterator[Policy]:
        for one in documents:
            if one["kind"] in POLICY_KINDS and not refusals(
                one, typed=True, node_labels=self.options.node_labels
            ):
                policy, problems = read_policy(one)
                assert policy is not None
                assert not problems
                yield policy

    def _add(self, one: Mapping) -> None:
        metadata = one.get("metadata") or {}
        space, name = metadata.get("namespace") or "default", metadata.get("name")
        if one["kind"] == "Service":
            self.services[f"{space}/{name}"] = one
        elif one["kind"] == "EndpointSlice":
            service = metadata["labels"]["kubernetes.io/service-name"]
            found = [text for end in one.get("endpoints") or () for text in end["addresses"]]
            self.slices.setdefault(f"{space}/{service}", []).extend(found)
        elif one["kind"] in _CONTROLLERS:
            self._add_pods(one, space, str(name))

    def _add_pods(self, one: Mapping, space: str, name: str) -> None:
        kind = one["kind"]
        template = one if kind == "Pod" else one["spec"]["template"] if kind != "CronJob" else {}
        if kind == "CronJob":
            template = one["spec"]["jobTemplate"]["spec"]["template"]
        metadata, spec = template.get("metadata") or {}, template.get("spec") or {}
        labels = {str(key): str(value) for key, value in (metadata.get("labels") or {}).items()}
        labels.update(_controller_labels(kind, name))
        local = Endpoint("", {})
        if spec.get("hostNetwork"):
            end = node_pod(space, name, api_server=labels.get("component") == "kube-apiserver")
            local = node_pod(space, name, local=True, api_server=labels.get("component") == "kube-apiserver")
            local.named_ports = _named(spec)
        else:
            end = self.pod(
                space, name, labels, spec.get("serviceAccountName") or spec.get("serviceAccount") or "", {}
            )
        end.named_ports = _named(spec)
        self.specs[end] = {"local": local}
        self.by_labels.append((space, labels, end))
        owners = metadata.get("ownerReferences") or [] if kind == "Pod" else []
        for key in (
            f"{space}/{name}",
            f"{space}/{kind}/{name}",
            *(f"{space}/{one['name']}" for one in owners[:1]),
        ):
            self.pods.setdefault(key, []).append(end)

    def pod(self, space: str, name: str, labels: dict[str, str], account: str, named: Mapping) -> Endpoint:
        return pod(
            space,
            name,
            labels,
            namespace_labels=self.namespaces.get(space, {}),
            service_account=account,
            named_ports=named,
            keep=self.keep,
            options=self.options,
        )

    def _service(self, key: str, one: Mapping) -> Service:
        space, _, name = key.partition("/")
        return Service(
            space,
            name,
            one["metadata"].get("labels") or {},
            (one.get("spec") or {}).get("selector") or {},
            tuple(dict.fromkeys(self.slices.get(key, ()))),
        )

    def ends(self, given: Mapping, port: Any, protocol: str) -> list[tuple[Endpoint, Any]]:
        """The ends a query names, each with the port that stands in for the query's."""
        if "service" in given:
            return self._behind(given["service"], port, protocol)
        if "pod" in given:
            found = self.pods.get(given["pod"])
            if not found:
                raise Asked(f"no pod {given['pod']}")
            if given.get("node") == "local":
                found = [self.specs[end]["local"] if not end.managed else end for end in found]
            return [(end, port) for end in found]
        key = repr(sorted(given.items()))
        if key not in self._outside:
            self._outside[key] = [self.repository.place(end) for end in self._made(given)]
        return [(end, port) for end in self._outside[key]]

    def _made(self, given: Mapping) -> list[Endpoint]:
        if "entity" in given:
            return entity(given["entity"], self.options)
        if "fqdn" in given:
            return dns_name(given["fqdn"], given.get("cidr", ""), self.options)
        if "cidr" in given:
            return [address(given["cidr"], self.options)]
        named = {
            one["name"]: (one["containerPort"], one.get("protocol") or "TCP")
            for one in given.get("ports") or ()
        }
        labels = given.get("labels") or {}
        return [self.pod(given["namespace"], "ad-hoc", labels, given.get("serviceAccount") or "", named)]

    def _behind(self, key: str, port: Any, protocol: str) -> list[tuple[Endpoint, Any]]:
        if key == "default/kubernetes":
            return [(end, 6443) for end in entity("kube-apiserver")]
        service = self.services[key]
        target = next(
            (one.get("targetPort", one["port"]))
            for one in service["spec"]["ports"]
            if (one.get("protocol") or "TCP") == protocol and port in (one["port"], one.get("name"))
        )
        space, selector = key.partition("/")[0], service["spec"].get("selector") or {}
        found = [
            end
            for where, labels, end in self.by_labels
            if where == space and selector.items() <= labels.items()
        ]
        if not selector:
            found = [self.repository.place(address(text, self.options)) for text in self.slices.get(key, ())]
        return [(end, target) for end in found]

    def ask(self, query: Mapping) -> Verdict:
        """The first refused pair of ends, else the first pair. Raises Asked where the query has no answer."""
        protocol = (query.get("protocol") or "TCP").upper()
        first = None
        for source, _ in self.ends(query["from"], query.get("port"), protocol):
            for target, port in self.ends(query["to"], query.get("port"), protocol):
                verdict = self.repository.verdict(source, target, _number(target, port, protocol), protocol)
                if first is None or (first.allowed and verdict.allowed is None):
                    first = verdict
                if verdict.allowed is False:
                    return verdict
        if first is None:
            raise Asked("no end")
        return first


def _number(target: Endpoint, port: Any, protocol: str) -> int:
    if isinstance(port, int) or str(port).isdecimal():
        return int(port)
    number, its_protocol = target.named_ports.get(str(port), (0, ""))
    if not number or its_protocol != protocol:
        raise Asked(f"no port {port}")
    return number


def _named(spec: Mapping) -> dict[str, tuple[int, str]]:
    return {
        port["name"]: (port["containerPort"], port.get("protocol") or "TCP")
        for container in spec.get("containers") or ()
        for port in container.get("ports") or ()
        if port.get("name")
    }


def _controller_labels(kind: str, name: str) -> dict[str, str]:
    job = {"batch.kubernetes.io/job-name": name, "job-name": name}
    return {
        "Deployment": {"pod-template-hash": "0"},
        "ReplicaSet": {"pod-template-hash": "0"},
        "StatefulSet": {"statefulset.kubernetes.io/pod-name": f"{name}-0", "controller-revision-hash": "0"},
        "DaemonSet": {"controller-revision-hash": "0"},
        "Job": job,
        "CronJob": dict.fromkeys(job, f"{name}-0"),
    }.get(kind, {})


def documents(text: str) -> list[Mapping]:
    """The documents of a stream; a List counts as its items."""
    found: list[Mapping] = []
    for one in yaml.load_all(text, yaml.CSafeLoader):
        if one:
            found += one["items"] if one.get("kind", "").endswith("List") else [one]
    return found
