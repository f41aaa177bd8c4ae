"""Which kinds of objects are read, and by whom. What a module of `evidence/` looks at stands here once: the kinds wake
the module, and an inventory keeps them."""

from __future__ import annotations

from cilium_policies.lean import NamedTuple

ROUTE_KINDS = ("HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute")  # of the Gateway API


class Reads(NamedTuple):
    """`wakes`: the module is imported where one of these stands in the input (none: always; it reads workloads and
    Services). `beside`: what it looks up then."""

    wakes: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()


_GATEWAYS = (
    "GatewayClass",
    "IngressClass",
    "ListenerSet",
    "XListenerSet",
    "EnvoyProxy",
    "ReferenceGrant",
    "Namespace",
)
_ACCESS = ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding", "ServiceAccount")

# module of evidence/ → what it reads, in the order in which they run
EVIDENCE: dict[str, Reads] = {
    "services": Reads(),
    "listeners": Reads(("Gateway",), (*_GATEWAYS, "ClientTrafficPolicy")),
    "routes": Reads(ROUTE_KINDS, (*_GATEWAYS, "Gateway", "Backend", "BackendTLSPolicy", "HTTPRouteFilter")),
    "ingresses": Reads(
        ("Ingress", "IngressRoute", "IngressRouteTCP", "IngressRouteUDP", "VirtualService"),
        (*_GATEWAYS, "TraefikService", "Middleware"),
    ),
    "load_balancers": Reads(("TargetGroupBinding", "BackendConfig", "HealthCheckPolicy")),
    "routed": Reads(("",)),  # the kinds that the catalogue's entries name under `routes`
    "monitors": Reads(
        (),
        (
            "ServiceMonitor",
            "PodMonitor",
            "VMServiceScrape",
            "VMPodScrape",
            "VMNodeScrape",
            "PodMonitoring",
            "ClusterPodMonitoring",
            "Namespace",
            *_ACCESS,
        ),
    ),
    "scrape_targets": Reads(("Probe", "VMProbe", "ScrapeConfig", "VMScrapeConfig", "VMStaticScrape")),
    "webhooks": Reads(
        (
            "ValidatingWebhookConfiguration",
            "MutatingWebhookConfiguration",
            "CustomResourceDefinition",
            "APIService",
        )
    ),
    "api_access": Reads((), _ACCESS),
    "cloud_identity": Reads((), ("ServiceAccount",)),
    "configuration": Reads((), ("ConfigMap", "Secret", "ExternalSecret", "SealedSecret")),
    "extensions": Reads(
        ("Gateway", *ROUTE_KINDS),
        ("BackendTrafficPolicy", "SecurityPolicy", "EnvoyExtensionPolicy", "EnvoyPatchPolicy", "EnvoyProxy"),
    ),
    "peers": Reads(),
    "network_policies": Reads(("NetworkPolicy", "CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy")),
    "inferred": Reads(),
    "fetched": Reads(),
}

# What the finding of workloads, their owners and the plan read.
_OTHERS = frozenset(
    """
    Namespace Service Endpoints EndpointSlice ConfigMap Secret ExternalSecret SealedSecret ServiceAccount
    HelmRelease HelmChart HelmChartConfig OCIRepository HelmRepository Application ApplicationSet
    HelmChartInflationGenerator Kustomization
    CiliumLocalRedirectPolicy HorizontalPodAutoscaler ScaledObject CiliumCIDRGroup Node
    """.split()  # noqa: SIM905 -- a list of quoted words is no easier to read
)
READ_KINDS = _OTHERS | {kind for reads in EVIDENCE.values() for kind in (*reads.wakes, *reads.beside) if kind}
