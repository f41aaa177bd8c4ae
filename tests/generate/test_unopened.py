"""The line that would allow a host which no rule leads to."""

import pytest
import yaml
from cilium_policies.config.settings import config_of
from cilium_policies.generate.unopened import _peer


@pytest.mark.parametrize(
    ("host", "peer"),
    [
        ("10.1.2.3", {"cidr": "10.1.2.3/32"}),
        ("fd00:10::5", {"cidr": "fd00:10::5/128"}),
        ("mail.acme.com", {"fqdn": "mail.acme.com"}),
    ],
)
def test_an_address_of_either_family_is_a_peer_that_the_config_takes(host: str, peer: dict[str, str]) -> None:
    assert yaml.safe_load(_peer(host)) == peer
    row = f"{{from: {{pod: a/b}}, to: {_peer(host)}, ports: [25/TCP], why: mail}}"
    text = f"apiVersion: cilium-policies.fn/v1alpha1\nkind: CiliumPolicies\nspec:\n  allow: [{row}]\n"
    assert config_of([], ("config.yaml", text.encode()), ()).allow
