"""What a run says: findings for the results, lines for stderr."""

from __future__ import annotations

from cilium_policies.document.finding import ERROR, INFO, WARNING, Finding, line_of
from cilium_policies.document.source import Source
from cilium_policies.generate.opened import by_policy, opened
from cilium_policies.generate.plan import Plan
from cilium_policies.generate.policies import Policies
from cilium_policies.generate.still_closed import still_closed
from cilium_policies.generate.uncovered import Uncovered, directions
from cilium_policies.kube.reading import repeated, set_aside

_ORDER = (ERROR, WARNING, INFO)


def findings(sources: list[Source], plan: Plan, policies: Policies) -> list[Finding]:
    """Errors, then warnings, then one info a namespace, then notices: kpt shows the first four."""
    said = [
        finding for source in sources for finding in (*source.findings, *repeated(source), *set_aside(source))
    ]
    said += plan.findings
    said += policies.findings
    flows = opened(plan, policies)
    policies.opened = len(flows)
    said += by_policy(flows)
    said += still_closed(plan)
    said += unknown(plan)
    said += _namespaces(plan, policies)
    return sorted(said, key=_place)


def _place(finding: Finding) -> tuple[int, bool, bool]:
    last = finding.severity == INFO and finding.kind != "Namespace"
    return _ORDER.index(finding.severity), last, not finding.about_config


def unknown(plan: Plan) -> list[Finding]:
    """What is not known of each direction, and the config line for it: one finding for all that one line cures."""
    return [_unknown(found, hard=hard) for (hard, *_), found in _by_cure(plan).items()]


def _by_cure(plan: Plan) -> dict[tuple[bool, object], list[Uncovered]]:
    groups: dict[tuple[bool, object], list[Uncovered]] = {}
    for one in plan.uncovered:
        groups.setdefault((_is_hard(plan, one), one.for_all or id(one)), []).append(one)
    return groups


def _is_hard(plan: Plan, one: Uncovered) -> bool:
    mode = plan.modes.get(one.namespace)
    if mode is not None and one.workload is not None:
        mode = plan.held.mode(one.namespace, [one.workload])
    return mode is not None and any(getattr(mode, way) == "enforce" for way in one.directions)


def _unknown(found: list[Uncovered], *, hard: bool) -> Finding:
    first, what = found[0], "is denied" if hard else "would be denied in enforce"
    message = f"{', '.join(map(str, found))}: {first.sentence}, so what it needs {what}"
    subject = first.workload or first.source
    if subject is None:
        return Finding(WARNING, message, first.advice)
    return subject.finding(WARNING, message, first.advice)


def _namespaces(plan: Plan, policies: Policies) -> list[Finding]:
    counts: dict[str, int] = {}
    for policy in policies.policies:
        counts[policy.namespace] = counts.get(policy.namespace, 0) + 1
    guessed: dict[str, dict[str, None]] = {}
    for one in plan.guessed:  # of one direction several things may be said
        guessed.setdefault(one.namespace, {})[str(one).replace(f"{one.namespace}/", "", 1)] = None
    return [
        Finding(
            INFO,
            f"{name}: {plural(counts.get(name, 0), 'policy', 'policies')}, {plan.modes[name].word}"
            # whatever is denied without being explained is named; these in the line of their namespace
            + (f"; known in part: {', '.join(guessed[name])}" if name in guessed else ""),
            kind="Namespace",
            name=name,
        )
        for name in sorted(plan.namespaces)
    ]


def summary(
    said: list[Finding], shown: list[Finding], plan: Plan, policies: Policies, *, verbose: bool
) -> list[str]:
    """A line for each finding that is shown (those of `printed`), and one in any case, which counts the warnings among
    all that are said which are not."""
    lines = [told(one) for one in shown]
    modes = sorted({plan.modes[name].word for name in plan.namespaces})
    mode = modes[0] if len(modes) == 1 else ", ".join(f"{_count(plan, word)} {word}" for word in modes)
    line = (
        f"cilium-policies: {plural(len(plan.namespaces), 'namespace')}, "
        f"{plural(len(policies.policies), 'policy', 'policies')}, {mode or plan.config.mode}"
    )
    line += unprinted(said, verbose=verbose, beside=len(_by_cure(plan)))
    if policies.opened:
        line += f"; {plural(policies.opened, 'flow')} that your own policies close will be open"
    return [*lines, line + known_in_part(plan) + on_anothers_word(plan)]


def known_in_part(plan: Plan) -> str:
    """`; 3 directions unknown, 21 guessed: cilium-policies list --uncovered FILE`; "" where all is explained."""
    unknown, guessed = directions(plan.uncovered), directions(plan.guessed)
    if not (unknown or guessed):
        return ""
    found = [plural(unknown, "direction") + " unknown"] if unknown else []
    found += [f"{guessed} guessed" if found else plural(guessed, "direction") + " guessed"] if guessed else []
    return f"; {', '.join(found)}: cilium-policies list --uncovered FILE"


def on_anothers_word(plan: Plan) -> str:
    """`; 4 openings rest on another namespace's word: cilium-policies list --foreign FILE`; "" where none does."""
    found = {(one.workload.key, one.direction, one.asks) for one in plan.foreign}
    if not found:
        return ""
    what = "openings" if plan.foreign[0].open else "openings left out that"
    many = len(found)
    verb = "rest" if many != 1 else "rests"
    words = f"{many} {what if many != 1 else what.replace('openings', 'opening')} {verb} on another namespace's word"
    return f"; {words}: cilium-policies list --foreign FILE"


def printed(said: list[Finding], *, verbose: bool) -> list[Finding]:
    """The findings that get a line: those about the user's own config always, the others where somebody looks."""
    return [
        one
        for one in said
        if one.about_config or (verbose and (one.severity != INFO or one.kind != "Namespace"))
    ]


def unprinted(said: list[Finding], *, verbose: bool, beside: int = 0) -> str:
    """`; 8 warnings (-v shows them)` for what `printed` leaves out; "" where it leaves no warning out. `beside`: so
    many of them are counted beside this as directions that are unknown."""
    left = 0 if verbose else sum(one.severity == WARNING and not one.about_config for one in said) - beside
    return f"; {plural(left, 'warning')} (-v shows {'it' if left == 1 else 'them'})" if left else ""


def told(finding: Finding) -> str:
    """A finding as a line for stderr."""
    return f"cilium-policies: {finding.severity}: {line_of(finding)}"


def _count(plan: Plan, word: str) -> int:
    return sum(plan.modes[name].word == word for name in plan.namespaces)


def plural(number: int, one: str, many: str = "") -> str:
    """`1 policy`, `2 policies`."""
    return f"{number} {one if number == 1 else many or one + 's'}"
