"""What a wrong word may have been meant as."""

from __future__ import annotations

from cilium_policies.document.spelling import near


def test_the_nearest_come_first_whatever_their_capitals() -> None:
    assert near("Enforse", ["audit", "enforce", "off"]) == ["enforce"]
    assert near("nodecidrs", ["nodeCIDRs", "gateways"]) == ["nodeCIDRs"]
    assert near("media/radar", ["media/sonarr", "media/radarr"], 2)[0] == "media/radarr"


def test_what_is_close_to_nothing_is_told_nothing() -> None:
    assert near("xyz", ["audit", "enforce"]) == []
