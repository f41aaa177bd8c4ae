"""What a single build could not know: peers that another build holds and that were named by less than their pods."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from cilium_policies.catalogue.load import Catalogue
from cilium_policies.config.model import INGRESS
from cilium_policies.document.finding import WARNING, Finding
from cilium_policies.evidence.edge import Edge, namespace_of
from cilium_policies.evidence.given import Given, Note
from cilium_policies.evidence.names import unrendered
from cilium_policies.evidence.unrendered import tells_nothing
from cilium_policies.evidence.words import evidence_words
from cilium_policies.generate.uncovered import BOTH, GUESSED, UNKNOWN, Key, Uncovered, of_workload
from cilium_policies.kube.gateway_api import delegate, gateways_named, ingress_class, only_redirects
from cilium_policies.kube.kinds import ROUTE_KINDS
from cilium_policies.kube.objects import Mapping, Object, mappings, text
from cilium_policies.lean import Any
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload, WorkloadKey

_INGRESSES = ("Ingress", "IngressRoute", "IngressRouteTCP", "IngressRouteUDP", "VirtualService")
_SHOW_PROXY = "give the tree's inventory (spec.inventory) or spec.cluster.gateways"
_INVENTORY = "give the inventory of the whole tree (cilium-policies inventory; --inventory)"


def unseen(
    cluster: Cluster, noted: Iterable[Note], edges: Iterable[Edge], closed: Collection[str]
) -> Iterator[Finding]:
    """One finding a route whose Gateway was found by guess (`noted`, as `notes` has them), and an address whose Service
    this input does not show. Whoever is not let in at all has a line among what is not known (`unseen_proxies`)."""
    for note in noted:
        if note.guessed and not note.subject.where.elsewhere:
            yield note.subject.finding(WARNING, f"{note.subject}: {note.what}", _SHOW_PROXY)
    told = set()
    for edge in edges:
        if edge.target.kind != "namespace" or edge.origin != "address":
            continue
        client, namespace = edge.client, edge.target.namespace
        if client is None or not client.own:
            continue
        told_by = evidence_words(edge.evidence)
        message = f"{told_by} names a Service of namespace {namespace} that this input does not show"
        if message not in told and client.source is not None:
            told.add(message)
            message += f": {_lets_in(cluster, edge, closed)}"
            yield client.source.finding(WARNING, message, _INVENTORY)


def _lets_in(cluster: Cluster, edge: Edge, closed: Collection[str]) -> str:
    """What becomes of calls to a Service that nobody sees."""
    namespace = namespace_of(edge.target)
    maker = cluster.maker(namespace, edge.reason.parts[-1])
    meant = f"; it seems to mean the pods of {maker}" if maker is not None else ""
    if namespace in closed:
        return (
            f"its egress is allowed, but this input closes {namespace}, and nothing there lets it in{meant}"
        )
    return f"any pod there may be called on that port{meant}"


def unseen_proxies(
    cluster: Cluster, given: Given, noted: Iterable[Note], said: Collection[Key], catalogue: Catalogue
) -> Iterator[Uncovered]:
    """Gateways and controllers that this input does not show: one line stands for their pods and for those behind,
    who have one each where a rule was written by guess, but for directions of which all is `said`. Where one of the
    distributions has a controller of the class, its name is the cure."""
    yield from _gateways(cluster, given)
    for note in noted:
        one = note.subject
        if not one.where.elsewhere:
            for_all = _bringing(cluster, one, catalogue)
            cure = for_all or "cluster.gateways: [{pod: NAMESPACE/PROXY}]"
            degree, parts = GUESSED if note.guessed else UNKNOWN, (note.what,)
            yield Uncovered(
                degree, "proxy-elsewhere", BOTH, one.namespace, one.name, None, one, parts, cure, for_all
            )
            for behind in note.behind if note.guessed else ():
                if behind.own and (behind.key, INGRESS) not in said:
                    yield _let_in_by_guess(behind, note.what)


def _bringing(cluster: Cluster, one: Object, catalogue: Catalogue) -> str:
    """The config line that names the distribution whose controller serves an Ingress; "" where none is known to, or
    the cluster's is known."""
    if one.kind != "Ingress" or cluster.settings.distribution:
        return ""
    names = catalogue.serving(ingress_class(one))
    return f"cluster: {{distribution: {' or '.join(names)}}}" if names else ""


def _let_in_by_guess(one: Workload, what: str) -> Uncovered:
    line = f"{{from: {{namespace: NAMESPACE}}, to: {{pod: {one.namespace}/{one.name}}}, why: …}}"
    return of_workload(GUESSED, "proxy-elsewhere", INGRESS, one, (what,), line)


def behind_unseen_proxies(noted: Iterable[Note]) -> dict[WorkloadKey, Object]:
    """The workloads that Ingresses with a line of their own lead to, each with the first of them."""
    found: dict[WorkloadKey, Object] = {}
    for note in noted:
        if not (note.guessed or note.subject.where.elsewhere):
            for one in note.behind:
                found.setdefault(one.key, note.subject)
    return found


# Where routes, Ingresses and their like name a Service.
_BACKENDS = ("backendRefs", "backendRef", "services", "service")
_SAYS_BACKENDS = (b"backendRef", b"service")  # of which each holds one
_LEADING = (
    *ROUTE_KINDS,
    *_INGRESSES,
    "ServiceMonitor",
    "PodMonitor",
    "VMServiceScrape",
    "VMPodScrape",
    "BackendConfig",
    "HealthCheckPolicy",
    "TargetGroupBinding",
)


def leads_nowhere(
    cluster: Cluster, given: Given, noted: Iterable[Note], edges: Iterable[Edge], closed: Collection[str]
) -> Iterator[Uncovered]:
    """What is named in a namespace that this input closes, and that the input does not show: the pods behind a Service
    that an address names, and whatever a route or a monitor leads to."""
    used = {id(note.subject) for note in noted}  # whose proxies alone are not shown
    told: dict[tuple[str, str], Uncovered] = {}
    for edge in edges:
        subject = id(edge.evidence.subject)
        if subject not in used and ((server := edge.server) is None or not tells_nothing(cluster, server)):
            used.add(subject)  # else it was told by the name of its Service
        if edge.reason.kind != "calls-unseen-service":
            continue
        target, client = edge.target, edge.client
        if target.kind != "namespace" or client is None:
            continue
        name = edge.reason.parts[-1]
        if client.own and target.namespace in closed and cluster.maker(target.namespace, name) is None:
            cure = (
                f"{{from: {{pod: {client.namespace}/{client.name}}}, to: {{pod: {target.namespace}/{name}}}}}"
            )
            parts = (f"{client.namespace}/{client.name}",)
            told.setdefault(
                (target.namespace, name),
                Uncovered(UNKNOWN, "service-unseen", INGRESS, target.namespace, name, parts=parts, cure=cure),
            )
    delegates = _delegates(cluster)
    for one in cluster.inventory.of(*_LEADING, *given.routed):
        if one.where.elsewhere:
            continue
        if id(one) in used:
            _name_backends(cluster, one, closed, told)
        elif one.namespace in closed and not _means_no_pods(one, delegates):
            yield Uncovered(GUESSED, "leads-nowhere", BOTH, one.namespace, one.name, None, one, (), _SHOW)
    for one in _attached(cluster):
        _name_backends(cluster, one, closed, told)
    yield from told.values()


def _means_no_pods(route: Object, delegates: set[tuple[str, str]]) -> bool:
    """Whether it has nobody called itself: it sends clients elsewhere (to https), another one's gateways send by it
    (`delegates`), or it tells clients in the mesh which pods of a Service they are to call."""
    if route.kind != "VirtualService":
        return only_redirects(route)
    of_mesh = bool(route.spec.get("hosts")) and not gateways_named(route)
    return of_mesh or (route.namespace, route.name) in delegates


def _delegates(cluster: Cluster) -> set[tuple[str, str]]:
    """The VirtualServices to which others leave a part of their requests."""
    every = cluster.inventory.of("VirtualService")
    found = (delegate(one, row) for one in every for row in mappings(one.spec.get("http")))
    return {place for place in found if place is not None}


def _attached(cluster: Cluster) -> Iterator[Object]:
    """The policies that are attached to a Gateway or a route."""
    if cluster.inventory.of("Gateway"):
        from cilium_policies.evidence.extensions import attached  # few builds hold a Gateway

        yield from attached(cluster)


def _name_backends(
    cluster: Cluster, one: Object, closed: Collection[str], told: dict[tuple[str, str], Uncovered]
) -> None:
    """Adds a line for each Service that the object leads to and that the input does not show."""
    if not one.may_say(_SAYS_BACKENDS):
        return
    for place, name in _named_services(one):
        if not one.where.elsewhere and place in closed and not _stands(cluster, place, name):
            pod = f"{{pod: {place}/{name}}}"
            line = f"{{from: {{namespace: NAMESPACE}}, to: {pod}}}"
            told.setdefault(
                (place, name),
                Uncovered(GUESSED, "backend-unseen", INGRESS, place, name, None, None, (str(one),), line),
            )


def _named_services(one: Object) -> Iterator[tuple[str, str]]:
    """Namespace and name of each Service that a route, an Ingress or a proxy's object leads to."""
    blocks: list[Mapping] = []
    _find_backends(one.spec, "", blocks)
    for block in blocks:
        if text(block.get("name")) and text(block.get("kind")) in ("", "Service"):
            yield text(block.get("namespace")) or one.namespace, text(block.get("name"))


def _find_backends(value: Any, key: str, found: list[Mapping]) -> None:
    """Adds the mappings below keys that hold backends."""
    if isinstance(value, list):
        for member in value:
            if not isinstance(member, str):
                _find_backends(member, key, found)
    elif isinstance(value, dict):
        if key in _BACKENDS:
            found.append(value)
        for name, member in value.items():
            if not isinstance(member, str):  # most are
                _find_backends(member, name, found)


def _stands(cluster: Cluster, namespace: str, name: str) -> bool:
    """Whether the input shows the pods behind a Service, or something of which they come."""
    service = cluster.service(namespace, name)
    if service is not None and (
        service.type == "ExternalName" or service.addresses or cluster.backends(service)
    ):
        return True
    made = unrendered(cluster, namespace)
    if any(f"{name}-".startswith(f"{each}-") for one in made for each in {one.name, one.release} if each):
        return True
    return cluster.maker(namespace, name) is not None


_SHOW = "show what it leads to, or give the inventory of the whole tree (--inventory)"


def _gateways(cluster: Cluster, given: Given) -> Iterator[Uncovered]:
    """Gateways that proxies of their own serve, and the input shows none: the line stands for those pods."""
    shown = cluster.inventory.of("Gateway", group="gateway.networking.k8s.io")
    if not shown or given.gateways:
        return
    from cilium_policies.evidence.gateways import Gateways

    gateways = Gateways(cluster, given)
    for one in shown:
        place = (one.namespace, one.name)
        known = gateways.is_cilium(*place) or gateways.outside(*place) or gateways.workloads(*place)
        if not known and not one.where.elsewhere:
            what = "the input shows no pods of its proxies"
            cure = "cluster.gateways: [{pod: NAMESPACE/PROXY}]"
            yield Uncovered(UNKNOWN, "proxy-elsewhere", BOTH, *place, None, one, (what,), cure)


def notes(cluster: Cluster, given: Given) -> Iterator[Note]:
    """Routes and Ingresses whose proxies the input does not show."""
    # Imported for builds that hold such objects: start-up is paid at every build.
    if cluster.inventory.of(*ROUTE_KINDS):
        from cilium_policies.evidence import routes

        yield from routes.unseen(cluster, given)
    if given.routed and cluster.inventory.of(*given.routed):
        from cilium_policies.evidence import routed

        yield from routed.unseen(cluster, given)
    if cluster.inventory.of(*_INGRESSES):
        from cilium_policies.evidence import ingresses

        yield from ingresses.unseen(cluster, given)
