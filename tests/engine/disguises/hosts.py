"""The domain of a cluster, and how much of a name is written."""

from __future__ import annotations

import re

from tests.engine.disguises.objects import name_of, namespace_of, template, texts
from tests.engine.manifests import Cluster, Value


def told_domain(cluster: Cluster) -> Cluster:
    return untold_domain(cluster)._replace(config={"domain": "k8s.corp.internal"})


def untold_domain(cluster: Cluster) -> Cluster:
    return cluster.mapped(texts(lambda text: text.replace("cluster.local", "k8s.corp.internal")))


def _service_names(cluster: Cluster) -> set[tuple[str, str]]:
    return {
        (namespace_of(one), name_of(one))
        for one in (*cluster.shown(), *cluster.hidden())
        if one.get("kind") == "Service"
    }


def short(cluster: Cluster) -> Cluster:
    """Services as short as the search list allows."""
    known = _service_names(cluster)
    full = re.compile(
        r"(?<![\w.-])([a-z0-9-]+)\.([a-z0-9-]+)\.svc(?:\.cluster\.local\.?)?(?=[:/\s\"',;)?]|$)"
    )

    def each(one: Value) -> Value:
        if template(one) is None and one.get("kind") not in ("ConfigMap", "Secret"):
            return one

        def shorter(match: re.Match[str]) -> str:
            if (match[2], match[1]) not in known:
                return match[0]
            return match[1] if match[2] == namespace_of(one) else f"{match[1]}.{match[2]}"

        return texts(lambda text: full.sub(shorter, text))(one)

    return cluster.mapped(each, hidden=False)


def full(cluster: Cluster) -> Cluster:
    """Services by their full name, with its last point."""
    known = _service_names(cluster)
    far = re.compile(r"(?<![\w.-])([a-z0-9-]+)\.([a-z0-9-]+)(?:\.svc(?:\.cluster\.local\.?)?)?(?=:\d|/|$)")

    def longer(match: re.Match[str]) -> str:
        return f"{match[1]}.{match[2]}.svc.cluster.local." if (match[2], match[1]) in known else match[0]

    def each(one: Value) -> Value:
        if template(one) is None and one.get("kind") not in ("ConfigMap", "Secret"):
            return one
        return texts(lambda text: far.sub(longer, text))(one)

    return cluster.mapped(each, hidden=False)
