"""Every flow of the tables to a name outside, through the DNS proxy, with `cluster.fqdn: known` and `all`."""

from __future__ import annotations

from tests.engine.corpus import Case, Row
from tests.live import compare
from tests.live.ask import Answer, Check, Live, tried_in
from tests.live.given import given, known
from tests.live.running import Running

NAME = "outside"
_FQDN = ("known", "all")
_WHOLE = ("seed-cluster", "apps-root-template")  # with `known` each row of these, names or not
_OTHER = "nobody.names.this.example"


def ask(live: Live) -> Answer:
    """Each case whose table has names: whoever needs a name reaches it; another name goes as the engine says."""
    check = Check(
        NAME,
        "names in the tables through the DNS proxy, with cluster.fqdn known and all, and one name that nobody needs",
    )
    others: dict[str, list[bool]] = {fqdn: [] for fqdn in _FQDN}
    for case in known():
        rows = [one for one in case.rows if "fqdn" in one.query["to"] and "pod" in one.query["from"]]
        if rows:
            _ask(live, check, case._replace(rows=(*rows, *_others(rows))), others)
        if case.name in _WHOLE:
            _whole(live, check, case)
    for fqdn, passed in others.items():
        check.notes.append(
            f"{fqdn}: another name is cut for {passed.count(False)} of {len(passed)} workloads"
        )
    return check.answer()


def _others(rows: list[Row]) -> list[Row]:
    """For each source a name that is in no manifest; no table says what comes of it."""
    sources = {one.query["from"]["pod"] for one in rows}
    return [
        Row(
            0,
            {"from": {"pod": pod}, "to": {"fqdn": _OTHER}, "port": 443, "protocol": "TCP"},
            "",
            False,
            "",
            "",
        )
        for pod in sorted(sources)
    ]


def _ask(live: Live, check: Check, case: Case, others: dict[str, list[bool]]) -> None:
    found = given(case)
    for fqdn in _FQDN:
        found.policies[fqdn] = given(case, settings=[f"cluster.fqdn={fqdn}"]).policies["enforce"]
    engine = compare.Engine(live.judge, found)
    with Running(live.cluster, found) as running:
        for fqdn in _FQDN:
            tried = tried_in(fqdn, running, engine, check, f"{case.name}, {fqdn}")
            others[fqdn] += [one.attempt.passed for one in tried if not one.connection.row.expect]
            named = [one for one in tried if one.connection.row.expect]
            check.all(len(named), [f"{case.name}, {fqdn}: {line}" for line in compare.unlike_table(named)])


def _whole(live: Live, check: Check, case: Case) -> None:
    found = given(case, settings=["cluster.fqdn=known"])
    engine = compare.Engine(live.judge, found)
    with Running(live.cluster, found) as running:
        tried = tried_in("enforce", running, engine, check, f"{case.name}, known")
        check.all(len(tried), [f"{case.name}, known: {line}" for line in compare.unlike_table(tried)])
