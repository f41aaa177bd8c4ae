"""The Applications that an ApplicationSet makes, as far as the repository tells: lists, folders and files in Git."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Callable, Iterator

from cilium_policies.builds import typed
from cilium_policies.builds.addresses import shown, without_texts
from cilium_policies.builds.expressions import evaluated, word
from cilium_policies.builds.repository import Repository, above
from cilium_policies.builds.template_patch import NotEvaluatedError, patches, selected
from cilium_policies.errors import CiliumPoliciesError
from cilium_policies.kube.application_sets import telling
from cilium_policies.kube.objects import at, mapping, mappings, sequence, with_texts
from cilium_policies.lean import Any
from cilium_policies.workloads.releases.values import merge

Params = dict[str, Any]
IN_CLUSTER = "https://kubernetes.default.svc"


class Unknown(CiliumPoliciesError):
    """What a generator or a template asks for is not told by the repository; the text says what."""


class ApplicationSet:
    """One ApplicationSet's `spec`, with the types that Go reads. `is_here` tells this repository's addresses."""

    def __init__(self, spec: Params, repository: Repository, is_here: Callable[[str], bool]) -> None:
        self._spec = spec
        self._go = spec.get("goTemplate") is True
        self._repository = repository
        self._is_here = is_here

    def applications(self) -> list[Params]:
        """`metadata` and `spec` of each Application. Raises Unknown."""
        made: list[tuple[Params, Params]] = []
        for generator in mappings(self._spec.get("generators")):
            for params in self._params(generator, {}):
                template = merge(mapping(self._spec.get("template")), _own_template(generator))
                made.append((template, params))
        try:
            patch = str(self._spec.get("templatePatch") or "")
            laid = patches(patch, [params for _, params in made])
        except NotEvaluatedError as failed:
            told = "its templatePatch, which is not evaluated here, changes sources or destinations"
            raise Unknown(f"{told}: {failed}") from None
        return [
            merge(self._application(template, params), over)
            for (template, params), over in zip(made, laid, strict=True)
        ]

    def _application(self, template: Params, params: Params) -> Params:
        """Name, sources and place have to be known; an expression elsewhere, as in an annotation, stays where it is
        not."""
        rest = self._filled(template, params, self._known_or_left)
        metadata, spec = mapping(template.get("metadata")), mapping(template.get("spec"))
        told = {
            "metadata": {key: metadata[key] for key in ("name", "namespace") if key in metadata},
            "spec": {key: spec[key] for key in ("source", "sources", "destination") if key in spec},
        }
        made: Params = merge(rest, self._filled(told, params, self._expression))
        for text in telling(made):
            if left := re.search(r"\{\{[^{}]*\}\}", text):
                raise Unknown(f"nothing here sets {without_texts(left[0])}")
        return made

    def _known_or_left(self, text: str, whole: str, params: Params) -> str:
        try:
            return self._expression(text, whole, params)
        except Unknown:
            return whole

    def _params(self, generator: Params, given: Params) -> Iterator[Params]:
        """The parameters of a generator that its selector keeps, in a matrix or a merge as elsewhere; `given` are those
        of the one before it in a matrix."""
        return (params for params in self._found(generator, given) if selected(generator, params))

    def _found(self, generator: Params, given: Params) -> Iterator[Params]:
        kinds = {
            "list": self._list,
            "git": self._git,
            "clusters": self._clusters,
            "matrix": self._matrix,
            "merge": self._merge,
        }
        for kind, body in generator.items():
            if kind in kinds:
                fields = body or {}
                if not isinstance(fields, dict):
                    raise Unknown(f"its generator {kind} is not a mapping")
                yield from kinds[kind](
                    self._filled(fields, given, self._expression) if given else fields, given
                )
            elif kind not in ("selector", "template"):
                raise Unknown(f"what its generator {kind} finds is not in the repository")

    def _list(self, body: Params, _: Params) -> Iterator[Params]:
        if body.get("elementsYaml"):
            raise Unknown("its elementsYaml is not evaluated here")
        yield from mappings(body.get("elements"))

    def _clusters(self, body: Params, _: Params) -> Iterator[Params]:
        """Argo CD's own cluster: the others stand in Secrets of the running one."""
        values = mapping(body.get("values"))
        yield {"name": "in-cluster", "nameNormalized": "in-cluster", "server": IN_CLUSTER, "values": values}

    def _git(self, body: Params, _: Params) -> Iterator[Params]:
        if not self._is_here(str(body.get("repoURL") or "")):
            raise Unknown(f"its generator reads {shown(body.get('repoURL'))}, not this repository")
        values = mapping(body.get("values"))
        for path in self._folders(mappings(body.get("directories"))):
            yield self._with_values({"path": _path(path)}, values)
        for path in self._files(mappings(body.get("files"))):
            for content in self._contents(path):
                yield self._with_values({**content, "path": _file(path)}, values)

    def _with_values(self, params: Params, values: Params) -> Params:
        """Parameters with those that a generator adds, which may be made of the others."""
        return {**params, "values": self._filled(values, params, self._known_or_left)}

    def _folders(self, wanted: list[Params]) -> list[str]:
        folders = self._all_folders() if wanted else set()
        found: set[str] = set()
        for one in wanted:
            pattern, left_out = str(one.get("path", "")), one.get("exclude") is True
            matching = {folder for folder in folders if _matches(folder, pattern)}
            found = found - matching if left_out else found | matching
        return sorted(found)

    def _all_folders(self) -> set[str]:
        places = [*self._repository.files, *self._repository.kustomizations.values()]
        places += [f"{one}/Chart.yaml" for one in self._repository.charts]
        return {folder for place in places for folder in above(place)}

    def _files(self, wanted: list[Params]) -> list[str]:
        patterns = [str(one.get("path", "")) for one in wanted]
        return [path for path in self._repository.files if any(_matches(path, one) for one in patterns)]

    def _contents(self, path: str) -> list[Params]:
        """The mapping that a file holds, or each one of its list."""
        try:
            found = typed.load(self._repository.data(path))
        except typed.NotYamlError as fault:
            raise Unknown(f"{path}: {fault}") from None
        return mappings(found) if isinstance(found, list) else [mapping(found)]

    def _matrix(self, body: Params, given: Params) -> Iterator[Params]:
        generators = mappings(body.get("generators"))
        if len(generators) != 2:
            raise Unknown("its matrix has other than two generators")
        for first in self._params(generators[0], given):
            for second in self._params(generators[1], first):
                yield merge(first, second)

    def _merge(self, body: Params, given: Params) -> Iterator[Params]:
        keys = list(map(str, sequence(body.get("mergeKeys"))))
        generators = mappings(body.get("generators"))
        made = list(self._params(generators[0], given)) if generators else []
        for generator in generators[1:]:
            for params in self._params(generator, given):
                for number, one in enumerate(made):
                    if all(_at(one, key) == _at(params, key) for key in keys):
                        made[number] = merge(one, params)
        yield from made

    def _filled(self, value: Any, params: Params, known: Callable[[str, str, Params], str]) -> Any:
        def filled(text: str) -> str:
            expression = r"\{\{-?\s*(.*?)\s*-?\}\}"
            return re.sub(expression, lambda found: known(found[1], found[0], params), text)

        return with_texts(value, filled, keys=True)

    def _expression(self, text: str, whole: str, params: Params) -> str:
        """A field of the parameters, or a function of it that is known here."""
        if not self._go:
            found = _at(params, text)
            found = found.get("path") if text == "path" and isinstance(found, dict) else found
            return whole if found is None or isinstance(found, (dict, list)) else word(found)
        found = params
        if index := re.fullmatch(r"index\s+\.([\w.]+)\s+(\d{1,9})", text):
            found = _at(params, index.group(1))
            found = (
                found[int(index.group(2))]
                if isinstance(found, list) and int(index.group(2)) < len(found)
                else None
            )
        elif re.fullmatch(r"\.[\w.]+", text):
            found = _at(params, text[1:])
        else:
            found = evaluated(text, lambda path: _at(params, path) if path else params)
            if found is None:
                raise Unknown(f"the expression {without_texts(whole)} is not evaluated here")
        if found is None or isinstance(found, (dict, list)):
            raise Unknown(f"nothing sets {without_texts(whole)}")
        return word(found)


def _at(params: Params, path: str) -> Any:
    """A field by its path, with `[n]` for an entry of `path`."""
    if entry := re.fullmatch(r"path\[(\d{1,9})\]", path):
        segments = sequence(at(params, "path", "segments"))
        return segments[int(entry.group(1))] if int(entry.group(1)) < len(segments) else None
    return at(params, *path.split("."))


def _path(path: str) -> Params:
    name = path.rpartition("/")[2]
    normal = re.sub(r"[^a-z0-9.-]", "-", name.lower()).strip("-.")
    return {"path": path, "basename": name, "basenameNormalized": normal, "segments": path.split("/")}


def _file(path: str) -> Params:
    folder, _, name = path.rpartition("/")
    return {
        **_path(folder),
        "filename": name,
        "filenameNormalized": re.sub(r"[^a-z0-9.-]", "-", name.lower()),
    }


def _matches(path: str, pattern: str) -> bool:
    """Go's glob: `*` stays within a folder, `**` does not."""
    pattern = os.path.normpath(pattern)
    if "**" in pattern:
        return fnmatch.fnmatchcase(path, pattern.replace("**/", "*").replace("**", "*"))
    parts, wanted = path.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(map(fnmatch.fnmatchcase, parts, wanted))


def _own_template(generator: Params) -> Params:
    for body in generator.values():
        if isinstance(body, dict) and isinstance(body.get("template"), dict):
            return dict(body["template"])
    return {}
