"""What a render shows of its workloads: facts in the catalogue's own form."""

from __future__ import annotations

import yaml
from cilium_policies.catalogue.check import problems
from cilium_policies.document.split import split
from cilium_policies.kube.reading import objects
from cilium_policies.questions import record

RENDER = """apiVersion: apps/v1
kind: Deployment
metadata: {name: zzrelease-shop, namespace: zznamespace}
spec:
  selector: {matchLabels: {app.kubernetes.io/name: shop, app.kubernetes.io/instance: zzrelease}}
  template:
    metadata:
      labels:
        {app.kubernetes.io/name: shop, app.kubernetes.io/instance: zzrelease, helm.sh/chart: shop-1.2.3}
    spec:
      serviceAccountName: zzrelease-shop
      containers:
      - name: main
        image: "registry.example.org/vendor/shop:1"
        ports: [{name: http, containerPort: 8080}]
        readinessProbe: {httpGet: {path: /, port: http}}
---
apiVersion: v1
kind: Service
metadata: {name: zzrelease-shop, namespace: zznamespace}
spec: {selector: {app.kubernetes.io/name: shop}, ports: [{name: web, port: 80, targetPort: http}]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: zzrelease-shop}
rules: [{apiGroups: [""], resources: [pods, configmaps], verbs: [create, get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: zzrelease-shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: zzrelease-shop}
subjects: [{kind: ServiceAccount, name: zzrelease-shop, namespace: zznamespace}]
"""


def test_an_entry_begins_with_what_the_render_shows() -> None:
    shown = objects([split(RENDER.encode())], record.NAMESPACE).objects
    [entry] = record.entries(shown, record.Chart("shop", "1.2.3", "2026-11-27"))
    text = record.text_of(entry)
    written = yaml.load(text, yaml.BaseLoader)
    assert written["component"] == "shop"
    assert written["charts"] == [
        {
            "chart": "shop",
            "labels": {"app.kubernetes.io/name": "{name}", "app.kubernetes.io/instance": "{release}"},
            "workload": "{fullname}",
            "services": [{"name": "{fullname}", "ports": [{"name": "web", "port": "80", "target": "8080"}]}],
            "serviceAccount": "{fullname}",
        }
    ]
    assert written["observed"] == {
        "chart": "shop",
        "version": "1.2.3",
        "date": "2026-11-27",
        "labels": {"app.kubernetes.io/name": "{name}", "app.kubernetes.io/instance": "{release}"},
        "ports": ["8080/TCP"],
        "probes": ["8080"],  # the named port, looked up among the container's
        "services": ["{fullname}"],
        "api": "true",
        "creates": ["pods"],
    }
    assert "zz" not in text
    assert problems({**written, "what": "a shop"}) == []
