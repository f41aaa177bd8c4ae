"""Three times as many different names take three times the CPU, wherever they stand."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.hostile.growth import assert_in_proportion, cpu
from tests.hostile.planted import deployment, thing

LABELS = {"app": "web"}
QUESTIONS = {
    "the function": ["--only-policies"],
    "list": ["list", "--why", "--policies", "planned"],
    "json": ["list", "-o", "json", "--policies", "planned"],
    "uncovered": ["list", "--uncovered"],
}


def hosts(count: int) -> list[str]:
    return [f"https://h{number}.example.io/x" for number in range(count)]


def variables(count: int) -> list[dict]:
    return [deployment(env=[{"name": f"V{at}_URL", "value": one} for at, one in enumerate(hosts(count))])]


def arguments(count: int) -> list[dict]:
    return [deployment(args=[f"--v{at}={one}" for at, one in enumerate(hosts(count))])]


def lines_of_a_file(count: int) -> list[dict]:
    lines = "".join(f"v{at}_url: {one}\n" for at, one in enumerate(hosts(count)))
    reads = [{"configMapRef": {"name": "m"}}]
    return [
        {**thing("v1", "ConfigMap", "m", space="a"), "data": {"x.yaml": lines}},
        deployment(envFrom=reads),
    ]


def keys_of_a_map(count: int) -> list[dict]:
    data = {f"V{at}_URL": one for at, one in enumerate(hosts(count))}
    return [
        {**thing("v1", "ConfigMap", "m", space="a"), "data": data},
        deployment(envFrom=[{"configMapRef": {"name": "m"}}]),
    ]


def values_of_a_release(count: int) -> list[dict]:
    values = {f"v{at}": {"url": one} for at, one in enumerate(hosts(count))}
    chart = {"spec": {"chart": "web", "version": "1.0.0"}}
    return [
        thing(
            "helm.toolkit.fluxcd.io/v2",
            "HelmRelease",
            "r",
            space="a",
            spec={"chart": chart, "values": values},
        )
    ]


def members_of_a_list(count: int) -> list[dict]:
    pods = [deployment(f"w{at}", args=[one]) for at, one in enumerate(hosts(count // 2))]
    return [{"apiVersion": "v1", "kind": "List", "items": pods}]


def routes(count: int) -> list[dict]:
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    rules = [
        {
            "host": one.split("/")[2],
            "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]},
        }
        for one in hosts(count)
    ]
    service = thing("v1", "Service", "web", space="a", spec={"selector": LABELS, "ports": [{"port": 80}]})
    ingress = thing("networking.k8s.io/v1", "Ingress", "i", space="a", spec={"rules": rules})
    return [ingress, service, deployment()]


def routes_to_services_elsewhere(count: int) -> list[dict]:
    """To Services that the input does not show, in a namespace full of pods."""
    paths = [
        {
            "path": f"/{at}",
            "pathType": "Prefix",
            "backend": {"service": {"name": f"s{at}", "port": {"number": 80}}},
        }
        for at in range(count)
    ]
    ingress = thing(
        "networking.k8s.io/v1", "Ingress", "i", space="a", spec={"rules": [{"http": {"paths": paths}}]}
    )
    return [ingress, *(deployment(f"w{at}") for at in range(count // 3))]


def programs_of_a_namespace(count: int) -> list[dict]:
    """Each a published one of its own publisher, of which nothing tells who calls it."""
    names = [f"w{at}" for at in range(count // 10)]
    pods = [
        deployment(one, image=f"ghcr.io/by-{one}/{one}:1", ports=[{"containerPort": 3000}]) for one in names
    ]
    before = [
        thing("v1", "Service", one, space="a", spec={"selector": {"app": one}, "ports": [{"port": 3000}]})
        for one in names
    ]
    return [*pods, *before]


def pods_of_a_namespace(count: int) -> list[dict]:
    """Nothing tells what they call nor who calls them: each has its lines of advice."""
    return [deployment(f"w{at}", ports=[{"containerPort": 3000}]) for at in range(count)]


MAKES = [
    variables,
    arguments,
    lines_of_a_file,
    keys_of_a_map,
    values_of_a_release,
    members_of_a_list,
    routes,
]


def seconds(question: str, documents: list[dict]) -> float:
    stream = [thing("v1", "Namespace", "a", space=None), *documents]
    return cpu(QUESTIONS[question], "\n---\n".join(json.dumps(one, indent=1) for one in stream))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "question"),
    [
        *((make, question) for make in MAKES for question in ("the function", "list")),
        (variables, "json"),
        (variables, "uncovered"),
        (programs_of_a_namespace, "the function"),
        (pods_of_a_namespace, "uncovered"),
        (routes_to_services_elsewhere, "the function"),
    ],
    ids=lambda one: one if isinstance(one, str) else one.__name__,
)
def test_three_times_as_many_names_take_three_times_the_time(
    make: Callable[[int], list[dict]], question: str
) -> None:
    assert_in_proportion(
        lambda count: seconds(question, make(count)), (10, 3_000, 9_000), no_time=0.6, factor=5
    )
