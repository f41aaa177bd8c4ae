"""bjw-s's app-template, and charts on the same library: the objects that `helm template` would print.

`recognises(release)` says whether the values have that chart's shape; `expand(release)` gives the objects
(Deployments …, Services, routes, monitors, ConfigMaps, RBAC, policies), scalars as text.
"""

from __future__ import annotations

from cilium_policies.kube.objects import Object, mapping
from cilium_policies.workloads.releases import (
    app_objects,
    app_policies,
    app_routes,
    app_services,
    app_workloads,
)
from cilium_policies.workloads.releases.app_names import CHART, Frame
from cilium_policies.workloads.releases.post_render import rendered
from cilium_policies.workloads.releases.release import Release


def recognises(release: Release) -> bool:
    """By the values alone (`controllers` with `containers`): the chart may stand in another build."""
    controllers = mapping(release.values.get("controllers"))
    entries = [entry for entry in controllers.values() if isinstance(entry, dict)]
    if any(mapping(entry.get("containers")) for entry in entries):
        return True
    return release.chart == CHART and bool(mapping(release.values.get("rawResources")) or entries)


def expand(release: Release) -> list[Object]:
    """Every object that the release makes and that tells something of its network; [] for other charts."""
    if not recognises(release):
        return []
    frame = Frame(release)
    made = [
        *app_objects.config_maps(frame),
        *app_objects.service_accounts(frame),
        *app_workloads.workloads(frame),
        *app_services.services(frame),
        *app_routes.routes(frame),
        *app_routes.ingresses(frame),
        *app_routes.listener_sets(frame),
        *app_routes.service_monitors(frame),
        *app_routes.pod_monitors(frame),
        *app_objects.external_secrets(frame),
        *app_objects.rbac(frame),
        *app_policies.network_policies(frame),
        *app_policies.cilium_policies(frame),
        *app_objects.raw_resources(frame),
    ]
    return rendered(release, [one for one in made if one.name])  # Helm refuses what has none
