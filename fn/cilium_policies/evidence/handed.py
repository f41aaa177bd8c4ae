"""Configuration that an operator's own settings have all pods of its objects read (the catalogue's `toldBy`), and
whose word that is: not anybody's who gives a pod the label and the image of the operator. Also what programs of the
same namespace hand to a server, what the Secrets of a pod's ServiceAccount say (`account`), and the registries that
hold the images of other pods (`pulls`)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from cilium_policies.catalogue.flows import texts
from cilium_policies.catalogue.recognise import is_image, repository_of
from cilium_policies.evidence.host_keys import is_host_key
from cilium_policies.evidence.object_texts import IMAGES_OF_PODS, entries_of
from cilium_policies.evidence.served_ports import led_to
from cilium_policies.kube.objects import Mapping, Object, flag, mappings, strings, text, walk_strings
from cilium_policies.kube.registries import names_publishers, parted
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Text, Workload


def operators(cluster: Cluster, workload: Workload, component: str) -> list[Workload]:
    """The operators that may set up these pods: those of which a role, a release or the namespace proves it; where the
    input shows none of them, those whose label and image say so."""
    group = workload.source.group if workload.source is not None else ""
    found = cluster.recognised.get(component, [])
    proven = [one for one in found if cluster.is_proven(one, workload.namespace, group)]
    return proven or [one for one in found if cluster.acts_for(one, workload.namespace, group)]


def places(
    cluster: Cluster, workload: Workload, told: Iterable[Workload], row: Mapping
) -> Iterator[tuple[str, str]]:
    """Namespace and name of the ConfigMap or Secret in settings (`KEY: NAMESPACE/NAME`) of these operators, also in
    those of objects beside them."""
    key, near = text(row.get("key")), {one.namespace for one in told}
    if not key:
        return
    said = [(found.key, found.value) for one in told for found in one.texts]
    for one in cluster.inventory.of(text(row.get("kind")), group=text(row.get("group")) or None):
        held = walk_strings(one.body) if one.namespace in near else ()
        said += ((path.rpartition(".")[2], value) for path, value in held)
    line = rf"(?m)^[ \t]*{re.escape(key)}[\"']?[ \t]*[:=][ \t]*[\"']?([\w./-]+)"
    for name, value in said:
        for place in [value] if name == key else re.findall(line, value):
            namespace, _, last = place.strip().rpartition("/")
            yield namespace or workload.namespace, last


def names(cluster: Cluster, client: Workload, server: Workload) -> bool:
    """Whether the configuration of a program names a Service of these pods, or of those of the same object or of the
    same program's release: what a frontend is told a backend does."""
    if server.source is not None and not server.rendered:
        made = cluster.made_from(server.source)
        called = {each.name for one in made for each in cluster.services_for(one)}
    elif server.release:
        called = _called(cluster, server.namespace, server.release, server.component)
    else:
        called = {each.name for each in cluster.services_for(server)}
    if not called:
        return False
    found = re.compile(rf"(?<![\w.-])(?:{'|'.join(map(re.escape, sorted(called)))})(?![\w-])").search
    return any(found(one.value) for one in client.texts)


@lru_cache(maxsize=1024)
def _called(cluster: Cluster, namespace: str, release: str, component: str) -> set[str]:
    """The names of the Services before the pods of one component of a release."""
    beside = cluster.in_namespace(namespace)
    made = [one for one in beside if (one.release, one.component) == (release, component)]
    return {each.name for one in made for each in cluster.services_for(one)}


def of_programs(
    cluster: Cluster, workload: Workload, row: Mapping, named: Callable[[Workload], Iterator[Text]]
) -> Iterator[Text]:
    """Files of the programs that set up this one through its API, and variables of their Jobs: a realm, a
    repository's settings, the database of a site. `named`: what the values of a release name beside its texts."""
    images, files = texts(row["handedBy"]), re.compile(text(row.get("handsOn")) or r"\.")
    fields = texts(row.get("fields"))
    handing = [one for one in _running(cluster, workload.namespace, images) if one is not workload]
    if handing and flag(row.get("named")):
        handing = [one for one in handing if names(cluster, one, workload)]
    for one in handing:
        held = (*one.texts, *named(one))
        handed = (found for found in held if found.kind == "entry" and files.search(found.key))
        if fields:
            lines = re.compile(rf"(?m)^[ \t-]*(?:{'|'.join(map(re.escape, fields))})[ \t]*:[ \t].*").findall
            handed = (found._replace(value="\n".join(lines(found.value))) for found in handed)
        yield from (found for found in handed if found.value)
        if one.kind == "Job" and not fields:
            told = (f"{found.key}={found.value}" for found in one.texts if found.kind == "env")
            yield Text("entry", "job.env", "\n".join(told), one.source, "env")


@lru_cache(maxsize=1024)
def _running(cluster: Cluster, namespace: str, images: tuple[str, ...]) -> tuple[Workload, ...]:
    """The workloads of a namespace that run one of these images; those of a release whose pods nothing shows run
    what the catalogue knows of them."""
    return tuple(one for one in cluster.in_namespace(namespace) if _runs(cluster, one, images))


def _runs(cluster: Cluster, one: Workload, images: tuple[str, ...]) -> bool:
    known = cluster.components.get(one.component) if not (one.images or one.rendered) else None
    run = known.images if known is not None else map(repository_of, one.images)
    return any(is_image(each, end) for each in run for end in images)


def of_account(cluster: Cluster, workload: Workload, row: Mapping) -> Iterator[Text]:
    """The annotations that a row of the catalogue names, of the Secrets that the pods' ServiceAccount lists."""
    annotations = texts(row.get("account"))
    if not annotations:
        return
    account = cluster.inventory.get("ServiceAccount", workload.namespace, workload.service_account)
    for one in mappings(account.body.get("secrets")) if account is not None else ():
        secret = cluster.inventory.get("Secret", workload.namespace, text(one.get("name")))
        told = secret.annotations if secret is not None else {}
        for key in annotations:
            if value := told.get(key, ""):
                yield Text("entry", key, value, secret, f"metadata.annotations.{key}")


def of_map(shown: Object, option: str) -> Iterator[Text]:
    """A ConfigMap that an option of a controller names: its entries, and hosts and ports that stand in its keys beside
    each other (`syslog-host`, `syslog-port`), as lines of one text."""
    for key, value in entries_of(shown):
        yield Text("entry", key, led_to(value, "udp" in option.lower()), shown, key)
    told = ((key, value) for key, value in strings(shown.body.get("data")).items() if "\n" not in value)
    lines = [f"{key}: {value}" for key, value in told if is_host_key(key) or key.endswith("-port")]
    if lines:
        yield Text("entry", "controller.yaml", "\n".join(lines), shown, "data")


def of_images(cluster: Cluster, row: Mapping) -> Iterator[Text]:
    """The registries of a company's own that hold the images of pods, of which an image, a variable or an annotation
    matches: who looks into images asks them. Public ones every entry of such a program knows."""
    sought = re.compile(text(row["pulls"])).search
    met: set[str] = set()
    for one in sorted(cluster.workloads, key=lambda one: one.key):
        notes = (f"{key}={value}" for key, value in one.annotations.items())
        said = (*one.images, *notes, *(found.value for found in one.texts))
        hosts = {host for image in one.images if not names_publishers(host := parted(image)[0])} - met
        if hosts and one.source is not None and any(map(sought, said)):
            met |= hosts
            for host in sorted(hosts):
                yield Text("field", "endpoint", f"https://{host}", one.source, IMAGES_OF_PODS)
