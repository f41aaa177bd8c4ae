"""Objects of every kind that entries of the catalogue ask for, odd at every path: no error, and nothing lost.

A hundred and fifty in CI, any number on demand: HOSTILE_KINDS=30000 pytest tests/hostile/test_kinds.py.
"""

from __future__ import annotations

import json
import os
from random import Random

import pytest
import yaml
from cilium_policies.catalogue.load import load
from cilium_policies.document.finding import RefusedError
from cilium_policies.document.split import split
from cilium_policies.evidence.told import told
from cilium_policies.kube.reading import objects
from cilium_policies.workloads.inventory import write

from tests.hostile import seeds
from tests.hostile.inputs import Case
from tests.hostile.kinds import kinds, odd
from tests.hostile.oracle import each, holds, limited

COUNT = int(os.environ.get("HOSTILE_KINDS", "150"))
CHUNK = 30
CATALOGUE = load()


def case(number: int) -> Case:
    """The input with this number: a small cluster, and objects of some kinds, each kind in its turn."""
    random, every = Random(number), list(kinds())
    chosen = [every[(number * 3 + at) % len(every)] for at in range(3)]
    chosen += random.sample(every, random.randint(0, 3))
    made = [odd(random, kind) for kind in chosen]
    if random.random() < 0.7:
        text = "\n---\n".join(json.dumps(one) for one in made)
    else:
        text = "---\n".join(_yaml(one) for one in made)
    return Case((seeds.CLUSTER + "---\n" + text + "\n").encode("utf-8", "surrogatepass"))


def _yaml(body: dict) -> str:
    """With anchors where a value stands twice, and one that holds itself now and then."""
    text = yaml.safe_dump(body, width=100_000)
    return text + ("loop: &loop [*loop]\n" if "x-1" in text else "")


def check(number: int) -> None:
    """The function's answer, and an inventory of the same objects, written and read."""
    one = case(number)
    with limited():
        holds(one)
        try:
            found = objects([split(one.data)]).objects
        except RefusedError:
            return
        if number % 5:
            return  # a Pruner reads the whole catalogue
        try:
            text = write.write_inventory(found, {"a.yaml": one.data}, CATALOGUE, told)
        except RefusedError:
            return
        saved = write.SavedInventory(write.parse(text.encode()))
        saved.others(found)
        saved.outdated(found, CATALOGUE, told)


def test_there_are_kinds_and_paths() -> None:
    assert len(kinds()) > 400
    assert sum(map(len, kinds().values())) > 1000


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, COUNT, CHUNK))
def test_odd_objects_of_every_kind(first: int) -> None:
    each(check, first, CHUNK, COUNT)
