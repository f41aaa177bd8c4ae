"""The lines for what a release's chart makes and the catalogue does not know: parts that its values switch on, and what
a newer version may make."""

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


def of_newer(maker: Maker) -> Uncovered:
    """It stands for what may be there beside the pods that are known: an entry of the user's for the chart ends it."""
    asked, known, publisher = maker.newer
    define = f"components.define: [{{component: {maker.chart}-more, charts: [{{chart: {maker.chart}"
    define += f", publisher: {publisher}" if publisher else ""
    line = f"{define}, labels: {{LABEL: …}}}}], edges: […]}}]"
    line += f"; or, if nothing is missing: {define}, default: false}}]}}]"
    parts = (known, maker.chart, asked)
    return Uncovered(
        GUESSED, "chart-newer", BOTH, maker.place, maker.source.name, None, maker.source, parts, line
    )
