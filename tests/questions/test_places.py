"""File and line of the field that an edge rests on: the line that the input marks with `# here`."""

from __future__ import annotations

import pytest
from cilium_policies.cli.options import run_on
from cilium_policies.function import Options
from cilium_policies.kube.objects import Where
from cilium_policies.questions import lined
from cilium_policies.questions.places import where_of

POD = "metadata: {name: web, namespace: shop}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n"
HEAD = f"""\
apiVersion: v1
kind: Namespace
metadata: {{name: shop}}
---
apiVersion: apps/v1
kind: Deployment
{POD}    metadata: {{labels: {{app: web}}}}
    spec:
      containers:
        - name: sidecar
          image: example.org/sidecar:1
          env: [{{name: MODE, value: fast}}]
        - name: web
          image: example.org/web:1
"""
CASES = {
    "env": HEAD
    + """\
          env:
            - name: MODE
              value: slow
            - name: UPSTREAM_URL # here
              value: https://api.vendor.com
""",
    "argument": HEAD
    + """\
          args:
            - --verbose
            - --upstream=https://api.vendor.com # here
""",
    "env without a comment": HEAD
    + """\
          env:
            - name: UPSTREAM_URL
              value: https://api.vendor.com
""",
    "argument of a name that stands elsewhere, too": HEAD
    + """\
          workingDir: /api.vendor.com
          args:
            - --upstream=https://api.vendor.com # here
""",
    "argument by an alias": HEAD
    + """\
          workingDir: &place https://api.vendor.com
          args:
            - --verbose
            - *place # here
""",
    "command of several lines": HEAD
    + """\
          command:
            - sh
            - -c
            - |
              set -e
              exec web --upstream=https://api.vendor.com # here
""",
    "key of a ConfigMap": HEAD
    + """\
          envFrom: [{configMapRef: {name: web}}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: web, namespace: shop}
data:
  MODE: slow
  UPSTREAM_URL: https://api.vendor.com # here
""",
    "host of a host and a port": HEAD
    + """\
          envFrom: [{configMapRef: {name: web}}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: web, namespace: shop}
data:
  DB_PORT: "80"
  DB_HOST: db.data.svc # here
""",
    "line of a file": HEAD
    + """\
          volumeMounts: [{name: config, mountPath: /etc/web}]
      volumes: [{name: config, configMap: {name: web}}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: web, namespace: shop}
data:
  web.yaml: |
    mode: slow
    upstream:
      url: https://api.vendor.com # here
    last: 1
""",
    "value of a HelmRelease": """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web, namespace: shop}
spec:
  chart: {spec: {chart: grafana, sourceRef: {kind: HelmRepository, name: r}}}
  values:
    mode: slow
    config:
      upstream.example/url: http://db.data.svc:80 # here
""",
    "value of an Application's text": """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web, namespace: argocd}
spec:
  destination: {namespace: shop}
  source:
    chart: grafana
    repoURL: https://charts.example.org
    helm:
      values: |
        mode: slow
        config:
          url: http://db.data.svc:80 # here
""",
    "value of an Application's object": """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web, namespace: argocd}
spec:
  destination: {namespace: shop}
  source:
    chart: grafana
    repoURL: https://charts.example.org
    helm:
      valuesObject:
        upstreamUrls:
          - http://db.data.svc:80 # here
""",
    "member of a List": """\
apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: Namespace
    metadata: {name: shop}
  - apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
            - name: web
              image: example.org/web:1
              env:
                - {name: UPSTREAM_URL, value: "https://api.vendor.com"} # here
""",
}


def places(text: str) -> set[Where]:
    run = run_on([("before.yaml", b"# a file before\n"), ("in.yaml", text.encode())], Options())
    found = [edge for edge in run.made.plan.edges if {"api.vendor.com", "db"} & set(edge.reason.parts)]
    return {where_of(edge) for edge in found}


@pytest.mark.parametrize("case", CASES)
def test_the_line_of_the_field(case: str) -> None:
    text = CASES[case]
    marks = ("# here", "- name: UPSTREAM_URL")
    (marked,) = [number for number, line in enumerate(text.splitlines(), 1) if line.endswith(marks)]
    assert {(one.file, one.line) for one in places(text)} == {("in.yaml", marked)}


def test_a_field_that_the_text_does_not_hold_is_said_by_its_object() -> None:
    """A Flux variable's value stands elsewhere; so does what a ConfigMap of `valuesFrom` brings."""
    text = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease # first line + 1
metadata: {name: web, namespace: shop}
spec:
  chart: {spec: {chart: grafana, sourceRef: {kind: HelmRepository, name: r}}}
  valuesFrom: [{kind: ConfigMap, name: web-values}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: web-values, namespace: shop}
data:
  values.yaml: |
    url: http://db.data.svc:80
"""
    assert {(one.file, one.line) for one in places(text)} == {("in.yaml", 1)}


def test_a_route_s_place_is_the_route() -> None:
    text = (
        HEAD
        + """\
          ports: [{containerPort: 8080}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
"""
    )
    run = run_on([("in.yaml", text.encode())], Options())
    (line,) = {where_of(edge).line for edge in run.made.plan.edges if edge.origin == "service"}
    assert text.splitlines()[line] == "kind: Service"


@pytest.mark.parametrize("case", ["env", "argument", "command of several lines"])
def test_a_word_that_stands_once_is_found_without_the_fields(
    case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lined, "lines_of", lambda *_: pytest.fail("the fields were placed"))
    test_the_line_of_the_field(case.replace("env", "env without a comment"))


def test_a_word_that_stands_twice_is_found_by_its_field() -> None:
    test_the_line_of_the_field("argument of a name that stands elsewhere, too")


def test_an_alias_is_found_by_its_field() -> None:
    test_the_line_of_the_field("argument by an alias")
