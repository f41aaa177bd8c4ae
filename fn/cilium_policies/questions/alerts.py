"""The PrometheusRule that watches audit and enforce for weeks, and the options of Hubble that it needs."""

from __future__ import annotations

from cilium_policies.questions.metrics import LOST, QUERY, VERDICTS

_BY = "direction, source, destination, source_namespace, destination_namespace"
_ALERTS = (
    (
        "CiliumPoliciesWouldCut",
        f'{VERDICTS}{{match="all", action="forwarded"}}',
        "{{ $labels.direction }} {{ $labels.source }} to {{ $labels.destination }}: enforcement would cut it",
        "No rule covers it. Its port: hubble observe --type policy-verdict --print-policy-names",
    ),
    (
        "CiliumPoliciesCut",
        f'{VERDICTS}{{action="dropped"}}',
        "{{ $labels.direction }} {{ $labels.source }} to {{ $labels.destination }}: a policy drops it",
        "cilium-policies audit has the line that would allow it",
    ),
    (
        "HubbleLostEvents",
        f'{LOST}{{source!="hubble_ring_buffer"}}',
        "Hubble lost events: what was cut meanwhile is not known",
        "Raise hubble-event-queue-length and the buffers of the monitor",
    ),
)
_HEAD = f"""\
# What Hubble must count for these alerts. Helm values of Cilium; its agents restart:
#
#   hubble:
#     metrics:
#       enabled:
#         - policy:sourceContext=workload|pod|reserved-identity;destinationContext=workload|pod|reserved-identity;\
labelsContext=source_namespace,destination_namespace
#       serviceMonitor:
#         enabled: true
#
# A week of it, for cilium-policies audit --flows FILE and rollout --advance --if-clean FILE. The counters as they are:
# rate() and increase() miss what happens once, sum() hides which node was restarted.
#
#   curl --get http://prometheus:9090/api/v1/query_range --data-urlencode 'query={QUERY}' \\
#     --data-urlencode start=$(date -d '7 days ago' +%s) --data-urlencode end=$(date +%s) \\
#     --data-urlencode step=5m > FILE
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: cilium-policies
spec:
  groups:
    - name: cilium-policies
      rules:
"""


def as_yaml() -> str:
    """A PrometheusRule, with the metric's options and the query as comments above it."""
    return _HEAD + "".join(_rule(*alert) for alert in _ALERTS)


def _rule(name: str, metric: str, summary: str, description: str) -> str:
    # increase() sees nothing of a counter that has just appeared, and what happens once is what matters.
    by = f"sum by ({_BY}) " if metric.startswith(VERDICTS) else "sum "
    grown = f"{by}(increase({metric}[1h])) > 0 or {by}({metric} unless {metric} offset 1h) > 0"
    return (
        f"        - alert: {name}\n"
        f"          expr: '{grown}'\n"
        "          labels: {severity: warning}\n"
        "          annotations:\n"
        f"            summary: '{summary}'\n"
        f"            description: '{description}'\n"
    )
