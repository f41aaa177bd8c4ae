"""The tools' own annotations of a replaced policy: kpt finds the file and place again by them."""

from __future__ import annotations

import re

from cilium_policies.document.finding import RefusedError
from cilium_policies.document.source import Item

TOOLS = ("config.kubernetes.io", "config.k8s.io")
ANNOTATIONS = rb"(?:\A|\n)metadata:\n((?:  [^\n]*\n)*?)  annotations:\n"
METADATA = rb"(?:\A|\n)metadata:\n"
SIMPLE = r"[A-Za-z0-9_./:-]*"


def keep_tool_annotations(item: Item, text: bytes) -> bytes:
    """`text`, a generated policy, with the tool annotations of the item that it replaces."""
    kept = tool_annotations(item)
    if not kept:
        return text
    lines = "".join(f"    {key}: {_quoted(value)}\n" for key, value in kept.items()).encode()
    match = re.compile(ANNOTATIONS).search(text)
    if match is None:
        match = re.compile(METADATA).search(text)
        lines = b"  annotations:\n" + lines
    return text if match is None else text[: match.end()] + lines + text[match.end() :]


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


def _quoted(text: str) -> str:
    if re.compile(SIMPLE).fullmatch(text):
        return f"'{text}'"
    import json

    return json.dumps(text, ensure_ascii=False)
