"""The catalogue's files can be read, and compared line by line."""

from __future__ import annotations

import re
from pathlib import Path

import yaml
from cilium_policies.catalogue import index
from cilium_policies.catalogue.load import load

LONGEST = 160  # of a line; a pattern that has no blank to be broken at may be longer


def test_no_line_is_too_long_to_be_read_in_a_diff() -> None:
    files = [
        path for folder in (index.COMPONENTS, *index.PLATFORMS.values()) for path in folder.glob("*.yaml")
    ]
    assert len(files) > 400
    long = [f"{path.name}: {line}" for path in files for line in _long(path)]
    assert long == []


def _long(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [
        line
        for line in lines
        if len(line) > LONGEST and " " in line.strip().removeprefix("- ").partition(": ")[2]
    ]


APART = "# these make no rule on their own"


def test_edges_that_make_no_rule_stand_behind_those_that_do() -> None:
    """DNS has a policy of its own, probes are the node's; `evidence` and `asked` wait for the input or the user."""
    mixed, unmarked = [], []
    for path in sorted(index.COMPONENTS.glob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        edges = yaml.safe_load(text).get("edges", [])
        last = [_documents(edge) for edge in edges]
        if last != sorted(last):
            mixed.append(path.name)
        if (APART in text) != (0 < sum(last) < len(last)):
            unmarked.append(path.name)
    assert (mixed, unmarked) == ([], []), f"move them to the end, below the line `{APART}`"


def _documents(edge: dict[str, object]) -> bool:
    return edge.get("to") == "dns" or bool(edge.get("probe")) or edge.get("when") in ("evidence", "asked")


def test_what_is_from_memory_says_so_as_data() -> None:
    """`checked` is for people; what makes an entry's edges a guess is `guessed: true`."""
    words = ("from memory", "unverified", "general knowledge", "ports from memory")
    entries = load().components.values()
    told = {one.name for one in entries if one.checked.startswith(words)}
    assert told
    assert told <= {one.name for one in entries if one.guessed}


def test_a_list_of_names_says_where_it_was_read_or_why_it_is_not_whole() -> None:
    """`fqdn: known` cuts what a list lacks: one from memory has left out a program's registry before."""
    told = []
    for path in sorted(index.COMPONENTS.glob("*.yaml")):
        entry = yaml.safe_load(path.read_text(encoding="utf-8"))
        read = re.search(r"(?:source|documentation) read", entry.get("checked", ""))
        for edge in entry.get("edges", []):
            plain = [one for one in edge.get("names") or () if isinstance(one, str)]
            if plain and not (edge.get("source") or edge.get("unnamed") or read):
                told.append(f"{path.stem}: {edge['why']}")
    assert told == []


def test_every_edge_to_the_outside_says_whom_it_means_by_name_or_why_nobody_can() -> None:
    silent, both = [], []
    for entry in load().components.values():
        for edge in entry.own_edges:
            if edge.direction == "egress" and edge.peer in ("internet", "world"):
                if edge.names is None and not edge.unnamed:
                    silent.append(f"{entry.name}: {edge.why}")
                if edge.added and not (edge.unnamed or edge.names):
                    both.append(f"{entry.name}: {edge.why}")
    assert silent == []
    assert both == []  # what users add is said beside what stands without them
