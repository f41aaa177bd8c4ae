"""Which places in a configuration are trusted to name a destination outside the cluster.

The name of a Service that exists, with a port it has, is strong evidence wherever it stands: nobody writes it
by chance, and the edge opens one port of one workload. A public name is weak evidence: configurations are full
of documentation, licences, images, an application's own address, and origins that only browsers call, and the
edge opens the Internet on a port. So the outside counts only where something is plainly *the value to call*:

- an environment variable (from a ConfigMap, Secret or ExternalSecret too) or a flag whose whole value is an
  address, unless its name says that others call it (`public`, `root`, `cors`, `callback` …) or it is no more
  than "my URL" (`BASE_URL`, `APP_URL`, `MEALIE_URL` of a workload called mealie);
- a positional argument that is an address, or an address on a line with curl, wget or git;
- in configuration files and custom resources, a field called `url`, `endpoint`, `address`, `server` or the
  like, under the same rules; never in dashboards, alerting rules, HTML, scripts of a browser and stylesheets;
- in a shell or Python script, a constant called like a variable, and an address in a command or call that sends a
  request.

Helm values speak of the inside only, but for those that are called like an environment variable (as `https_proxy` and
`httpsProxy`, too), for those that a chart writes as they stand into the program's own file, for devices
(`unopened.is_device`) and for servers that the catalogue lets the pods call or that an unknown chart's values name
(`unopened.is_of_an_edge`); a custom resource's field that is called so (`env: [{name: API_URL, value: …}]`) is one.
"""

from __future__ import annotations

import re

from cilium_policies.catalogue.ports import SCHEMES, SERVERS, WORDS
from cilium_policies.evidence.addresses import INTERFACE, REPOSITORY, Address
from cilium_policies.evidence.callers import is_called_so, is_called_there, is_no_configuration, is_script
from cilium_policies.evidence.host_keys import is_host_key, is_of_a_task, program_port
from cilium_policies.evidence.key_words import BROWSED, OF_WEBHOOKS, is_for_others, words
from cilium_policies.evidence.lists import is_list
from cilium_policies.evidence.public_names import ANYBODYS, is_local, is_namesakes, is_number, is_private
from cilium_policies.workloads.model import Text, Workload

MANAGED = "managed"  # in the place of a scheme: the host of a cloud's service, known by its name
# Last words of a variable that lists others: `PARTNER_URLS` of a workload whose name one of them begins with.
_LISTS = frozenset(("urls", "uris", "endpoints", "addresses", "servers", "peers"))
_MIRROR = ("registry-mirror",)  # an argument of dockerd, which calls it
# `metadata.broker.list`, `api_root`, EDI over HTTP (RFC 4130, OASIS' AS4), `oidc.endpoint.token`
_CALLED = (("broker", "list"), ("api", "root"), ("as", "2"), ("as", "4"),
           ("endpoint", "token"), ("endpoint", "userinfo"))  # fmt: skip
# What is left of "my own URL" once these are taken away: nothing.
OWN = frozenset(
    """
    url uri base app application web server site http https host hostname name address addr full my the service
    endpoint api path port svc location baseurl
    """.split()  # noqa: SIM905
)
# Last words of a field in a configuration file that holds an address to call.
FIELDS = frozenset(
    """
    url urls uri uris endpoint endpoints address addresses addr addrs host hosts hostname server servers upstream
    upstreams dsn broker brokers target targets nodes node peers webhook proxy issuer authority connection baseurl
    apiurl authurl nameserver relayhost smarthost remote registry connstr connectionstring conn
    regionendpoint mailhub connect relay discovery
    """.split()  # noqa: SIM905
)
# Where a file gives an address by number, it is not called either under these last words: prose, and addresses at which
# others reach the program itself (`candidates` of WebRTC). What `FOR_OTHERS` holds is left out before.
_NOT_CALLED = frozenset(
    "tag tags annotation annotations note notes text candidate candidates announce".split()  # noqa: SIM905
)
_OF_URLS = (("service",), ("site", "monitor"))  # whole keys, of cloudflared's origins and start pages
_API = "api"
# Words of a Helm value at whose address a program asks for keys, tokens and users.
_OF_SIGN_IN = (
    {"issuer"},
    {"discovery"},
    {"discover"},
    {"jwks"},
    {"userinfo"},
    {"token", "url"},
    {"token", "uri"},
)
_BASE = "base"  # of a provider's API: `api_base: https://api.acme.com/v1`
# Directives of a web server by which it calls another: `proxy_pass https://10.1.2.3:8006;`.
_PASSES = frozenset("proxy_pass grpc_pass fastcgi_pass uwsgi_pass scgi_pass reverse_proxy ProxyPass".split())  # noqa: SIM905
_IN_BRACKETS = r"\[[\w.\-]{1,253}\](?::\d{1,5})?"  # a host, as Postfix has it
_STORES = frozenset("cache caches db database sql queue bus session sessions search".split())  # noqa: SIM905
_ENVIRONMENT = r"[A-Z][A-Z0-9_]+"
# Variables that are as often written small, and how charts call the value that becomes one.
_PROXY = r"(?i)(?:https?|all)_?proxy"
# What a script takes where a variable is not set: `getenv("API_URL", "https://api.acme.com")`, `${API_URL:-https://…}`.
_DEFAULT = (
    r"(?:\b(?:get)?env(?:iron\.get)?\([ \t]{0,9}[\"']([A-Z][A-Z0-9_]{1,60})[\"'],[ \t]{0,9}[\"']"
    r"|\$\{([A-Z][A-Z0-9_]{1,60}):?-)[a-z]{2,9}://"
)
_FILE_NAME = r"\.(?:json|ya?ml|toml|ini|conf|cfg|properties|xml|hcl|env|php)\W*$"
# Values that a chart writes as they stand into the program's own file (Vector's; Mimir's, Loki's and Tempo's).
_VERBATIM = r"(?:^|\.)(?:customConfig|structuredConfig)\."
# How charts call a value that is a file.
_FILES = ("config", "configuration", "conf", "cfg", "ini", "hcl", "properties")


_TO_AN_AT = r"[^\s\"']*@"
_LONG = 4000  # characters: above it a text is not searched for what stands around a name


def is_variable(found: Text) -> bool:
    """An environment variable, whichever object holds its value; not a file and not arguments."""
    if found.kind != "env" and (
        not found.key or "." in found.key or found.is_arguments or "\n" in found.value.strip()
    ):
        return False
    first = found.value.lstrip()[:1]
    if first not in ("{", "["):
        return True
    # else a document with fields
    return first == "[" and (re.fullmatch(_IN_BRACKETS, found.value) is not None or is_list(found.value))


def is_scalar(found: Text) -> bool:
    """A value or field of one line, whose key may hold dots (`sonar.jdbc.url`), and no document of its own."""
    value = found.value.strip()
    document = value[:1] in ("{", "[") or found.is_arguments
    return is_value(found) and "\n" not in value and not document


def is_value(found: Text) -> bool:
    """A Helm value, or a field of the custom resource that an operator makes the pods from."""
    return found.kind in ("value", "field")


def _is_file(found: Text) -> bool:
    """Whether a Helm value holds a whole file (`config.json: |-`, `raft.config: |`), which the chart mounts."""
    named = found.key.lower().endswith(_FILES) or re.search(_FILE_NAME, found.field) is not None
    return named and "\n" in found.value


def outside(found: Text, address: Address, workload: Workload, routed: bool) -> bool:
    """Whether an address in this text counts as a destination outside the cluster. `routed`: an own route serves
    the name for another workload, so that the name cannot be the workload's own."""
    if address.scheme == MANAGED or (found.is_arguments and address.key in _MIRROR):
        return True  # nobody else has such a name; a mirror is called
    if found.is_arguments:
        if address.key in ("", "curl", "wget", "git") or not address.direct:
            return address.direct or is_called_there(found.value, address.host)
        store = address.key.lower().endswith("endpoint") and "bucket" in found.value
        return address.direct and (store or _is_called(address, workload, routed))
    if is_script(found):
        called = _in_script(found, address, workload, routed)
        if called or is_called_so(found):
            return called
    among = not address.direct and is_variable(found) and not is_value(found)
    if among and address.scheme in SCHEMES and is_private(address.host):
        # a device among other words, which nobody writes as an example: `OPTIONS: --satip_xml http://192.168.1.60/…`
        return _is_called(address, workload, routed)
    if not address.direct:
        return False
    told = _of_value(found, address, routed)
    if told is not None:
        return told
    plain = is_variable(found) and (found.kind != "field" or re.fullmatch(_ENVIRONMENT, found.key))
    if plain and address.scheme != REPOSITORY:
        return _is_called(address, workload, routed) or is_of_a_task(found, address.host, workload)
    if is_no_configuration(found):
        return False
    if address.key in _PASSES or address.scheme == REPOSITORY:
        return True
    ours = address.scheme in BROWSED and address.key.isupper() and OWN.issuperset(words(address.key))
    return not ours and is_field(address)  # `APP_URL=https://…` of a file `.env`


def _of_value(found: Text, address: Address, routed: bool) -> bool | None:
    """Whether an address in a Helm value is called outside; None: as in a variable or a file, which it becomes, or it
    stands in no value."""
    if found.kind != "value" or _is_file(found):
        return None
    if routed and _is_of_sign_in(address):
        return True
    if re.search(_VERBATIM, found.field) is not None:
        return is_field(address)
    variable = re.fullmatch(_ENVIRONMENT, address.key) or re.fullmatch(_PROXY, address.key)
    return None if variable else False


def _is_of_sign_in(address: Address) -> bool:
    """Whether a program asks who somebody is there, which it does itself and no browser for it: a value `issuerURL`,
    `oidc.autoDiscoverUrl`, `token_url`."""
    parts = set(words(address.key))
    return address.scheme == "https" and any(one <= parts for one in _OF_SIGN_IN)


def _in_script(found: Text, address: Address, workload: Workload, routed: bool) -> bool:
    key = address.key.removesuffix(INTERFACE)
    constant = address.direct and re.fullmatch(_ENVIRONMENT, key) is not None
    if not constant and (named := re.search(_DEFAULT + re.escape(address.host), found.value)) is not None:
        constant, address = True, address._replace(key=named[1] or named[2])
    if constant and _is_called(address, workload, routed):
        return True
    if not constant and (is_called_there(found.value, address.host) or _is_of_sign_in(address)):
        return True  # `gitea admin auth add-oauth --auto-discover-url "https://…"`
    if not address.direct or not is_field(address):
        return False
    if address.scheme:  # `broker_url = "amqps://mq.acme.com:5671"` of Celery; a link has no such scheme
        return address.scheme in SCHEMES and address.scheme not in BROWSED
    # settings as code: `{"HOST": "db.acme.com", "PORT": 3306}`
    return address.explicit or address.port in SERVERS


def is_field(address: Address) -> bool:
    """Whether a key of a file is one of those that hold what to call: by its last word, or as the program there."""
    parts = words(address.key)
    if not parts:
        # Nobody writes a device's address with such a scheme as an example, whether its port is said or not.
        return address.scheme in SCHEMES and address.scheme not in BROWSED and is_number(address.host)
    if address.scheme and parts in _OF_URLS:
        return True
    if is_for_others(address):
        return False
    said = address.scheme or parts[-1] not in _NOT_CALLED
    told = address.explicit or (bool(address.scheme) and is_private(address.host))
    if said and address.port and told and (is_number(address.host) or is_local(address.host)):
        return True  # nobody writes such an address as an example, and a pod does not know its own
    if address.scheme in SCHEMES and address.scheme not in BROWSED:
        return True  # a link has no such scheme
    if (parts[-1] == "string" and "connection" in parts) or parts[-2:] in _CALLED:
        return True
    if parts[-1] == "list" and address.explicit and FIELDS.intersection(parts[-2:-1]):
        return True  # `server_list: cwop.acme.net:14580`
    if parts[-len(OF_WEBHOOKS) :] == OF_WEBHOOKS:
        return True
    if not address.scheme and is_host_key(address.key) and program_port(address.key):
        return True
    told = parts[-1] in WORDS or (parts[-1] in _STORES and address.port in SERVERS)
    told = told or (parts[-1] in SCHEMES and parts[-1] not in BROWSED)
    called = parts[-1] in FIELDS or bool(address.scheme and parts[:-1] and parts[-1] == _BASE)
    return called or (told and address.explicit and address.scheme not in BROWSED)


def names_service(found: Text, address: Address) -> bool:
    """Whether a name that leads to nothing in the input is plainly the value to call."""
    if "@" in found.value and _before_an_at(address.host, found.value):
        return False
    parts = words(address.key)
    if not address.direct or is_for_others(address):
        return False
    plain = found.is_arguments or (is_variable(found) and not is_value(found))
    if (plain and address.scheme) or ".svc" in address.host:
        return True
    called = bool(parts) and parts[-1] in FIELDS
    if plain:
        return (called and bool(set(parts) - OWN)) or address.port in SERVERS
    return called and bool(address.scheme or (address.port and address.explicit))


def _before_an_at(host: str, value: str) -> bool:
    """Whether what reads as a host may be a part of a password, with a `/` in it. A long text is not searched."""
    if len(value) > _LONG or not host:
        return True
    return any(re.match(_TO_AN_AT, behind) is not None for behind in value.split(host)[1:])


def _is_called(address: Address, workload: Workload, routed: bool) -> bool:
    parts = set(words(address.key))
    if not parts or is_for_others(address):
        return False
    if routed or is_number(address.host) or address.port in SERVERS:
        return True  # nobody calls itself by a number or on a database's port, and no browser is sent there
    label = address.host.partition(".")[0].lower()
    own = label in (workload.name, workload.release) and label not in ANYBODYS
    if own and words(address.key)[-1] not in _LISTS:
        return False  # web.example.org of a workload called web
    told = parts - OWN
    if told and told not in (set(words(workload.name)), set(words(workload.release))):
        return True
    return is_namesakes(address.host, told) if told else _is_anothers_api(address, parts, label, workload)


def _is_anothers_api(address: Address, parts: set[str], label: str, workload: Workload) -> bool:
    """Whether a key that speaks of an API and nobody's (`API_URL`, `ADDRESS_API`) names one of a provider, of the local
    network, or by a port of its own; the API itself is told its own address so."""
    if _API not in parts or _API in words(f"{workload.name}-{workload.release}"):
        return False
    provider = label == _API and address.host.count(".") > 1
    return provider or is_local(address.host) or (address.explicit and not address.scheme)
