"""What a ResourceSet of flux-operator makes of the inputs that stand in it.

Its templates are Go's, between `<<` and `>>`. Fields of the inputs are all that most of them use, and all that is
known here; a ResourceSet with other expressions, or with inputs from elsewhere, stays as it is.
"""

from __future__ import annotations

import json
import re

from cilium_policies.builds import texts
from cilium_policies.builds.addresses import without_texts
from cilium_policies.errors import CiliumPoliciesError
from cilium_policies.kube.objects import mapping, mappings, text, with_texts
from cilium_policies.lean import Any

GROUP = "fluxcd.controlplane.io"
_EXPRESSION = re.compile(r"<<-?((?:(?!<<|>>).)*)>>")  # without << inside: that would be tried from each
_FIELD = re.compile(r"inputs\.([A-Za-z_][\w.]*)(\s*\|\s*quote)?\Z")


class UnknownError(CiliumPoliciesError):
    """What a template asks for that is not known here; the text says what."""


def made(document: bytes) -> list[bytes]:
    """The objects of a ResourceSet, as documents; the same object of several inputs once. Raises UnknownError."""
    body = texts.typed(document)
    spec = mapping(body.get("spec"))
    if spec.get("inputsFrom"):
        raise UnknownError("inputs from a ResourceSetInputProvider")
    if mapping(spec.get("inputStrategy")).get("name") not in (None, "Flatten"):
        raise UnknownError("an input strategy")
    inputs = mappings(spec.get("inputs")) or [{}]
    metadata = mapping(body.get("metadata"))
    owner = {f"resourceset.{GROUP}/{key}": text(metadata.get(key)) for key in ("name", "namespace")}
    found: dict[tuple[str, ...], bytes] = {}
    for one in inputs:
        for resource in mappings(spec.get("resources")):
            _add(found, texts.written(_filled(resource, one)), owner)
        template = spec.get("resourcesTemplate")
        if isinstance(template, str):
            for printed in texts.documents(_filled(template, one).encode(), "resourcesTemplate"):
                _add(found, printed, owner)
    return list(found.values())


def _add(found: dict[tuple[str, ...], bytes], document: bytes, owner: dict[str, str]) -> None:
    for one in texts.objects(document, ""):
        key = (one.api_version, one.kind, one.namespace, one.name)
        found.setdefault(key, texts.with_metadata(document, "labels", owner))


def _filled(value: Any, inputs: dict[str, Any]) -> Any:
    def filled(text: str) -> str:
        return _EXPRESSION.sub(lambda match: _value(match[1].rstrip("-").strip(), inputs), text)

    return with_texts(value, filled, keys=True)


def _value(expression: str, inputs: dict[str, Any]) -> str:
    field = _FIELD.match(expression)
    if field is None:
        raise UnknownError(f"the expression << {without_texts(expression)} >>")
    found: Any = inputs
    for key in field.group(1).split("."):
        found = found.get(key) if isinstance(found, dict) else None
    if found is None or isinstance(found, (dict, list)):
        raise UnknownError(f"<< {expression} >>, which its inputs do not set")
    word = found if isinstance(found, str) else json.dumps(found)
    return json.dumps(word) if field.group(2) else word
