"""Registries in which an image's path begins with its publisher, as the registry itself sees to: there a name proves
what is run. In others anybody may have pushed anything under it."""

from __future__ import annotations

_OWN = "docker.io"
_HOSTS = frozenset(
    """
    docker.io index.docker.io registry-1.docker.io ghcr.io quay.io gcr.io mirror.gcr.io registry.k8s.io k8s.gcr.io
    lscr.io mcr.microsoft.com public.ecr.aws docker.elastic.co nvcr.io codeberg.org
    registry.access.redhat.com registry.redhat.io
    """.split()  # noqa: SIM905
)
_MIRRORED = ("public.ecr.aws/docker/", "mirror.gcr.io/")  # Docker's own, elsewhere


def is_publishers(repository: str, path: str) -> bool:
    """Whether a repository (without tag) is `path` in one of these registries, and not below it."""
    host, rest = parted(repository)
    return is_public(host) and rest == path


def is_public(host: str) -> bool:
    """Whether a registry is one of these."""
    return host in _HOSTS


def parted(repository: str) -> tuple[str, str]:
    """The registry of a repository (without tag) and the path there; `docker.io` where none is named."""
    for prefix in _MIRRORED:
        if repository.startswith(prefix):
            return _OWN, repository[len(prefix) :]
    host, _, rest = repository.partition("/")
    if "." not in host and ":" not in host and host != "localhost":
        return _OWN, repository
    return host, rest
