"""The pods of a render beside what the product makes of the same release where nobody renders it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

import yaml
from cilium_policies.kube.labels import JOB_NAME, SERVICE_ACCOUNT
from cilium_policies.kube.objects import Object, at, mapping, strings
from cilium_policies.kube.pods import TASKS, pod_template
from cilium_policies.questions.record import NAMESPACE, RELEASE
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload

from tests.support import cluster, namespace

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_KINDS = frozenset(("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Pod"))


class Pod(NamedTuple):
    """A pod that the chart makes: its workload, where it runs, its labels and how the chart calls it as a hook."""

    kind: str
    name: str
    namespace: str
    labels: dict[str, str]
    hook: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}{' (hook)' if self.hook else ''}"


def pods(stream: str) -> Iterator[Pod]:
    """The pods of a render that a policy can select: none of the host's network, no tests, none of no replica."""
    for one in yaml.load_all(stream, Loader=_Loader):
        if not isinstance(one, dict) or one.get("kind") not in _KINDS:
            continue
        kind, about = one["kind"], mapping(one.get("metadata"))
        pod = mapping(pod_template(Object(one)))
        hook = str(mapping(about.get("annotations")).get("helm.sh/hook", ""))
        if at(pod, "spec", "hostNetwork") is True or "test" in hook:
            continue
        labels = {key: str(value) for key, value in mapping(at(pod, "metadata", "labels")).items()}
        if kind in TASKS:
            labels.setdefault(JOB_NAME, str(about.get("name")))
        account = at(pod, "spec", "serviceAccountName") or at(pod, "spec", "serviceAccount") or "default"
        labels[SERVICE_ACCOUNT] = str(account)
        yield Pod(kind, str(about.get("name")), str(about.get("namespace") or NAMESPACE), labels, hook)


def unrendered(chart: str, repository: str, values: Mapping[str, Any]) -> Cluster:
    """What the product knows of the release of a chart that nobody renders."""
    source: dict[str, Any] = {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "HelmRepository",
        "metadata": {"name": "charts", "namespace": NAMESPACE},
        "spec": {"url": repository},
    }
    wanted = {"spec": {"chart": chart, "sourceRef": {"kind": "HelmRepository", "name": "charts"}}}
    release = {
        "apiVersion": "helm.toolkit.fluxcd.io/v2",
        "kind": "HelmRelease",
        "metadata": {"name": RELEASE, "namespace": NAMESPACE},
        "spec": {"chart": wanted, "values": dict(values)},
    }
    return cluster(namespace(NAMESPACE), yaml.safe_dump(source), yaml.safe_dump(release))


def silent(made: Sequence[Pod], known: Cluster) -> list[Pod]:
    """The pods that no workload of the release selects and of which no line tells: neither by a part's name, nor as
    those of a chart that several publish."""
    if any(one.of_many for one in known.workloads):
        return []
    lines = [_plain(key) for maker in known.makers for key in maker.part.split(", ") if key]
    return [
        one
        for one in made
        if not any(selects(each, one) for each in known.workloads)
        and not any(key in _plain(f"{one.name} {' '.join(one.labels.values())}") for key in lines)
    ]


def selects(workload: Workload, pod: Pod) -> bool:
    """Whether a workload's selector takes a pod in."""
    # where its chart has it, whatever the release's
    beside = workload.namespace == pod.namespace or pod.namespace != NAMESPACE
    if not beside or not workload.selector or workload.host_network:
        return False
    wanted = strings(workload.selector).items()
    return all(
        key in pod.labels and fnmatchcase(pod.labels[key], value) for key, value in wanted
    ) and not any(key in pod.labels for key in workload.absent)


def _plain(name: str) -> str:
    return "".join(filter(str.isalnum, name.lower()))
