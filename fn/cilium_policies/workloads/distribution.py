"""Pods that stand in no manifest of the user's: a Kubernetes distribution brings them, or `flux bootstrap` did."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.catalogue.conditions import named_agrees
from cilium_policies.catalogue.distributions import Bundled, Distribution, agreeing
from cilium_policies.catalogue.load import Catalogue
from cilium_policies.catalogue.model import Component
from cilium_policies.catalogue.parts import group_kind
from cilium_policies.catalogue.services import ServiceTemplate
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.objects import Mapping, integer
from cilium_policies.kube.ports import Port
from cilium_policies.workloads.model import Service, ServicePort, Workload

_NAME = "{name}"
_FLUX = "flux-system"
# fluxcd/flux2: manifests/bases
_FLUX_CONTROLLERS = (
    "helm-controller",
    "image-automation-controller",
    "image-reflector-controller",
    "kustomize-controller",
    "notification-controller",
    "source-controller",
    "source-watcher",
)
_FLUX_CORE = ("flux-kustomize-controller", "flux-source-controller")
_FLUX_PORTS = {
    "notification-controller": (Port(9090, name="http"), Port(9292, name="http-webhook")),
    "source-controller": (Port(9090, name="http"),),
    "source-watcher": (Port(9090, name="http"),),
}
# name → (controller, pod port); the Service port is 80
_FLUX_SERVICES = {
    "notification-controller": ("notification-controller", "9090"),
    "source-controller": ("source-controller", "9090"),
    "webhook-receiver": ("notification-controller", "9292"),
}


def add_bundled(
    platform: Distribution, workloads: list[Workload], catalogue: Catalogue, shown: Inventory
) -> list[Service]:
    """Adds the distribution's own pods that the input does not show to `workloads`, which are recognised; returns the
    Services before them. They are peers in every build, subjects only where the default-deny of their namespace is
    written. CoreDNS is looked after by allow-dns-server."""
    present: dict[str, list[Workload]] = {}
    places: dict[str, list[Workload]] = {}
    for one in workloads:
        present.setdefault(one.component, []).append(one)
        places.setdefault(one.namespace, []).append(one)
    services: list[Service] = []
    for bundled in _rows(platform, shown):
        component = catalogue.get(bundled.component)
        if component is None:
            continue
        found = present.get(bundled.component, ())
        if any(_stands(one, component, bundled.namespace, shown) for one in found):
            continue
        labels = bundled.labels.items()
        if any(labels <= one.labels.items() for one in places.get(bundled.namespace, ())):
            continue  # the input shows them, whatever their marks are taken for
        if _is_made(component, shown):
            continue  # its operator makes these pods
        if bundled.when and not any(next(agreeing(shown, when), None) for when in bundled.when):
            continue
        made = Workload(bundled.namespace, bundled.workload, bundled.kind)
        made.labels = made.selector = dict(bundled.labels)
        made.component = bundled.component
        made.instance = bundled.workload
        made.values = bundled.values
        made.brought = True
        workloads.append(made)
        services += (
            _service(made, one)
            for one in bundled.services
            if not shown.get("Service", made.namespace, one.name)
        )
        config = shown.get("HelmChartConfig", made.namespace, bundled.config)
        if config is not None:
            from cilium_policies.workloads.releases.bundled_charts import (
                configured,  # few builds configure one
            )

            behind, objects = configured(config, made, bundled.chart, catalogue)
            services += behind
            shown.add(objects)
    if shown.of("HelmChartConfig"):
        from cilium_policies.workloads.releases.bundled_charts import others

        services += others(platform, workloads, catalogue, shown)
    return services


def _rows(platform: Distribution, shown: Inventory) -> Iterator[Bundled]:
    """What a distribution brings, one for each object where a row is about several; each pods once."""
    told: set[tuple[str, str]] = set()
    for row in platform.brings:
        group, kind = group_kind(row.each) if row.each else ("", "")
        names = [one.name for one in shown.of(kind, group=group)] if kind else [""]
        for name in names:
            labels = {key: value.replace(_NAME, name) for key, value in row.labels.items()}
            made = row._replace(workload=row.workload.replace(_NAME, name), labels=labels)
            if (place := (made.namespace, made.workload)) not in told:
                told.add(place)
                yield made


def _stands(one: Workload, component: Component, namespace: str, shown: Inventory) -> bool:
    """Whether pods that the input shows are those of the distribution, or stand in their place: in a namespace of
    somebody else's a label and an image take nobody's, unless the platform binds them a role of the whole cluster."""
    if not one.rendered or one.namespace == namespace:
        return True
    if not (component.images and one.by_label and one.by_image):
        return False
    from cilium_policies.kube.access_rules import Bindings  # few clusters have such

    return Bindings(shown).is_vouched(one.namespace, one.service_account)


def _is_made(component: Component, shown: Inventory) -> bool:
    """Whether an object of the input has such pods made; a Gateway of another class has other proxies."""

    def objects(group: str, kind: str) -> Iterator[Mapping]:
        return (one.body for one in shown.of(kind, group=group or None))

    return any(
        named_agrees(entry, one.body, objects)
        for entry in component.made_by
        for one in shown.of(entry.kind, group=entry.group or None)
    )


def _service(made: Workload, template: ServiceTemplate) -> Service:
    ports = tuple(
        ServicePort(one.name, integer(one.port) or 0, one.protocol, one.target) for one in template.ports
    )
    return Service(made.namespace, template.name, {}, made.selector, ports)


def flux(
    shown: Inventory, workloads: list[Workload], catalogue: Catalogue
) -> tuple[list[Workload], list[Service]]:
    """Flux's controllers, and the Services before them, where the input shows their namespace and not them:
    `flux bootstrap` applies them from a file that few builds hold. `workloads` are recognised.

    They are in `flux-system`, and where the input shows one of them or flux-operator: by its chart or an operator's
    object, or with a ClusterRoleBinding. A stranger's label or image brings no controllers to his namespace.
    """
    present: dict[str, set[str]] = {}
    for one in workloads:
        present.setdefault(one.namespace, set()).add(one.component)
    homes = {_FLUX} if _FLUX in present or shown.get("Namespace", "", _FLUX) else set()
    seen = [one for one in workloads if one.namespace not in homes and _is_flux(one.component)]
    homes |= {one.namespace for one in seen if not one.rendered}
    if any(one.namespace not in homes for one in seen):
        from cilium_policies.kube.access_rules import (
            EVERYWHERE,
            Bindings,
        )  # Flux is nearly always in flux-system

        access = Bindings(shown)
        homes |= {
            one.namespace
            for one in seen
            if EVERYWHERE in access.reach(one.namespace, one.service_account, "", "secrets", "configmaps")
        }
    found: list[Workload] = []
    services: list[Service] = []
    for home in sorted(homes):
        if present.get(home, set()).issuperset(_FLUX_CORE):
            continue
        missing = [name for name in _FLUX_CONTROLLERS if f"flux-{name}" not in present.get(home, ())]
        found += (_controller(home, name) for name in missing if catalogue.get(f"flux-{name}"))
        services += _flux_services(home, missing)
    return found, services


def _is_flux(component: str) -> bool:
    return component == "flux-operator" or component.removeprefix("flux-") in _FLUX_CONTROLLERS


def _controller(namespace: str, name: str) -> Workload:
    made = Workload(namespace, name, "Deployment")
    made.labels = made.selector = {"app": name}
    made.component, made.instance, made.service_account = f"flux-{name}", "flux", name
    made.ports = (Port(8080, name="http-prom"), Port(9440, name="healthz"), *_FLUX_PORTS.get(name, ()))
    made.brought = True
    return made


def _flux_services(namespace: str, missing: list[str]) -> list[Service]:
    return [
        Service(namespace, name, {}, {"app": controller}, (ServicePort("http", 80, "TCP", target),))
        for name, (controller, target) in _FLUX_SERVICES.items()
        if controller in missing
    ]


def is_bootstrapped(workload: Workload) -> bool:
    """Whether it is one of Flux's controllers that no manifest shows: `allow-flux` is the policy of all of them."""
    return workload.brought and workload.component.startswith("flux-")
