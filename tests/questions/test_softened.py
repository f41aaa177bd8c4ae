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
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: registry.example/web}]}}
"""
PORTS = (
    INPUT.replace("image: registry.example/web", "image: registry.example/web, ports: [{containerPort: 80}]")
    + """\
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: a}
spec: {selector: {app: web}, ports: [{port: 80}]}
"""
)


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


def older(path: str) -> None:
    """Makes of the policies in a file what a version wrote that thought to know whom web calls, and who calls it."""
    text = Path(path).read_text()
    named = text.index("name: web", text.index("cilium-policies.fn/component"))
    rules = text[named:].replace("egress:\n  - {}", "egress:\n  - toEntities: [world]", 1)
    Path(path).write_text(text[:named] + rules)


def test_what_another_version_denied_and_this_one_does_not_know_is_said(tmp_path: Path) -> None:
    before, after = built(tmp_path, "before", PORTS, "enforce"), built(tmp_path, "after", PORTS, "enforce")
    assert "another version" not in within("diff", before, after).stderr.decode()
    older(before)
    said = within("diff", before, after).stderr.decode()
    assert (
        "another version wrote the policies before; this one knows nothing of 2 directions that they deny:"
        in said
    )
    assert "  a/web egress: nothing in the input names what it calls" in said
    assert "  a/web ingress: it listens, and nothing in the input names who calls it" in said


def test_an_upgrade_that_holds_back_what_was_enforced_is_said(tmp_path: Path) -> None:
    """The older version knew no `uncovered: audit`, or knew the direction: its policies deny, those of today do not."""
    config = tmp_path / "config.yaml"
    config.write_text(
        "apiVersion: cilium-policies.fn/v1alpha1\nkind: CiliumPolicies\n"
        "spec: {mode: enforce, namespaces: {uncovered: audit}}\n"
    )
    before, after = built(tmp_path, "before", PORTS, "enforce"), str(tmp_path / "after.yaml")
    made = within("--only-policies", "--config", str(config), before)
    Path(after).write_text(f"{PORTS}---\n{made.stdout.decode()}")
    said = within("diff", "--config", str(config), before, after).stderr.decode()
    assert "a ingress: " in said
    assert "back to audit" in said
    assert "this one knows nothing of 2 directions that they deny" in said
