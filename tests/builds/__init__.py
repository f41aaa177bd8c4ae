"""Invented repositories in the layouts that people use, as {path: text}."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent


def laid(root: Path, files: dict[str, str]) -> Path:
    """Writes the files below `root` and gives it back."""
    for path, text in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(dedent(text))
    return root


def ks(name: str, path: str, spec: str = "", namespace: str = "flux-system") -> str:
    """A Flux Kustomization; `spec` are further lines below `spec:`, without indentation."""
    lines = "".join(f"  {line}\n" for line in dedent(spec).strip().splitlines())
    return (
        "---\napiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n"
        f"metadata:\n  name: {name}\n  namespace: {namespace}\n"
        f"spec:\n  interval: 1h\n  path: {path}\n  prune: true\n"
        "  sourceRef:\n    kind: GitRepository\n    name: flux-system\n    namespace: flux-system\n" + lines
    )


def kustomization(*resources: str, more: str = "") -> str:
    """A kustomization.yaml; `more` are further top-level lines."""
    listed = "".join(f"  - {one}\n" for one in resources)
    head = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
    return head + (f"resources:\n{listed}" if resources else "") + dedent(more)


def deployment(name: str, image: str = "docker.io/library/app:1", env: str = "", namespace: str = "") -> str:
    """A Deployment whose pods carry `app: NAME`; `env` is NAME=VALUE."""
    variable, _, value = env.partition("=")
    extra = f"          env: [{{name: {variable}, value: '{value}'}}]\n" if env else ""
    home = f"  namespace: {namespace}\n" if namespace else ""
    return (
        f"---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: '{name}'\n{home}"
        f"spec:\n  selector: {{matchLabels: {{app: '{name}'}}}}\n"
        f"  template:\n    metadata: {{labels: {{app: '{name}'}}}}\n    spec:\n      containers:\n"
        f"        - name: app\n          image: {image}\n          ports: [{{containerPort: 8080}}]\n{extra}"
    )


def namespace(name: str) -> str:
    """A Namespace."""
    return f"---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: {name}\n"


def home() -> dict[str, str]:
    """One cluster, one Kustomization an application, a parent that patches its children: the usual home layout."""
    defaults = """
        patches:
          - target: {group: kustomize.toolkit.fluxcd.io, kind: Kustomization}
            patch: |
              apiVersion: kustomize.toolkit.fluxcd.io/v1
              kind: Kustomization
              metadata: {name: any}
              spec:
                postBuild:
                  substituteFrom:
                    - {kind: ConfigMap, name: cluster-settings}
                    - {kind: Secret, name: cluster-secrets}
        """
    app = """
        targetNamespace: media
        commonMetadata:
          labels: {app.kubernetes.io/name: web}
        components:
          - ../../../../components/gatus
        patches:
          - target: {kind: Deployment}
            patch: |
              - {op: add, path: /spec/replicas, value: 2}
        images:
          - {name: docker.io/library/app, newTag: "2"}
        namePrefix: my-
        postBuild:
          substitute:
            APP: web
            PORT: "8080"
        """
    return {
        "README.md": "# Home\n",
        "talos/config.yaml": "machine: {type: worker}\n",
        ".sops.yaml": "creation_rules: []\n",
        "kubernetes/flux/cluster/ks.yaml": (
            ks("cluster-meta", "./kubernetes/flux/meta") + ks("cluster-apps", "./kubernetes/apps", defaults)
        ),
        "kubernetes/flux/meta/settings.yaml": """\
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: cluster-settings, namespace: flux-system}
            data: {DOMAIN: example.com, REPLICAS: "3"}
            ---
            apiVersion: v1
            kind: Secret
            metadata: {name: cluster-secrets, namespace: flux-system}
            stringData: {TOKEN: "ENC[AES256_GCM,data:abc=,type:str]"}
            sops: {mac: "ENC[AES256_GCM,data:abc=,type:str]"}
            """,
        "kubernetes/components/gatus/kustomization.yaml": """\
            apiVersion: kustomize.config.k8s.io/v1alpha1
            kind: Component
            configMapGenerator:
              - name: gatus
                literals: ["url=https://${APP}.${DOMAIN}"]
                options: {disableNameSuffixHash: true}
            """,
        "kubernetes/apps/media/kustomization.yaml": kustomization("./namespace.yaml", "./web/ks.yaml"),
        "kubernetes/apps/media/namespace.yaml": namespace("media"),
        "kubernetes/apps/media/web/ks.yaml": ks("web", "./kubernetes/apps/media/web/app", app),
        "kubernetes/apps/media/web/app/kustomization.yaml": kustomization("./deployment.yaml", "./service.yaml"),
        "kubernetes/apps/media/web/app/deployment.yaml": deployment("${APP}", env="URL=http://${OTHER}/${TOKEN:=none}/$${HOME}"),
        "kubernetes/apps/media/web/app/service.yaml": """\
            apiVersion: v1
            kind: Service
            metadata: {name: "${APP}"}
            spec:
              selector: {app: "${APP}"}
              ports: [{name: http, port: 80, targetPort: "${PORT}"}]
            """,
    }  # fmt: skip


def two_clusters() -> dict[str, str]:
    """Production and staging in one repository, as flux bootstrap lays them."""
    files = {
        "apps/base/web/kustomization.yaml": kustomization("deployment.yaml", more="namespace: web\n"),
        "apps/base/web/deployment.yaml": deployment("web"),
        "infrastructure/kustomization.yaml": kustomization("namespace.yaml"),
        "infrastructure/namespace.yaml": namespace("web"),
    }
    for cluster in ("production", "staging"):
        files |= {
            f"clusters/{cluster}/flux-system/gotk-sync.yaml": ks("flux-system", f"./clusters/{cluster}"),
            f"clusters/{cluster}/flux-system/gotk-components.yaml": namespace("flux-system"),
            f"clusters/{cluster}/flux-system/kustomization.yaml": kustomization(
                "gotk-components.yaml", "gotk-sync.yaml"
            ),
            f"clusters/{cluster}/infrastructure.yaml": ks("infrastructure", "./infrastructure"),
            f"clusters/{cluster}/apps.yaml": ks(
                "apps", f"./apps/{cluster}", "dependsOn: [{name: infrastructure}]"
            ),
            f"apps/{cluster}/kustomization.yaml": kustomization(
                "../base/web", more=f"images: [{{name: docker.io/library/app, newTag: {cluster}}}]\n"
            ),
        }
    return files
