"""What the API server takes as a name, a namespace, a label."""

from __future__ import annotations

import pytest
from cilium_policies.kube.names import is_label, is_name, is_namespace, is_port_name


@pytest.mark.parametrize(
    ("text", "name", "namespace"),
    [
        ("web", True, True),
        ("web.two", True, False),
        ("w" * 63, True, True),
        ("w" * 64, True, False),
        ("w" * 254, False, False),
        ("Web", False, False),
        ("-web", False, False),
        ("web-", False, False),
        ("web..two", False, False),
        ("", False, False),
        ("${NAME}-Web", True, True),
        ("${NAME}\nweb", False, False),
        ("a/../b", False, False),
    ],
)
def test_names(text: str, name: bool, namespace: bool) -> None:
    assert (is_name(text), is_namespace(text)) == (name, namespace)


@pytest.mark.parametrize(
    ("key", "value", "wanted"),
    [
        ("app", "web", True),
        ("app.kubernetes.io/name", "", True),
        ("app", "Web_1.0", True),
        ("app", "-web", False),
        ("app", "w" * 64, False),
        ("/app", "web", False),
        ("App.Kubernetes.io/name", "web", False),
        ("", "web", False),
        ("app", "${APP}", True),
    ],
)
def test_labels(key: str, value: str, wanted: bool) -> None:
    assert is_label(key, value) is wanted


@pytest.mark.parametrize("text", ["http", "a", "8080-tcp", "p2p", "Web", "${PORT}"])
def test_port_names(text: str) -> None:
    assert is_port_name(text)


@pytest.mark.parametrize("text", ["", "::/0", "80", "a--b", "-a", "a-", "a" * 16, "a_b"])
def test_no_port_names(text: str) -> None:
    assert not is_port_name(text)
