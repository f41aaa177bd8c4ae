"""The search list of a pod's own `dnsConfig`: what its resolver puts behind a short name at first."""

from __future__ import annotations

import re
from collections.abc import Iterable

from cilium_policies.kube.objects import at, mapping, mappings, sequence, text
from cilium_policies.kube.pods import pod_spec
from cilium_policies.lean import NamedTuple
from cilium_policies.workloads.model import Workload

_NDOTS = 5  # what the kubelet writes into resolv.conf


class SearchList(NamedTuple):
    """`suffixes` are tried in front of a name that has fewer dots than `ndots`."""

    suffixes: tuple[str, ...]
    ndots: int

    def asked(self, names: Iterable[str]) -> tuple[str, str] | None:
        """The first of these names that is asked for with a suffix before it is asked for as it stands, and that."""
        for name in names:
            plain = name.lower().rstrip(".")
            if plain and not name.endswith(".") and plain.count(".") < self.ndots and self.suffixes:
                return plain, f"{plain}.{self.suffixes[0]}"
        return None


def search_list(pod: Workload) -> SearchList:
    """As the pod template has it: no suffixes where it has none of its own beside the cluster's."""
    settings = mapping(pod_spec(pod.source).get("dnsConfig")) if pod.rendered else {}
    suffixes = tuple(text(one).strip(".").lower() for one in sequence(settings.get("searches")))
    ndots = _NDOTS
    for option in mappings(at(settings, "options")):
        if text(option.get("name")) == "ndots" and re.fullmatch(r"\d{1,2}", text(option.get("value"))):
            ndots = int(text(option.get("value")))
    return SearchList(tuple(filter(None, suffixes)), ndots)
