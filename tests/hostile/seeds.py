"""Small valid inputs from which the hostile ones are made: something for every reader in the program."""

from __future__ import annotations

from bench import inputs

CLUSTER = """\
apiVersion: v1
kind: Namespace
metadata:
  name: shop
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: grafana
  namespace: shop
spec:
  chart:
    spec:
      chart: grafana
      sourceRef: {kind: HelmRepository, name: grafana}
  targetNamespace: monitoring
  values:
    controllers: {main: {containers: {app: {env: {URL: "http://web.shop.svc:80"}, ports: [{containerPort: 80}]}}}}
    service: {main: {controller: main, ports: {http: {port: 8080}}}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: external, namespace: network}
spec:
  gatewayClassName: envoy
  listeners: [{name: https, port: 443, protocol: HTTPS, allowedRoutes: {namespaces: {from: All}}}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec:
  ingressClassName: nginx
  rules:
  - host: web.example.org
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {name: http}}}}]}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: kube-system, labels: {k8s-app: agent}}
spec:
  selector: {matchLabels: {k8s-app: agent}}
  template:
    metadata: {labels: {k8s-app: agent}, annotations: {prometheus.io/scrape: "true", prometheus.io/port: "9100"}}
    spec:
      hostNetwork: true
      serviceAccountName: agent
      containers: [{name: a, image: "quay.io/prometheus/node-exporter:v1", ports: [{containerPort: 9100}]}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: hook}
webhooks: [{name: a.example.org, clientConfig: {service: {name: web, namespace: shop, port: 443}}}]
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1beta1.metrics.k8s.io}
spec: {service: {name: web, namespace: shop, port: 443}, group: metrics.k8s.io, version: v1beta1}
---
apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: {name: main, namespace: monitoring}
spec: {replicas: 2, serviceMonitorNamespaceSelector: {}, remoteWrite: [{url: "https://metrics.example.org/api"}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Ingress]
  ingress: [{from: [{namespaceSelector: {}}, {ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}]}]
---
apiVersion: v1
kind: Secret
metadata: {name: env, namespace: shop}
stringData: {DATABASE_URL: "postgres://user:secret@db.shop.svc:5432/x"}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: apps, namespace: flux-system}
spec: {targetNamespace: shop, path: ./apps, postBuild: {substitute: {DOMAIN: example.org}}}
"""
POLICY = """\
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata:
  name: web
  namespace: shop
  annotations: {cilium-policies.fn/component: web}
spec:
  endpointSelector: {matchLabels: {app: web}}
  ingress:
  - fromEndpoints: [{matchLabels: {k8s:io.kubernetes.pod.namespace: network}}]
    toPorts: [{ports: [{port: "80", protocol: TCP}], rules: {http: [{method: GET, path: /}]}}]
  egress:
  - toFQDNs: [{matchName: example.org}]
  - toCIDRSet: [{cidr: 10.0.0.0/8, except: [10.1.0.0/16]}]
  - toEntities: [kube-apiserver]
"""
CONFIG = """\
apiVersion: cilium-policies.fn/v1alpha1
kind: CiliumPolicies
metadata: {name: policies}
spec:
  mode: enforce
  namespaces:
    include: ["*"]
    exclude: [kube-*]
    overrides: {shop: {mode: {ingress: audit, egress: off}}, monitoring: {mode: audit}}
    uncovered: audit
  rollout: {phase: 1, phases: [[shop], [team-*]]}
  cluster: {domain: cluster.local, distribution: talos, apiServer: {ports: [6443]}, nodeCIDRs: [10.0.0.0/24]}
  components: {disable: [grafana]}
  allow:
  - {from: {pod: shop/web}, to: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}, ports: [80/TCP, 90-95/UDP], why: a test}
  - {from: same-namespace, to: same-namespace, namespaces: [shop]}
  - {from: {namespace: shop}, to: {fqdn: "*.example.org"}, ports: [443/TCP]}
"""
LIST = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n"


def streams() -> list[str]:
    """YAML streams."""
    return [CLUSTER, inputs.stream(14).decode(), POLICY + "---\n" + CLUSTER, POLICY]


def documents() -> list[str]:
    """Single objects."""
    return [*CLUSTER.split("---\n"), *inputs.documents(14), POLICY]


def resource_list(objects: list[str], config: str = "") -> str:
    """Objects as a ResourceList in block style."""
    text = LIST
    for one in objects:
        text += "- " + one.rstrip("\n").replace("\n", "\n  ") + "\n"
    if config:
        text += "functionConfig:\n  " + config.rstrip("\n").replace("\n", "\n  ") + "\n"
    return text
