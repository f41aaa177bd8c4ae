"""`python -m tests.engine.mutate`: can the judge fail? One generated rule at a time is dropped or altered.

Each mutation (a rule dropped or turned round, a port, a label, a peer changed) must change the verdict of some row;
otherwise it is listed: a rule, or a part of it, that no asserted flow exercises. All of it runs in one engine
process. Rows beside the corpus, justified from the component facts, stand in tests/engine/flows/CASE.yaml.
"""

from __future__ import annotations

import argparse
import copy
import shlex
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from tests.engine.corpus import Case, Row, cases, cluster_text, rows
from tests.engine.fixtures import corpus_directory
from tests.engine.judge import Judge, World
from tests.engine.product import Given, Product, ProductError, Variant

FLOWS = Path(__file__).resolve().parent / "flows"
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_TURNED = {"ingress": "egress", "egress": "ingress"}
_PEERS = ("Endpoints", "Entities", "CIDR", "CIDRSet", "FQDNs")


class Mutation(NamedTuple):
    """One change of one policy object."""

    where: str  # Kind/namespace/name direction[index]: the rule
    what: str  # the change, in words
    policy: dict[str, Any]  # the whole object after it


def mutations(policy: dict[str, Any]) -> Iterator[Mutation]:
    """Every mutation of one policy; the object itself is not touched."""
    metadata = policy["metadata"]
    name = "/".join(part for part in (policy["kind"], metadata.get("namespace"), metadata["name"]) if part)
    paths: list[tuple[str | int, ...]] = [("spec",)] if policy.get("spec") else []
    paths += [("specs", index) for index in range(len(policy.get("specs") or ()))]
    for path in paths:
        spec = _at(policy, path)
        label = "" if path == ("spec",) else f" specs[{path[1]}]"
        for what, changed in _selector_changes(spec["endpointSelector"]):
            yield Mutation(
                f"{name}{label} subject", what, _with(policy, (*path, "endpointSelector"), changed)
            )
        for side in _TURNED:
            for index, rule in enumerate(spec.get(side) or ()):
                if rule:
                    where = f"{name}{label} {side}[{index}]"
                    for what, changed_spec in _spec_changes(spec, side, index):
                        yield Mutation(where, what, _with(policy, path, changed_spec))


def _at(value: Any, path: Sequence[str | int]) -> Any:
    for step in path:
        value = value[step]
    return value


def _with(policy: dict[str, Any], path: Sequence[str | int], value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(policy)
    _at(changed, path[:-1])[path[-1]] = value
    return changed


def _spec_changes(spec: dict[str, Any], side: str, index: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """The spec without the rule, with it turned round, and with each small change of it."""
    rule = spec[side][index]
    rest = [one for i, one in enumerate(spec[side]) if i != index] or [{}]  # the direction stays closed
    yield "dropped", {**spec, side: rest}
    other = _TURNED[side]
    yield "turned round", {**spec, side: rest, other: [*(spec.get(other) or ()), _turn(rule)]}
    for what, changed in _rule_changes(rule, "from" if side == "ingress" else "to"):
        yield what, {**spec, side: [changed if i == index else one for i, one in enumerate(spec[side])]}


def _turn(rule: dict[str, Any]) -> dict[str, Any]:
    """The same peers and ports for the other direction; what only egress can say becomes the world."""
    turned: dict[str, Any] = {}
    for key, value in rule.items():
        if key == "toPorts":
            turned[key] = [{"ports": entry["ports"]} for entry in value if "ports" in entry]
        elif key == "toFQDNs":
            turned["fromEntities"] = ["world"]
        elif key.startswith(("from", "to")):
            turned[("to" + key[4:]) if key.startswith("from") else ("from" + key[2:])] = value
    return turned


def _rule_changes(rule: dict[str, Any], word: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for e, entry in enumerate(rule.get("toPorts") or ()):
        for p, port in enumerate(entry.get("ports") or ()):
            number = str(port["port"])
            moved = str((int(number) + 1) % 65536) if number.isdigit() else f"{number}-x"
            text = f"port {number}/{port.get('protocol', 'ANY')} became {moved}"
            yield text, _with(rule, ("toPorts", e, "ports", p), {**port, "port": moved})
    for kind in _PEERS:
        peers = rule.get(word + kind) or ()
        for i, peer in enumerate(peers):
            if len(peers) > 1:
                rest = [one for j, one in enumerate(peers) if j != i]
                yield f"peer {_short(peer)} dropped", {**rule, word + kind: rest}
            if kind == "Endpoints":
                for what, changed in _selector_changes(peer):
                    yield f"peer {what}", _with(rule, (word + kind, i), changed)


def _selector_changes(selector: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each label with another value."""
    for key, value in (selector.get("matchLabels") or {}).items():
        labels = {**selector["matchLabels"], key: f"{value}-x"}
        yield f"label {key}={value} became {value}-x", {**selector, "matchLabels": labels}
    for i, one in enumerate(selector.get("matchExpressions") or ()):
        if one.get("values"):
            values = [f"{value}-x" for value in one["values"]]
            yield (
                f"label {one['key']} {one['operator']} changed",
                _with(selector, ("matchExpressions", i), {**one, "values": values}),
            )


def _short(peer: Any) -> str:
    if isinstance(peer, dict):
        return ",".join(
            f"{key.split('/')[-1]}={value}" for key, value in (peer.get("matchLabels") or peer).items()
        )
    return str(peer)


class Survivor(NamedTuple):
    """A mutation that no row notices."""

    where: str
    what: str


def survivors(world: World, policies: str, asked: Sequence[Row]) -> tuple[list[Survivor], int]:
    """Run every mutation; returns those that change no verdict, and how many were run."""
    world.set_policies(policies)
    queries = [row.query for row in asked]
    before = world.verdicts(queries)
    found, total = [], 0
    for policy in yaml.load_all(policies, Loader=_Loader):
        for mutation in mutations(policy) if policy else ():
            total += 1
            text = yaml.dump(mutation.policy, Dumper=_Dumper, sort_keys=False)
            if world.attempt(queries, policies=text) == before:
                found.append(Survivor(mutation.where, mutation.what))
    return found, total


def extra_rows(case: Case) -> tuple[Row, ...]:
    """The rows beside the corpus for this case."""
    path = FLOWS / f"{case.name}.yaml"
    return rows(path) if path.exists() else ()


def report(found: Sequence[Survivor]) -> Iterator[str]:
    """Rules that no flow exercises first, then the parts of exercised rules."""
    idle = [one.where for one in found if one.what == "dropped"]
    yield f"{len(idle)} rules that no flow exercises"
    yield from (f"  {where}" for where in idle)
    parts = [one for one in found if one.where not in idle]
    yield f"{len(parts)} changes of other rules that no flow notices"
    yield from (f"  {one.where}: {one.what}" for one in parts)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 when each mutation is noticed, 1 when some survive, 2 without a corpus or policies."""
    parser = argparse.ArgumentParser(prog="python -m tests.engine.mutate", description=__doc__)
    parser.add_argument("--case", default="seed-cluster")
    parser.add_argument("--command", type=shlex.split, help="the product, instead of the installed one")
    parser.add_argument(
        "--policies", type=Path, metavar="FILE", help="these policies instead of the product's"
    )
    parser.add_argument("--corpus", type=Path, help="its folder, instead of ../shared/corpus")
    options = parser.parse_args(arguments)
    folder = options.corpus or corpus_directory()
    if folder is None:
        print("no corpus: set CILIUM_POLICIES_CORPUS to its folder", file=sys.stderr)
        return 2
    case = next(one for one in cases(folder) if one.name == options.case)
    product = Given(options.policies) if options.policies else Product(options.command)
    try:
        policies = product.policies(case, "enforce", Variant(""))
    except ProductError as error:
        print(error, file=sys.stderr)
        return 2
    started = time.monotonic()
    with Judge() as judge:
        world = judge.world(text=cluster_text(case))
        found, total = survivors(world, policies, [*case.rows, *extra_rows(case)])
    print("\n".join(report(found)))
    print(f"{total} mutations, {len(found)} unnoticed, {time.monotonic() - started:.1f} s", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
