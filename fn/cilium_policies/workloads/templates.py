"""Names and texts of what operators make from an object, as the catalogue writes them: `{name}-rw.{namespace}`."""

from __future__ import annotations

import re

from cilium_policies.kube.objects import Object, text
from cilium_policies.workloads.releases.values import read

# `{spec.nameOverride|alloy}`: a field of the object, else that text, which may have other placeholders, such
# a field among them: `{spec.service.name|{spec.targetRef.name|}}`
_LABEL = re.compile(r"\{labels\.([\w./-]+)\}")  # a label of the object's own
_FIELD = r"\{(spec\.[\w.\[\]]+)\|((?:[^{}]|\{[^{}]*\})*)\}"


def filled(template: str, one: Object, port: str = "") -> str:
    """The template with `{name}`, `{namespace}`, `{port}` and `{spec.field|default}` of the object filled in."""
    if "{" not in template:
        return template
    for _ in range(2 if "{spec." in template else 0):
        template = re.sub(_FIELD, lambda found: text(read(one.body, found[1])) or found[2], template)
    if "{labels." in template:
        template = _LABEL.sub(lambda found: one.labels.get(found[1], ""), template)
    return template.replace("{name}", one.name).replace("{namespace}", one.namespace).replace("{port}", port)
