"""What Python knows by a product's name is either data of the catalogue, or stands below with its reason."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import cilium_policies
from cilium_policies.catalogue.load import load

SOURCE = Path(cilium_policies.__file__).parent
# Components, charts and kinds that are called by a word of the language, of Kubernetes or of this program.
NOUNS = frozenset(
    (
        "cluster",
        "Cluster",
        "Plan",
        "Service",
        "Repository",
        "operator",
        "mail",
        "gateway",
        "Gateway",
        "Ingress",
        "ListenerSet",
        "Agent",
        "cilium",
        "vault",
        "vector",
        "echo",
        "monitor",
        "drone",
        "Job",
        "CronJob",  # a kind of Volcano, too
        "HelmChart",  # a kind of Flux and of K3s, and what this program calls a chart's release
        "unbound",
        "keep",
        "seq",  # the command of a shell
        "base",  # Istio's chart of definitions
        "egress",  # LiveKit's chart of its recorder
    )
)
# Where a product's name is right, and why. "*": any name in that file.
REASONS: dict[tuple[str, str], str] = {
    ("catalogue/ports.py", "*"): "the table of well-known ports: data in Python's form, read at every build",
    ("catalogue/tokens.py", "*"): "hosts of services and names of variables: data in Python's form",
    ("catalogue/conditions.py", "*"): "words of `mentions:`: whose addresses count as chat or sign-in",
    ("evidence/object_texts.py", "ObjectStore"): "a kind, which a plugin's parameter names: barmanObjectName",
    ("evidence/host_aliases.py", "coredns"): "whether a Corefile may rewrite names, before it is read",
    ("workloads/autopath.py", "coredns"): "asks which servers answer: the Corefile is CoreDNS' own",
    ("generate/roles.py", "prometheus"): "the annotation prometheus.io/scrape, as a configuration spells it",
    ("workloads/proxies.py", "prometheus"): "the same, and the field of an EnvoyProxy that has it left out",
    ("cilium/size.py", "etcd"): "whose limit an object's size is held against",
    ("kube/kinds.py", "PodMonitoring"): "a kind of monitor, read as a PodMonitor is",
    ("kube/kinds.py", "ClusterPodMonitoring"): "the same for all namespaces",
    ("kube/labels.py", "etcd"): "a prefix in Cilium's label filter",
    ("evaluate/labels.py", "etcd"): "a prefix in Cilium's label filter",
    ("checks/peers.py", "connect"): "the verb, in a sentence",
    ("cli/connections.py", "connect"): "the same",
    ("generate/uncovered.py", "connect"): "the same",
    ("evidence/public_dns.py", "cert-manager"): "reads its Certificates and annotations: an API",
    ("evidence/public_dns.py", "Certificate"): "the kind of that API",
    ("kube/kinds.py", "Certificate"): "the same: what an inventory keeps of it",
    ("workloads/inventory/notes.py", "*"): "annotations, as those who read them spell them",
    ("evidence/hostnames.py", "cilium-gateway"): "how Cilium calls the Service that it makes for a Gateway",
    ("evidence/nameservers.py", "pihole"): "a variable that lists name servers: PIHOLE_DNS_",
    ("evidence/addresses.py", "postgres"): "the scheme of a URL",
    ("evidence/peers.py", "infinispan"): "a word in the names of ports between members",
    ("evidence/peers.py", "hazelcast"): "the same",
    (
        "workloads/secret_shapes.py",
        "*",
    ): "words of configuration that are left of a Secret, as none is secret",
    ("evidence/callers.py", "mysql"): "a command that is given an address to call",
    ("evidence/commands.py", "*"): "the table of client programs and the flags that give them an address",
    (
        "evidence/drivers.py",
        "*",
    ): "forms of the drivers of databases: schemes, and names that stand beside a host",
    ("evidence/in_order.py", "connect"): "PHP's mysqli_connect, by which a client is made",
    ("evidence/filled.py", "connect"): "SQLAlchemy's odbc_connect, in a URL's query",
    ("evidence/trust.py", "connect"): "a word of keys: what stunnel connects to",
    ("evidence/web_servers.py", "connect"): "a directive: http-check connect",
    ("evidence/shell.py", "connect"): "the sign of the same",
    ("evidence/in_order.py", "Redis"): "the name of a class in code: what a library's client is made by",
    ("evidence/addresses.py", "Redis"): "the sign of the same",
    ("evidence/web_servers.py", "memcached"): "a directive: memcached_pass",
    ("workloads/address_keys.py", "memcached"): "the same",
    ("evidence/addresses.py", "mysql"): "the scheme of a connection string",
    ("evidence/addresses.py", "mariadb"): "the same",
    ("builds/flux.py", "flux-operator"): "Flux is a protocol here",
    ("catalogue/distributions.py", "node-local-dns"): "a field of the format for distributions",
    ("config/model.py", "node-local-dns"): "a field of the config",
    (
        "generate/dns.py",
        "*",
    ): "Service names and label values by which the kubelet's resolver is known, in any cluster",
    ("cilium/agent.py", "kafka"): "an L7 protocol of Cilium's own policy language",
    ("evidence/looked_into.py", "*"): "reads the same objects' selectors of namespaces",
    ("evidence/scrapers.py", "*"): "reads the Prometheus and VictoriaMetrics operators' objects: a protocol",
    (
        "evidence/monitors.py",
        "*",
    ): "the same protocol: its kubelet Service, its DNS Services, its annotations",
    (
        "generate/injected_monitors.py",
        "prometheus",
    ): "the same operator's objects, and what the injector writes",
    (
        "evidence/ingresses.py",
        "traefik",
    ): "reads IngressRoute objects of the API group traefik.io: a protocol",
    ("workloads/cluster.py", "traefik"): "the same API group",
    (
        "evidence/claims.py",
        "*",
    ): "annotations by which controllers are told addresses and names: protocols",
    ("evidence/hostnames.py", "external-dns"): "the annotation that says where a name is to point: the same",
    ("workloads/releases/app_objects.py", "external-secrets"): "an API group that app-template writes",
    ("workloads/releases/app_template.py", "external-secrets"): "an API group that app-template writes",
    (
        "workloads/releases/value_texts.py",
        "*",
    ): "API groups whose objects configure no program; words of values",
    ("evidence/key_words.py", "homepage"): "the program of a variable, which a page's address is not",
    ("evidence/words.py", "Redis"): "a sentence about Sentinel, Redis' own protocol",
    ("workloads/inventory/vocabulary.py", "*"): "words that readers of texts look for, and nobody's password",
    ("workloads/inventory/texts.py", "prometheus"): "the annotation prefix prometheus.io",
    ("kube/objects.py", "*"): "kinds that are cluster-scoped, whatever kustomize stamps on them",
    ("document/split.py", "blocky"): "a function's name: in blocks",
    ("workloads/distribution.py", "*"): "what `flux bootstrap` applies: Flux is a protocol here",
    ("questions/rollout.py", "*"): "Flux pulls the way back: its controllers come last",
    (
        "generate/blind.py",
        "coredns",
    ): "what configures the cluster's DNS is called so, whoever made the cluster",
    ("catalogue/onward.py", "core"): "a part of Azure's host names",
    ("catalogue/stores.py", "core"): "a part of Azure's host names",
    (
        "workloads/releases/chart_releases.py",
        "coredns",
    ): "a release whose values are not shown may rename the DNS pods",
    ("questions/alerts.py", "prometheus"): "alert rules are written for Prometheus",
    ("questions/recording.py", "Prometheus"): "a recording may be Prometheus' answer",
    ("questions/expected.py", "radarr"): "an example in a message",
    ("cli/audit.py", "Prometheus"): "help: what can be read",
}
# Flux and Rancher's Fleet are read as Helm and kustomize are: their objects and files say what is built and who applies
# it.
BUILT_BY = ("flux", "FluxInstance", "fleet", "Fleet")


def known() -> set[str]:
    """Names of components and charts, and of the kinds that operators make pods from."""
    head = load().head
    kinds = {kind.rpartition("/")[2] for kind in head["kinds"]}
    return {*load().components, *head["charts"], *kinds}


def used(path: Path) -> Iterator[str]:
    """Whole words in literals (docstrings aside) and identifiers."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    prose = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield from re.findall(r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*", node.value)
        elif isinstance(node, ast.Name):
            yield from _identifier(node.id)
        elif isinstance(node, ast.Attribute):
            yield from _identifier(node.attr)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield from _identifier(node.name)


def _identifier(name: str) -> Iterator[str]:
    yield name.strip("_").replace("_", "-").lower()
    yield name


def found() -> set[tuple[str, str]]:
    names = known() - NOUNS
    return {
        (str(path.relative_to(SOURCE)), word)
        for path in SOURCE.rglob("*.py")
        for word in set(used(path)) & names
    }


def test_products_are_data() -> None:
    unknown = {
        (file, word)
        for file, word in found()
        if word not in BUILT_BY and not {(file, word), (file, "*")} & REASONS.keys()
    }
    assert unknown == set()


def test_no_reason_is_left_over() -> None:
    there = found()
    files = {file for file, _ in there}
    assert {one for one in REASONS if not (one in there or (one[1] == "*" and one[0] in files))} == set()
