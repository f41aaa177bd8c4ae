"""Programs that are told to send their web requests through a proxy: the ports they then call nobody else on."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cilium_policies.lean import NamedTuple
from cilium_policies.workloads.model import Text, Workload

_VARIABLES = {"http_proxy": (80,), "https_proxy": (443,), "all_proxy": (80, 443)}
# In an environment, and in lists of one in files: `environment = ["HTTPS_PROXY=http://proxy:3128"]`.
_SET = r"(?i)\b((?:https?|all)_proxy)[\"']?\s*[=:]\s*[\"']?(?:https?://)?(?:[^\s/@\"']*@)?([\w.-]+):(\d+)"


class Proxied(NamedTuple):
    """A proxy, its port, and the ports of the requests that go through it."""

    host: str
    port: int
    instead_of: tuple[int, ...]


def proxies(workload: Workload) -> Iterator[Proxied]:
    """The proxies that a workload's configuration names for its requests."""
    for found in workload.texts:
        for name, host, port in re.findall(_SET, _assignment(found)):
            yield Proxied(host, int(port), _VARIABLES[name.lower()])


def _assignment(found: Text) -> str:
    if found.key.lower() in _VARIABLES:
        return f"{found.key}={found.value}"
    return found.value if "proxy" in found.value.lower() else ""
