"""The picture at the head of the README: the example's namespace as the report draws it.

python -m tools.map_picture
"""

from __future__ import annotations

from pathlib import Path

from cilium_policies.cli import inputs
from cilium_policies.cli.options import run_on
from cilium_policies.cli.snapshots import snapshot
from cilium_policies.function import Options
from cilium_policies.questions.report import Report
from cilium_policies.show.focus import focus_svg
from cilium_policies.show.graph import View

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "docs" / "map.svg"


def drawn() -> str:
    """The SVG's text."""
    named = inputs.read([str(ROOT / "examples" / "shop")])
    run = run_on([(Path(name).name, data) for name, data in named], Options())
    made = Report(run.made.plan, snapshot(run, None, enforced=True), "The example")
    return focus_svg(View(made.graph), "shop")


if __name__ == "__main__":
    FILE.write_text(drawn(), "utf-8")
