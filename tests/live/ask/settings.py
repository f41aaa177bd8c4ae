"""Settings of the agent that the guide names, each on and off: what they do to audit and enforce."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from tests.live.ask import Answer, Check, Live
from tests.live.compare import VERDICT, cut_by_audit, flows_of
from tests.live.given import given, shop
from tests.live.running import Running, Tried

NAME = "settings"
_SOFT = "enable-non-default-deny-policies"  # without it audit is enforcement
_CHANGED: tuple[Mapping[str, str], ...] = (
    {_SOFT: "false"},
    {"policy-audit-mode": "true"},
    {"hubble-network-policy-correlation-enabled": "false"},
    {"bpf-events-policy-verdict-enabled": "false"},
    {"allow-localhost": "policy"},
    {"monitor-aggregation": "maximum"},
    {"kube-proxy-replacement": "true"},
)


class Seen(NamedTuple):
    """What one setting does, on the rows of examples/shop."""

    cut_in_audit: int  # of those that pass without policies
    passed_in_enforce: int
    verdicts: int  # policy verdicts that Hubble tells in audit
    named: int  # of them with a policy's name
    from_host: bool  # whether the own node reaches a pod in enforce


def ask(live: Live) -> Answer:
    """The chart's own settings first, then each of the others alone. The agent is started anew for each."""
    check = Check(NAME, "agent settings on and off: " + ", ".join(name for one in _CHANGED for name in one))
    usual = _seen(live, {}, check)
    check.that(f"by default audit cuts nothing: {usual.cut_in_audit}", usual.cut_in_audit == 0)
    check.that("by default the own node reaches its pods", usual.from_host)
    for changed in _CHANGED:
        seen = _seen(live, changed, check)
        for name in changed:
            _judged(name, usual, seen, check)
    live.cluster.start_agent()
    live.cluster.settle()
    return check.answer()


def _judged(name: str, usual: Seen, seen: Seen, check: Check) -> None:
    """What the guide says of the setting, against what was seen."""
    told = f"{name}: {seen}"
    if name == _SOFT:
        check.that(f"without it audit cuts at once ({told})", seen.cut_in_audit > 0)
    elif name == "policy-audit-mode":
        check.that(f"with it nothing is ever cut ({told})", seen.passed_in_enforce > usual.passed_in_enforce)
    elif name == "hubble-network-policy-correlation-enabled":
        check.that(f"without it no verdict names a policy ({told})", seen.verdicts and not seen.named)
    elif name == "bpf-events-policy-verdict-enabled":
        check.that(f"without it there is no verdict ({told})", not seen.verdicts)
    elif name == "allow-localhost":
        check.that(f"with it the own node needs rules ({told})", not seen.from_host)
    else:
        same = seen._replace(verdicts=0, named=0) == usual._replace(verdicts=0, named=0)
        check.that(f"nothing changes ({told}, usually {usual})", same and seen.named == usual.named)
    if name != _SOFT:
        check.that(f"audit cuts nothing ({told})", seen.cut_in_audit == 0)


def _seen(live: Live, changed: Mapping[str, str], check: Check) -> Seen:
    live.cluster.start_agent(changed)
    found = given(shop())
    label = next(iter(changed), "default")
    recording = live.out / f"shop-audit-{label}.jsonl"
    with Running(live.cluster, found) as running:
        running.apply([])
        everything = [True] * len(running.connections)
        without = running.connect_as(everything)
        running.apply(found.policies["audit"])
        with running.recorded(recording):
            audit = running.connect() if label == _SOFT else running.connect_as(everything)
        running.apply(found.policies["enforce"])
        enforce = running.connect_as([one.row.expect == "allow" for one in running.connections])
    verdicts = [one for one in flows_of(recording.read_bytes().splitlines())
                if (one.get("event_type") or {}).get("type") == VERDICT]  # fmt: skip
    named = [one for one in verdicts if any(by.get("name") for by in _allowed_by(one))]
    check.that(f"{label}: everything passes without policies", all(one.attempt.passed for one in without))
    return Seen(len(cut_by_audit(without, audit)), sum(one.attempt.passed for one in enforce), len(verdicts),
                len(named), _host(enforce))  # fmt: skip


def _allowed_by(flow: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [*(flow.get("ingress_allowed_by") or ()), *(flow.get("egress_allowed_by") or ())]


def _host(tried: list[Tried]) -> bool:
    """Whether the own node reached the database, for which no rule speaks."""
    return next(one.attempt.passed for one in tried if one.connection.row.query["from"] == {"entity": "host"}
                and one.connection.row.query["to"] == {"pod": "shop/db"})  # fmt: skip
