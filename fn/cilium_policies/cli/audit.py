"""`audit`: compares Hubble's flows with the enforced plan, as they come."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterable, Iterator
from typing import IO, Any

import click

from cilium_policies.checks.snapshot import with_generated
from cilium_policies.cilium.model import Policy
from cilium_policies.cli import options
from cilium_policies.cli.progress import Progress
from cilium_policies.cli.streams import put, put_text, say
from cilium_policies.config.model import Mode
from cilium_policies.document.finding import refused
from cilium_policies.generate.policies import Policies
from cilium_policies.questions.audit import Audit
from cilium_policies.questions.closing import closing
from cilium_policies.questions.flows import UNTYPED
from cilium_policies.questions.metrics import Metrics
from cilium_policies.questions.recording import opened
from cilium_policies.show.table import FORMS


@click.command("audit", short_help="compares Hubble's flows with the enforced plan")
@options.reads_builds
@options.output(*FORMS, "yaml")
@click.option(
    "--flows", metavar="FILE", type=click.File("rb"), default="-", help="The flows (default: stdin)."
)
@click.option("--unused", is_flag=True, help="Lists the generated rules that no flow has used instead.")
@click.option(
    "--rules", is_flag=True, help="Prints alerts for Prometheus and Hubble's options for them instead."
)
def audit_command(form: str, flows: IO[bytes], unused: bool, rules: bool, **given: Any) -> int:
    """Lists the flows that enforcement would cut: grouped, counted, first and last seen, and how to allow each.

    The flows come from hubble, from the exporter's files, from Loki, or as counters from Prometheus.

    FILE and DIR are the manifests, whose plan the flows are held against. Without them Hubble's own attribution
    counts: which flows no policy in the cluster names. Ctrl-C ends a live stream and prints what was seen.
    `-o yaml` prints config lines: for what was seen and would be cut, and for directions that are unknown, of which the
    recording tells, and in which nothing else was seen.

    \b
    hubble observe --type policy-verdict -o json --last 100000 | cilium-policies audit rendered/
    hubble observe --type policy-verdict -o json --follow | cilium-policies audit rendered/
    cilium-policies audit --flows flows.json --unused rendered/
    cilium-policies audit --flows flows.json -o yaml rendered/
    cilium-policies audit --rules > prometheusrule.yaml

    Exit code: 0 done; 1 input or config refused, or no flow in it; 2 wrong command line.
    """
    if rules:
        from cilium_policies.questions.alerts import as_yaml

        put(as_yaml().encode())
        return 0
    if form == "yaml" and (unused or not given["files"]):
        raise click.UsageError(
            "-o yaml needs the manifests and cannot be combined with --unused: it is a block of spec.allow"
        )
    if "-" in given["files"]:
        raise click.UsageError("stdin holds the flows: name the manifests as FILE or DIR")
    if unused and not given["files"]:
        raise click.UsageError("--unused needs the manifests: name them as FILE or DIR")
    if getattr(flows, "name", "") == "<stdin>" and sys.stdin.isatty():
        raise click.UsageError("no flows: pipe in hubble observe -o json, or name a file with --flows")
    run = options.run_of(given) if given["files"] else None
    audit, policies = enforced_audit(run)
    recording = opened(flows)
    if recording.metrics is not None:
        if form == "yaml":
            raise refused(
                "counters have no ports, which config lines need", "give it flows instead", file="flows"
            )
        return _counted(recording.metrics, audit, unused, form, run)
    read_all(audit, recording.lines)
    _refuse_what_cannot_tell(audit, planned=bool(given["files"]))
    unheard = _unheard(audit, run)
    read = {"connections": audit.seen, "again": audit.again, "lines": audit.lines, "skipped": dict(audit.skipped),
            "odd": audit.odd, "lost": audit.lost, "unheard": unheard}  # fmt: skip
    if form == "yaml" and run is not None:
        put_text("".join(f"{line}\n" for line in closing(run.made.plan, audit)))
        say(f"cilium-policies: {line}" for line in (*_told(audit, bool(policies)), *unheard))
        return 0
    table, kind = (audit.unused(policies), "UnusedRuleList") if unused else (audit.cut(), "CutList")
    options.show([table], form, kind, [run] if run else [], recording=read)
    say(f"cilium-policies: {line}" for line in (*_told(audit, bool(policies)), *unheard))
    return 0


def _unheard(audit: Audit, run: options.Run | None) -> list[str]:
    """Where nothing was seen, "nothing would be cut" means nothing."""
    from cilium_policies.questions import clean

    found = clean.unheard(run.made.plan, clean.of_flows(audit).verdicts) if run else []
    lines = []
    for direction in ("ingress", "egress"):
        names = [name for name, one in found if one == direction]
        if names:
            lines.append(f"no verdict of the {direction} of {', '.join(names)}: nothing is known about it")
    return lines


def _counted(metrics: Metrics, audit: Audit, unused: bool, form: str, run: options.Run | None) -> int:
    if unused:
        raise refused("counters do not say which rule was used", "give it flows instead", file="flows")
    read = {"connections": sum(row.verdicts for row in metrics.rows), "lost": metrics.lost}
    options.show([metrics.cut(audit.repository)], form, "CutList", [run] if run else [], recording=read)
    say(f"cilium-policies: {line}" for line in _told_by_counters(metrics, audit.repository is not None))
    return 0


def _told_by_counters(metrics: Metrics, planned: bool) -> Iterator[str]:
    since = "in the time of the query" if metrics.timed else "since the agents started"
    yield f"{sum(row.verdicts for row in metrics.rows):,} verdicts {since}; counters have no ports, flows do"
    if not planned:
        yield "what your own policy allows wholesale is counted as if no rule covered it: name the manifests"
    if metrics.lost:
        yield f"Hubble lost {metrics.lost:,} events"


def read_all(audit: Audit, lines: Iterable[bytes]) -> None:
    """Every line of a recording, or all until Ctrl-C. Raises RefusedError for one that cannot tell."""
    with Progress() as told:
        audit.read(
            _until_stopped(lines),
            lambda read: told(f"{read:,} flows read, {len(audit.groups):,} kinds of them"),
        )


def enforced_audit(run: options.Run | None) -> tuple[Audit, list[Policy]]:
    """The audit of the plan in enforce mode, whatever mode it is in; namespaces that are off stay off."""
    if run is None:
        return Audit(None), []
    plan = run.made.plan
    hard = {name: Mode("off" if mode.ingress == "off" else "enforce", "off" if mode.egress == "off" else "enforce")
            for name, mode in plan.modes.items()}  # fmt: skip
    policies = Policies(plan._replace(modes=hard)).policies
    snapshot = with_generated(plan.cluster, policies, enforced=True)
    open_ends = ((one.place, way) for one in plan.uncovered for way in one.directions)
    names = {end.name: end.named_ports for end, one in snapshot.workloads.items() if one.rendered}
    return Audit(snapshot.repository, open_ends, names), policies


def _until_stopped(flows: Iterable[bytes]) -> Iterator[bytes]:
    """Lines until the end, or until Ctrl-C: what was seen so far still counts."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield from flows
    except KeyboardInterrupt:
        say([""])
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def _refuse_what_cannot_tell(audit: Audit, *, planned: bool) -> None:
    """No answer is better than "nothing would be cut" from flows that could not have shown it. Raises RefusedError."""
    if audit.seen:
        if not (planned or audit.correlated) and any(group.uncovered for group in audit.groups.values()):
            cause = "no policy is applied, or hubble.networkPolicyCorrelation is off"
            reason = f"no flow says which policy let it pass: {cause}"
            raise refused(reason, "name the manifests as FILE or DIR: then the plan decides", file="flows")
        return
    if audit.odd and not audit.skipped:
        line = f"line {audit.first_odd} is not a Hubble flow"
        raise refused(line, "write them with hubble observe -o json", file="flows", line=audit.first_odd)
    if UNTYPED in audit.skipped:
        reason = f"no policy verdict that can be recognised as one: {_skipped(audit)}"
        raise refused(reason, "add event_type to the exporter's fieldMask", file="flows")
    if audit.skipped:
        reason = f"no policy verdict among the events ({_skipped(audit)}): it cannot tell what would be cut"
        cure = "record with --type policy-verdict; if that shows none, set bpf-events-policy-verdict-enabled to true"
        raise refused(reason, cure, file="flows")
    how = "pipe in hubble observe --type policy-verdict -o json"
    raise refused("no new connection among the flows", how, file="flows")


def _skipped(audit: Audit) -> str:
    return ", ".join(f"{kind}: {count:,}" for kind, count in audit.skipped.items())


def _told(audit: Audit, planned: bool) -> Iterator[str]:
    yield f"{audit.seen:,} connections in {len(audit.groups):,} groups, from {audit.lines:,} lines"
    if audit.skipped:
        yield f"skipped, as only a policy verdict is a new connection: {_skipped(audit)}"
    if audit.again:
        yield f"{audit.again:,} further packets of the same connections are not counted again"
    if audit.odd:
        yield f"{audit.odd:,} lines are not flows; the first is line {audit.first_odd}"
    if audit.lost:
        yield f"Hubble lost {audit.lost:,} events: raise its buffer, or ask for policy verdicts alone"
    if audit.beyond:
        yield f"{audit.beyond:,} connections of further groups are not listed: use hubble observe --namespace"
    if not audit.attributed:
        how = "the plan alone decides" if planned else "every flow counts as one that no policy names"
        yield f"no flow names a policy: nothing is applied yet, or hubble.networkPolicyCorrelation is off; {how}"
    elif audit.disagreements:
        yield f"in {audit.disagreements:,} groups the cluster's policies decide differently from this plan: apply it"
