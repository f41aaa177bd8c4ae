"""The tools' own annotations of a replaced policy: kpt finds the file and place again by them."""

from __future__ import annotations

from cilium_policies.document.finding import RefusedError
from cilium_policies.document.source import Item

TOOLS = ("config.kubernetes.io", "config.k8s.io")


def tool_annotations(item: Item) -> dict[str, str]:
    """The annotations whose domain is kustomize's and kpt's own."""
    try:
        value = item.load()
    except RefusedError:
        return {}
    metadata = value.get("metadata") if isinstance(value, dict) else None
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    if not isinstance(annotations, dict):
        return {}
    return {
        key: text
        for key, text in annotations.items()
        if isinstance(text, str) and key.partition("/")[0].endswith(TOOLS)
    }
