"""Hosts that variables hold as a bare name, with the port that another variable holds; and the kubelet's variables."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cilium_policies.catalogue.ports import AGENTS, WORDS
from cilium_policies.evidence.addresses import Address
from cilium_policies.evidence.drivers import snowflake
from cilium_policies.evidence.host_fields import names
from cilium_policies.evidence.host_keys import (
    is_host_key,
    is_instance_key,
    is_name,
    is_outside,
    is_port,
    is_url_key,
    likely_ports,
    paired_ports,
    shared_port,
    transports,
    words_of,
)
from cilium_policies.evidence.in_order import listed as in_order
from cilium_policies.evidence.nameservers import listed
from cilium_policies.evidence.public_names import is_number
from cilium_policies.evidence.signs import holds
from cilium_policies.kube.pods import pod_spec
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload

_WITH_PATH = r"([a-z][a-z0-9\-]{0,62}(?:\.[a-z0-9\-]{1,63}\.svc(?:\.[a-z.]{1,60})?)?)/[\w.\-/]{0,200}"
_SERVICE = ("_service", "_svc")  # `CART_SERVICE: cart.shop`
_ACCOUNT = "SNOWFLAKE_ACCOUNT"
_NUMBER = "_ip"  # `CAMERA_IP: 10.1.3.4` beside `CAMERA_PORT`
_PYTHON = "#PYTHON2BASH:"
# How a host is spoken to, whose port another variable holds: `IMAP_HOST: ssl://mail`, `API_HOST: http://api`
_APART = r"([A-Za-z][A-Za-z0-9+.\-]{0,30})://([A-Za-z0-9][\w.\-]{0,252})/?"
_LICENCES = ("licence", "license")
# What the kubelet sets for Services: `WEB_SERVICE_HOST`, `WEB_SERVICE_PORT_HTTP`, and Docker's `WEB_PORT_80_TCP_ADDR`
_OF_SERVICES = (
    r"\b[A-Z][A-Z0-9_]*(?:_SERVICE_(?:HOST|PORT)[A-Z0-9_]*|_PORT_\d{1,5}_(?:TCP|UDP)(?:_ADDR|_PORT)?\b)"
)
_OF_LINKS = ("_service_", "_tcp")  # of which each of these names holds one, in small letters


def _without_path(value: str) -> str:
    """A Service's name of `web/api/ws`, which a program writes behind `ws://`: it is no image's and no file's where a
    Service is called so."""
    match = re.fullmatch(_WITH_PATH, value) if "/" in value else None
    return match[1] if match is not None else value


def pairs(variables: dict[str, str]) -> Iterator[Address]:
    """`*_HOST` variables (and their like) that hold a bare name, with the `*_PORT` beside them."""
    for key, value in variables.items():
        servers = listed(key, value) if value[:1].isdigit() else ()
        yield from [Address(*one[:2], "", one[2], key, True) for one in servers]
        if "," in value:
            fields = in_order(value)
            yield from (Address(host, port, key=key, direct="." in host) for host, port in fields)
        if "@" in value and holds(key.lower(), _LICENCES):
            from cilium_policies.evidence import licences  # few programs are licensed so

            yield from (Address(*one, key=key, direct=True) for one in licences.servers(value))
        if key.endswith(_ACCOUNT) and is_name(value):
            yield Address(snowflake(value), 443, "", "TCP", key, True, False)
        called = is_host_key(key) or _may_name(key, value)
        numbered = not called and is_number(value)
        ports = paired_ports(key, variables) if called or (numbered and key.lower().endswith(_NUMBER)) else []
        if numbered and not ports:
            ports = shared_port(key, variables)
        if not (called or ports):
            yield from _only_service(key, value, variables) if is_name(value) else ()
            continue
        if (apart := re.fullmatch(_APART, value.strip())) is not None:
            scheme, host = apart[1].lower(), apart[2]
            yield from (Address(host, port, scheme, key=key, direct=True) for port in ports)
        for host in _of_python(value) if value.startswith(_PYTHON) else names(_without_path(value.strip())):
            if not ports and key in AGENTS:
                yield from (Address(host, each, "", how, key, True, False) for each, how in AGENTS[key])
            for port in ports or likely_ports(key, host) * (key not in AGENTS):
                for how in transports(key, port):
                    yield Address(host, port, "", how, key, True, bool(ports))


def _only_service(key: str, value: str, variables: dict[str, str]) -> Iterator[Address]:
    """What a variable of any name may call a Service by, and nothing else: a name beside its port (`BACKEND: web`,
    `BACKEND_PORT: "80"`), `service.namespace`, and the name of a program's Service (`REDIS: cache`)."""
    port = variables.get(f"{key}_PORT", "")
    usual = WORDS.get(words_of(key)[-1], 0)
    if is_port(port) or usual:
        yield Address(value, int(port) if is_port(port) else usual, key=key)
    elif value.count(".") == 1:
        yield Address(value, 0, key=key)


def _may_name(key: str, value: str) -> bool:
    """Whether a variable that tells of no host by its last word may hold a Service's name: `CART_SERVICE: cart`,
    `CART_SERVICE: carts.shop`, `CART_URL: cart`; or a host's (`DB_WRITER: x.rds.amazonaws.com`,
    `PAYMENT_URL: api.acme.com`)."""
    lower = key.lower()
    if value.count(".") > 1:
        program = words_of(key)[-1]
        if is_instance_key(key) or (program in WORDS and value.lower().startswith(program)):
            return True  # no user has such a name, and both say what runs there: `PRINT_SFTP: sftp.acme.com`
    if not lower.endswith(_SERVICE):
        return is_url_key(key) and ("." not in value or (is_name(value) and is_outside(value)))
    return "." in value or lower.rpartition("_")[0].replace("_", "-") in value


def _of_python(value: str) -> list[str]:
    """Hosts of a list that osixia's images turn into PHP: `#PYTHON2BASH:[{'ldap.acme.com': [{'server': …}]}]`."""
    from ast import literal_eval  # few inputs hold one

    try:
        told = literal_eval(value.removeprefix(_PYTHON).strip())
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return []
    hosts = (
        [host for one in told for host in (one if isinstance(one, dict) else [one])]
        if isinstance(told, list)
        else []
    )
    return [
        host for host in hosts if isinstance(host, str) and re.fullmatch(r"[A-Za-z0-9][\w.\-]{0,252}", host)
    ]


def of_services(cluster: Cluster, workload: Workload) -> dict[str, str]:
    """The kubelet's variables for the namespace's Services that the workload's texts name."""
    if not workload.may_say(_OF_LINKS):
        return {}
    spoken = {
        name
        for one in workload.texts
        if "_SERVICE_" in one.value or "_TCP" in one.value
        for name in re.findall(_OF_SERVICES, one.value)
    }
    if not spoken or pod_spec(workload.source).get("enableServiceLinks") == "false":
        return {}
    found = {}
    for service in cluster.services_in(workload.namespace):
        stem = service.name.upper().replace("-", "_")
        if f"{stem}_SERVICE_HOST" in spoken:
            found[f"{stem}_SERVICE_HOST"] = service.name
            spoken.add(f"{stem}_SERVICE_PORT")
        for number, entry in enumerate(service.ports):
            link = f"{stem}_PORT_{entry.port}_{entry.protocol}"
            linked = {f"{link}_ADDR": service.name, f"{link}_PORT": str(entry.port)}
            linked[link] = f"{entry.protocol.lower()}://{service.name}:{entry.port}"
            found |= {key: value for key, value in linked.items() if key in spoken}
            named = f"{stem}_SERVICE_PORT_{entry.name.upper().replace('-', '_')}"
            for key in (f"{stem}_SERVICE_PORT",) * (not number) + (named,) * bool(entry.name):
                if key in spoken:
                    found[key] = str(entry.port)
    return found
