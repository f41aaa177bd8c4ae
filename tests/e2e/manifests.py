"""Reading what tools print: documents as plain data, policies apart from the rest."""

from __future__ import annotations

from typing import Any

import yaml

COMPONENT = "cilium-policies.fn/component"


def documents(text: str) -> list[dict[str, Any]]:
    """The non-empty documents of a stream; every scalar stays text."""
    return [doc for doc in yaml.load_all(text, Loader=yaml.BaseLoader) if doc]


def name(doc: dict[str, Any]) -> str:
    """`Kind namespace/name`."""
    meta = doc["metadata"]
    return f"{doc['kind']} {meta.get('namespace', '')}/{meta['name']}"


def own(docs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The documents that say they are the function's."""
    return [d for d in docs if COMPONENT in (d.get("metadata", {}).get("annotations") or {})]


def others(docs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """All but the function's own."""
    return [d for d in docs if COMPONENT not in (d.get("metadata", {}).get("annotations") or {})]


def policies(text: str) -> dict[str, dict[str, Any]]:
    """The function's own policies of a stream by `namespace/name`, without what tools add to metadata."""
    found = {}
    for doc in own(documents(text)):
        meta = doc["metadata"]
        found[f"{meta.get('namespace', '')}/{meta['name']}"] = {
            key: value for key, value in doc.items() if key not in ("metadata", "apiVersion", "kind")
        }
    return found


def rest(stream: str) -> str:
    """The text of a stream less the function's own documents; kustomize sorts them among the others."""
    return "---\n".join(text for text in stream.split("---\n") if COMPONENT not in text)
