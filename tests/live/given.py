"""The cases: the corpus, and the example that everybody reads first; with the policies of each mode."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from tests.engine.corpus import Case, cases, cluster_text, rows
from tests.engine.product import Product, variants
from tests.engine.substitute import substitute
from tests.live.kube import POLICY_KINDS
from tests.tools import EXAMPLES, ROOT

CORPUS = ROOT.parent / "shared" / "corpus"
MODES = ("none", "own", "audit", "enforce")
_GROUPS = ("cilium.io", "networking.k8s.io")
_CLUSTER_WIDE = ("CiliumClusterwideNetworkPolicy", "CiliumCIDRGroup")
CASES = Path(__file__).resolve().parent / "cases"


class _Loader(yaml.CSafeLoader):
    """YAML as the API server reads it, but for `=`, which is text there."""


_Loader.add_constructor("tag:yaml.org,2002:value", lambda loader, node: str(node.value))
Body = dict[str, Any]


class Given(NamedTuple):
    """One case: its manifests, its rows, and the policies that are in place in each mode."""

    case: Case
    cluster: str
    policies: dict[str, list[Body]]

    @property
    def name(self) -> str:
        return self.case.name


def known(corpus: Path = CORPUS) -> list[Case]:
    """Every case, the smallest first."""
    found = cases(corpus) if corpus.is_dir() else []
    return [shop(), *sorted(found, key=lambda case: (len(case.rows), case.name))]


def shop() -> Case:
    """examples/shop, with a table of its own beside this file."""
    builds = sorted(one for one in (EXAMPLES / "shop").glob("*.yaml") if one.name != "kustomization.yaml")
    folder = CASES / "shop"
    return Case("shop", "tree", folder, tuple(builds), rows(folder / "flows.yaml"), None)


def given(case: Case, product: Product | None = None, settings: Sequence[str] = ()) -> Given:
    """The case with its policies: none; what the input brings itself; and those with the product's in each mode.

    `settings` are PATH=VALUE pairs of the config. Raises ProductError.
    """
    maker = product or Product()
    maker = Product([*maker.command, *(word for one in settings for word in ("--set", one))])
    cluster = cluster_text(case)
    own = list(policies(cluster))
    found: dict[str, list[Body]] = {"none": [], "own": own}
    variant = variants(case, separate=False)[
        -1
    ]  # with its config, or the inventory of its tree, where it has one
    for mode in ("audit", "enforce"):
        made = list(policies(maker.policies(case, mode, variant)))
        names = {key(one) for one in made}
        found[mode] = [*(one for one in own if key(one) not in names), *made]
    return Given(case, cluster, found)


def key(body: Body) -> tuple[str, str, str]:
    """Kind, namespace and name."""
    metadata = body["metadata"]
    return body["kind"], metadata.get("namespace", ""), metadata["name"]


def policies(text: str) -> Iterator[Body]:
    """The policies of a stream as the API server keeps them: a namespace where they need one, and only there."""
    for body in bodies(substitute(text)):
        if body.get("kind") in POLICY_KINDS and str(body.get("apiVersion")).split("/")[0] in _GROUPS:
            metadata = dict(body["metadata"])
            if body["kind"] in _CLUSTER_WIDE:
                metadata.pop("namespace", None)
            else:
                metadata.setdefault("namespace", "default")
            yield {**body, "metadata": metadata}


def bodies(text: str) -> Iterator[Body]:
    """The objects of a stream, lists flattened, with numbers and flags."""
    for one in yaml.load_all(text, Loader=_Loader):
        if isinstance(one, dict):
            listed = str(one.get("kind", "")).endswith("List") and isinstance(one.get("items"), list)
            yield from (item for item in one["items"] if isinstance(item, dict)) if listed else (one,)


def stream(found: Sequence[Body]) -> str:
    """Bodies as one YAML stream."""
    return yaml.dump_all(found, Dumper=yaml.CSafeDumper, sort_keys=False)
