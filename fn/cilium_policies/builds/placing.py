"""Where the documents of Applications and bundles go: the namespace of each, and those that are made for them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cilium_policies.builds import texts
from cilium_policies.builds.addresses import path_shown
from cilium_policies.builds.app_roots import paths
from cilium_policies.builds.applications import App
from cilium_policies.builds.kustomization import Fields
from cilium_policies.kube.labels import NAMESPACE_NAME
from cilium_policies.kube.objects import CLUSTER_SCOPED, mapping

# A namespace below `metadata`, as kustomize and helm write it; what is not found so is parsed.
_PLACED = re.compile(rb"(?m)^metadata:\n(?:  [^\n]*\n)*?  namespace: ")
_OWN = ("Application", "ApplicationSet")  # these stand in Argo CD's own namespace


def in_namespace(document: bytes, namespace: str, scoped: set[str], name: str) -> bytes:
    """The document in a namespace, unless it has one or is of a kind that has none."""
    if not namespace or _PLACED.search(document):
        return document
    for one in texts.objects(document, name):
        own = one.kind in scoped or re.match("Cluster.", one.kind) or one.kind in _OWN
        return document if own or one.namespace else texts.with_namespace(document, namespace)
    return document


def _options(app: App) -> list[str]:
    options = mapping(app.spec.get("syncPolicy")).get("syncOptions")
    return [str(one) for one in options] if isinstance(options, list) else []


def _namespace(name: str, app: App) -> Fields:
    given = mapping(mapping(app.spec.get("syncPolicy")).get("managedNamespaceMetadata"))
    labels = {**mapping(given.get("labels")), NAMESPACE_NAME: name}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def placed(apps: Sequence[App]) -> list[bytes]:
    """The documents of all Applications, each in the namespace that Argo CD gives it, and the namespaces it makes."""
    scoped = set(CLUSTER_SCOPED)
    declared = set()
    for app in apps:
        for document in app.docs:
            if b"CustomResourceDefinition" in document or b"kind: Namespace" in document:
                for one in texts.objects(document, app.name):
                    names = one.spec.get("names")
                    if one.spec.get("scope") == "Cluster" and isinstance(names, dict):
                        scoped.add(str(names.get("kind")))
                    elif one.kind == "Namespace":
                        declared.add(one.name)
    made = []
    for app in apps:
        namespace = str(app.destination.get("namespace") or "")
        if namespace and namespace not in declared and "CreateNamespace=true" in _options(app):
            declared.add(namespace)
            made.append(texts.written(_namespace(namespace, app)))
        path = ", ".join(map(path_shown, paths(app.body)))
        found = [in_namespace(document, namespace, scoped, app.name) for document in app.docs]
        made += [texts.from_place(one, path) for one in found] if path else found
    return made
