"""The scalars of Helm values as configuration texts, in which addresses of peers may stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from cilium_policies.catalogue.conditions import chart_makes
from cilium_policies.catalogue.model import ChartEntry
from cilium_policies.kube.objects import Object, mapping, mappings
from cilium_policies.lean import Any
from cilium_policies.workloads.model import Text
from cilium_policies.workloads.releases.release import Release
from cilium_policies.workloads.releases.values import read

# Blocks that say nothing of whom the pods call: where images come from, how others call the pods, what
# people see, and what other objects the chart writes.
_SKIPPED = frozenset(
    """
    ingress ingresses hostname hostnames affinity tolerations nodeselector topologyspreadconstraints resources
    description externalurl homepage
    """.split()  # noqa: SIM905
)
_OF_IMAGES = ("imagepull", "imageregistry", "imagerepository", "imagetag", "imagecredentials", "images")
_EXTRA_ARGUMENTS = "extraargs"  # a mapping of flags, in many charts
_COMMAND = "command"  # of a container; what stands in `args` is told by its flags
_NAMES = ("name", "setting")  # beside a `value`
# Lists of `NAME=value`, and of `name = value`, by their last word
_ENVIRONMENTS, _VARIABLE = ("env", "envs", "environment", "vars", "variables"), r"(?s)([A-Z][A-Z0-9_]*)=(.*)"
_PROPERTIES, _PROPERTY = ("properties",), r"([\w.\-]+) ?= ?(.*)"
_SKIPPED_ENDS = ("annotations", "labels", "image", "route", "routes", "rules", "rulesmap", "dashboard", "dashboards",
                 "crd", "crds", "icon")  # fmt: skip
_ADVERTISED = "advertise"  # `advertiseRoutes`: networks that a router of a VPN forwards to
# Jobs of a Prometheus, and what in one says which pods and nodes it finds
_JOBS, _FINDS, _KEEPS, _FOUND_BY = (
    "scrape_configs",
    "kubernetes_sd_configs",
    "relabel_configs",
    ("role", "namespaces"),
)
_MORE_JOBS = "additionalScrapeConfigs"  # of kube-prometheus-stack, beside those of its operator


def texts(release: Release, prefix: str, without: list[str]) -> tuple[Text, ...]:
    """Every scalar below a path of the release's values, but for those below the paths in `without`.

    `{name: X, value: Y}` becomes the text Y with key X, as environment lists write it."""
    found = _walk(read(release.values, prefix), prefix, set(without))
    return tuple(Text("value", key, value, release.source, path) for path, key, value in found)


def blocks_of_others(release: Release, entry: ChartEntry, known: list[ChartEntry]) -> list[str]:
    """The blocks of values by which other parts of the chart are switched on that it makes beside such a part:
    `recommender` of `recommender.enabled`."""
    own = _block(entry)
    found = {block for one in known if (block := _block(one)) and chart_makes(one, release.values)}
    return sorted(found - {own}) if own else []


def _block(entry: ChartEntry) -> str:
    switch = entry.enabled if isinstance(entry.enabled, str) else ""
    return switch.removesuffix(".enabled") if switch.endswith(".enabled") else ""


def _walk(value: Any, path: str, excluded: set[str], key: str = "") -> Iterator[tuple[str, str, str]]:
    if path in excluded:
        return
    if isinstance(value, str):
        yield path, key, value
    elif isinstance(value, dict):
        named = next((value[one] for one in _NAMES if isinstance(value.get(one), str)), "")
        if named and isinstance(value.get("value"), str):
            yield f"{path}.value", named, value["value"]
            return
        for name, member in value.items():
            if key.lower() == _EXTRA_ARGUMENTS and isinstance(member, str):
                yield f"{path}.{name}", key, f"--{name.lstrip('-')}={member}"  # as charts write it
            elif not _is_skipped(name):
                yield from _walk(member, f"{path}.{name}" if path else name, excluded, name)
    elif isinstance(value, list):
        if key in (_JOBS, _MORE_JOBS) and (jobs := _discovering(value)):
            yield path, key, jobs
        for number, member in enumerate(value):
            place = f"{path}[{number}]"
            told = _assigned(key, member) if isinstance(member, str) else None
            yield from [(place, told[1], told[2])] if told else _walk(member, place, excluded, key)


def _discovering(jobs: list[Any]) -> str:
    """The jobs of a list that find their targets through the API, as a file of a Prometheus has them: which ones a job
    keeps is told by several of its fields together."""
    found = [
        {
            _FINDS: [{key: one[key] for key in _FOUND_BY if key in one} for one in mappings(job.get(_FINDS))],
            _KEEPS: job.get(_KEEPS),
        }
        for job in mappings(jobs)
        if job.get(_FINDS)
    ]
    if not found:
        return ""
    import json  # few inputs have such a list

    return json.dumps({_JOBS: found})


def _joined(value: Any, key: str = "") -> Any:
    """An object's spec with each command of a container in one text, as a pod template's is read."""
    if isinstance(value, dict):
        return {name: _joined(member, name) for name, member in value.items()}
    if not isinstance(value, list):
        return value
    if key == _COMMAND and all(isinstance(one, str) for one in value):
        return "\n".join(value)
    return [_joined(member) for member in value]


def _assigned(key: str, member: str) -> re.Match[str] | None:
    """Name and value of a variable or property that stands as one text in a list of that name."""
    if key.lower().endswith(_ENVIRONMENTS):
        return re.fullmatch(_VARIABLE, member)
    return re.fullmatch(_PROPERTY, member) if key.lower().endswith(_PROPERTIES) else None


@lru_cache(maxsize=1024)
def _is_skipped(key: str) -> bool:
    key = key.lower()
    ends = key.endswith(_SKIPPED_ENDS) and not key.startswith(_ADVERTISED)
    return key in _SKIPPED or key.startswith(_OF_IMAGES) or ends


# Beside the spec of an object that a chart writes: what else its values say of the same program.
VALUES = "values"
_PLAIN_GROUPS = {"", "networking.k8s.io", "gateway.networking.k8s.io", "cert-manager.io"}


def object_texts(one: Object) -> tuple[Text, ...]:
    """Every scalar of a custom resource's spec, and of the values that a chart has beside it; objects of Kubernetes
    itself configure no program."""
    if one.group in _PLAIN_GROUPS:
        return ()
    beside = mapping(one.body.get(VALUES))
    found = (*_walk(_joined(one.spec), "spec", set()), *_walk(beside, VALUES, set()))
    return tuple(Text("field", key, value, one, path) for path, key, value in found)
