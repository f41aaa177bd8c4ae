"""What programs fetch or copy with a client whose service has one address."""

from __future__ import annotations

import pytest
from cilium_policies.evidence import fetched
from cilium_policies.evidence.given import NOTHING_GIVEN

from tests.evidence.shown import cluster, deployment, flows

_GCS = {
    "shop/web > internet:storage.googleapis.com 443/TCP",
    "shop/web > internet:oauth2.googleapis.com 443/TCP",
}
_SCRIPT = """        command:
        - sh
        - -c
        - |
          printf '%s\\n' \\
            '[cold]' \\
            '{type}' \\
            > /tmp/rclone.conf
          rclone copy /data cold:bucket
"""
_FILE = """      volumes: [{name: c, configMap: {name: conf}}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: conf, namespace: shop}
data:
  rclone.conf: |
    [cold]
    type = TYPE
    bucket_policy_only = true
"""


def _calls(env: str = "", extra: str = "") -> set[str]:
    return flows(fetched.edges(cluster(deployment("web", env=env, extra=extra)), NOTHING_GIVEN))


def test_a_remote_of_one_service_in_a_script_a_file_and_a_variable() -> None:
    kind = "google cloud storage"
    assert _calls(extra=_SCRIPT.replace("{type}", f"type = {kind}")) == _GCS
    assert _calls(extra=_FILE.replace("TYPE", kind)) == _GCS
    assert _calls(env=f"[{{name: RCLONE_CONFIG_COLD_TYPE, value: {kind}}}]") == _GCS


@pytest.mark.parametrize("kind", ["s3", "crypt", "sftp", "b2-archive"])
def test_a_remote_of_no_one_service_calls_nobody_by_its_type(kind: str) -> None:
    assert _calls(extra=_SCRIPT.replace("{type}", f"type = {kind}")) == set()
    assert _calls(extra=_FILE.replace("TYPE", kind)) == set()


def test_a_type_without_the_program_and_one_in_a_comment_call_nobody() -> None:
    script = _SCRIPT.replace("rclone", "other")
    assert _calls(extra=script.replace("{type}", "type = drive")) == set()
    assert _calls(extra=_FILE.replace("type = TYPE", "# type = drive")) == set()


@pytest.mark.parametrize(
    ("value", "found"),
    [("linuxserver/mods:universal-calibre", {"shop/web > internet: 443/TCP"}), ("", set())],
)
def test_an_image_that_adds_to_itself_fetches_what_a_variable_says(value: str, found: set[str]) -> None:
    assert _calls(env=f"[{{name: DOCKER_MODS, value: '{value}'}}]") == found
