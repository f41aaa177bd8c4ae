"""The frame of every answer that a program reads: what it is, what it was made from, and its items.

Fields are only added within a version; docs/schema/answers.json describes each kind.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from cilium_policies.kube.empty import counted
from cilium_policies.lean import TYPE_CHECKING, Any
from cilium_policies.show.table import Table

if TYPE_CHECKING:
    from cilium_policies.cli.runs import Run
    from cilium_policies.document.source import Source

API_VERSION = "cilium-policies.fn/v1"
Value = dict[str, Any]


def envelope(
    kind: str, items: Sequence[Value], runs: Sequence[Run] = (), sections: Value | None = None, **more: Any
) -> str:
    """The answer as JSON text. `sections` are further lists beside the items, `more` further entries of `metadata`."""
    body = {
        "apiVersion": API_VERSION,
        "kind": kind,
        "metadata": {**metadata(runs), **more},
        "items": list(items),
        **(sections or {}),
    }
    return json.dumps(body, ensure_ascii=False, indent=2) + "\n"


def digest(source: Source) -> str:
    """By which one sees whether an input is another one."""
    import hashlib

    return f"sha256:{hashlib.sha256(source.data).hexdigest()}"


def metadata(runs: Sequence[Run], digests: Sequence[str] = ()) -> Value:
    """The tool, each input with its digest and the number of its objects, and what was planned for them. `digests` are
    those of the inputs, where they are known already."""
    from cilium_policies.cli.usage import version

    name, _, number = version().strip().partition(" ")
    found: Value = {"tool": {"name": name, "version": number}}
    if runs:
        sources = [source for run in runs for source in run.sources]
        found["inputs"] = [
            {"name": source.file, "digest": told, "objects": counted([source])}
            for source, told in zip(sources, digests or map(digest, sources), strict=True)
        ]
        found |= _planned(runs[-1])
    return found


def _planned(run: Run) -> Value:
    plan = run.made.plan
    settings = plan.cluster.settings
    words = sorted({plan.modes[name].word for name in plan.namespaces})
    return {
        "mode": words[0] if len(words) == 1 else "mixed" if words else plan.config.mode,
        "namespaces": len(plan.namespaces),
        "policies": len(run.made.policies.policies),
        "cluster": {
            "domain": settings.domain,
            "distribution": settings.distribution,
            "ciliumVersion": settings.cilium_version,
        },
    }


def items_of(table: Table) -> list[Value]:
    """A table's rows as objects, for answers whose columns are values already."""
    return [dict(zip((one.key for one in table.columns), row, strict=True)) for row in table.rows]
