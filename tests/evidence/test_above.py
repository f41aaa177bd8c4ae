"""What stands above a host or in front of it: the right key, and each line looked at once whoever asks."""

from __future__ import annotations

import pytest
from cilium_policies.evidence import above, before, host_fields

REDIS = 6379


def port(*lines: str) -> int:
    """What is told above the last line."""
    return above.Above(lines).port(len(lines) - 1)


@pytest.mark.parametrize(
    "lines",
    [
        ("redis:", "  host: a"),
        ("web:", "  redis:", "    pool: {size: 5}", "    host: a"),
        ("redis:", "  tls:", "    a: b", "  host: a"),  # a mapping that has ended
        ('"redis": {', '  "pool": {', '    "size": 5', "  },", '  "host": "a"'),
        ("[redis]", "pool = 5", "host = a"),
    ],
)
def test_the_nearest_key_that_names_a_program_tells(lines: tuple[str, ...]) -> None:
    assert port(*lines) == REDIS


def test_nothing_is_told_from_afar_nor_by_a_section_that_names_none() -> None:
    assert port("redis:", *["  a: b"] * 60, "  host: a") == 0
    assert port("redis:", "[web]", "host = a") == 0
    assert port("redis:", "  server:", "    host: a") == 0


def test_a_line_is_looked_at_once_for_all_the_hosts_below_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty lines were looked through again for each host: nearly all of the time of a long list of them."""
    seen: list[str] = []
    whole = above._mark
    monkeypatch.setattr(above, "_mark", lambda line: seen.append(line) or whole(line))
    text = "redis:\n" + "".join(f"  host: a{number}\n" for number in range(500))

    found = list(host_fields.hosts(text))
    assert [one[1] for one in found] == [REDIS] * 39 + [0] * 461  # forty lines with the host's own
    assert len(seen) <= 501


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("api_url: ", "api_url"),
        ('"api.url" : "', "api.url"),
        ("--api ", "api"),
        ("9lives = ", "lives"),
        ("éurl: ", "url"),  # letters of another script are part of the word
        ("url\u00a0", "url"),  # a blank is
        ("see [them] at ", "at"),
        ("urls: [http://b, ", "urls"),
        ("urls: [http://b], ", ""),
        ("a@b@ ", ""),
        ("a" * 300 + ": ", "a" * 198),
        ("", ""),
    ],
)
def test_the_key_in_front_of_a_place(text: str, key: str) -> None:
    assert before.key_of(f"{text}http://web", len(text), "other", file=True) == key
