"""Which namespaces get policies."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from cilium_policies.config.model import Config
from cilium_policies.document.finding import INFO, WARNING, Finding
from cilium_policies.document.spelling import meant, near
from cilium_policies.kube.names import is_namespace
from cilium_policies.kube.not_built import namespaces_of, not_built, not_here, reason
from cilium_policies.kube.objects import Object, Where, text
from cilium_policies.lean import NamedTuple
from cilium_policies.workloads.cluster import Cluster

_SHOWN = 5  # namespaces that one line names


class Namespace(NamedTuple):
    """`declared`: its Namespace object stands in the input. `wide`: it gets the namespace-wide policies."""

    name: str
    declared: bool
    wide: bool


def namespaces(cluster: Cluster, config: Config) -> tuple[dict[str, Namespace], list[Finding]]:
    """Every namespace that gets policies, by name, and what is to be said about these and the others."""
    objects = cluster.inventory.of("Namespace", group="")
    # Read in full: a name that stands twice is an error, as Kubernetes would take the other one.
    declared = {text(one.metadata.get("name")): one.where for one in objects if not one.where.elsewhere}
    elsewhere = {one.name for one in objects if one.where.elsewhere}
    peopled: dict[str, Where] = {}
    for one in cluster.workloads:
        if one.own:
            peopled.setdefault(one.namespace, one.where)
    known = declared.keys() | peopled.keys() | set(config.named_namespaces)
    chosen: dict[str, Namespace] = {}
    findings: list[Finding] = []
    undeclared: list[str] = []
    unbuilt = {name: one for one in not_built(cluster.inventory) for name in namespaces_of(one)}
    for name in sorted(known):
        if not config.includes(name):
            continue
        if not is_namespace(name):
            place = declared.get(name) or peopled.get(name, config.where)
            message = f"{name!r} is not the name of a namespace: no policies for it"
            findings.append(Finding(WARNING, message, "correct it", *place))
            continue
        # An inventory tells which other build holds the Namespace: that one owns what is namespace-wide.
        wide = name in declared or not (config.declared_only or name in elsewhere)
        if wide and _is_providers(name, cluster) and name not in (*declared, *config.named_namespaces):
            wide = False
            findings.append(_left_open(name, cluster, peopled[name]))
        if wide and name in unbuilt:
            wide = False
            findings.append(_not_built(name, unbuilt[name]))
        chosen[name] = Namespace(name, name in declared, wide)
        if wide and name not in declared and not cluster.known:
            undeclared.append(name)
    if undeclared:
        findings.append(_undeclared(undeclared, peopled.get(undeclared[0], config.where)))
    findings += _not_here(cluster, chosen)
    others = _only_named(cluster, known)
    findings += _in_vain(config, known | elsewhere | {one.namespace for one in others})
    return chosen, findings + others


def _is_providers(name: str, cluster: Cluster) -> bool:
    """Whether a provider runs pods in a namespace that no manifest of the user's shows, or may do so."""
    platform = cluster.settings.platform
    return (platform.managed or not platform.name) and any(fnmatchcase(name, one) for one in platform.owns)


def _left_open(name: str, cluster: Cluster, where: Where) -> Finding:
    platform = cluster.settings.platform.name
    who = (
        f"{platform} runs pods"
        if platform
        else "the distribution, which the input does not name, may run pods"
    )
    return Finding(
        INFO,
        f"no default-deny in namespace {name}: {who} there that no manifest shows; only the pods that the input"
        " shows get policies",
        "to close it, put its Namespace into the input and allow what the other pods need",
        *where,
        namespace=name,
    )


def _not_here(cluster: Cluster, chosen: dict[str, Namespace]) -> Iterator[Finding]:
    """What another repository puts into a namespace that is closed here."""
    for one, where in not_here(cluster.inventory):
        for name in namespaces_of(one):
            if name in chosen and chosen[name].wide:
                message = (
                    f"default-deny in namespace {name}, into which {one} puts what the input does not show:"
                )
                yield one.finding(
                    WARNING,
                    f"{message} {where}",
                    "build that repository too, as one input with this one, or allow what its pods need in spec.allow",
                )


def _not_built(name: str, one: Object) -> Finding:
    return one.finding(
        WARNING,
        f"no default-deny in namespace {name}: {reason(one)}; its pods are not in the input",
        "fix what it reports and build again without --partial",
    )


def _in_vain(config: Config, known: set[str]) -> Iterator[Finding]:
    """Words of the config that name no namespace: a misspelt emergency switch is one, so it is never silent."""
    said = [(f"spec.namespaces.overrides.{name}", name) for name in sorted(config.overrides)]
    said += [(f"spec.namespaces.exclude[{number}]", name) for number, name in enumerate(config.exclude)]
    said += [
        (f"spec.namespaces.include[{number}]", name)
        for number, name in enumerate(config.include)
        if name not in config.named_namespaces
    ]
    for number, phase in enumerate(config.rollout.phases if config.rollout else ()):
        said += [(f"spec.rollout.phases[{number}][{place}]", name) for place, name in enumerate(phase)]
    for path, pattern in said:
        literal = path.startswith("spec.namespaces.overrides.")
        if pattern != "*" and not any(_means(pattern, name, literal) for name in known):
            yield _matching_nothing(path, pattern, config, known)


def _means(pattern: str, name: str, literal: bool) -> bool:
    return pattern == name if literal else fnmatchcase(name, pattern)


def _matching_nothing(path: str, pattern: str, config: Config, known: set[str]) -> Finding:
    """A warning where a namespace is nearly called so; else a notice, as one config may serve many builds."""
    close = near(pattern, sorted(known))
    shown = path if path.endswith(f".{pattern}") else f"{path}: {pattern}"
    return Finding(
        WARNING if close else INFO,
        f"{shown} does nothing here: the input shows no such namespace",
        meant(close) or "correct the name, unless it belongs to another build",
        file=config.where.file,
        line=config.where.line,
        path=path,
        namespace=pattern,
    )


def _undeclared(names: list[str], where: Where) -> Finding:
    """One line for all: a build whose kustomizations make no Namespace has dozens."""
    whose = f"namespace {names[0]}, whose Namespace is"
    if len(names) > 1:
        shown = names[:_SHOWN] if len(names) > _SHOWN + 1 else names[:-1]
        last = names[-1] if len(shown) == len(names) - 1 else f"{len(names) - len(shown)} more"
        whose = f"namespaces {', '.join(shown)} and {last}, whose Namespaces are"
    return Finding(
        WARNING,
        f"default-deny in {whose} not in the input: other builds may hold pods there",
        "set namespaces.declaredOnly, or give the inventory of the whole tree",
        *where,
        namespace=names[0] if len(names) == 1 else "",
    )


def _only_named(cluster: Cluster, known: set[str]) -> list[Finding]:
    """Namespaces that only other items name: what the input does not show would be cut there."""
    others: dict[str, Object] = {}
    for one in cluster.inventory.of(*_TELLING):
        if one.namespace and one.namespace not in known and not one.where.elsewhere:
            others.setdefault(one.namespace, one)
    return [
        Finding(
            INFO,
            f"no policies in namespace {name}: the input shows no pods there, only {example}",
            "add it to namespaces.include to get them anyway",
            *example.where,
            namespace=name,
        )
        for name, example in sorted(others.items())
    ]


_TELLING = tuple(
    "Service ConfigMap Secret Role RoleBinding ServiceAccount Ingress HTTPRoute ServiceMonitor PodMonitor"  # noqa: SIM905
    " VMServiceScrape VMPodScrape PersistentVolumeClaim CiliumNetworkPolicy NetworkPolicy".split()
)
