"""The schema of the config, made from function-definition.yaml: do not edit."""

# ruff: noqa: E501
from cilium_policies.lean import Any

SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["apiVersion", "kind"],
    "properties": {
        "apiVersion": {
            "type": "string",
            "enum": ["cilium-policies.fn/v1alpha1"],
        },
        "kind": {
            "type": "string",
            "enum": ["CiliumPolicies"],
        },
        "metadata": {
            "type": "object",
            "additionalProperties": True,
        },
        "spec": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "enabled": {
                    "type": "boolean",
                },
                "action": {
                    "type": "string",
                    "enum": ["generate", "check"],
                },
                "mode": {
                    "type": "string",
                    "enum": ["audit", "enforce"],
                },
                "namespaces": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        "include": {
                            "type": "array",
                            "items": {
                                "type": "string",
                                "minLength": 1,
                            },
                        },
                        "exclude": {
                            "type": "array",
                            "items": {
                                "type": "string",
                                "minLength": 1,
                            },
                        },
                        "overrides": {
                            "type": "object",
                            "additionalProperties": {
                                "type": "object",
                                "additionalProperties": False,
                                "required": ["mode"],
                                "properties": {
                                    "mode": {
                                        "oneOf": [
                                            {
                                                "type": "string",
                                                "enum": ["off", "audit", "enforce"],
                                            },
                                            {
                                                "type": "object",
                                                "additionalProperties": False,
                                                "properties": {
                                                    "ingress": {
                                                        "type": "string",
                                                        "enum": ["off", "audit", "enforce"],
                                                    },
                                                    "egress": {
                                                        "type": "string",
                                                        "enum": ["off", "audit", "enforce"],
                                                    },
                                                },
                                            },
                                        ],
                                    },
                                },
                            },
                        },
                        "declaredOnly": {
                            "type": "boolean",
                        },
                        "uncovered": {
                            "type": "string",
                            "enum": ["deny", "audit", "audit-guessed"],
                        },
                        "default": {
                            "type": "string",
                            "pattern": "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$",
                            "example": "my-namespace",
                        },
                    },
                },
                "rollout": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["phases"],
                    "properties": {
                        "phases": {
                            "type": "array",
                            "items": {
                                "type": "array",
                                "items": {
                                    "type": "string",
                                    "minLength": 1,
                                },
                            },
                        },
                        "accepted": {
                            "type": "integer",
                            "minimum": 0,
                        },
                        "phase": {
                            "type": "integer",
                            "minimum": 0,
                        },
                    },
                },
                "cluster": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        "domain": {
                            "type": "string",
                            "minLength": 1,
                        },
                        "distribution": {
                            "type": "string",
                            "minLength": 1,
                        },
                        "ciliumVersion": {
                            "type": "string",
                            "pattern": "^v?[0-9]+[.][0-9]+([.][0-9]+)?([-+].*)?$",
                            "example": "1.18",
                        },
                        "apiServer": {
                            "type": "object",
                            "additionalProperties": False,
                            "properties": {
                                "ports": {
                                    "type": "array",
                                    "items": {
                                        "type": "integer",
                                        "minimum": 1,
                                        "maximum": 65535,
                                    },
                                },
                            },
                        },
                        "dns": {
                            "type": "object",
                            "additionalProperties": False,
                            "properties": {
                                "namespace": {
                                    "type": "string",
                                    "pattern": "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$",
                                    "example": "my-namespace",
                                },
                                "labels": {
                                    "type": "object",
                                    "additionalProperties": {
                                        "type": "string",
                                    },
                                },
                                "ports": {
                                    "type": "array",
                                    "items": {
                                        "type": "integer",
                                        "minimum": 1,
                                        "maximum": 65535,
                                    },
                                },
                                "addresses": {
                                    "type": "array",
                                    "items": {
                                        "type": "string",
                                        "minLength": 1,
                                    },
                                },
                                "nodeLocal": {
                                    "type": "boolean",
                                },
                            },
                        },
                        "scrapers": {
                            "type": "array",
                            "items": {
                                "oneOf": [
                                    {
                                        "type": "string",
                                        "pattern": "^(kube-apiserver|dns|scraper|gateway|ingress-clients|host|remote-node|world|internet|same-namespace|all-pods|none|(component|namespace|cidr|fqdn):.+)$",
                                        "example": "{pod: shop/web}",
                                    },
                                    {
                                        "type": "object",
                                        "additionalProperties": False,
                                        "required": ["pod"],
                                        "properties": {
                                            "pod": {
                                                "type": "string",
                                                "pattern": "^[^/]+/[^/]+$",
                                                "example": "shop/web",
                                            },
                                        },
                                    },
                                    {
                                        "type": "object",
                                        "additionalProperties": False,
                                        "required": ["service"],
                                        "properties": {
                                            "service": {
                                                "type": "string",
                                                "pattern": "^[^/]+/[^/]+$",
                                                "example": "shop/web",
                                            },
                                        },
                                    },
                                    {
                                        "type": "object",
                                        "additionalProperties": False,
                                        "required": ["namespace"],
                                        "properties": {
                                            "namespace": {
                                                "type": "string",
                                                "minLength": 1,
                                            },
                                        },
                                    },
                                    {
                                        "type": "object",
                                        "additionalProperties": False,
                                        "required": ["labels"],
                                        "properties": {
                                            "labels": {
                                                "type": "object",
                                                "additionalProperties": False,
                                                "required": ["matchLabels"],
                                                "example": "{namespace: kube-system, matchLabels: {app: konnectivity-agent}}",
                                                "properties": {
                                                    "namespace": {
                                                        "type": "string",
                                                        "minLength": 1,
                                                    },
                                                    "matchLabels": {
                                                        "type": "object",
                                                        "additionalProperties": {
                                                            "type": "string",
                                                        },
                                                    },
                                                },
                                            },
                                        },
                                    },
                                    {
                                        "type": "object",
                                        "additionalProperties": False,
                                        "required": ["cidr"],
                                        "properties": {
                                            "cidr": {
                                                "type": "string",
                                                "minLength": 1,
                                            },
                                            "except": {
                                                "type": "array",
                                                "items": {
                                                    "type": "string",
                                                    "minLength": 1,
                                                },
                                            },
                                        },
                                    },
                                    {
                                        "type": "object",
                                        "additionalProperties": False,
                                        "required": ["fqdn"],
                                        "properties": {
                                            "fqdn": {
                                                "type": "string",
                                                "minLength": 1,
                                            },
                                        },
                                    },
                                ],
                            },
                        },
                        "gateways": {
                            "type": "array",
                            "items": {
                                "oneOf": [
                                    {
                                        "type": "string",
                                        "pattern": "^(kube-apiserver|dns|scraper|gateway|ingress-clients|host|remote-node|world|internet|same-namespace|all-pods|none|(component|namespace|cidr|fqdn):.+)$",
                                        "example": "{pod: shop/web}",
                                    },
                                    {
                                        "type": "object",
                                        "additionalProperties": False,
                                        "required": ["pod"],
                                        "properties": {
                                            "pod": {
                                                "type": "string",
                                                "pattern": "^[^/]+/[^/]+$",
                                                "example": "shop/web",
                                            },
                                        },
                                    },
                                    {
                                        "type": "object",
                                        "additionalProperties": False,
                                        "required": ["service"],
                                        "properties": {
                                            "service": {
                                                "type": "string",
                                                "pattern": "^[^/]+/[^/]+$",
                                                "example": "shop/web",
                                            },
                                        },
                                    },
                                    {
                                        "type": "object",
                                        "additionalProperties": False,
                                        "required": ["namespace"],
                                        "properties": {
                                            "namespace": {
                                                "type": "string",
                                                "minLength": 1,
                                            },
                                        },
                                    },
                                    {
                                        "type": "object",
                                        "additionalProperties": False,
                                        "required": ["labels"],
                                        "properties": {
                                            "labels": {
                                                "type": "object",
                                                "additionalProperties": False,
                                                "required": ["matchLabels"],
                                                "example": "{namespace: kube-system, matchLabels: {app: konnectivity-agent}}",
                                                "properties": {
                                                    "namespace": {
                                                        "type": "string",
                                                        "minLength": 1,
                                                    },
                                                    "matchLabels": {
                                                        "type": "object",
                                                        "additionalProperties": {
                                                            "type": "string",
                                                        },
                                                    },
                                                },
                                            },
                                        },
                                    },
                                    {
                                        "type": "object",
                                        "additionalProperties": False,
                                        "required": ["cidr"],
                                        "properties": {
                                            "cidr": {
                                                "type": "string",
                                                "minLength": 1,
                                            },
                                            "except": {
                                                "type": "array",
                                                "items": {
                                                    "type": "string",
                                                    "minLength": 1,
                                                },
                                            },
                                        },
                                    },
                                    {
                                        "type": "object",
                                        "additionalProperties": False,
                                        "required": ["fqdn"],
                                        "properties": {
                                            "fqdn": {
                                                "type": "string",
                                                "minLength": 1,
                                            },
                                        },
                                    },
                                ],
                            },
                        },
                        "nodeCIDRs": {
                            "type": "array",
                            "items": {
                                "type": "string",
                                "minLength": 1,
                            },
                        },
                        "loadBalancerCIDRs": {
                            "type": "array",
                            "items": {
                                "type": "string",
                                "minLength": 1,
                            },
                        },
                        "privateCIDRs": {
                            "type": "array",
                            "items": {
                                "type": "string",
                                "minLength": 1,
                            },
                        },
                        "identityLabels": {
                            "type": "array",
                            "items": {
                                "type": "string",
                                "minLength": 1,
                            },
                        },
                        "fqdn": {
                            "oneOf": [
                                {
                                    "type": "boolean",
                                },
                                {
                                    "type": "string",
                                    "enum": ["known", "all"],
                                },
                            ],
                        },
                        "probes": {
                            "type": "string",
                            "enum": ["auto", "rules"],
                        },
                    },
                },
                "components": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        "disable": {
                            "type": "array",
                            "items": {
                                "type": "string",
                                "minLength": 1,
                            },
                        },
                        "define": {
                            "type": "array",
                            "items": {
                                "type": "object",
                                "required": ["component"],
                                "additionalProperties": True,
                                "properties": {
                                    "component": {
                                        "type": "string",
                                        "minLength": 1,
                                    },
                                },
                            },
                        },
                    },
                },
                "trust": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        "foreign": {
                            "type": "string",
                            "enum": ["allow", "announce", "deny"],
                        },
                        "grants": {
                            "type": "array",
                            "items": {
                                "type": "object",
                                "additionalProperties": False,
                                "required": ["from", "to"],
                                "properties": {
                                    "from": {
                                        "type": "string",
                                        "minLength": 1,
                                    },
                                    "to": {
                                        "type": "string",
                                        "minLength": 1,
                                    },
                                },
                            },
                        },
                        "components": {
                            "type": "object",
                            "additionalProperties": {
                                "type": "array",
                                "items": {
                                    "type": "string",
                                    "minLength": 1,
                                },
                            },
                        },
                    },
                },
                "allow": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["from", "to"],
                        "properties": {
                            "from": {
                                "oneOf": [
                                    {
                                        "type": "string",
                                        "pattern": "^(kube-apiserver|dns|scraper|gateway|ingress-clients|host|remote-node|world|internet|same-namespace|all-pods|none|(component|namespace|cidr|fqdn):.+)$",
                                        "example": "{pod: shop/web}",
                                    },
                                    {
                                        "type": "object",
                                        "additionalProperties": False,
                                        "required": ["pod"],
                                        "properties": {
                                            "pod": {
                                                "type": "string",
                                                "pattern": "^[^/]+/[^/]+$",
                                                "example": "shop/web",
                                            },
                                        },
                                    },
                                    {
                                        "type": "object",
                                        "additionalProperties": False,
                                        "required": ["service"],
                                        "properties": {
                                            "service": {
                                                "type": "string",
                                                "pattern": "^[^/]+/[^/]+$",
                                                "example": "shop/web",
                                            },
                                        },
                                    },
                                    {
                                        "type": "object",
                                        "additionalProperties": False,
                                        "required": ["namespace"],
                                        "properties": {
                                            "namespace": {
                                                "type": "string",
                                                "minLength": 1,
                                            },
                                        },
                                    },
                                    {
                                        "type": "object",
                                        "additionalProperties": False,
                                        "required": ["labels"],
                                        "properties": {
                                            "labels": {
                                                "type": "object",
                                                "additionalProperties": False,
                                                "required": ["matchLabels"],
                                                "example": "{namespace: kube-system, matchLabels: {app: konnectivity-agent}}",
                                                "properties": {
                                                    "namespace": {
                                                        "type": "string",
                                                        "minLength": 1,
                                                    },
                                                    "matchLabels": {
                                                        "type": "object",
                                                        "additionalProperties": {
                                                            "type": "string",
                                                        },
                                                    },
                                                },
                                            },
                                        },
                                    },
                                    {
                                        "type": "object",
                                        "additionalProperties": False,
                                        "required": ["cidr"],
                                        "properties": {
                                            "cidr": {
                                                "type": "string",
                                                "minLength": 1,
                                            },
                                            "except": {
                                                "type": "array",
                                                "items": {
                                                    "type": "string",
                                                    "minLength": 1,
                                                },
                                            },
                                        },
                                    },
                                    {
                                        "type": "object",
                                        "additionalProperties": False,
                                        "required": ["fqdn"],
                                        "properties": {
                                            "fqdn": {
                                                "type": "string",
                                                "minLength": 1,
                                            },
                                        },
                                    },
                                ],
                            },
                            "to": {
                                "oneOf": [
                                    {
                                        "type": "string",
                                        "pattern": "^(kube-apiserver|dns|scraper|gateway|ingress-clients|host|remote-node|world|internet|same-namespace|all-pods|none|(component|namespace|cidr|fqdn):.+)$",
                                        "example": "{pod: shop/web}",
                                    },
                                    {
                                        "type": "object",
                                        "additionalProperties": False,
                                        "required": ["pod"],
                                        "properties": {
                                            "pod": {
                                                "type": "string",
                                                "pattern": "^[^/]+/[^/]+$",
                                                "example": "shop/web",
                                            },
                                        },
                                    },
                                    {
                                        "type": "object",
                                        "additionalProperties": False,
                                        "required": ["service"],
                                        "properties": {
                                            "service": {
                                                "type": "string",
                                                "pattern": "^[^/]+/[^/]+$",
                                                "example": "shop/web",
                                            },
                                        },
                                    },
                                    {
                                        "type": "object",
                                        "additionalProperties": False,
                                        "required": ["namespace"],
                                        "properties": {
                                            "namespace": {
                                                "type": "string",
                                                "minLength": 1,
                                            },
                                        },
                                    },
                                    {
                                        "type": "object",
                                        "additionalProperties": False,
                                        "required": ["labels"],
                                        "properties": {
                                            "labels": {
                                                "type": "object",
                                                "additionalProperties": False,
                                                "required": ["matchLabels"],
                                                "example": "{namespace: kube-system, matchLabels: {app: konnectivity-agent}}",
                                                "properties": {
                                                    "namespace": {
                                                        "type": "string",
                                                        "minLength": 1,
                                                    },
                                                    "matchLabels": {
                                                        "type": "object",
                                                        "additionalProperties": {
                                                            "type": "string",
                                                        },
                                                    },
                                                },
                                            },
                                        },
                                    },
                                    {
                                        "type": "object",
                                        "additionalProperties": False,
                                        "required": ["cidr"],
                                        "properties": {
                                            "cidr": {
                                                "type": "string",
                                                "minLength": 1,
                                            },
                                            "except": {
                                                "type": "array",
                                                "items": {
                                                    "type": "string",
                                                    "minLength": 1,
                                                },
                                            },
                                        },
                                    },
                                    {
                                        "type": "object",
                                        "additionalProperties": False,
                                        "required": ["fqdn"],
                                        "properties": {
                                            "fqdn": {
                                                "type": "string",
                                                "minLength": 1,
                                            },
                                        },
                                    },
                                ],
                            },
                            "ports": {
                                "type": "array",
                                "items": {
                                    "type": "string",
                                    "pattern": "^([0-9]{1,5}(-[0-9]{1,5})?(/(TCP|UDP|SCTP))?|[0-9]{1,3}/ICMP(v6)?)$",
                                    "example": "8080/TCP",
                                },
                            },
                            "why": {
                                "type": "string",
                            },
                            "namespaces": {
                                "type": "array",
                                "items": {
                                    "type": "string",
                                    "minLength": 1,
                                },
                            },
                            "http": {
                                "type": "array",
                                "items": {
                                    "type": "object",
                                    "additionalProperties": False,
                                    "properties": {
                                        "method": {
                                            "type": "string",
                                            "minLength": 1,
                                        },
                                        "path": {
                                            "type": "string",
                                            "minLength": 1,
                                        },
                                    },
                                },
                            },
                            "dns": {
                                "type": "array",
                                "items": {
                                    "type": "string",
                                    "minLength": 1,
                                },
                            },
                        },
                    },
                },
                "deny": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "additionalProperties": False,
                        "properties": {
                            "from": {
                                "oneOf": [
                                    {
                                        "type": "string",
                                        "pattern": "^(kube-apiserver|dns|scraper|gateway|ingress-clients|host|remote-node|world|internet|same-namespace|all-pods|none|(component|namespace|cidr|fqdn):.+)$",
                                        "example": "{pod: shop/web}",
                                    },
                                    {
                                        "type": "object",
                                        "additionalProperties": False,
                                        "required": ["pod"],
                                        "properties": {
                                            "pod": {
                                                "type": "string",
                                                "pattern": "^[^/]+/[^/]+$",
                                                "example": "shop/web",
                                            },
                                        },
                                    },
                                    {
                                        "type": "object",
                                        "additionalProperties": False,
                                        "required": ["service"],
                                        "properties": {
                                            "service": {
                                                "type": "string",
                                                "pattern": "^[^/]+/[^/]+$",
                                                "example": "shop/web",
                                            },
                                        },
                                    },
                                    {
                                        "type": "object",
                                        "additionalProperties": False,
                                        "required": ["namespace"],
                                        "properties": {
                                            "namespace": {
                                                "type": "string",
                                                "minLength": 1,
                                            },
                                        },
                                    },
                                    {
                                        "type": "object",
                                        "additionalProperties": False,
                                        "required": ["labels"],
                                        "properties": {
                                            "labels": {
                                                "type": "object",
                                                "additionalProperties": False,
                                                "required": ["matchLabels"],
                                                "example": "{namespace: kube-system, matchLabels: {app: konnectivity-agent}}",
                                                "properties": {
                                                    "namespace": {
                                                        "type": "string",
                                                        "minLength": 1,
                                                    },
                                                    "matchLabels": {
                                                        "type": "object",
                                                        "additionalProperties": {
                                                            "type": "string",
                                                        },
                                                    },
                                                },
                                            },
                                        },
                                    },
                                    {
                                        "type": "object",
                                        "additionalProperties": False,
                                        "required": ["cidr"],
                                        "properties": {
                                            "cidr": {
                                                "type": "string",
                                                "minLength": 1,
                                            },
                                            "except": {
                                                "type": "array",
                                                "items": {
                                                    "type": "string",
                                                    "minLength": 1,
                                                },
                                            },
                                        },
                                    },
                                    {
                                        "type": "object",
                                        "additionalProperties": False,
                                        "required": ["fqdn"],
                                        "properties": {
                                            "fqdn": {
                                                "type": "string",
                                                "minLength": 1,
                                            },
                                        },
                                    },
                                ],
                            },
                            "to": {
                                "oneOf": [
                                    {
                                        "type": "string",
                                        "pattern": "^(kube-apiserver|dns|scraper|gateway|ingress-clients|host|remote-node|world|internet|same-namespace|all-pods|none|(component|namespace|cidr|fqdn):.+)$",
                                        "example": "{pod: shop/web}",
                                    },
                                    {
                                        "type": "object",
                                        "additionalProperties": False,
                                        "required": ["pod"],
                                        "properties": {
                                            "pod": {
                                                "type": "string",
                                                "pattern": "^[^/]+/[^/]+$",
                                                "example": "shop/web",
                                            },
                                        },
                                    },
                                    {
                                        "type": "object",
                                        "additionalProperties": False,
                                        "required": ["service"],
                                        "properties": {
                                            "service": {
                                                "type": "string",
                                                "pattern": "^[^/]+/[^/]+$",
                                                "example": "shop/web",
                                            },
                                        },
                                    },
                                    {
                                        "type": "object",
                                        "additionalProperties": False,
                                        "required": ["namespace"],
                                        "properties": {
                                            "namespace": {
                                                "type": "string",
                                                "minLength": 1,
                                            },
                                        },
                                    },
                                    {
                                        "type": "object",
                                        "additionalProperties": False,
                                        "required": ["labels"],
                                        "properties": {
                                            "labels": {
                                                "type": "object",
                                                "additionalProperties": False,
                                                "required": ["matchLabels"],
                                                "example": "{namespace: kube-system, matchLabels: {app: konnectivity-agent}}",
                                                "properties": {
                                                    "namespace": {
                                                        "type": "string",
                                                        "minLength": 1,
                                                    },
                                                    "matchLabels": {
                                                        "type": "object",
                                                        "additionalProperties": {
                                                            "type": "string",
                                                        },
                                                    },
                                                },
                                            },
                                        },
                                    },
                                    {
                                        "type": "object",
                                        "additionalProperties": False,
                                        "required": ["cidr"],
                                        "properties": {
                                            "cidr": {
                                                "type": "string",
                                                "minLength": 1,
                                            },
                                            "except": {
                                                "type": "array",
                                                "items": {
                                                    "type": "string",
                                                    "minLength": 1,
                                                },
                                            },
                                        },
                                    },
                                    {
                                        "type": "object",
                                        "additionalProperties": False,
                                        "required": ["fqdn"],
                                        "properties": {
                                            "fqdn": {
                                                "type": "string",
                                                "minLength": 1,
                                            },
                                        },
                                    },
                                ],
                            },
                            "ports": {
                                "type": "array",
                                "items": {
                                    "type": "string",
                                    "pattern": "^[0-9]{1,5}(-[0-9]{1,5})?(/(TCP|UDP|SCTP))?$",
                                    "example": "8080/TCP",
                                },
                            },
                            "why": {
                                "type": "string",
                            },
                            "purpose": {
                                "type": "string",
                                "enum": ["telemetry", "updates"],
                            },
                            "namespaces": {
                                "type": "array",
                                "items": {
                                    "type": "string",
                                    "minLength": 1,
                                },
                            },
                        },
                    },
                },
                "clusterWide": {
                    "type": "boolean",
                },
                "inventory": {
                    "type": "string",
                    "minLength": 1,
                },
                "write": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        "sourceRef": {
                            "type": "object",
                            "additionalProperties": False,
                            "properties": {
                                "kind": {
                                    "type": "string",
                                    "enum": ["GitRepository", "OCIRepository", "Bucket", "ExternalArtifact"],
                                },
                                "name": {
                                    "type": "string",
                                    "minLength": 1,
                                },
                                "namespace": {
                                    "type": "string",
                                    "minLength": 1,
                                },
                            },
                        },
                        "pathPrefix": {
                            "type": "string",
                        },
                        "interval": {
                            "type": "string",
                            "pattern": "^([0-9]+([.][0-9]+)?(ms|s|m|h))+$",
                            "example": "1h",
                        },
                    },
                },
            },
        },
    },
}
