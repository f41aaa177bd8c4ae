"""What `build` did not build: the objects that say so, and the namespaces whose pods the input does not show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.objects import Object, at, mapping, mappings, text
from cilium_policies.kube.reading import API

NOT_BUILT = f"{API}/not-built"  # the reason
NAMESPACES = f"{API}/not-built-namespaces"  # where its files say their objects go, separated by commas
ELSEWHERE = f"{API}/not-in-repository"  # why the files are not here: no failure, but nobody knows the pods
# The `ref` of a source of which nothing is left to build: Argo CD's server reads its repository.
BUILT = "built"
_FLUX = "kustomize.toolkit.fluxcd.io"
_ARGO = "argoproj.io"
_BUILDERS = ("Kustomization", "Application", "ApplicationSet")


def not_built(inventory: Inventory) -> list[Object]:
    """The Flux Kustomizations and Argo CD Applications of the input that could not be built."""
    return _marked(inventory, NOT_BUILT)


def is_built(application: Object) -> bool:
    """Whether `build` has built all of an Application's sources: what it leaves of them are references at most."""
    sources = application.spec.get("sources")
    return isinstance(sources, list) and all(mapping(one).get("ref") == BUILT for one in sources)


def not_here(inventory: Inventory) -> Iterator[tuple[Object, str]]:
    """Those whose files are in another repository, each with what tells it: `build`, or their source."""
    marked = _marked(inventory, ELSEWHERE)
    yield from ((one, one.annotations[ELSEWHERE]) for one in marked)
    yield from ((one, where) for one, where in _of_other_sources(inventory) if one not in marked)
    yield from ((one, where) for one, where in _of_sets(inventory) if one not in marked)


def _of_sets(inventory: Inventory) -> Iterator[tuple[Object, str]]:
    """ApplicationSets that nobody built and whose Applications the input does not tell."""
    if not (sets := inventory.of("ApplicationSet", group=_ARGO)):
        return
    from cilium_policies.kube.application_sets import alone, not_fixed  # few inputs have such

    shown = {  # a dump of a cluster holds what they made
        text(owner.get("name"))
        for made in inventory.of("Application", group=_ARGO)
        for owner in mappings(made.metadata.get("ownerReferences"))
    }
    for one in sets:
        if one.name in shown:
            continue
        kinds = dict.fromkeys(not_fixed(one.spec))
        if kinds and not one.where.elsewhere and at(one.spec, "template", "spec") and alone(one.spec) is None:
            yield (
                one,
                f"its Applications are not known: what its generator {', '.join(kinds)} finds is not here",
            )


def _of_other_sources(inventory: Inventory) -> Iterator[tuple[Object, str]]:
    """Kustomizations with another source than most, where the input holds that source and nothing that they apply."""
    asked = [(one, source) for one in inventory.of("Kustomization", group=_FLUX) if (source := _source(one))]
    sources = Counter(source for _, source in asked)
    if len(sources) < 2:
        return  # few trees have several
    common = sources.most_common(1)[0][0]
    others = [
        (one, source)
        for one, source in asked
        if source != common and not one.where.elsewhere and inventory.get(*source) is not None
    ]
    applied = {"", *inventory.applied_by()} if others else set()
    for one, (kind, namespace, name) in others:
        if one.name not in applied:
            yield one, f"its source is {kind} {namespace}/{name}"


def of_other_paths(inventory: Inventory) -> Iterator[tuple[Object, str]]:
    """Argo CD's Applications of a folder of a repository that no other one names, each with that one's address: a
    program's own manifests. Several name the repository that the input itself is of."""
    asked: dict[str, list[Object]] = {}
    for one in inventory.of("Application", group=_ARGO):
        told = mapping(one.spec.get("source"))
        each = [told] if told else mappings(one.spec.get("sources"))
        for url in dict.fromkeys(text(row.get("repoURL")) for row in each if text(row.get("path"))):
            asked.setdefault(url.lower().removesuffix("/").removesuffix(".git"), []).append(one)
    for url, found in asked.items():
        if len(found) == 1 and not found[0].where.elsewhere and ELSEWHERE not in found[0].annotations:
            yield found[0], url


def _source(one: Object) -> tuple[str, str, str] | None:
    """Kind, namespace and name of the source of a Flux Kustomization."""
    told = mapping(one.spec.get("sourceRef"))
    kind, name = text(told.get("kind")), text(told.get("name"))
    return (kind, text(told.get("namespace")) or one.namespace, name) if kind and name else None


def _marked(inventory: Inventory, mark: str) -> list[Object]:
    return [one for one in inventory.of(*_BUILDERS) if not one.where.elsewhere and mark in one.annotations]


def namespaces_of(one: Object) -> Iterator[str]:
    """The namespaces that an object which was not built would put pods into, as far as it tells."""
    yield (
        text(one.spec.get("targetNamespace"))
        or text(at(one.spec, "destination", "namespace"))
        or text(at(one.spec, "template", "spec", "destination", "namespace"))
    )
    yield from one.annotations.get(NAMESPACES, "").split(",")


def reason(one: Object) -> str:
    """`Kustomization media/web was not built: why`."""
    return f"{one} was not built: {one.annotations[NOT_BUILT]}"
