"""What the policies of the examples allow, as a person reads it from the manifests: written by hand."""

from __future__ import annotations

import pytest

from tests.e2e.manifests import policies
from tests.tools import EXAMPLES

DNS = {
    "in nobody",
    "out kube-system:k8s-app=coredns|kube-dns 53/UDP",
    "out kube-system:k8s-app=coredns|kube-dns 53/TCP",
}
DENY = {"in nobody", "out nobody"}
ANYBODY = ("host", "remote-node", "world")

SHOP = {
    "shop/default-deny": DENY,
    "shop/allow-dns": DNS,
    # a LoadBalancer: clients arrive as themselves or as the node they came in by; the Service's 80 is the pods' 8080
    "shop/web": {*(f"in {who} 8080/TCP" for who in ANYBODY), "out name=api 8081/TCP"},
    # clients say 9000, the pods listen on 8081
    "shop/api": {"in name=web 8081/TCP", "out name=db 5432/TCP", "out 0.0.0.0/0 443/TCP", "out ::/0 443/TCP"},
    # a StatefulSet that says no number of replicas may get peers of its own from an autoscaler
    "shop/postgresql-db": {"in name=api 5432/TCP", "in name=db 5432/TCP", "out name=db 5432/TCP"},
}
RELOADER = {
    "reloader/default-deny": DENY,
    "reloader/allow-dns": DNS,
    "reloader/reloader": DENY,  # no scraper in sight, so its metrics port stays shut
    "reloader/allow-kube-apiserver": {
        "in nobody",
        "out kube-apiserver 443/TCP",
        "out kube-apiserver 6443/TCP",
    },
}
GUESTBOOK = {
    "guestbook/default-deny": DENY,
    "guestbook/allow-dns": DNS,
    "guestbook/frontend": {"in nobody", "out app=redis 6379/TCP"},
    "guestbook/redis": {"in app=frontend 6379/TCP", "out nobody"},
}
CACHE = "instance=blog,name=cache 6379/TCP"
BLOG = {
    "blog/default-deny": DENY,
    "blog/allow-dns": DNS,
    "blog/blog-server": {"in nobody", f"out {CACHE}"},
    "blog/redis-blog": {"in instance=blog,name=server 6379/TCP", "out nobody"},
}
BLOG_WITH_HOOK = {
    **BLOG,
    "blog/blog-migrate": {"in nobody", f"out {CACHE}"},
    "blog/redis-blog": {*BLOG["blog/redis-blog"], "in instance=blog,name=migrate 6379/TCP"},
}
INTERNET = "0.0.0.0/0", "::/0"
SAYS = {
    "kustomize-exec": SHOP | RELOADER,
    "kustomize-container": SHOP | RELOADER,
    "kubectl-container": SHOP | RELOADER,
    "stream": SHOP,  # its config excludes the namespace reloader
    "kpt-render": GUESTBOOK,
    "kpt-eval": GUESTBOOK,
    "helm": BLOG_WITH_HOOK,
    "helm-post-renderer": BLOG,
    "flux": {
        "notes/default-deny": DENY,
        "notes/allow-dns": DNS,
        "notes/notes": {"in nobody", *(f"out {where} 587/TCP" for where in INTERNET)},
    },
    "argocd": {
        "wiki/default-deny": DENY,
        "wiki/allow-dns": DNS,
        "wiki/wiki": {*(f"in {who} 3000/TCP" for who in ANYBODY), "out nobody"},
    },
    "layers": {
        "staging/default-deny": DENY,
        "staging/allow-dns": DNS,
        "staging/blue-producer": {
            "in nobody",
            "out app=nats,team=queue 4222/TCP",
            *(f"out {where} 443/TCP" for where in INTERNET),
        },
        # servers of NATS meet at 6222; how many there are is an autoscaler's to say
        "staging/nats-blue-nats": {
            "in app=producer,team=queue 4222/TCP",
            *(f"{way} app=nats,team=queue 6222/TCP" for way in ("in", "out")),
        },
    },
}
PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16"]


def said(policy):
    """Each flow that a policy allows, one a text."""
    return {
        flow
        for spec in policy.get("specs") or [policy["spec"]]
        for direction, word, side in (("ingress", "in", "from"), ("egress", "out", "to"))
        for rule in spec[direction]
        for flow in (
            f"{word} {peer} {port}".strip() for peer in peers(rule, side) for port in ports(rule, peer)
        )
    }


def peers(rule, side):
    if not rule:
        return ["nobody"]
    named = [labels(each) for each in rule.get(f"{side}Endpoints", [])] + rule.get(f"{side}Entities", [])
    for each in rule.get(f"{side}CIDRSet", []):
        assert each["except"] == (PRIVATE if "." in each["cidr"] else ["fc00::/7", "fe80::/10"])
        named.append(each["cidr"])
    return named


def labels(selector):
    """`name=web,instance=blog`, with the namespace in front where there is one."""
    match = dict(selector.get("matchLabels") or {})
    space = match.pop("k8s:io.kubernetes.pod.namespace", "")
    pairs = [f"{key.rpartition('/')[2]}={value}" for key, value in match.items()]
    pairs += [f"{each['key']}={'|'.join(each['values'])}" for each in selector.get("matchExpressions") or []]
    return (f"{space}:" if space else "") + ",".join(sorted(pairs))


def ports(rule, peer):
    if peer == "nobody":
        return [""]
    return [f"{port['port']}/{port['protocol']}" for group in rule["toPorts"] for port in group["ports"]]


@pytest.mark.parametrize("folder", SAYS)
def test_the_expected_output_allows_what_the_manifests_ask_for_and_nothing_else(folder):
    found = policies((EXAMPLES / folder / "expected.yaml").read_text())

    assert {name: said(policy) for name, policy in found.items()} == SAYS[folder]


@pytest.mark.parametrize("folder", SAYS)
def test_audit_carries_its_block_in_each_policy_and_enforce_in_none(folder):
    audits = folder in ("kustomize-exec", "argocd")

    found = policies((EXAMPLES / folder / "expected.yaml").read_text())

    assert found
    for policy in found.values():
        for spec in policy.get("specs") or [policy["spec"]]:
            assert ("enableDefaultDeny" in spec) == audits
