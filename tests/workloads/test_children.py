"""Pods that a program makes while it runs: they have a policy beside their maker's, and the maker is their peer."""

from __future__ import annotations

from cilium_policies.config.model import Config

from tests.support import deployment, namespace, policies, service

JENKINS = deployment(
    "ci/jenkins",
    labels="app.kubernetes.io/component: jenkins-controller",
    port=8080,
    image="docker.io/jenkins/jenkins:lts",
)
HUB = deployment(
    "nb/hub",
    labels="app: jupyterhub, component: hub, release: books",
    port=8081,
    image="quay.io/jupyterhub/k8s-hub:4",
)


def labels(*documents: str) -> dict[str, dict[str, str]]:
    found = policies(*documents, config=Config(mode="enforce"))
    return {
        name: {one.key: one.values[0] if one.values else "*" for one in policy.specs[0].subject.requirements}
        for name, policy in found.items()
    }


def test_the_agents_of_a_ci_server_reach_it() -> None:
    found = policies(namespace("ci"), JENKINS, config=Config(mode="enforce"))
    [agents] = [one for name, one in found.items() if name.startswith("ci/jenkins-agent")]
    peers = [
        (each.requirements[0].values, [port.port for group in rule.ports or () for port in group.ports])
        for rule in agents.specs[0].egress or ()
        for each in rule.endpoints or ()
    ]
    assert (("jenkins-controller",), ["8080", "50000"]) in [(who, sorted(on, key=int)) for who, on in peers]


def test_they_have_the_labels_that_they_get_from_their_maker() -> None:
    found = labels(namespace("nb"), HUB)
    [users] = [one for name, one in found.items() if name.startswith("nb/jupyterhub-singleuser")]
    assert users == {"component": "singleuser-server", "app": "jupyterhub", "release": "books"}


def test_where_the_input_shows_them_none_are_added() -> None:
    agent = deployment("ci/agent", labels="jenkins: slave")
    assert len(labels(namespace("ci"), JENKINS, agent, service("ci/agent"))) == len(
        labels(namespace("ci"), JENKINS)
    )


def test_a_maker_that_its_image_alone_tells_of_needs_no_label_of_its_chart() -> None:
    """A team that writes `app: scanner` where the chart has labels of its own: trivy-operator's scans are there."""
    scanner = deployment("trivy/scanner", image="docker.io/aquasec/trivy-operator:1")
    assert {"app.kubernetes.io/managed-by": "trivy-operator"} in labels(namespace("trivy"), scanner).values()
    # One whose label says that it is another part of the same program makes nothing of that part's.
    manager = deployment(
        "longhorn-system/longhorn-manager",
        image="docker.io/longhornio/longhorn-manager:1",
        labels="app: longhorn-manager",
    )
    assert not [name for name in labels(namespace("longhorn-system"), manager) if "csi" in name]
