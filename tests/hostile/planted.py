"""Some thirty-eight hundred secrets in every spelling and every place that is read, in one cluster."""

from __future__ import annotations

import base64
import itertools

from tests.hostile.spellings import OF_SECRETS, SPELLINGS

CHARTS = (
    "oci://me:12/{a}@charts.example.com/x",
    "https://me:{a}?{b}@charts.example.com/x",
    "oci://me:{a}#{b}@charts.example.com",
    "https://me:{a}@{b}@charts.example.com/x",
    "oci://charts.example.com/x\nAPI_KEY: {a}",
    "https://charts.example.com/x {a}",
    "oci://charts.example.com/x\nlogin:{a}/{b}@{a}",
    "oci://charts.example.com/x me:{a}@{b}",
    "me:{a}@charts.example.com/x",
    "//me:{a}:{b}@charts.example.com/x",
)
_CONSONANTS = "bcdfghjklmnpqstvwxz"
PLACES = ("secret", "data", "env", "args", "map", "file", "template", "annotation", "values")


class Planter:
    """Fills spellings with secrets that are like no other text, and keeps them. They are words of letters alone: a
    filter by shape must not be what saves the day, and no namespace or domain is called like one with digits."""

    def __init__(self) -> None:
        self.planted: list[str] = []
        self._numbers = itertools.count(1)

    def fill(self, spelling: str) -> str:
        """One use of a spelling."""
        made = {part: f"tig{part}{_letters(next(self._numbers))}er" for part in "ab"}
        self.planted += [word for part, word in made.items() if f"{{{part}}}" in spelling]
        return spelling.format(**made)


def _letters(number: int) -> str:
    """A number in consonants."""
    more, digit = divmod(number, len(_CONSONANTS))
    return (_letters(more) if more else "") + _CONSONANTS[digit]


def cluster(plant: Planter) -> list[dict[str, object]]:
    """A namespace with one workload that reads all of it, and a HelmRelease."""
    texts = {place: {key: plant.fill(one) for key, one in SPELLINGS.items()} for place in PLACES}
    env = [{"name": key, "value": value} for key, value in texts["env"].items()]
    container = {
        "name": "c",
        "image": "e.example.com/x:1",
        "env": env,
        "args": [argument(key, value) for key, value in texts["args"].items()],
        "envFrom": [{"secretRef": {"name": name}} for name in ("secret", "data", "made")]
        + [{"configMapRef": {"name": "map"}}],
        "livenessProbe": {
            "httpGet": {
                "port": 8080,
                "path": plant.fill("/health?token={a}"),
                "httpHeaders": [{"name": "Authorization", "value": plant.fill("Bearer {a}")}],
            }
        },
        "readinessProbe": {
            "exec": {"command": ["sh", "-c", plant.fill("curl -u me:{a} http://api:8080/{b}")]}
        },
        "lifecycle": {
            "preStop": {"exec": {"command": ["curl", "-H", plant.fill("X-Key: {a}"), "http://api:8080/"]}},
            "postStart": {"httpGet": {"port": 8080, "host": "api.shop", "path": plant.fill("/{a}")}},
        },
    }
    notes = {f"example.com/{key.lower()}": value for key, value in texts["annotation"].items()}
    pod = {
        "containers": [container],
        "volumes": [{"name": "f", "configMap": {"name": "file"}}],
    }
    labels = {"app": "web"}
    files = {f"{key}.conf": line(key, value) + "filler: x\n" * 60 for key, value in texts["file"].items()}
    given = [argument(key, value) for key, value in texts["values"].items()]
    release = {
        "env": texts["values"],
        "controllers": {"main": {"containers": {"main": {"env": texts["values"], "args": given}}}},
        "adminPassword": plant.fill("{a}"),
        "auth": {"existing": {"value": plant.fill("{a}")}},
        "extraEnv": [{"name": key, "value": value} for key, value in texts["values"].items()],
        "configMaps": {"main": {"data": texts["values"]}},
        "networkpolicies": {
            "main": {"podSelector": {}, "policyTypes": ["Ingress"], "rules": {"ingress": [{}]}}
        },
        "secrets": {"main": {"stringData": texts["values"]}},
    }
    return [
        thing("v1", "Namespace", "shop", space=None),
        thing("v1", "Service", "api", spec={"selector": labels, "ports": [{"port": 8080}]}),
        thing("apps/v1", "Deployment", "web", notes, spec={
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels, "annotations": notes}, "spec": pod},
        }),
        # A policy that stands in a list, beside a Secret, and one that a release's values hold.
        {"apiVersion": "v1", "kind": "List", "items": [
            {**thing("v1", "Secret", "listed"), "stringData": {"PW": plant.fill("{a}")}},
            thing("networking.k8s.io/v1", "NetworkPolicy", "listed", spec={"podSelector": {"matchLabels": labels}}),
        ]},
        thing("source.toolkit.fluxcd.io/v1", "HelmRepository", "r", spec={
            "url": plant.fill("https://me:{a}@charts.example.com/x?token={b}"),
        }),
        *(
            thing("source.toolkit.fluxcd.io/v1", kind, f"r{number}", spec={"url": plant.fill(url)})
            for number, url in enumerate(CHARTS)
            for kind in ("HelmRepository", "OCIRepository")
        ),
        thing("source.toolkit.fluxcd.io/v1", "OCIRepository", "r", spec={
            "url": plant.fill("oci://me:{a}@charts.example.com/x"), "ref": {"tag": "1"},
        }),
        thing("networking.k8s.io/v1", "Ingress", "web", {
            "nginx.ingress.kubernetes.io/auth-url": plant.fill("https://me:{a}@auth.example.com/verify?token={b}"),
        }, spec={"rules": [{"host": "web.example.com", "http": {"paths": [
            {"path": "/", "pathType": "Prefix",
             "backend": {"service": {"name": "api", "port": {"number": 8080}}}},
        ]}}]}),
        thing("traefik.io/v1alpha1", "Middleware", "auth", spec={
            "forwardAuth": {"address": plant.fill("http://me:{a}@api.shop:8080/verify?key={b}")},
            "plugin": {"bouncer": {"crowdsecLapiKey": plant.fill("{a}"), "crowdsecLapiHost": "api.shop:8080"}},
            "headers": {"customRequestHeaders": {"Authorization": plant.fill("Basic {a}")}},
        }),
        thing("configuration.konghq.com/v1", "KongPlugin", "log", plugin="http-log", config={
            "http_endpoint": plant.fill("https://me:{a}@log.example.com/v1?token={b}"),
            "headers": {"apikey": plant.fill("{a}")},
        }),
        thing("postgresql.cnpg.io/v1", "Cluster", "db", spec={
            "instances": 1,
            "externalClusters": [{"name": "old", "connectionParameters": {
                "host": "old.example.com", "user": plant.fill("{a}"), "options": plant.fill("password={a}"),
            }}],
            "bootstrap": {"initdb": {"postInitSQL": [plant.fill("ALTER ROLE me PASSWORD '{a}'")]}},
        }),
        thing("monitoring.coreos.com/v1", "Prometheus", "p", spec={
            "remoteWrite": [{
                "url": plant.fill("https://me:{a}@write.example.com/api?token={b}"),
                "headers": {"X-Scope": plant.fill("{a}")},
            }],
        }),
        # What kubectl keeps of an object in its annotations, and headers that a policy compares.
        thing("cilium.io/v2", "CiliumNetworkPolicy", "own", {
            "kubectl.kubernetes.io/last-applied-configuration": plant.fill('{{"stringData": {{"X": "{a} {b}"}}}}'),
        }, spec={"endpointSelector": {"matchLabels": labels}, "egress": [{"toPorts": [{
            "ports": [{"port": "80", "protocol": "TCP"}],
            "rules": {"http": [{
                "headers": [plant.fill("Authorization: {a}")],
                "headerMatches": [{"name": "X-Key", "value": plant.fill("{a}")}],
            }]},
        }]}]}),
        thing("external-secrets.io/v1", "SecretStore", "hook", spec={"provider": {"webhook": {
            "url": plant.fill("https://me:{a}@hook.example.com/{b}?k={b}"), "body": plant.fill("{a}"),
        }}}),
        thing("monitoring.coreos.com/v1", "ServiceMonitor", "web", spec={
            "selector": {"matchLabels": labels}, "endpoints": [{"port": "http", "params": {"t": [plant.fill("{a}")]}}],
        }),
        {**thing("v1", "Secret", "secret"), "stringData": texts["secret"]},
        {**thing("v1", "Secret", "data"), "data": {
            key: base64.b64encode(value.encode()).decode() for key, value in texts["data"].items()
        }},
        {**thing("v1", "ConfigMap", "map"), "data": texts["map"]},
        {**thing("v1", "ConfigMap", "file"), "data": files},
        thing("external-secrets.io/v1", "ExternalSecret", "made", spec={
            "target": {"template": {"data": texts["template"]}},
        }),
        thing("helm.toolkit.fluxcd.io/v2", "HelmRelease", "app", spec={
            "chart": {"spec": {"chart": "app-template", "version": "4.1.1"}}, "values": release,
        }),
    ]  # fmt: skip


def argument(key: str, value: str) -> str:
    """A spelling among arguments: of what only its key calls a secret, with the key."""
    return f"--{key.lower()}={value}" if key in OF_SECRETS else value


def line(key: str, value: str) -> str:
    """The same in a file."""
    return f"{key.lower()}: {value}\n" if key in OF_SECRETS else f"{value}\n"


def thing(
    version: str, kind: str, name: str, notes: object = None, space: str | None = "shop", **rest: object
) -> dict:
    metadata = {
        "name": name,
        **({"namespace": space} if space else {}),
        **({"annotations": notes} if notes else {}),
    }
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **rest}


def deployment(
    name: str = "web",
    /,
    labels: dict[str, str] | None = None,
    notes: dict[str, str] | None = None,
    space: str = "a",
    **container: object,
) -> dict:
    """A Deployment whose pods have one container; `notes` are its annotations and theirs."""
    labels = labels or {"app": name}
    template = {
        "metadata": {"labels": labels, **({"annotations": notes} if notes else {})},
        "spec": {"containers": [{"name": "c", "image": "e.com/x:1", **container}]},
    }
    spec = {"selector": {"matchLabels": labels}, "template": template}
    return thing("apps/v1", "Deployment", name, notes, space=space, spec=spec)
