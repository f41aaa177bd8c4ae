"""A sample of the deletion test; `python -m tests.engine.deletion` runs all of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.engine.announced import announced
from tests.engine.deletion import sample

ANSWER = """{"items": [
  {"workload": "web", "namespace": "shop", "name": "web", "direction": "egress"},
  {"workload": "", "namespace": "db", "name": "main", "direction": "ingress and egress"}]}"""


def test_an_end_is_announced_by_its_own_direction_or_by_the_object_that_makes_its_pods() -> None:
    known = announced([ANSWER])
    assert known.names({"pod": "shop/web"}, "egress")
    assert not known.names({"pod": "shop/web"}, "ingress")
    assert known.names({"pod": "db/main-0"}, "ingress")
    assert known.names({"namespace": "db", "labels": {"cluster": "main"}}, "egress")
    assert not known.names({"pod": "shop/main-0"}, "ingress")


def test_the_line_of_an_object_says_nothing_of_pods_that_another_build_made() -> None:
    known = announced([ANSWER])
    assert not known.names({"pod": "db/other-0"}, "egress")
    own = ("CiliumNetworkPolicy/db/main",)  # whose directions are explained, or have a line of their own
    assert not known.names({"pod": "db/main-0"}, "ingress", own)
    route = """{"items": [{"workload": "", "kind": "Ingress", "namespace": "shop", "name": "web",
               "direction": "ingress", "reason": "proxy-elsewhere"}]}"""
    assert announced([route]).names({"pod": "shop/web"}, "ingress", ("CiliumNetworkPolicy/shop/web",))
    assert not announced([route]).names({"pod": "shop/web"}, "egress", ("CiliumNetworkPolicy/shop/web",))


def test_what_the_catalogue_forgets_is_never_cut_in_silence(judge: Any, corpus: Path) -> None:
    found = list(sample(judge, corpus, 8))
    assert [(one.case, one.component, str(miss)) for one in found for miss in one.cuts.silent] == []
    assert sum(len(one.cuts.announced) + len(one.cuts.half) for one in found) > 0
