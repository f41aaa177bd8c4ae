"""Secrets beside and inside every text of the cases of tests/generate and tests/trust: none stands in any answer.

    python -m tests.hostile.sown [FIRST LAST [COMMAND]]    clusters of these numbers, asked by every command, or by one;
                                                           behind the last of them come all again, sown otherwise

What planted.py plants are spellings that somebody thought of; here the texts are those that a reader is tested by,
so that each reader meets secrets where it reads. Prints each leak with the text that it came from, then how many were
planted; the exit code says whether one leaked.
"""

from __future__ import annotations

import base64
import json
import re
import sys
import tempfile
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from tests.cli.within import within
from tests.generate.test_spellings import SPELLINGS, _caller
from tests.hostile.every_kind import _narrow
from tests.hostile.multiplied import Cluster, Shape, silent_cuts
from tests.hostile.once import once
from tests.hostile.planted import Planter
from tests.hostile.sizes import FLOW
from tests.hostile.test_secrets import EXPECT
from tests.shapes import _object

Path_ = tuple["str | int", ...]

# Before a host, and after an address.
_USERS = (
    "me:{a}@", "{a}:{b}@", "me:{a}/{b}@", "me:{a}@{b}@", ":{a}@", "{a}@", "me:{a}:{b}@", "me:{a}%2F{b}@", "me:{a}#{b}@",
    "me:{a}?{b}@", "me:12/{a}@", "me:12#{a}@", "me:{a}${b}@", "me:{a}|{b}@", "me:{a},{b}@", "me:{a};{b}@",
    "me:{a}&{b}@", "me:{a}'{b}@", "me:{a} {b}@",
)  # fmt: skip
_PATHS = ("/{a}", "/?token={a}", "/?x={a}", "/#{a}", "/?a=b&key={a}", "/bot{a}")
_QUERIES = ("?token={a}", "?x={a}", "#{a}")
_OF_CHARTS = ("HelmRepository", "OCIRepository")
_KEYS = (
    "password", "pass", "secret", "token", "api_key", "apikey", "auth", "pwd", "passwd", "credentials", "smtp_password",
    "requirepass", "bindpw", "client_secret", "private_key", "masterauth", "sasl_password", "login", "key",
)  # fmt: skip
_ENDS = ("Password", "_password", ".password", "_PASS", "_SECRET", "Token", "-token", "_API_KEY")
_VALUES = ("{a}", "{a}:{b}", "{a}.{b}", "{a} {b}", "{a},{b}", "{a}:5432", "{a}/{b}@{a}")
_HELD = ("password", "PW", "DB_PASS", "api_token", "smtp.password", "ADMIN_SECRET")
_NAMES = ("DB_PASSWORD", "PW", "API_TOKEN", "SECRET_KEY_BASE", "PGPASSWORD", "AUTH")
_ARGUMENTS = (
    ["--password={a}"], ["--password", "{a}"], ["--token={a}"], ["--auth={a}:{b}"],
    ["--header", "Authorization: Bearer {a}"],
)  # fmt: skip
_HOLDERS = {
    "data", "stringData", "config", "values", "parameters", "properties", "options", "connectionParameters",
}  # fmt: skip
# A name is no secret, and what is none of a name's form is refused.
_NAMED = {
    "metadata", "labels", "matchLabels", "selector", "image", "apiVersion", "kind", "name", "namespace",
    "matchExpressions",
}  # fmt: skip
# A line that gives a key a value: indentation, key, what stands between, the value's quote, the value, the end.
_LINE = re.compile(
    r"""^([ \t]*(?:- |\{|<)?[$@"'\[]*)([A-Za-z_][\w.\-]*)([\]"']*\s*(?:=>|[:=])\s*|[ \t]+)(["']?)([^"'\n{}<>]+?)"""
    r"""(["']?[,;)\]}]*[ \t]*)$"""
)
_OF_HOST = re.compile(r"(?i)(host|server|url|addr(?:ess)?|endpoint|port|uri|name)s?$")


@cache
def clusters() -> list[Cluster]:
    """The clusters of the cases, by number."""
    return [*silent_cuts(), *_spellings(), *_narrow()]


def _spellings() -> Iterator[Cluster]:
    beside = [{"ns": "shop"}, {"dep": "shop/w", "ports": [8080]}, {"svc": "shop/w", "ports": {80: 8080}}]
    for one in SPELLINGS:
        yield f"spellings: {one['name']}", [_object(shape) for shape in (*beside, *_caller(one))]


def _cluster(number: int) -> Cluster:
    return clusters()[number % len(clusters())]


def sown(number: int, plant: Planter) -> list[Shape]:
    """The cluster of this number with secrets in it."""
    random = Random(number)
    _, objects = _cluster(number)
    made = deepcopy(objects)
    for one in made:
        if one.get("kind") == "CustomResourceDefinition":
            continue
        for path, text in list(_texts(one)):
            if "annotations" in path or not _NAMED & set(path):
                _set(one, path, _in_text(random, text, plant, ends=_ends_of(one, path)))
        for path, holder in list(_holders(one)):
            _beside(random, path, holder, one, plant)
    return made


def _texts(value: Any, path: Path_ = ()) -> Iterator[tuple[Path_, str]]:
    if isinstance(value, str):
        yield path, value
    for key, one in _members(value):
        yield from _texts(one, (*path, key))


def _holders(value: Any, path: Path_ = ()) -> Iterator[tuple[Path_, Any]]:
    if isinstance(value, (dict, list)):
        yield path, value
    for key, one in _members(value):
        yield from _holders(one, (*path, key))


def _members(value: Any) -> list[tuple[str | int, Any]]:
    if isinstance(value, dict):
        return [*value.items()]
    return [*enumerate(value)] if isinstance(value, list) else []


def _set(body: Any, path: Path_, value: Any) -> None:
    for step in path[:-1]:
        body = body[step]
    body[path[-1]] = value


def _ends_of(one: Shape, path: Path_) -> tuple[str, ...]:
    """What may stand behind an address there: the path of a charts' repository is no secret (SECURITY.md)."""
    return _QUERIES if one.get("kind") in _OF_CHARTS and path[-1] == "url" else _PATHS


def _in_text(random: Random, text: str, plant: Planter, ends: tuple[str, ...]) -> str:
    """The text with secrets in its addresses, or in lines beside its own."""

    def filled(choices: tuple[str, ...]) -> str:
        return plant.fill(random.choice(choices))

    kind = random.randrange(6)
    if "://" in text and kind < 3:
        if kind == 0:
            return re.sub(r"(?<=://)(?=[\w$\[{])(?![^/\s\"',@]*@)", lambda _: filled(_USERS), text)
        if kind == 1:
            return re.sub(
                r"(://[\w.\-]+(?::\d+)?(?:/[\w\-./]*)?)(?=$|[\s\"',;}<])",
                lambda at: at[1] + filled(ends),
                text,
            )
        if ends is _PATHS:
            return re.sub(r"(://[\w.\-]+(?::\d+)?)", lambda at: at[1] + plant.fill("/{a}/{b}"), text)
    lines = []
    for line in text.split("\n"):
        lines.append(line)
        if (at := _LINE.match(line)) and random.random() < 0.6:
            own = _OF_HOST.sub("", at[2]) + random.choice(_ENDS)
            key = random.choice(_KEYS) if random.random() < 0.6 else own
            lines.append(at[1] + key + at[3] + at[4] + filled(_VALUES) + at[6])
    return "\n".join(lines)


def _beside(random: Random, path: Path_, holder: Any, one: Shape, plant: Planter) -> None:
    """One more member that is a secret, where a mapping or a list holds configuration."""
    last = path[-1] if path else ""
    if last in _HOLDERS and isinstance(holder, dict) and random.random() < 0.7:
        key, value = random.choice(_HELD), plant.fill("{a}")
        coded = one.get("kind") == "Secret" and last == "data"
        holder[key] = base64.b64encode(value.encode()).decode() if coded else value
    elif last == "env" and isinstance(holder, list) and random.random() < 0.8:
        holder.append({"name": random.choice(_NAMES), "value": plant.fill(random.choice(_VALUES))})
    elif last == "args" and isinstance(holder, list) and random.random() < 0.8:
        holder += [plant.fill(word) for word in random.choice(_ARGUMENTS)]


BUILD, BEFORE, EXPECTED, FLOWS = "all.yaml", "before.yaml", "expect.yaml", "flows.json"
FROM, TO = "FROM", "TO"
COMMANDS = {
    "function": ["--only-policies", "-v", "--mode", "enforce"],
    "names": ["--only-policies", "-v", "--mode", "enforce", "--set", "cluster.fqdn=all"],
    "inventory": ["inventory", BUILD],
    "list": ["list", "--why", "--policies", "planned", BUILD],
    "uncovered": ["list", "--uncovered", "-v", BUILD],
    "cures": ["list", "--uncovered", "--output", "yaml", BUILD],
    "foreign": ["list", "--foreign", BUILD],
    "report": ["report", "-o", "json", "--policies", "planned", BUILD],
    "lint": ["lint", "--planned", "-v", BUILD],
    "check": ["check", "-v", BUILD],
    "write": ["write", "--output", "tree", "--dry-run", BUILD],
    "diff": ["diff", "-v", "--policies", "planned", BEFORE, BUILD],
    "rollout": ["rollout", BUILD],
    "explain": ["explain", "--policies", "planned", "--from", FROM, "--to", TO, "--port", "443", BUILD],
    "world": ["explain", "--policies", "planned", "--from", FROM, "--to", "world", "--port", "5432", BUILD],
    "test": ["test", "-v", EXPECTED, BUILD],
    "record": ["test", "--record", BUILD],
    "rules": ["audit", "--rules", BUILD],
    "audit": ["audit", "-v", "--flows", FLOWS, BUILD],
    "build": ["build", "."],
}


def _laid(objects: list[Shape], folder: Path) -> None:
    """What the commands are asked about; a repository whose build is its objects as they are."""
    before = [one for one in objects if one.get("kind") in ("Namespace", "Service")]
    for name, some in ((BUILD, objects), (BEFORE, before or objects[:1])):
        (folder / name).write_text("\n---\n".join(map(json.dumps, some)), "utf-8")
    (folder / EXPECTED).write_text(EXPECT, "utf-8")
    (folder / FLOWS).write_text(FLOW, "utf-8")
    (folder / "kustomization.yaml").write_text(f"resources: [{BUILD}]\n", "utf-8")


def _ends(objects: list[Shape]) -> list[str]:
    """Workloads and Services by namespace and name."""
    named = [one["metadata"] for one in objects if isinstance(one.get("metadata"), dict) and "spec" in one]
    return [f"{one['namespace']}/{one['name']}" for one in named if {"name", "namespace"} <= one.keys()] or [
        "a/b"
    ]


def leaks(number: int, only: str = "") -> tuple[int, dict[str, str]]:
    """How many secrets were planted, and what leaked by which command."""
    plant = Planter()
    objects = sown(number, plant)
    if not plant.planted:
        return 0, {}
    ends = _ends(objects)
    found: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as name, once():
        folder = Path(name)
        _laid(objects, folder)
        for command, words in COMMANDS.items():
            if only and only != command:
                continue
            asked = [{FROM: ends[0], TO: ends[-1]}.get(word, word) for word in words]
            stdin = b"" if BUILD in asked or command == "build" else (folder / BUILD).read_bytes()
            done = within(*asked, stdin=stdin, cwd=folder)
            assert done.returncode in (0, 1), (asked, done.stderr)
            # What a build prints are the objects themselves.
            shown = (done.stderr if command == "build" else done.stdout + done.stderr).decode()
            assert "internal error" not in shown, (asked, done.stderr)
            for secret in plant.planted:
                if secret in shown:
                    found[command] = f"{_around(shown, secret)}\n  from {_around(_held(objects), secret)}"
                    break
    return len(plant.planted), found


def _held(objects: list[Shape]) -> str:
    return json.dumps(objects, ensure_ascii=False)


def _around(text: str, secret: str) -> str:
    at = text.find(secret)
    return repr(text[max(0, at - 160) : at + 90]) if at >= 0 else "(encoded)"


def main() -> None:
    first, last, *only = (*sys.argv[1:], "0", str(len(clusters())))[:2] if len(sys.argv) < 3 else sys.argv[1:]
    planted, leaked = 0, 0
    for number in range(int(first), int(last)):
        count, found = leaks(number, *only)
        planted += count
        for command, told in found.items():
            leaked += 1
            print(f"{number} ({_cluster(number)[0]}), {command}: {told}", flush=True)
        if number % 100 == 99:
            print(f"to {number}: {planted} planted, {leaked} leaks", file=sys.stderr, flush=True)
    print(f"{planted} planted, {leaked} leaks")
    sys.exit(leaked > 0)


if __name__ == "__main__":
    main()
