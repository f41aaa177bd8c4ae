"""Objects by kind, group and name."""

from __future__ import annotations

import pytest
from cilium_policies.document.split import split
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.objects import Object
from cilium_policies.kube.reading import objects


def thing(api_version: str, kind: str, name: str, namespace: str = "shop") -> Object:
    return Object(
        {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": namespace}}
    )


FLUX, BUILD = (
    thing("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "a"),
    thing("x.y/v1", "Kustomization", "b"),
)
WEB, TWIN = thing("v1", "Service", "web"), thing("serving.knative.dev/v1", "Service", "web")


def test_two_groups_may_share_a_kind() -> None:
    found = Inventory([FLUX, BUILD, WEB, TWIN])
    assert found.of("Kustomization") == [FLUX, BUILD]
    assert found.of("Kustomization", group="kustomize.toolkit.fluxcd.io") == [FLUX]
    assert found.of("Service", group="") == [WEB]
    assert found.of("Kustomization", "Service", group="") == [WEB]


def test_the_first_of_a_name_counts_and_later_ones_come_behind() -> None:
    found = Inventory([WEB])
    found.add([TWIN, BUILD])
    assert found.get("Service", "shop", "web") is WEB
    assert found.get("Service", "ops", "web") is None
    assert found.objects == [WEB, TWIN, BUILD]


def test_the_external_secret_that_writes_a_secret_is_found_by_its_target() -> None:
    own, other = thing("external-secrets.io/v1", "ExternalSecret", "db"), thing("v1", "ExternalSecret", "x")
    other.body["spec"] = {"target": {"name": "shop-db"}}
    found = Inventory([own, other])
    assert found.secret_writer("shop", "db") is own
    assert found.secret_writer("shop", "shop-db") is other
    assert found.secret_writer("shop", "x") is None
    assert found.secret_writer("ops", "db") is None


def test_what_is_added_later_writes_secrets_as_well() -> None:
    found = Inventory([WEB])
    assert found.secret_writer("shop", "db") is None
    late = thing("external-secrets.io/v1", "ExternalSecret", "db")
    found.add([late])
    assert found.secret_writer("shop", "db") is late


APPLIED = """apiVersion: v1
kind: ConfigMap
metadata:
  name: web
  labels:
    kustomize.toolkit.fluxcd.io/name: apps
"""


def test_objects_are_only_read_for_who_applied_them_where_they_say_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain = "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: dashboard\n"
    read: list[str] = []
    body = Object.body.fget
    monkeypatch.setattr(Object, "body", property(lambda one: read.append(one.name) or body(one)))
    found = Inventory(objects([split((APPLIED + plain).encode())]).objects)
    assert found.applied_by() == found.applied_by() == {"apps"}
    assert read == ["web"]


def test_what_is_added_later_may_have_been_applied_by_another() -> None:
    found = Inventory([WEB])
    assert found.applied_by() == frozenset()
    found.add(objects([split(APPLIED.encode())]).objects)
    assert found.applied_by() == {"apps"}
