"""Workloads that use a cloud's API: their service account asks for an identity there, or env, arguments and URLs name
the cloud. It opens that API (internet, 443) and nothing else; where the identity itself is fetched in another way
(an agent on the node, a metadata server) the distribution says so.

`AWS_REGION` or `s3://bucket` is as common with an object store of the cluster's own: where a setting names the
endpoint to call, that address is the evidence, and these words are none.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from cilium_policies.catalogue.clouds import Cloud
from cilium_policies.catalogue.distributions import Identity
from cilium_policies.catalogue.parts import parse_port
from cilium_policies.evidence.edge import Edge, Evidence, InternetPeer, WorkloadPeer
from cilium_policies.evidence.ends import HOST, cidr
from cilium_policies.evidence.given import Given
from cilium_policies.evidence.not_read import is_others, owns
from cilium_policies.evidence.reasons import Reason
from cilium_policies.evidence.signs import holds
from cilium_policies.evidence.trust import is_value, is_variable
from cilium_policies.kube.objects import Mapping, Object, mapping, mappings, sequence, strings, text
from cilium_policies.kube.pods import containers, pod_spec
from cilium_policies.kube.ports import Port
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Text, Workload

Keys = dict[str, Object | Workload]
_API = (Port(443),)
_DRIVER = "secrets-store.csi.k8s.io"
# `sleep infinity`, `sh -c "while true; do sleep 3600; done"`, `tail -f /dev/null`
_WAITS = (
    r"(?:(?:/bin/)?(?:ba)?sh -e?c )?(?:exec )?"
    r"(?:(?:/bin/)?sleep \w{1,12}|tail -f /dev/null|while (?:true|:); ?do sleep \w{1,12}; ?done);?"
)


def edges(cluster: Cluster, given: Given) -> Iterator[Edge]:
    """One edge a workload and cloud, and those by which it gets its identity."""
    shared = Counter((one.namespace, one.service_account) for one in cluster.workloads)
    asked = _asked(cluster, given.clouds)
    sought = [key.encode() for key in sorted(asked)]
    schemes = tuple(scheme for one in given.clouds for scheme in one.schemes)
    variables = frozenset[str]().union(*(one.env for one in given.clouds))
    words = frozenset[str]().union(*(one.args for one in given.clouds))
    flags = tuple(flag for one in given.clouds for flag in one.flags)
    for workload in cluster.workloads:
        if workload.host_network:
            continue
        keys = _account_keys(cluster, workload, sought)
        if asked.isdisjoint(keys) or _is_for_another(workload, given, shared) or _only_sleeps(workload):
            keys = {}  # most ask for nothing
        by_scheme = workload.may_say(schemes)
        telling = [
            one
            for one in workload.texts
            if one.key in variables
            or (by_scheme and holds(one.value, schemes))
            or (one.is_arguments and _says(one.value, words, flags))
        ]  # worth a look for each cloud: most variables are not
        if not (keys or telling or workload.component in given.cloud_users):
            continue
        beside = cluster.made_from(workload.source)
        if telling and len(beside) > 1:
            telling = [one for one in telling if not _is_of_another(workload, one, beside, given)]
        said = _said(cluster, workload, given) if telling else ()
        for cloud in given.clouds:
            evidence = _evidence(workload, keys, telling, said, cloud)
            if (
                evidence is None
                and workload.by_label
                and workload.by_image
                and cloud.name in given.cloud_users.get(workload.component, ())
            ):
                evidence = Evidence("catalogue", workload, component=workload.component)
            if evidence is not None:
                yield from _edges(cluster, given, workload, cloud, keys, evidence)


def _is_for_another(workload: Workload, given: Given, shared: Counter[tuple[str, str]]) -> bool:
    """Whether the identity of an account that several workloads share is not for this one: its entry states whom it
    calls, and nobody outside (the caches of a log store)."""
    told = workload.by_label and workload.by_image and workload.component in given.inward
    return told and shared[workload.namespace, workload.service_account] > 1


def _is_of_another(workload: Workload, found: Text, beside: list[Workload], given: Given) -> bool:
    """Whether a value or field of the object that made several workloads is for others of them: the catalogue says
    which call what stands there (where a release's volumes are backed up to), others of this component, or others
    where this one's entry states whom it calls, and nobody outside."""
    if not is_value(found) or owns(workload, found.field, given.reads):
        return False
    if workload.component not in given.inward:
        return is_others(workload, found.source, found.field, given.reads)
    return any(owns(one, found.field, given.reads) for one in beside)


def _only_sleeps(workload: Workload) -> bool:
    """Whether all that a pod does is to mount secrets of a vault and wait, so that they become Secrets for others: the
    driver's provider on the node asks the cloud with the pod's account, and the pod asks nobody
    (kubernetes-sigs/secrets-store-csi-driver: "Sync as Kubernetes Secret")."""
    spec = pod_spec(workload.source) if workload.rendered else {}
    mounts = any(
        text(mapping(one.get("csi")).get("driver")) == _DRIVER for one in mappings(spec.get("volumes"))
    )
    return mounts and all(map(_sleeps, containers(spec)))


def _sleeps(container: Mapping) -> bool:
    words = [text(one) for key in ("command", "args") for one in sequence(container.get(key))]
    return re.fullmatch(_WAITS, " ".join(words).strip()) is not None


def _edges(
    cluster: Cluster, given: Given, workload: Workload, cloud: Cloud, keys: Keys, evidence: Evidence
) -> Iterator[Edge]:
    own, privately = WorkloadPeer(workload), Reason("calls-cloud-privately", (cloud.name,))
    # Endpoints of partitions and companies are called otherwise, so these names are no whole answer.
    for name in cloud.names if cluster.settings.fqdn == "all" else ("",):
        yield Edge(own, InternetPeer(name), _API, Reason("calls-cloud", (cloud.name,)), evidence)
    for block in given.private:
        yield Edge(own, cidr(block), _API, privately, evidence)
    settings = cluster.settings
    if settings.platform.cloud != cloud.name:
        return
    hidden = settings.said and _is_hidden_user(cluster, workload, given.cloud_users)
    for one in settings.platform.identity:
        known = {**keys, one.account: workload} if hidden and one.account else keys
        if _applies(one, known, said=settings.said):
            ports = tuple(port for each in one.ports if (port := parse_port(each)))
            peer = cidr(one.to[5:]) if one.to.startswith("cidr:") else HOST
            yield Edge(own, peer, ports, Reason("cloud-identity", (one.to,), one.why), evidence)


def withheld(cluster: Cluster, users: Mapping) -> Iterator[tuple[Workload, Identity]]:
    """Workloads that fetch an identity at an address which is opened by the user's word only, each with the first such
    address: their account or labels ask for it, or no account is shown and the catalogue knows them to call this cloud
    (`users`, as `Given.cloud_users`)."""
    settings = cluster.settings
    yield from _of_nodes(cluster, users)
    rows = [one for one in settings.platform.identity if one.said and one.account]
    if settings.said or not rows:
        return
    for workload in cluster.workloads:
        if not workload.host_network:
            keys = _account_keys(cluster, workload, [one.account.encode() for one in rows])
            if _is_hidden_user(cluster, workload, users):
                keys |= dict.fromkeys((one.account for one in rows), workload)
            asked = next((one for one in rows if _applies(one, keys, said=True)), None)
            if asked is not None:
                yield workload, asked


def _of_nodes(cluster: Cluster, users: Mapping) -> Iterator[tuple[Workload, Identity]]:
    """Workloads that the catalogue knows to call the platform's cloud, whose account shows no role of their own there:
    they have it by another way, or the role of their node."""
    platform = cluster.settings.platform
    row = next((one for one in platform.identity if one.unopened), None)
    if row is None:
        return
    for workload in cluster.workloads:
        known = platform.cloud in users.get(workload.component, ()) and not workload.host_network
        if known and row.without not in _account_keys(cluster, workload, [row.without.encode()]):
            yield workload, row


def _is_hidden_user(cluster: Cluster, workload: Workload, users: Mapping) -> bool:
    """Whether pods that an operator makes call the platform's cloud, by an account that the operator makes as well."""
    source = workload.source
    made = source is not None and not workload.rendered and source.kind not in ("HelmRelease", "Application")
    if not made or cluster.settings.platform.cloud not in users.get(workload.component, ()):
        return False
    return cluster.inventory.get("ServiceAccount", workload.namespace, workload.service_account) is None


def _applies(one: Identity, keys: Keys, *, said: bool) -> bool:
    """Whether a pod with these keys at its account gets its identity so."""
    if one.unopened or (one.said and not said):
        return False
    return (not one.account or one.account in keys) and (not one.without or one.without not in keys)


def _asked(cluster: Cluster, clouds: Iterable[Cloud]) -> set[str]:
    """The keys that are asked for at accounts and pods."""
    keys = {key for cloud in clouds for key in (*cloud.accounts, *cloud.pods)}
    keys.update(key for one in cluster.settings.platform.identity for key in (one.account, one.without))
    return keys - {""}


def _account_keys(cluster: Cluster, workload: Workload, sought: Iterable[bytes]) -> Keys:
    """Keys of the account's annotations (told by the chart's values where it is not shown) and of the pods' labels,
    each with the object it stands in. An account whose text holds none of the keys that are `sought` is not read."""
    account = cluster.inventory.get("ServiceAccount", workload.namespace, workload.service_account)
    told = account is not None and account.may_say(sought)
    found: Keys = dict.fromkeys(account.annotations, account) if account is not None and told else {}
    if not workload.rendered:
        found |= dict.fromkeys(_annotations(workload.values), workload)
    return found | dict.fromkeys(workload.labels, workload)


def _annotations(values: Mapping, depth: int = 0) -> Iterator[str]:
    """Keys of `serviceAccount.annotations`, wherever it stands in a chart's values."""
    for key, value in values.items():
        if isinstance(value, dict) and depth < 8:
            if key == "annotations":
                yield from strings(value)
            else:
                yield from _annotations(value, depth + 1)


def _said(cluster: Cluster, workload: Workload, given: Given) -> Iterable[Text]:
    """All that a workload is told, the Secrets of its ServiceAccount included where its entry reads them."""
    rows = [row for row in given.reads.get(workload.component, ()) if "account" in row]
    if not rows:
        return workload.texts
    from cilium_policies.evidence.handed import of_account  # few entries read them

    return [*workload.texts, *(one for row in rows for one in of_account(cluster, workload, row))]


def _evidence(
    workload: Workload, keys: Keys, telling: Iterable[Text], said: Iterable[Text], cloud: Cloud
) -> Evidence | None:
    """Where it stands that this workload uses the cloud; None: nowhere. `telling`: its texts that may name one;
    `said`: all that it is told, where the endpoint may stand that it calls in the cloud's place."""
    for key in (*cloud.accounts, *cloud.pods):
        if key in keys:
            return Evidence("identity", keys[key], key)
    named = next((one for one in telling if _names(one, cloud)), None)
    if named is None or any(
        one.value
        and (re.search(cloud.endpoints, one.key[:256]) or re.search(cloud.endpoints, one.field[-256:]))
        for one in said
    ):
        return None
    return Evidence("identity", workload, text=named.without_value())


def _names(found: Text, cloud: Cloud) -> bool:
    if found.key in cloud.env and is_variable(found):
        return True
    if found.is_arguments and _says(found.value, cloud.args, cloud.flags):
        return True
    if "://" not in found.value:
        return False
    return any(_called(found.value, one) for one in cloud.schemes if one in found.value)


def _says(value: str, words: frozenset[str], flags: tuple[str, ...]) -> bool:
    """Whether one of these words stands in a text, or one that begins so."""
    said = value.split()
    if not words.isdisjoint(said):
        return True
    for word in said:  # noqa: SIM110 (`any` over a generator takes three times as long)
        if word.startswith(flags):
            return True
    return False


def _called(value: str, scheme: str) -> bool:
    """Whether a URL of the scheme stands in a line that is no comment."""
    pattern = rf"(?<![\w+.-]){scheme}[A-Za-z0-9$]"
    return any(
        re.search(pattern, line) and not line.lstrip().startswith(("#", "//", ";"))
        for line in value.split("\n")
    )
