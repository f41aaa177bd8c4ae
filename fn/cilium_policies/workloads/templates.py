"""Names and texts of what operators make from an object, as the catalogue writes them: `{name}-rw.{namespace}`."""

from __future__ import annotations

import re

from cilium_policies.kube.objects import Object, text
from cilium_policies.workloads.releases.values import read

# `{spec.nameOverride|alloy}`: a field of the object, else that text, which may have other placeholders, such
# a field among them: `{spec.service.name|{spec.targetRef.name|}}`
_FIELD = r"\{(spec\.[\w.\[\]]+)\|((?:[^{}]|\{[^{}]*\})*)\}"
_LABEL = r"\{labels\.([\w./-]+)\}"  # a label of the object's own


def filled(template: str, one: Object, port: str = "") -> str:
    """The template with `{name}`, `{namespace}`, `{port}` and `{spec.field|default}` of the object filled in."""
    if "{" not in template:
        return template
    if "{spec." in template:
        template = _with_fields(template, one)
    if "{labels." in template:
        template = re.sub(_LABEL, lambda found: one.labels.get(found[1], ""), template)
    return template.replace("{name}", one.name).replace("{namespace}", one.namespace).replace("{port}", port)


def _with_fields(template: str, one: Object) -> str:
    return re.sub(
        _FIELD, lambda found: text(read(one.body, found[1])) or _with_fields(found[2], one), template
    )
