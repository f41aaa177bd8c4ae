"""The sandbox's DNS: what a resolver asks and what it is told."""

from __future__ import annotations

import pytest

from tests.live.dns import AAAA, Record, Zone, addresses, framed, question, refused


def test_names_addresses_and_aliases() -> None:
    zone = Zone()
    zone.names = {
        "a.example": Record(alias="b.example"),
        "b.example": Record(("192.0.2.1", "192.0.2.2", "2001:db8::1"), ttl=1),
    }
    assert addresses(zone.answer(question("A.example"))) == ["192.0.2.1", "192.0.2.2"]
    assert addresses(zone.answer(question("b.example", AAAA))) == ["2001:db8::1"]
    assert addresses(zone.answer(question("c.example"))) == []
    assert zone.answer(question("c.example"))[3] & 15 == 3  # no such name
    assert zone.asked == ["a.example", "b.example", "c.example", "c.example"]


def test_what_is_no_question() -> None:
    with pytest.raises(ValueError, match="b'x'"):
        Zone().answer(b"x")
    assert framed(b"abc") == b"\0\3abc"
    assert refused(b"\0\7\x81\x85")
    assert not refused(b"\0\7\x81\x83")
