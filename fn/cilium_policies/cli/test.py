"""`test`: expectations of policies, held against a build."""

from __future__ import annotations

import sys

import click

from cilium_policies.cli import inputs, options
from cilium_policies.cli.colour import BAD, GOOD, painted
from cilium_policies.cli.snapshots import chooses_policies, snapshot
from cilium_policies.cli.streams import put, put_text
from cilium_policies.generate.summary import plural
from cilium_policies.lean import Any
from cilium_policies.questions.expected import read
from cilium_policies.questions.judged import Judge, Result
from cilium_policies.questions.recorded import recorded
from cilium_policies.show.junit import Case, junit
from cilium_policies.show.table import Table, columns


@click.command("test", short_help="checks expectations in a file against a build")
@options.reads_builds
@options.output("text", "json", "junit")
@chooses_policies
@click.option("--record", is_flag=True, help="Prints today's connections as a file of tests instead.")
@click.option("--now", is_flag=True, help="What the cluster does today, where audit denies nothing.")
def test_command(form: str, which: str | None, record: bool, now: bool, **given: Any) -> int:
    """Holds the expectations of a PolicyTest (the first FILE) against the build in the others, or on stdin.

    An expectation is a line, or a mapping with peers as in spec.allow. `allow`: every connection that it names
    passes; `deny`: none does; `only from`: nobody else may come. One that matches nothing, or whose verdict cannot
    be known from manifests, fails. Connections are judged as `list` does: with the policies enforced.

    \b
    tests:
      - media/radarr -> world:443 deny
      - "* -> db/postgres:5432 only from shop/api, monitoring/*"
      - {from: {pod: shop/web}, to: {service: shop/api}, ports: [80/TCP], expect: allow}

    \b
    cilium-policies test expect.yaml rendered/
    kustomize build . | cilium-policies test expect.yaml
    cilium-policies test --record rendered/ > expect.yaml

    Exit code: 0 done, all hold; 1 one fails, or input refused, or no object in it; 2 wrong command line.
    """
    files = list(given["files"])
    if record:
        run = options.run_of(given)
        put(recorded(snapshot(run, which, enforced=not now)).encode())
        options.warn(run, given, "test: recorded")
        return 0
    if not files:
        raise click.UsageError("name the file of tests first: cilium-policies test expect.yaml rendered/")
    data = inputs.read_file(files[0])
    expectations = read(files[0], data)
    run = options.run_of({**given, "files": tuple(files[1:])})
    options.refuse_no_namespace(run, given)
    judge = Judge(snapshot(run, which, enforced=not now), run.made.config)
    results = [judge.judge(one) for one in expectations]
    _show(run, results, form)
    failed = sum(not one.passed for one in results)
    told = plural(failed, "failure") if failed else "no failure"
    options.warn(run, given, f"test: {told} of {plural(len(results), 'test')}")
    return 1 if failed else 0


def _show(run: options.Run, results: list[Result], form: str) -> None:
    if form == "junit":
        cases = [Case(one.expectation.text, _place(one), one.failures) for one in results]
        put(junit("cilium-policies", cases).encode())
    elif form == "json":
        items = [
            {
                "test": one.expectation.text,
                "file": one.expectation.file,
                "line": one.expectation.line,
                "passed": one.passed,
                "failures": list(one.failures),
            }
            for one in results
        ]
        options.show([Table("", columns("test"), [])], "json", "TestResultList", [run], items)
    else:
        put_text("".join(line for one in results for line in _lines(one)))


def _lines(one: Result) -> list[str]:
    if one.passed:
        return [f"{painted('ok', GOOD, sys.stdout)}    {one.expectation.text}\n"]
    head = f"{painted('FAIL', BAD, sys.stdout)}  {one.expectation.text} ({_place(one)})\n"
    return [head, *(f"      {why}\n" for why in one.failures)]


def _place(one: Result) -> str:
    return f"{one.expectation.file}:{one.expectation.line}"
