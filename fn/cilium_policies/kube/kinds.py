"""What is read of the objects of an input, and by whom: a line for each module of `evidence/`, and what the finding of
workloads and the plan read. The kinds wake a module; an inventory keeps these kinds and these fields, and no others
(a test watches what is read). It stands here and not in the modules so that a run imports only those that it needs."""

from __future__ import annotations

from cilium_policies.kube.secret_writers import WRITERS
from cilium_policies.lean import NamedTuple

Fields = dict[
    str, tuple[str, ...]
]  # kind → fields, as dotted paths; name, labels and annotations are always read

WHOLE = "*"  # in place of a field: all of them
CILIUM_POLICIES = ("CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy")
ROUTE_KINDS = ("HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute")  # of the Gateway API


class Reads(NamedTuple):
    """`wakes`: the module is imported where one of these stands in the input (none: always; it reads workloads and
    Services). `beside`: what it looks up then. `said`: it is imported only where a workload's text holds this word."""

    wakes: Fields = {}  # noqa: RUF012
    beside: Fields = {}  # noqa: RUF012
    said: str = ""


def _specs(*kinds: str) -> Fields:
    return dict.fromkeys(kinds, ("spec",))


_ROUTES = _specs(*ROUTE_KINDS)
_GATEWAYS = {
    **_specs("GatewayClass", "IngressClass", "ListenerSet", "XListenerSet", "EnvoyProxy", "ReferenceGrant"),
    "Namespace": (),
}
_ACCOUNTS: Fields = {"ServiceAccount": ("automountServiceAccountToken", "secrets")}
_ACCESS: Fields = {
    **dict.fromkeys(("Role", "ClusterRole"), ("rules", "aggregationRule")),
    **dict.fromkeys(("RoleBinding", "ClusterRoleBinding"), ("roleRef", "subjects")),
    **_ACCOUNTS,
}
_SECRETS: Fields = {"Secret": ("data", "stringData", "sops"), **_specs(*WRITERS)}
_CONFIGURATION: Fields = {"ConfigMap": ("data", "sops"), **_SECRETS}
# Whom cert-manager calls for it; of its other kinds that they are set says that nobody is.
_ISSUER = ("spec.acme.server", "spec.acme.solvers", "spec.vault", "spec.venafi", "spec.ca", "spec.selfSigned")
_CERTIFIED: Fields = {
    "Issuer": _ISSUER,
    "ClusterIssuer": _ISSUER,
    "Certificate": ("spec.dnsNames", "spec.commonName", "spec.issuerRef"),
    **_specs("IPAddressPool", "CiliumLoadBalancerIPPool", "DNSEndpoint"),
}

# module of evidence/ → what it reads, in the order in which they run
EVIDENCE: dict[str, Reads] = {
    "services": Reads(),
    "listeners": Reads(_specs("Gateway"), {**_GATEWAYS, **_specs("ClientTrafficPolicy")}),
    "routes": Reads(
        _ROUTES,
        {**_GATEWAYS, **_specs("Gateway", "Backend", "BackendTLSPolicy", "HTTPRouteFilter", "InferencePool")},
    ),
    "inference_pools": Reads(_specs("InferencePool")),
    "ingresses": Reads(
        _specs("Ingress", "IngressRoute", "IngressRouteTCP", "IngressRouteUDP", "VirtualService"),
        {**_GATEWAYS, **_specs("TraefikService", "Middleware", "IngressClassParams")},
    ),
    "external_names": Reads(_specs("Ingress", "IngressRoute", "IngressRouteTCP", "IngressRouteUDP")),
    "load_balancers": Reads(_specs("TargetGroupBinding", "BackendConfig", "HealthCheckPolicy")),
    # The kinds that the catalogue's entries name under `routes`, and what says the domain of those without a name and
    # how their proxy is published.
    "routed": Reads(
        {"": ()}, _specs("Ingress", "IngressController", "IPAddressPool", "CiliumLoadBalancerIPPool")
    ),
    "monitors": Reads(
        {},
        {
            **_specs("ServiceMonitor", "PodMonitor", "VMServiceScrape", "VMPodScrape", "VMNodeScrape"),
            **_specs("PodMonitoring", "ClusterPodMonitoring"),
            "Namespace": (),
            **_ACCESS,
        },
    ),
    "scrape_targets": Reads(_specs("Probe", "VMProbe", "ScrapeConfig", "VMScrapeConfig", "VMStaticScrape")),
    "webhooks": Reads(
        {
            **dict.fromkeys(
                ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"), ("webhooks",)
            ),
            "CustomResourceDefinition": (
                "spec.group",
                "spec.conversion.strategy",
                "spec.conversion.webhook.clientConfig.service",
            ),
            **_specs("APIService"),
        }
    ),
    "api_access": Reads({}, _ACCESS),
    "cloud_identity": Reads({}, _ACCOUNTS),
    "configuration": Reads({}, {**_CONFIGURATION, **_CERTIFIED}),
    "extensions": Reads(
        {**_specs("Gateway"), **_ROUTES},
        _specs(
            "BackendTrafficPolicy", "SecurityPolicy", "EnvoyExtensionPolicy", "EnvoyPatchPolicy", "EnvoyProxy"
        ),
    ),
    "peers": Reads(),
    "network_policies": Reads(
        dict.fromkeys(
            ("NetworkPolicy", "CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy"), ("spec", "specs")
        )
    ),
    "inferred": Reads(),
    "fetched": Reads(),
    "mail_servers": Reads(said="smtpd_"),
    "discovered": Reads({}, _ACCESS, "kubernetes_sd_configs"),
    "probed": Reads(said="__param_target"),
    "caches": Reads(),
    "tokens": Reads(),
    "advertised": Reads(),
    "acme_servers": Reads({"Issuer": _ISSUER, "ClusterIssuer": _ISSUER}, _CERTIFIED),
    "challenges": Reads(
        {"Issuer": _ISSUER, "ClusterIssuer": _ISSUER},
        {**_CERTIFIED, **_GATEWAYS, **_specs("Gateway", "Ingress", "IngressClassParams")},
    ),
}

_RELEASE = (
    "chart", "chartRef", "kubeConfig", "postRenderers", "releaseName", "targetNamespace", "values", "valuesFrom",
    "version", "repo", "valuesContent", "set",
)  # fmt: skip
# What the finding of workloads, their owners and the plan read.
_OTHERS: Fields = {
    "Namespace": (),
    "Node": (),
    "Endpoints": ("subsets",),
    "EndpointSlice": ("addressType", "endpoints", "ports"),
    **_specs("Service", "CiliumLocalRedirectPolicy", "HorizontalPodAutoscaler", "ScaledObject"),
    **_specs("CiliumCIDRGroup", "Application", "ApplicationSet"),
    **_CONFIGURATION,
    **_ACCOUNTS,
    **dict.fromkeys(
        ("HelmRelease", "HelmChart", "HelmChartConfig"), tuple(f"spec.{one}" for one in _RELEASE)
    ),
    "SecretProviderClass": ("spec.parameters.objects",),
    "OCIRepository": ("spec.url", "spec.ref"),
    "HelmRepository": ("spec.url", "spec.type"),
    "Kustomization": (
        *("spec.targetNamespace", "spec.postBuild", "spec.kubeConfig"),  # of Flux
        *("helmCharts", "helmChartInflationGenerator", "namespace"),  # of kustomize
    ),
    "HelmChartInflationGenerator": (WHOLE,),
}


def _united() -> Fields:
    """kind → every field of it that somebody reads."""
    found: dict[str, dict[str, None]] = {}
    declared = [_OTHERS, *(part for reads in EVIDENCE.values() for part in (reads.wakes, reads.beside))]
    for kind, fields in (row for part in declared for row in part.items()):
        found.setdefault(kind, {}).update(dict.fromkeys(fields))
    found.pop("")
    return {kind: tuple(fields) for kind, fields in found.items()}


FIELDS = _united()
READ_KINDS = frozenset(FIELDS)
