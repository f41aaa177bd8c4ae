"""Documents as kustomize prints them, and the few fields that are set in them as text.

kustomize writes block style with two spaces, one key a line. So a label is one line below `  labels:`, and
everything else of a document stays byte for byte as the tool printed it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache

from cilium_policies.builds.typed import NotYamlError, load
from cilium_policies.cilium.scalar import is_other_type, scalar
from cilium_policies.document.check import check_bytes
from cilium_policies.document.origin import MARK
from cilium_policies.document.split import split
from cilium_policies.document.stream import documents as spans_of
from cilium_policies.document.visible import visible
from cilium_policies.kube.objects import Object, mapping
from cilium_policies.lean import Any

_USUAL = b"apiVersion: "  # so begins whatever kustomize prints
_METADATA = re.compile(rb"(?m)^metadata:[ \t]*(?:\{\}[ \t]*)?\r?\n")
_BLOCK = re.compile(rb"(?:[ \t][^\n]*\n|\r?\n)*")


def documents(printed: bytes, name: str) -> list[bytes]:
    """The documents of a stream, each ending in a newline. Raises RefusedError where it is no text."""
    spans = spans_of(printed, 0)
    usual = all(printed.startswith(_USUAL, begin) for begin, _ in spans)
    if usual and b"ResourceList" not in printed:
        check_bytes(printed, name)
        found = [printed[begin:end].strip(b"\r\n") for begin, end in spans]
    else:
        found = [item.text().strip(b"\r\n") for item in split(printed, name).items]
    return [text + b"\n" for text in found if text.strip()]


def from_place(text: bytes, path: str) -> bytes:
    """The document with a comment that says where it comes from, as `helm template` writes it."""
    name = visible(" ".join(path.splitlines()) or ".")  # a folder's name may hold anything
    return MARK + name.encode(errors="replace") + b"\n" + text


def stream(texts: Iterable[bytes]) -> bytes:
    """Documents as one stream."""
    return b"".join(b"---\n" + text for text in texts)


def objects(text: bytes, name: str) -> list[Object]:
    """The objects of a document (a List holds several); [] where it is none. Raises RefusedError."""
    from cilium_policies.document.source import flatten

    return [Object(one) for item in split(text, name).items for one in flatten(item) if item.kind]


def with_metadata(text: bytes, field: str, entries: Mapping[str, str]) -> bytes:
    """The document with these labels or annotations (`field` names which) below its metadata."""
    if not entries:
        return text
    head = _METADATA.search(text)
    if head is None:
        return _rewritten(text, field, entries) if b"metadata" in text else text
    body = _BLOCK.match(text, head.end())
    block = body.group() if body else b""
    lines = "".join(f"    {key}: {scalar(value)}\n" for key, value in entries.items()).encode()
    key_line = None
    if field.encode() in block:
        name = field.encode()
        key_line = re.compile(rb"(?m)^  " + name + rb":[ \t]*(?:\{\}|null)?[ \t]*\r?\n").search(block)
        if key_line is None and re.search(rb"(?m)^ +[\"']?" + name + rb"[\"']?:", block):
            return _rewritten(text, field, entries)  # there, but not as kustomize writes it
    if key_line is None:
        made = f"  {field}:\n".encode() + lines + block
    else:
        rest = block[key_line.end() :]
        for key in entries:
            pattern = rb"(?m)\A((?:    [^\n]*\n)*?)    [\"']?" + re.escape(key.encode()) + rb"[\"']?:[^\n]*\n"
            rest = re.sub(pattern, rb"\1", rest, count=1)
        made = block[: key_line.start()] + f"  {field}:\n".encode() + lines + rest
    return text[: head.start()] + b"metadata:\n" + made + text[head.end() + len(block) :]


def _rewritten(text: bytes, field: str, entries: Mapping[str, str]) -> bytes:
    """The same for a document in another layout: its values stay, its text does not."""
    body = typed(text)
    metadata = body.get("metadata")
    if not isinstance(metadata, dict):
        return text
    own = metadata.get(field)
    merged = {**(own if isinstance(own, dict) else {}), **entries}
    return written({**body, "metadata": {**metadata, field: merged}})


def with_namespace(text: bytes, namespace: str) -> bytes:
    """The document with this namespace; one that has a namespace is unchanged."""
    head = _METADATA.search(text)
    if head is None:
        body = typed(text)
        metadata = body.get("metadata")
        if not isinstance(metadata, dict) or metadata.get("namespace"):
            return text
        return written({**body, "metadata": {**metadata, "namespace": namespace}})
    indent = re.compile(rb"(?:[ \t]*(?:#[^\n]*)?\n)*( +)").match(text, head.end())
    line = (indent[1] if indent else b"  ") + f"namespace: {scalar(namespace)}\n".encode()
    return text[: head.start()] + b"metadata:\n" + line + text[head.end() :]


def written(body: Mapping[str, Any]) -> bytes:
    """A document of this program's making, in which each reader sees a text where one is: of `y` and `1e5` PyYAML
    alone would, and Helm no more."""
    import yaml

    return yaml.dump(dict(body), Dumper=_dumper(), sort_keys=True, allow_unicode=True).encode()


@cache
def _dumper() -> Any:
    import yaml

    def text(dumper: Any, value: str) -> Any:
        style = "'" if is_other_type(value) else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style)

    made: Any = type("Dumper", (yaml.SafeDumper,), {})
    made.add_representer(str, text)
    return made


def typed(document: bytes) -> dict[str, Any]:
    """The object with the types that Go reads, for fields that go into a kustomization."""
    try:
        found = load(document)
    except NotYamlError:
        return {}
    return found if isinstance(found, dict) else {}


def encrypted(one: Object) -> bool:
    """Whether SOPS encrypted the object: its values say nothing."""
    return bool(mapping(one.body.get("sops")))
