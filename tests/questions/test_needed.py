"""`diff` of needs: a chart that renames a label is named with what it cuts, and with the line."""

from __future__ import annotations

import json

import pytest

from ..cli.within import Done, within
from ..support import deployment, namespace, service, stream

STORE = deployment("logs/store", port=3100)
VIEWER = deployment("logs/viewer", extra="env: [{name: STORE_URL, value: 'http://store:3100'}]")
BEFORE = stream(namespace("logs"), STORE, VIEWER, service("logs/store", port=3100, target="3100"))
ALLOW = b"""\
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: allow-store, namespace: logs}
spec:
  endpointSelector: {matchLabels: {app: store}}
  ingress: [{fromEndpoints: [{matchLabels: {app: viewer}}], toPorts: [{ports: [{port: "3100", protocol: TCP}]}]}]
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: deny, namespace: logs}
spec: {endpointSelector: {}, ingress: [{}]}
"""
# The chart's new version calls its pods otherwise; Service and pods agree, the policy does not.
RENAMED = stream(
    namespace("logs"),
    deployment("logs/store", port=3100, labels="name: store"),
    VIEWER,
    service("logs/store", port=3100, target="3100", selector="name: store"),
)


def diffed(tmp_path: pytest.TempPathFactory, before: bytes, after: bytes, *more: str) -> Done:
    for name, data in (("before", before), ("after", after)):
        with open(f"{tmp_path}/{name}.yaml", "wb") as file:
            file.write(data)
    return within("diff", "--policies", "written", f"{tmp_path}/before.yaml", f"{tmp_path}/after.yaml", *more)


def test_a_renamed_label_is_named_with_what_it_cuts(tmp_path: pytest.TempPathFactory) -> None:
    done = diffed(tmp_path, BEFORE + ALLOW, RENAMED + ALLOW, "-o", "json")
    body = json.loads(done.stdout)
    cut = [one for one in body["needs"] if one["change"] == "need cut"]
    assert [(one["from"], one["to"], one["ports"]) for one in cut] == [
        ("logs/viewer", "logs/store", "3100/TCP")
    ]
    assert "CiliumNetworkPolicy/logs/deny" in cut[0]["why"]
    faults = [one for one in body["findings"] if one["check"] == "selects-no-pod"]
    assert [one["policy"] for one in faults] == ["CiliumNetworkPolicy/logs/allow-store"]
    assert faults[0]["file"].endswith("after.yaml")
    assert faults[0]["line"] > 0


def test_stale_policies_of_the_programs_own_cut_needs_too(tmp_path: pytest.TempPathFactory) -> None:
    own = within("--only-policies", "--mode", "enforce", stdin=BEFORE).stdout
    body = json.loads(diffed(tmp_path, BEFORE + own, RENAMED + own, "-o", "json").stdout)
    cut = [(one["from"], one["to"], one["ports"]) for one in body["needs"] if one["change"] == "need cut"]
    assert ("logs/viewer", "logs/store", "3100/TCP") in cut
    assert diffed(tmp_path, BEFORE + own, RENAMED + own, "--fail-on", "need-cut").returncode == 1


@pytest.mark.parametrize("condition", ["need-cut", "new-fault"])
def test_either_may_fail_a_pull_request(tmp_path: pytest.TempPathFactory, condition: str) -> None:
    assert diffed(tmp_path, BEFORE + ALLOW, RENAMED + ALLOW, "--fail-on", condition).returncode == 1
    assert diffed(tmp_path, BEFORE + ALLOW, BEFORE + ALLOW, "--fail-on", condition).returncode == 0


def test_needs_come_and_go_with_the_manifests(tmp_path: pytest.TempPathFactory) -> None:
    without = stream(namespace("logs"), STORE, service("logs/store", port=3100, target="3100"))
    more = json.loads(diffed(tmp_path, without, BEFORE, "-o", "json").stdout)["needs"]
    assert [(one["change"], one["from"], one["to"]) for one in more] == [
        ("new need", "logs/viewer", "logs/store")
    ]
    assert "Deployment logs/viewer env STORE_URL at " in more[0]["evidence"]
    less = json.loads(diffed(tmp_path, BEFORE, without, "-o", "json").stdout)["needs"]
    assert [one["change"] for one in less] == ["need gone"]


def test_nothing_is_said_where_nothing_changes(tmp_path: pytest.TempPathFactory) -> None:
    done = diffed(tmp_path, BEFORE + ALLOW, BEFORE + ALLOW)
    assert done.stdout == b"no connection changes\n"
