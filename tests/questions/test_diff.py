"""What a change opens and closes."""

from __future__ import annotations

import pytest
from cilium_policies.questions.diff import (
    ALLOWED,
    DENIED,
    Difference,
    diff,
    fails,
    table,
)
from cilium_policies.questions.party import Party
from cilium_policies.show.table import rendered

from tests.questions.small import SHOP, policy, small

CLOSED = policy("{endpointSelector: {}, ingress: [{}], egress: [{}]}") + policy(
    "{endpointSelector: {}, ingress: [{}], egress: [{}]}", "closed", "ops"
)
FROM_WEB = policy(
    "{endpointSelector: {matchLabels: {app: db}}, ingress: "
    "[{fromEndpoints: [{matchLabels: {app: web}}], toPorts: [{ports: [{port: '5432', protocol: TCP}]}]}]}",
    "db",
)
TO_DATABASE = policy(
    "{endpointSelector: {matchLabels: {app: web}}, egress: [{toEndpoints: [{matchLabels: {app: db}}]}]}",
    "web",
)
WORLD = policy(
    "{endpointSelector: {matchLabels: {app: web}}, ingress: "
    "[{fromEntities: [world], toPorts: [{ports: [{port: '8080', protocol: TCP}]}]}]}",
    "world",
)


def changes(before: str, after: str) -> list[tuple[object, ...]]:
    return words_of(diff(small(before).written(), small(after).written()))


def words_of(found: Difference) -> list[tuple[object, ...]]:
    """The changes as they are read, and whether the source is outside."""
    return [(one.change, str(one.source), str(one.target), one.ports, one.outside) for one in found.changes]


def change(what: str, source: str, target: str, ports: str, outside: bool = False) -> tuple[object, ...]:
    return what, source, target, ports, outside


def test_no_change() -> None:
    text = SHOP + CLOSED + FROM_WEB
    assert changes(text, text) == []
    assert (
        rendered([table(diff(small(text).written(), small(text).written()))], "md")
        == "no connection changes\n"
    )


def test_one_side_alone_opens_nothing() -> None:
    assert changes(SHOP + CLOSED, SHOP + CLOSED + FROM_WEB) == []


def test_both_sides_open_and_their_loss_closes() -> None:
    open_one = change(ALLOWED, "shop/web", "shop/db", "5432/TCP")
    assert changes(SHOP + CLOSED + FROM_WEB, SHOP + CLOSED + FROM_WEB + TO_DATABASE) == [open_one]
    closed = changes(SHOP + CLOSED + FROM_WEB + TO_DATABASE, SHOP + CLOSED + FROM_WEB)
    assert closed == [change(DENIED, *map(str, open_one[1:4]))]


def test_world() -> None:
    found = diff(small(SHOP + CLOSED).written(), small(SHOP + CLOSED + WORLD).written())
    assert words_of(found) == [change(ALLOWED, "world", "shop/web", "8080/TCP", True)]
    assert fails(found, ["new-allow-from-world"]) == found.changes
    assert fails(found, ["new-deny"]) == []
    back = diff(small(SHOP + CLOSED + WORLD).written(), small(SHOP + CLOSED).written())
    assert fails(back, ["new-allow-from-world"]) == []
    assert fails(back, ["new-deny"]) == back.changes == fails(back, ["any"])


def test_fewer_ports() -> None:
    wide = SHOP + CLOSED + TO_DATABASE + FROM_WEB.replace("port: '5432'", "port: '5430', endPort: 5439")
    narrow = SHOP + CLOSED + TO_DATABASE + FROM_WEB
    assert changes(wide, narrow) == [change(DENIED, "shop/web", "shop/db", "5430-5431/TCP, 5433-5439/TCP")]


def test_a_new_pod_s_openings_are_new() -> None:
    fresh = SHOP.replace("name: tool, namespace: ops", "name: fresh, namespace: shop").replace(
        "app: tool", "app: fresh"
    )
    found = diff(
        small(SHOP + CLOSED).written(),
        small(fresh + CLOSED + WORLD.replace("app: web", "app: fresh")).written(),
    )
    assert found.added == ["shop/fresh"]
    assert found.removed == ["ops/tool"]
    assert words_of(found) == [change(ALLOWED, "world", "shop/fresh", "8080/TCP", True)]


def test_closing_everything_is_few_lines() -> None:
    pods = "".join(
        f"---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: a{number}, namespace: ops}}\n"
        f"spec: {{selector: {{matchLabels: {{app: a{number}}}}}, template: {{metadata: {{labels: {{app: a{number}}}}},"
        " spec: {containers: [{name: c, image: example/c}]}}}\n"
        for number in range(20)
    )
    found = changes(SHOP + pods, SHOP + pods + CLOSED)
    assert change(DENIED, "every pod", "every pod", "any port") in found
    assert len(found) < 40


@pytest.mark.parametrize(
    ("rule", "fails_it"),
    [
        ("toEntities: [world]", True),
        ("toCIDR: [0.0.0.0/0]", True),
        ("toCIDR: [140.82.112.0/20]", True),
        ("toCIDR: [192.168.1.0/24]", False),
        ("toFQDNs: [{matchName: api.example.org}]", False),
        ("toEndpoints: [{matchLabels: {app: db}}]", False),
    ],
)
def test_a_new_way_to_a_public_address(rule: str, fails_it: bool) -> None:
    out = policy(f"{{endpointSelector: {{matchLabels: {{app: web}}}}, egress: [{{{rule}}}]}}", "out")
    found = diff(small(SHOP + CLOSED).written(), small(SHOP + CLOSED + out).written())
    assert bool(fails(found, ["new-internet"])) is fails_it
    back = diff(small(SHOP + CLOSED + out).written(), small(SHOP + CLOSED).written())
    assert fails(back, ["new-internet"]) == []


def test_a_group_of_ranges_may_hold_any_address() -> None:
    assert Party("cidr-group", "offices").is_public
    assert not Party("fqdn", "api.example.org").is_public
