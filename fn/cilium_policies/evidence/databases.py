"""Keys and settings that speak of a database without its port."""

from __future__ import annotations

from cilium_policies.catalogue.ports import DATABASE_WORDS, DATABASES, USUAL_DATABASES
from cilium_policies.evidence.key_words import words
from cilium_policies.workloads.model import Workload


def is_database(key: str) -> bool:
    """Whether a key speaks of a database, whichever: `DATABASE_HOST`."""
    return not DATABASE_WORDS.isdisjoint(words(key))


def database_ports(workload: Workload) -> tuple[int, ...]:
    """The ports of the database that a workload's settings name (`DB_TYPE: mysql`), else the two most common."""
    kinds = {DATABASES.get(one.value.strip().lower(), 0) for one in workload.texts if one.key} - {0}
    return tuple(sorted(kinds)) or USUAL_DATABASES
