from __future__ import annotations

import pytest
from cilium_policies.config.settings import Settings
from cilium_policies.evidence import api_access
from cilium_policies.evidence.given import NOTHING_GIVEN

from tests.evidence.shown import cluster, deployment, flows

_CALLS = {"shop/web > kube-apiserver"}
_ACCOUNT = "      serviceAccountName: robot\n"
_RULES = "rules: [{apiGroups: [''], resources: [pods], verbs: [get]}]"


def _binding(
    kind: str = "ClusterRoleBinding", subject: str = "", role: str = "ClusterRole", name: str = "reader"
) -> str:
    subject = subject or "{kind: ServiceAccount, name: robot, namespace: shop}"
    return f"""
apiVersion: rbac.authorization.k8s.io/v1
kind: {kind}
metadata: {{name: b, namespace: elsewhere}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: {role}, name: {name}}}
subjects: [{subject}]
---
"""


def _role(rules: str = _RULES, kind: str = "ClusterRole") -> str:
    return f"""
apiVersion: rbac.authorization.k8s.io/v1
kind: {kind}
metadata: {{name: reader, namespace: elsewhere}}
{rules}
---
"""


def _found(text: str, extra: str = _ACCOUNT, env: str = "") -> set[str]:
    return flows(api_access.edges(cluster(deployment("web", extra=extra, env=env) + text), NOTHING_GIVEN))


@pytest.mark.parametrize(
    ("kind", "role"),
    [("ClusterRoleBinding", "ClusterRole"), ("RoleBinding", "ClusterRole"), ("RoleBinding", "Role")],
)
def test_bound_account_calls_the_api(kind: str, role: str) -> None:
    assert _found(_binding(kind, role=role) + _role(kind=role)) == _CALLS


@pytest.mark.parametrize(
    "subject",
    [
        "{kind: Group, name: 'system:serviceaccounts'}",
        "{kind: Group, name: 'system:serviceaccounts:shop'}",
        "{kind: User, name: 'system:serviceaccount:shop:robot'}",
    ],
)
def test_binding_by_group_or_user(subject: str) -> None:
    assert _found(_binding(subject=subject) + _role()) == _CALLS


@pytest.mark.parametrize(
    "subject",
    [
        "{kind: Group, name: 'system:serviceaccounts:other'}",
        "{kind: ServiceAccount, name: robot, namespace: other}",
        "{kind: ServiceAccount, name: default, namespace: shop}",
        "{kind: User, name: robot}",
    ],
)
def test_binding_of_somebody_else(subject: str) -> None:
    assert _found(_binding(subject=subject) + _role()) == set()


def test_no_binding_no_access() -> None:
    assert _found(_role()) == set()


@pytest.mark.parametrize(
    "rules",
    [
        "rules: []",
        "rules: [{nonResourceURLs: [/metrics], verbs: [get]}]",
        "rules: [{apiGroups: [policy], resources: [podsecuritypolicies], verbs: [use]}]",
    ],
)
def test_role_that_means_nothing(rules: str) -> None:
    assert _found(_binding() + _role(rules)) == set()


def test_role_outside_the_input_counts() -> None:
    assert _found(_binding(name="cluster-admin")) == _CALLS


def test_token_switched_off_by_the_pod() -> None:
    assert _found(_binding() + _role(), _ACCOUNT + "      automountServiceAccountToken: false") == set()


def test_token_switched_off_by_the_account_and_on_again_by_the_pod() -> None:
    account = """
apiVersion: v1
kind: ServiceAccount
metadata: {name: robot, namespace: shop}
automountServiceAccountToken: false
"""
    assert _found(_binding() + _role() + account) == set()
    assert (
        _found(_binding() + _role() + account, _ACCOUNT + "      automountServiceAccountToken: true")
        == _CALLS
    )


def test_projected_token_for_the_api_counts_and_one_for_a_vault_does_not() -> None:
    volume = (
        "      volumes: [{{name: t, projected: {{sources: [{{serviceAccountToken: {{path: token{}}}}}]}}}}]\n"
    )
    assert _found("", volume.format("")) == _CALLS
    assert _found("", volume.format(", audience: vault")) == set()


def test_kubeconfig_in_the_environment() -> None:
    assert _found("", env="[{name: KUBECONFIG, value: /etc/kube/config}]") == _CALLS


def test_ports_of_the_config() -> None:
    shown = cluster(
        deployment("web", extra=_ACCOUNT) + _binding() + _role(), settings=Settings(api_ports=(6443,))
    )
    assert flows(api_access.edges(shown, NOTHING_GIVEN)) == {"shop/web > kube-apiserver 6443/TCP"}
