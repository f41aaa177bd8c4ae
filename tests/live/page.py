"""docs/live.md: what was asked of the running cluster, and what came out."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

from tests.live.build import CILIUM, KUBERNETES

_HEAD = """\
# Live: the same questions, put to a running Cilium

All other tests use Cilium's policy engine as a library. Here the packets are real: cilium-agent {cilium} with its
eBPF programs and the settings of its Helm chart, kube-apiserver {kubernetes} and etcd, the hubble CLI and cilium-cni,
all built from Go modules. Pods are network namespaces, connections are sockets. There are no images, no kubelet and
no operator. Everything runs in its own namespaces and disappears with them; the machine's network, mounts, cgroups and
settings stay unchanged (`tests/live/test_sandbox.py` compares them).

```sh
make live                    # everything: ten minutes to build once, then about ten minutes to run
make live CASE=shop          # one case, or one question
make live CILIUM=1.19.3      # another version, if it builds; its rows name it
```

It needs Linux, root, clang 17 or newer and Go. If one of them is missing, it says so in one line and skips.

## What each case tests

Each row of its flow table is one connection, tried in four modes: without policies, with the policies in the input,
in audit, and in enforce. In each mode the packets must do what the engine says, and in enforce also what the table
says. Audit must not deny anything that passed before. Hubble must name a policy for exactly those
directions that enforce allows. The `hubble observe` command of the README and `cilium-policies audit` must
list all the others and nothing else. The API server must accept every policy and store its spec unchanged.

The other rows are separate questions: `pairs` connects every pod to every port of every pod in enforce;
`outside` looks up each name in the tables through the DNS proxy, with `cluster.fqdn` set to known and to all;
`uncovered` shows that traffic nobody has explained passes beside enforce, and is denied if one of the user's own
policies denies it. The table describes the rest.

A busy machine must not look like a faulty policy. The test waits for policies with a marker that the agent handles
after them, and for recordings with a packet from each CPU; a connection that should pass is retried with more
patience. One that should not pass but does is an error at once. `.ci/run` runs the shop and the main case after all
other tests.

`make live` writes this page. Each row is from its own last run, and its seconds depend on what
else the machine was doing. Rows that name a version are from that version: 1.19.3 and 1.18.4 build unchanged and
give the same answers, except that `**.` in a name pattern matches only one level before 1.19.

"""
_COLUMNS = "| case | what | questions | unexpected answers | seconds |\n|---|---|---|---|---|\n"
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
    target.write_text(text + ("\n## Notes\n\n" + "".join(noted) if noted else ""), encoding="utf-8")


def _entry(answer: dict[str, Any]) -> Entry:
    wrong = str(len(answer["wrong"])) if answer["wrong"] else "none"
    row = f"| `{answer['name']}` | {answer['what']} | {answer['asked']:,} | {wrong} | {answer['seconds']} |"
    notes = [f"**unexpected**: {line}" for line in answer["wrong"][:20]] + answer["notes"]
    return Entry(row, [note.replace("\n", " ") for note in notes])


def _read(text: str) -> dict[str, Entry]:
    """The rows and notes of the page as it is."""
    found = {match["name"]: Entry(line, []) for line in text.splitlines() if (match := _ROW.match(line))}
    for name, note in re.findall(r"^- `([^`]+)`: (.*)$", text, re.MULTILINE):
        if name in found:
            found[name].notes.append(note)
    return found
