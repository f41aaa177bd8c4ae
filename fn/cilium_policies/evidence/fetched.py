"""Programs that fetch packages or models when they start: a container's command, or a script that it mounts, that calls
a package manager needs the internet, and no address stands anywhere. The command is the evidence; the registry is
whatever the manager is set up for. A service's own client calls that service, unless it is given another address."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cilium_policies.evidence.callers import is_script
from cilium_policies.evidence.edge import Edge, Evidence, InternetPeer, WorkloadPeer
from cilium_policies.evidence.given import Given
from cilium_policies.evidence.reasons import Reason
from cilium_policies.evidence.signs import holds
from cilium_policies.kube.ports import Port
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Text

# Words of which one stands in a command that fetches, what fetches, and the ports: Alpine's and Debian's mirrors are
# mostly plain HTTP.
_MANAGERS = (
    (("uvx", "npx", "pipx", "bunx"), r"\b(uvx|npx|pipx run|bunx)\b", (443,)),
    (("pip",), r"\bpip3?[\"']? install\b", (443,)),
    (("uv",), r"\buv (pip|tool|sync|run)\b", (443,)),
    (("npm", "yarn"), r"\b(npm|pnpm|yarn) (install|ci|add|exec)\b", (443,)),
    (("gem",), r"\bgem install\b", (443,)),
    (("install",), r"\b(go|cargo|playwright) install\b", (443,)),
    (("composer",), r"\bcomposer (install|require)\b", (443,)),
    (("ollama", "hf", "huggingface"), r"\b(ollama pull|hf download|huggingface-cli download)\b", (443,)),
    (("--model",), r"(--model(?:-id|-name)?[= ](?![./~])[\w.-]{2,}/[\w.-]+)(?![\w./-])", (443,)),
    (("apk",), r"\bapk (--\S+ )*add\b", (80, 443)),
    (("apt",), r"\bapt(-get)? (-\S+ )*(install|update)\b", (80, 443)),
)
# Calls of Python's libraries that load a model from Hugging Face's hub.
_CALLS = (
    (
        ("from_pretrained", "download"),
        r"\b(from_pretrained|snapshot_download|hf_hub_download)(?=\()",
        (443,),
    ),
)
# Clients of a service, by the words behind their name, and the host of its API.
_CLIENTS = (
    (
        "gh ",
        r"\bgh (api|auth|gist|issue|label|pr|release|repo|run|secret|variable|workflow)\b",
        "api.github.com",
    ),
    ("akeyless ", r"\bakeyless (auth|create|delete|describe|get|list|update)[\w-]*", "api.akeyless.io"),
    ("doctl ", r"\bdoctl (apps|auth|compute|databases|kubernetes|registry)\b", "api.digitalocean.com"),
    (
        "hcloud ",
        r"\bhcloud (context|firewall|image|load-balancer|network|server|volume)\b",
        "api.hetzner.cloud",
    ),
)
_REGIONAL = (
    ("oci ", r"\boci (bv|ce|compute|db|dns|iam|lb|network|nlb|os|vault) ", ""),
    ("gcloud ", r"\bgcloud (auth|compute|container|dns|iam|run|secrets|sql|storage) ", ""),
    ("az ", r"\baz (account|acr|aks|group|keyvault|login|network|storage|vm) ", ""),
)
_WORDS = tuple(word for words, _, _ in _MANAGERS + _CALLS for word in words)  # most commands hold none
_WORDS += tuple(word for word, _, _ in _CLIENTS + _REGIONAL)
_INTERNET = InternetPeer()


def edges(cluster: Cluster, given: Given) -> Iterator[Edge]:
    """A workload whose command, arguments or mounted scripts call a package manager, to the internet."""
    for workload in cluster.workloads:
        if workload.host_network:
            continue
        for text in workload.texts:
            if text.kind == "env" or not (text.is_arguments or is_script(text)):
                continue
            if not holds(text.value, _WORDS):
                continue
            words = " ".join(_commands(text).split())
            for _, pattern, ports in _MANAGERS + _CALLS * text.key.endswith(".py"):
                if found := re.search(pattern, words):
                    evidence = Evidence("inferred", workload, text=text.without_value())
                    reason = Reason("fetches", (found[0],))
                    yield Edge(WorkloadPeer(workload), _INTERNET, tuple(map(Port, ports)), reason, evidence)
            for _, pattern, host in _CLIENTS + _REGIONAL:
                if found := re.search(pattern, words):
                    evidence = Evidence("inferred", workload, text=text.without_value())
                    reason = Reason("own-client", (found[0].strip(),))
                    yield Edge(WorkloadPeer(workload), InternetPeer(host), (Port(443),), reason, evidence)


def _commands(text: Text) -> str:
    """Its lines without those that are comments."""
    if text.is_arguments:
        return text.value
    return "\n".join(line for line in text.value.split("\n") if not line.lstrip().startswith("#"))
