"""What the words of a key say of the address that it holds: whether it is one that others call."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

from cilium_policies.catalogue.ports import SERVERS, SPOKEN
from cilium_policies.evidence.addresses import Address
from cilium_policies.evidence.host_keys import is_of_another
from cilium_policies.evidence.public_names import is_number

# Words of links for people, and of texts; where a name ends otherwise, and `10.1.2.3:9100` is the value, what for.
_SHOWN = frozenset(
    """
    link links href docs documentation doc help logo icon icons image images img avatar privacy terms support homepage
    runbook schema schemas license licence comment description title template vocabulary dashboard ui media contact
    attribution copyright repository font fonts theme css favicon banner names subject label labels
    """.split()  # noqa: SIM905 -- a list of a hundred quoted words is no easier to read
)
# Words of a name whose value others call, or that is no destination at all.
_FOR_OTHERS = _SHOWN.union(
    """
    public external root site origin origins cors allow allowed allowlist whitelist callback redirect redirects trusted
    domain domains advertise advertised adv bind listen listener frontend self own canonical csrf referer referrer
    referers agent cookie vhost virtual no noproxy exclude excluded ignore ignored skip forwarded email mail mailto from
    sender user username password namespace audience aud invite share published registry mirror mirrors sans san example
    examples default generator rooturl siteurl publicurl accept interface
    """.split()  # noqa: SIM905
)
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
# Package managers: `MAVEN_MIRROR_URL` and `NPM_REGISTRY` are called, a registry of images is not.
_MANAGERS = frozenset("maven gradle npm yarn pip pypi goproxy gem bundle nuget cargo".split())  # noqa: SIM905
_OF_PACKAGES = frozenset(("mirror", "mirrors", "registry", "repository"))
OF_WEBHOOKS = ("allowed", "host", "list")  # to which a forge may send webhooks
# What an API is of, before the word that says so: `EMAIL_API_URL`, `IMAGE_SERVER_URL`. Others of those words say whose
# the address is (`PUBLIC_API_URL`), and behind it they mean pages about it (`API_DOCS_URL`).
_OF_SERVERS = frozenset(
    """
    comment contact domain domains email image images invite label labels licence license link links mail media
    repository share subject support template user
    """.split()  # noqa: SIM905
)
_SERVED = frozenset(("api", "server", "service", "services", "svc"))
_SCHEMAS = ("schema", "registry")  # which producers and consumers of messages ask: `SCHEMA_REGISTRY_URL`
_KEY_SETS = frozenset(("jwks", "jwk"))  # who checks tokens fetches them: `jwks_public_endpoint`
_REGISTRY = {"registry"}  # of images it has no scheme: `market-partner-registry: https://api.acme.com`
# With what a parameter of OAuth is called that says for whom a token is meant (RFC 8707), and calls nobody.
_OF_TOKENS = frozenset(("oauth", "oauth2", "oidc", "token", "aad", "auth"))
_USUAL = frozenset(("default", "defaults", "generator"))
# Of these, words of a mail and of files: `EMAIL_HOST` is its server, `--from sftp://host` no sender, and what
# `SMB_SHARE` or `jdbcUrlTemplate` names is called.
_OF_MAIL = frozenset("email mail mailto from sender user username contact share template".split())  # noqa: SIM905
BROWSED = ("http", "https", "mailto", "ws", "wss")
_SERVER_WORDS = frozenset(("host", "hostname", "server", "relay"))
_SERVERS = tuple(_SERVER_WORDS)
_HOST_NAME = ("host", "name")
_POINTS = frozenset(("point", "points"))


@lru_cache(maxsize=4096)
def words(key: str) -> tuple[str, ...]:
    """`SEARXNG_QUERY_URL`, `remoteWrite.url`, `baseURL` in lower-case words; a host's name is one of them, however it
    is spelled (`SOLR_HOST_NAME`, `HostName`)."""
    parts = tuple(word.lower() for word in _WORDS.findall(key))
    return (*parts[:-2], "hostname") if parts[-2:] == _HOST_NAME else parts


def is_for_others(address: Address) -> bool:
    """Whether the key says that others call the address, or that it is none to call."""
    return _is_for_others(address.key, address.scheme, address.port, is_number(address.host))


@lru_cache(maxsize=4096)
def _is_for_others(key: str, scheme: str, port: int, number: bool) -> bool:
    parts = words(key)
    if parts[-1:] == ("resource",) and scheme in BROWSED and not {*parts[:-1]} - _OF_TOKENS:
        return True
    page = parts[:1] == ("homepage",) and len(parts) > 2  # the program: `HOMEPAGE_OIDC_ISSUER`
    others = set(_FOR_OTHERS.intersection(parts[page:]))
    if "server" in parts or not scheme:
        others -= {"license", "licence"}  # `LICENSE_SERVER`, which is called; `LICENSE_URL` is a text to read
    others -= _taken_back(parts)
    if number:
        plain = port and not scheme and not _SHOWN.intersection(parts[-1:])
        others -= _USUAL | _SHOWN if plain else _USUAL  # `DEFAULT_URL: https://192.168.1.1`: no example
    if others and (scheme not in BROWSED if scheme else parts[-1].endswith(_SERVERS)):
        others -= _OF_MAIL  # `mail_smtphost`
    if scheme not in BROWSED and (port in SERVERS or (port and set(parts[-1:]) & _SERVER_WORDS)):
        others -= {"default", "defaults"}  # `DEFAULT_BROKERS: kafka.acme.com:9092`, `MAIL_DEFAULT_HOST`
    others -= is_of_another(parts) if not scheme and (port in SERVERS or (number and port)) else set()
    if scheme not in BROWSED and port in SPOKEN:
        others.discard("frontend")  # a part of a server: `TEMPORAL_FRONTEND_HOST` beside a port 7233
    if parts[-len(OF_WEBHOOKS) :] == OF_WEBHOOKS:
        others.clear()
    if scheme:
        others -= _REGISTRY
        if _KEY_SETS.intersection(parts):
            others.discard("public")
    return bool(others)


def _taken_back(parts: tuple[str, ...]) -> set[str]:
    """The words that say nothing of others beside, or without, another one."""
    found = set(_OF_PACKAGES) if _MANAGERS.intersection(parts) else set()
    served = max((place for place, word in enumerate(parts) if word in _SERVED), default=0)
    found |= _OF_SERVERS.intersection(parts[:served])
    if _SCHEMAS in pairwise(parts):
        found |= set(_SCHEMAS)
    if "user" not in parts:
        found.add("agent")  # `--agent=http://10.1.2.3:5000`, which is asked; a User-Agent is a text
    if not _POINTS.isdisjoint(parts):
        found.add("contact")  # `CASSANDRA_CONTACT_POINTS`, whom a client asks first
    if "api" in parts:
        found.add("root")  # `api_root: https://selection.acme.com/api/v1/`, which is called
    return found
