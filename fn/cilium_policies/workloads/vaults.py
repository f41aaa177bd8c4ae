"""Which files that a SecretProviderClass mounts from a vault are called as configuration is."""

from __future__ import annotations

import re

from cilium_policies.kube.objects import Object, at, text

KIND = "SecretProviderClass"
_FILES = re.compile(r"(?i)\.(?:ya?ml|json5?|toml|ini|cnf|conf|cfg|env|properties|xml)\b|config\b")


def configuration(one: Object) -> list[str]:
    """What says so in the files' names: `.yaml`, `config`."""
    said = _FILES.findall(text(at(one.body, "spec", "parameters", "objects")))
    return list(dict.fromkeys(said))
