"""The host that a text names: of a URL, an image reference, a Git address, or bare."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cilium_policies.errors import CiliumPoliciesError
from cilium_policies.lean import NamedTuple

_ADDRESS = re.compile(
    r"(?:([a-z][a-z0-9+.-]*)://)?(?:[^/@\s]*@)?(\[[0-9a-f:]+\]|[^/:\s?#]+)(?::([^/\s?#]*))?", re.I
)
_PORTS = {"http": 80, "tls": 853, "dns": 53, "ssh": 22, "git": 9418, "git+ssh": 22}
_NAME = re.compile(r"(?!-)[a-z0-9_-]+(?:\.[a-z0-9_-]+)+", re.I)
_INSIDE = (".svc", ".cluster.local", ".localhost")
_NUMBER = re.compile(r"[0-9.]+|\[?[0-9a-f:][0-9a-f]*:[0-9a-f:]*\]?", re.I)
_URL = re.compile(
    r"\bhttps?://(?:[^/@\s]*@)?([a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.[a-z]{2,})(?::(\d+))?(?=[/\s\"'?#,;)\]}]|\Z)",
    re.I,
)


class Host(NamedTuple):
    """A DNS name, a matchPattern or an address, and the port it is called on; 0: every port of the edge. `inside`: by
    its look it is one of the cluster's own names; "" then stands for a folder, where nobody is called."""

    name: str
    port: int = 0
    inside: bool = False


class UnnamedHostError(CiliumPoliciesError):
    """Somebody is called whose name is not known."""


def written_in(text: str) -> Iterator[Host]:
    """The hosts of the URLs in a text, those inside the cluster apart."""
    for match in _URL.finditer(text) if "://" in text else ():
        name = match[1].lower()
        if not name.endswith(_INSIDE) and ".svc." not in name:
            yield Host(name, int(match[2] or _PORTS.get(match[0].partition(":")[0].lower(), 443)))


def read_host(address: str) -> Host | None:
    """The host of a URL, an image reference, an scp-like Git address or a bare host (any port), with its port; None
    where the text holds none. Raises UnnamedHostError for a name yet to be filled in, or text that is none."""
    match = _ADDRESS.match(address.strip())
    if match is None:
        return None
    scheme, host, tail = (match[1] or "").lower(), match[2].rstrip(".").lower(), match[3] or ""
    if "$" in host:
        raise UnnamedHostError(f"{host} is filled in later")
    port = int(tail) if tail.isdigit() else _usual_port(address, scheme, tail)
    if _NUMBER.fullmatch(host):
        return Host(_address(host.strip("[]")), port)
    if "." not in host or host.endswith(_INSIDE) or ".svc." in host:
        return Host(host, inside=True)
    if not _NAME.fullmatch(host):
        raise UnnamedHostError(f"{host} is not a name")
    return Host(host, port)


def _address(number: str) -> str:
    from ipaddress import ip_address  # few configurations name an address

    try:
        ip_address(number)
    except ValueError as error:
        raise UnnamedHostError(f"{number} is not an address") from error
    return number


def _usual_port(address: str, scheme: str, tail: str) -> int:
    scp = not scheme and "@" in address.partition("/")[0] and tail
    bare = not scheme and "/" not in address
    return 22 if scp else 0 if bare else _PORTS.get(scheme, 443)
