"""Hosts that send their clients on to others (`hosts.yaml`)."""

from __future__ import annotations

import os
import re

ANYWHERE = "anywhere"  # stands where a host's mirrors are many, and change

_REDIRECTS: dict[str, tuple[str, ...]] = {}


def redirects() -> dict[str, tuple[str, ...]]:
    """Where registries, forges and download servers send their clients on to, by host; read once."""
    if not _REDIRECTS:
        import yaml

        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "hosts.yaml"), "rb") as file:
            table = yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        _REDIRECTS.update(
            {host: (names,) if isinstance(names, str) else tuple(names) for host, names in table.items()}
        )
    return _REDIRECTS


# Object stores that know a bucket by a name before their own (virtual-hosted style), as most clients write it.
_STORE = re.compile(
    r"s3[.-][a-z0-9.-]+|[a-z0-9]+\.r2\.cloudflarestorage\.com|[a-z0-9]+\.digitaloceanspaces\.com"
    r"|[a-z0-9]+\.your-objectstorage\.com|gateway\.storjshare\.io|storage\.googleapis\.com"
)
# Registries of clouds answer a blob with a redirect to a store of their own.
_ECR = re.compile(r"[^.]+\.dkr\.ecr\.([a-z0-9-]+)\.(amazonaws\.com(?:\.cn)?)")
_ACR = re.compile(r"[^.]+\.azurecr\.io")


def onward(host: str) -> tuple[str, ...]:
    """The hosts that a client of this one calls as well: where it is sent on to, and a store's buckets."""
    found = tuple(one for one in redirects().get(host, ()) if one != ANYWHERE)
    if "*" not in host and _STORE.fullmatch(host):
        return (*found, f"*.{host}")
    if ecr := _ECR.fullmatch(host):
        return (*found, f"prod-{ecr[1]}-starport-layer-bucket.s3.{ecr[1]}.{ecr[2]}")
    return (
        (*found, "*.blob.core.windows.net", f"{host[:-11]}.*.data.azurecr.io")
        if _ACR.fullmatch(host)
        else found
    )


def is_mirrored(host: str) -> bool:
    """Whether a host sends its clients on to mirrors of which nobody keeps a list."""
    return ANYWHERE in redirects().get(host, ())
