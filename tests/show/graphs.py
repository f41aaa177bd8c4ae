"""Graphs of any size to draw: the same for the same size."""

from __future__ import annotations

import random

from cilium_policies.show.graph import Graph, Group, Link, Node

LEGEND = (("good", "enforced"), ("warn", "audit"), ("bad", "uncovered"), ("outside", "outside the cluster"))


def graph(count: int, seed: int = 1) -> Graph:
    """`count` groups of two to eleven nodes, a resolver and a collector that everybody knows, and the outside."""
    draw = random.Random(seed)
    names = ["system", "metrics", *(f"team-{number}" for number in range(count - 2))]
    groups = [
        Group(name, name, draw.choice(["good", "warn"]), "enforced", alert=draw.choice([0, 0, 2]), opens=name)
        for name in names
    ]
    nodes = [
        Node(f"{name}/app-{number}", name, f"app-{number}", draw.choice(["plain", "plain", "bad"]))
        for name in names
        for number in range(draw.randint(2, 11))
    ]
    links = [Link(node.key, "system/app-0", "53/UDP", "dns", why="name lookups") for node in nodes]
    links += [Link("metrics/app-0", node.key, "9090", "metrics", why="metrics") for node in nodes]
    for _ in range(3 * count):
        one, other = draw.sample(nodes, 2)
        links.append(
            Link(one.key, other.key, draw.choice(["80", "5432"]), "application", why="named in its env")
        )
    outside = (("anybody", "in"), ("internet", "out"))
    groups += [Group(name, name, "outside", lane=lane) for name, lane in outside]
    links += [
        Link("anybody", nodes[5].key, "443", "world", "outside"),
        Link(nodes[6].key, "internet", "443", "world", "outside"),
    ]
    nodes += [Node(name, name, name, "outside") for name, _ in outside]
    links = [link for link in links if link.source != link.target]
    return Graph("The cluster", tuple(groups), tuple(nodes), tuple(links), LEGEND)
