"""Names and texts of what operators make from an object, as the catalogue writes them: `{name}-rw.{namespace}`."""

from __future__ import annotations

import re

from cilium_policies.kube.objects import Object, text
from cilium_policies.workloads.releases.values import read

# `{spec.nameOverride|alloy}`: a field of the object, else that text, which may have other placeholders, such
# a field among them: `{spec.service.name|{spec.targetRef.name|}}`
_FIELD = r"\{(spec\.[\w.\[\]]+)\|((?:[^{}]|\{[^{}]*\})*)\}"
# `{host:spec.hostname}`: the host alone of a field that is a URL or a name
_HOST = r"\{host:(spec\.[\w.\[\]]+)\}"
_LABEL = r"\{labels\.([\w./-]+)\}"  # a label of the object's own


def filled(template: str, one: Object, port: str = "") -> str:
    """The template with `{name}`, `{namespace}`, `{port}` and `{spec.field|default}` of the object filled in."""
    if "{" not in template:
        return template
    if "{spec." in template:
        template = _with_fields(template, one)
    if "{host:" in template:
        template = re.sub(_HOST, lambda found: _host(text(read(one.body, found[1]))), template)
    if "{labels." in template:
        template = re.sub(_LABEL, lambda found: one.labels.get(found[1], ""), template)
    return template.replace("{name}", one.name).replace("{namespace}", one.namespace).replace("{port}", port)


def _host(told: str) -> str:
    return told.rpartition("://")[2].partition("/")[0].partition(":")[0]


def _with_fields(template: str, one: Object) -> str:
    return re.sub(
        _FIELD, lambda found: text(read(one.body, found[1])) or _with_fields(found[2], one), template
    )
