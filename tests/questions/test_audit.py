"""`audit`: what enforcement would cut, by attribution where flows carry it and by the plan where not."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterable

import pytest
from cilium_policies.checks.snapshot import Snapshot, with_generated
from cilium_policies.cilium.read import read_policy
from cilium_policies.cli.options import run_on
from cilium_policies.document.parse import load
from cilium_policies.evaluate.repository import PolicyRepository
from cilium_policies.function import Options
from cilium_policies.questions.audit import CUT, DROPPED, STALE, UNKNOWN, Audit
from hypothesis import given
from hypothesis import strategies as st

from tests.cli.test_bare import command

from . import hubble
from .test_report import INPUT

SEEN = {"by": ["web"]}


@pytest.fixture(scope="module")
def shop() -> Snapshot:
    run = run_on([("in.yaml", INPUT)], Options(overrides=(("mode", "enforce"),)))
    return with_generated(run.made.plan.cluster, run.made.policies.policies, enforced=True)


def end(shop: Snapshot, name: str) -> dict[str, object]:
    found = next(one for one in shop.ends.values() if one.name == name)
    return hubble.of_endpoint(found, name.partition("/")[2])


def rows(audit: Audit, lines: Iterable[bytes]) -> list[tuple[object, ...]]:
    audit.read(lines)
    return list(audit.cut().rows)


def test_a_flow_that_the_plan_allows_is_not_listed(shop: Snapshot) -> None:
    web, db = end(shop, "shop/web"), end(shop, "data/db")
    lines = [hubble.line(web, db, 5432, direction=side) for side in ("EGRESS", "INGRESS")]
    assert rows(Audit(shop.repository), lines) == []


def test_a_flow_that_it_does_not_allow_is_listed_with_the_line_that_would_allow_it(shop: Snapshot) -> None:
    web, db = end(shop, "shop/web"), end(shop, "data/db")
    lines = [hubble.line(db, web, 8080, second=second) for second in (5, 3, 9)]
    lines.append(hubble.line(db, web, 8080, direction="EGRESS", second=1))
    found = rows(Audit(shop.repository, [("data/db", "egress")]), lines)
    line = "spec.allow: [{from: {pod: data/db}, to: {pod: shop/web}, ports: [8080/TCP], why: …}]"
    nobody = "nothing in the manifests needs this"
    # shop/web stands behind a LoadBalancer: from pods inside it is still closed
    assert found == [
        ("ingress", "data/db", "shop/web", "8080/TCP", 3, "2026-11-24 09:30:03", "2026-11-24 09:30:09", CUT,
         nobody, line),
        (
            "egress", "data/db", "shop/web", "8080/TCP", 1, "2026-11-24 09:30:01", "2026-11-24 09:30:01", CUT,
            "nothing in the manifests explains the egress of data/db", line,
        ),
    ]  # fmt: skip


def test_attribution_counts_where_it_is_there(shop: Snapshot) -> None:
    web, db, lonely = (end(shop, name) for name in ("shop/web", "data/db", "data/lonely"))
    audit = Audit(shop.repository)
    found = rows(
        audit,
        [
            hubble.line(web, db, 5432, **SEEN),  # both say: allowed
            hubble.line(lonely, db, 5432, by=[]),  # both say: cut
            hubble.line(
                web, db, 5432, direction="EGRESS", by=[]
            ),  # the cluster's policies are older than the plan
            hubble.line(
                lonely, web, 8080, by=["mine"]
            ),  # a policy in the cluster that the manifests do not show
        ],
    )
    assert {(row[0], row[1], row[2], row[7]) for row in found} == {
        ("ingress", "data/lonely", "data/db", CUT),
        ("egress", "shop/web", "data/db", STALE),
    }
    assert audit.disagreements == 2


def test_without_any_attribution_the_plan_decides(shop: Snapshot) -> None:
    web, db = end(shop, "shop/web"), end(shop, "data/db")
    audit = Audit(shop.repository)
    assert [
        row[7] for row in rows(audit, [hubble.line(web, db, 5432, by=[]), hubble.line(db, web, 8080, by=[])])
    ] == [CUT]
    assert not audit.attributed


def test_without_manifests_attribution_decides(shop: Snapshot) -> None:
    web, db = end(shop, "shop/web"), end(shop, "data/db")
    found = rows(Audit(None), [hubble.line(web, db, 5432, **SEEN), hubble.line(db, web, 8080, by=[])])
    assert [(row[1], row[2], row[8]) for row in found] == [("data/db", "shop/web", "no policy names it")]


def test_the_own_node_may_always_come_in(shop: Snapshot) -> None:
    node, db = hubble.reserved("host"), end(shop, "data/db")
    other = hubble.reserved("remote-node")
    assert (
        rows(Audit(shop.repository), [hubble.line(node, db, 9999, by=[]), hubble.line(node, db, 9999)]) == []
    )
    assert [row[1] for row in rows(Audit(shop.repository), [hubble.line(other, db, 9999)])] == ["remote-node"]


def test_what_a_policy_dropped_is_cut_now_and_other_drops_are_not_ours(shop: Snapshot) -> None:
    web, db = end(shop, "shop/web"), end(shop, "data/db")
    dropped = hubble.line(db, web, 80, verdict="DROPPED", drop_reason_desc="POLICY_DENIED")
    other = hubble.line(db, web, 81, verdict="DROPPED", drop_reason_desc="STALE_OR_UNROUTABLE_IP")
    assert [(row[3], row[7]) for row in rows(Audit(shop.repository), [dropped, other])] == [
        ("80/TCP", DROPPED)
    ]


def test_the_api_server_is_known_by_its_identity(shop: Snapshot) -> None:
    db = end(shop, "data/db")
    found = rows(
        Audit(shop.repository),
        [hubble.line(db, hubble.reserved("kube-apiserver", "remote-node"), 6443, direction="EGRESS")],
    )
    assert [(row[2], row[9]) for row in found] == [
        (
            "kube-apiserver",
            "spec.allow: [{from: {pod: data/db}, to: kube-apiserver, ports: [6443/TCP], why: …}]",
        )
    ]


def test_public_addresses_are_one_group_names_and_private_ones_their_own(shop: Snapshot) -> None:
    db, outside = end(shop, "data/db"), hubble.address()
    lines = [
        hubble.line(db, outside, 443, direction="EGRESS", ips=("10.0.0.1", f"93.184.216.{number}"))
        for number in range(9)
    ]
    lines.append(hubble.line(db, outside, 443, direction="EGRESS", ips=("10.0.0.1", "192.168.1.7")))
    lines.append(
        hubble.line(
            db, outside, 443, direction="EGRESS", ips=("10.0.0.1", "93.184.216.34"), names=["api.example.org"]
        )
    )
    found = {
        row[2]: (row[4], str(row[9]).partition(", to: ")[2].partition(", ports")[0])
        for row in rows(Audit(shop.repository), lines)
    }
    assert found == {
        "internet": (9, "internet"),
        "192.168.1.7": (1, "{cidr: 192.168.1.7/32}"),
        "api.example.org": (1, "{fqdn: api.example.org}"),
    }


def test_an_address_inside_a_rule_of_its_own_is_not_taken_for_the_internet() -> None:
    config = b"""\
apiVersion: cilium-policies.fn/v1alpha1
kind: CiliumPolicies
spec:
  mode: enforce
  allow: [{from: {pod: data/db}, to: {cidr: 93.184.216.0/28}, ports: [443/TCP]}]
"""
    run = run_on([("in.yaml", INPUT)], Options(("c.yaml", config)))
    shop = with_generated(run.made.plan.cluster, run.made.policies.policies, enforced=True)
    ips = [("10.0.0.1", "93.184.216.200"), ("10.0.0.1", "93.184.216.3")]
    lines = [
        hubble.line(end(shop, "data/db"), hubble.address(), 443, direction="EGRESS", ips=pair) for pair in ips
    ]
    assert [row[2] for row in rows(Audit(shop.repository), lines)] == ["internet"]


@pytest.mark.parametrize(
    "more",
    [
        {"is_reply": True},
        {"Type": "L7"},
        {"verdict": "ERROR"},
        {"verdict": "TRACED"},
        {"traffic_direction": "TRAFFIC_DIRECTION_UNKNOWN"},
        {"l4": {}},
    ],
)
def test_what_opens_no_connection_is_left_out(shop: Snapshot, more: dict[str, object]) -> None:
    audit = Audit(shop.repository)
    audit.read([hubble.line(end(shop, "data/db"), end(shop, "shop/web"), 8080, **more)])
    assert (audit.seen, audit.odd) == (0, 0)


def test_a_connection_is_one_however_many_events_tell_of_it(shop: Snapshot) -> None:
    """Hubble tells of one refused connection a verdict and a drop for each SYN, and of one that passes traces too."""
    web, db = end(shop, "shop/web"), end(shop, "data/db")
    tcp = {"TCP": {"source_port": 41_000, "destination_port": 80, "flags": {"SYN": True}}}
    denied = {"verdict": "DROPPED", "drop_reason_desc": "POLICY_DENIED", "l4": tcp}
    lines = []
    for second in (1, 2, 4):  # the kernel sends a SYN again after one and three seconds
        lines.append(hubble.line(db, web, 80, second=second, **denied))
        lines.append(
            hubble.line(db, web, 80, second=second, event_type={"type": 1, "sub_type": 133}, **denied)
        )
    lines += [hubble.line(db, web, 80, event_type={"type": 4}), hubble.line(db, web, 80, event_type=None)]
    audit = Audit(shop.repository)
    assert [(row[4], row[5], row[6]) for row in rows(audit, lines)] == [
        (1, "2026-11-24 09:30:01", "2026-11-24 09:30:04")
    ]
    assert (audit.seen, audit.again) == (1, 2)
    assert audit.skipped == {"drops": 3, "traces": 1, "flows without event_type": 1}


def test_a_connection_that_is_cut_later_is_cut(shop: Snapshot) -> None:
    db, web = end(shop, "data/db"), end(shop, "shop/web")
    tcp = {"TCP": {"source_port": 41_000, "destination_port": 5432}}
    lines = [
        hubble.line(web, db, 5432, l4=tcp, **SEEN),
        hubble.line(web, db, 5432, l4=tcp, verdict="DROPPED", drop_reason_desc="POLICY_DENIED", second=9),
    ]
    assert [(row[4], row[7]) for row in rows(Audit(shop.repository), lines)] == [(1, DROPPED)]


@pytest.mark.parametrize("port", ["1e999", "-1", "65536", '"x"', "NaN", "[]", "1" * 5000])
def test_one_odd_line_is_one_odd_line(shop: Snapshot, port: str) -> None:
    good = hubble.line(end(shop, "data/db"), end(shop, "shop/web"), 8080)
    odd = good.replace(b'"destination_port": 8080', f'"destination_port": {port}'.encode())
    audit = Audit(shop.repository)
    assert len(rows(audit, [odd, good])) == 1
    assert (audit.odd, audit.first_odd, audit.seen) == (1, 1, 1)


def test_other_lines_of_hubbles_are_no_fault_and_rubbish_is() -> None:
    audit = Audit(None)
    lost = json.dumps({"lost_events": {"source": "HUBBLE_RING_BUFFER", "num_events_lost": "7"}}).encode()
    audit.read(
        [
            lost,
            b'{"node_status":{"state_change":"NODE_CONNECTED"}}',
            b"\n",
            b"{",
            b"[]",
            b"null",
            b"\xff",
            b'{"flow": 3}',
        ]
    )
    assert (audit.lost, audit.odd, audit.first_odd) == (7, 5, 4)


def test_a_bare_flow_without_its_wrapper_is_read_too(shop: Snapshot) -> None:
    whole = json.loads(hubble.line(end(shop, "data/db"), end(shop, "shop/web"), 8080))
    assert len(rows(Audit(shop.repository), [json.dumps(whole["flow"]).encode()])) == 1


def test_icmp_and_ranges_of_pods_without_workloads(shop: Snapshot) -> None:
    db = {**end(shop, "data/db"), "workloads": []}
    found = rows(Audit(shop.repository), [hubble.line(db, end(shop, "shop/web"), 8, protocol="ICMPv4")])
    assert [(row[1], row[3], row[9]) for row in found] == [("data/db", "8/ICMP", "")]


def test_rules_that_no_flow_used(shop: Snapshot) -> None:
    run = run_on([("in.yaml", INPUT)], Options(overrides=(("mode", "enforce"),)))
    audit = Audit(with_generated(run.made.plan.cluster, run.made.policies.policies, enforced=True).repository)
    web, db = end(shop, "shop/web"), end(shop, "data/db")
    before = {row[:3] for row in audit.unused(run.made.policies.policies).rows}
    audit.read([hubble.line(web, db, 5432, **SEEN)])
    after = {row[:3] for row in audit.unused(run.made.policies.policies).rows}
    assert before - after == {("data", "db", "spec.ingress[0]")}


def test_memory_stays_the_same_however_many_flows_come(shop: Snapshot) -> None:
    db, web = end(shop, "data/db"), end(shop, "shop/web")

    def lines(count: int) -> Iterable[bytes]:
        for number in range(count):
            public = f"93.1.{number // 256 % 256}.{number % 256}"
            yield hubble.line(hubble.address(number), web, 8080, ips=(public, "10.0.0.2"))
            yield hubble.line(db, web, number % 7 + 1)

    audit = Audit(shop.repository)
    audit.read(lines(2_000))
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    audit.read(lines(5_000))
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert audit.seen == 14_000
    assert len(audit.groups) == 8
    assert grown < 2_000_000


def test_more_groups_than_can_be_kept_are_counted(shop: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cilium_policies.questions.audit.GROUPS", 3)
    audit = Audit(None)
    audit.read(hubble.line(end(shop, "data/db"), end(shop, "shop/web"), port, by=[]) for port in range(1, 9))
    assert (len(audit.groups), audit.beyond) == (3, 5)


def test_the_command_on_a_pipe(tmp_path: object, shop: Snapshot) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path))
    (folder / "in.yaml").write_bytes(INPUT)
    stdin = hubble.line(end(shop, "data/db"), end(shop, "shop/web"), 8080, by=[]) + hubble.line(
        end(shop, "shop/web"), end(shop, "data/db"), 5432, by=["db"]
    )
    done = command("audit", "-o", "json", "in.yaml", stdin=stdin, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert [(row["from"], row["result"]) for row in json.loads(done.stdout)["items"]] == [("data/db", CUT)]
    assert done.stderr.decode() == (
        "cilium-policies: 2 connections in 2 groups, from 2 lines\n"
        "cilium-policies: no verdict of the egress of data, shop: nothing is known about it\n"
    )
    alone = command("audit", stdin=stdin)
    assert "no policy names it" in alone.stdout.decode()
    unused = command("audit", "--unused", "-o", "csv", "in.yaml", stdin=stdin, cwd=folder).stdout.decode()
    assert "shop,web,spec.egress[0]" in unused
    assert "data,db,spec.ingress[0]" not in unused


@pytest.mark.parametrize(
    ("stdin", "said"),
    [
        (b"", "no new connection among the flows; pipe in hubble observe --type policy-verdict -o json"),
        (
            b"Nov 24 09:30:00.000: a -> b\n",
            "line 1 is not a Hubble flow; write them with hubble observe -o json",
        ),
    ],
)
def test_what_holds_no_flow_is_refused(stdin: bytes, said: str) -> None:
    done = command("audit", stdin=stdin)
    assert done.returncode == 1
    assert done.stdout == b""
    assert done.stderr.decode().count("\n") == 1
    assert said in done.stderr.decode()


UNNAMED = hubble.line(
    hubble.pod("data", "db", []), hubble.pod("shop", "web", []), 8080
)  # as with hubble.networkPolicyCorrelation off


@pytest.mark.parametrize(
    ("stdin", "said"),
    [
        (UNNAMED, "no flow says which policy let it pass"),
        (UNNAMED.replace(b'{"type": 5}', b'{"type": 4}'), "(traces: 1): it cannot tell what would be cut"),
        (UNNAMED.replace(b'"event_type": {"type": 5}, ', b""), "add event_type to the exporter's fieldMask"),
    ],
)
def test_a_recording_that_cannot_tell_says_so(stdin: bytes, said: str) -> None:
    done = command("audit", "-o", "json", stdin=stdin)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode().count("\n") == 1
    assert said in done.stderr.decode()


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(["FORWARDED", "INGRESS", "TCP"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                ["flow", "verdict", "l4", "TCP", "source", "labels", "identity", "traffic_direction", "IP"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.lists(JSON, max_size=4))
def test_no_line_can_break_it(values: list[object]) -> None:
    audit = Audit(None)
    audit.read(json.dumps(value).encode() for value in values)
    audit.cut()


NAMES = ("source", "destination", "l4", "IP", "event_type", "ingress_allowed_by", "destination_names", "time")


@given(st.dictionaries(st.sampled_from(NAMES), JSON))
def test_no_field_of_a_flow_can_break_it(shop: Snapshot, fields: dict[str, object]) -> None:
    whole = json.loads(hubble.line(end(shop, "data/db"), end(shop, "shop/web"), 8080))
    whole["flow"].update(fields)
    audit = Audit(shop.repository)
    audit.read([json.dumps(whole).encode()])
    audit.cut()
    assert audit.seen + audit.odd <= 1


NAMED = """\
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: metrics, namespace: data}
spec:
  endpointSelector: {matchLabels: {app: made}}
  ingress: [{fromEndpoints: [{}], toPorts: [{ports: [{port: metrics, protocol: TCP}]}]}]
"""


@pytest.mark.parametrize(
    ("label", "manifests", "result"),
    [
        ("", {}, UNKNOWN),
        ("", {"metrics": (9090, "TCP")}, ""),
        ("", {"metrics": (9091, "TCP")}, CUT),
        ("metrics.TCP.9090_web.TCP.80", {}, ""),
        ("web.TCP.80", {}, CUT),
    ],
)
def test_a_port_by_its_name(label: str, manifests: dict[str, tuple[int, str]], result: str) -> None:
    """The identity's label says what a pod's ports are called, else the manifests; else nobody knows."""
    policy, _ = read_policy(load(NAMED.encode()), "data")
    assert policy is not None
    labels = ["k8s:io.kubernetes.pod.namespace=data", "k8s:io.cilium.k8s.policy.cluster=default"]
    made = hubble.pod("data", "made", [*labels, "k8s:app=made"])
    if label:
        made["labels"].append(f"gen:io.cilium.k8s.named-ports={label}")
    names = {"data/other": {}} | ({"data/made": manifests} if manifests else {})
    audit = Audit(PolicyRepository([policy]), port_names=names)
    audit.read([hubble.line(hubble.pod("data", "other", labels), made, 9090)])
    (answer,) = audit.answers().values()
    assert answer.result == result
    assert bool(answer.decision and answer.decision.note) == (result == UNKNOWN)


def learned(**l7: object) -> bytes:
    """A request or an answer that the agent's proxy saw, as Hubble tells of it."""
    more = {"event_type": {"type": 129}, "Type": "L7", "l7": l7}
    return hubble.line(
        {"identity": 1000, "namespace": "data"},
        hubble.address(),
        443,
        direction="EGRESS",
        ips=("10.0.0.1", "198.51.100.9"),
        **more,
    )


def test_dns_answers_and_requests_of_the_recording_tell_names(shop: Snapshot) -> None:
    db, outside = end(shop, "data/db"), hubble.address()
    answer = {"query": "api.example.org.", "ips": ["198.51.100.7", "198.51.100.8"], "qtypes": ["A"]}
    suffixed = {"query": "cdn.example.org.data.svc.cluster.local.", "ips": ["198.51.100.6"]}
    lines = [
        learned(type="RESPONSE", dns=answer),
        learned(type="RESPONSE", dns=suffixed),
        learned(type="REQUEST", http={"url": "http://www.example.org:80/x", "method": "GET"}),
    ]
    lines += [
        hubble.line(db, outside, 443, direction="EGRESS", ips=("10.0.0.1", address))
        for address in ("198.51.100.6", "198.51.100.7", "198.51.100.8", "198.51.100.9", "93.184.216.10")
    ]
    found = {
        row[2]: (row[4], str(row[9]).partition(", to: ")[2].partition(", ports")[0])
        for row in rows(Audit(shop.repository), lines)
    }
    assert found == {
        "api.example.org": (2, "{fqdn: api.example.org}"),
        "cdn.example.org": (1, "{fqdn: cdn.example.org}"),
        "www.example.org": (1, "{fqdn: www.example.org}"),
        "internet": (1, "internet"),
    }
