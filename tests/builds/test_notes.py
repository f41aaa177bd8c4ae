"""What is said of many is one line."""

from __future__ import annotations

from cilium_policies.builds.notes import Note, lines

UNSET = "nothing sets {}: left as written"


def test_what_is_said_of_many_is_one_line() -> None:
    said = [
        Note(f"Kustomization media/{app}", UNSET, item) for app in ("a", "b", "c") for item in ("HOST", "TZ")
    ]
    said += [Note("Kustomization media/b", UNSET, "TOKEN"), Note("Kustomization media/b", "left out")]
    assert lines(said) == [
        "Kustomization media/a and 2 more: nothing sets HOST, TZ: left as written",
        "Kustomization media/b: nothing sets TOKEN: left as written",
        "Kustomization media/b: left out",
    ]
