"""What the catalogue's conditions are asked of: one workload, its texts, and the objects around it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from cilium_policies.catalogue.conditions import NO, holds
from cilium_policies.catalogue.flows import When
from cilium_policies.evidence.object_texts import named
from cilium_policies.generate.roles import Roles
from cilium_policies.kube.objects import Mapping, flag, key_values, walk_strings
from cilium_policies.kube.pods import mounted, pod_spec
from cilium_policies.kube.secret_writers import templates
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.configs import named_by_values
from cilium_policies.workloads.model import Workload

# Fields by which operators' objects have their pods scraped: the operator makes the monitor, which no manifest shows.
_SCRAPED = (
    r"(?i)\.((service|pod)?monitor(s|ing)?|metrics)\.(enabled?|create)$"
    r"|\.enable_?(pod_?monitor|service_?monitor|monitoring|metrics)$"
)

# Values by which pods listen on their node: `hostPort`, `ports.web.hostPort`, `daemonset.useHostPort`, `hostNetwork`.
_ON_NODE = r"(?i)host_?(port|network)"
# Blocks of values that a chart writes as they stand into its program's file.
_FILE = r"(?:^|\.)(?:config|(?:custom|structured|alternate)Config)\.(.+)\."
_SETTING = r"(?m)^[ \t-]{0,99}([A-Za-z_][\w.-]{0,99}):(?=[ \t]{0,99}(?:$|[\[{]))"


def _settings(document: str) -> str:
    """The names of a document's blocks, and nothing of what stands in them: it is a Secret's."""
    return "\n".join(f"{name}:" for name in re.findall(_SETTING, document))


def _file_blocks(workload: Workload) -> str:
    """The names of the blocks of a file that a release's values hold: its readers look for them as for a text's."""
    found = (re.search(_FILE, one.field) for one in workload.texts if one.kind == "value")
    names = dict.fromkeys(name for one in found if one for name in one[1].split("."))
    return "\n".join(f"{name.partition('[')[0]}:" for name in names)


def _secrets(workload: Workload) -> Iterator[str]:
    """The names of what may be the Secrets that hold the configuration of pods."""
    if workload.source is None:
        return
    if workload.rendered:
        yield from (name for (kind, name), _ in mounted(pod_spec(workload.source)) if kind == "Secret")
    elif workload.chart:
        yield from named_by_values(workload)
    else:
        yield from (workload.name, *named(workload.source.spec))


def is_inside(workload: Workload, cluster: Cluster) -> bool:
    """Whether the input shows the Services before these pods and none is published."""
    before = cluster.services_for(workload)
    return bool(before) and not any(one.is_published for one in before)


def keeps_inside(workload: Workload, cluster: Cluster, when: When) -> bool:
    """The same of a release that nobody rendered: its chart's Services are known, and neither they nor a port of the
    node that its values speak of let the outside in. A type that the Services do not take from these values is said
    (generate/published.py), as is what hidden values may hold. An entry's own condition says which values let it in: a
    port of the node that a chart has on by default."""
    if (
        isinstance(when, (dict, list))
        or workload.rendered
        or not workload.chart
        or not is_inside(workload, cluster)
    ):
        return False
    return not any(
        found.kind == "value" and found.value not in NO and re.search(_ON_NODE, found.field)
        for found in workload.texts
    )


class WorkloadFacts:
    """What the conditions of the catalogue ask about one workload (catalogue.conditions.Facts)."""

    def __init__(self, workload: Workload, cluster: Cluster, roles: Roles) -> None:
        self._workload = workload
        self._cluster = cluster
        self._roles = roles
        self.distribution = cluster.settings.distribution
        self.replicas = workload.replicas
        self.answers = roles.answers
        self._strangers: set[str] | None = (
            set()
        )  # whose word was heard beside its own; None: it hears none of them

    def word(self, when: When, peer: str) -> str | None:
        """On whose word a condition holds: "" where its own namespace's and the platform's are enough, else another
        namespace; None: it does not hold. What others write takes nothing from it."""
        heard: set[str] = set()
        self._strangers = heard
        on = holds(when, self, peer)
        if not heard:
            return "" if on else None
        self._strangers = None
        alone = holds(when, self, peer)
        self._strangers = heard
        return "" if alone else min(heard) if on else None

    @property
    def values(self) -> Mapping:
        return self._workload.values

    @property
    def body(self) -> Mapping:
        source = self._workload.source
        return source.body if source is not None and not self._workload.rendered else {}

    @property
    def bodies(self) -> tuple[Mapping, ...]:
        return (self.body, *(one.body for one in self._workload.beside)) if self.body else ()

    def secret(self, namespace: str, name: str) -> Mapping:
        one = self._cluster.inventory.get("Secret", namespace, name)
        if one is not None:
            return dict(key_values(one))
        writer = self._cluster.inventory.secret_writer(namespace, name)
        return dict(templates(writer, namespace, name)) if writer is not None else {}

    def account(self, annotations: tuple[str, ...]) -> Iterator[str]:
        from cilium_policies.evidence.handed import of_account  # few entries ask

        row = {"account": list(annotations)}
        return (one.value for one in of_account(self._cluster, self._workload, row))

    @property
    def is_scraped(self) -> bool:
        """Whether the custom resource that made the pods asks for a monitor of them."""
        made = (
            {} if self._workload.chart else self.body
        )  # the values of a release speak of several kinds of pods
        return any(re.search(_SCRAPED, f".{path}") and flag(value) for path, value in walk_strings(made))

    @property
    def args(self) -> Iterator[str]:
        for one in self._workload.texts:
            if one.is_arguments:
                yield from one.value.split("\n")

    @property
    def env(self) -> Iterator[tuple[str, str]]:
        return ((one.key, one.value) for one in self._workload.texts if one.key)

    @property
    def texts(self) -> Iterator[str]:
        yield from (one.value for one in self._workload.texts)
        yield from self._blocks

    @cached_property
    def _blocks(self) -> tuple[str, ...]:
        """The names of the blocks in Secrets that pods mount, or that an operator's object or a release's values give
        them; every condition asks again."""
        workload = self._workload
        names = dict.fromkeys(_secrets(workload))
        secrets = (self._cluster.inventory.get("Secret", workload.namespace, name) for name in names)
        told = [_settings(told) for secret in secrets if secret is not None for _, told in key_values(secret)]
        return (*told, _file_blocks(workload)) if workload.chart and not workload.rendered else tuple(told)

    def objects(self, group: str, kind: str) -> Iterator[Mapping]:
        return (one.body for one in self._cluster.inventory.of(kind, group=group or None))

    def placed(self, group: str, kind: str) -> Iterator[tuple[str, Mapping]]:
        found = self._cluster.inventory.of(kind, group=group or None)
        return ((one.asked_by or one.namespace, one.body) for one in found)

    def hears(self, spaces: set[str], _group: str) -> bool:
        if any(space in ("", self._workload.namespace) for space in spaces):
            return True
        if self._strangers is None:
            return False
        self._strangers.update(spaces)
        return True

    def called_so(self, component: str) -> bool:
        return self._roles.present(component)

    def present(self, component: str) -> bool:
        """A label alone, or an image, of another namespace changes nothing for this one; both are its word."""
        found = self._roles.component(component)
        if any(not one.by_marks for one in found):
            return True
        here = self._workload.namespace
        spaces = {one.namespace for one in found if one.namespace == here or (one.by_label and one.by_image)}
        return bool(spaces) and self.hears(spaces, "")
