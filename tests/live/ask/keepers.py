"""What keeps verdicts longer than Hubble does: the exporter's file, and the counters that `audit --rules` asks for."""

from __future__ import annotations

import json
import re
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any, NamedTuple

from tests.live import compare
from tests.live.ask import Answer, Check, Live
from tests.live.given import given, shop
from tests.live.running import Running
from tests.tools import environment

NAME = "keepers"
_PORT = 9965
_PHASES = """\
apiVersion: cilium-policies.fn/v1alpha1
kind: CiliumPolicies
spec:
  rollout: {phases: [[shop]], phase: 0}
"""
_COUNTED = ("hubble_policy_verdicts_total", "hubble_lost_events_total")


def ask(live: Live) -> Answer:
    """examples/shop in audit: all three keepers must tell what Hubble's own stream tells."""
    check = Check(
        NAME,
        "the exporter's file and hubble_policy_verdicts_total compared with Hubble's stream; rollout --if-clean",
    )
    exported = live.out / "exported.log"
    live.cluster.start_agent({
        "hubble-metrics-server": f":{_PORT}",
        "hubble-metrics": _options(),
        "hubble-export-file-path": str(exported),
    })  # fmt: skip
    found = given(shop())
    try:
        with Running(live.cluster, found) as running:
            running.apply(found.policies["audit"])
            before, recording = _scraped(), live.out / "keepers.jsonl"
            with running.recorded(recording):
                running.connect()
            time.sleep(2)
            after = _scraped()
            _compare(live, check, compare.audited(recording), before, after)
            running.connections = [one for one in running.connections if one.row.expect == "allow"]
            running.connect()
            time.sleep(2)
            _advance(live, check, _range(before, after), clean=False)
            _advance(live, check, _range(after, _scraped()), clean=True)
            kept = compare.audited(exported)
            check.that(f"the exporter's file says the same: {kept}", kept >= compare.audited(recording))
    finally:
        live.cluster.start_agent()
        live.cluster.settle()
    return check.answer()


def _advance(live: Live, check: Check, ranged: dict[str, Any], *, clean: bool) -> None:
    """`rollout --advance --if-clean` goes on where the agent counted what is allowed alone, and not where more."""
    config, dump = live.out / "phases.yaml", live.out / f"{'clean' if clean else 'cut'}.json"
    config.write_text(_PHASES, encoding="utf-8")
    dump.write_text(json.dumps(ranged), encoding="utf-8")
    command = ["cilium-policies", "rollout", "--config", str(config), "--advance", "--if-clean", str(dump)]
    done = subprocess.run([*command, "--window", "0m", *map(str, shop().builds)], env=environment(),
                          capture_output=True, text=True, check=False)  # fmt: skip
    goes_on = done.returncode == 0 and "phase: 1" in config.read_text(encoding="utf-8")
    told = "clean for shop" if clean else "would be cut"
    check.that(f"rollout --if-clean on {dump.name}: {done.returncode}, {done.stderr}",
               goes_on == clean and told in done.stderr)  # fmt: skip


def _options() -> str:
    """The metric's options, as the command tells them."""
    done = subprocess.run(["cilium-policies", "audit", "--rules"], env=environment(), capture_output=True, text=True,
                          check=True)  # fmt: skip
    found = re.search(r"^# +- (policy:\S+)$", done.stdout, re.MULTILINE)
    assert found is not None
    return found[1]


class Scrape(NamedTuple):
    """A text exposition, and when it was asked for, in seconds."""

    text: str
    time: float


def _scraped() -> Scrape:
    with urllib.request.urlopen(f"http://127.0.0.1:{_PORT}/metrics", timeout=10) as reply:
        return Scrape(reply.read().decode(), round(time.time(), 3))


def _compare(
    live: Live, check: Check, rows: set[tuple[str, str, str, str]], before: Scrape, after: Scrape
) -> None:
    """The stream's rows by namespace, and those of the counters: as text, and as a range between two scrapes."""
    text, ranged = live.out / "metrics.txt", live.out / "range.json"
    text.write_text(after.text, encoding="utf-8")
    ranged.write_text(json.dumps(_range(before, after)), encoding="utf-8")
    wanted = {(direction, _space(source), _space(target)) for direction, source, target, _ in rows}
    for path in (text, ranged):
        counted = {
            (direction, _space(source), _space(target)) for direction, source, target in _audited(path)
        }
        check.that(f"{path.name}: only the counters {counted - wanted}, only the stream {wanted - counted}",
                   counted == wanted)  # fmt: skip


def _audited(path: Path) -> set[tuple[str, str, str]]:
    done = subprocess.run(["cilium-policies", "audit", "-o", "csv", "--flows", str(path)], env=environment(),
                          capture_output=True, text=True, check=False)  # fmt: skip
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())
    rows = [line.split(",") for line in done.stdout.splitlines()[1:]]
    return {(row[0], row[1], row[2]) for row in rows}


def _space(end: str) -> str:
    """A pod by its namespace, everything else as outside: counters know no addresses."""
    space, slash, _ = end.partition("/")
    if slash:
        return space
    return end if end in ("host", "remote-node", "kube-apiserver") else "outside"


def _range(before: Scrape, after: Scrape) -> dict[str, Any]:
    """What Prometheus' HTTP API makes of two scrapes."""
    first, last = _samples(before.text), _samples(after.text)
    result = [
        {
            "metric": dict(labels),
            "values": [*([[before.time, first[labels]]] if labels in first else ()), [after.time, value]],
        }
        for labels, value in last.items()
    ]
    return {"status": "success", "data": {"resultType": "matrix", "result": result}}


def _samples(text: str) -> dict[tuple[tuple[str, str], ...], str]:
    found = {}
    for line in text.splitlines():
        name, _, rest = line.partition("{")
        if name in _COUNTED:
            labels, _, value = rest.rpartition("} ")
            pairs = re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels)
            found[(("__name__", name), *pairs)] = value
    return found
