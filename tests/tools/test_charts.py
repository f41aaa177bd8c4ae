"""`make charts`: what of a folder's charts is known, and what an entry has observed otherwise."""

from __future__ import annotations

from pathlib import Path

from cilium_policies.questions.record import Chart

from tests.support import deployment, namespace
from tools.charts import changed, charts, known

COREDNS = deployment("zznamespace/dns", labels="k8s-app: kube-dns", port=53)
EXPORTER = deployment(
    "zznamespace/zzrelease-prometheus-sql-exporter",
    labels="app.kubernetes.io/name: prometheus-sql-exporter, app.kubernetes.io/instance: zzrelease",
    port=9999,
)


def test_what_of_a_stream_is_known() -> None:
    stream = "---\n".join([namespace("zznamespace"), EXPORTER, deployment("zznamespace/own")]).encode()
    found = known(stream)
    assert (found.workloads, found.with_entry) == (2, 1)
    assert found.unknown > 0


def test_an_entry_that_has_observed_other_ports_is_named() -> None:
    [line] = changed(EXPORTER.encode(), Chart("prometheus-sql-exporter", "9.9.9", "2026-01-01"))
    assert line.startswith("prometheus-sql-exporter: ")
    assert "ports" in line
    assert "9.9.9" in line


def test_charts_in_charts_are_not_counted(tmp_path: Path) -> None:
    for place in ("a", "a/charts/b", "c"):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "Chart.yaml").write_text(f"name: {place[-1]}\n")
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "Chart.yaml").write_text("name: lib\ntype: library\n")
    assert [one.name for one in charts(tmp_path)] == ["a", "c"]
