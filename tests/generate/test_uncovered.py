"""Why a direction is listed as uncovered."""

from __future__ import annotations

import re
from pathlib import Path

from cilium_policies.generate import uncovered

from tests import support


def test_every_reason_has_a_sentence() -> None:
    """The members of Why are read by the type checker alone: their text is compared."""
    text = Path(uncovered.__file__).read_text(encoding="utf-8")
    members = text[text.index("Why = Literal[") :]
    assert set(re.findall(r'"([a-z-]+)"', members[: members.index("]")])) == set(uncovered._SENTENCES)


def test_of_a_repositorys_address_its_host_is_said() -> None:
    """Argo CD takes a user and a token in `repoURL`, and the report, the list and the lines for `allow` are shown."""
    application = """apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: operator, namespace: argocd}
spec:
  destination: {namespace: op, server: "https://kubernetes.default.svc"}
  source: {repoURL: "%s", path: deploy}
"""
    for url, place in (
        ("https://me:t0ken@git.acme.com/ops/operator.git", " at https://git.acme.com"),
        ("https://t0ken@git.acme.com:8443/ops/operator", " at https://git.acme.com:8443"),
        ("t0ken@git.acme.com:ops/operator", ""),
    ):
        left = support.made(support.namespace("op"), application % url).plan.guessed
        said = [one.sentence for one in left if one.why == "repository-elsewhere"]
        assert said == [
            f"what it applies here is not in the input: its source is a folder of a repository{place}"
        ]
        assert "t0ken" not in str(left)
