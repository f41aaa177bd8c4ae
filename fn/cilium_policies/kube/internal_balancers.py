"""Load balancers of the company's own network: the annotations that ask a cloud's controller for one."""

from __future__ import annotations

from cilium_policies.kube.objects import Mapping, text

_ANY = "*"  # whatever stands there but a no
_NO = ("", "false")
# kubernetes/website: concepts/services-networking/service.md, "Internal load balancer";
# kubernetes-sigs/aws-load-balancer-controller: guide/service/annotations.md and guide/ingress/annotations.md;
# Azure/application-gateway-kubernetes-ingress: docs/annotations.md
_INTERNAL = {
    "service.beta.kubernetes.io/aws-load-balancer-scheme": "internal",
    "service.beta.kubernetes.io/aws-load-balancer-internal": _ANY,
    "alb.ingress.kubernetes.io/scheme": "internal",
    "service.beta.kubernetes.io/azure-load-balancer-internal": "true",
    "appgw.ingress.kubernetes.io/use-private-ip": "true",
    "networking.gke.io/load-balancer-type": "internal",
    "cloud.google.com/load-balancer-type": "internal",
    "service.beta.kubernetes.io/oci-load-balancer-internal": "true",
    "service.beta.kubernetes.io/openstack-internal-load-balancer": "true",
    "service.kubernetes.io/ibm-load-balancer-cloud-provider-ip-type": "private",
    "service.beta.kubernetes.io/alibaba-cloud-loadbalancer-address-type": "intranet",
    "service.kubernetes.io/qcloud-loadbalancer-internal-subnetid": _ANY,
    "service.beta.kubernetes.io/cce-load-balancer-internal-vpc": "true",
}
# Of AWS, whose networks have public addresses by IPv6: who arrives there is told by no range.
_ADDRESSES = (
    "service.beta.kubernetes.io/aws-load-balancer-ip-address-type",
    "alb.ingress.kubernetes.io/ip-address-type",
)


def says_internal(said: Mapping) -> bool:
    """Whether annotations of a Service or an Ingress ask for a load balancer without public clients."""
    if any(text(said.get(one)).startswith("dualstack") for one in _ADDRESSES):
        return False
    told = ((text(said.get(one)).strip().lower(), wanted) for one, wanted in _INTERNAL.items())
    return any(value == wanted or (wanted == _ANY and value not in _NO) for value, wanted in told)


def notes() -> tuple[str, ...]:
    """All annotations that are asked."""
    return (*_INTERNAL, *_ADDRESSES)
