"""Images under other names."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

from cilium_policies.kube.registries import names_publishers

from tests.engine.manifests import Cluster, Path_, Value, walk

_IMAGE = re.compile(
    r"(?:(?P<host>[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d+)?|localhost)/)?(?P<path>[a-z0-9][a-z0-9._/-]*)"
    r"(?P<tag>:[\w][\w.-]*)?(?P<digest>@sha256:[0-9a-f]+)?"
)
_HOSTS = r"(?:docker\.io|quay\.io|ghcr\.io|gcr\.io|registry\.k8s\.io|k8s\.gcr\.io|lscr\.io|public\.ecr\.aws)"
_IN_TEXT = re.compile(rf"(?<![\w./-]){_HOSTS}/[a-z0-9][a-z0-9._/-]*(?::[\w][\w.-]*)?(?:@sha256:[0-9a-f]+)?")


def images(name: Callable[[str, str, str], str]) -> Callable[[Cluster], Cluster]:
    """Each image under another name, made of host, path and what stands behind it, `:tag@digest`."""

    def rename(text: str) -> str:
        match = _IMAGE.fullmatch(text)
        if match is None or "$" in text:
            return text
        path = match["path"]
        host = match["host"] or "docker.io"
        if not names_publishers(host):
            return text  # it comes of a mirror already
        if host == "docker.io" and "/" not in path:
            path = f"library/{path}"
        return name(host, path, (match["tag"] or "") + (match["digest"] or ""))

    def leaf(path: Path_, value: Value) -> Value:
        if not isinstance(value, str):
            return value
        if path[-1] == "image":
            made = rename(value)
        elif len(value) < 400 and "/" in value and "://" not in value:
            made = _IN_TEXT.sub(lambda match: rename(match[0]), value)
        else:
            return value
        return value if made == value else made

    return lambda cluster: cluster.mapped(lambda one: walk(one, leaf), hidden=False)


PULLED = {"docker.io": "docker-hub", "quay.io": "quay", "ghcr.io": "github", "registry.k8s.io": "kubernetes"}


def last(path: str) -> str:
    """The last name of a path."""
    return path.rpartition("/")[2]


def digest_alone(host: str, path: str, end: str) -> str:
    """The image by its digest, without a tag."""
    digest = end.partition("@")[2] or "sha256:" + hashlib.sha256((path + end).encode()).hexdigest()
    return f"{host}/{path}@{digest}"
