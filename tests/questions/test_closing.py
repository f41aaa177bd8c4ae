"""`audit -o yaml`: pasted into the config, its lines close what the recording tells of."""

from __future__ import annotations

import yaml
from cilium_policies.cli.audit import enforced_audit
from cilium_policies.cli.options import Run, run_on
from cilium_policies.function import Options
from cilium_policies.questions.closing import closing

from tests.shapes import manifests

from . import hubble

SHOWN = "---\n".join(
    manifests(
        [
            {"ns": "a"},
            {"dep": "a/web", "ports": [8080]},
            {"dep": "a/api", "ports": [9000]},
            {"dep": "a/idle", "ports": [7000]},
            {"svc": "a/web", "ports": {8080: 8080}},
            {"svc": "a/api", "ports": {9000: 9000}},
            {"svc": "a/idle", "ports": {7000: 7000}},
        ]
    )
)


def run(spec: dict[str, object]) -> Run:
    config = {"apiVersion": "cilium-policies.fn/v1alpha1", "kind": "CiliumPolicies", "spec": spec}
    return run_on([("in.yaml", SHOWN.encode())], Options(config=("c.yaml", yaml.safe_dump(config).encode())))


def unknown(made: Run) -> set[str]:
    return {str(one) for one in made.made.plan.uncovered}


def test_what_was_seen_is_allowed_and_what_was_heard_of_and_not_seen_is_closed() -> None:
    whole = run({"mode": "enforce"})
    assert len(unknown(whole)) == 6
    audit, _ = enforced_audit(whole)
    web = hubble.pod("a", "web", ["k8s:app=web", "k8s:io.kubernetes.pod.namespace=a"])
    api = hubble.pod("a", "api", ["k8s:app=api", "k8s:io.kubernetes.pod.namespace=a"])
    audit.read(hubble.line(web, api, 9000, direction=side) for side in ("EGRESS", "INGRESS"))
    lines = closing(whole.made.plan, audit)
    said = yaml.safe_load("\n".join(lines))
    assert said["allow"] == [
        {"from": {"pod": "a/web"}, "to": {"pod": "a/api"}, "ports": ["9000/TCP"], "why": "seen once"},
    ]
    left = unknown(run({"mode": "enforce", **said}))
    assert left == {"a/web ingress", "a/api egress", "a/idle ingress", "a/idle egress"}
    assert "#   a/idle egress: - {from: {pod: a/idle}, to: none}" in lines
