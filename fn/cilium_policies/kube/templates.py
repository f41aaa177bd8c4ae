"""Pod templates in objects of any kind: whatever holds `containers` with images makes pods, known or not."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.kube.objects import Mapping, mapping, mappings, strings, text
from cilium_policies.lean import Any

_DEPTH = 8  # `spec.workflowSpec.templates[0].container` and CronJobs in lists are less deep
_CONTAINERS = ("containers", "container", "script")


def templates(spec: Any, depth: int = _DEPTH) -> Iterator[Mapping]:
    """Each pod template below a value, as `{metadata, spec}`; nothing below a template is looked at again.

    A pod's spec stands below `spec` beside its `metadata`, or alone where a controller writes the rest itself; a step
    of a workflow holds one `container`, or a `script` that is one.
    """
    if isinstance(spec, list):
        for member in spec:
            yield from templates(member, depth - 1)
    if not isinstance(spec, dict) or depth <= 0:
        return
    inner = mapping(spec.get("spec"))
    if _pod(inner):
        yield {"metadata": mapping(spec.get("metadata")), "spec": _pod(inner)}
    elif pod := _pod(spec):
        yield {"metadata": mapping(spec.get("metadata")), "spec": pod}
    else:
        for key, member in spec.items():
            if isinstance(member, dict | list) and key not in ("metadata", "status"):
                yield from templates(member, depth - 1)


def _pod(spec: Mapping) -> Mapping:
    """The spec with its containers as a list; empty where it has none that name an image."""
    for field in _CONTAINERS:
        value = spec.get(field)
        found = [value] if isinstance(value, dict) else mappings(value)
        if found and all(text(one.get("image")) for one in found):
            return {**spec, "containers": found}
    return {}


def has_labels(template: Mapping) -> bool:
    """Whether a template labels its pods: else only its controller knows how to find them."""
    return bool(strings(mapping(template.get("metadata")).get("labels")))
