"""What `rollout` says of namespaces: their phases, what is open, and why some come late."""

from __future__ import annotations

from cilium_policies.cli.options import run_on
from cilium_policies.function import Options
from cilium_policies.generate.plan import Plan
from cilium_policies.questions import rollout

INPUT = """\
apiVersion: v1
kind: Namespace
metadata: {name: NAME}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: app, namespace: NAME}
spec:
  selector: {matchLabels: {app: NAME}}
  template:
    metadata: {labels: {app: NAME}}
    spec:
      containers:
        - name: app
          image: example/app
          env: [{name: URL, value: "http://app.TARGET:8080"}]
          ports: [{containerPort: 8080}]
---
apiVersion: v1
kind: Service
metadata: {name: app, namespace: NAME}
spec: {selector: {app: NAME}, ports: [{port: 8080}]}
---
"""
PHASED = ("c.yaml", b"""\
apiVersion: cilium-policies.fn/v1alpha1
kind: CiliumPolicies
spec: {mode: enforce, rollout: {phases: [[a], [b, hub]], phase: 1}}
""")  # fmt: skip
PLUGIN = """\
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: plugin, namespace: disks}
spec:
  selector: {matchLabels: {app: plugin}}
  template:
    metadata: {labels: {app: plugin}}
    spec:
      containers: [{name: plugin, image: example/plugin}]
      volumes: [{name: sockets, hostPath: {path: /var/lib/kubelet/plugins/example}}]
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: home, namespace: a}
spec: {url: "https://git.example.org/home"}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: source-controller, namespace: b}
spec:
  selector: {matchLabels: {app: source-controller}}
  template:
    metadata: {labels: {app: source-controller, app.kubernetes.io/component: source-controller,
      app.kubernetes.io/part-of: flux}}
    spec: {containers: [{name: manager, image: ghcr.io/fluxcd/source-controller:v1.7.0}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: coredns, namespace: kube-system}
spec:
  selector: {matchLabels: {k8s-app: kube-dns}}
  template:
    metadata: {labels: {k8s-app: kube-dns}}
    spec:
      containers:
        - {name: coredns, image: registry.k8s.io/coredns/coredns, ports: [{containerPort: 53, protocol: UDP}]}
"""


def plan(*, config: tuple[str, bytes] | None = None) -> Plan:
    text = "".join(INPUT.replace("NAME", name).replace("TARGET", "hub") for name in ("a", "b", "c", "hub"))
    return run_on([("in.yaml", (text + PLUGIN).encode())], Options(config=config)).made.plan


def test_each_namespace_stands_in_its_phase_with_its_mode() -> None:
    rows = [(row[0], row[1], row[2]) for row in rollout.phases(plan(config=PHASED)).rows]
    assert rows == [
        (1, "a", "enforce"),
        (2, "b", "audit"),
        (2, "hub", "audit"),
        (3, "c", "audit"),
        (3, "disks", "audit"),
        (3, "kube-system", "audit"),
    ]


def test_the_reasons_for_coming_late() -> None:
    made = plan()
    why = {name: [reason.why for reason in rollout.late(made, name)] for name in made.namespaces}
    assert why["a"] == why["c"] == []
    assert why["hub"] == ["called from 3 namespaces"]
    assert why["disks"] == ["serves storage: pods hang without it"]
    assert why["b"] == ["Flux runs here: a revert comes through it"]
    assert why["kube-system"] == ["answers DNS for the whole cluster"]


def test_proposed_phases_put_what_all_depend_on_last_and_name_each_namespace_once() -> None:
    made = plan()
    proposed = rollout.proposed(made)
    assert sorted(name for phase in proposed.phases for name in phase) == sorted(made.namespaces)
    order = [name for phase in proposed.phases for name in phase]
    assert order.index("a") < order.index("hub") < order.index("disks") < order.index("kube-system")
    assert order[-1] == "b"


def test_a_canary_then_ever_more_at_most_a_handful_a_phase() -> None:
    text = "".join(INPUT.replace("NAME", f"n{n:02}").replace("TARGET", "gone") for n in range(20))
    made = run_on([("in.yaml", text.encode())], Options()).made.plan
    sizes = [len(phase) for phase in rollout.proposed(made).phases]
    assert sizes == [1, 3, 5, 5, 5, 1]


def test_a_gateway_and_storage_come_in_phases_of_their_own() -> None:
    made = plan()
    late = [phase for phase in rollout.proposed(made).phases if {"disks", "kube-system", "b"} & set(phase)]
    assert late == [("disks",), ("kube-system",), ("b",)]


def test_a_namespace_that_is_off_stays_in_the_table_and_in_the_sentence() -> None:
    config = (
        PHASED[1]
        .replace(b"phase: 1", b"phase: 3")
        .replace(b"mode: enforce,", b"mode: enforce, namespaces: {overrides: {hub: {mode: off}}},")
    )
    made = plan(config=("c.yaml", config))
    assert ("hub", "off") in [row[1:3] for row in rollout.phases(made).rows]
    assert rollout.next_step(made) == "phase 3: every namespace is enforced but hub (off)"


def test_the_proposal_is_a_config_that_audits_everything() -> None:
    made = plan()
    head = "apiVersion: cilium-policies.fn/v1alpha1\nkind: CiliumPolicies\nspec:\n"
    text = head + rollout.as_yaml(rollout.proposed(made))
    modes = plan(config=("c.yaml", text.encode())).modes
    assert {mode.word for mode in modes.values()} == {"audit"}
    assert set(modes) == set(made.namespaces)


def test_the_next_step_in_a_sentence() -> None:
    assert "--propose" in rollout.next_step(plan())
    said = rollout.next_step(plan(config=PHASED))
    assert said.startswith("phase 1 of 3; the next one (--advance) enforces b, hub")
    done = PHASED[1].replace(b"phase: 1", b"phase: 3")
    assert rollout.next_step(plan(config=("c.yaml", done))) == "phase 3: every namespace is enforced"


def test_an_object_that_makes_pods_counts_for_both_of_their_directions() -> None:
    one = """\
apiVersion: v1
kind: Namespace
metadata: {name: a}
---
apiVersion: widgets.example.org/v1
kind: Widget
metadata: {name: w, namespace: a}
spec: {replicas: 2}
"""
    given = Options(config=PHASED)
    made = run_on([("stdin", one.encode())], given).made.plan
    assert [row["uncovered"] for row in rollout.values(made)] == [["Widget a/w egress", "Widget a/w ingress"]]
