"""Keys that name an address: of a host, of a URL, of a port. Apart from credentials.py, which few builds need."""

from __future__ import annotations

import re

NAMES_HOST = (
    r"(?i)(host|hostname|server|address|addr|endpoint|peer|seed|broker|target|upstream|node|join)(s|es)?$"
)
NAMES_ADDRESS = r"(?i)(ur[il]|dsn|proxy|webhook)s?$"
NAMES_PORT = r"(?i)port$"


def names_address(key: str) -> bool:
    return bool(re.search(NAMES_HOST, key) or re.search(NAMES_ADDRESS, key) or re.search(NAMES_PORT, key))
