"""Which policies work: what the API server's schema and the agent refuse, per Cilium version."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cilium_policies.cilium.agent import Agent
from cilium_policies.cilium.crd import SUBDOMAIN, problems
from cilium_policies.cilium.refusal import Refusal
from cilium_policies.document.limits import Path
from cilium_policies.document.schema import Checker, Problem, Schema, path_text
from cilium_policies.kube.objects import Mapping, mapping, sequence
from cilium_policies.lean import Any

VERSIONS = ("1.16", "1.17", "1.18", "1.19", "1.20")

_TOP = ("apiVersion", "kind", "metadata", "spec", "specs", "status")
_METADATA = (
    *("name", "namespace", "labels", "annotations", "generateName", "finalizers", "ownerReferences"),
    *("creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation", "managedFields"),
    *("resourceVersion", "selfLink", "uid"),
)
_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_LABELS: Schema = {
    "type": "object",
    "additionalProperties": {
        "type": "string",
        "maxLength": 63,
        "pattern": "^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$",
        "cure": "use at most 63 letters, digits, - _ and .",
    },
}
_ANNOTATIONS: Schema = {"type": "object", "additionalProperties": {"type": "string"}}
_QUALIFIED = re.compile(rf"({SUBDOMAIN.pattern}/)?([A-Za-z0-9][-A-Za-z0-9_.]{{0,61}})?[A-Za-z0-9]")


def refusals(
    body: Mapping, version: str = "1.20", *, typed: bool = False, node_labels: bool = False
) -> list[Refusal]:
    """Why a CNP or CCNP does not work, in Cilium `version` (1.14 to 1.20; "" is the newest); [] where it does.

    `typed` says that scalars have their YAML types; else every scalar is text, and a port without quotes
    cannot be told from one with. `node_labels` is the agent's enable-node-selector-labels. NetworkPolicies
    are the API server's own kind: nothing of them is checked here.
    """
    if body.get("kind") == "NetworkPolicy":
        return []
    minor = minor_of(version)
    clusterwide = body.get("kind") == "CiliumClusterwideNetworkPolicy"
    found = list(map(_refusal, _head(body, clusterwide, typed)))
    agent = Agent(minor, node_labels)
    specs: list[tuple[Any, Path]] = [(body["spec"], ("spec",))] if "spec" in body else []
    if "specs" in body and not isinstance(body["specs"], list):
        found.append(Refusal("specs", "is not a list", "write a list of specs", "schema"))
    specs += [(one, ("specs", number)) for number, one in enumerate(sequence(body.get("specs")))]
    if not specs and body.get("specs") is None:
        by = "schema" if minor >= 20 else "agent"
        found.append(Refusal("spec", "is missing, and so is specs", "add a spec", by))
    for spec, path in specs:
        found += map(_refusal, problems(spec, path, minor, typed=typed))
        if isinstance(spec, dict):
            agent.spec(spec, path_text(path), clusterwide=clusterwide)
    # The agent never sees what the API server has refused; one reason for each place is enough.
    known = [one.path for one in found]
    rest = [one for one in agent.found if not any(one.path.startswith(path) for path in known)]
    return found + rest


def _refusal(one: Problem) -> Refusal:
    return Refusal(path_text(one.path), one.message, one.cure, "schema")


def minor_of(version: str) -> int:
    """The minor number of a Cilium version like "1.18.3" or "v1.18"; 20 for "" and for anything newer."""
    found = re.fullmatch(r"v?1\.(\d{1,3})(\..*)?", version)
    return min(int(found[1]), 20) if found else 20


def _head(body: Mapping, clusterwide: bool, typed: bool) -> Iterator[Problem]:
    if body.get("apiVersion") != "cilium.io/v2":
        yield Problem(("apiVersion",), f"is {body.get('apiVersion')!r}", "write cilium.io/v2")
    for key in body:
        if key not in _TOP:
            yield Problem((key,), "unknown field", f"remove it; the fields here are {', '.join(_TOP)}")
    if not isinstance(body.get("metadata"), dict):
        yield Problem(("metadata",), "is missing", "add metadata with a name")
    metadata = mapping(body.get("metadata"))
    for key in metadata:
        if key not in _METADATA:
            yield Problem(("metadata", key), "unknown field", "remove it")
    yield from _name(metadata.get("name"))
    namespace = metadata.get("namespace")
    # A namespace that kustomize stamped on a cluster-wide policy is no fault: the API server takes it off.
    wanted = namespace if isinstance(namespace, str) and not clusterwide else ""
    if wanted and (len(wanted) > 63 or not _DNS_LABEL.fullmatch(wanted)):
        cure = "lower-case letters, digits and -"
        yield Problem(("metadata", "namespace"), f"{namespace!r} is not a namespace", cure)
    yield from _labels(metadata, typed)


def _name(name: Any) -> Iterator[Problem]:
    if not isinstance(name, str) or not name:
        yield Problem(("metadata", "name"), "is missing", "give the policy a name")
    elif len(name) > 253 or not SUBDOMAIN.fullmatch(name):
        cure = "use at most 253 lower-case letters, digits, - and ."
        yield Problem(("metadata", "name"), f"{name!r} is not a name", cure)


def _labels(metadata: Mapping, typed: bool) -> Iterator[Problem]:
    checker = Checker(typed=typed, nulls=True)
    for field, schema in (("labels", _LABELS), ("annotations", _ANNOTATIONS)):
        if metadata.get(field) is not None:
            yield from checker.check(schema, metadata[field], ("metadata", field))
    for field in ("labels", "annotations"):
        for key in mapping(metadata.get(field)):
            plain = key.lower() if field == "annotations" else key
            prefix, _, _ = plain.rpartition("/")
            if len(prefix) > 253 or not _QUALIFIED.fullmatch(plain):
                cure = "a key is [prefix/]name of at most 63 characters"
                yield Problem(("metadata", field), f"{key!r} is not a key", cure)
    size = sum(len(str(key)) + len(str(value)) for key, value in mapping(metadata.get("annotations")).items())
    if size > 256 * 1024:
        yield Problem(("metadata", "annotations"), "hold more than 256 KiB", "shorten them")
