"""The line for parts of a release's chart that its values switch on and the catalogue does not know."""

from __future__ import annotations

from cilium_policies.generate.uncovered import BOTH, GUESSED, UNKNOWN, Uncovered
from cilium_policies.workloads.makers import Maker


def of_part(maker: Maker) -> Uncovered:
    """It stands for the pods of all these parts: an entry of the user's, by which they are known, closes it."""
    parts = tuple(maker.part.split(", "))
    first = parts[0]
    define = f"components.define: [{{component: {maker.chart}-{first}"
    row = f"{{chart: {maker.chart}, values: {first}, enabled: {first}.enabled, labels: {{LABEL: …}}}}"
    line = f"{define}, charts: [{row}], edges: […]}}]"
    return Uncovered(
        GUESSED if maker.guessed else UNKNOWN,
        "part-unknown",
        BOTH,
        maker.place,
        maker.source.name,
        None,
        maker.source,
        (maker.part, maker.chart),
        line,
        "",
        parts,
    )
