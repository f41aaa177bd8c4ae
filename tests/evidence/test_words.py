"""Every kind of reason has its sentence, and evidence says where it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from cilium_policies.evidence import reasons, words
from cilium_policies.evidence.edge import Evidence
from cilium_policies.evidence.reasons import Reason, seen_by_server, stated
from cilium_policies.kube.objects import Object, Where
from cilium_policies.workloads.model import Text, Workload

WEB = Workload("shop", "web", "Deployment")
CONF = Object(
    {"kind": "ConfigMap", "metadata": {"name": "conf", "namespace": "ops"}}, Where("conf.yaml", 0, 7)
)


def kinds() -> list[str]:
    """The members of ReasonKind, which only the type checker reads."""
    text = Path(reasons.__file__).read_text()
    return re.findall(r'"([a-z-]+)"', text[text.index("ReasonKind") : text.index("]")])


def test_every_reason_has_a_sentence() -> None:
    assert set(kinds()) == set(words._SENTENCES)


def test_a_sentence_is_one_line_without_the_sign_between_sentences() -> None:
    assert (
        words.reason_words(stated("nightly dump;  weekly\nrestore.", "x")) == "nightly dump, weekly restore"
    )


def test_an_edge_without_words_is_needed_by_its_component() -> None:
    assert words.reason_words(stated("", "grafana")) == "needed by grafana"


def test_the_server_does_not_repeat_its_own_name() -> None:
    called = Reason("calls-service", ("shop", "db"))
    assert words.reason_words(called) == "calls shop/db"
    assert words.reason_words(seen_by_server(called)) == "an address in the client's configuration"
    assert seen_by_server(stated("backups", "x")) == stated("backups", "x")


@pytest.mark.parametrize(
    ("evidence", "said", "namespace"),
    [
        (Evidence("config", field="spec.allow[0]", place=Where("c.yaml", 0, 4)), "spec.allow[0]", ""),
        (Evidence("catalogue", WEB, component="grafana"), "catalogue grafana", "shop"),
        (
            Evidence("address", WEB, text=Text("env", "DB", "", field="DB")),
            "Deployment shop/web env DB",
            "shop",
        ),
        (Evidence("address", WEB, text=Text("entry", "k", "", CONF, "k")), "ConfigMap ops/conf k", "ops"),
        (Evidence("monitor", WEB, "annotation a/b"), "Deployment shop/web annotation a/b", "shop"),
    ],
)
def test_evidence_says_what_where_and_whose(evidence: Evidence, said: str, namespace: str) -> None:
    """An entry that a side-car collects from another namespace is that namespace's word."""
    assert words.evidence_words(evidence) == said
    assert evidence.namespace == namespace


def test_evidence_has_its_place() -> None:
    assert Evidence("address", WEB, text=Text("entry", "k", "", CONF, "k")).where == Where("conf.yaml", 0, 7)
    assert Evidence("config", place=Where("c.yaml", 0, 4)).where.line == 4
