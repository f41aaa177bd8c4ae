"""What a question is asked of."""

from __future__ import annotations

from cilium_policies.document.source import Source
from cilium_policies.function import Made
from cilium_policies.lean import NamedTuple


class Run(NamedTuple):
    """What a command works on: the inputs, and what the function makes of them."""

    sources: list[Source]
    made: Made
