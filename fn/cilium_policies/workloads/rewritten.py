"""Names of the outside that the cluster's DNS answers with a Service: CoreDNS' plugin `rewrite`.

https://coredns.io/plugins/rewrite: `rewrite [continue|stop] name [exact|prefix|suffix|substring|regex] FROM TO`, or the
same in a block. Patterns of others are not run (they need not end): those are read that people write, a literal name
with whatever stands before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from cilium_policies.kube.objects import Mapping, at, mappings, strings, text
from cilium_policies.lean import NamedTuple
from cilium_policies.workloads.autopath import corefiles
from cilium_policies.workloads.cluster import Cluster

_DIRECTIVE, _NAME = "rewrite", "name"
_TYPES = ("exact", "prefix", "suffix", "substring", "regex")
_ENDS = ("$", r"\.?", r"\.")
_ITSELF = (r"(.*\.)?", r"(.+\.)?", r"(?:.*\.)?", r"(?:.+\.)?")  # the name, and all below it
_BELOW = (r"(.*)\.", r"(.+)\.", r"(.*\.)", r"(.+\.)", r"(.*)", r"(.+)", r".*\.", r".+\.")
_LITERAL = re.compile(r"(?:[a-z0-9_-]|\\\.|\.)+")


class Rewrite(NamedTuple):
    """`name` itself, if `itself`, and what stands below it, if `below`, are answered as `target`, in which `{1}` is
    what stood before it."""

    name: str
    target: str
    itself: bool = True
    below: bool = False

    def of(self, host: str) -> str:
        """What is asked for in the place of a name; "" where this says nothing of it."""
        if self.itself and host == self.name:
            return "" if "{" in self.target else self.target
        before, found, _ = host.rpartition("." + self.name)
        if not (self.below and found and before and host.endswith(found)):
            return ""
        target = self.target.replace("{1}", before)
        return "" if "{" in target else target


def rewrites(cluster: Cluster) -> tuple[Rewrite, ...]:
    """What the cluster's DNS rewrites to its own Services, by its Corefile or its chart's values."""
    domain = f".{cluster.settings.domain}"
    found = (one for corefile in _corefiles(cluster) for one in _read(corefile))
    return tuple(dict.fromkeys(one for one in found if f"{one.target}.".endswith(f"{domain}.")))


def _corefiles(cluster: Cluster) -> Iterator[str]:
    """Those of its own namespace: anybody can call a ConfigMap, or label a pod, like CoreDNS'."""
    home = cluster.settings.dns_namespace
    for one in cluster.playing("dns"):
        if one.namespace == home:
            yield from (found.value for found in one.texts if found.kind == "entry")
            for server in mappings(at(one.values, "servers")):
                yield from map(_plugin, mappings(server.get("plugins")))
    for config in corefiles(cluster):
        if config.namespace == home:
            yield from strings(config.body.get("data")).values()


def _plugin(values: Mapping) -> str:
    """A plugin of the chart's values, as the chart writes it."""
    if values.get("name") != _DIRECTIVE:
        return ""
    head, block = f"{_DIRECTIVE} {text(values.get('parameters'))}", text(values.get("configBlock"))
    return f"{head} {{\n{block}\n}}" if block else head


def _read(corefile: str) -> Iterator[Rewrite]:
    inside = False
    for line in corefile.splitlines() if _DIRECTIVE in corefile else ():
        words = line.split()
        if words[:1] == [_DIRECTIVE]:
            inside = words[-1] == "{"
            words = [one for one in words[1:] if one not in ("continue", "stop", "{")]
        elif words[:1] == ["}"]:
            inside = False
            continue
        elif not inside:
            continue
        if words[:1] == [_NAME]:
            yield from _rule(words[1:])


def _rule(words: list[str]) -> Iterator[Rewrite]:
    kind, *words = words if words and words[0] in _TYPES else ("exact", *words)
    if len(words) < 2:
        return
    name, target = words[0].lower(), words[1].rstrip(".").lower()
    if kind == "exact":
        yield Rewrite(name.rstrip("."), target)
    elif kind == "suffix":
        yield Rewrite(name.strip("."), "{1}." + target.lstrip("."), itself=False, below=True)
    elif kind == "regex":
        yield from _pattern(name.removeprefix("^"), target)


def _pattern(name: str, target: str) -> Iterator[Rewrite]:
    for end in _ENDS:
        name = name.removesuffix(end)
    before = _first(name, (*_ITSELF, *_BELOW))
    rest = name.removeprefix(before)
    if _LITERAL.fullmatch(rest):
        name = rest.replace("\\.", ".").strip(".")
        yield Rewrite(name, target, itself=not before or before in _ITSELF, below=bool(before))


def _first(name: str, beginnings: Iterable[str]) -> str:
    return next((one for one in beginnings if name.startswith(one)), "")
