"""Words that look like no secret, in Helm values and custom resources of many operators, in paths that nobody reads: an
inventory holds none of them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest
from cilium_policies.catalogue.load import load
from cilium_policies.evidence.told import told
from cilium_policies.kube.objects import Object
from cilium_policies.workloads.inventory import fields
from cilium_policies.workloads.inventory.prune import Pruner
from cilium_policies.workloads.inventory.vocabulary import VOCABULARY
from cilium_policies.workloads.inventory.write import write_inventory
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.hostile.planted import thing

# Passwords that people really choose: no digit, no length, no sign gives them away.
CHOSEN = """
    hunter2 correcthorse letmein swordfish trustno1 opensesame qwerty iloveyou sunshine princess monkey shadow baseball
    football superman batman starwars whatever freedom mustang ninja azerty solo passw0rd abc123 welcome1 admin123
    """.split()  # noqa: SIM905 -- easier to read
# Paths of programs' own settings, of operators' objects, and such as only a careless hand writes.
PATHS = (
    "motto", "greeting", "note", "comment", "hint", "answer", "phrase", "unlock", "door", "magic", "knock", "challenge",
    "recovery", "backdoor", "vaultWord", "safe", "combination", "codeword", "openSesame", "masterword", "rootpw0",
    "config.motto", "config.raw.first", "settings.deep.er.still", "extra.0", "a.b.c.d.e.f.g", "global.watchword",
    "options.web.word", "override.text", "template.text", "advanced.line", "dangerous.word", "tuning.seedling",
    "spec.spec.spec", "bootstrap.initdb.word", "backup.phraseText", "monitoring.word", "grafana.ini.section.word",
    "my-app.config.word", "UPPER.WORD", "snake_case_word", "dotted.key.path.word", "ünïcode", "list.0.0.word", "1",
)  # fmt: skip
KINDS = (
    ("postgresql.cnpg.io/v1", "Cluster"), ("kafka.strimzi.io/v1", "Kafka"), ("rabbitmq.com/v1beta1", "RabbitmqCluster"),
    ("monitoring.coreos.com/v1", "Prometheus"), ("k8s.mariadb.com/v1alpha1", "MariaDB"),
    ("elasticsearch.k8s.elastic.co/v1", "Elasticsearch"), ("argoproj.io/v1alpha1", "Application"),
    ("dragonflydb.io/v1alpha1", "Dragonfly"), ("k8s.keycloak.org/v2alpha1", "Keycloak"),
    ("flink.apache.org/v1beta1", "FlinkDeployment"), ("dapr.io/v1alpha1", "Component"),
    ("keda.sh/v1alpha1", "ScaledObject"), ("volsync.backube/v1alpha1", "ReplicationSource"),
)  # fmt: skip


class Words:
    """Hands out words of which no other is a part, and keeps them."""

    def __init__(self) -> None:
        self.planted: list[str] = []
        self._left = (f"{one}q{number}z" for number in itertools.count(1) for one in CHOSEN)

    def __next__(self) -> str:
        self.planted.append(next(self._left))
        return self.planted[-1]


def below(words: Words) -> dict[str, Any]:
    """A tree with a word at each path."""
    made: dict[str, Any] = {}
    for path in PATHS:
        *above, last = path.split(".")
        here = made
        for key in above:
            inner = here.setdefault(key, {})
            here = inner if isinstance(inner, dict) else here.setdefault(f"{key}s", {})
        here[last] = next(words) if len(words.planted) % 3 else [next(words)]
    return made


def objects(words: Words) -> Iterator[dict[str, Any]]:
    values = {**below(words), "controllers": {"main": {"containers": {"main": below(words)}}}}
    chart = {"spec": {"chart": "app-template", "version": "4.1.1"}}
    yield thing("helm.toolkit.fluxcd.io/v2", "HelmRelease", "app", spec={"chart": chart, "values": values})
    chart = {"spec": {"chart": "some-chart"}}
    yield thing(
        "helm.toolkit.fluxcd.io/v2", "HelmRelease", "other", spec={"chart": chart, "values": below(words)}
    )
    for version, kind in KINDS:
        notes = {f"example.com/{number}-word": next(words) for number in range(5)} | {"plain": next(words)}
        yield thing(version, kind, "one", notes, spec=below(words))
    yield {**thing("v1", "ConfigMap", "files"), "data": {
        "a.yaml": "".join(f"{key.replace('.', '_')}: {next(words)}\n" for key in PATHS),
        "b.json": json.dumps({key: next(words) for key in ("name", "role", "label", "regex")}, indent=1),
        "word": next(words),
    }}  # fmt: skip


def inventory(bodies: list[dict[str, Any]]) -> str:
    return write_inventory([Object(one) for one in bodies], {"": b""}, load(), told)


def test_no_word_stays_where_nobody_reads_it() -> None:
    words = Words()
    bodies = list(objects(words))
    assert len(words.planted) > 500
    text = inventory(bodies)

    assert [one for one in words.planted if one in text] == []


@pytest.mark.parametrize("word", CHOSEN)
def test_a_password_that_people_choose_is_none_of_the_words_that_are_known(word: str) -> None:
    bodies: list[dict[str, Any]] = [
        thing("postgresql.cnpg.io/v1", "Cluster", "db", spec=dict.fromkeys(("motto", "hint", "a"), word)),
        {**thing("v1", "ConfigMap", "c"), "data": {"text": f"the word is {word}\n", "motto": word}},
    ]
    assert word not in VOCABULARY
    assert word not in inventory(bodies).replace("Cluster", "")


def _is_unread(key: str) -> bool:
    """Whether neither the program nor an entry reads a field of this name, as a word or as an address."""
    if fields.is_selector(key) or key.endswith("nnotations") or list(told("hunter2", key, False)):
        return False
    return not PRUNER.texts.reads(key)


PRUNER = Pruner(load(), set(), (), told)
KEYS = st.text("abcdefghijklmnopqrstuvwxyzABC_-.0", min_size=1, max_size=12).filter(_is_unread)
TREES = st.recursive(
    st.just("hunter2"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)


@settings(deadline=None, max_examples=200)
@given(st.dictionaries(KEYS, TREES, min_size=1, max_size=4))
def test_whatever_the_path(tree: dict[str, Any]) -> None:
    assert "hunter2" not in str(PRUNER.texts.tree(tree))
