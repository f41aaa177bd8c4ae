"""`python -m tests.trust.sweep`: what a pod in a strange namespace gets by calling itself a component.

One pod in `evil`, beside the base of attacks.yaml, with each label set and each image of each catalogue entry in turn:
how many get the API server, the Internet, any address, node ports or the outside's calls, and how many change what is
open in other namespaces. `ways` limits the entries for a quick look.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from cilium_policies.catalogue.load import load
from cilium_policies.function import Options, run

from tests.short import manifests

BASE = yaml.safe_load((Path(__file__).parent / "attacks.yaml").read_text(encoding="utf-8"))["base"]
WORDS = ("kube-apiserver", "internet", "any address", "node ports", "world ingress", "other namespaces")


def disguises(step: int = 1) -> Iterator[tuple[str, dict[str, Any]]]:
    """How each entry recognises pods (`label` or `image`), with a pod that looks so; every `step`-th of them."""
    found: list[tuple[str, dict[str, Any]]] = []
    catalogue = load()
    for name in sorted(catalogue.components):
        component = catalogue.get(name)
        assert component is not None
        for wanted in component.match:
            labels = {key: value.replace("*", "x") for key, value in wanted.items()}
            found.append(("label", {"dep": "evil/x", "labels": labels, "ports": [4444]}))
        images = (f"evil.io/{ending}:v1" for ending in component.images)
        found += [("image", {"dep": "evil/x", "image": image, "ports": [4444]}) for image in images]
    yield from found[::step]


def policies(written: list[Any]) -> dict[str, Any]:
    """Generated policies by namespace/name."""
    cluster = manifests(yaml.safe_dump([*BASE, *written], sort_keys=False))
    outcome = run([("stdin", cluster)], Options(overrides=(("mode", "enforce"),), only_policies=True))
    assert outcome.code == 0, outcome.stderr
    documents = yaml.safe_load_all(outcome.stdout)
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


def sweep(step: int = 1) -> tuple[Counter[tuple[str, str]], Counter[str]]:
    """Counts of (`label` or `image`, word), and of the runs."""
    before = policies([{"dep": "evil/x", "ports": [4444]}])
    counts: Counter[tuple[str, str]] = Counter()
    runs: Counter[str] = Counter()
    for how, pod in disguises(step):
        runs[how] += 1
        for word in gets(policies([pod]), before):
            counts[how, word] += 1
    return counts, runs


def main() -> None:
    counts, runs = sweep()
    print("| a pod known by | runs |", " | ".join(WORDS), "|")
    print("|---|---|", "---|" * len(WORDS))
    for how in ("label", "image"):
        print(f"| {how} | {runs[how]} |", " | ".join(str(counts[how, word]) for word in WORDS), "|")


if __name__ == "__main__":
    main()
