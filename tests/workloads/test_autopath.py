"""Whether CoreDNS answers names with the search suffix, wherever its configuration stands."""

from __future__ import annotations

import pytest
from cilium_policies.catalogue.load import load
from cilium_policies.evidence.told import told
from cilium_policies.workloads.autopath import autopath, search_suffix
from cilium_policies.workloads.inventory.sought import merged
from cilium_policies.workloads.inventory.write import write_inventory

from tests.support import cluster

COREFILE = """apiVersion: v1
kind: ConfigMap
metadata: {name: coredns, namespace: kube-system}
data: {Corefile: ".:53 {\\n  kubernetes cluster.local\\n  autopath @kubernetes\\n  forward . /etc/resolv.conf\\n}"}
"""
CUSTOM = """apiVersion: v1
kind: ConfigMap
metadata: {name: coredns-custom, namespace: kube-system}
data: {mine.override: "autopath @kubernetes"}
"""
RELEASE = """apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: coredns, namespace: kube-system}
spec: {values: {servers: [{plugins: [{name: autopath, parameters: '@kubernetes'}]}]}}
"""


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (COREFILE, "ConfigMap kube-system/coredns"),
        (CUSTOM, "ConfigMap kube-system/coredns-custom"),
        (RELEASE, "HelmRelease kube-system/coredns"),
        (COREFILE.replace("autopath @kubernetes", "errors"), ""),
        (COREFILE.replace("  autopath", "  # autopath"), ""),
    ],
)
def test_where_it_is_switched_on(document: str, expected: str) -> None:
    found = cluster(document)
    assert str(autopath(found) or "") == expected
    assert search_suffix(found, "media") == ("media.svc.cluster.local" if expected else "")


def test_an_inventory_keeps_the_line() -> None:
    found = cluster(COREFILE)
    text = write_inventory(found.inventory.objects, {}, load(), told)
    assert "autopath @kubernetes\\n" in text
    assert "forward . /etc/resolv.conf\\n" in text


def test_what_two_patterns_find_is_one_piece() -> None:
    assert merged([(4, 9), (0, 5), (9, 12), (1, 2)]) == [(0, 9), (9, 12)]
