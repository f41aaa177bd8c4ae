"""Keys that name an address: of a host, of a URL, of a port. Apart from credentials.py, which few builds need."""

from __future__ import annotations

import re

NAMES_HOST = re.compile(
    r"(?i)(host|hostname|server|address|addr|endpoint|peer|seed|broker|target|upstream|node|join)(s|es)?$"
)
NAMES_ADDRESS = re.compile(r"(?i)(ur[il]|dsn|proxy|webhook)s?$")
NAMES_PORT = re.compile(r"(?i)port$")


def names_address(key: str) -> bool:
    return bool(NAMES_HOST.search(key) or NAMES_ADDRESS.search(key) or NAMES_PORT.search(key))
