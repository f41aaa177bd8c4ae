"""The keys of an entry and of its parts, each with the form of its value: what check.py holds an entry against."""

from __future__ import annotations

TOP = {
    "component": "text",
    "what": "text",
    "role": "role",
    "proxy": "proxies",
    "namespace": "text",
    "match": "labels",
    "images": "texts",
    "runs": "texts",
    "sharedLabels": "flag",
    "partLabel": "texts",
    "workload": "text",
    "hostNetwork": "flag",
    "serviceAccount": "text",
    "charts": "charts",
    "madeBy": "makers",
    "creates": "creations",
    "edges": "edges",
    "injects": "injections",
    "routes": "routes",
    "cloud": "texts",
    "makes": "makes",
    "reads": "reads",
    "embeds": "embedded",
    "writes": "writes",
    "ignores": "ignored",
    "usersCode": "flag",
    "makesNoPods": "texts",
    "opens": "opened",
    "notes": "text",
    "guessed": "flag",
    "observed": "seen",
    "checked": "text",
}
OBSERVED = {
    "chart": "text",
    "version": "text",
    "date": "text",
    "labels": "strings",
    "ports": "ports",
    "probes": "texts",
    "services": "texts",
    "api": "flag",
    "creates": "texts",
}
CHART = {
    "chart": "text",
    "publisher": "text",
    "values": "text",
    "name": "text",
    "enabled": "when",
    "default": "flag",
    "labels": "strings",
    "workload": "text",
    "services": "services",
    "serviceAccount": "text",
    "cut": "number",
}
MAKER = {
    "kind": "text",
    "group": "text",
    "labels": "strings",
    "sometimes": "strings",
    "beside": "flag",
    "config": "text",
    "workload": "text",
    "serviceAccount": "text",
    "enabled": "when",
    "default": "flag",
    "count": "text",
    "port": "port",
    "services": "services",
    "namespace": "text",
    "via": "via",
    "operator": "text",
    "given": "when",
}
CREATION = {
    "chart": "text",
    "name": "text",
    "cut": "number",
    "group": "text",
    "version": "text",
    "kind": "text",
    "enabled": "value",
    "default": "flag",
    "spec": "text",
    "object": "text",
    "renamed": "renamed",
    "service": "created",
    "defaults": "values",
    "selects": "selects",
    "dnsMonitor": "dnsmonitor",
}
DNS_MONITOR = {"values": "text", "name": "text", "kind": "text"}
RENAMED = {"value": "text", "object": "text"}
CREATED_SERVICE = {"name": "text", "port": "number", "app": "text"}
ROUTE = {
    "kind": "text",
    "group": "text",
    "backends": "texts",
    "name": "text",
    "port": "text",
    "target": "text",
    "protocol": "text",
    "nodes": "flag",
}
OPENS = {
    "when": "when",
    "each": "text",
    "lacks": "text",
    "operator": "text",
    "given": "when",
    "why": "text",
    "cure": "text",
}
MAKES = {
    "component": "text",
    "workload": "text",
    "labels": "strings",
    "inherit": "texts",
    "namespace": "regex",
    "like": "flag",
    "maker": "strings",
}
IGNORES = {"image": "text", "env": "regex"}
EMBEDS = {"kind": "text", "group": "text", "field": "text", "as": "text", "version": "text", "object": "text"}
PROXY = {
    "controller": "text",
    "owner": "text",
    "ownerNamespace": "text",
    "ownerClass": "text",
    "portShift": "number",
    "namespace": "text",
}
READS = {
    "kind": "text",
    "group": "text",
    "name": "text",
    "fields": "texts",
    "label": "text",
    "annotation": "text",
    "switches": "texts",
}
WRITES = {"of": "text", "kind": "text", "name": "text", "each": "text", "data": "strings"}
VIA = {"field": "text", "object": "text", "has": "text", "is": "text", "matches": "regex"}
EDGE = {
    "from": "peer",
    "to": "peer",
    "ports": "ports",
    "why": "text",
    "when": "when",
    "probe": "flag",
    "source": "text",
    "names": "hosts",
    "unnamed": "text",
    "added": "text",
    "purpose": "purpose",
    "every": "flag",
    "runtime": "flag",
    "seldom": "flag",
    "fallback": "flag",
    "part": "texts",
    "of": "texts",
    "by": "text",
}
HOSTS = {
    "when": "when",
    "object": "texts",
    "has": "texts",
    "lacks": "texts",
    "at": "texts",
    "repository": "texts",
    "is": "text",
    "matches": "regex",
    "hosts": "texts",
    "value": "texts",
    "field": "texts",
    "arg": "regex",
    "mentions": "mention",
    "names": "hostnames",
    "unknown": "flag",
    "optional": "flag",
    "absent": "flag",
    "why": "text",
    "for": "text",
    "usual": "hostnames",
    "env": "regex",
    "text": "regex",
    "required": "flag",
}
PURPOSES = ("telemetry", "updates")
CONDITION = {
    "value": "texts",
    "field": "texts",
    "object": "text",
    "has": "texts",
    "is": "text",
    "matches": "regex",
    "arg": "regex",
    "env": "regex",
    "text": "regex",
    "mentions": "mention",
    "distribution": "texts",
    "component": "text",
    "replicas": "number",
    "not": "when",
    "all": "when",
}
SERVICE = {"name": "text", "ports": "serviceports", "portsOf": "text"}
SERVICE_PORT = {"name": "text", "port": "text", "target": "text", "protocol": "text"}
PORT_FIELD = {"field": "text", "default": "text"}
WORDS = (
    "kube-apiserver",
    "dns",
    "scraper",
    "gateway",
    "ingress-clients",
    "host",
    "remote-node",
    "world",
    "internet",
    "same-namespace",
    "all-pods",
    "none",
)
# What a component is to others: the words of peers stand for some of them, a rollout comes late to others.
ROLES = ("gateway", "gateway-controller", "proxy", "scraper", "dns", "dns-cache", "storage")
PREFIXES = ("component:", "namespace:", "cidr:", "fqdn:")
WHEN_WORDS = ("peer", "evidence", "asked")
