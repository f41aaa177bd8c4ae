"""What a `fleet.yaml` says for one cluster: its options with those of the target customizations that fit it.

Selectors look at the labels of Cluster objects, which stand in Rancher's own cluster and in few repositories: which
cluster is meant is said with `--cluster`, by a target's name or, as `fleet test --label` takes them, by labels.
rancher/fleet: internal/cmd/controller/options, internal/cmd/controller/target
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from cilium_policies.builds.addresses import path_shown
from cilium_policies.builds.expressions import evaluated, word
from cilium_policies.builds.kustomization import Fields
from cilium_policies.document.finding import refused
from cilium_policies.kube.objects import at, mapping, mappings, sequence, strings, with_texts
from cilium_policies.kube.selectors import selects
from cilium_policies.lean import Any, NamedTuple
from cilium_policies.workloads.releases.values import merge

_ALL = "AllMatches"
_LABEL = "global.fleet.clusterLabels."
_WORDS = ("namespace", "defaultNamespace")
_TAKEN = ("repo", "chart", "version", "releaseName")


class Cluster(NamedTuple):
    """What is known of the cluster that is asked for; `target` is the customization that names it, "" where labels
    do."""

    target: str = ""
    name: str = ""
    group: str = ""
    labels: Mapping[str, str] = {}
    group_labels: Mapping[str, str] = {}


def customizations(spec: Fields) -> list[Fields]:
    """The targets of a `fleet.yaml`, in order."""
    return [*mappings(spec.get("targets")), *mappings(spec.get("targetCustomizations"))]


def title(custom: Fields) -> str:
    """What a customization is asked for by: its name, else what it selects."""
    labels = strings(at(custom, "clusterSelector", "matchLabels"))
    said = [custom.get("name"), custom.get("clusterName"), custom.get("clusterGroup")]
    said.append(",".join(f"{key}={value}" for key, value in labels.items()))
    return str(next(filter(None, said), ""))


def chosen(specs: Iterable[Fields], asked: str) -> Cluster:
    """The cluster that `--cluster` names. Raises RefusedError where it has to, and where it names none."""
    found = [one for spec in specs for one in customizations(spec)]
    if "=" in asked:
        pairs = (pair.partition("=") for pair in asked.split(","))
        return Cluster(labels={key.strip(): value.strip() for key, _, value in pairs})
    known = dict.fromkeys(filter(None, map(title, found)))
    choices = f"name one: {', '.join(f'--cluster {path_shown(one)}' for one in known)}"
    labels = "or the cluster's labels: --cluster env=prod,region=eu"
    if not asked:
        if known:
            raise refused(f"what Fleet applies here differs for {len(known)} targets", f"{choices}, {labels}")
        return Cluster()
    same = [
        one
        for one in found
        if asked in (title(one), str(one.get("clusterName")), str(one.get("clusterGroup")))
    ]
    if not same:
        raise refused(
            f"--cluster {asked}: no fleet.yaml here has such a target",
            f"{choices}, {labels}" if known else labels,
        )
    made = Cluster(asked, labels={}, group_labels={})
    for one in same:
        made = made._replace(
            name=made.name or str(one.get("clusterName") or ""),
            group=made.group or str(one.get("clusterGroup") or ""),
            labels={**strings(at(one, "clusterSelector", "matchLabels")), **made.labels},
            group_labels={**strings(at(one, "clusterGroupSelector", "matchLabels")), **made.group_labels},
        )
    return made


def with_files(spec: Fields, read: Callable[[str], Fields]) -> Fields:
    """A `fleet.yaml` whose values files are laid over the values beside them, as Fleet does when it makes a bundle. At
    the top it reads them only for a chart that is named there. Raises what `read` raises."""
    helm = mapping(spec.get("helm"))
    made = {**spec, "helm": _with_files(helm, read)} if helm.get("chart") or helm.get("repo") else dict(spec)
    for key in ("targets", "targetCustomizations"):
        if targets := mappings(spec.get(key)):
            made[key] = [
                {**one, "helm": _with_files(mapping(one["helm"]), read)} if one.get("helm") else one
                for one in targets
            ]
    return made


def _with_files(helm: Fields, read: Callable[[str], Fields]) -> Fields:
    values = mapping(helm.get("values"))
    for name in sequence(helm.get("valuesFiles")):
        values = merge(values, read(str(name)))
    return {**helm, "values": values}


def for_cluster(spec: Fields, cluster: Cluster) -> Fields | None:
    """The options of a `fleet.yaml` for a cluster; None where nothing of it is applied there."""
    limits = spec.get("overrideTargets")
    if isinstance(limits, list) and not any(_matches(one, cluster) for one in mappings(limits)):
        return None
    matching = [one for one in customizations(spec) if _matches(one, cluster)]
    if spec.get("targetCustomizationMode") != _ALL:
        named = [one for one in matching if cluster.target and title(one) == cluster.target]
        matching = (named or matching)[:1]
    made = spec
    for one in matching:
        if one.get("doNotDeploy") is True:
            return None
        made = _over(made, one)
    return made


def _matches(one: Fields, cluster: Cluster) -> bool:
    """Whether a target is this cluster's: all that it asks for holds, and it asks for something."""
    name = one.get("clusterName")
    asked = [
        (name, name in (cluster.name, cluster.labels.get("management.cattle.io/cluster-display-name"))),
        (one.get("clusterGroup"), one.get("clusterGroup") == cluster.group),
        (
            one.get("clusterGroupSelector"),
            selects(one.get("clusterGroupSelector"), dict(cluster.group_labels)),
        ),
        (one.get("clusterSelector"), selects(one.get("clusterSelector"), dict(cluster.labels))),
    ]
    held = [holds for value, holds in asked if value not in (None, "")]
    named = bool(cluster.target) and title(one) == cluster.target
    return bool(held) and (named or all(held))


def _over(base: Fields, custom: Fields) -> Fields:
    """Options with a customization laid over them."""
    made = {**base, **{key: custom[key] for key in _WORDS if custom.get(key)}}
    if folder := at(custom, "kustomize", "dir"):
        made["kustomize"] = {"dir": folder}
    overlays = [*sequence(at(base, "yaml", "overlays")), *sequence(at(custom, "yaml", "overlays"))]
    if overlays:
        made["yaml"] = {"overlays": overlays}
    own, over = mapping(base.get("helm")), mapping(custom.get("helm"))
    if over:
        made["helm"] = {
            **own,
            **{key: over[key] for key in _TAKEN if over.get(key)},
            "values": merge(mapping(own.get("values")), mapping(over.get("values"))),
            "templateValues": {**mapping(own.get("templateValues")), **mapping(over.get("templateValues"))},
            "valuesFrom": [*sequence(own.get("valuesFrom")), *sequence(over.get("valuesFrom"))],
            "disablePreProcess": own.get("disablePreProcess") or over.get("disablePreProcess"),
        }
    return made


def filled(helm: Fields, cluster: Cluster) -> tuple[Fields, list[str]]:
    """A release's values with what is known of the cluster in them, and the expressions of which nothing is known: they
    stay, as `${NAME}`."""
    left: list[str] = []

    def known(text: str) -> str:
        unset: list[str] = []

        def field(path: str) -> Any:
            fields = {"ClusterName": cluster.name or None, "ClusterLabels": cluster.labels}
            value = at(fields, *path.split("."))
            if value is None:  # the cluster may have it all the same, so that no default takes its place
                unset.append(path)
            return value

        value = evaluated(text, field)
        if value is not None and not unset:
            return word(value)
        names = re.findall(r"\.(\w+)(?![\w.])", text) or re.findall(r"\w+", text)
        left.append(f"${{{text}}}")
        return f"${{{names[0]}}}" if names else f"${{{text}}}"

    def change(text: str) -> str:
        if text.startswith(_LABEL):
            label = text.removeprefix(_LABEL)
            if label in cluster.labels:
                return cluster.labels[label]
            left.append(text)
            return f"${{{label}}}"
        if helm.get("disablePreProcess") is True or "${" not in text:
            return text
        return re.sub(r"\$\{([^{}]*)\}", lambda found: known(found[1].strip()), text)

    return with_texts(mapping(helm.get("values")), change, keys=True), left
