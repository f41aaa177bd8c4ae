"""How other teams would have deployed the programs of a cluster: one function a disguise.

A name is changed only where every place that may mean it is known, so that the disguised cluster works as the other
one does: what is lost then, the product lost.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import reduce

from tests.engine.disguises import hosts, labels, pods, services, spaces, styles
from tests.engine.disguises.images import PULLED, digest_alone, images, last
from tests.engine.disguises.names import (
    is_account,
    is_config,
    may_be_account,
    may_be_config,
    renamed,
    workloads,
)
from tests.engine.disguises.objects import containers
from tests.engine.manifests import Cluster

Disguise = Callable[[Cluster], Cluster]


def _hashed(letter: str) -> Callable[[str], str]:
    return lambda name: letter + hashlib.sha256(name.encode()).hexdigest()[:7]


def _all(*disguises: Disguise) -> Disguise:
    return lambda cluster: reduce(lambda found, one: one(found), disguises, cluster)


def _prefixed(name: str) -> str:
    return f"corp-{name}"[:63]


_ACCOUNTS = renamed("ServiceAccount", _prefixed, is_account, may_be_account)
_CONFIGS = renamed("ConfigMap", lambda name: f"{name}-7g5k2m9h4t", is_config, may_be_config)

DISGUISES: dict[str, Disguise] = {
    "images by a proxy": images(lambda host, path, end: f"registry.corp.example/proxy/{host}/{path}{end}"),
    "images in ECR": images(
        lambda host, path, end: (
            "111122223333.dkr.ecr.eu-central-1.amazonaws.com/"
            f"{PULLED.get(host, host.partition('.')[0])}/{path}{end}"
        )
    ),
    "images mirrored flat": images(lambda host, path, end: f"registry.corp.example/mirror/{last(path)}{end}"),
    "images with a prefix": images(
        lambda host, path, end: f"harbor.corp.example/platform/corp-{last(path)}{end}"
    ),
    "images in one segment": images(
        lambda host, path, end: (
            f"registry.corp.example:5000/mirror/{path.removeprefix('library/').replace('/', '-')}{end}"
        )
    ),
    "images by digest": images(digest_alone),
    "namespaces with a suffix": spaces.namespaces(lambda name: f"{name}-prod"),
    "namespaces of other words": spaces.namespaces(_hashed("t")),
    "plain labels": labels.plain,
    "labels by name": labels.by_name,
    "accounts renamed": _ACCOUNTS,
    "configs with a hash": _CONFIGS,
    "workloads with a prefix": workloads(_prefixed),
    "workloads of other words": workloads(_hashed("w")),
    "services with a suffix": services.services(lambda name: f"{name[:59]}-svc"),
    "services of other words": services.services(_hashed("s")),
    "kustomize's prefix": _all(workloads(_prefixed), services.services(_prefixed), _ACCOUNTS, _CONFIGS),
    "variables from ConfigMaps": pods.from_config_maps,
    "commands in a shell": lambda cluster: cluster.mapped(containers(pods.in_a_shell), hidden=False),
    "ports without names": pods.without_port_names,
    "ports undeclared": pods.without_ports,
    "another domain": hosts.told_domain,
    "another domain, untold": hosts.untold_domain,
    "short names": hosts.short,
    "full names": hosts.full,
    "one List": styles.written(styles.one_list),
    "in flow style": styles.written(styles.in_flow_style),
    "in reverse": styles.written(lambda build: build[::-1]),
    "in several builds": styles.in_several_builds,
}
