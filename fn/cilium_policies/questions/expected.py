"""What people expect of their policies, as a file: `kind: PolicyTest`, one entry an expectation.

apiVersion: cilium-policies.fn/v1alpha1
kind: PolicyTest
tests:
  - media/radarr -> world:443 deny
  - "* -> db/postgres:5432 only from shop/api, monitoring/*"
  - {from: {pod: shop/web}, to: {service: shop/api}, ports: [80/TCP], expect: allow}
  - {to: {pod: db/postgres}, ports: [5432/TCP], onlyFrom: [{pod: shop/api}]}
"""

from __future__ import annotations

import re

from cilium_policies.config import peer as peers
from cilium_policies.config.peer import ConfigPeer, PeerError
from cilium_policies.document.finding import refused
from cilium_policies.document.parse import load_with_lines
from cilium_policies.kube.ports import Port
from cilium_policies.kube.reading import API
from cilium_policies.lean import Any, NamedTuple

API_VERSION, KIND = f"{API}/v1alpha1", "PolicyTest"
ALLOW, DENY, ONLY = "allow", "deny", "onlyFrom"
ANY = ConfigPeer("word", "*")
_KEYS = ("pod", "service", "namespace", "labels", "cidr", "fqdn")
_ARROW = re.compile(
    r"(?P<source>\S+)\s*(?:->|=>)\s*(?P<target>\S+)(?:\s+(?P<end>allow|deny|only from (?P<only>.+)))?\Z"
)
_ADDRESS = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){3}(/[0-9]+)?\Z|[0-9a-fA-F]*:[0-9a-fA-F:.]*(/[0-9]+)?\Z")
_PORTS = re.compile(r"(?P<peer>.+?):(?P<ports>[0-9][-0-9/,A-Za-z]*)\Z")


class Expectation(NamedTuple):
    """`expect` is ALLOW, DENY or ONLY; of ONLY `sources` are the only ones that may come. `ports` empty: any port.
    `text` is the entry as people read it; `file` and `line` are its place."""

    sources: tuple[ConfigPeer, ...]
    target: ConfigPeer
    ports: tuple[Port, ...]
    expect: str
    text: str
    file: str = ""
    line: int = 0


def read(name: str, data: bytes) -> list[Expectation]:
    """The expectations of a file, in order. Raises RefusedError with file and line for what is none."""
    body, lines = load_with_lines(data, file=name)
    if not isinstance(body, dict) or (body.get("apiVersion"), body.get("kind")) != (API_VERSION, KIND):
        cure = f"write apiVersion: {API_VERSION}, kind: {KIND} and tests: […]; --record prints one"
        raise refused("this is not a PolicyTest", cure, file=name, line=1)
    entries = body.get("tests")
    if not isinstance(entries, list) or not entries:
        raise refused("it holds no tests", "write tests: [media/radarr -> world:443 deny]", file=name, line=1)
    found = []
    for number, entry in enumerate(entries):
        place = ("tests", number)
        line = lines[place] if place in lines else 1  # noqa: SIM401 (its lines are read when asked for)
        try:
            found.append(_entry(entry)._replace(file=name, line=line))
        except PeerError as wrong:
            raise refused(f"tests[{number}]: {wrong.message}", wrong.cure, file=name, line=line) from None
    return found


def _entry(entry: Any) -> Expectation:
    if isinstance(entry, str):
        return _short(entry)
    if not isinstance(entry, dict):
        raise PeerError("an entry is a line with an arrow or a mapping", "write a/web -> a/db:5432 allow")
    unknown = set(entry) - {"from", "to", "ports", "expect", ONLY, "why"}
    if unknown:
        raise PeerError(
            f"unknown field {sorted(unknown)[0]!r}", "known: from, to, ports, expect, onlyFrom, why"
        )
    if "to" not in entry or ("from" in entry) == (ONLY in entry):
        raise PeerError("needs `to` and either `from` or `onlyFrom`", "write {from: …, to: …, expect: deny}")
    expect = entry.get("expect") or ALLOW
    if expect not in (ALLOW, DENY):
        raise PeerError(f"expect: {expect!r}", "write allow or deny")
    ports = tuple(peers.port(one) for one in entry.get("ports") or ())
    target = _peer(entry["to"])
    if ONLY in entry:
        sources = tuple(map(_peer, entry[ONLY] or ()))
        told = f"* -> {_named(target, ports)} only from {', '.join(map(_words, sources)) or 'nobody'}"
        return Expectation(sources, target, ports, ONLY, told)
    source = _peer(entry["from"])
    return Expectation(
        (source,), target, ports, expect, f"{_words(source)} -> {_named(target, ports)} {expect}"
    )


def _short(text: str) -> Expectation:
    found = _ARROW.match(text.strip())
    if not found:
        raise PeerError(
            f"{text!r} is not an expectation", "write FROM -> TO[:PORT] allow, deny or only from A, B"
        )
    target, ports = _with_ports(found["target"])
    if found["only"]:
        names = [] if found["only"].strip() == "nobody" else found["only"].split(",")
        return Expectation(tuple(_peer(one.strip()) for one in names), target, ports, ONLY, text.strip())
    expect = DENY if found["end"] == DENY else ALLOW
    told = text.strip() if found["end"] else f"{text.strip()} {expect}"
    return Expectation((_peer(found["source"]),), target, ports, expect, told)


def _with_ports(text: str) -> tuple[ConfigPeer, tuple[Port, ...]]:
    """`db/postgres:5432,53/UDP`; an IPv6 range with ports stands in brackets."""
    bracketed = re.match(r"\[(.+)\](?::(.+))?\Z", text)
    if bracketed:
        name, ports = bracketed[1], bracketed[2] or ""
    elif _ADDRESS.match(text) and text.count(":") > 1:
        name, ports = text, ""
    else:
        found = _PORTS.match(text)
        name, ports = (found["peer"], found["ports"]) if found else (text, "")
    return _peer(name), tuple(_port(one) for one in ports.split(",") if one)


def _port(text: str) -> Port:
    if not re.match(r"([0-9]{1,5}(-[0-9]{1,5})?(/(TCP|UDP|SCTP))?|[0-9]{1,3}/ICMP(v6)?)\Z", text):
        raise PeerError(f"{text!r} is not a port", "write 443, 53/UDP, 8000-8010/TCP")
    return peers.port(text)


def _peer(value: Any) -> ConfigPeer:
    if isinstance(value, dict):
        keys = [key for key in _KEYS if value.get(key) is not None]
        if len(keys) != 1:
            raise PeerError(f"{value!r} is not a peer", f"write one of {', '.join(_KEYS)}")
        return peers.peer(value)
    if not isinstance(value, str) or not value:
        raise PeerError(
            f"{value!r} is not a peer", "write NAMESPACE/NAME, NAMESPACE/*, world, an address range, a name"
        )
    if value == "*":
        return ANY
    if value in peers.WORDS or value.startswith(("component:", "namespace:", "cidr:", "fqdn:")):
        return peers.peer(value)
    if _ADDRESS.match(value):
        return peers.peer(f"cidr:{value}")
    namespace, slash, name = value.partition("/")
    if slash:
        return ConfigPeer("namespace", namespace) if name == "*" else ConfigPeer("pod", name, namespace)
    if "." in value:
        return peers.peer(f"fqdn:{value}")
    raise PeerError(
        f"{value!r} is not a peer", f"write NAMESPACE/NAME, or one of {', '.join(sorted(peers.WORDS))}"
    )


def _words(peer: ConfigPeer) -> str:
    if peer.kind == "namespace":
        return f"{peer.name}/*"
    if peer.kind in ("pod", "service"):
        return f"{peer.namespace}/{peer.name}"
    return peer.name if peer.kind in ("cidr", "fqdn") else str(peer)


def _named(peer: ConfigPeer, ports: tuple[Port, ...]) -> str:
    words = ",".join(
        f"{one.number}{f'-{one.end}' if one.end else ''}{'' if one.protocol == 'TCP' else f'/{one.protocol}'}"
        for one in ports
    )
    return f"{_words(peer)}:{words}" if words else _words(peer)
