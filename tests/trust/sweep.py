"""`python -m tests.trust.sweep`: what a pod in a strange namespace gets by calling itself a component.

One pod in `evil`, beside the base of attacks.yaml, with each label set, each image, and each label set with the first
image of each catalogue entry in turn: how many get the API server, the Internet, any address, node ports or the
outside's calls, and how many change what is open in other namespaces. Two minutes for all of them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from cilium_policies.catalogue.load import load
from cilium_policies.function import Options, run

from tests.short import manifests

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

BASE = yaml.safe_load((Path(__file__).parent / "attacks.yaml").read_text(encoding="utf-8"))["base"]
_BASE = manifests(yaml.safe_dump(BASE, sort_keys=False))  # as text, once: most of a run was PyYAML
_POD: dict[str, Any] = {"dep": "evil/x", "ports": [4444]}
WAYS = {"label": "its label", "image": "its image, from any registry", "both": "both"}
WORDS = ("kube-apiserver", "internet", "any address", "node ports", "world ingress", "other namespaces")


def disguises(step: int = 1) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """How each entry recognises pods (WAYS), its name, and a pod that looks so; every `step`-th of them."""
    found: list[tuple[str, str, dict[str, Any]]] = []
    catalogue = load()
    for name in sorted(catalogue.components):
        component = catalogue.get(name)
        assert component is not None
        images = [{"image": f"evil.io/{ending}:v1"} for ending in component.images]
        labels = [
            {"labels": {key: value.replace("*", "x") for key, value in wanted.items()}}
            for wanted in component.match
        ]
        found += [("label", name, {**_POD, **one}) for one in labels]
        found += [("image", name, {**_POD, **one}) for one in images]
        found += [("both", name, {**_POD, **one, **images[0]}) for one in labels if images]
    yield from found[::step]


def policies(written: list[Any]) -> dict[str, Any]:
    """Generated policies by namespace/name."""
    cluster = _BASE + manifests(yaml.safe_dump(written, sort_keys=False))
    outcome = run([("stdin", cluster)], Options(overrides=(("mode", "enforce"),), only_policies=True))
    assert outcome.code == 0, outcome.stderr
    documents = yaml.load_all(outcome.stdout, _Loader)
    return {f"{one['metadata']['namespace']}/{one['metadata']['name']}": one for one in documents if one}


def gets(made: dict[str, Any], before: dict[str, Any]) -> set[str]:
    """The words of WORDS that hold for these policies, against those without the pod."""
    found = set()
    for name, policy in made.items():
        if not name.startswith("evil/"):
            if policy != before.get(name):
                found.add("other namespaces")
            continue
        for spec in policy.get("specs") or [policy["spec"]]:
            for rule in spec.get("egress") or ():
                found |= _outward(rule)
            for rule in spec.get("ingress") or ():
                if "world" in (rule.get("fromEntities") or ()):
                    found.add("world ingress")
    return found


def _outward(rule: dict[str, Any]) -> set[str]:
    found = set()
    entities = set(rule.get("toEntities") or ())
    if "kube-apiserver" in entities:
        found.add("kube-apiserver")
    if entities & {"host", "remote-node"}:
        found.add("node ports")
    for block in rule.get("toCIDRSet") or ():
        if block["cidr"] in ("0.0.0.0/0", "::/0"):
            private = "10.0.0.0/8" in block.get("except", ()) or "fc00::/7" in block.get("except", ())
            found.add("internet" if private else "any address")
    return found


def sweep(step: int = 1) -> Iterator[tuple[str, str, set[str]]]:
    """Of each disguise the way, the entry and what it gets."""
    before = policies([_POD])
    for way, name, pod in disguises(step):
        yield way, name, gets(policies([pod]), before)


def main() -> None:
    """`python -m tests.trust.sweep [WORD]` names the entries that give a word as well."""
    found = list(sweep())
    print("| a pod known by | runs |", " | ".join(WORDS), "|")
    print("|---|---|" + "---|" * len(WORDS))
    for way, title in WAYS.items():
        of_way = [got for one, _, got in found if one == way]
        counts = (str(sum(word in got for got in of_way)) for word in WORDS)
        print(f"| {title} | {len(of_way)} |", " | ".join(counts), "|")
    for word in sys.argv[1:]:
        for way in WAYS:
            print(
                f"{word}, {way}:", *sorted({name for one, name, got in found if one == way and word in got})
            )


if __name__ == "__main__":
    main()
