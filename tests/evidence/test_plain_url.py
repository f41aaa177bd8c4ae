"""A plain URL is read without the readers of other forms: they would find the same in it, and nothing else."""

from __future__ import annotations

import random

import pytest
from cilium_policies.catalogue.ports import NO_NETWORK, SCHEMES
from cilium_policies.evidence import addresses
from cilium_policies.evidence.signs import plain_url

USERS = ("", "", "app@", "app-0@", "issuer@", "9a@", "a_b@", f"{'u' * 40}@", "sftp@", "a.b@", "a:b@")
HOSTS = [
    "web",
    "db.shop.svc",
    "a.svc.svc.b",
    "rest",
    "s3",
    "forest",
    "kubernetes",
    "discovery",
    "smtp",
    "10.1.2.3",
    "x.svc.cluster.local",
    "facility",
    "-a",
    "a.",
    "jdbc",
    "cache_peer",
    "stuns",
    "dns",
    "mllp",
    "log",
]
PORTS = ("", "", ":80", ":5432", ":65536", ":99999", ":53", ":123")
PATHS = ("", "/", "/0", "/a/b-c_d", "/s3", "/uri", "/metadata/v1", "/x-Dhost", "//share/x", "/a.svc", "/a:1")
QUERIES = ("", "", "?sslmode=disable", "?sslmode=verify-full", "?host=db", "?sslmode=a&b=c")
KEYS = (
    "URL",
    "DATABASE_URL",
    "issuer",
    "uri",
    "SMB_SHARE",
    "RESTIC_REPOSITORY",
    "ICE_SERVERS",
    "DNS_UPSTREAM",
    "from",
)


def test_readers_of_other_forms_find_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    choose = random.Random(22)
    schemes = [*sorted(SCHEMES), *sorted(NO_NETWORK), *["http"] * 60, "dns", "tcp", "icmp"]
    parts = (USERS, HOSTS, PORTS, PATHS, QUERIES)
    texts = [
        (f"{choose.choice(schemes)}://{''.join(map(choose.choice, parts))}", choose.choice(KEYS))
        for _ in range(8000)
    ]
    quick = [addresses.targets(*one) for one in texts]
    assert sum(plain_url(value) is not None for value, _ in texts) > 800
    monkeypatch.setattr(addresses, "plain_url", lambda value: None)
    assert quick == [addresses.targets(*one) for one in texts]


@pytest.mark.parametrize("value", ["web:80", "http://web,http://api", "http://web http://api", "http://web\n", "sftp://web",
                                   "http://rest:8080", "http://${WEB}", f"http://web/{'a' * 200}"])  # fmt: skip
def test_what_is_no_plain_url(value: str) -> None:
    assert plain_url(value) is None
