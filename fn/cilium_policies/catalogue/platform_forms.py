"""The keys of distributions' and clouds' files, and the form of each value (the words are those of check.py)."""

from __future__ import annotations

DISTRIBUTION = {
    "distribution": "text",
    "what": "text",
    "sameAs": "text",
    "managed": "flag",
    "cloud": "text",
    "owns": "texts",
    "apiServer": "apiserver",
    "dns": "resolvers",
    "brings": "bundle",
    "identity": "ways",
    "tells": "when",
    "keys": "texts",
    "notes": "text",
    "checked": "text",
}
CLOUD = {
    "cloud": "text",
    "what": "text",
    "privateNames": "regexes",
    "services": "managed",
    "names": "hostnames",
    "identity": "identity",
    "loadBalancers": "balancers",
    "notes": "text",
    "checked": "text",
}
IDENTITY = {
    "accounts": "texts",
    "pods": "texts",
    "env": "regex",
    "args": "regex",
    "schemes": "texts",
    "endpoints": "regex",
}
MANAGED = {"host": "regex", "ports": "ports"}
BALANCER = {"controllers": "texts", "classes": "texts", "ranges": "texts"}
API_SERVER = {"ports": "numbers", "tunnel": "tunnel"}
LABELLED = {"namespace": "text", "labels": "strings"}
RESOLVERS = {
    "namespace": "text",
    "labels": "strings",
    "ports": "numbers",
    "addresses": "ranges",
    "nodeLocal": "flag",
}
RANGE = {"cidr": "text", "optional": "flag", "why": "text"}
BUNDLED = {
    "component": "text",
    "namespace": "text",
    "workload": "text",
    "kind": "text",
    "labels": "strings",
    "when": "when",
}
FILES = {"distribution": DISTRIBUTION, "cloud": CLOUD}
WAY = {"to": "text", "ports": "ports", "why": "text", "account": "text", "without": "text", "said": "flag"}
LISTS = {
    "ways": "way",
    "numbers": "number",
    "tunnel": "labelled",
    "ranges": "range",
    "bundle": "bundled",
    "regexes": "regex",
    "balancers": "balancer",
    "managed": "service-outside",
}
FORMS = {
    "way": WAY,
    "apiserver": API_SERVER,
    "labelled": LABELLED,
    "resolvers": RESOLVERS,
    "range": RANGE,
    "bundled": BUNDLED,
    "identity": IDENTITY,
    "balancer": BALANCER,
    "service-outside": MANAGED,
}
