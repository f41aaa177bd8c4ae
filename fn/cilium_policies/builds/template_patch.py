"""An ApplicationSet's `templatePatch`, a text of Go's templates that Helm evaluates as Argo CD would, and the selectors
of generators.

https://argo-cd.readthedocs.io/en/stable/operator-manual/applicationset/Template/#template-patch
"""

from __future__ import annotations

import os
import re

from cilium_policies.builds import texts, tool, typed
from cilium_policies.builds.expressions import word
from cilium_policies.builds.scratch import scratch
from cilium_policies.document.finding import RefusedError
from cilium_policies.errors import CiliumPoliciesError
from cilium_policies.kube.objects import at, mapping, mappings, sequence
from cilium_policies.kube.selectors import fits
from cilium_policies.lean import Any

Params = dict[str, Any]
# Fields of an Application that say what is built, and where it goes.
MATTERS = re.compile(
    r"(?m)^[ -]*(?:\{\{.*\}\} *)?[\"']?(?:repoURL|path|chart|targetRevision|ref|sources|destination|namespace|server"
    r"|name|values|valuesObject|valueFiles|parameters|releaseName|kustomize|directory|plugin)[\"']?:"
)
_CHART = b"apiVersion: v2\nname: patch\nversion: 0.0.0\n"
# In a template of its own `$` is what it is called with, as in Argo CD. Helm prints no document without a kind of its
# own, so each patch stands in a ConfigMap, as text.
_CALLS = """\
{{ define "patch" }}TEXT{{ end }}
{{- range $number, $one := .Values.all }}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: "patch-{{ $number }}"}
data:
  patch: {{ include "patch" $one | toJson }}
{{- end }}
"""


class NotEvaluatedError(CiliumPoliciesError):
    """Why a patch is not evaluated here."""


def patches(text: str, params: list[Params]) -> list[Params]:
    """What the patch lays over each Application, {} for a patch that changes nothing that is built. Raises
    NotEvaluatedError."""
    if not MATTERS.search(text):
        return [{} for _ in params]
    if not tool.is_there("helm"):
        raise NotEvaluatedError("helm is not in PATH")
    with scratch("cilium-policies-") as folder:
        os.mkdir(os.path.join(folder, "templates"))
        for path, data in (
            ("Chart.yaml", _CHART),
            ("templates/patch.yaml", _CALLS.replace("TEXT", text).encode()),
            ("values.yaml", texts.written({"all": params})),
        ):
            with open(os.path.join(folder, path), "wb") as file:
                file.write(data)
        try:
            printed = tool.output(("helm", "template", "patch", folder), folder=folder, root=folder)
            documents = texts.documents(printed, "templatePatch")
        except (tool.ToolError, RefusedError) as failed:
            raise NotEvaluatedError(str(failed)) from None
    found = [mapping(texts.typed(one).get("data")).get("patch") for one in documents]
    return [_read(str(one or "")) for one in found]


def _read(patch: str) -> Params:
    try:
        body = typed.load(patch.encode())
    except typed.NotYamlError as fault:
        raise NotEvaluatedError(str(fault)) from None
    return body if isinstance(body, dict) else {}


def selected(generator: Params, params: Params) -> bool:
    """Whether a generator's `selector` keeps these parameters; it sees them as texts, by their paths."""
    selector = mapping(generator.get("selector"))
    wanted = [
        {"key": key, "operator": "In", "values": [value]}
        for key, value in mapping(selector.get("matchLabels")).items()
    ]
    return all(_holds(one, params) for one in [*wanted, *mappings(selector.get("matchExpressions"))])


def _holds(one: Params, params: Params) -> bool:
    value = at(params, *str(one.get("key")).split("."))
    values = [str(each) for each in sequence(one.get("values"))]
    return fits(str(one.get("operator")), values, None if value is None else word(value))
