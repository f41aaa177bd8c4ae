"""`components record`: what a render of a chart shows of its workloads, as the beginning of catalogue entries.

Facts only: labels, ports, Services, accounts, what the account may do, version and date. Names that the release
gives are written as the catalogue writes them (`{release}`, `{fullname}`, `{name}`). The edges are left to write.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cilium_policies.catalogue.recognise import repository_of
from cilium_policies.kube.access_rules import Bindings
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.objects import Object, sequence, text
from cilium_policies.lean import Any, NamedTuple
from cilium_policies.workloads import rendered
from cilium_policies.workloads.model import Service, Workload

RELEASE, NAMESPACE = "zzrelease", "zznamespace"  # what a recorded chart is rendered with
_VERSIONED = (
    "helm.sh/chart",
    "app.kubernetes.io/version",
    "app.kubernetes.io/managed-by",
    "chart",
    "heritage",
)
_PODS = ("pods", "deployments", "statefulsets", "daemonsets", "replicasets", "jobs", "cronjobs")


class Chart(NamedTuple):
    """The chart that was rendered, and when (`date`: YYYY-MM-DD)."""

    name: str
    version: str
    date: str


def entries(objects: Iterable[Object], chart: Chart) -> Iterator[dict[str, Any]]:
    """One entry a workload, in the catalogue's format with `observed`, by name."""
    inventory = Inventory(objects)
    services, bindings = rendered.services(inventory), Bindings(inventory)
    for one in sorted(rendered.workloads(inventory), key=lambda one: one.name):
        before = [each for each in services if each.selector and each.selector.items() <= one.labels.items()]
        yield _entry(one, before, bindings, chart)


def _entry(one: Workload, before: list[Service], bindings: Bindings, chart: Chart) -> dict[str, Any]:
    labels = _stable(one.selector or one.labels)
    short = one.name.replace(f"{RELEASE}-", "").replace(RELEASE, chart.name)
    made: dict[str, Any] = {
        "chart": chart.name,
        "labels": {key: _templated(value, chart) for key, value in labels.items()},
        "workload": _templated(one.name, chart),
        "services": [_service(each, one, chart) for each in before],
        "serviceAccount": _templated(one.service_account, chart),
    }
    entry = {
        "component": short,
        "what": "",
        "match": [{key: value for key, value in labels.items() if RELEASE not in value}],
        "images": [_ending(image) for image in one.images],
        "workload": f"{one.kind}/{one.name.replace(RELEASE, 'NAME')}",
        "hostNetwork": one.host_network,
        "charts": [{key: value for key, value in made.items() if value}],
        "edges": [],
        "observed": observed(one, before, bindings, chart),
    }
    return {key: value for key, value in entry.items() if value or key in ("what", "edges")}


def observed(one: Workload, before: list[Service], bindings: Bindings, chart: Chart) -> dict[str, Any]:
    """What the render showed, to be held against the entry later."""
    found = {
        "chart": chart.name,
        "version": chart.version,
        "date": chart.date,
        "labels": {key: _templated(value, chart) for key, value in _stable(one.labels).items()},
        "ports": [f"{port.number}/{port.protocol}" for port in one.ports],
        "probes": sorted({str(port.number or port.name) for port in one.probes}),
        "services": sorted(_templated(each.name, chart) for each in before),
        "api": bindings.of(one.namespace, one.service_account) is not None,
        "creates": sorted(set(_creates(bindings, one))),
    }
    return {key: value for key, value in found.items() if value}


def _creates(bindings: Bindings, one: Workload) -> Iterator[str]:
    """What of pods' kind the account may create: whoever may makes pods that no manifest shows."""
    for rule in bindings.rules(one.namespace, one.service_account):
        verbs = {text(each) for each in sequence(rule.get("verbs"))}
        if verbs & {"create", "*"}:
            yield from (each for each in map(text, sequence(rule.get("resources"))) if each in _PODS)


def _stable(labels: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in labels.items() if key not in _VERSIONED}


def _service(service: Service, one: Workload, chart: Chart) -> dict[str, Any]:
    return {
        "name": _templated(service.name, chart),
        "ports": [
            {
                **({"name": each.name} if each.name else {}),
                "port": each.port,
                "target": _number(each.target or str(each.port), one),
                **({"protocol": each.protocol} if each.protocol != "TCP" else {}),
            }
            for each in service.ports
        ],
    }


def _number(target: str, one: Workload) -> int | str:
    if target.isdigit():
        return int(target)
    return next((port.number for port in one.ports if port.name == target), target)


def _templated(value: str, chart: Chart) -> str:
    """A name with the release's parts as the catalogue writes them."""
    for written, template in (
        (f"{RELEASE}-{chart.name}", "{fullname}"),
        (RELEASE, "{release}"),
        (NAMESPACE, "{namespace}"),
    ):
        value = value.replace(written, template)
    return "{name}" if value == chart.name else value


def _ending(image: str) -> str:
    """The last two parts of an image's repository."""
    return "/".join(repository_of(image).split("/")[-2:])


def text_of(entry: dict[str, Any]) -> str:
    """An entry as the catalogue's files are written: lists of mappings a line each."""
    import yaml

    def line(value: Any) -> str:
        shown = yaml.safe_dump(
            value, default_flow_style=True, sort_keys=False, width=100_000, allow_unicode=True
        )
        return str(shown).strip().removesuffix("...").strip()

    lines = []
    for key, value in entry.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            lines += [f"{key}:", *(f"  - {line(one)}" for one in value)]
        else:
            lines.append(f"{key}: {line(value)}")
    return "\n".join(lines) + "\n"
