"""Objects that stand whole in a release's values, and that its chart writes as they are: what many charts take as
`extraObjects` or `extraDeploy`, and all that charts for one's own manifests hold: `resources`, or the values
themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cilium_policies.document.parse import parsed
from cilium_policies.kube.labels import RELEASE_NAME
from cilium_policies.kube.objects import CLUSTER_SCOPED, Mapping, Object, mapping, strings, text
from cilium_policies.lean import Any
from cilium_policies.workloads.releases.naming import Names
from cilium_policies.workloads.releases.release import Release
from cilium_policies.workloads.releases.template import Template

_KEYS = r"(?i)(?:extra|additional|custom|raw|k8s|kubernetes)?_?(?:objects?|manifests?|resources?|deploy|templates)"
# Calls of the helpers that charts have by `helm create`: of the release's names.
_HELPER = re.compile(
    r"\{\{-?[ \t]{0,9}(?:include|template)[ \t]{1,9}\"[\w.\-]{1,80}\.(full)?name\"[ \t]{1,9}[.$][ \t]{0,9}-?\}\}"
)


def whole_objects(release: Release) -> list[Object]:
    """In the order of the values."""
    found = [release.values] if is_object(release) else list(_listed(release, release.values))
    return [made for one in found if (made := _made(release, one)) is not None]


def is_object(release: Release) -> bool:
    """Whether the values are an object themselves: its chart writes nothing else."""
    return _is_whole(release.values)


def _is_whole(value: Mapping) -> bool:
    return all(text(value.get(key)) for key in ("apiVersion", "kind")) and "metadata" in value


def _listed(release: Release, values: Mapping) -> Iterator[Mapping]:
    for key, held in values.items():
        if re.fullmatch(_KEYS, key) is None:
            continue
        members: Any = held.values() if isinstance(held, dict) else held
        for member in members if isinstance(held, (dict, list)) else ():
            one = _parsed(release, member) if isinstance(member, str) and "apiVersion:" in member else member
            if isinstance(one, dict) and _is_whole(one):
                yield one


def _parsed(release: Release, member: str) -> Any:
    """An object as text, of which the chart makes a template: with the release's names filled in, and without the lines
    that it fills with more."""
    if "{{" in member:
        names = Names(release, release.chart)
        member = _HELPER.sub(lambda match: names.fullname if match[1] else names.name, member)
        plain = Template(release.values, {"Name": release.name, "Namespace": release.namespace})
        lines = map(plain.text, member.splitlines())
        member = "\n".join(line for line in lines if "{{" not in line)
    return parsed(member)


def _made(release: Release, body: Mapping) -> Object | None:
    metadata = mapping(body.get("metadata"))
    name, namespace = text(metadata.get("name")), text(metadata.get("namespace")) or release.namespace
    strange = namespace != release.namespace or (body.get("kind") == "Namespace" and name != namespace)
    if not name or "{{" in name or strange:  # a release speaks for its own namespace
        return None
    told = {
        **metadata,
        "namespace": namespace,
        "annotations": {**strings(metadata.get("annotations")), RELEASE_NAME: release.name},
    }
    if body.get("kind") == "Namespace":
        told.pop("labels", None)  # by which others let its pods in: the platform's word, and no release's
    made = Object({**body, "metadata": told}, release.source.where)
    if made.kind in CLUSTER_SCOPED:
        made.asked_by = release.namespace
    return made
