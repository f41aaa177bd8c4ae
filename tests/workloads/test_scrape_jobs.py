"""Jobs of a Prometheus in the Secret that its object chooses."""

from __future__ import annotations

from cilium_policies.evidence import discovered
from cilium_policies.evidence.given import NOTHING_GIVEN
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.objects import Object
from cilium_policies.workloads.credentials import addresses
from cilium_policies.workloads.model import Workload
from cilium_policies.workloads.scrape_jobs import chosen, found_by

from tests.evidence.shown import cluster, deployment, flows
from tests.support import bound

_JOBS = """\
- job_name: gate
  basic_auth: {username: prom, password: hunter2}
  authorization: {credentials: hunter2}
  params: {module: [http_2xx], token: [hunter2]}
  static_configs: [{targets: ["db.shop:9102", "https://u:hunter2@a.example.org", "https://b.example.org"]}]
  kubernetes_sd_configs: [{role: pod, api_server: "https://u:hunter2@api", namespaces: {names: [shop]}}]
  relabel_configs:
  - {source_labels: [__meta_kubernetes_pod_label_app], regex: gate, action: keep}
  - {source_labels: [__meta_kubernetes_pod_container_port_name], regex: status, action: keep}
  - {target_label: token, replacement: hunter2}
  - {target_label: __address__, replacement: "u:hunter2@prober:9115"}
"""
_READER = bound("o11y/default", 'apiGroups: [""], resources: [pods], verbs: [get, list, watch]')


def _secret(text: str) -> Object:
    return Object(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "jobs", "namespace": "o11y"},
            "stringData": {"jobs.yaml": text, "other": "x"},
        }
    )


def _scraper(text: str) -> Workload:
    source = Object(
        {
            "apiVersion": "monitoring.coreos.com/v1",
            "kind": "Prometheus",
            "metadata": {"name": "main", "namespace": "o11y"},
        }
    )
    made = Workload("o11y", "scraper", "Prometheus")
    made.texts = chosen(source, {"name": "jobs", "key": "jobs.yaml"}, Inventory([_secret(text)]))
    return made


def test_a_list_of_jobs_finds_the_pods_that_it_keeps() -> None:
    gate = deployment("gate", "[{containerPort: 8000, name: proxy}, {containerPort: 8100, name: status}]")
    found = flows(discovered.edges(cluster(_READER + gate, _scraper(_JOBS)), NOTHING_GIVEN))
    assert found == {"o11y/scraper > shop/gate 8100/TCP"}


def test_how_a_job_logs_in_is_kept_nowhere() -> None:
    shown = addresses(_JOBS, "jobs.yaml")
    assert "hunter2" not in shown
    assert "db.shop:9102" in shown
    assert "https://b.example.org" in shown


def test_what_is_no_job_is_read_as_any_secret() -> None:
    assert not _scraper("kubernetes_sd_configs").texts
    assert not chosen(_secret(""), {"name": "jobs"}, Inventory([_secret(_JOBS)]))
    assert addresses("# __param_target\nDB=redis://db:6379", "k") == addresses("DB=redis://db:6379\n#", "k")


def test_of_targets_nothing_but_their_address_leaves_the_secret() -> None:
    """A probe's address may be a secret by its path (`https://hc-ping.com/UUID`), and an inventory is committed."""
    told = found_by("""
- job_name: probes
  params: {module: [http_2xx], key: [t0ken]}
  basic_auth: {username: u, password: t0ken}
  static_configs: [{targets: ["https://hc.acme.com/ping/t0ken", "app.shop:8080/t0ken", "https://t0ken@b.acme.com"]}]
  relabel_configs:
    - {target_label: __param_target, replacement: "https://check.acme.com:8443/t0ken/x"}
    - {source_labels: [__param_key], regex: t0ken, action: keep}
    - {source_labels: [__meta_kubernetes_namespace], regex: shop, action: keep}
    - {target_label: __address__, replacement: "blackbox.mon.svc:9115"}
""")
    assert "t0ken" not in told
    for kept in (
        "https://hc.acme.com",
        "app.shop:8080",
        "https://check.acme.com:8443",
        "blackbox.mon.svc:9115",
    ):
        assert f'"{kept}"' in told
    assert '"regex": "shop"' in told
