"""`audit` on recordings of a running Cilium (recordings/README.md): what enforcement dropped is the truth."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest
from cilium_policies.questions.audit import CUT, DROPPED, Audit
from cilium_policies.questions.recording import opened

from tests.cli.test_bare import command

FOLDER = Path(__file__).parent / "recordings"
Direction = tuple[str, str, str, str]  # ingress or egress, from, to, port


def lines(name: str) -> list[bytes]:
    return gzip.decompress((FOLDER / f"{name}.jsonl.gz").read_bytes()).splitlines()


def verdicts(name: str) -> list[dict[str, Any]]:
    flows = [json.loads(line).get("flow", {}) for line in lines(name)]
    return [flow for flow in flows if flow.get("event_type", {}).get("type") == 5]


def named(name: str, result: str) -> set[Direction]:
    """The directions that `audit` lists with this result, by Hubble's attribution alone."""
    audit = Audit(None)
    audit.read(lines(name))
    return {
        (str(row[0]), str(row[1]), str(row[2]), str(row[3])) for row in audit.cut().rows if row[7] == result
    }


@pytest.mark.parametrize("name", ["shop-audit", "shop-enforce", "shop-fqdn-audit"])
def test_connections_are_counted_and_not_events(name: str) -> None:
    """Each row of the table is one connection; the agent tells one verdict for each of its directions, and one more
    for each SYN that a refused one sends again."""
    told = verdicts(name)
    ends = {
        (flow["traffic_direction"], flow["IP"]["source"], flow["IP"]["destination"], json.dumps(flow["l4"]))
        for flow in told
    }
    audit = Audit(None)
    audit.read(lines(name))
    assert (audit.seen, audit.again) == (len(ends), len(told) - len(ends))
    assert audit.seen + audit.again + sum(audit.skipped.values()) == len(lines(name))


@pytest.mark.parametrize("audited", ["shop-audit", "shop-enforce-agent-audit-mode"])
def test_audit_names_what_enforce_cuts_and_nothing_else(audited: str) -> None:
    """A connection that is cut when it leaves never comes to the other end, so that only what is left can be
    compared there. The agent's own audit mode tells the same."""
    cut, dropped = named(audited, CUT), named("shop-enforce", DROPPED)
    assert {one for one in cut if one[0] == "egress"} == {one for one in dropped if one[0] == "egress"}
    left = {one[1:] for one in dropped if one[0] == "egress"}
    assert {one for one in cut if one[0] == "ingress" and one[1:] not in left} == {
        one for one in dropped if one[0] == "ingress"
    }
    assert dropped


def test_names_behind_the_dns_proxy_are_covered() -> None:
    """Its DNS verdicts are REDIRECTED, and the proxied requests beside them are no connections."""
    audit = Audit(None)
    audit.read(lines("shop-fqdn-audit"))
    assert audit.skipped["proxied requests"] == 6
    assert not [row for row in audit.cut().rows if row[3] == "53/UDP"]


def test_an_agent_without_verdict_events_tells_nothing(tmp_path: Path) -> None:
    (tmp_path / "flows.json").write_bytes(b"\n".join(lines("shop-audit-verdict-events-off")))
    done = command("audit", "--flows", "flows.json", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode() == (
        "cilium-policies: flows: no policy verdict among the events (traces: 171, drops: 5): it cannot tell "
        "what would be cut; record with --type policy-verdict; if that shows none, set "
        "bpf-events-policy-verdict-enabled to true\n"
    )


@pytest.mark.parametrize("name", ["shop-audit-metrics.txt", "shop-audit-metrics.json"])
def test_counters_of_a_running_agent_name_what_the_table_denies(name: str) -> None:
    """Each row of tests/live/cases/shop/flows.yaml that says deny, by its managed ends: attacker has no policies."""
    metrics = opened(io.BytesIO(gzip.decompress((FOLDER / f"{name}.gz").read_bytes()))).metrics
    assert metrics is not None
    found = {(str(row[0]), str(row[1]), str(row[2])) for row in metrics.cut(None).rows if row[7] == CUT}
    both = {("shop/web", "shop/api"), ("shop/web", "shop/db"), ("shop/db", "shop/api")}
    egress = both | {
        ("shop/web", "world"), ("shop/db", "world"), ("shop/db", "host"), ("shop/db", "remote-node"),
        ("shop/api", "world"), ("shop/api", "kube-apiserver"),
    }  # fmt: skip
    ingress = both | {
        ("attacker/attacker", "shop/db"), ("attacker/attacker", "shop/api"), ("attacker/attacker", "reloader/reloader"),
        ("world", "shop/db"), ("world", "shop/api"),
    }  # fmt: skip
    assert found == {("egress", *one) for one in egress} | {("ingress", *one) for one in ingress}
    assert (metrics.lost, metrics.timed, metrics.namespaced) == (0, name.endswith("json"), True)
