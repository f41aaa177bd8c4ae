"""Whether a mapping is a catalogue entry: each problem with its path and the nearest valid word."""

from __future__ import annotations

import re

from cilium_policies.catalogue import platform_forms
from cilium_policies.catalogue.conditions import MENTIONS
from cilium_policies.catalogue.forms import (
    CHART,
    CONDITION,
    CREATED_SERVICE,
    CREATION,
    DNS_MONITOR,
    EDGE,
    EMBEDS,
    HOSTS,
    IGNORES,
    MAKER,
    MAKES,
    OBSERVED,
    OPENS,
    PORT_FIELD,
    PREFIXES,
    PROXY,
    PURPOSES,
    READS,
    RENAMED,
    ROLES,
    ROUTE,
    SERVICE,
    SERVICE_PORT,
    TOP,
    VIA,
    WHEN_WORDS,
    WORDS,
    WRITES,
)
from cilium_policies.catalogue.injects import INJECTION, PROBES, READ_OBJECT
from cilium_policies.catalogue.parts import parse_port
from cilium_policies.document.spelling import near
from cilium_policies.lean import Any


def problems(data: Any) -> list[str]:
    """What is wrong with an entry, as `path: what, and what to write`; empty when it is valid."""
    if not isinstance(data, dict):
        return ["a component is a mapping that begins with `component: NAME`"]
    found = _members(data, TOP, "")
    if not isinstance(data.get("component"), str) or not re.fullmatch(
        r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", data["component"]
    ):
        found.append("component: needs a name of small letters, digits, dots and dashes")
    return found


def platform_problems(data: Any, kind: str) -> list[str]:
    """What is wrong with the file of a `distribution` or a `cloud` (the kind), in the same words."""
    if not isinstance(data, dict):
        return [f"a {kind} is a mapping that begins with `{kind}: NAME`"]
    return _members(data, platform_forms.FILES[kind], "")


def nearest(word: str, known: Any) -> str:
    """` (did you mean X?)` for a word that is close to a known one, else ``."""
    close = near(str(word), known)
    return f" (did you mean {close[0]}?)" if close else ""


def _members(data: Any, form: dict[str, str], path: str) -> list[str]:
    if not isinstance(data, dict):
        return [f"{path}: needs a mapping with {', '.join(form)}"]
    found = []
    for key, value in data.items():
        where = f"{path}.{key}" if path else str(key)
        if key not in form:
            found.append(f"{where}: unknown key{nearest(key, form)}")
        else:
            found += _value(value, form[key], where)
    return found


def _value(value: Any, kind: str, path: str) -> list[str]:
    """A value against a kind of the tables above; `Xs` kinds are lists."""
    if kind in _LISTS:
        if not isinstance(value, list):
            return [f"{path}: needs a list"]
        return [
            line
            for number, one in enumerate(value)
            for line in _entry(one, _LISTS[kind], f"{path}[{number}]")
        ]
    if kind in _FORMS:
        return _members(value, _FORMS[kind], path)
    return _scalar(value, kind, path)


_LISTS = {
    "labels": "strings",
    "charts": "chart",
    "makers": "maker",
    "creations": "creation",
    "edges": "edge",
    "services": "service",
    "serviceports": "serviceport",
    "ports": "podport",
    "injections": "injection",
    "routes": "route",
    "makes": "made",
    "opened": "openings",
    "reads": "readkind",
    "embedded": "embeds",
    "writes": "writing",
    "ignored": "ignores",
    "objects": "readobject",
    **platform_forms.LISTS,
    "hosts": "host",
    "hostnames": "hostname",
}
_FORMS = {
    "chart": CHART,
    "maker": MAKER,
    "creation": CREATION,
    "renamed": RENAMED,
    "created": CREATED_SERVICE,
    "dnsmonitor": DNS_MONITOR,
    "service": SERVICE,
    "serviceport": SERVICE_PORT,
    "port": PORT_FIELD,
    "via": VIA,
    "injection": INJECTION,
    "route": ROUTE,
    "made": MAKES,
    "openings": OPENS,
    "readkind": READS,
    "embeds": EMBEDS,
    "writing": WRITES,
    "proxies": PROXY,
    "ignores": IGNORES,
    "seen": OBSERVED,
    "readobject": READ_OBJECT,
    **platform_forms.FORMS,
}


def _entry(value: Any, kind: str, path: str) -> list[str]:
    if kind == "host":
        return _host(value, path)
    if kind != "edge":
        return _value(value, kind, path)
    found = _members(value, EDGE, path)
    if isinstance(value, dict) and ("from" in value) == ("to" in value):
        found.append(f"{path}: needs either `from` or `to`")
    return found


_SAYING = {
    "arg",
    "env",
    "field",
    "hosts",
    "mentions",
    "names",
    "repository",
    "text",
    "unknown",
    "usual",
    "value",
}


def _host(value: Any, path: str) -> list[str]:
    """A member of `names:`: a name, or a mapping that says where names stand."""
    if isinstance(value, str):
        return _text(value, "hostname", path)
    found = _members(value, HOSTS, path)
    if isinstance(value, dict) and not found and not set(value) & _SAYING:
        found.append(f"{path}: says nothing; give one of {', '.join(sorted(_SAYING))}")
    return found


def _scalar(value: Any, kind: str, path: str) -> list[str]:
    if kind == "texts" and isinstance(value, list) and value:
        return [f"{path}: needs a list of texts"] if not all(isinstance(one, str) for one in value) else []
    if kind == "when":
        return _when(value, path)
    if kind == "values":
        return [] if isinstance(value, dict) and value else [f"{path}: needs a mapping of Helm values"]
    if kind == "strings":
        good = isinstance(value, dict) and all(isinstance(one, str) for one in value.values())
        return [] if good and value else [f"{path}: needs a mapping of label names to texts"]
    if not isinstance(value, str):
        return [f"{path}: needs a text"]
    return _text(value, kind, path)


def _text(value: str, kind: str, path: str) -> list[str]:
    if kind == "flag" and value.lower() not in ("true", "false"):
        return [f"{path}: needs true or false"]
    if kind == "number" and not value.isdigit():
        return [f"{path}: needs a number"]
    if kind == "podport" and value != PROBES and "{port}" not in value and parse_port(value) is None:
        return [f"{path}: {value!r} is not a port; write 8080/TCP or 8000-8010/UDP"]
    if kind == "peer" and value not in WORDS and not _named_peer(value):
        return [
            f"{path}: {value!r} names no peer{nearest(value, (*WORDS, *PREFIXES))}; write one of"
            f" {', '.join(WORDS)} or component:NAME, namespace:NAME, cidr:RANGE, fqdn:NAME"
        ]
    if kind == "hostname" and not re.fullmatch(
        r"(?:[\w*-]|\{[^}]+\})(?:[\w.*-]|\{[^}]+\})*\.[\w{}.*-]*[\w}]", value[:300]
    ):
        return [f"{path}: {value!r} is not a DNS name or pattern; write api.example.org or *.example.org"]
    if kind == "purpose" and value not in PURPOSES:
        return [
            f"{path}: {value!r} is not a purpose{nearest(value, PURPOSES)}; write {' or '.join(PURPOSES)}"
        ]
    if kind == "selects" and value != "release":
        return [f"{path}: {value!r} is not a word; write release"]
    if kind == "role" and value not in ROLES:
        return [f"{path}: {value!r} is not a role{nearest(value, ROLES)}; write one of {', '.join(ROLES)}"]
    if kind == "mention" and value not in MENTIONS:
        return [
            f"{path}: {value!r} is not a word{nearest(value, MENTIONS)}; write one of {', '.join(MENTIONS)}"
        ]
    if kind == "regex":
        try:
            re.compile(value)
        except re.error as error:
            return [f"{path}: {value!r} is not a regular expression: {error}"]
    return []


def _named_peer(value: str) -> bool:
    return any(value.startswith(prefix) and len(value) > len(prefix) for prefix in PREFIXES)


def _when(value: Any, path: str) -> list[str]:
    """None, a word, a value's path (for `enabled`), a condition, or a list of these."""
    if isinstance(value, list):
        return [line for number, one in enumerate(value) for line in _when(one, f"{path}[{number}]")]
    if isinstance(value, dict):
        return _condition(value, path)
    if not isinstance(value, str):
        return [f"{path}: needs one of {', '.join(WHEN_WORDS)}, or a condition"]
    if ".enabled" in path or value in WHEN_WORDS:
        return []
    return [
        f"{path}: {value!r} is not a condition{nearest(value, WHEN_WORDS)}; {', '.join(WHEN_WORDS)} or a mapping"
    ]


def _condition(value: Any, path: str) -> list[str]:
    found = _members(value, CONDITION, path)
    if isinstance(value, dict) and not set(value) - {"is", "matches", "has"}:
        found.append(f"{path}: says nothing to look at; give value, field, object, arg, env, text …")
    return found
