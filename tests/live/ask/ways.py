"""Ways that a flow table does not name: Services without kube-proxy, nodes, ICMP, replies, and all of it in IPv6."""

from __future__ import annotations

import time

from tests.live.agent import DUAL_STACK
from tests.live.ask import Answer, Check, Live
from tests.live.given import Given, given, shop
from tests.live.network import CLIENT, CLIENT6, HOSTS, NODE, NODE2, SERVER, SERVER6, WORLD
from tests.live.pods import Pod
from tests.live.running import Running
from tests.live.sockets import HOME, Way, attempt_as

NAME = "ways"
_SERVICE_PORT = 9000


def ask(live: Live) -> Answer:
    """examples/shop in enforce, on a dual-stack cluster with kube-proxy's replacement."""
    check = Check(NAME, "Services, host and node, ICMP, replies, IPv6")
    live.cluster.start_agent({**DUAL_STACK, "kube-proxy-replacement": "true"})
    found = given(shop())
    try:
        with Running(live.cluster, found) as running:
            running.apply(found.policies["enforce"])
            for six in (False, True):
                _family(running, check, six=six)
            _services(live, running, check)
            _icmp(running, check, found)
    finally:
        live.cluster.start_agent()
        live.cluster.settle()
    return check.answer()


def _address(pod: Pod, *, six: bool) -> str:
    return pod.address6 if six else pod.address


def _family(running: Running, check: Check, *, six: bool) -> None:
    """What must pass and what must not, by address; an answer is a reply that nobody has a rule for."""
    words = "IPv6" if six else "IPv4"
    pods = {name: running.pod(f"shop/{name}") for name in ("web", "api", "db")}
    attacker, world = running.pod("attacker/attacker"), Way(WORLD, CLIENT6 if six else CLIENT)
    out = SERVER6 if six else SERVER
    node2 = HOSTS[NODE2].address6 if six else HOSTS[NODE2].address
    own = NODE.address6 if six else NODE.address
    for way, target, port, passes, told in (
        (Way(pods["web"].netns), _address(pods["api"], six=six), 8081, True, "web to api"),
        (Way(pods["api"].netns), _address(pods["db"], six=six), 5432, True, "api to db"),
        (Way(attacker.netns), _address(pods["db"], six=six), 5432, False, "attacker to db"),
        (Way(pods["web"].netns), _address(pods["db"], six=six), 5432, False, "web to db"),
        (world, _address(pods["web"], six=six), 8080, True, "world to web"),
        (world, _address(pods["db"], six=six), 5432, False, "world to db"),
        (Way(HOME), _address(pods["db"], six=six), 5432, True, "own node to db"),
        (Way(NODE2), _address(pods["db"], six=six), 5432, False, "other node to db"),
        (Way(pods["db"].netns), own, 10250, False, "db to its node"),
        (Way(pods["db"].netns), node2, 10250, False, "db to another node"),
        (Way(pods["db"].netns), out, 443, False, "db to the world"),
    ):
        there = attempt_as(passes, way, target, port, "TCP")
        check.that(f"{words}: {told}: {there.result}", there.is_as(passes))


def _services(live: Live, running: Running, check: Check) -> None:
    """Without kube-proxy policy acts on the backend's port: a Service's 9000 is the pods' 8081."""
    api, web = running.pod("shop/api"), running.pod("shop/web")
    address = _service(live, "live-api", _SERVICE_PORT, 8081, api)
    public = _service(live, "live-web", 80, 8080, web, kind="NodePort")
    time.sleep(2)
    attacker = running.pod("attacker/attacker")
    for way, target, port, passes, told in (
        (Way(web.netns), address["clusterIP"], _SERVICE_PORT, True, "web to the Service of api"),
        (Way(attacker.netns), address["clusterIP"], _SERVICE_PORT, False, "attacker to the Service of api"),
        (
            Way(WORLD, CLIENT),
            NODE.address,
            int(public["ports"][0]["nodePort"]),
            True,
            "world to web's NodePort",
        ),
        (
            Way(NODE2),
            NODE.address,
            int(public["ports"][0]["nodePort"]),
            True,
            "another node to web's NodePort",
        ),
    ):
        there = attempt_as(passes, way, target, port, "TCP")
        check.that(f"Services: {told}: {there.result}", there.is_as(passes))


def _service(
    live: Live, name: str, port: int, target: int, pod: Pod, *, kind: str = "ClusterIP"
) -> dict[str, object]:
    """A Service and its only endpoint; its spec as the API server completed it."""
    api, named = live.cluster.api, {"name": name, "namespace": pod.namespace}
    body = {"apiVersion": "v1", "kind": "Service", "metadata": named,
            "spec": {"type": kind, "ports": [{"name": "p", "port": port, "targetPort": target}]}}  # fmt: skip
    made = api.create(body)
    api.create({
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {**named, "labels": {"kubernetes.io/service-name": name}},
        "addressType": "IPv4",
        "endpoints": [{"addresses": [pod.address], "conditions": {"ready": True}, "nodeName": "node1"}],
        "ports": [{"name": "p", "port": target, "protocol": "TCP"}],
    })  # fmt: skip
    return dict(made["spec"])


def _icmp(running: Running, check: Check, found: Given) -> None:
    """No rule speaks of ICMP: in enforce only the own node may, in audit everybody."""
    web, api, attacker = (running.pod(one) for one in ("shop/web", "shop/api", "attacker/attacker"))
    ways = (
        ("web to api", Way(web.netns), api.address, False),
        ("attacker to api", Way(attacker.netns), api.address, False),
        ("web to the world", Way(web.netns), SERVER, False),
        ("own node to web", Way(HOME), web.address, True),
    )
    for mode in ("enforce", "audit"):
        running.apply(found.policies[mode])
        for told, way, target, passes in ways:
            expected = passes or mode == "audit"
            there = attempt_as(expected, way, target, 0, "ICMP")
            check.that(f"ICMP in {mode}: {told}: {there.result}", there.is_as(expected))
