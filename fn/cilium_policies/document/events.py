"""Values from the event parser of PyYAML: libyaml where it is built in, else the pure one."""

from __future__ import annotations

import re
from collections.abc import Callable

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from cilium_policies.document.anchors import Anchors, DocumentError, UnknownAnchorError
from cilium_policies.document.finding import RefusedError, UnknownAliasError, refused
from cilium_policies.document.limits import MAX_DEPTH, NULLS, Value
from cilium_policies.lean import Any

MERGE = "\0<<"  # no key of a document: YAML allows no NUL
MERGE_TAG = "tag:yaml.org,2002:merge"
PAIR = re.compile(rb"\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|.)", re.DOTALL)
_KEY = "write the key as text, or render this template first"  # `{{ … }}` of Helm is a mapping as a key


def parser(text: bytes) -> Any:
    """An event parser over `text`."""
    try:
        from yaml.cyaml import CParser  # type: ignore[attr-defined]
    except ImportError:
        return yaml.SafeLoader(text)
    return CParser(text)


def events(text: bytes) -> Callable[[], Any]:
    """What gives the next event of `text`."""
    return parser(text).get_event  # type: ignore[no-any-return]


def build(
    text: bytes, *, line: int, file: str, events: Callable[[bytes], Callable[[], Any]] = events
) -> Value:
    """See `parse.load`. `events` may change the scalars of a text."""
    try:
        return _document(events(text), b"&" in text)
    except UnknownAnchorError as bad:
        raise UnknownAliasError(_at(bad.message, bad.cure, bad.mark, line, file).finding) from None
    except DocumentError as bad:
        raise _at(bad.message, bad.cure, bad.mark, line, file) from None
    except yaml.YAMLError as error:
        if "escape code" in str(error) and text.lstrip()[:1] in (b"{", b"["):
            joined = PAIR.sub(_joined_pair, text)
            if joined != text:
                return build(joined, line=line, file=file, events=events)
        raise not_yaml(error, line, file) from None


def _joined_pair(match: re.Match[bytes]) -> bytes:
    """JSON's escaped surrogate pair as YAML's one escape."""
    if match[1] is None:
        return match[0]
    code = 0x10000 + ((int(match[1], 16) - 0xD800) << 10) + int(match[2], 16) - 0xDC00
    return b"\\U%08X" % code


def not_yaml(error: yaml.YAMLError, line: int, file: str) -> RefusedError:
    """The parser's complaint as a finding."""
    if isinstance(error, yaml.MarkedYAMLError):
        text = ", ".join(part for part in (error.context, error.problem) if part)
        mark = error.problem_mark or error.context_mark
        return _at(f"not YAML: {text}", "correct the text here", mark, line, file)
    reason = getattr(error, "reason", "") or str(error)
    return refused(f"not YAML: {reason}", "remove the character", file=file, line=line)


def _at(message: str, cure: str, mark: Any, line: int, file: str) -> RefusedError:
    if mark is None:
        return refused(message, cure, file=file, line=line)
    return refused(message, cure, file=file, line=line + mark.line, column=mark.column + 1)


def _document(get: Callable[[], Any], anchored: bool) -> Value:  # noqa: C901, PLR0915 (the hot loop)
    """The one document that these events describe. Collections are attached when they end."""
    container: Any = []  # the document's value becomes the one member of the outermost
    top = container
    stack: list[tuple[Any, str, Any]] = []  # around the container: what waits, its key, the starting event
    anchors = Anchors() if anchored else None
    key, wants_key = "", False
    while True:
        event = get()
        event_type = event.__class__
        if event_type is ScalarEvent:
            value = event.value
            if wants_key:
                key, wants_key = _key(container, value, event), False
                if anchors:
                    anchors.scalar(event, value)
                continue
            if value in NULLS and not event.style and event.implicit[0]:
                value = None
            if anchors:
                anchors.scalar(event, value)
        elif event_type is MappingStartEvent or event_type is SequenceStartEvent:
            if wants_key:
                raise DocumentError("a mapping key is not a scalar", _KEY, event)
            if len(stack) >= MAX_DEPTH:
                raise DocumentError(f"nested deeper than {MAX_DEPTH} levels", "flatten the document", event)
            if anchors:
                anchors.start(event)
            stack.append((container, key, event))
            wants_key = event_type is MappingStartEvent
            container = {} if wants_key else []
            continue
        elif event_type is MappingEndEvent or event_type is SequenceEndEvent:
            value = container
            container, key, event = stack.pop()
            wants_key = False
            if MERGE in value:
                _merge(value, event)
            if anchors:
                anchors.end(event, value)
        elif event_type is AliasEvent:
            if anchors is None:
                raise UnknownAnchorError(event)
            value = anchors.resolve(event)
            if wants_key:
                if not isinstance(value, str):
                    raise DocumentError("a mapping key is not a scalar", _KEY, event)
                key, wants_key = _key(container, value, event), False
                continue
        elif event_type is DocumentStartEvent and top:
            raise DocumentError("two documents where one is expected", "keep one of them", event)
        elif event_type is StreamEndEvent:
            return top[0] if top else None
        else:
            continue
        if container.__class__ is list:
            container.append(value)
        else:
            wants_key = True
            if key is MERGE:
                container.setdefault(MERGE, []).append(value)
            else:
                container[key] = value


def _key(container: dict[str, Any], key: str, event: Any) -> str:
    """`key` as it stands in `container`; MERGE for a plain `<<`."""
    if key == "<<" and (event.__class__ is AliasEvent or event.implicit[0] or event.tag == MERGE_TAG):
        return MERGE
    if key in container:
        raise DocumentError(f"duplicate key {key!r}", "keep one of the two", event)
    return key


def _merge(value: Any, event: Any) -> None:
    """Resolve the merge keys of a mapping: its own keys win, then the mapping named first."""
    if value.__class__ is not dict:
        return
    for source in value.pop(MERGE):
        for member in source if isinstance(source, list) else [source]:
            if not isinstance(member, dict):
                raise DocumentError(
                    "<< merges something that is not a mapping",
                    "merge a mapping or a list of mappings",
                    event,
                )
            for key, inherited in member.items():
                value.setdefault(key, inherited)
