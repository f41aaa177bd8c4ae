"""Inputs of any size in the mix of a real cluster, as kustomize hands them to a function.

Eight applications to a namespace, nine to fourteen objects each, a dashboard for every fourth and a CRD for every
eighth. Keys are sorted, every item of a ResourceList carries the annotations that kustomize 5.8 adds, and names
differ, so nothing is won by remembering.
"""

from __future__ import annotations

from collections.abc import Iterator

APPS_PER_NAMESPACE = 8

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  annotations:
    reloader.stakater.com/auto: "true"
  labels: &labels
    app.kubernetes.io/instance: {app}
    app.kubernetes.io/managed-by: Helm
    app.kubernetes.io/name: {app}
    helm.sh/chart: {app}-1.{n}.0
  name: {app}
  namespace: {ns}
spec:
  replicas: 2
  revisionHistoryLimit: 3
  selector:
    matchLabels:
      app.kubernetes.io/instance: {app}
      app.kubernetes.io/name: {app}
  strategy:
    rollingUpdate:
      maxSurge: 1
      maxUnavailable: 0
    type: RollingUpdate
  template:
    metadata:
      annotations:
        checksum/config: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a{n:02x}
      labels:
        app.kubernetes.io/component: server
        app.kubernetes.io/instance: {app}
        app.kubernetes.io/name: {app}
    spec:
      automountServiceAccountToken: {automount}
      containers:
      - args:
        - --listen=:8080
        - --metrics=:9090
        - --log-level=info
        - --upstream=http://{peer}.{peer_ns}.svc.cluster.local:80
        env:
        - name: POD_IP
          valueFrom:
            fieldRef:
              fieldPath: status.podIP
        - name: DATABASE_URL
          value: postgres://{app}@postgres-{n}.{ns}.svc:5432/{app}?sslmode=disable
        - name: CACHE_URL
          value: redis://cache-{n}.{ns}.svc:6379/0
        - name: TZ
          value: Europe/Zurich
        envFrom:
        - secretRef:
            name: {app}-env
        - configMapRef:
            name: {app}-config
        image: registry.example.org/team/{app}:1.{n}.0@sha256:{digest}
        imagePullPolicy: IfNotPresent
        livenessProbe:
          failureThreshold: 3
          httpGet:
            path: /healthz
            port: http
          periodSeconds: 10
          timeoutSeconds: 1
        name: server
        ports:
        - containerPort: 8080
          name: http
          protocol: TCP
        - containerPort: 9090
          name: metrics
          protocol: TCP
        readinessProbe:
          failureThreshold: 3
          httpGet:
            path: /readyz
            port: http
          periodSeconds: 10
          timeoutSeconds: 1
        resources:
          limits:
            memory: 512Mi
          requests:
            cpu: 25m
            memory: 128Mi
        securityContext:
          allowPrivilegeEscalation: false
          capabilities:
            drop:
            - ALL
          readOnlyRootFilesystem: true
        volumeMounts:
        - mountPath: /etc/{app}
          name: config
          readOnly: true
        - mountPath: /tmp
          name: tmp
      priorityClassName: standard
      securityContext:
        fsGroup: 65532
        runAsGroup: 65532
        runAsNonRoot: true
        runAsUser: 65532
        seccompProfile:
          type: RuntimeDefault
      serviceAccountName: {app}
      topologySpreadConstraints:
      - labelSelector:
          matchLabels:
            app.kubernetes.io/name: {app}
        maxSkew: 1
        topologyKey: kubernetes.io/hostname
        whenUnsatisfiable: ScheduleAnyway
      volumes:
      - configMap:
          name: {app}-config
        name: config
      - emptyDir: {{}}
        name: tmp
""".replace(" &labels", "")

STATEFUL_SET = """\
apiVersion: apps/v1
kind: StatefulSet
metadata:
  labels:
    app: postgres-{n}
  name: postgres-{n}
  namespace: {ns}
spec:
  replicas: 1
  selector:
    matchLabels:
      app: postgres-{n}
  serviceName: postgres-{n}
  template:
    metadata:
      labels:
        app: postgres-{n}
    spec:
      containers:
      - env:
        - name: PGDATA
          value: /var/lib/postgresql/data/pgdata
        - name: POSTGRES_PASSWORD
          valueFrom:
            secretKeyRef:
              key: password
              name: postgres-{n}
        image: registry.example.org/library/postgres:16.{n}
        name: postgres
        ports:
        - containerPort: 5432
          name: postgres
        readinessProbe:
          exec:
            command:
            - sh
            - -c
            - pg_isready -U postgres
          periodSeconds: 10
        volumeMounts:
        - mountPath: /var/lib/postgresql/data
          name: data
  volumeClaimTemplates:
  - metadata:
      name: data
    spec:
      accessModes:
      - ReadWriteOnce
      resources:
        requests:
          storage: 10Gi
"""

SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  labels:
    app.kubernetes.io/name: {app}
  name: {app}
  namespace: {ns}
spec:
  ports:
  - name: http
    port: 80
    protocol: TCP
    targetPort: http
  - name: metrics
    port: 9090
    protocol: TCP
    targetPort: metrics
  selector:
    app.kubernetes.io/instance: {app}
    app.kubernetes.io/name: {app}
  type: ClusterIP
"""

DATABASE_SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: postgres-{n}
  namespace: {ns}
spec:
  clusterIP: None
  ports:
  - name: postgres
    port: 5432
    targetPort: 5432
  selector:
    app: postgres-{n}
"""

CONFIG_MAP = """\
apiVersion: v1
data:
  application.yaml: |
    server:
      address: 0.0.0.0
      port: 8080
    upstreams:
    - http://{peer}.{peer_ns}.svc.cluster.local:80
    smtp:
      host: smtp.example.org
      port: 587
    message: "it's \\"quoted\\" here"
kind: ConfigMap
metadata:
  name: {app}-config
  namespace: {ns}
"""

DASHBOARD_HEAD = """\
apiVersion: v1
data:
  {app}.json: |-
    {{
      "title": "{app}",
      "panels": [
"""
PANEL = """\
        {{"id": {k}, "type": "timeseries", "title": "Requests {k}", "gridPos": {{"h": 8, "w": 12, "y": {k}}},
         "targets": [{{"expr": "sum(rate(http_requests_total{{namespace=\\"{ns}\\", pod=~\\"{app}-.*\\"}}[5m]))",
                      "legendFormat": "{{{{pod}}}}, code 5xx", "refId": "A", "interval": "30s"}}]}},
"""
DASHBOARD_TAIL = """\
        {{}}
      ]
    }}
kind: ConfigMap
metadata:
  labels:
    grafana_dashboard: "1"
  name: {app}-dashboard
  namespace: {ns}
"""

EXTERNAL_SECRET = """\
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: {app}
  namespace: {ns}
spec:
  dataFrom:
  - extract:
      key: {app}
  refreshInterval: 1h
  secretStoreRef:
    kind: ClusterSecretStore
    name: onepassword
  target:
    name: {app}-env
    template:
      data:
        PASSWORD: '{{{{ .password }}}}'
        TOKEN: '{{{{ .token }}}}'
"""

SERVICE_ACCOUNT = """\
apiVersion: v1
kind: ServiceAccount
metadata:
  labels:
    app.kubernetes.io/name: {app}
  name: {app}
  namespace: {ns}
"""

ROLE = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {app}
  namespace: {ns}
rules:
- apiGroups:
  - ""
  resources:
  - configmaps
  - endpoints
  verbs:
  - get
  - list
  - watch
- apiGroups:
  - coordination.k8s.io
  resources:
  - leases
  verbs:
  - create
  - update
"""

ROLE_BINDING = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {app}
  namespace: {ns}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {app}
subjects:
- kind: ServiceAccount
  name: {app}
  namespace: {ns}
"""

ROUTE = """\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: {app}
  namespace: {ns}
spec:
  hostnames:
  - {app}.example.org
  parentRefs:
  - group: gateway.networking.k8s.io
    kind: Gateway
    name: external
    namespace: network
  rules:
  - backendRefs:
    - name: {app}
      port: 80
    matches:
    - path:
        type: PathPrefix
        value: /
"""

MONITOR = """\
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  name: {app}
  namespace: {ns}
spec:
  endpoints:
  - interval: 30s
    path: /metrics
    port: metrics
    relabelings:
    - action: replace
      sourceLabels:
      - __meta_kubernetes_pod_node_name
      targetLabel: node
  selector:
    matchLabels:
      app.kubernetes.io/name: {app}
"""

BUDGET = """\
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {app}
  namespace: {ns}
spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      app.kubernetes.io/name: {app}
"""

NAMESPACE = """\
apiVersion: v1
kind: Namespace
metadata:
  labels:
    kustomize.toolkit.fluxcd.io/name: cluster
    pod-security.kubernetes.io/enforce: baseline
  name: {ns}
"""

DEFINITION_HEAD = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: widget{n}s.example.org
spec:
  group: example.org
  names:
    kind: Widget{n}
    listKind: Widget{n}List
    plural: widget{n}s
    singular: widget{n}
  scope: Namespaced
  versions:
  - name: v1
    schema:
      openAPIV3Schema:
        properties:
          spec:
            properties:
"""
FIELD = """\
              field{k}:
                description: |-
                  Field{k} says how many there should be, and "why" it's so.
                  More info: https://example.org/docs/widget{n}#field{k}
                enum:
                - =
                - '!='
                type: string
                x-kubernetes-validations:
                - message: field{k} is immutable
                  rule: self == oldSelf
"""
DEFINITION_TAIL = """\
            type: object
        type: object
    served: true
    storage: true
"""


def documents(count: int) -> Iterator[str]:
    """`count` objects as block-style YAML, keys sorted."""
    made, app = 0, 0
    while made < count:
        for text in _application(app):
            if made < count:
                yield text
                made += 1
        app += 1


def _application(app: int) -> Iterator[str]:
    space = app // APPS_PER_NAMESPACE
    fields = {
        "app": f"app-{app}",
        "n": app,
        "ns": f"team-{space}",
        "peer": f"app-{max(0, app - 1)}",
        "peer_ns": f"team-{max(0, app - 1) // APPS_PER_NAMESPACE}",
        "digest": f"{app:064x}",
        "automount": "true" if app % 3 == 0 else "false",
    }
    if app % APPS_PER_NAMESPACE == 0:
        yield NAMESPACE.format(**fields)
    for template in (
        DEPLOYMENT,
        SERVICE,
        CONFIG_MAP,
        EXTERNAL_SECRET,
        SERVICE_ACCOUNT,
        ROUTE,
        MONITOR,
        BUDGET,
    ):
        yield template.format(**fields)
    if app % 3 == 0:
        yield ROLE.format(**fields)
        yield ROLE_BINDING.format(**fields)
    if app % 2 == 0:
        yield STATEFUL_SET.format(**fields)
        yield DATABASE_SERVICE.format(**fields)
    if app % APPS_PER_NAMESPACE == 0:
        fields_of = "".join(FIELD.format(k=k, **fields) for k in range(140))
        yield DEFINITION_HEAD.format(**fields) + fields_of + DEFINITION_TAIL
    if app % 4 == 0:
        panels = "".join(PANEL.format(k=k, **fields) for k in range(130))
        yield DASHBOARD_HEAD.format(**fields) + panels + DASHBOARD_TAIL.format(**fields)


def stream(count: int) -> bytes:
    """As `kustomize build` prints them."""
    return "---\n".join(documents(count)).encode()


def resource_list(count: int) -> bytes:
    """As kustomize hands them to a transformer, ids and all."""
    items = "".join(_as_item(text, index) for index, text in enumerate(documents(count)))
    return (
        "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n" + items + "functionConfig:\n"
        "  apiVersion: cilium-policies.fn/v1alpha1\n  kind: CiliumPolicies\n  metadata:\n    annotations:\n"
        "      config.kubernetes.io/local-config: 'true'\n    name: policies\n"
    ).encode()


def _as_item(text: str, index: int) -> str:
    group, _, version = next(
        line.removeprefix("apiVersion: ") for line in text.splitlines() if line.startswith("apiVersion")
    ).rpartition("/")
    kind = next(line.removeprefix("kind: ") for line in text.splitlines() if line.startswith("kind"))
    metadata = text[text.index("metadata:\n") :] + "\n  name: \n  namespace: \n"
    name, space = (metadata.split(f"\n  {key}: ", 1)[1].split("\n", 1)[0] for key in ("name", "namespace"))
    head, _, tail = text.partition("metadata:\n")
    users = ""
    if tail.startswith("  annotations:\n"):
        users, _, tail = tail.removeprefix("  annotations:\n").partition("  labels:\n")
        tail = "  labels:\n" + tail
    fields = {"group": group, "kind": kind, "name": name, "namespace": space, "version": version}
    identity = "".join(f"      {key}: {value}\n" for key, value in fields.items() if value)
    annotations = f"""\
  annotations:
    kustomize.config.k8s.io/id: |
{identity}{users}    config.kubernetes.io/index: '{index}'
    internal.config.kubernetes.io/index: '{index}'
    internal.config.kubernetes.io/annotations-migration-resource-id: '{index}'
    internal.config.kubernetes.io/id: '{index + 1}'
    config.k8s.io/id: '{index + 1}'
"""
    return "- " + (head + "metadata:\n" + annotations + tail).replace("\n", "\n  ").rstrip(" ")
