"""The sentences for reasons and evidence: for people, last of all. Nothing reads them back."""

from __future__ import annotations

from functools import lru_cache

from cilium_policies.evidence.edge import Evidence
from cilium_policies.evidence.reasons import Reason

_SENTENCES: dict[str, str] = {
    "stated": "needed by {0}",
    "calls-api": "calls the Kubernetes API",
    "calls-service": "calls {0}/{1}",
    "calls-unseen-service": "calls {0}/{1}, which is not in the input",
    "calls-gateway": "calls Gateway {0}/{1}",
    "calls-node-port": "calls a port of its node",
    "calls-own-node": "calls its own node",
    "calls-node": "calls the node {0}",
    "calls-talos": "calls the Talos API of the nodes",
    "calls-through-gateway": "calls {0} through the cluster's own gateway",
    "calls-local-host": "calls {0} in the local network",
    "calls-host": "calls {0}",
    "names-host": "its configuration names {0}",
    "calls-private-host": "calls {0}, which may be in the private network",
    "named-by-sentinel": "calls the Redis that Sentinel names",
    "named-by-lookup": "calls the queues that their lookup names",
    "calls-cloud": "calls the API of the cloud ({0})",
    "calls-cloud-privately": "calls private endpoints of the cloud ({0})",
    "cloud-identity": "asks the cloud for its identity",
    "mesh-tunnel": "the tunnel between members of the mesh ({0})",
    "delivers-mail": "a mail server that delivers without a relay",
    "has-token": "has a token for {0}, {1}",
    "caches-images": "images come through {0}, its cache",
    "checks-names": "checks over HTTP who controls {0}, for a certificate",
    "load-balancer": "requests through a load balancer outside the cluster",
    "called-by-configuration": "an address in the client's configuration",
    "fetches": "{0} fetches packages when it starts",
    "own-client": "{0} calls the API of its service",
    "server-of-key": "inferred from the key {0}: the only such server of the namespace",
    "brought-along": "bundled by the chart for its own pods",
    "through-gateway": "requests through Gateway {0}/{1}",
    "through-route": "requests through {0} {1}",
    "picks-among": "reads the load of the pods of InferencePool {0}/{1}",
    "gateway-extension": "Gateway {0}/{1} calls what {2} names",
    "gateway-clients": "clients of the gateway",
    "published": "clients of the {0} port",
    "published-by-proxy": "clients through its proxy",
    "host-port": "clients of the hostPort",
    "webhook": "{0}",
    "scrapes": "scrapes metrics",
    "probes-target": "probes a target",
    "kubelet-probes": "kubelet probes",
    "members": "members of the group",
    "policy": "wanted by {0} {1}",
    "dns": "DNS of every pod and node",
}


@lru_cache(maxsize=4096)
def reason_words(reason: Reason) -> str:
    """One short sentence without a full stop: "web UI through Gateway network/internal". Line breaks and the sign
    that separates the sentences of a description are taken out."""
    words = reason.words or _SENTENCES[reason.kind].format(*reason.parts)
    return " ".join(words.replace(";", ",").split()).rstrip(".")


def evidence_words(evidence: Evidence) -> str:
    """What says it: "HTTPRoute media/radarr", "Deployment shop/web env DATABASE_URL", "catalogue coredns"."""
    if evidence.component:
        return f"catalogue {evidence.component}"
    if evidence.subject is None:
        return evidence.field
    text = evidence.text
    if text is not None:
        return f"{evidence.subject} {text}" if text.source is None else str(text)
    return f"{evidence.subject} {evidence.field}" if evidence.field else str(evidence.subject)
