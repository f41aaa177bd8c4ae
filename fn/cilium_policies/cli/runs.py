"""What a question is asked of."""

from __future__ import annotations

from typing import NamedTuple

from cilium_policies.document.source import Source
from cilium_policies.function import Made


class Run(NamedTuple):
    """What a command works on: the inputs, and what the function makes of them."""

    sources: list[Source]
    made: Made
