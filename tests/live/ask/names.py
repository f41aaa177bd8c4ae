"""Names: DNS rules and toFQDNs through the agent's DNS proxy, with CNAMEs, short TTLs, search lists and wildcards."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence

from tests.engine.product import Product
from tests.live.agent import minor
from tests.live.ask import Answer, Check, Live, tried_in
from tests.live.compare import Engine, unlike_table
from tests.live.dns import Record
from tests.live.given import CASES, Body, given, shop
from tests.live.network import WORLD
from tests.live.running import Running
from tests.live.sockets import Way, attempt_as, made

NAME = "names"
_DEPTHS = {  # allowed: *.pkg.example and **.deep.example
    "a.pkg.example": True,
    "a.b.pkg.example": False,
    "pkg.example": False,
    "a.deep.example": True,
    "deep.example": False,
}
STRIPE, OTHER = "api.stripe.com", "evil.example.net"


def ask(live: Live) -> Answer:
    """examples/shop with `cluster.fqdn`: whoever may reach one name may reach nothing else."""
    check = Check(NAME, "toFQDNs through the DNS proxy: CNAME, TTL, search list, first packet, other names, wildcards, "
                  "autopath, open connections, a new agent, a pod with its own resolver")  # fmt: skip
    found = given(shop(), Product([*Product().command, "--config", str(CASES / NAME / "config.yaml")]))
    engine = Engine(live.judge, found)
    with Running(live.cluster, found) as running:
        for mode in ("audit", "enforce"):
            tried = tried_in(mode, running, engine, check)
            if mode == "audit":
                check.wrong += [
                    f"audit cuts {one.connection.row.text()}" for one in tried if not one.attempt.passed
                ]
            else:
                check.wrong += unlike_table(tried)
        _resolving(running, check)
        _deep(running, check)
        _lasting(live, running, check)
        _autopath(running, check, found.policies["enforce"])
        _own_resolver(running, check, found.policies["enforce"])
    return check.answer()


def _resolving(running: Running, check: Check) -> None:
    """In enforce, from the api of the shop."""
    api, zone = running.pod("shop/api"), running.servers.zone.names
    way = Way(api.netns)

    def reaches(address: str, *, expected: bool = True) -> bool:
        running.servers.listen(WORLD, 443, "TCP")
        return attempt_as(expected, way, address, 443, "TCP").passed

    zone[STRIPE] = Record(alias="edge.cdn.example", ttl=1)
    zone["edge.cdn.example"] = Record(("198.51.100.151",), ttl=1)
    check.that(
        "before anybody asked for the name, its address is closed",
        not reaches("198.51.100.151", expected=False),
    )
    for number in range(20):
        address = f"198.51.100.{160 + number}"
        zone["edge.cdn.example"] = Record((address,), ttl=1)
        told = running.resolve(api.netns, STRIPE)
        check.that(f"behind a CNAME the name is {address}: told {told}", told == [address])
        check.that(f"the first packet to {address} passes", reaches(address))
    time.sleep(
        2
    )  # beyond the TTL; connections that live keep their address, and so does the agent for a while
    check.that("the address of a name whose TTL is over is still open at the next look-up",
               running.resolve(api.netns, STRIPE) and reaches("198.51.100.179"))  # fmt: skip
    zone[OTHER] = Record(("198.51.100.190",))
    check.that("another name is answered", running.resolve(api.netns, OTHER) == ["198.51.100.190"])
    check.that("the address of another name stays closed", not reaches("198.51.100.190", expected=False))
    searched = f"{STRIPE}.shop.svc.cluster.local"
    asked = len(running.servers.zone.asked)
    running.resolve(api.netns, searched)
    check.that(
        "a resolver's search list comes through to the DNS server", len(running.servers.zone.asked) > asked
    )
    web = running.pod("shop/web")
    check.that("who has no rule for the name does not reach its address",
               not attempt_as(False, Way(web.netns), "198.51.100.179", 443, "TCP").passed)  # fmt: skip


def _deep(running: Running, check: Check) -> None:
    """`*.` is one level, `**.` is every level, and neither is the name itself."""
    api = running.pod("shop/api").netns
    running.servers.listen(WORLD, 443, "TCP")
    deeper = minor() >= 19  # before it, `**.` was one level as well
    for number, (name, passes) in enumerate({**_DEPTHS, "a.b.deep.example": deeper}.items()):
        address = f"198.51.100.{200 + number}"
        running.servers.zone.names[name] = Record((address,))
        running.resolve(api, name)
        there = attempt_as(passes, Way(api), address, 443, "TCP")
        check.that(f"{name}: {there.result}", there.is_as(passes))


def _lasting(live: Live, running: Running, check: Check) -> None:
    """A connection outlives its name's TTL, a name that has moved on, and the agent; the agent outlives its own end."""
    api, zone = running.pod("shop/api").netns, running.servers.zone.names
    first, second = "198.51.100.220", "198.51.100.221"
    zone[STRIPE] = Record((first,), ttl=1)
    running.resolve(api, STRIPE)
    with made(api, first, socket.SOCK_STREAM) as one:
        one.settimeout(30)
        one.connect((first, 443))

        def goes_on() -> bool:
            one.sendall(b"still there?")
            return one.recv(64) == b"still there?"

        check.that("the connection is open", goes_on())
        zone[STRIPE] = Record((second,), ttl=60)
        running.resolve(api, STRIPE)
        time.sleep(3)
        check.that("it goes on when its name has another address", goes_on())
        live.cluster.start_agent()
        live.cluster.settle()
        check.that("it goes on under a new agent", goes_on())
    there = attempt_as(True, Way(api), second, 443, "TCP")
    check.that(
        f"a new agent knows the name's address before anybody asks again: {there.result}", there.passed
    )
    there = attempt_as(False, Way(api), "198.51.100.190", 443, "TCP")
    check.that(f"and lets through no other: {there.result}", there.is_as(False))


def _autopath(running: Running, check: Check, policies: list[Body]) -> None:
    """CoreDNS' autopath answers the first name of the search path with a CNAME: the agent knows the address by that."""
    api, name = running.pod("shop/api").netns, "cdn.autopath.example"
    searched, address = f"{name}.shop.svc.cluster.local", "198.51.100.230"
    running.servers.zone.names[searched] = Record(alias=name)
    running.servers.zone.names[name] = Record((address,))
    for names, passes in (((name,), False), ((name, searched), True)):
        running.apply([*policies, _by_name(*names)])
        told = running.resolve(api, searched)
        there = attempt_as(passes, Way(api), address, 443, "TCP")
        check.that(f"autopath, with rules for {names}: told {told}, {there.result}",
                   told == [address] and there.is_as(passes))  # fmt: skip


def _own_resolver(running: Running, check: Check, policies: list[Body]) -> None:
    """A resolver of the pod's own at an address outside: names are learnt where the rule for it speaks of DNS."""
    api, resolver = running.pod("shop/api").netns, "198.51.100.53"
    running.servers.listen(WORLD, 53, "UDP", speaks_dns=True)
    running.servers.listen(WORLD, 443, "TCP")
    for number, passes in enumerate((False, True)):
        name, address = f"own-{number}.example", f"198.51.100.{240 + number}"
        running.servers.zone.names[name] = Record((address,))
        ports: Body = {"ports": [{"port": "53", "protocol": "UDP"}]}
        asks = {"toCIDR": [f"{resolver}/32"], "toPorts": [ports | _EVERY_QUESTION if passes else ports]}
        running.apply([*policies, _by_name(name, also=[asks])])
        told = running.resolve(api, name, by=resolver)
        there = attempt_as(passes, Way(api), address, 443, "TCP")
        check.that(f"own resolver, {'with' if passes else 'without'} DNS in its rule: told {told}, {there.result}",
                   told == [address] and there.is_as(passes))  # fmt: skip


_EVERY_QUESTION = {"rules": {"dns": [{"matchPattern": "*"}]}}


def _by_name(*names: str, also: Sequence[Body] = ()) -> Body:
    rule = {
        "toFQDNs": [{"matchName": name} for name in names],
        "toPorts": [{"ports": [{"port": "443", "protocol": "TCP"}]}],
    }
    metadata = {"name": "by-name", "namespace": "shop"}
    selector = {"matchLabels": {"app.kubernetes.io/name": "api"}}
    return {"apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy", "metadata": metadata,
            "spec": {"endpointSelector": selector, "egress": [rule, *also]}}  # fmt: skip
