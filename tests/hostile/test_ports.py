"""A number that is no port, wherever an object has a port: no policy comes of it, and no run fails as a fault of ours.

Kubernetes checks its own objects; annotations, values of charts and objects of operators nobody checks.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from cilium_policies.cilium.write import policy_text
from cilium_policies.config.model import Config
from cilium_policies.document.finding import RefusedError

from tests.hostile.planted import deployment, thing
from tests.hostile.real import by_place, objects
from tests.hostile.stretched import Path
from tests.hostile.test_real import NOT_READ, beside
from tests.support import made

NO_PORTS = ("70000", "0", "-1")
CHECKED = (
    "CiliumNetworkPolicy",
    "CiliumClusterwideNetworkPolicy",
    "NetworkPolicy",
)  # by readers of their own


def ports(body: Any, path: Path = ()) -> Iterator[Path]:
    """Places of an object that hold the number of a port."""
    for key, value in (
        body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    ):
        if "port" in str(key).lower() and str(value).isdigit() and not isinstance(value, bool):
            yield (*path, key)
        yield from ports(value, (*path, key))


FOUND = by_place((one for one in objects() if one["kind"] not in (*NOT_READ, *CHECKED)), ports)


def behind(one: dict[str, Any]) -> list[dict[str, Any]]:
    """A caller and the called pods of a Service, and the class of a Gateway, without which nobody asks for the port."""
    spec = one.get("spec") or {}
    if one["kind"] == "Gateway":
        controller = {"controllerName": "gateway.envoyproxy.io/gatewayclass-controller"}
        group = "gateway.networking.k8s.io/v1"
        return [thing(group, "GatewayClass", spec["gatewayClassName"], space=None, spec=controller)]
    if one["kind"] != "Service" or not spec.get("selector"):
        return []
    name, number = one["metadata"]["name"], (spec.get("ports") or [{}])[0].get("port", 80)
    return [
        deployment(
            "called",
            labels=spec["selector"],
            space=one["metadata"].get("namespace") or "a",
            env=[{"name": "X_URL", "value": f"http://{name}:{number}"}],
        )
    ]


@pytest.mark.parametrize("shape", sorted(FOUND, key=str), ids=lambda shape: ".".join(map(str, shape)))
def test_what_is_no_port_is_in_no_policy(shape: tuple[object, ...]) -> None:
    one, path = FOUND[shape]
    zeros = policies(one, one).count('"0"')  # every port, where an entry says so
    for number in NO_PORTS:
        changed = copy.deepcopy(one)
        place: Any = changed
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = type(place[path[-1]])(number)
        told = policies(one, changed)

        assert '"70000"' not in told
        assert told.count('"0"') <= zeros


def policies(one: dict[str, Any], changed: dict[str, Any]) -> str:
    """The policies as text, once each has had the last look; "" where the input is refused for its port."""
    documents = [json.dumps(each, default=str) for each in (*beside(one), *behind(one), changed)]
    try:
        found = made(*documents, config=Config(mode="enforce"))
    except RefusedError as error:
        if error.finding.cure != "ports go from 1 to 65535":
            raise
        return ""
    return "".join(policy_text(each, comments=False).decode() for each in found.policies.policies)
