"""What `diff` says of policies that deny no more, and of directions that nobody knows any more."""

from __future__ import annotations

from pathlib import Path

from ..cli.within import within

INPUT = """\
apiVersion: v1
kind: Namespace
metadata: {name: a}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: a}
spec:
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: example/web}]}}
"""
PORTS = INPUT.replace("image: example/web", "image: example/web, ports: [{containerPort: 80}]")


def built(folder: Path, name: str, text: str, mode: str) -> str:
    """A file with these manifests and the policies of this mode behind them."""
    target = folder / f"{name}.yaml"
    target.write_text(text)
    made = within("--only-policies", "--mode", mode, str(target))
    target.write_text(f"{text}---\n{made.stdout.decode()}")
    return str(target)


def test_policies_that_go_back_to_audit_and_directions_newly_unknown_are_said(tmp_path: Path) -> None:
    before, after = built(tmp_path, "before", INPUT, "enforce"), built(tmp_path, "after", PORTS, "audit")
    said = within("diff", before, after).stderr.decode()
    assert "a ingress: 3 policies go back to audit" in said
    assert "a egress: 3 policies go back to audit" in said
    assert "newly unknown: a/web ingress: it listens" in said
    assert "newly unknown: a/web egress" not in said


def test_the_other_way_nothing_is_said(tmp_path: Path) -> None:
    before, after = built(tmp_path, "before", PORTS, "audit"), built(tmp_path, "after", INPUT, "enforce")
    said = within("diff", before, after).stderr.decode()
    assert "back to audit" not in said
    assert "newly unknown" not in said
