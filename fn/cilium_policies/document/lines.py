"""Where each field of a document stands; for the config, whose errors name lines."""

from __future__ import annotations

from cilium_policies.document.limits import Path
from cilium_policies.document.plain import plain_lines


def lines_of(text: bytes, line: int) -> dict[Path, int]:
    """Path to line for a text that `load` accepts; what only an alias or a merge brings has no line, nor has what comes
    after text that is JSON and no YAML (half of a surrogate pair)."""
    plain = plain_lines(text, line)
    if plain is not None:
        return plain
    from cilium_policies.document.event_lines import event_lines  # PyYAML takes long to import

    return event_lines(text, line)
