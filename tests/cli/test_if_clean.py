"""`rollout --advance --if-clean`: the next phase is set only where a recording is reason enough."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.questions import hubble
from tests.questions.test_metrics import lost, matrix, series
from tests.questions.test_report import INPUT

from .test_bare import command

CONFIG = """\
apiVersion: cilium-policies.fn/v1alpha1
kind: CiliumPolicies
spec:
  rollout: {phases: [[shop]], phase: 0}
"""
SPACE = "k8s:io.kubernetes.pod.namespace"
WEB = hubble.pod("shop", "web", [f"{SPACE}=shop", "k8s:app=web"])
DB = hubble.pod("data", "db", [f"{SPACE}=data", "k8s:app=db"])
DNS = hubble.pod("kube-system", "coredns", [f"{SPACE}=kube-system", "k8s:k8s-app=kube-dns"])
BEGIN = datetime.datetime(2026, 11, 24, tzinfo=datetime.timezone.utc)


def at(hours: float) -> str:
    return (BEGIN + datetime.timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


def day(hours: int = 24) -> Iterator[bytes]:
    """Somebody calls web once an hour, and web asks DNS."""
    for hour in range(hours + 1):
        yield hubble.line(hubble.reserved("world"), WEB, 8080, by=["web"], time=at(hour))
        yield hubble.line(WEB, DNS, 53, protocol="UDP", direction="EGRESS", by=["web"], time=at(hour))


def advance(folder: Path, dump: bytes, *more: str) -> tuple[int, str, bool]:
    """Exit code, stderr, and whether the phase was set."""
    (folder / "in.yaml").write_bytes(INPUT)
    (folder / "c.yaml").write_text(CONFIG)
    (folder / "dump").write_bytes(dump)
    done = command(
        "rollout", "--config", "c.yaml", "--advance", "--if-clean", "dump", *more, "in.yaml", cwd=folder
    )
    return done.returncode, done.stderr.decode(), "phase: 1" in (folder / "c.yaml").read_text()


def test_a_clean_day_goes_on(tmp_path: Path) -> None:
    code, told, done = advance(tmp_path, b"".join(day()))
    assert (code, done) == (0, True), told
    assert told.startswith("cilium-policies: clean for shop: 2026-11-24 00:00:00 to 2026-11-25 00:00:00\n")


@pytest.mark.parametrize(
    ("dump", "reason"),
    [
        (b"".join(day(23)), "it spans 23h, not 24h"),
        (b"".join(line for line in day() if b'"EGRESS"' not in line), "no policy verdict of the egress of shop"),
        (b"".join([*day(), hubble.line(DB, WEB, 8080, by=[], time=at(5))]),
         "ingress data/db => shop/web : 8080/TCP would be cut"),
        (b"".join(line for line in day() if b"T1" not in line),
         "it has nothing between 2026-11-24 09:00:00 and 2026-11-24 20:00:00"),
        (b"".join([*day(), json.dumps({"lost_events": {"num_events_lost": 4}}).encode()]), "Hubble lost 4 events"),
        (b"".join([*day(), b"rubbish\n"]), "1 lines are not flows, the first is line 51"),
    ],
)  # fmt: skip
def test_a_recording_that_is_none_does_not(tmp_path: Path, dump: bytes, reason: str) -> None:
    code, told, done = advance(tmp_path, dump)
    assert (code, done) == (1, False)
    assert f"cilium-policies: not clean: {reason}" in told
    assert "phase 1 is not set: dump gives 1 reasons against it" in told


def test_what_another_namespace_would_lose_is_not_asked_yet(tmp_path: Path) -> None:
    other = hubble.line(WEB, DB, 9999, by=[], time=at(5))  # into data, which the next phase leaves in audit
    assert advance(tmp_path, b"".join([*day(), other]))[0] == 0


def test_a_window_of_ones_own(tmp_path: Path) -> None:
    assert advance(tmp_path, b"".join(day(3)), "--window", "3h")[0] == 0
    assert "it spans 3h, not 4h" in advance(tmp_path, b"".join(day(3)), "--window", "4h")[1]
    assert advance(tmp_path, b"", "--window", "soon")[0] == 2


HOURS = [(hour, hour + 1) for hour in range(25)]
NAMES = {"source": "shop/web", "source_namespace": "shop", "destination": "kube-system/coredns"}
EGRESS = series("egress", "l3-l4", "forwarded", *HOURS, **NAMES, destination_namespace="kube-system")
INGRESS = series("ingress", "l4-only", "forwarded", *HOURS, source="reserved:world", source_namespace="",
                 destination="shop/web", destination_namespace="shop")  # fmt: skip


def test_a_clean_range_of_counters_goes_on(tmp_path: Path) -> None:
    code, told, done = advance(tmp_path, matrix(EGRESS, INGRESS, lost((0, 0), (24, 0))))
    assert (code, done) == (0, True), told


@pytest.mark.parametrize(
    ("dump", "reason"),
    [
        (matrix(EGRESS, INGRESS), "it does not say whether events were lost"),
        (matrix(EGRESS, INGRESS, lost((0, 0), (24, 2))), "Hubble lost 2 events"),
        (matrix(INGRESS, lost((0, 0))), "no policy verdict of the egress of shop"),
        (matrix(EGRESS, INGRESS, lost((0, 0)), series("egress", "all", "forwarded", (4, 1), **NAMES)),
         "egress shop/web => kube-system/coredns would be cut: no rule covers it"),
        (b'hubble_policy_verdicts_total{direction="egress",source_namespace="shop"} 3\n',
         "a text exposition and an instant query have no times"),
        (matrix(series("egress", "l3-l4", "forwarded", *HOURS, source="", source_namespace="")),
         "the counters do not say the namespace"),
    ],
)  # fmt: skip
def test_counters_that_cannot_tell_do_not(tmp_path: Path, dump: bytes, reason: str) -> None:
    code, told, done = advance(tmp_path, dump)
    assert (code, done) == (1, False)
    assert f"cilium-policies: not clean: {reason}" in told


def test_it_needs_the_manifests(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(CONFIG)
    (tmp_path / "dump").write_bytes(b"")
    for arguments in (("--advance", "--config", "c.yaml"), ("in.yaml",)):
        (tmp_path / "in.yaml").write_bytes(INPUT)
        assert command("rollout", *arguments, "--if-clean", "dump", cwd=tmp_path).returncode == 2


def test_the_alerts_and_what_they_need() -> None:
    import yaml

    rules = yaml.safe_load(command("audit", "--rules").stdout)
    assert (rules["apiVersion"], rules["kind"]) == ("monitoring.coreos.com/v1", "PrometheusRule")
    (group,) = rules["spec"]["groups"]
    named = {rule["alert"]: rule["expr"] for rule in group["rules"]}
    assert 'match="all", action="forwarded"' in named["CiliumPoliciesWouldCut"]
    # What happens once makes a counter that increase() does not see grow.
    assert all("unless" in expression and "offset 1h" in expression for expression in named.values())
