"""Small clusters for the questions: text in, plan and snapshots out."""

from __future__ import annotations

from typing import NamedTuple

from cilium_policies.checks.snapshot import Snapshot, as_written, with_generated
from cilium_policies.cli.options import Run, run_on
from cilium_policies.function import Options

SHOP = """\
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: blue}}
---
apiVersion: v1
kind: Namespace
metadata: {name: ops}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: example/web
        ports: [{name: http, containerPort: 8080}]
        env: [{name: DATABASE_URL, value: "postgres://db:15432/shop"}]
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: shop}
spec:
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      containers: [{name: db, image: example/db, ports: [{name: pg, containerPort: 5432}]}]
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec: {selector: {app: db}, ports: [{name: pg, port: 15432, targetPort: pg}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: http}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: tool, namespace: ops}
spec:
  selector: {matchLabels: {app: tool}}
  template:
    metadata: {labels: {app: tool}}
    spec: {containers: [{name: tool, image: example/tool}]}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: ops}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {hostNetwork: true, containers: [{name: agent, image: example/agent}]}
"""


class Small(NamedTuple):
    """A run on a small input."""

    run: Run

    def now(self) -> Snapshot:
        made = self.run.made
        return with_generated(made.plan.cluster, made.policies.policies)

    def enforced(self) -> Snapshot:
        made = self.run.made
        return with_generated(made.plan.cluster, made.policies.policies, enforced=True)

    def written(self) -> Snapshot:
        made = self.run.made
        return as_written(made.plan.cluster, [one.policy for one in made.read.own])


def small(text: str = SHOP, **config: str) -> Small:
    """A run on one stream; `config` sets fields of the config (dots as double underscores)."""
    overrides = tuple((key.replace("__", "."), value) for key, value in config.items())
    return Small(run_on([("shop.yaml", text.encode())], Options(overrides=overrides)))


def policy(spec: str, name: str = "p", namespace: str = "shop", kind: str = "CiliumNetworkPolicy") -> str:
    """One policy as a further document; `spec` in flow style."""
    where = "" if kind == "CiliumClusterwideNetworkPolicy" else f", namespace: {namespace}"
    version = "networking.k8s.io/v1" if kind == "NetworkPolicy" else "cilium.io/v2"
    return f"---\napiVersion: {version}\nkind: {kind}\nmetadata: {{name: {name}{where}}}\nspec: {spec}\n"
