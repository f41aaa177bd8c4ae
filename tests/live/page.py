"""docs/live.md: what was asked of the running cluster, and what came out."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

from tests.live.build import CILIUM, KUBERNETES

_HEAD = """\
# Live: the same questions, put to a running Cilium

Every other test asks Cilium's policy engine as a library. Here the packets are real: cilium-agent {cilium} with its
eBPF programs and its Helm chart's settings, kube-apiserver {kubernetes} and etcd, the hubble CLI and cilium-cni,
all built from Go modules. Pods are network namespaces, connections are sockets. There are no images, no kubelet and
no operator. All of it lives in namespaces of its own and ends with them; the machine's network, mounts, cgroups and
settings stay as they are (`tests/live/test_sandbox.py` compares them).

```sh
make live                    # everything; ten minutes to build once, then some ten to run
make live CASE=shop          # one case, or one question
make live CILIUM=1.19.3      # another version, as far as it builds; its rows say so
```

It needs Linux, root, clang 17 or newer and Go; what is missing it says in one line, and skips.

## What is asked of a case

Each row of its flow table is one connection in four modes: without policies, with those that the input brings
itself, in audit, in enforce. In each mode the packets must do what the engine says. Under enforcement they must do
what the table says. Audit may cut nothing that passed before it; Hubble must name a policy exactly for those
directions that enforcement lets through; the `hubble observe` line of the README and `cilium-policies audit` must
list the others, all of them and nothing else. The API server must take every policy, and keep its spec as it was
written.

Everything else is a question of its own: `pairs` sends everybody to every port of everybody under enforcement;
`outside` looks up each name of the tables through the DNS proxy with `cluster.fqdn` known and all; `uncovered` shows
what nobody knows passing beside enforcement, and cut where a policy of the user's cuts it; the table says what the
others are about.

A machine that is busy is no fault of a policy: policies are waited for by a mark that the agent takes after them,
recordings by a packet from each CPU, and what should pass is tried again with more patience. What should not pass and
does is wrong at once. `.ci/run` asks the shop and the main case when all other tests are done.

This page is written by `make live`; a row is as old as its last run, and its seconds are of that run, beside whatever
else the machine had to do. Rows that name a version were asked of that one: 1.19.3 and 1.18.4 build as they are and
answer the same, but that a name pattern's `**.` is one level before 1.19.

"""
_COLUMNS = "| case | what | asked | not as expected | seconds |\n|---|---|---|---|---|\n"
_ROW = re.compile(r"\| `(?P<name>[^`]+)` \|")


class Entry(NamedTuple):
    """One row of the page and the sentences below the table."""

    row: str
    notes: list[str]


def write(target: Path, answers: str, cilium: str) -> None:
    """Write the page; answers (JSON lines) replace their rows, the others stay. Another version than the page's own
    has rows of its own."""
    known = _read(target.read_text(encoding="utf-8")) if target.exists() else {}
    for line in answers.splitlines():
        one = json.loads(line)
        if cilium != CILIUM:
            one["name"] += f", Cilium {cilium}"
        known[one["name"]] = _entry(one)
    text = _HEAD.format(cilium=CILIUM, kubernetes=KUBERNETES) + _COLUMNS
    text += "".join(f"{entry.row}\n" for entry in known.values())
    noted = [f"- `{name}`: {note}\n" for name, entry in known.items() for note in entry.notes]
    target.write_text(text + ("\n## Noted\n\n" + "".join(noted) if noted else ""), encoding="utf-8")


def _entry(answer: dict[str, Any]) -> Entry:
    wrong = str(len(answer["wrong"])) if answer["wrong"] else "none"
    row = f"| `{answer['name']}` | {answer['what']} | {answer['asked']:,} | {wrong} | {answer['seconds']} |"
    notes = [f"**not as expected**: {line}" for line in answer["wrong"][:20]] + answer["notes"]
    return Entry(row, [note.replace("\n", " ") for note in notes])


def _read(text: str) -> dict[str, Entry]:
    """The rows and notes of the page as it is."""
    found = {match["name"]: Entry(line, []) for line in text.splitlines() if (match := _ROW.match(line))}
    for name, note in re.findall(r"^- `([^`]+)`: (.*)$", text, re.MULTILINE):
        if name in found:
            found[name].notes.append(note)
    return found
