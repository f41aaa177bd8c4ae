"""The PyYAML peer: load everything, append one policy per namespace, dump everything."""

from __future__ import annotations

import sys

import yaml

BASE = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class Loader(BASE):  # type: ignore[misc,valid-type]
    """Reads `=` as text, at which the safe loaders stop."""


Loader.add_constructor("tag:yaml.org,2002:value", lambda loader, node: loader.construct_scalar(node))


def policy(namespace: str) -> dict[str, object]:
    return {
        "apiVersion": "cilium.io/v2",
        "kind": "CiliumNetworkPolicy",
        "metadata": {"name": "default-deny", "namespace": namespace},
        "spec": {"endpointSelector": {}, "ingress": [{}], "egress": [{}]},
    }


whole = yaml.load(sys.stdin.buffer, Loader=Loader)
whole["items"] += [policy(item["metadata"]["name"]) for item in whole["items"] if item["kind"] == "Namespace"]
sys.stdout.write(yaml.dump(whole, Dumper=DUMPER, sort_keys=False, width=1 << 30))
