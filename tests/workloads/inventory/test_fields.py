"""The fields whose words an inventory keeps are fields that somebody reads."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import cilium_policies
from cilium_policies.workloads.inventory.fields import WORDS

PACKAGE = Path(cilium_policies.__file__).parent
READERS = ("evidence", "workloads", "generate", "cilium", "kube", "config", "catalogue")


def test_each_is_read_by_a_reader_or_an_entry() -> None:
    """One that nobody reads keeps words for nobody."""
    said: set[str] = set()
    for folder in READERS:
        for path in (PACKAGE / folder).rglob("*.py"):
            if path.parent.name != "inventory":
                for node in ast.walk(ast.parse(path.read_text())):
                    if isinstance(node, ast.Constant) and isinstance(node.value, str):
                        said.update(re.findall(r"\w+", node.value.lower()))
                    elif isinstance(node, ast.JoinedStr):  # f"{side}Entities"
                        said |= {"fromentities", "toentities"}
    for path in (PACKAGE / "catalogue").rglob("*.yaml"):
        said.update(re.findall(r"\w+", path.read_text().lower()))

    assert sorted(WORDS - said) == []
