"""Workloads and Services that stand in the input as Kubernetes objects, rendered or synthesised."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from cilium_policies.catalogue.load import Catalogue
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.labels import ANY, JOB_NAME, RELEASE_NAME, SERVICE_ACCOUNT, stable
from cilium_policies.kube.names import is_label
from cilium_policies.kube.objects import (
    Mapping,
    Object,
    at,
    flag,
    integer,
    mapping,
    mappings,
    port_number,
    sequence,
    strings,
    text,
)
from cilium_policies.kube.pods import PROBES, TASKS, container_ports, containers, pod_template
from cilium_policies.kube.ports import Port
from cilium_policies.kube.templates import has_labels, templates
from cilium_policies.lean import TYPE_CHECKING, Any
from cilium_policies.workloads.configs import Configs, texts
from cilium_policies.workloads.model import Service, ServicePort, Text, Workload
from cilium_policies.workloads.owned import standing
from cilium_policies.workloads.sidecars import injected

if TYPE_CHECKING:
    from cilium_policies.workloads.chosen import Chosen

_SCRIPTS = (".sh", ".bash", ".py", ".rb", ".pl", ".js", ".php")
_SCALED = ("Deployment", "StatefulSet", "ReplicaSet", "ReplicationController", "Rollout")


def workloads(
    inventory: Inventory, unknown: Iterable[tuple[str, str]] = (), catalogue: Catalogue | None = None
) -> list[Workload]:
    """One Workload for each object that makes pods, in input order within a kind; of `unknown` kinds (group, kind)
    for each pod template with labels that an object holds. `catalogue`: what other objects say of them."""
    configs = Configs(inventory)
    chosen = chosen_of(inventory, catalogue) if catalogue is not None else None
    found = []
    for made in standing(inventory):
        template = chosen.to(made.one, made.template) if chosen is not None else made.template
        workload = _workload(made.one, template, configs)
        workload.texts += tuple(chosen.told(made.one, template)) if chosen is not None else ()
        if made.name:
            workload.name, workload.kind = made.name, made.kind or workload.kind
            workload.instance = workload.release or made.name
        found.append(workload)
    for group, kind in unknown:
        for one in inventory.of(kind, group=group):
            found += (_workload(one, each, configs) for each in templates(one.spec) if has_labels(each))
    _scale(inventory, found)
    _number([one for one in found if not (one.source and one.source.name)])
    return found


def chosen_of(inventory: Inventory, catalogue: Catalogue) -> Chosen | None:
    """What objects say of pods that they choose, where one of the input may."""
    kinds = {kind for _, kind in inventory.kinds}
    if all(kinds.isdisjoint(catalogue.head[table].keys()) for table in ("adds", "tells")):
        return None
    from cilium_policies.workloads.chosen import Chosen  # few builds hold such objects

    return Chosen(inventory, catalogue)


def reader(inventory: Inventory) -> Callable[[Object], Workload]:
    """What makes a Workload of an object with a pod template that does not stand in the input by itself."""
    configs = Configs(inventory)

    def read(one: Object) -> Workload:
        return _workload(one, pod_template(one) or {}, configs)

    return read


def _scale(inventory: Inventory, found: list[Workload]) -> None:
    """Autoscalers say how many pods there may be, whatever the manifest starts with."""
    most: dict[tuple[str, str, str], int] = {}
    for one in inventory.of("HorizontalPodAutoscaler", "ScaledObject"):
        target = mapping(one.spec.get("scaleTargetRef"))
        kind, name = text(target.get("kind")) or "Deployment", text(target.get("name"))
        limit = integer(one.spec.get("maxReplicas")) or integer(one.spec.get("maxReplicaCount")) or 2
        most[one.namespace, kind, name] = limit
    for workload in found if most else ():
        workload.replicas = max(workload.replicas, most.get(workload.key, 0))


def _number(nameless: list[Workload]) -> None:
    """Objects with a `generateName` may share it; policies need names that tell them apart."""
    seen: dict[tuple[str, str, str], int] = {}
    for one in nameless:
        number = seen[one.key] = seen.get(one.key, 0) + 1
        if number > 1:
            one.name = f"{one.name}-{number}"


def _workload(one: Object, template: Mapping, configs: Configs) -> Workload:
    spec = mapping(template.get("spec"))
    made = Workload(one.namespace, one.name or text(one.metadata.get("generateName")).rstrip("-."), one.kind)
    labels = strings(at(template, "metadata", "labels"))
    made.labels = {key: value for key, value in labels.items() if is_label(key, value)}
    made.annotations = strings(at(template, "metadata", "annotations"))
    made.service_account = (
        text(spec.get("serviceAccountName")) or text(spec.get("serviceAccount")) or "default"
    )
    if spec.get("automountServiceAccountToken") is not None:
        made.mounts_token = flag(spec.get("automountServiceAccountToken"), True)
    made.host_network = flag(spec.get("hostNetwork"))
    made.replicas = integer(one.spec.get("replicas")) or (0 if one.kind in _SCALED else 1)
    within = containers(spec)
    made.ports = tuple(container_ports(within))
    made.probes = tuple(dict.fromkeys(_probes(within, made.ports)))
    made.images = tuple([text(container.get("image")) for container in within])
    made.texts = _run(
        (*texts(one.namespace, spec, within, configs), *injected(one, made.annotations)), within
    )
    made.selector = _selector(one, made)
    made.release = (
        one.annotations.get(RELEASE_NAME, "")
        or made.labels.get("app.kubernetes.io/instance", "")
        or made.labels.get("release", "")
    )
    made.instance = made.release or made.name
    made.rendered = True
    made.source = one
    made.where = one.where
    return made


def _selector(one: Object, made: Workload) -> dict[str, str]:
    """`spec.selector.matchLabels` where it holds (it is immutable), else the stable labels;
    a Job without labels is found by the label that its controller adds. A CronJob's Jobs have a name each: its pods are
    those of its account, and where that is everybody's, of any Job among them."""
    wanted = stable(strings(at(one.body, "spec", "selector", "matchLabels")))
    if wanted and wanted.items() <= made.labels.items():
        return wanted
    wanted = stable(made.labels)
    if wanted:
        return wanted
    if one.kind == "Job" and one.name:
        return {JOB_NAME: one.name}
    if one.kind in TASKS and made.service_account == "default":
        return {JOB_NAME: ANY, SERVICE_ACCOUNT: made.service_account}
    return {SERVICE_ACCOUNT: made.service_account}


def _probes(within: list[Mapping], ports: tuple[Port, ...]) -> Iterator[Port]:
    names = {port.name: port.number for port in ports if port.name}
    for container in within:
        for field in PROBES:
            probe = mapping(container.get(field))
            for kind in ("httpGet", "tcpSocket", "grpc") if probe else ():
                if kind not in probe:
                    continue
                port = text(at(probe.get(kind), "port"))
                number = port_number(port) or names.get(port)
                if number:
                    yield Port(number)


def _run(found: tuple[Text, ...], within: list[Mapping]) -> tuple[Text, ...]:
    """The texts without scripts that stand in a ConfigMap for other pods: of several in one those that this pod's
    command, or a script that it names, runs by name, or that it mounts one by one, as a `config.php`; all where it
    names none or runs whatever is there."""
    scripts = [one for one in found if one.kind == "entry" and one.key.endswith(_SCRIPTS)]
    if len(scripts) < 2:
        return found
    rest = set(map(id, scripts))
    told = [one.value for one in found if id(one) not in rest]
    told += [text(one.get("subPath")) for each in within for one in mappings(each.get("volumeMounts"))]
    sources = set()
    for value in told:  # grows: a script may run another
        for one in [each for each in scripts if id(each) in rest and each.key in value]:
            rest.discard(id(one))
            sources.add(id(one.source))
            told.append(one.value)
    if any(re.search(r"\*\.\w", value) for value in told):
        return found
    return tuple(one for one in found if id(one) not in rest or id(one.source) not in sources)


class _Ends:
    """The addresses behind a Service without a selector, and the ports on which they listen, by port name."""

    def __init__(self) -> None:
        self.addresses: list[str] = []
        self.ports: dict[str, int] = {}

    def listen(self, ports: Any) -> None:
        for entry in mappings(ports):
            if number := port_number(entry.get("port")):
                self.ports.setdefault(text(entry.get("name")), number)


def _is_address(value: str) -> bool:
    """Whether it is an IP address. What a variable that is filled in later stands for, nobody can let in."""
    import ipaddress  # lazily: few inputs hold addresses behind a Service

    try:
        return bool(ipaddress.ip_address(value))
    except ValueError:
        return False


def services(inventory: Inventory) -> list[Service]:
    """The Services of the input, with the addresses and ports of their EndpointSlices or Endpoints."""
    ends: dict[tuple[str, str], _Ends] = {}
    for one in inventory.of("EndpointSlice"):
        found = ends.setdefault((one.namespace, one.labels.get("kubernetes.io/service-name", "")), _Ends())
        found.listen(one.body.get("ports"))
        for endpoint in mappings(one.body.get("endpoints")):
            found.addresses += filter(_is_address, map(text, sequence(endpoint.get("addresses"))))
    for one in inventory.of("Endpoints"):
        found = ends.setdefault((one.namespace, one.name), _Ends())
        for subset in mappings(one.body.get("subsets")):
            found.listen(subset.get("ports"))
            told = (text(entry.get("ip")) for entry in mappings(subset.get("addresses")))
            found.addresses += filter(_is_address, told)
    nothing = _Ends()
    return [
        _service(one, ends.get((one.namespace, one.name), nothing))
        for one in inventory.of("Service", group="")
    ]


def _service(one: Object, ends: _Ends) -> Service:
    spec = one.spec
    kind = text(spec.get("type")) or "ClusterIP"
    ports = tuple(
        ServicePort(
            text(entry.get("name")),
            number,
            text(entry.get("protocol")) or "TCP",
            # Kubernetes takes 0 for "not said", which is what charts write of a value that nobody set.
            "" if (target := text(entry.get("targetPort"))) == "0" else target,
        )
        for entry in mappings(spec.get("ports"))
        if (number := port_number(entry.get("port")))
    )
    return Service(
        one.namespace,
        one.name,
        one.labels,
        {} if kind == "ExternalName" else strings(spec.get("selector")),
        ports,
        kind,
        spec.get("clusterIP") == "None",
        text(spec.get("externalName")),
        tuple(map(text, sequence(spec.get("externalIPs")))),
        tuple(map(text, sequence(spec.get("loadBalancerSourceRanges")))),
        tuple(ends.addresses),
        one,
        tuple(ends.ports.items()),
    )


def within(objects: list[Object], catalogue: Catalogue) -> Iterable[Object]:
    """The objects that stand within others, where one is of a kind that may hold any."""
    found: list[Object] = []
    words = [word.encode() for word in catalogue.head["documents"]]
    if any(one.kind == "ConfigMap" and one.holds_one(words) for one in objects):
        from cilium_policies.workloads.documents import documents  # few builds hold such files

        found += documents(objects, catalogue)
    if not catalogue.head["embeds"].keys().isdisjoint(one.kind for one in (*objects, *found)):
        from cilium_policies.workloads.embedded import embedded  # few builds hold such objects

        found += embedded([*objects, *found], catalogue)
    return found
