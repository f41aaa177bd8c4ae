"""The given facts as flows, judged by Cilium's engine: what they require passes, what nobody names does not.

The expectations come from `../shared/facts`, which the catalogue was made from but does not own; without that
folder the tests are skipped.
"""

import importlib.util
import random

import pytest
import yaml
from cilium_policies.catalogue.load import load
from cilium_policies.function import Options, run

from tests.engine.facts import FactEdges, facts_directory, load_facts

FOLDER = facts_directory()
pytestmark = [
    pytest.mark.judge,
    pytest.mark.skipif(FOLDER is None, reason="needs ../shared/facts beside the checkout"),
]
# Words that only say who may be a peer: such an edge is real where a route or an address in the input says so.
WIDE = ("all-pods", "same-namespace", "gateway")
RANDOM_FLOWS = 1000
SHARED = load().shared
# One file of the facts is several programs: the entry's edges start and end at the one whose label says so, and the
# script's one pod carries no such label.
SPLIT = {
    *(
        "cdi",
        "falcosidekick",
        "gatekeeper",
        "immich",
        "keda-http-add-on",
        "knative-serving",
        "kafka",
        "kopiur",
        "kubevirt",
    ),
    *(
        "kyverno-controllers",
        "longhorn-instance-manager",
        "mariadb-operator",
        "policy-reporter",
        "rancher",
        "redis",
    ),
    *(
        "tekton-triggers",
        "tempo-distributed",
        "thanos-query",
        "thanos-store",
        "trivy-operator",
        "vector",
        "windmill",
    ),
}
# A gateway's label opens it to nobody outside: its Service does, and the script writes none.
SPLIT |= {"contour-envoy", "envoy-gateway-proxy", "istio-gateway"}
# The facts have these from memory; the programs listen there only where their settings say so (their sources, read
# 2026-11-29), and a Service that publishes such a port opens it. EMQX listens, and nobody outside reaches it past a
# Service that its chart or object publishes (its operator's source, read 2026-11-28). Plex' clients come through a
# LoadBalancer, as its fact says itself, and its chart makes none by default (rendered 2026-11-30); the script has none.
UNTRUE = (
    "adguard-home: ingress world 853/TCP",
    "adguard-home: ingress world 443/TCP",
    "blocky: ingress world 853/TCP",
    "blocky: ingress world 443/TCP",
    "emqx: ingress world 1883/TCP",
    "emqx: ingress world 8883/TCP",
    "mosquitto: ingress world 8883/TCP",
    "mosquitto: ingress world 9001/TCP",
    "plex: ingress world 32400/TCP",
)
# The script's scraper is vmagent; no VMAgent object in its cluster says so.
OVERRIDES = (("mode", "enforce"), ("cluster.scrapers", "component:vmagent"))


@pytest.fixture(scope="module")
def cluster():
    """(documents of one pod a component, queries that the facts' own script makes, facts)."""
    spec = importlib.util.spec_from_file_location("flows", FOLDER.parent / "flows.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    facts, chosen = script.load(None)
    documents, queries = script.build(facts, chosen, False, True)
    return [*map(imaged, documents), *monitors(documents, facts)], queries, facts


def imaged(document):
    """A pod with an image of its entry: a label alone names a component and proves no right to the outside, and the
    script's pods have none."""
    entry = load().get(document["metadata"]["name"]) if document["kind"] == "Pod" else None
    images = (*entry.images, *entry.runs) if entry is not None else ()
    if images:
        document["spec"]["containers"][0]["image"] = f"registry.example.org/{images[0]}:1"
    elif entry is not None and entry.charts:
        document["metadata"]["labels"]["helm.sh/chart"] = f"{entry.charts[0].chart}-1.0.0"
    return document


def made_of_objects():
    """Components that only an operator's object tells, and the script writes none."""
    known = load().components.values()
    return {one.name for one in known if not (one.images or one.runs or one.charts)}


def monitors(documents, facts):
    """Scraping needs a monitor in the input: one for each pod whose facts require a scraper."""
    for pod in documents:
        known = facts.get(pod["metadata"]["name"], {}) if pod["kind"] == "Pod" else {}
        edges = [one for one in known.get("ingress") or [] if one["from"] == "scraper"]
        ports = [int(port.partition("/")[0]) for one in edges for port in one.get("ports") or []]
        if ports:
            yield {
                "apiVersion": "monitoring.coreos.com/v1",
                "kind": "PodMonitor",
                "metadata": {key: pod["metadata"][key] for key in ("name", "namespace")},
                "spec": {
                    "selector": {"matchLabels": pod["metadata"]["labels"]},
                    "podMetricsEndpoints": [{"portNumber": port} for port in dict.fromkeys(ports)],
                },
            }


@pytest.fixture(scope="module")
def world(cluster, judge):
    """The cluster with what the function writes for it, in enforce."""
    text = yaml.safe_dump_all(cluster[0], sort_keys=False)
    outcome = run([("stdin", text.encode())], Options(overrides=OVERRIDES, only_policies=True))
    assert outcome.code == 0, outcome.stderr
    made = judge.world(text=text)
    made.set_policies(outcome.stdout.decode())
    return made


def asked(query):
    """The judge's question. Devices of the local network, `world` in the facts' script, have its addresses."""
    flow = {key: query[key] for key in ("from", "to", "port", "protocol")}
    entry = load().get(query["name"].partition(":")[0])
    outward = [edge for edge in entry.own_edges if edge.near and edge.peer == "world"] if entry else []
    near = [port for edge in outward if not by_text(edge.when) for port in edge.pod_ports()]
    if flow["to"] == {"entity": "world"} and any(port.number == query["port"] for port in near):
        flow["to"] = {"cidr": "192.168.7.20/32"}
    return flow


def by_text(when):
    """Whether an edge is there by what a configuration says, which the script's pods have none of."""
    return any(
        "text" in one for one in (when if isinstance(when, list | tuple) else [when]) if isinstance(one, dict)
    )


def named(query):
    """Whether a required flow follows from labels alone; the script's pods have no image to tell more."""
    component, _, rest = query["name"].partition(": ")
    return rest.split()[1].rstrip(":") not in WIDE and not component_like(component, rest) & SHARED


def component_like(name, rest):
    """The components at both ends of a query's name."""
    return {name, rest.split()[1].rstrip(":").partition(":")[2]}


def tied(query):
    """Whether a flow between components needs no more than that both are there: they share a namespace, or the outside
    is meant. Across namespaces something must tie the two together, and the script's pods are not configured."""
    spaces = {query[end]["pod"].partition("/")[0] for end in ("from", "to") if "pod" in query[end]}
    return len(spaces) < 2


def test_required_flows_pass(cluster, world):
    wanted = [one for one in cluster[1] if one["expect"] == "allow" and named(one)]
    verdicts = world.verdicts([asked(one) for one in wanted])
    cut = [one for one, verdict in zip(wanted, verdicts, strict=True) if verdict != "allow"]
    assert len(wanted) > 2000
    whole = [one for one in cut if not component_like(*parts(one)) & (SPLIT | made_of_objects())]
    missed = [one["name"] for one in whole if tied(one)]
    assert [one for one in missed if not one.startswith(UNTRUE)] == []
    assert len(whole) * 50 < len(wanted)


def parts(query):
    component, _, rest = query["name"].partition(": ")
    return component, rest


def test_what_nobody_names_is_denied(cluster, world):
    refused = [one for one in cluster[1] if one["expect"] == "deny"]
    assert len(refused) > 2000
    verdicts = world.verdicts([asked(one) for one in refused])
    assert [one["name"] for one, verdict in zip(refused, verdicts, strict=True) if verdict != "deny"] == []


def test_random_other_flows_are_denied(cluster, world):
    """Between any two pods, on a port that either end or nobody declares, unless an end's file states it."""
    pods = [one["metadata"] for one in cluster[0] if one["kind"] == "Pod"]
    facts = load_facts(FOLDER)
    known = FactEdges(
        facts,
        [
            {
                "name": f"{one['namespace']}/Pod/{one['name']}",
                "namespace": one["namespace"],
                "labels": one["labels"],
            }
            for one in pods
        ],
    )
    chance = random.Random(20261124)
    queries = []
    while len(queries) < RANDOM_FLOWS:
        source, target = chance.sample(pods, 2)
        number, protocol = port_of(facts.get(target["name"], {}), chance)
        ends = [f"{one['namespace']}/Pod/{one['name']}" for one in (source, target)]
        if not known.stated_by(*ends, f"{protocol}/{number}"):
            source, target = ({"pod": f"{one['namespace']}/{one['name']}"} for one in (source, target))
            queries.append({"from": source, "to": target, "port": number, "protocol": protocol})
    verdicts = world.verdicts(queries)
    assert [one for one, verdict in zip(queries, verdicts, strict=True) if verdict != "deny"] == []


def port_of(known, chance):
    """Mostly a port that the target's file names, else any."""
    ports = [port for one in known.get("ingress") or [] for port in one.get("ports") or []]
    if ports and chance.random() < 0.8:
        span, _, protocol = chance.choice(ports).partition("/")
        return int(span.partition("-")[0]), protocol
    return chance.randint(1, 65535), "TCP"


def test_every_fact_file_is_in_the_catalogue(cluster):
    """But for those whose programs have an entry each."""
    assert set(cluster[2]) - SPLIT <= set(load().components)
