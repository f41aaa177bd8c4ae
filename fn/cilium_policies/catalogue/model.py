"""The catalogue as values: components, how each is recognised, what makes its pods, and its edges.

Everything is read from plain mappings whose scalars are text: the files in `components/`, the compiled
index, and what a user writes under `spec.components.define` all have this one form.
"""

from __future__ import annotations

from functools import cached_property

from cilium_policies.catalogue.flows import Edge, When, read_edges, texts
from cilium_policies.catalogue.services import ServiceTemplate, read_services
from cilium_policies.errors import CiliumPoliciesError
from cilium_policies.kube.objects import Mapping, flag, mapping, mappings, strings, text
from cilium_policies.kube.ports import Port
from cilium_policies.lean import NamedTuple

# The usual labels that tell the roles of pods apart.
PART_LABELS = ("app.kubernetes.io/component", "component")


class CatalogueError(CiliumPoliciesError):
    """A catalogue file or definition that cannot be used; the text is one line: file, path, cure."""


class ChartEntry(NamedTuple):
    """How one chart makes the component's pods. `enabled`: a value's path from the chart's root, or a condition; None:
    always made. `default`: what holds where that value is not set. `name`: what the chart (or subchart) calls itself,
    before `nameOverride`. `cut`: length to which its fullname is cut. `publisher`: where several publishers have a
    chart of this name, what the address of the one that is meant holds. `ingress`: when the chart's Ingress or route
    leads to these pods, and so it does where the values set nothing there; None: only if they ask for one.
    `host_ports`: ports of the pods that their node has as well."""

    chart: str
    values: str = ""
    name: str = ""
    enabled: When = None
    default: bool = True
    labels: dict[str, str] = {}  # noqa: RUF012
    workload: str = ""
    services: tuple[ServiceTemplate, ...] = ()
    service_account: str = ""
    cut: int = 63
    publisher: str = ""
    ingress: When = None
    host_ports: tuple[str, ...] = ()


class MadeBy(NamedTuple):
    """A custom resource whose controller makes the component's pods. `{name}` and `{namespace}` are the
    object's; `enabled`, `count_field` and `port_field` are paths in it. `enabled` None: always made.

    `via`: the object that this one names at `field` (a class) must agree, else nothing is made.
    `operator`: the component whose controller makes the pods; `namespace` "operator": they run in its
    namespace, else in the object's; `given`: a condition on the operator's values and texts.
    `labels` select the pods; `sometimes`: those that only some versions or ways of installing set beside them.
    `annotations`: those that the operator writes on them, `annotated`: when, if not always.
    `labels_at`: paths in the object at which the labels stand that its user has them bear.
    `beside`: they run beside the pods of a template that the object holds, and share none of its settings.
    `config`: the Secret that holds their configuration, unless `spec.configSecret` names another.
    `each`: a list or mapping of the object; such pods are made for each member, told by `{each}`; `member` is then the
    path of theirs, and what the others hold is none of these pods' business.
    `instance`: whose members they are where several objects are one cluster: `{spec.cluster.name}`; else the object's.
    `moves`: the pods' usual ports that the object can have elsewhere, each with the paths that say where.
    Entries that give the same namespace and workload name from several objects mean the same pods.
    """

    kind: str
    group: str
    labels: dict[str, str] = {}  # noqa: RUF012
    workload: str = ""
    service_account: str = ""
    enabled: When = None
    default: bool = True
    count_field: str = ""
    port_field: str = ""
    port_default: str = ""
    services: tuple[ServiceTemplate, ...] = ()
    namespace: str = ""
    via: Mapping = {}  # noqa: RUF012
    operator: str = ""
    given: When = None
    sometimes: dict[str, str] = {}  # noqa: RUF012
    beside: bool = False
    config: str = ""
    labels_at: tuple[str, ...] = ()
    each: str = ""
    member: str = ""
    moves: tuple[tuple[int, tuple[str, ...]], ...] = ()
    instance: str = ""
    annotations: dict[str, str] = {}  # noqa: RUF012
    annotated: When = None


class Component:
    """One catalogue entry. `data` is its mapping; `mirrored` are the edges that other entries state of it. The
    lists that are asked for again for each of its pods are read once."""

    def __init__(self, data: Mapping, mirrored: list[Mapping] | None = None) -> None:
        self.data = data
        self.name = text(data.get("component"))
        self.mirrored = mirrored or []

    @property
    def what(self) -> str:
        return text(self.data.get("what"))

    @property
    def namespace(self) -> str:
        """The customary namespace, a hint only; "" when it can be anywhere."""
        return text(self.data.get("namespace"))

    @property
    def match(self) -> tuple[dict[str, str], ...]:
        """Label sets, each of which alone selects the pods; the value `*` is any value."""
        return tuple(strings(one) for one in mappings(self.data.get("match")))

    @property
    def images(self) -> tuple[str, ...]:
        """Endings of image repositories, without registry and tag."""
        return texts(self.data.get("images"))

    @property
    def runs(self) -> tuple[str, ...]:
        """Endings of images that its pods run as others' do: they bear a label out, and tell nothing alone."""
        return texts(self.data.get("runs"))

    @property
    def role(self) -> str:
        """The part that it plays for others, one of check.ROLES; "" for most."""
        return text(self.data.get("role"))

    @property
    def shared_labels(self) -> bool:
        """Others carry the same labels: image or workload name must agree as well."""
        return flag(self.data.get("sharedLabels"))

    @property
    def users_code(self) -> bool:
        """Whether its pods run what users wrote, so that no entry can tell what they call."""
        return flag(self.data.get("usersCode"))

    @property
    def tunnels(self) -> bool:
        """Whether it carries what its pod sends outside through a tunnel of its own."""
        return flag(self.data.get("tunnels"))

    @property
    def part_labels(self) -> tuple[str, ...]:
        """The labels that tell the roles of its pods apart, where they are not the usual two; the first counts that is
        there."""
        return texts(self.data.get("partLabel"))

    def played(self, labels: Mapping) -> str:
        """The role that these labels of its pods tell; "" for none."""
        return next(filter(None, map(labels.get, self.part_labels or PART_LABELS)), "")

    @cached_property
    def plays_any(self) -> bool:
        """Whether it is recognised by the labels of any role."""
        keys = self.part_labels or PART_LABELS
        return any("*" in labels.get(key, "") for labels in self.match for key in keys)

    @cached_property
    def parts(self) -> frozenset[str]:
        """The roles that it names, in its labels and its edges."""
        sets = (*self.match, *(one.labels for one in self.charts), *(one.labels for one in self.made_by))
        told = {value for labels in sets for value in labels.values()}
        return frozenset(told.union(*(edge.part for edge in self.own_edges)))

    @cached_property
    def roles(self) -> frozenset[str]:
        """The roles of its own pods that its edges name."""
        within = (edge.of for edge in self.own_edges if edge.peer == f"component:{self.name}")
        return frozenset().union(*within, *(edge.part for edge in self.own_edges))

    @cached_property
    def member_ports(self) -> frozenset[Port]:
        """The ports on which its own pods call each other, whatever their roles."""
        inner = (edge.pod_ports() for edge in self.own_edges if edge.peer == f"component:{self.name}")
        return frozenset(port for ports in inner for port in ports)

    @cached_property
    def client_ports(self) -> frozenset[Port]:
        """The ports on which others call its pods, monitoring and probes aside."""
        inward = (one for one in self.own_edges if one.direction == "ingress" and not one.probe)
        others = (one for one in inward if one.peer not in ("scraper", f"component:{self.name}"))
        return frozenset(port for one in others for port in one.pod_ports())

    @cached_property
    def metric_ports(self) -> frozenset[Port]:
        """The ports on which its pods are scraped, and serve nobody else."""
        inward = [edge for edge in self.own_edges if edge.direction == "ingress" and not edge.probe]
        scraped = {port for edge in inward if edge.peer == "scraper" for port in edge.pod_ports()}
        served = {port for edge in inward if edge.peer != "scraper" for port in edge.pod_ports()}
        return frozenset(scraped - served - self.member_ports)

    @property
    def workload(self) -> str:
        """`Kind/name` as it customarily is; NAME stands for the release."""
        return text(self.data.get("workload"))

    @property
    def port_names(self) -> dict[str, int]:
        """The names that its containers give to ports of TCP, and their usual numbers."""
        return {name: int(text(number)) for name, number in mapping(self.data.get("portNames")).items()}

    @property
    def host_network(self) -> bool:
        return flag(self.data.get("hostNetwork"))

    @property
    def service_account(self) -> str:
        return text(self.data.get("serviceAccount"))

    @property
    def notes(self) -> str:
        return text(self.data.get("notes"))

    @property
    def guessed(self) -> bool:
        """Whether nobody has looked: its edges are then no more than a guess."""
        return flag(self.data.get("guessed"))

    @property
    def checked(self) -> str:
        return text(self.data.get("checked"))

    @cached_property
    def charts(self) -> tuple[ChartEntry, ...]:
        return tuple(read_chart(self, one) for one in mappings(self.data.get("charts")))

    @cached_property
    def made_by(self) -> tuple[MadeBy, ...]:
        return tuple(read_made_by(self, one) for one in mappings(self.data.get("madeBy")))

    @cached_property
    def own_edges(self) -> tuple[Edge, ...]:
        """The edges that this entry states, seen from it."""
        return read_edges(mappings(self.data.get("edges")), self.name)

    def __repr__(self) -> str:
        return f"Component({self.name})"


def read_chart(component: Component, data: Mapping) -> ChartEntry:
    chart, values = text(data.get("chart")), text(data.get("values"))
    return ChartEntry(
        chart,
        values,
        text(data.get("name")) or values.rpartition(".")[2] or chart,
        data.get("enabled"),
        flag(data.get("default"), True),
        strings(data.get("labels")) or _surely(component),
        text(data.get("workload")),
        read_services(data.get("services")),
        text(data.get("serviceAccount")),
        int(text(data.get("cut")) or 63),
        text(data.get("publisher")),
        data.get("ingress"),
        texts(data.get("hostPorts")),
    )


def read_made_by(component: Component, data: Mapping) -> MadeBy:
    port = mapping(data.get("port"))
    return MadeBy(
        text(data.get("kind")),
        text(data.get("group")),
        strings(data.get("labels")) or _surely(component),
        text(data.get("workload")),
        text(data.get("serviceAccount")),
        data.get("enabled"),
        flag(data.get("default"), True),
        text(data.get("count")),
        text(port.get("field")),
        text(port.get("default")),
        read_services(data.get("services")),
        text(data.get("namespace")),
        mapping(data.get("via")),
        text(data.get("operator")),
        data.get("given"),
        strings(data.get("sometimes")),
        flag(data.get("beside")),
        text(data.get("config")),
        texts(data.get("labelsAt")),
        text(data.get("each")),
        moves=tuple((int(text(one["port"])), texts(one["field"])) for one in mappings(data.get("moves"))),
        instance=text(data.get("instance")),
        annotations=strings(data.get("annotations")),
        annotated=data.get("annotated"),
    )


def _surely(component: Component) -> dict[str, str]:
    """The labels of the first match entry whose values are known."""
    first = component.match[0] if component.match else {}
    return {key: value for key, value in first.items() if value != "*"}
