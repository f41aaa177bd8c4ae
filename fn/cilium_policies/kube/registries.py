"""Registries in which an image's path begins with its publisher, as the registry itself sees to: there a name proves
what is run. In others anybody may have pushed anything under it."""

from __future__ import annotations

_OWN = "docker.io"
_HOSTS = frozenset(
    """
    docker.io index.docker.io registry-1.docker.io ghcr.io quay.io gcr.io mirror.gcr.io registry.k8s.io k8s.gcr.io
    lscr.io mcr.microsoft.com public.ecr.aws docker.elastic.co nvcr.io codeberg.org dock.mau.dev
    registry.access.redhat.com registry.redhat.io
    """.split()  # noqa: SIM905
)
_MIRRORED = ("public.ecr.aws/docker/", "mirror.gcr.io/")  # Docker's own, elsewhere

# Words by which administrators call the part of a registry of their own that caches another's images.
_CACHED = {
    "dockerhub": _OWN,
    "docker": _OWN,
    "ghcr": "ghcr.io",
    "github": "ghcr.io",
    "quay": "quay.io",
    "k8s": "registry.k8s.io",
    "gcr": "gcr.io",
    "mcr": "mcr.microsoft.com",
    "lscr": "lscr.io",
    "codeberg": "codeberg.org",
}

# Where a registry answers that images name otherwise.
API_HOSTS = {_OWN: ("registry-1.docker.io", "auth.docker.io")}


def cached(repository: str) -> tuple[str, str] | None:
    """The cache that a repository stands in (`harbor.acme.com/dockerhub`) and where its images come from
    (`docker.io/grafana/alloy`); None where its path names no other registry."""
    host, *parts = repository.split("/")
    if len(parts) < 2 or host in _HOSTS or ("." not in host and ":" not in host):
        return None
    for number, part in enumerate(parts[:-1]):
        # A host in full is that one: `docker.elastic.co` is not Docker's, which a word of it would say.
        words = part.replace("-", ".").replace("_", ".").split(".")
        whole = part in _HOSTS and not part.endswith(_OWN)
        origin = part if whole else next(filter(None, map(_CACHED.get, words)), "")
        if origin:
            rest = parts[number + 1 :]
            rest = ["library", *rest] if origin == _OWN and len(rest) == 1 else rest
            return "/".join((host, *parts[: number + 1])), "/".join((origin, *rest))
    return None


def is_publishers(repository: str, path: str) -> bool:
    """Whether a repository (without tag) is `path` in one of these registries, and not below it."""
    host, rest = parted(repository)
    return names_publishers(host) and rest == path


def names_publishers(host: str) -> bool:
    """Whether the path of an image in this registry begins with its publisher."""
    return host in _HOSTS


def parted(repository: str) -> tuple[str, str]:
    """The registry of an image and the path there; `docker.io` where none is named, as in `postgres:17`."""
    for prefix in _MIRRORED:
        if repository.startswith(prefix):
            return _OWN, repository[len(prefix) :]
    host, slash, rest = repository.partition("/")
    if not slash or ("." not in host and ":" not in host and host != "localhost"):
        return _OWN, repository
    return host, rest
