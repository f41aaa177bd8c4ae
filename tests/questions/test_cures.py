"""Each cure that `explain` offers is taken at its word: the line goes into the config, and the flow is asked again;
`lint` says nothing more of the policies then."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from cilium_policies.checks.snapshot import Snapshot, with_generated
from cilium_policies.cli.options import Run, run_on
from cilium_policies.document.finding import RefusedError
from cilium_policies.function import Options
from cilium_policies.questions.explain import Answer, explain
from cilium_policies.questions.lint import identity, lint

from tests.engine.corpus import Row, cases
from tests.short import manifests

CLUSTERS = ("seed-cluster", "argo-cd", "kube-prometheus-stack", "online-boutique")
_CONFIG = "apiVersion: cilium-policies.fn/v1alpha1\nkind: CiliumPolicies\nspec:\n  mode: enforce\n"
_ENTRY = re.compile(r"(?<= )- (\{.*?, why: )…\}")
_OTHER = {"allowed": "denied", "denied": "allowed"}
Flow = tuple[str, str, str]


def planned(named: Sequence[tuple[str, bytes]], spec: str = "") -> tuple[Run, Snapshot]:
    run = run_on(list(named), Options(config=("config.yaml", (_CONFIG + spec).encode())))
    made = run.made
    return run, with_generated(made.plan.cluster, made.policies.policies, enforced=True)


def asked(snapshot: Snapshot, run: Run, flow: Flow) -> list[Answer]:
    return explain(snapshot, snapshot, *flow, needs=run.made.plan.edges)


def faults(run: Run) -> set[str]:
    """What `lint --planned` says of this plan."""
    return {identity(row) for row in lint(run.sources, run.made.plan, (), run.made.policies.policies)}


def entries(cure: str) -> str:
    """The lines of a cure as they would be pasted below `spec:`; "" where it is for a person to carry out."""
    field = next((one for one in ("allow", "deny") if f"spec.{one}: -" in cure), "")
    found = _ENTRY.findall(cure)
    lines = "".join(f"  - {one}a test}}\n" for one in found)
    return f"  {field}:\n{lines}" if field and found else ""


def flows(rows: Sequence[Row], step: int) -> Iterator[Flow]:
    for row in rows[::step]:
        ends = [row.query[key] for key in ("from", "to")]
        names = [end.get("pod") or end.get("entity") or end.get("cidr") or end.get("fqdn") for end in ends]
        if all(names) and not any(end.get("node") for end in ends):
            yield str(names[0]), str(names[1]), f"{row.query['port']}/{row.query.get('protocol', 'TCP')}"


@pytest.mark.parametrize("name", CLUSTERS)
def test_what_a_cure_says_comes_true(corpus: Path, name: str) -> None:
    case = next(one for one in cases(corpus) if one.name == name)
    named = [(str(build), build.read_bytes()) for build in case.builds]
    run, before = planned(named)
    wrong, tried, words = [], 0, set()
    usual = faults(run)
    for flow in flows(case.rows, max(1, len(case.rows) // 20)):
        try:
            answers = asked(before, run, flow)
        except RefusedError:
            continue  # an end that only the pods of run time show
        if len(answers) != 1 or not (spec := entries(answers[0].cure)):
            continue
        tried += 1
        words.add(answers[0].enforced)
        again, after = planned(named, spec)
        (answer,) = asked(after, again, flow)
        by_name = answer.enforced == "not known" and "rules allow the port named" in answer.note
        if answer.enforced != _OTHER[answers[0].enforced] and not by_name:
            wrong.append((flow, answers[0].enforced, spec))
        assert tried % 4 or faults(again) <= usual, spec
    assert wrong == []
    assert tried >= 10
    assert words == {"allowed", "denied"}


def verdicts(cluster: list[str], flow: Flow, cure_of: int = 0) -> tuple[list[str], list[str]]:
    """What becomes of a flow, and what does with the cure of one of the answers."""
    run, before = planned([("stdin", cluster)])
    answers = asked(before, run, flow)
    again, after = planned([("stdin", cluster)], entries(answers[cure_of].cure))
    return [one.enforced for one in answers], [one.enforced for one in asked(after, again, flow)]


def test_a_cure_tells_two_workloads_of_one_name_apart() -> None:
    cluster = manifests(
        "- {ns: a}\n"
        "- {dep: a/web, labels: {app: web, part: d}, ports: [80]}\n"
        "- {dep: a/web, kind: StatefulSet, labels: {app: web, part: s}, ports: [80]}\n"
        "- {dep: a/client}\n"
    )
    found = verdicts(cluster, ("a/client", "a/web", "80/TCP"), cure_of=1)
    assert found == (["denied", "denied"], ["denied", "allowed"])


def test_a_cure_names_every_workload_whose_rule_takes_the_pods_in() -> None:
    """A chart's Job and its CronJob often have one label, and another name."""
    role = "rbac.authorization.k8s.io/v1, kind: {}, metadata: {{name: c, namespace: a}}"
    cluster = manifests(
        "- {ns: a}\n"
        "- {apiVersion: v1, kind: ServiceAccount, metadata: {name: c, namespace: a}}\n"
        f"- {{apiVersion: {role.format('Role')}, rules: [{{apiGroups: [''], resources: [secrets], verbs: [get]}}]}}\n"
        f"- {{apiVersion: {role.format('RoleBinding')}, roleRef: {{kind: Role, name: c}},"
        " subjects: [{kind: ServiceAccount, name: c, namespace: a}]}\n"
        "- {dep: a/certs, labels: {app: certs}, pod: {serviceAccountName: c}}\n"
        "- {dep: a/certs-1, labels: {app: certs}, pod: {serviceAccountName: c}}\n"
    )
    assert verdicts(cluster, ("a/certs", "kube-apiserver", "6443/TCP")) == (["allowed"], ["denied"])


def test_a_cure_names_the_cron_job_whose_rule_takes_in_a_job_without_labels() -> None:
    """Its own are found by the label that the controller of Jobs adds, whatever their names."""
    of_pods = (
        "{spec: {containers: [{name: c, image: 'example.org/x:1',"
        " env: [{name: API_URL, value: 'http://api.a:80'}]}]}}"
    )
    cluster = manifests(
        "- {ns: a}\n"
        "- {dep: a/api, ports: [80]}\n"
        "- {svc: a/api, ports: {80: 80}}\n"
        "- {apiVersion: batch/v1, kind: Job, metadata: {name: once, namespace: a},"
        f" spec: {{template: {of_pods}}}}}\n"
        "- {apiVersion: batch/v1, kind: CronJob, metadata: {name: nightly, namespace: a},"
        f" spec: {{schedule: '0 1 * * *', jobTemplate: {{spec: {{template: {of_pods}}}}}}}}}\n"
    )
    assert verdicts(cluster, ("a/once", "a/api", "80/TCP")) == (["allowed"], ["denied"])
