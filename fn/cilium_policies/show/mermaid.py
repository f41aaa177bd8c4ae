"""A graph as Mermaid, which GitHub, GitLab and Gitea draw inside Markdown."""

from __future__ import annotations

from cilium_policies.show.graph import Bundle, View

LINES = 120  # forges refuse larger pictures, and nobody reads them
STYLES = {
    "good": "fill:#e6f5ec,stroke:#1a7f4b,color:#14532d",
    "warn": "fill:#fdf3dc,stroke:#9a6400,color:#5c3c00",
    "mixed": "fill:#f1f3d9,stroke:#5f6b1d,color:#3a4210",
    "bad": "fill:#fdeaea,stroke:#c0262d,color:#7a1217",
    "off": "fill:#eceff2,stroke:#6d7681,color:#444b53,stroke-dasharray:4 3",
    "outside": "fill:#f0eafc,stroke:#6a3fc4,color:#3f2387",
    "plain": "fill:#f5f7fa,stroke:#8793a0,color:#1d2733",
}


def mermaid(view: View) -> str:
    """A fenced flowchart of the groups, with the busiest connections below it in words."""
    numbers = {group.key: f"g{number}" for number, group in enumerate(view.graph.groups)}
    lines = ["```mermaid", "flowchart LR"]
    for group in view.graph.groups:
        name = f"{group.title} · {group.badge}" if group.badge else group.title
        lines.append(f'  {numbers[group.key]}["{_safe(name)}"]:::{group.tone}')
    drawn = sorted(view.lines, key=lambda one: (-one.size, one.source, one.target))
    lines += [f"  {numbers[one.source]} -->{_label(one)} {numbers[one.target]}" for one in drawn[:LINES]]
    used = sorted({group.tone for group in view.graph.groups})
    lines += [f"  classDef {tone} {STYLES[tone]}" for tone in used]
    lines.append("```")
    if len(drawn) > LINES:
        lines.append(f"\n{len(drawn) - LINES} smaller connections are left out of the picture.")
    return "\n".join([*lines, *_busy(view)]) + "\n"


def _label(bundle: Bundle) -> str:
    if not bundle.labels:
        return ""
    more = len(bundle.labels) - 2
    text = ", ".join(bundle.labels[:2]) + (f" +{more}" if more > 0 else "")
    return f'|"{_safe(text)}"|'


def _busy(view: View) -> list[str]:
    """The chips as sentences: what would be too many lines."""
    callers: dict[str, set[str]] = {}
    called: dict[str, set[str]] = {}
    for here, chips in view.chips.items():
        for side, key, _ in chips:
            (callers if side == "out" else called).setdefault(key, set()).add(view.groups[here].title)
    lines = []
    for key in sorted(callers.keys() | called.keys()):
        title = _markdown(view.groups[key].title)
        if key in callers:
            lines.append(f"- **{title}** is called from {_markdown(', '.join(sorted(callers[key])))}")
        if key in called:
            lines.append(f"- **{title}** calls {_markdown(', '.join(sorted(called[key])))}")
    return ["", *lines] if lines else []


def _markdown(text: str) -> str:
    return "".join(f"\\{letter}" if letter in "\\`*_[]<>|" else letter for letter in text)


def _safe(text: str) -> str:
    """Mermaid's own entity form for what would end a label or be read as HTML."""
    marks = {'"': "#quot;", "<": "#lt;", ">": "#gt;", "#": "#35;", "`": "#96;", "\\": "#92;"}
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    return "".join(marks.get(letter, letter) for letter in plain)
