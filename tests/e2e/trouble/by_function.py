from __future__ import annotations

from tests.e2e.trouble import Case

CASES: dict[str, Case] = {}
