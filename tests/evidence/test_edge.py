"""Peers as a closed sum: each kind a record of its own, and whoever decides by kind decides for all of them."""

from __future__ import annotations

import ast
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from typing import get_args

import pytest
from cilium_policies.evidence import edge
from cilium_policies.evidence.edge import (
    AllPodsPeer,
    CidrPeer,
    EntityPeer,
    FqdnPeer,
    InternetPeer,
    LabelsPeer,
    NamespacePeer,
    OutsidePeer,
    WorkloadPeer,
)
from cilium_policies.workloads.model import Workload

ROOT = Path(__file__).parents[2]
PEERS = (
    WorkloadPeer(Workload("host", "host", "Deployment")),
    LabelsPeer("host", ()),
    NamespacePeer("host"),
    AllPodsPeer(),
    EntityPeer("host"),
    OutsidePeer(),
    InternetPeer("host"),
    CidrPeer("host"),
    FqdnPeer("host"),
)
KINDS = {peer.kind for peer in PEERS}


def test_the_list_here_is_the_sum() -> None:
    assert {type(peer) for peer in PEERS} == set(get_args(edge.Peer))
    assert len(KINDS) == len(PEERS)


@pytest.mark.parametrize(("one", "other"), list(combinations(PEERS, 2)))
def test_peers_of_two_kinds_are_never_equal(one: edge.Peer, other: edge.Peer) -> None:
    assert one != other  # named tuples of the same values would be


def test_nobody_decides_by_a_row_of_questions_about_the_kind() -> None:
    """`match` is what mypy checks; three `if` or more about the kind of one peer belong into one."""
    found = []
    for path in sorted((ROOT / "fn").rglob("*.py")):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef):
                found += [f"{path.name} {function.name} {about}" for about in _rows(function)]
    assert found == []


def _rows(function: ast.FunctionDef) -> list[str]:
    """The peers about whose kind three tests or more of a function ask, each a comparison on its own."""
    asked: dict[str, set[str]] = {}
    for test in [node.test for node in ast.walk(function) if isinstance(node, ast.If | ast.IfExp)]:
        if isinstance(test, ast.Compare) and ast.unparse(test.left).endswith(".kind"):
            said = {one.value for one in ast.walk(test.comparators[0]) if isinstance(one, ast.Constant)}
            if said and said <= KINDS:
                asked.setdefault(ast.unparse(test.left), set()).add(ast.unparse(test))
    return [about for about, tests in asked.items() if len(tests) > 2]


LEFT_OUT = """
from cilium_policies.evidence.edge import CidrPeer, Edge, Peer

def decides(peer: Peer) -> str:
    match peer:
        case CidrPeer():
            return peer.name
    return ""

def reads(peer: Peer) -> str:
    return peer.namespace

def compares(edge: Edge) -> bool:
    return edge.origin == "confg"
"""


def test_mypy_refuses_a_kind_left_out_a_field_of_another_kind_and_an_origin_that_is_none(
    tmp_path: Path,
) -> None:
    wrong = tmp_path / "wrong.py"
    wrong.write_text(LEFT_OUT, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--config-file", "pyproject.toml", "--no-pretty", str(wrong)]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    codes = {line.rpartition("[")[2].rstrip("]") for line in told.splitlines() if "error:" in line}
    assert codes == {"exhaustive-match", "union-attr", "comparison-overlap"}, told
