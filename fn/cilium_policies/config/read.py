"""A parsed config object to a `Config`: which kind it is, whether it holds, what it says."""

from __future__ import annotations

import os
from collections.abc import Iterable

from cilium_policies.config import values as config_values
from cilium_policies.config.model import Config, audit_needs_newer
from cilium_policies.document.finding import ERROR, Finding, RefusedError
from cilium_policies.document.json_schema import read_schemas
from cilium_policies.document.limits import Path
from cilium_policies.document.schema import Problem, check, nearest, path_text
from cilium_policies.document.spelling import meant, near
from cilium_policies.kube.objects import Mapping, Where, mapping, text
from cilium_policies.lean import Any, NoReturn

API_VERSION = "cilium-policies.fn/v1alpha1"
KIND = "CiliumPolicies"
Lines = dict[tuple[Any, ...], int]

SCHEMA = read_schemas(os.path.join(os.path.dirname(__file__), "schema.json"))["config"]
_SPEC: dict[str, Any] = SCHEMA["properties"]["spec"]


class _Places:
    """Where each field of the config was said: in the file, in a ConfigMap, or on the command line."""

    def __init__(self, file: str, lines: Lines) -> None:
        self.file = file
        self.lines = lines
        self.said: dict[Path, str] = {}  # field: the option that said it
        self.entries: dict[Path, Path] = {}  # field: the ConfigMap's entry that said it

    def refuse(self, problem: Problem) -> NoReturn:
        """Raises RefusedError for the first problem, with file, line and path."""
        path = problem.path
        option = next((said for field, said in self.said.items() if path[: len(field)] == field), "")
        if option:
            raise RefusedError(
                Finding(ERROR, f"{option}: {problem.message}", problem.cure, path=path_text(path))
            )
        shown = path_text(path)
        message = f"{shown}: {problem.message}" if shown else problem.message
        raise RefusedError(
            Finding(ERROR, message, problem.cure, file=self.file, line=self.line(path), path=shown)
        )

    def line(self, path: Path) -> int:
        """The line of a field, or of the nearest field around it; 0 where no line is known."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.entries:
                return self.line(self.entries[path[:length]])
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return 0


def read(
    config_object: Any,
    lines: Lines | None = None,
    *,
    file: str = "",
    overrides: Iterable[tuple[str, ...]] = (),
) -> Config:
    """The config that an object states, with single fields replaced.

    `config_object` (a parsed document) None or empty: all defaults. `lines` gives the line of each path in it
    (`document.parse.load_with_lines`); `overrides` are (path, text) as `--set` takes them, and the words that said
    so; the last one counts. Raises RefusedError for another kind, an unknown or ill-typed field, a value that cannot
    be meant, and audit on Cilium before 1.16.
    """
    places = _Places(file, {} if lines is None else lines)
    if config_object is not None and not isinstance(config_object, dict):
        places.refuse(
            Problem((), "the config is not a mapping", f"write apiVersion: {API_VERSION} and kind: {KIND}")
        )
    body = _own_form(mapping(config_object), places)
    spec: dict[str, Any] = body["spec"]
    for field, value, *said in overrides:
        _override(spec, field, value, places, said[0] if said else f"--set {field}={value}")
    for problem in check(SCHEMA, body):
        places.refuse(problem)
    where = Where(file, line=places.line(()))
    try:
        config = config_values.config(spec, where, lambda path: places.line(("spec", *path)))
    except config_values.MeaningError as wrong:
        places.refuse(Problem(("spec", *wrong.path), wrong.message, wrong.cure))
    _refuse_old_audit(config, places)
    if config.allow:
        _refuse_cluster_names(config, places)
    if config.defined_components or config.disabled_components:
        _check_components(config, places)
    return config


def _own_form(body: Mapping, places: _Places) -> Mapping:
    """The object as one of the own kind whose `spec` is a fresh mapping."""
    own: Mapping = {"apiVersion": API_VERSION, "kind": KIND}
    version, kind = text(body.get("apiVersion")), text(body.get("kind"))
    if not body:
        return {**own, "spec": {}}
    if (version, kind) == ("v1", "ConfigMap"):
        return {**own, "spec": _from_config_map(body, places)}
    if (version, kind) != (API_VERSION, KIND):
        _refuse_kind(version, kind, places)
    spec = body.get("spec")
    return {**body, "spec": _copy(spec) if spec is not None else {}}


def _refuse_kind(version: str, kind: str, places: _Places) -> NoReturn:
    path: Path = ("kind",)
    if not version or not kind:
        path = path if version else ("apiVersion",)
        message = f"{path[0]} is missing in the config"
    elif kind == KIND:
        path, message = ("apiVersion",), f"apiVersion {version!r} is not known"
    else:
        message = f"a config of kind {version}/{kind} is not for this function"
    places.refuse(Problem(path, message, f"write apiVersion: {API_VERSION} and kind: {KIND}"))


def _from_config_map(body: Mapping, places: _Places) -> Mapping:
    """The `spec` that a ConfigMap's entries make; their lines become those of the fields."""
    from cilium_policies.config.flat import FlatFieldError, place  # most configs are of the own kind

    spec: Mapping = {}
    entries = body.get("data") or {}
    if not isinstance(entries, dict):
        places.refuse(Problem(("data",), "a ConfigMap's data is a mapping of texts"))
    fields: dict[Path, tuple[str, str]] = {}
    for key, value in entries.items():
        entry: Path = ("data", key)
        if value is not None and not isinstance(value, str):
            places.refuse(
                Problem(entry, "a ConfigMap's entries are texts", "write lists separated by commas")
            )
        try:
            path = place(spec, _SPEC, key, value or "")
        except FlatFieldError as unplaced:
            places.refuse(Problem(entry, unplaced.problem.message, unplaced.problem.cure))
        if path in fields and fields[path][1] != value:
            other = fields[path][0]
            places.refuse(Problem(entry, f"{key} and {other} set the same field", "keep one of them"))
        fields[path] = (key, value or "")
        below_spec: Path = ("spec", *path)
        places.entries[below_spec] = entry
    return spec


def _override(spec: Any, field: str, value: str, places: _Places, option: str) -> None:
    if not isinstance(spec, dict):
        return  # the check says so
    from cilium_policies.config.flat import FlatFieldError, place

    try:
        path = place(spec, _SPEC, field, value)
    except FlatFieldError as unplaced:
        cure = unplaced.problem.cure or nearest(field, list(_SPEC["properties"]))
        raise RefusedError(
            Finding(ERROR, f"{option}: {unplaced.problem.message}", cure, path=field)
        ) from None
    below_spec: Path = ("spec", *path)
    places.said[below_spec] = option


def _refuse_old_audit(config: Config, places: _Places) -> None:
    version = config.cluster.cilium_version
    if config.enabled and audit_needs_newer(version) and config.may_audit:
        places.refuse(
            Problem(
                ("spec", "cluster", "ciliumVersion"),
                f"Cilium {version} has no enableDefaultDeny: a policy meant for audit would cut",
                "upgrade to 1.16 or newer, or enforce everywhere (mode: enforce, no rollout, no clusterWide)",
            )
        )


def _refuse_cluster_names(config: Config, places: _Places) -> None:
    """A name of the cluster's own is a Service: toFQDNs would miss its pods."""
    inside = (".svc", f".{config.cluster.domain}")
    for allow in config.allow:
        for end, peer in (("from", allow.source), ("to", allow.target)):
            name = peer.name.rstrip(".").lower()
            if peer.kind == "fqdn" and name.endswith(inside):
                labels = name.removesuffix(inside[1]).removesuffix(".svc").split(".")
                service = f"{labels[-1]}/{labels[-2]}" if len(labels) > 1 else "NAMESPACE/NAME"
                message = f"{peer.name!r} is a name of the cluster's own, which a policy knows as a Service"
                path: Path = ("spec", "allow", allow.number, end)
                places.refuse(Problem(path, message, f"write {{service: {service}}}"))


def _check_components(config: Config, places: _Places) -> None:
    """The user's own components are held to the catalogue's form, and what is left out must be in it."""
    from cilium_policies.catalogue.check import problems
    from cilium_policies.catalogue.load import load

    base: Path = ("spec", "components")
    for number, entry in enumerate(config.defined_components):
        for wrong in problems(entry):
            places.refuse(wrong._replace(path=(*base, "define", number, *wrong.path)))
    known = load().components if config.disabled_components else {}
    for number, name in enumerate(config.disabled_components):
        if name not in known:
            cure = meant(near(name, known)) or "cilium-policies components lists them"
            places.refuse(Problem((*base, "disable", number), f"{name!r} is not a component", cure))


def _copy(value: Any) -> Any:
    """A copy that overrides may change; the object itself belongs to the input."""
    if isinstance(value, dict):
        return {key: _copy(member) for key, member in value.items()}
    return [_copy(member) for member in value] if isinstance(value, list) else value
