"""What a run says: findings for the results, lines for stderr."""

from __future__ import annotations

from cilium_policies.document.finding import ERROR, INFO, WARNING, Finding, line_of
from cilium_policies.document.source import Source
from cilium_policies.generate.plan import Plan, Uncovered
from cilium_policies.generate.policies import Policies
from cilium_policies.kube.reading import repeated

_ORDER = (ERROR, WARNING, INFO)


def findings(sources: list[Source], plan: Plan, policies: Policies) -> list[Finding]:
    """Errors, then warnings, then one info a namespace, then notices: kpt shows the first four."""
    said = [finding for source in sources for finding in (*source.findings, *repeated(source))]
    said += plan.findings
    said += policies.findings
    said += (_uncovered(plan, one) for one in plan.uncovered)
    said += _namespaces(plan, policies)
    return sorted(said, key=_place)


def _place(finding: Finding) -> tuple[int, bool]:
    return _ORDER.index(finding.severity), finding.severity == INFO and finding.kind != "Namespace"


def _uncovered(plan: Plan, one: Uncovered) -> Finding:
    mode = getattr(plan.modes[one.workload.namespace], one.direction)
    what = "is denied" if mode == "enforce" else "would be denied in enforce"
    message = f"{one}: nothing in the input explains it, so it {what}"
    return one.workload.finding(WARNING, message, f"to allow it: {one.cure}")


def _namespaces(plan: Plan, policies: Policies) -> list[Finding]:
    counts: dict[str, int] = {}
    for policy in policies.policies:
        counts[policy.namespace] = counts.get(policy.namespace, 0) + 1
    return [
        Finding(
            INFO,
            f"{name}: {plural(counts.get(name, 0), 'policy', 'policies')}, {plan.modes[name].word}",
            kind="Namespace",
            name=name,
        )
        for name in sorted(plan.namespaces)
    ]


def summary(said: list[Finding], plan: Plan, policies: Policies, *, verbose: bool) -> list[str]:
    """Each warning and notice where somebody is looking, and one line in any case."""
    told = (f for f in said if verbose and not (f.severity == INFO and f.kind == "Namespace"))
    lines = [f"cilium-policies: {f.severity}: {line_of(f)}" for f in told]
    modes = sorted({plan.modes[name].word for name in plan.namespaces})
    mode = modes[0] if len(modes) == 1 else ", ".join(f"{_count(plan, word)} {word}" for word in modes)
    line = (
        f"cilium-policies: {plural(len(plan.namespaces), 'namespace')}, "
        f"{plural(len(policies.policies), 'policy', 'policies')}, {mode or plan.config.mode}"
    )
    workloads = len({one.workload.key for one in plan.uncovered})
    if workloads:
        line += f"; {plural(workloads, 'workload')} uncovered: cilium-policies list --uncovered"
    return [*lines, line]


def _count(plan: Plan, word: str) -> int:
    return sum(plan.modes[name].word == word for name in plan.namespaces)


def plural(number: int, one: str, many: str = "") -> str:
    """`1 policy`, `2 policies`."""
    return f"{number} {one if number == 1 else many or one + 's'}"
