"""Names that the cluster's DNS answers with a Service."""

from __future__ import annotations

import pytest
from cilium_policies.workloads.rewritten import _read


@pytest.mark.parametrize("kind", ["", "exact", "prefix", "suffix", "substring", "regex"])
@pytest.mark.parametrize("rest", ["", " api.acme.com"])
def test_a_rule_that_is_not_finished_says_nothing(kind: str, rest: str) -> None:
    """CoreDNS refuses it; the ConfigMap may be anybody's."""
    words = f"name {kind}{rest}"
    assert [*_read(f".:53 {{\n  rewrite {words}\n  rewrite stop {{\n    {words}\n  }}\n}}")] == []
