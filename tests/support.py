"""What many tests need: a cluster or its policies out of a few lines of YAML."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from cilium_policies.catalogue.load import load
from cilium_policies.cilium.model import Policy, Rule
from cilium_policies.config.model import Config
from cilium_policies.config.settings import Settings
from cilium_policies.document.split import split
from cilium_policies.function import Made, Options, make
from cilium_policies.kube.reading import objects
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.gather import gather


def namespace(name: str) -> str:
    return f"apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {name}\n"


def deployment(
    where: str,
    *,
    labels: str = "",
    port: int = 8080,
    image: str = "",
    extra: str = "",
    kind: str = "Deployment",
) -> str:
    """A workload NS/NAME; `labels` as a flow mapping's inside, `extra` lines of the container."""
    place, name = where.split("/")
    labels = labels or f"app: {name}"
    more = textwrap.indent(textwrap.dedent(extra), " " * 8)
    return f"""apiVersion: apps/v1
kind: {kind}
metadata:
  name: {name}
  namespace: {place}
spec:
  selector:
    matchLabels: {{{labels}}}
  template:
    metadata:
      labels: {{{labels}}}
    spec:
      containers:
      - name: main
        image: {image or f"registry.example.org/{name}:1"}
        ports:
        - containerPort: {port}
{more}"""


def service(where: str, *, selector: str = "", port: int = 80, target: str = "8080") -> str:
    place, name = where.split("/")
    return f"""apiVersion: v1
kind: Service
metadata:
  name: {name}
  namespace: {place}
spec:
  selector: {{{selector or "app: " + name}}}
  ports:
  - port: {port}
    targetPort: {target}
"""


def servers(place: str, **ports: int) -> list[str]:
    """Deployments and their Services by name, each with the port on which both answer."""
    return [
        document
        for name, port in ports.items()
        for document in (
            deployment(f"{place}/{name}", port=port),
            service(f"{place}/{name}", port=port, target=str(port)),
        )
    ]


def stream(*documents: str) -> bytes:
    return "---\n".join(
        document if document.endswith("\n") else document + "\n" for document in documents
    ).encode()


def cluster(*documents: str, settings: Settings | None = None) -> Cluster:
    read = objects([split(stream(*documents))])
    return gather(read.objects, load(), settings or Settings(api_ports=(6443,)))


def made(*documents: str, config: Config | None = None) -> Made:
    return make([split(stream(*documents))], config or Config(mode="enforce"), Options())


def policies(*documents: str, config: Config | None = None) -> dict[str, Policy]:
    """Generated policies by `namespace/name`."""
    found = made(*documents, config=config).policies.policies
    return {f"{one.namespace}/{one.name}".lstrip("/"): one for one in found}


def ports(rules: Iterable[Rule] | None) -> set[str]:
    """The ports that these rules name."""
    return {port.port for rule in rules or () for group in rule.ports or () for port in group.ports}


def bound(account: str, rule: str) -> str:
    """A ClusterRole with this rule (the inside of a flow mapping) for the account NS/NAME."""
    place, name = account.split("/")
    return f"""apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {{name: {place}-{name}}}
rules: [{{{rule}}}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {{name: {place}-{name}}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {place}-{name}}}
subjects: [{{kind: ServiceAccount, name: {name}, namespace: {place}}}]
---
"""
