"""Programs that fetch packages or models when they start: a container's command, or a script that it mounts, that calls
a package manager needs the internet, and no address stands anywhere. The command is the evidence; the registry is
whatever the manager is set up for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cilium_policies.evidence.edge import Edge, Evidence, InternetPeer, WorkloadPeer
from cilium_policies.evidence.given import Given
from cilium_policies.evidence.reasons import Reason
from cilium_policies.kube.ports import Port
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Text

# The words of a command that fetch, and the ports: Alpine's and Debian's mirrors are mostly plain HTTP.
_MANAGERS = (
    (r"\b(uvx|npx|pipx run|bunx)\b", (443,)),
    (r"\bpip3?[\"']? install\b", (443,)),
    (r"\buv (pip|tool|sync|run)\b", (443,)),
    (r"\b(npm|pnpm|yarn) (install|ci|add|exec)\b", (443,)),
    (r"\bgem install\b", (443,)),
    (r"\b(go|cargo|playwright) install\b", (443,)),
    (r"\bcomposer (install|require)\b", (443,)),
    (r"\b(ollama pull|hf download|huggingface-cli download)\b", (443,)),
    (r"\bapk (--\S+ )*add\b", (80, 443)),
    (r"\bapt(-get)? (-\S+ )*(install|update)\b", (80, 443)),
)
# Calls of Python's libraries that load a model from Hugging Face's hub.
_CALLS = ((r"\b(from_pretrained|snapshot_download|hf_hub_download)(?=\()", (443,)),)
_SCRIPTS = (".sh", ".bash", ".py")
# One of these stands in each of them; most commands hold none.
_TELLING = ("uv", "px", "pip", "npm", "yarn", "install", "apk", "apt", "from_pretrained", "download")
_INTERNET = InternetPeer()


def edges(cluster: Cluster, given: Given) -> Iterator[Edge]:
    """A workload whose command, arguments or mounted scripts call a package manager, to the internet."""
    for workload in cluster.workloads:
        if workload.host_network:
            continue
        for text in workload.texts:
            if not (text.is_arguments or _is_script(text)):
                continue
            if not any(word in text.value for word in _TELLING):
                continue
            words = " ".join(_commands(text).split())
            for pattern, ports in _MANAGERS + _CALLS * text.key.endswith(".py"):
                if found := re.search(pattern, words):
                    evidence = Evidence("inferred", workload, text=text.without_value())
                    reason = Reason("fetches", (found[0],))
                    yield Edge(WorkloadPeer(workload), _INTERNET, tuple(map(Port, ports)), reason, evidence)


def _is_script(text: Text) -> bool:
    return text.kind == "entry" and (text.key.endswith(_SCRIPTS) or text.value.startswith("#!"))


def _commands(text: Text) -> str:
    """Its lines without those that are comments."""
    if text.is_arguments:
        return text.value
    return "\n".join(line for line in text.value.split("\n") if not line.lstrip().startswith("#"))
