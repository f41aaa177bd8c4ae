"""Cuts `cilium/crds.json` from Cilium's own CRD files: the schemas of the two policy kinds, version by version.

    python -m tools.crds FOLDER

FOLDER has a folder for each release, 1.20.2 say, with the two files as they are in Cilium's
`pkg/k8s/apis/cilium.io/client/crds/v2` (Apache-2.0, Copyright Authors of Cilium): what `tests/engine/crds.py` downloads
into the cache. Kept are the facts that a check needs: keys, types,
enums, bounds and patterns, no descriptions. What occurs more than once is written once and referred to.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import yaml

from tools.shared import lines

Schema = dict[str, Any]

DATA = Path(__file__).resolve().parent.parent / "fn" / "cilium_policies" / "cilium" / "crds.json"
FILES = ("ciliumnetworkpolicies.yaml", "ciliumclusterwidenetworkpolicies.yaml")
_ORIGIN = (
    "Cut by tools/crds.py from the CustomResourceDefinitions of github.com/cilium/cilium"
    " (Apache-2.0, Copyright Authors of Cilium), releases {}. Do not edit."
)

_KEPT = (
    *("type", "enum", "minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "required"),
    *("properties", "items", "additionalProperties"),
)
_DROPPED = (
    *(
        "description",
        "default",
        "x-kubernetes-map-type",
        "x-kubernetes-int-or-string",
        "x-kubernetes-list-type",
    ),
    *("oneOf", "anyOf", "format", "pattern"),  # each read below
)
# Go's engine matches in linear time; Python's does not with these, and it has no \P. On the right the same set of
# texts, without the nested repetition. The CRD's pattern of ports is anchored on one side of its choice only.
_NAME, _WILD = r"[-a-zA-Z0-9_]+(\.[-a-zA-Z0-9_]+)*\.?", r"[-a-zA-Z0-9_*]+(\.[-a-zA-Z0-9_*]+)*\.?"
_LINEAR = {
    "^([-a-zA-Z0-9_]+[.]?)+$": f"^{_NAME}$",
    "^([-a-zA-Z0-9_*]+[.]?)+$": f"^{_WILD}$",
    r"^(\*?\*\.)?([-a-zA-Z0-9_]+\.?)+$": rf"^(\*?\*\.)?{_NAME}$",
    r"^(\*?\*\.)?([-a-zA-Z0-9_*]+\.?)+$": f"^{_WILD}$",
}
_PORTS = "^(6553[0-5]|"
_PORT = r"^(?s:[0-9].*|.*[a-zA-Z](-?[a-zA-Z0-9])*)$"
_PRINTABLE = r"^\PC*$"
# What to say of a value that does not fit, by its field.
_CURES = {
    "matchName": "write a DNS name, without scheme, port or path",
    "matchPattern": "write a DNS name in which * stands for characters of a label",
    "serverNames": "write a DNS name",
    "cidrGroupRef": "write the name of a CiliumCIDRGroup",
    "matchLabels": "use letters, digits, - _ and .",
    "port": "write a number or the name of a port",
    "type": "write a number up to 255 or a name like EchoRequest",
    "ports": "split it: at most 40 ports in an entry",
    "fields": "split it: at most 40 types in an entry",
    "fromRequires": "remove it: Cilium 1.19 took it away",
    "toRequires": "remove it: Cilium 1.19 took it away",
    "printable": "remove what is no printable character",
    "cidr": "write ADDRESS/LENGTH; one address is /32 or /128",
    "spec": "a default deny is `ingress: [{}]` and `egress: [{}]`",
}


class CutError(Exception):
    """The CRDs hold something that this tool or the checker does not know."""


def schema_of(crd: Path) -> Schema:
    """The schema of `spec` in one CRD file; `specs` holds the same."""
    (version,) = yaml.safe_load(crd.read_text("utf-8"))["spec"]["versions"]
    fields = version["schema"]["openAPIV3Schema"]["properties"]
    found = _cut(fields["spec"], "spec")
    if _cut(fields["specs"]["items"], "spec") != found:
        raise CutError(f"{crd}: spec and specs differ")
    return found


def _cut(schema: Schema, field: str) -> Schema:
    unknown = set(schema) - {*_KEPT, *_DROPPED}
    if unknown:
        raise CutError(f"{field}: unknown keyword {', '.join(sorted(unknown))}")
    found: Schema = {key: schema[key] for key in _KEPT if key in schema}
    if "properties" in found:
        found["properties"] = {name: _cut(one, name) for name, one in schema["properties"].items()}
        found["additionalProperties"] = (
            False  # the API server prunes unknown fields, and kubectl refuses them
        )
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            found[key] = _cut(schema[key], field)
    if schema.get("x-kubernetes-int-or-string"):
        found |= {"type": "string", "intOrString": True}
    if schema.get("x-kubernetes-list-type") == "set":
        found["uniqueItems"] = True
    for keyword, ours in (("oneOf", "exactlyOne"), ("anyOf", "someOf")):
        if keyword in schema and not schema.get("x-kubernetes-int-or-string"):
            found[ours] = [_only(branch, field) for branch in schema[keyword]]
    found |= _form(schema, field)
    wants_cure = {"pattern", "format", "maxItems", "someOf"} & set(found)
    if wants_cure:
        found["cure"] = _CURES[found.get("format", field)]
    return found


def _only(branch: Schema, field: str) -> str:
    """The one field that a branch of a choice asks for."""
    required = branch.get("required")
    if isinstance(required, list) and len(required) == 1 and set(branch) <= {"required", "properties"}:
        return str(required[0])
    raise CutError(f"{field}: a choice of another form: {branch}")


def _form(schema: Schema, field: str) -> Schema:
    if schema.get("format") == "cidr":
        return {"format": "cidr"}
    pattern: str = schema.get("pattern", "")
    if pattern == _PRINTABLE:
        return {"format": "printable"}
    if pattern.startswith(_PORTS):
        pattern = _PORT
    pattern = _LINEAR.get(pattern) or pattern
    if "]?)+" in pattern or r"\P" in pattern:
        raise CutError(f"{field}: is {pattern} linear in Python?")
    return {"pattern": pattern} if pattern else {}


def text(folders: dict[str, Path]) -> str:
    """The data file, of the folder of each release."""
    schemas: dict[str, Schema] = {}
    for release, folder in folders.items():
        namespaced, clusterwide = (schema_of(folder / name) for name in FILES)
        if namespaced != clusterwide:
            raise CutError(f"{release}: the two kinds differ")
        schemas[release.rpartition(".")[0]] = namespaced
    return lines(_ORIGIN.format(", ".join(folders)), schemas)


def _release(folder: Path) -> list[int]:
    return [int(part) for part in folder.name.split(".")]


if __name__ == "__main__":
    found = sorted((one for one in Path(sys.argv[1]).iterdir() if one.is_dir()), key=_release)
    DATA.write_text(text({one.name: one for one in found}), "utf-8")
