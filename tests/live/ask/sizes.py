"""What the policies of a whole cluster cost: entries of the agent's policy maps, counted in the kernel."""

from __future__ import annotations

from tests.engine.corpus import Case
from tests.engine.internet import planned, sizes
from tests.live.ask import Answer, Check, Live
from tests.live.given import given, known
from tests.live.maps import policy_maps
from tests.live.running import Running

NAME = "sizes"
_CASES = ("shop", "seed-cluster", "apps-root-template")
_FQDN = ("false", "known", "all")
_OWN = (
    16  # what each map has beside the rules: its own node may always enter, an entity is several identities
)
_ROOM = 16384  # the agent's default bpf-policy-map-max


def ask(live: Live) -> Answer:
    """Each case in enforce with each `cluster.fqdn`, after every name of its table was asked for: no map comes near
    its size, and none has many more entries than our own count says."""
    check = Check(
        NAME,
        "entries in the agent's policy maps with cluster.fqdn false, known and all, compared with our own count",
    )
    for case in known():
        if case.name in _CASES:
            _ask(live, check, case)
    return check.answer()


def _ask(live: Live, check: Check, case: Case) -> None:
    found = given(case)
    with Running(live.cluster, found) as running:
        for fqdn in _FQDN:
            running.apply(given(case, settings=[f"cluster.fqdn={fqdn}"]).policies["enforce"])
            running.connect()  # names are learned from answers
            counted, told = _counted(running), sizes(planned(case, fqdn, whole=False))
            both = {name: (counted[name], told[name]) for name in sorted(counted.keys() & told.keys())}
            fullest = max((has for has, _ in both.values()), default=0)
            check.that(
                f"{case.name}, {fqdn}: the fullest map has {fullest} entries", 0 < fullest < _ROOM / 10
            )
            check.all(
                len(both),
                [
                    f"{case.name}, {fqdn}: {name} has {has} entries, our count is {told}"
                    for name, (has, told) in both.items()
                    if has > told * 1.25 + _OWN
                ],
            )
            check.notes.append(f"{case.name}, {fqdn}: {_summary(both)}")


def _counted(running: Running) -> dict[str, int]:
    """Entries of each workload's fullest map."""
    maps, found = policy_maps(), {}
    for one in running.cluster.ask_agent("/endpoint"):
        attached = one["status"]["external-identifiers"].get("cni-attachment-id", "").partition(":")[0]
        found[attached] = maps.get(one["id"], 0)
    return {
        workload: max(found.get(f"{pod.netns}c", 0) for pod in replicas)
        for workload, replicas in running.pods.items()
        if not replicas[0].host_network
    }


def _summary(both: dict[str, tuple[int, int]]) -> str:
    counted, told = (sorted(column) for column in zip(*both.values(), strict=True))
    middle = len(counted) // 2
    return (
        f"fullest map {counted[-1]} entries (our count {told[-1]}), median {counted[middle]} ({told[middle]}),"
        f" of {len(counted)} pods"
    )
