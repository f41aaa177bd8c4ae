"""Every row of a case in four modes: packets, engine and table agree, and Hubble names what enforcement cuts."""

from __future__ import annotations

from tests.engine.corpus import Case
from tests.live import compare
from tests.live.ask import Answer, Check, Live
from tests.live.given import MODES, given
from tests.live.running import Running, Tried, observed
from tests.tools import ROOT

WHAT = "no policies, the input's policies, audit, enforce"


def ask(live: Live, case: Case) -> Answer:
    """The case's flow table, each mode in turn."""
    check = Check(case.name, WHAT)
    found = given(case)
    engine = compare.Engine(live.judge, found)
    with Running(live.cluster, found) as running:
        tried = {mode: _mode(live, running, engine, check, mode) for mode in MODES}
        check.notes += [f"not tried: {one.row.text()}: {one.why}" for one in running.unplanned]
    check.wrong += compare.cut_by_audit(tried["own"], tried["audit"])
    check.wrong += compare.unlike_table(tried["enforce"])
    opened = compare.opened_by_audit(tried["own"], tried["audit"])
    if opened:
        check.notes.append(f"audit allows beside the input's own policies: {'; '.join(opened)}")
    return check.answer()


def _mode(live: Live, running: Running, engine: compare.Engine, check: Check, mode: str) -> list[Tried]:
    policies = running.given.policies[mode]
    running.apply(policies)
    if mode in ("audit", "enforce"):
        check.wrong += [f"{mode}: refused: {words}" for words in running.refused]
        check.wrong += [f"{mode}: kept otherwise: {name}" for name in running.changed_specs()]
    recording = live.out / f"{running.given.name}-{mode}.jsonl"
    verdicts = engine.verdicts(mode, running.connections)
    with running.recorded(recording):
        first = running.connect()
        tried, again = running.confirmed(first, [one.allowed for one in verdicts])
    check.notes += [f"{mode}: {again} connections were tried twice"] if again else []
    check.all(len(tried), compare.unlike_engine(mode, tried, verdicts))
    if mode == "audit":
        _audit(live, running, engine, check, tried)
    return tried


def _audit(live: Live, running: Running, engine: compare.Engine, check: Check, tried: list[Tried]) -> None:
    """Hubble's words, by the README's line and by the command, against what enforcement would cut."""
    recording = live.out / f"{running.given.name}-audit.jsonl"
    flows = compare.flows_of(recording.read_bytes().splitlines())
    enforced = engine.verdicts("enforce", running.connections)
    found = compare.directions(tried, enforced, flows)
    since = flows[0]["time"] if flows else "1m"
    listed = compare.flows_of(observed(*readme_line(), "--since", since, "-o", "json").splitlines())
    check.all(len(found), compare.misnamed(found))
    check.all(len(found), compare.unlike_line(found, listed))
    check.all(len(found), compare.unlike_audit(found, compare.audited(recording), running.pods))
    silent = compare.unheard(found)
    check.notes += (
        [f"{len(silent)} directions without a verdict: no policy selects that end"] if silent else []
    )


def readme_line() -> list[str]:
    """The arguments of the `hubble observe` line that the guide gives, without its namespace."""
    text = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if "--cel-expression" in line)
    return [
        "--type",
        "policy-verdict",
        "--cel-expression",
        line.partition("--cel-expression '")[2].rstrip("'"),
    ]
