"""What every later layer knows of pods and Services: who runs, with which labels, on which ports."""

from __future__ import annotations

from collections.abc import Iterable

from cilium_policies.document.finding import Finding
from cilium_policies.kube.objects import NOWHERE, Mapping, Object, Where, text
from cilium_policies.kube.ports import Port
from cilium_policies.lean import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from cilium_policies.lean import Literal

    TextKind = Literal["env", "args", "command", "entry", "value", "field"]


WorkloadKey = tuple[str, str, str]  # namespace, kind and name
_STEPS = ("script", "command", "args", "cmd")
_COMMANDS = ("Command", "Script")  # `backupCommand`, `initScript`
NO_IMAGES = ("", "none")  # nobody can pull these: such a template is filled in later


_ARGUMENTS = ("args", "arguments", "flags")
_SAID = 8000  # characters of a workload's texts: more are not kept twice


class Text(NamedTuple):
    """A piece of configuration that may name addresses, and where it stands.

    kind          | `source` and `field`
    env           | none (the pod template itself), the variable's name; or the ConfigMap or Secret that has it, its key
    args, command | none
    entry         | a ConfigMap, Secret or ExternalSecret, its key
    value         | the object of a Helm release, the value's path: `config.db.host`
    field         | a custom resource, the field's path: `spec.remoteWrite[0].url`

    `key` is the name by which the program sees the value: of a variable, of a file, the last one of a path. `within` is
    the number of the one container that is told it, 0 where all are.
    """

    kind: TextKind
    key: str
    value: str
    source: Object | None = None
    field: str = ""
    within: int = 0

    def without_value(self) -> Text:
        """Its place alone, to be kept and shown: the value may be a Secret's."""
        return Text(self.kind, self.key, "", self.source, self.field)

    @property
    def is_arguments(self) -> bool:
        """Whether it is a command: of a container, of a step that a custom resource holds, or a flag that a chart's
        values hand on to the program (`extraArgs`)."""
        kind = self.kind
        if kind in ("env", "entry"):  # most texts, each asked several times
            return False
        if kind == "value":
            return self.value.startswith("--") and self.key.lower().endswith(_ARGUMENTS)
        return kind != "field" or self.key in _STEPS or self.key.endswith(_COMMANDS)

    def __str__(self) -> str:
        """`env DATABASE_URL`, `args`, `ConfigMap media/app config.yml`, `HelmRelease media/app values db.host`."""
        if self.source is None:
            return f"{self.kind} {self.field}" if self.field else self.kind
        return f"{self.source} values {self.field}" if self.kind == "value" else f"{self.source} {self.field}"


class Workload:
    """A group of pods that share one template: a rendered workload, a release's pods, or the pods
    that an operator makes from a custom resource. The subject of a policy and a peer of others.

    `labels` are those the pods are known to carry, `selector` the subset that a policy selects them by
    (its account or job name where it has no labels of its own), `absent` the label keys that its pods lack
    and a neighbour with the same labels carries. `rendered` is true where the whole pod template is in the
    input, so that labels and declared ports are complete.
    """

    __slots__ = (
        "absent",
        "annotations",
        "asked_by",
        "beside",
        "brought",
        "by_image",
        "by_label",
        "by_user",
        "chart",
        "component",
        "host_network",
        "host_ports",
        "images",
        "instance",
        "kind",
        "labels",
        "maker",
        "maybe_host_network",
        "mounts_token",
        "moved",
        "name",
        "namespace",
        "of_many",
        "origins",
        "part",
        "ports",
        "probes",
        "release",
        "rendered",
        "replicas",
        "said",
        "selector",
        "service_account",
        "sidecars",
        "source",
        "texts",
        "unsure",
        "usual_ports",
        "values",
        "where",
    )

    def __init__(self, namespace: str, name: str, kind: str) -> None:
        self.namespace = namespace
        self.name = name
        self.kind = kind  # Deployment, StatefulSet, … or the custom resource's kind
        self.labels: dict[str, str] = {}
        self.selector: dict[str, str] = {}
        self.absent: tuple[str, ...] = ()
        self.annotations: dict[str, str] = {}  # of the pod template
        self.service_account = "default"
        self.mounts_token: bool | None = None  # None: not said
        self.host_network = False
        self.maybe_host_network = False  # its release's values say so, of it or of another part of the chart
        self.replicas = 1  # 0: not said
        self.ports: tuple[Port, ...] = ()  # declared container ports, hostPorts of those below
        self.host_ports: tuple[Port, ...] = ()  # of pods that no manifest shows: what their node has as well
        self.moved: dict[int, int] = {}  # usual ports that its object has elsewhere, and where
        self.usual_ports: frozenset[int] = frozenset()  # in whose place an operator's object says `ports`
        self.probes: tuple[Port, ...] = ()  # what the kubelet calls (number may be 0 with a name)
        self.images: tuple[str, ...] = ()
        self.origins: tuple[
            str, ...
        ] = ()  # of those from a cache of the cluster's, in the registries it caches
        self.texts: tuple[Text, ...] = ()  # env, args, commands, referenced ConfigMaps, values
        self.instance = ""  # release or operator's object or workload name: the policy's name
        self.release = ""  # Helm release, where one is known
        self.chart = ""  # chart name, where one is known
        self.part = ""  # of its component, where that has several and this is not the first
        # charts of several publishers have its chart's name, and nothing tells whose it is
        self.of_many = False
        self.unsure = False  # whether its selector rests on a label that no entry vouches for
        self.beside: tuple[Object, ...] = ()  # further objects that stand for the same pods
        self.values: Mapping = {}  # Helm values or the custom resource's spec, for conditions
        self.sidecars: tuple[str, ...] = ()  # catalogue entries of the containers behind the first
        self.component = ""  # catalogue entry, once recognised
        self.by_label = True  # recognised by more than its image: it is set up as the component's charts do
        self.by_image = True  # one of its images is called as the component's, whatever the registry; of an
        # entry that names none: its chart, its object, its roles or its release say what it is
        self.maker: Workload | None = None  # the program that makes these pods while it runs
        self.asked_by = ""  # the namespace whose program says that it makes these pods here, in another one
        self.by_user = False  # its component is a definition of the user's own
        self.rendered = False
        self.brought = False  # its distribution brings it: a subject only beside the namespace's default-deny
        self.source: Object | None = None  # the object it came from
        self.where = Where()

        self.said: str | None = None  # its texts in small letters, for the look before a look at each

    @property
    def key(self) -> WorkloadKey:
        return (self.namespace, self.kind, self.name)

    def mentions(self, word: str) -> bool:
        """Whether one of its texts holds a word."""
        if not self.may_say((word.lower(),)):
            return False
        for found in self.texts:  # noqa: SIM110 (`any` over a generator takes three times as long)
            if word in found.value:
                return True
        return False

    def may_say(self, signs: Iterable[str]) -> bool:
        """Whether one of its texts, or the key of one, may hold one of these, in small letters: many readers go through
        all texts for what few hold."""
        said = self.said
        if said is None:
            return True
        for sign in signs:  # noqa: SIM110
            if sign in said:
                return True
        return False

    @property
    def own(self) -> bool:
        """Whether this build writes its policy: it is neither known from an inventory nor the distribution's."""
        return not (self.brought or self.where.elsewhere)

    @property
    def by_marks(self) -> bool:
        """Whether only labels and images say what these pods are, or the program that makes them while it runs is:
        anybody can write those. A release, an operator's object and the config say it on their own."""
        told = self.maker or self
        return told.rendered and not told.by_user

    def freeze(self) -> None:
        """From here on it is what it is: gathering has ended, and every later layer reads the same."""
        if sum([len(one.value) for one in self.texts]) < _SAID:
            self.said = "\n".join([f"{one.key}={one.value}" for one in self.texts]).lower()
        self.__class__ = _Frozen

    def finding(self, severity: str, message: str, cure: str = "") -> Finding:
        """A finding about this workload, with its place and identity."""
        return Finding(severity, message, cure, *self.where, kind=self.kind,
                       namespace=self.namespace, name=self.name)  # fmt: skip

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"


class _Frozen(Workload):
    """A workload that nobody may change."""

    __slots__ = ()

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{name} of {self} is set after the cluster was gathered")


class ServicePort(NamedTuple):
    """`target` is a pod port's number or name; "" means the same as `port`."""

    name: str
    port: int
    protocol: str
    target: str


class Service(NamedTuple):
    """A Service, rendered or predicted. `selector` empty: selector-less or ExternalName."""

    namespace: str
    name: str
    labels: dict[str, str]
    selector: dict[str, str]
    ports: tuple[ServicePort, ...]
    type: str = "ClusterIP"
    headless: bool = False
    external_name: str = ""
    external_ips: tuple[str, ...] = ()
    source_ranges: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()  # EndpointSlice or Endpoints addresses of a selector-less Service
    source: Object | None = None
    endpoint_ports: tuple[tuple[str, int], ...] = ()  # (name, number) where `addresses` listen
    also: Mapping = {}  # noqa: RUF012 -- labels of further pods that requests to its name reach

    @property
    def where(self) -> Where:
        return self.source.where if self.source is not None else NOWHERE

    @property
    def is_published(self) -> bool:
        """Whether the outside reaches it."""
        return self.type in ("LoadBalancer", "NodePort") or bool(self.external_ips)

    @property
    def balancer(self) -> tuple[Mapping, str]:
        """What a load balancer's controller is told: annotations, and the class."""
        if self.source is None:
            return {}, ""
        return self.source.annotations, text(self.source.spec.get("loadBalancerClass"))

    def __hash__(self) -> int:  # its labels are dicts
        return hash(self[:2])  # namespace and name

    def __str__(self) -> str:
        return f"Service {self.namespace}/{self.name}"
