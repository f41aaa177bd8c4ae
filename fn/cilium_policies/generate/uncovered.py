"""A direction of which something may be missing: why, how it is said, and the config line for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cilium_policies.config.model import EGRESS, INGRESS
from cilium_policies.kube.objects import Object
from cilium_policies.lean import TYPE_CHECKING, NamedTuple
from cilium_policies.workloads.makers import Maker
from cilium_policies.workloads.model import Workload, WorkloadKey

if TYPE_CHECKING:
    from cilium_policies.evidence.unmet import Unmet
    from cilium_policies.generate.instances import Withheld
    from cilium_policies.lean import Literal

    Degree = Literal["unknown", "guessed"]
    Why = Literal[
        "no-callee",
        "callee-hidden",
        "no-caller",
        "not-rendered",
        "nothing-on",
        "part-unknown",
        "chart-newer",
        "entry-from-memory",
        "entry-silent",
        "image-only",
        "label-only",
        "label-alone",
        "unlisted-parts",
        "no-tie",
        "not-tied",
        "no-binding",
        "no-node-role",
        "anothers-account",
        "values-elsewhere",
        "chart-of-many",
        "label-guessed",
        "config-unread",
        "map-unread",
        "class-unread",
        "users-code",
        "own-containers",
        "which-pods",
        "operator-unseen",
        "operator-uncalled",
        "calls-left-out",
        "settings-unread",
        "settings-unseen",
        "object-silent",
        "no-client-shown",
        "users-hosts",
        "nameless",
        "by-proxy",
        "users-inside",
        "host-unopened",
        "own-zone",
        "own-gateway",
        "own-endpoint",
        "bucket-unopened",
        "port-unfollowed",
        "port-by-name",
        "unpublished",
        "left-to-you",
        "rendered-only",
        "api-only",
        "own-edges",
        "server-port",
        "metrics-only",
        "names-nobody",
        "told-nobody",
        "named-by-nobody",
        "others-say",
        "others-name",
        "no-client",
        "scaled-to-none",
        "no-service",
        "others-service",
        "governing-service",
        "scraper-unseen",
        "has-a-route",
        "makes-pods",
        "unknown-kind",
        "creates-pods",
        "peer-unseen",
        "server-elsewhere",
        "port-unseen",
        "service-unseen",
        "leads-nowhere",
        "backend-unseen",
        "proxy-elsewhere",
        "identity",
        "node-role",
        "provider",
        "shows-no-pod",
        "repository-elsewhere",
        "dns-forwards",
        "open-calls",
        "open-door",
        "scrapes-unseen",
        "denied-to-others",
    ]

_SOME = 3  # of several that a sentence could name
_SENTENCES: dict[Why, str] = {
    "no-callee": "nothing in the input names what it calls",
    "callee-hidden": "nothing in the input names what it calls; Secret {} may, which the input does not show",
    "no-caller": "it listens, and nothing in the input names who calls it",
    "not-rendered": "its chart is neither rendered nor known",
    "nothing-on": "its chart is not rendered, and its values switch on nothing that the catalogue knows of it",
    "part-unknown": "its values switch on {}, which what the catalogue says of chart {} does not list",
    "chart-newer": "the catalogue knows the pods of version {} of chart {}, and it asks for version {}: what that makes"
    " beside them is denied (`helm template`, or `cilium-policies build --with flate`, shows it)",
    "entry-from-memory": "what the catalogue says of {} is from memory",
    "entry-silent": "what the catalogue says of {} leaves this direction open",
    "image-only": "only its image says that it is {}; the manifests do not show how it is configured",
    "label-only": "only a label says that it is {}, and its image is called otherwise",
    "label-alone": "only a label says that it is {}; no image, chart, object or role binding does",
    "unlisted-parts": "its release has parts ({}) that what the catalogue says of {} does not list",
    "no-tie": "it may call {}, and nothing says which of {}",
    "not-tied": "it may call {}, and nothing says that it means {}",
    "no-binding": "{} calls the Kubernetes API, and the input binds no role to the service account of these pods",
    "no-node-role": "its configuration names a node's kubelet, and no role for nodes is bound to its service account",
    "anothers-account": "its service account has a role for {}, and nothing says that it calls the API itself",
    "values-elsewhere": "some of its values are in {}, which is not read",
    "chart-of-many": "several publishers have a chart {}, and the input does not tell whose this is",
    "label-guessed": "two releases of its chart run there, and that its pods carry the instance label {} is a guess",
    "config-unread": "its configuration is in Secret {}, which the input does not show",
    "map-unread": "its configuration is in ConfigMap {}, which the input does not show in plain text",
    "class-unread": "its configuration is in a vault, from which SecretProviderClass {} mounts it",
    "own-containers": "containers of your own run next to the program's ({}), and nothing says what they call",
    "which-pods": "its object names {}, and not which of the pods that come of it call that",
    "operator-unseen": "{} makes and calls these pods, and is not in the input",
    "operator-uncalled": "it calls {}, which makes these pods and is not in the input",
    "calls-left-out": "it calls {}, which the config leaves out",
    "settings-unread": "the settings of what makes these pods have them read {}, which the input does not show",
    "settings-unseen": "{} makes these pods and may have them read settings of its own, and none of its pods is known",
    "object-silent": "{} has it call somebody, and names no address",
    "users-code": "it runs whatever its users give it, and the manifests do not show what that calls",
    "users-hosts": "its users may add {} in the program itself, and only hosts that are known are allowed",
    "by-proxy": "its web requests go through {}, and beyond it they reach only whom its configuration names",
    "nameless": "it calls hosts outside on {} that nothing names, and spec.cluster.fqdn is all",
    "users-inside": "its users may add {}, and of those only public addresses are allowed",
    "host-unopened": "its configuration names {}, which no rule lets it call; nothing shows whether it does",
    "own-zone": "it calls {}, of a domain that this cluster serves names of, and only its public addresses are allowed",
    "own-endpoint": "it calls {}, which a private endpoint gives a private address, and only public ones are allowed",
    "own-gateway": "it calls {}, which a release that nobody rendered may serve at a gateway, and no rule leads there",
    "bucket-unopened": "its object names a bucket ({}), and no rule lets it call a store outside",
    "unpublished": "its values publish a Service ({}), and no rule lets anybody in from outside",
    "port-unfollowed": "its object sets ports ({}) that no rule has",
    "port-by-name": "it calls ports of which the name alone is known ({}): before Cilium 1.20 that works only where no"
    " other pod of the cluster has a port of that name with another number",
    "left-to-you": "it may call others for: {}; that is allowed only where you say so",
    "rendered-only": "that nobody else is meant there is known from a chart of {} alone, not from its source",
    "api-only": "it calls the Kubernetes API; the manifests do not show whether it calls anything else",
    "own-edges": "what the manifests name is allowed; they do not show whether there is more",
    "server-port": "it listens on a database's or a broker's port, and such servers seldom connect to anything",
    "metrics-only": "its ports are called after metrics or health, and no scraper that the input shows reads them",
    "names-nobody": "the configuration of other parts of its application says whom they call, and its own names nobody",
    "told-nobody": "it is a published program, and its configuration, which the input shows, names nothing to call",
    "named-by-nobody": "the configuration of the other parts of its application says whom they call, and none names it",
    "others-say": "nearly all else that its publisher runs here is told whom to call, and it is told nobody",
    "others-name": "nearly all else that its publisher runs here is told whom to call, and none is told of it",
    "no-client": "it is made for everybody, and what runs beside it says whom it calls, and does not name it",
    "scaled-to-none": "it is scaled to no pods, and what those would need is not named",
    "no-client-shown": "a Service leads to it, and nothing in the input names who calls it",
    "no-service": "it listens, and no Service leads to it, so only clients that know its pods' addresses can call it",
    "others-service": "it declares no port, and the Services that its labels bring it into are those of other pods",
    "governing-service": "it listens, and the one Service before it is the one that any StatefulSet has to have",
    "scraper-unseen": "it is set up to be scraped, and no scraper that the input shows reads it",
    "has-a-route": "{} leads to it and has a line of its own; whether anybody else calls it, nothing tells",
    "makes-pods": "it may create pods that no manifest shows ({})",
    "unknown-kind": "the kind {} is not known, nor whether it creates pods",
    "creates-pods": "{} may create pods that no manifest shows{}",
    "peer-unseen": "its configuration names {}, which the input does not show",
    "server-elsewhere": "{}, in a Secret that the input does not show, speaks of a server; nothing says that it is {}",
    "port-unseen": "its configuration names {}, and the Service leads to no pod there",
    "service-unseen": "{} calls a Service of this name, and the input shows no pod behind it",
    "backend-unseen": "{} leads to a Service of this name, and the input shows no pod behind it",
    "leads-nowhere": "the input shows nothing that it leads to, so nobody is let in",
    "proxy-elsewhere": "{}",
    "identity": "it gets its cloud identity at {}, which only the config opens",
    "node-role": "no role of its own in the cloud is shown; that of its node stands at {}, which only the config opens",
    "provider": "{} runs pods there that no manifest shows",
    "repository-elsewhere": "what it applies here is not in the input: {}",
    "shows-no-pod": "it is closed, and the input shows no pod of it",
    "dns-forwards": "it has the DNS of the cluster, whose pods nobody sees, ask resolvers inside, and no rule lets it",
    "scrapes-unseen": "it may be meant to read the metrics of pods that the input does not show, or of nodes: {}",
    "denied-to-others": "some of its connections rest on the word of {} alone, and spec.trust.foreign is deny",
    "open-calls": "your own policies let it call anything; nothing shows what it does call, and who must let it in",
    "open-door": "your own policies let anything call it; nothing shows what does, and must be let out to it",
}
DIRECTIONS = (INGRESS, EGRESS)
BOTH = "ingress and egress"
UNKNOWN: Degree = "unknown"
GUESSED: Degree = "guessed"
Key = tuple[WorkloadKey, str]  # a workload's key and a direction


class Uncovered(NamedTuple):
    """A direction that may lack something: of `workload`, or (`workload` None, `direction` BOTH) of the pods that
    nobody sees and `source` stands for. `parts` are what the sentence for `why` names; `cure` is one config line, and
    `for_all` one below `spec:` that is the cure of every direction of which the same is said. `stands_for` are the
    components, or the API groups of objects, whose pods the line is about where `source` does not tell."""

    degree: Degree
    why: Why
    direction: str
    namespace: str
    name: str
    workload: Workload | None = None
    source: Object | None = None
    parts: tuple[str, ...] = ()
    cure: str = ""
    for_all: str = ""
    stands_for: tuple[str, ...] = ()

    @property
    def directions(self) -> tuple[str, ...]:
        return DIRECTIONS if self.direction == BOTH else (self.direction,)

    @property
    def sentence(self) -> str:
        """Why it is not explained, as part of a sentence."""
        return _SENTENCES[self.why].format(*self.parts)

    @property
    def advice(self) -> str:
        """What to do about it, for a line of text."""
        if self.workload is None:
            say = "give the tree's inventory, or say" if self.why == "proxy-elsewhere" else "say"
            return f"{say} what they need: {self.cure}"
        if self.for_all:
            return f"below spec: for all such pods: {self.for_all}; for one: allow: [{self.cure}]"
        return f"if nothing is missing, or as it should be: spec.allow: [{self.cure}]"

    @property
    def place(self) -> str:
        """`shop/web` for a workload, `KafkaConnect shop/connect` for what makes pods."""
        return str(self.source) if self.workload is None and self.source else f"{self.namespace}/{self.name}"

    def __str__(self) -> str:
        return f"{self.place} {self.direction}"


def of_workload(
    degree: Degree, why: Why, direction: str, one: Workload, parts: tuple[str, ...], cure: str
) -> Uncovered:
    """One direction of a workload, by its namespace and name."""
    return Uncovered(degree, why, direction, one.namespace, one.name, one, one.source, parts, cure)


def some(names: Sequence[str]) -> str:
    """What a sentence names of several: the first three."""
    return ", ".join(names[:_SOME]) + (" …" if len(names) > _SOME else "")


def directions(found: Iterable[Uncovered]) -> int:
    """How many directions these are: of one several things may be said."""
    return len({(one.place, direction) for one in found for direction in one.directions})


def without_tie(found: Withheld) -> Uncovered:
    one = found.client
    names = list(dict.fromkeys(f"{server.namespace}/{server.name}" for server in found.servers))
    shown = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
    ports = ", ".join(port.written for port in found.ports)
    line = f"{{from: {{pod: {one.namespace}/{one.name}}}, to: {{pod: {names[0]}}}, ports: [{ports}], why: …}}"
    parts = (found.servers[0].component, shown)
    why: Why = "no-tie" if len(names) > 1 else "not-tied"
    return of_workload(GUESSED if found.seldom else UNKNOWN, why, EGRESS, one, parts, line)


def without_peer(found: Unmet) -> Uncovered:
    one = found.client
    called = f"{found.namespace}/{found.name}" + (f":{found.port}" if found.port else "")
    ports = f", ports: [{found.port}/{found.protocol}]" if found.port else ""
    to = f"{{pod: {found.namespace}/{found.name}}}" if found.service else f"{{namespace: {found.namespace}}}"
    line = f"{{from: {{pod: {one.namespace}/{one.name}}}, to: {to}{ports}, why: …}}"
    why: Why = "port-unseen" if found.service else "peer-unseen"
    degree = UNKNOWN if found.sure else GUESSED
    return of_workload(degree, why, EGRESS, one, (called,), line)


def of_maker(maker: Maker) -> Uncovered:
    one, place = maker.source, maker.place
    left_out = maker.part and f"its part {maker.part} is left out by the config"
    by = maker.field or left_out or f"the rules of {maker.role}"
    kind = f"{one.group}/{one.kind}" if one.group else one.kind
    define, group = f"components.define: [{{component: {one.kind.lower()}", one.group or '""'
    row = f'{{kind: {one.kind}, group: {group}, labels: {{LABEL: "{{name}}"}}}}'
    line = f"{define}, madeBy: [{row}], edges: […]}}]"
    if one.group:  # of Kubernetes' own kinds it is known that pods come of these objects
        line += f"; or, if no pods come of it: {define}, makesNoPods: [{kind}]}}]"
    if not maker.is_told:
        return Uncovered(GUESSED, "unknown-kind", BOTH, place, one.name, None, one, (kind,), line)
    part = (maker.part,) if maker.part else ()
    return Uncovered(UNKNOWN, "makes-pods", BOTH, place, one.name, None, one, (by,), line, stands_for=part)
