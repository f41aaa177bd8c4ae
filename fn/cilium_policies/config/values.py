"""A checked `spec` to the values of `Config`, and what no schema can say."""

from __future__ import annotations

import re
from collections.abc import Callable

from cilium_policies.config.model import (
    Allow,
    ClusterConfig,
    Config,
    Rollout,
    Trust,
    Write,
)
from cilium_policies.document.limits import Path
from cilium_policies.document.schema import BOOLEANS
from cilium_policies.document.spelling import meant, near
from cilium_policies.errors import CiliumPoliciesError
from cilium_policies.kube.objects import Mapping, Where, mapping, strings
from cilium_policies.kube.ports import Port
from cilium_policies.lean import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cilium_policies.config.model import NamesMode
    from cilium_policies.config.peer import ConfigPeer

LineOf = Callable[[Path], int]


class MeaningError(CiliumPoliciesError):
    """A value of the right form that cannot be meant; `path` is below `spec`."""

    def __init__(self, path: Path, message: str, cure: str) -> None:
        super().__init__(message)
        self.path = path
        self.message = message
        self.cure = cure


def config(spec: Mapping, where: Where, line_of: LineOf) -> Config:
    """The values of a spec that holds against the schema. Raises MeaningError."""
    namespaces, components = mapping(spec.get("namespaces")), mapping(spec.get("components"))
    return Config(
        enabled=_flag(spec, "enabled", True),
        action=spec.get("action") or "generate",
        mode=spec.get("mode") or "audit",
        include=_texts(namespaces, "include") if namespaces.get("include") is not None else ("*",),
        exclude=_texts(namespaces, "exclude"),
        overrides=_overrides(mapping(namespaces.get("overrides"))),
        declared_only=_flag(namespaces, "declaredOnly", False),
        uncovered=namespaces.get("uncovered") or "deny",
        default_namespace=namespaces.get("default") or "",
        rollout=_rollout(spec.get("rollout")),
        cluster=_cluster(mapping(spec.get("cluster"))),
        disabled_components=_texts(components, "disable"),
        defined_components=tuple(components.get("define") or ()),
        allow=_allow(spec.get("allow") or [], where, line_of),
        deny=_allow(spec.get("deny") or [], where, line_of, "deny"),
        trust=_trust(mapping(spec.get("trust"))),
        cluster_wide=_flag(spec, "clusterWide", False),
        inventory=spec.get("inventory") or "",
        write=_write(mapping(spec.get("write"))),
        bare=_is_bare(spec),
        where=where,
    )


def _is_bare(spec: Mapping) -> bool:
    return not any(_says(value) for key, value in spec.items() if key not in ("enabled", "action"))


def _says(value: Any) -> bool:
    return any(_says(member) for member in value.values()) if isinstance(value, dict) else value is not None


def _overrides(spec: Mapping) -> Mapping:
    overrides: Mapping = {}
    for name, entry in spec.items():
        if any(sign in name for sign in "*?[]{},/ ") and "${" not in name:
            cure = "write one namespace; patterns go into namespaces.exclude and rollout.phases"
            raise MeaningError(("namespaces", "overrides", name), "an override is for one namespace", cure)
        mode = mapping(entry).get("mode")
        if isinstance(mode, str):
            overrides[name] = (mode, mode)
        elif mode:
            overrides[name] = (mode.get("ingress") or "", mode.get("egress") or "")
    return overrides


def _rollout(spec: Mapping | None) -> Rollout | None:
    if spec is None:
        return None
    phases = tuple(tuple(phase) for phase in spec["phases"])
    phase = int(spec.get("phase") or 0)
    if phase > len(phases) + 1:
        number = "is 1 phase" if len(phases) == 1 else f"are {len(phases)} phases"
        message = f"phase {phase} is beyond the last: there {number}"
        raise MeaningError(
            ("rollout", "phase"), message, f"write 0 to {len(phases) + 1} (the last enforces all)"
        )
    return Rollout(phases, phase, int(spec.get("accepted") or 0))


def _cluster(spec: Mapping) -> ClusterConfig:
    dns, api = mapping(spec.get("dns")), mapping(spec.get("apiServer"))
    local = dns.get("nodeLocal")
    return ClusterConfig(
        domain=(spec.get("domain") or "cluster.local").strip("."),
        distribution=_distribution(spec),
        cilium_version=(spec.get("ciliumVersion") or "").lstrip("v"),
        api_ports=tuple(int(port) for port in api.get("ports") or ()),
        dns_namespace=dns.get("namespace") or "",
        dns_labels=strings(dns.get("labels")),
        dns_ports=tuple(int(port) for port in dns.get("ports") or ()),
        dns_addresses=_ranges(dns, "addresses", ("cluster", "dns")),
        node_local_dns=None if local is None else BOOLEANS[local],
        scrapers=_peers(spec, "scrapers"),
        gateways=_peers(spec, "gateways"),
        node_cidrs=_ranges(spec, "nodeCIDRs"),
        load_balancer_cidrs=_ranges(spec, "loadBalancerCIDRs"),
        private_cidrs=_ranges(spec, "privateCIDRs"),
        identity_labels=_texts(spec, "identityLabels"),
        fqdn=_names(spec),
        probe_rules=spec.get("probes") == "rules",
    )


def _distribution(spec: Mapping) -> str:
    """The catalogue's word for what the cluster is made with. Raises MeaningError for one that it does not know."""
    word = str(spec.get("distribution") or "").lower()
    if word:
        from cilium_policies.catalogue.distributions import names

        if word not in names():
            question = meant(near(word, names()))
            cure = f"{question and question + ' '}write one of {', '.join(names())}, or leave it out"
            raise MeaningError(("cluster", "distribution"), f"{word!r} is not a known distribution", cure)
    return word


def _ranges(spec: Mapping, key: str, above: Path = ("cluster",)) -> tuple[str, ...]:
    return tuple(_meant("cidr", text, (*above, key, number)) for number, text in enumerate(_texts(spec, key)))


def _peers(spec: Mapping, key: str) -> tuple[ConfigPeer, ...]:
    return tuple(
        _meant("peer", value, ("cluster", key, number)) for number, value in enumerate(spec.get(key) or ())
    )


def _trust(spec: Mapping) -> Trust:
    components = mapping(spec.get("components"))
    return Trust(
        spec.get("foreign") or "announce",
        tuple((one["from"], one["to"]) for one in spec.get("grants") or ()),
        {name: tuple(patterns or ()) for name, patterns in components.items()},
    )


def _allow(entries: list[Mapping], where: Where, line_of: LineOf, field: str = "allow") -> tuple[Allow, ...]:
    allowed = []
    for number, entry in enumerate(entries):
        path: Path = (field, number)
        source, target = (_end(entry, end, path) for end in ("from", "to"))
        _refuse_senseless(source, target, path)
        ports = [
            _meant("port", text, (*path, "ports", place))
            for place, text in enumerate(entry.get("ports") or ())
        ]
        http, dns = _http(entry.get("http") or [], (*path, "http")), _texts(entry, "dns")
        _refuse_other_ports(ports, path, http=bool(http), dns=bool(dns))
        allowed.append(
            Allow(
                source,
                target,
                tuple(ports),
                " ".join((entry.get("why") or "allowed by the config").split()).rstrip("."),
                _texts(entry, "namespaces"),
                http,
                dns,
                where._replace(line=line_of(path)),
                number,
                entry.get("purpose") or "",
            )
        )
    return tuple(allowed)


def _end(entry: Mapping, end: str, path: Path) -> ConfigPeer:
    """One end of an edge; whoever it is, where `spec.deny` takes away what serves a purpose."""
    from cilium_policies.config.peer import ConfigPeer  # few configs say whom to allow

    if entry.get(end) is None and entry.get("purpose"):
        return ConfigPeer("any")
    if entry.get(end) is None:
        raise MeaningError(path, f"{end!r} is missing", f"add {end}:, or purpose:")
    told: ConfigPeer = _meant("peer", entry[end], (*path, end))
    return told


def _refuse_senseless(source: ConfigPeer, target: ConfigPeer, path: Path) -> None:
    if source.kind == target.kind == "none":
        raise MeaningError(path, "both ends are none", "name one end")
    if source.kind == "fqdn":
        cure = "Cilium matches names only in egress; write cidr:, or world"
        raise MeaningError((*path, "from"), "a DNS name cannot open a connection", cure)


def _refuse_other_ports(ports: list[Port], path: Path, *, http: bool, dns: bool) -> None:
    """Without ports of their own such rules would be lost; on others Cilium would take the traffic for what it is
    not."""
    if http and dns:
        raise MeaningError((*path, "dns"), "http and dns cannot be combined", "write two edges")
    if http and not (ports and all(one.protocol == "TCP" and not one.end for one in ports)):
        raise MeaningError(
            (*path, "http"), "http requests need single TCP ports", "add them, as in ports: [8080/TCP]"
        )
    if dns and not (ports and all(one.number == 53 and not one.end for one in ports)):
        raise MeaningError((*path, "dns"), "DNS queries go to port 53", "write ports: [53/UDP, 53/TCP]")


def _http(entries: list[Mapping], path: Path) -> tuple[tuple[str, str], ...]:
    rules = []
    for number, entry in enumerate(entries):
        for key in ("method", "path"):
            if entry.get(key):
                _refuse_bad_expression(entry[key], (*path, number, key))
        rules.append((entry.get("method") or "", entry.get("path") or ""))
    return tuple(rules)


def _refuse_bad_expression(expression: str, path: Path) -> None:
    """Cilium's agents compile with Go's RE2, which knows no look-around and no back-references."""
    if re.search(r"\(\?(=|!|<=|<!|>)|\\[1-9]", expression):
        raise MeaningError(
            path, "look-around and back-references are refused by Cilium", "write it without them"
        )
    try:
        re.compile(expression)
    except (re.error, RecursionError, OverflowError) as error:
        raise MeaningError(path, f"not a regular expression ({error})", "correct it") from None


def _write(spec: Mapping) -> Write:
    source = mapping(spec.get("sourceRef"))
    return Write(
        source_kind=source.get("kind") or "GitRepository",
        source_name=source.get("name") or "flux-system",
        source_namespace=source.get("namespace") or "",
        path_prefix=spec.get("pathPrefix"),
        interval=spec.get("interval") or "1h",
    )


def _meant(form: str, value: Any, path: Path) -> Any:
    """A peer, a range or a port that the config names, as few do."""
    from cilium_policies.config import peer as peers

    read: dict[str, Callable[[Any], Any]] = {"cidr": peers.cidr, "peer": peers.peer, "port": peers.port}
    try:
        return read[form](value)
    except peers.PeerError as wrong:
        raise MeaningError(path, wrong.message, wrong.cure) from None


def _names(spec: Mapping) -> NamesMode:
    """`cluster.fqdn`: false, known (true is its short form) or all."""
    if spec.get("fqdn") == "all":
        return "all"
    return "known" if spec.get("fqdn") == "known" or _flag(spec, "fqdn", False) else "false"


def _flag(spec: Mapping, key: str, default: bool) -> bool:
    value = spec.get(key)
    return default if value is None else BOOLEANS[value]


def _texts(spec: Mapping, key: str) -> tuple[str, ...]:
    return tuple(spec.get(key) or ())
