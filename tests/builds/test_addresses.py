"""Of an address `build` says host and port, whatever stands around them."""

from __future__ import annotations

import pytest
from cilium_policies.builds.addresses import (
    beginning,
    path_shown,
    shown,
    without_bases,
    without_paths,
    without_texts,
)


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://git.example.com/TOKEN/shop.git", "https://git.example.com/…"),
        ("https://git.example.com", "https://git.example.com"),
        ("https://me:TOKEN@git.example.com:8443/shop.git", "https://git.example.com:8443/…"),
        ("ssh://git@git.example.com:22/TOKEN/shop.git", "ssh://git.example.com:22/…"),
        ("git@git.example.com:TOKEN/shop.git", "git.example.com/…"),
        ("git.example.com/TOKEN/shop.git", "git.example.com/…"),
        ("oci://registry.example.com/TOKEN/charts", "oci://registry.example.com/…"),
        ("https://git.example.com?token=TOKEN", "https://git.example.com/…"),
        ("https://[2001:db8::1]:6443/TOKEN", "https://[2001:db8::1]:6443/…"),
        # Nobody knows what is password, host or path where a `@` follows a `/`, or what a blank ends.
        ("https://me:x/TOKEN@git.example.com/shop.git", "…"),
        ("https://git.example.com/shop.git?x=y@TOKEN", "…"),
        ("https://git.example.com\nhttpsPassword:TOKEN", "https://git.example.com/…"),
        ("https://git.example.com\nhttpsPassword:x@TOKEN", "…"),
        ("TOKEN", "…"),
        ("", "…"),
    ],
)
def test_where_an_address_begins(url: str, kept: str) -> None:
    assert shown(url) == kept
    assert without_paths(kept) == kept, "what is reduced stays as it is"


def test_what_begins_nothing_is_empty() -> None:
    assert [*map(beginning, ("", "TOKEN", "apps/web", "file:///x", "https://me:x/TOKEN@host/"))] == [""] * 5


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("cannot fetch https://a.example.com/TOKEN/x.yaml: 404", "cannot fetch https://a.example.com/…: 404"),
        ('Get "https://a.example.com/x?token=TOKEN": refused', 'Get "https://a.example.com/…": refused'),
        ("failure on 'https:/a.example.com/TOKEN' : lstat", "failure on 'https://a.example.com/…' : lstat"),
        ("fetch https://me:ti TOKEN@a.example.com/x, then", "fetch https://a.example.com/…, then"),
        ("fetch https://me:ti'TOKEN@a.example.com/x then", "fetch https://a.example.com/… then"),
        ("values file https://me:TOKEN@a.example.com/v.yaml is", "values file https://a.example.com/… is"),
        ("git@a.example.com:TOKEN/x.git: no", "a.example.com:… no"),
        ("(https://a.example.com/TOKEN), https://b.example.com.", "(https://a.example.com/…), https://b.example.com."),
        ("path apps/x.yaml is not a folder; me@example.com: x", "path apps/x.yaml is not a folder; me@example.com: x"),
    ],
)  # fmt: skip
def test_addresses_in_a_line(text: str, kept: str) -> None:
    assert without_paths(text) == kept


def test_a_base_needs_no_scheme() -> None:
    said = "in apps/web: a.example.com/TOKEN/x.git?ref=main is not there, nor b.example.com/x?token=TOKEN"
    assert without_bases(said) == "in apps/web: a.example.com/… is not there, nor b.example.com/x?…"


def test_an_expression_keeps_its_names() -> None:
    left = """{{ .path.basename | default "TOKEN\\"" | printf `TOKEN` | quote 'TOKEN' }}"""
    assert without_texts(left) == '{{ .path.basename | default "…" | printf "…" | quote "…" }}'


def test_an_address_in_a_paths_place() -> None:
    assert [*map(path_shown, ("apps/my web", "@flux/apps/**", "./${APP:-web}", "$values/v.yaml", None))] == [
        "apps/my web", "@flux/apps/**", "./${APP:-web}", "$values/v.yaml", "",
    ]  # fmt: skip
    begun = (
        ("https://a.example.com/TOKEN", "https://a.example.com/…"),
        ("https:/a.example.com/TOKEN", "https://a.example.com/…"),
        ("git@a.example.com:TOKEN/x", "a.example.com/…"),
        ("a.example.com/x?t=TOKEN", "a.example.com/…"),
        ("apps\npassword: TOKEN", "…"),
    )
    assert [path_shown(one) for one, _ in begun] == [kept for _, kept in begun]
