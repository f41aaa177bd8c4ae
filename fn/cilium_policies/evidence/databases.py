"""Keys and settings that speak of a database without its port."""

from __future__ import annotations

import re

from cilium_policies.catalogue.ports import DATABASE_WORDS, DATABASES, USUAL_DATABASES
from cilium_policies.evidence.key_words import words
from cilium_policies.workloads.model import Workload

_SHORTEST = 5  # letters of a database's name: `pg` begins others' names as well


def is_database(key: str) -> bool:
    """Whether a key speaks of a database, whichever: `DATABASE_HOST`."""
    return not DATABASE_WORDS.isdisjoint(words(key))


def database_ports(workload: Workload, host: str) -> tuple[int, ...]:
    """The ports of the database that a workload's settings name (`DB_TYPE: mysql`), or its host's own name, else the
    two most common."""
    kinds = {DATABASES.get(one.value.strip().lower(), 0) for one in workload.texts if one.key} - {0}
    return tuple(sorted(kinds)) or _named(host) or USUAL_DATABASES


def _named(host: str) -> tuple[int, ...]:
    """The port of the database that the first word of a name which begins with one says: of `postgresdb01.acme.com`
    and `shop.mysql.database.azure.com`."""
    for word in re.split(r"[^a-z]+", host.lower()):
        for name, port in DATABASES.items():
            if len(name) >= _SHORTEST and word.startswith(name):
                return (port,)
    return ()
