"""Annotations that the program's readers read as words; those of the catalogue's entries are known from there."""

from __future__ import annotations

from cilium_policies.kube import internal_balancers

NOTES = frozenset(
    """
    alb.ingress.kubernetes.io/healthcheck-port argocd.argoproj.io/tracking-id
    beta.cloud.google.com/backend-config cloud.google.com/backend-config
    cert-manager.io/cluster-issuer cert-manager.io/issuer
    external-dns.alpha.kubernetes.io/hostname external-dns.alpha.kubernetes.io/target
    helm.sh/hook helm.sh/chart helm.toolkit.fluxcd.io/name helm.toolkit.fluxcd.io/namespace
    meta.helm.sh/release-name meta.helm.sh/release-namespace kustomize.toolkit.fluxcd.io/name
    kustomize.toolkit.fluxcd.io/namespace kustomize.toolkit.fluxcd.io/substitute
    ingressclass.kubernetes.io/is-default-class kubernetes.io/ingress.class inject.istio.io/templates
    io.cilium/lb-ipam-ips lbipam.cilium.io/ips kube-vip.io/loadbalancerIPs metallb.io/loadBalancerIPs
    metallb.universe.tf/loadBalancerIPs load-balancer.hetzner.cloud/hostname loadbalancer.openstack.org/hostname
    loadbalancer.openstack.org/load-balancer-address
    service.beta.kubernetes.io/do-loadbalancer-hostname networking.istio.io/service-type
    service.beta.kubernetes.io/aws-load-balancer-type alb.ingress.kubernetes.io/group.name
    service.beta.kubernetes.io/aws-load-balancer-nlb-target-type
    service.beta.kubernetes.io/aws-load-balancer-target-group-attributes
    """.split()  # noqa: SIM905 -- as in vocabulary.py
).union(internal_balancers.notes())
