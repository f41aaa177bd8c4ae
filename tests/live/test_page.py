"""docs/live.md keeps the rows of earlier runs."""

from __future__ import annotations

import json
from pathlib import Path

from tests.live import page
from tests.live.build import CILIUM


def answer(name: str, *wrong: str, asked: int = 7) -> str:
    return json.dumps(
        {"name": name, "what": "w", "asked": asked, "wrong": wrong, "notes": [f"of {name}"], "seconds": 3}
    )


def test_a_run_replaces_its_own_rows(tmp_path: Path) -> None:
    target = tmp_path / "live.md"
    page.write(target, f"{answer('shop', 'a: b')}\n{answer('names')}\n", CILIUM)
    page.write(target, f"{answer('shop', asked=1_234)}\n", CILIUM)
    page.write(target, f"{answer('shop', asked=9)}\n", "1.18.4")
    text = target.read_text(encoding="utf-8")
    assert text.count("| `shop` | w | 1,234 | none | 3 |") == 1
    assert text.count("| `names` | w | 7 | none | 3 |") == 1
    assert text.count("| `shop, Cilium 1.18.4` | w | 9 | none | 3 |") == 1
    assert f"cilium-agent {CILIUM} with" in text
    assert text.endswith(
        "\n## Notes\n\n- `shop`: of shop\n- `names`: of names\n- `shop, Cilium 1.18.4`: of shop\n"
    )
