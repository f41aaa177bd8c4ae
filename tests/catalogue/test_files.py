"""The catalogue's files can be read, and compared line by line."""

from __future__ import annotations

import re
from pathlib import Path

import yaml
from cilium_policies.catalogue import index
from cilium_policies.catalogue.flows import Edge
from cilium_policies.catalogue.load import load
from cilium_policies.catalogue.model import Component

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
    if edge.get("to") == "dns":
        return "ports" not in edge  # with ports it is the metrics of the servers
    return bool(edge.get("probe")) or edge.get("when") in ("evidence", "asked")


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


def test_what_says_that_nobody_calls_or_is_called_is_shown_and_not_remembered() -> None:
    remembered = [
        entry.name for entry in load().components.values() if entry.guessed and "none" in _peers(entry)
    ]
    assert remembered == []
    bare = [
        entry.name
        for entry in load().components.values()
        for edge in entry.own_edges
        if edge.peer == "none" and edge.direction == "egress" and not edge.source
    ]
    assert bare == []  # that a program calls nobody, no rendered chart shows


def test_who_is_called_by_nobody_has_no_port_that_no_edge_speaks_of() -> None:
    catalogue, open_ports = load(), {}
    for entry in catalogue.components.values():
        if not any(edge.peer == "none" and edge.direction == "ingress" for edge in entry.own_edges):
            continue
        told = {
            port.number
            for edge in (*catalogue.edges_of(entry.name), *entry.own_edges)
            if edge.direction == "ingress" or edge.peer == f"component:{entry.name}"
            for port in edge.pod_ports()
        }
        left = _shown_ports(entry) - told
        if left:
            open_ports[entry.name] = left
    assert open_ports == {}


def _peers(entry: Component) -> list[str]:
    return [edge.peer for edge in entry.own_edges]


def _shown_ports(entry: Component) -> set[int]:
    """The ports behind its Services, and those that a render of its chart declared."""
    observed = entry.data.get("observed") or {}
    probes = set(observed.get("probes") or ())
    found = {one.partition("/")[0] for one in observed.get("ports") or ()} - probes
    for made in (*(entry.data.get("madeBy") or ()), *(entry.data.get("charts") or ())):
        for service in made.get("services") or ():
            found |= {str(port.get("target", port["port"])) for port in service.get("ports") or ()}
    return {int(one) for one in found if one.isdigit()}


# Older than the rule, and still to be read in the source: none may join them.
_ONLY_NAMES = frozenset(
    """
    drawio filebrowser gotenberg haproxy-chart knative-revision
    stirling-pdf tika
    """.split()  # noqa: SIM905
)


def test_an_entry_from_memory_says_more_than_a_name() -> None:
    """Without an edge that makes a rule, or a source for there being none, it would turn what is unknown into a guess
    and add nothing."""
    bare = {
        entry.name
        for entry in load().components.values()
        if entry.guessed and not any(map(_tells, entry.own_edges))
    }
    assert bare <= _ONLY_NAMES, bare - _ONLY_NAMES


def _tells(edge: Edge) -> bool:
    if edge.peer == "none":
        return bool(edge.source)
    return edge.peer not in ("dns", "scraper") and not edge.probe and edge.when not in ("evidence", "asked")


def test_two_entries_do_not_share_the_labels_that_tell_their_pods() -> None:
    """Else the pods of both are told by their image alone, and where that is the same, by nothing."""
    owners: dict[frozenset[tuple[str, str]], list[str]] = {}
    for entry in load().components.values():
        for labels in entry.data.get("match", ()):
            owners.setdefault(frozenset(labels.items()), []).append(entry.name)
    twice = {tuple(sorted(names)) for names in owners.values() if len(names) > 1}
    by_image = {
        ("cloudflare-ddns", "cloudflare-ddns-larivierec"),
        ("echo", "echo-server"),
        ("vault-secrets-operator", "vault-secrets-operator-ricoberger"),
    }
    assert twice <= by_image


def test_a_field_of_an_object_that_made_pods_are_called_after_says_what_else_holds() -> None:
    """`{spec.cluster}` without `|` is filled in by nobody: pods with such labels are left out without a word."""
    open_ended = [
        (path.name, template)
        for path in sorted(index.COMPONENTS.glob("*.yaml"))
        for made in yaml.safe_load(path.read_text(encoding="utf-8")).get("madeBy", ())
        for template in re.findall(r"\{spec\.[^|{}]*\}", str(made))
    ]
    assert open_ended == []
