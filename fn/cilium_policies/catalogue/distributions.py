"""What Kubernetes distributions are like: one file each in `distributions/`, read when one is said or recognised.

Where the API server listens and whose pods carry its calls, who answers DNS, which components come with the
cluster, which namespaces are the provider's, and what in an input tells that a cluster is of this kind.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from fnmatch import fnmatchcase

from cilium_policies.catalogue.conditions import at_any
from cilium_policies.catalogue.files import DISTRIBUTIONS
from cilium_policies.catalogue.flows import texts
from cilium_policies.catalogue.parts import group_kind
from cilium_policies.catalogue.services import ServiceTemplate, read_services
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.objects import (
    CLUSTER_SCOPED,
    Mapping,
    Object,
    at,
    flag,
    mapping,
    mappings,
    strings,
    text,
)
from cilium_policies.kube.pods import pod_spec
from cilium_policies.lean import NamedTuple


class Labelled(NamedTuple):
    """Pods by namespace and labels."""

    namespace: str
    labels: dict[str, str]


class Bundled(NamedTuple):
    """A component that a distribution runs by itself, with the labels that its pods carry there. `when`: only where
    the input has one of such objects (an add-on that somebody uses). `services`: those before its pods. `values`: what
    it is set to, as a release's values would say it. `config`: the HelmChartConfig that sets more, `chart`: what the
    catalogue calls its chart. `each`: one for each object of that kind (`group/Kind`), whose name stands for {name}.
    """

    component: str
    namespace: str
    workload: str
    kind: str
    labels: dict[str, str]
    when: tuple[Mapping, ...] = ()
    services: tuple[ServiceTemplate, ...] = ()
    values: Mapping = {}  # noqa: RUF012
    config: str = ""
    chart: str = ""
    each: str = ""


class Identity(NamedTuple):
    """How pods get their identity in the cloud: those whose account has the annotation `account` and not `without`.
    `to`: an entity or `cidr:RANGE`; `said`: only where the user has named the distribution; `unopened`: by `spec.allow`
    alone, and what may need it is announced."""

    to: str
    ports: tuple[str, ...]
    why: str
    account: str = ""
    without: str = ""
    said: bool = False
    unopened: bool = False


class Distribution(NamedTuple):
    """One distribution; the nameless one stands for "not known".

    `managed`: a provider runs pods in its own namespaces that no manifest of the user's shows.
    `owns`: patterns of the namespaces that are the distribution's own.
    `tunnel`: pods through which the API server's calls reach the cluster, where they do not come from nodes.
    `dns_addresses`: resolvers that are no pods, as ranges; `optional_dns`: those that only some clusters have,
    which count where the user has named the distribution.
    """

    name: str = ""
    managed: bool = False
    cloud: str = ""
    owns: tuple[str, ...] = ("kube-system",)
    api_ports: tuple[int, ...] = ()
    tunnel: tuple[Labelled, ...] = ()
    dns_namespace: str = ""
    dns_labels: dict[str, str] = {}  # noqa: RUF012
    dns_ports: tuple[int, ...] = ()
    dns_addresses: tuple[str, ...] = ()
    optional_dns: tuple[str, ...] = ()
    node_local_dns: bool = False
    brings: tuple[Bundled, ...] = ()
    identity: tuple[Identity, ...] = ()


UNKNOWN = Distribution()


def names() -> list[str]:
    """Every word that `spec.cluster.distribution` takes; no file is read for it."""
    with os.scandir(DISTRIBUTIONS) as entries:
        return sorted(one.name[:-5] for one in entries if one.name.endswith(".yaml"))


def read(data: Mapping) -> Distribution:
    """A distribution out of its file's mapping."""
    api, dns = mapping(data.get("apiServer")), mapping(data.get("dns"))
    addresses = mappings(dns.get("addresses"))
    return Distribution(
        text(data.get("distribution")),
        flag(data.get("managed")),
        text(data.get("cloud")),
        texts(data.get("owns")) or UNKNOWN.owns,
        _numbers(api.get("ports")),
        tuple(
            Labelled(text(one.get("namespace")), strings(one.get("labels")))
            for one in mappings(api.get("tunnel"))
        ),
        text(dns.get("namespace")),
        strings(dns.get("labels")),
        _numbers(dns.get("ports")),
        tuple(text(one.get("cidr")) for one in addresses if not flag(one.get("optional"))),
        tuple(text(one.get("cidr")) for one in addresses if flag(one.get("optional"))),
        flag(dns.get("nodeLocal")),
        tuple(map(_bundled, mappings(data.get("brings")))),
        tuple(map(_identity, mappings(data.get("identity")))),
    )


def _numbers(value: object) -> tuple[int, ...]:
    return tuple(int(one) for one in texts(value) if one.isdigit())


def _identity(data: Mapping) -> Identity:
    return Identity(
        text(data.get("to")),
        texts(data.get("ports")),
        text(data.get("why")),
        text(data.get("account")),
        text(data.get("without")),
        flag(data.get("said")),
        flag(data.get("unopened")),
    )


def _bundled(data: Mapping) -> Bundled:
    return Bundled(
        text(data.get("component")),
        text(data.get("namespace")),
        text(data.get("workload")),
        text(data.get("kind")) or "Deployment",
        strings(data.get("labels")),
        tuple(mappings(data.get("when")) or filter(None, [mapping(data.get("when"))])),
        read_services(data.get("services")),
        mapping(data.get("values")),
        text(data.get("config")) or text(data.get("workload")),
        text(data.get("chart")) or text(data.get("config")) or text(data.get("workload")),
        text(data.get("each")),
    )


def find(name: str, table: Mapping) -> Distribution:
    """The distribution of that name in the index's table; UNKNOWN for none."""
    data = mapping(table.get(name))
    return read(mapping(table.get(text(data.get("sameAs")))) or data) if data else UNKNOWN


def api_ports(table: Mapping, usual: tuple[int, ...]) -> Iterator[tuple[str, int]]:
    """The distributions whose API server listens on another port than the usual ones, and that port."""
    for name, data in table.items():
        ports = _numbers(mapping(mapping(data).get("apiServer")).get("ports"))
        if ports and not {*ports} & {*usual}:
            yield name, ports[0]


def serving(table: Mapping) -> dict[str, list[str]]:
    """Of each Ingress class the distributions whose own it is: the default of a controller that they bring. A second
    class is one that others have as well (nginx), and tells nothing of where a cluster runs."""
    found: dict[str, list[str]] = {}
    for name, data in table.items():
        brought = (
            mapping(mapping(one.get("values")).get("ingressClasses")) for one in mappings(data.get("brings"))
        )
        for served in dict.fromkeys(text(classes.get("default")) for classes in brought):
            if served:
                found.setdefault(served, []).append(name)
    return found


class Recognised(NamedTuple):
    """A distribution that the input tells of. `sure`: by an object of a kind that no other has; `lone`: by objects of
    one namespace among others alone, which are its owner's word, and the platform's nowhere."""

    name: str = ""
    by: str = ""
    sure: bool = False
    lone: bool = False


_ASKING = ("In", "Exists")
_ASKED = (b"nodeSelector", b"nodeAffinity")
_KEYED = ("ServiceAccount", "Deployment", "StatefulSet", "DaemonSet", "CronJob", "Job")


def recognised(inventory: Inventory, table: Mapping) -> Recognised:
    """The one distribution that the input tells of; of two (the trees of several clusters) none, but of those that one
    namespace tells of alone the other."""
    found = {
        name: Recognised(name, str(one), sure=True)
        for name, data in table.items()
        if (one := next(_telling(inventory, data), None)) is not None
    }
    if not found:
        prefixes = {key: name for name, data in table.items() for key in texts(data.get("keys"))}
        written_so = [key.encode() for key in prefixes]
        for one in inventory.of(*_KEYED):
            # the text alone first: most objects ask for no nodes and most accounts for no identity
            if one.may_say(_ASKED if one.kind != "ServiceAccount" else written_so):
                for written in _keys(one):
                    for name in (name for key, name in prefixes.items() if written.startswith(key)):
                        found.setdefault(name, Recognised(name, str(one)))
    sure = (one for one in found.values() if one.sure)
    lone = {one.name for one in sure if _is_lone(inventory, mapping(table[one.name]))}
    told = [one for one in found.values() if one.name not in lone] or list(found.values())
    return told[0]._replace(lone=told[0].name in lone) if len(told) == 1 else Recognised()


def _is_lone(inventory: Inventory, data: Mapping) -> bool:
    """Whether what tells of a distribution stands in one namespace, which is not its own, beside others. Its own are
    those of what it brings, too."""
    places = {"" if one.kind in CLUSTER_SCOPED else one.namespace for one in _telling(inventory, data)}
    if len(places) > 1 or "" in places:
        return False
    owned = {*UNKNOWN.owns, *texts(data.get("owns"))}
    owned |= {text(one.get("namespace")) for one in mappings(data.get("brings"))}
    if any(fnmatchcase(place, one) for place in places for one in owned):
        return False
    return any(
        one.namespace not in ("", *places) for one in inventory.objects if one.kind not in CLUSTER_SCOPED
    )


def _telling(inventory: Inventory, data: Mapping) -> Iterator[Object]:
    for when in mappings(data.get("tells")):
        yield from agreeing(inventory, when)


def agreeing(inventory: Inventory, when: Mapping) -> Iterator[Object]:
    """The objects of the input that a condition asks for (`object`, `has` with `is` or `matches`)."""
    group, kind = group_kind(text(when.get("object")))
    path, word = when.get("has"), _word(when)
    said = word.encode()
    for one in inventory.of(kind, group=group or None):
        # A name is known unread, and of other fields the text alone comes first: most objects hold no such word.
        if path == "metadata.name":
            agree = word in one.name and at_any({"metadata": {"name": one.name}}, path, when)
        else:
            agree = not path or (one.may_say((said,)) and at_any(one.body, path, when))
        if agree:
            yield one


def _word(when: Mapping) -> str:
    """What stands in every object that a condition asks for: its word, or the beginning that its expression is."""
    begun = text(when.get("matches")).removeprefix("^")
    plain = all(sign.isalnum() or sign in "_/:-" for sign in begun)
    return text(when.get("is")) or (begun if plain else "")


def _keys(one: Object) -> Iterator[str]:
    """Keys by which an object asks for nodes, or an account for an identity. Charts for everywhere rule out nodes of
    several clouds (`NotIn`), which tells of none."""
    if one.kind == "ServiceAccount":
        yield from one.annotations
        return
    spec = pod_spec(one)
    yield from mapping(spec.get("nodeSelector"))
    wanted = at(spec, "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
    for term in mappings(mapping(wanted).get("nodeSelectorTerms")):
        asked = (each for each in mappings(term.get("matchExpressions")) if each.get("operator") in _ASKING)
        yield from (text(each.get("key")) for each in asked)
