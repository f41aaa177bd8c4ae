"""The agent's settings: those of its own Helm chart, and what a sandbox needs otherwise."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import yaml

from tests.live.build import KUBERNETES
from tests.live.network import POD_CIDR6
from tests.tools import environment

SOURCE = Path("/run/bin/source")
_UNHURRIED = "auto-adjust:false,rate-limit:1000/s,rate-burst:1000,parallel-requests:16,max-wait-duration:10m"
OURS = {  # what a sandbox without kubelet and operator needs otherwise than the chart sets it
    "k8s-kubeconfig-path": "/run/kube/config",
    "lib-dir": "/run/lib",
    "procfs": "/proc",
    "devices": "eth0",
    "ipam": "kubernetes",  # no operator hands out addresses
    "hubble-listen-address": "",
    "hubble-disable-tls": "true",
    "write-cni-conf-when-ready": "",
    "enable-ipv6-masquerade": "false",
    # The agent takes a busy machine for too many requests: it lets pods wait, and refuses them after a minute.
    "api-rate-limit": json.dumps(
        dict.fromkeys(("endpoint-create", "endpoint-delete", "endpoint-list"), _UNHURRIED)
    ),
    # Nobody asks whether the node is well, and an endpoint for that is one more to compile.
    "enable-health-checking": "false",
    "enable-endpoint-health-checking": "false",
    # Nothing may be lost between two looks of a reader that gets little time.
    "hubble-event-buffer-capacity": "65535",
    "hubble-event-queue-size": "65536",
}
# As an agent before this one would have left it. The addresses of the router are drawn at the first start otherwise,
# and stand in every program: nothing compiled would serve twice.
ROUTER = """\
#define IPV4_GATEWAY 0x0100f40a
 cilium.v6.internal.raw 0xfd, 0x00, 0x02, 0x44, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0, 0x1
"""
DUAL_STACK = {
    "enable-ipv6": "true",
    "ipv6-native-routing-cidr": POD_CIDR6,
    "k8s-require-ipv6-pod-cidr": "true",
}


class StartError(RuntimeError):
    """A part of the cluster did not come up; the message has its last lines."""


def minor() -> int:
    """The minor version of Cilium that runs here, as the folder of its module says it."""
    found = re.search(r"@v1\.(\d+)\.", str(SOURCE.resolve()))
    assert found is not None
    return int(found[1])


def chart() -> dict[str, str]:
    """The settings that Cilium's own chart of this version gives an agent."""
    command = ["helm", "template", "cilium", str(SOURCE / "install/kubernetes/cilium"), "-n", "kube-system",
               "--kube-version", KUBERNETES, "-s", "templates/cilium-configmap.yaml"]  # fmt: skip
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise StartError(f"helm template: {done.stderr.strip()[-400:]}")
    data = yaml.load(done.stdout, Loader=yaml.CSafeLoader)["data"]
    return {name: value for name, value in data.items() if not name.startswith("hubble-tls")}
