"""What a host name that is no Service's can be: a public name, one of the local network, or a short name of a
Service in a namespace that the input does not show."""

from __future__ import annotations

from functools import lru_cache

from cilium_policies.catalogue.files import top_level_domains
from cilium_policies.kube.names import is_namespace

# RFC 2606, 6761 and what documentation uses beside them. Not `.example`: no program's defaults have it, and where
# somebody writes acme.example he means his own domain, which he fills in or does not show.
_EXAMPLES = ("example.com", "example.org", "example.net", "domain.tld", "domain.com", "yourdomain.com")
_EXAMPLE_ENDS = (".test", ".invalid", ".localhost", *(f".{one}" for one in _EXAMPLES))
# Names of a local network: their addresses are private ones, which `internet` leaves out.
_LOCAL_ENDS = (
    ".lan",
    ".local",
    ".home",
    ".home.arpa",
    ".internal",
    ".intern",
    ".intranet",
    ".lokal",
    ".corp",
    ".localdomain",
    ".private",
)
_INWARD = frozenset(
    "int intra intranet intern internal lan corp local private priv ad home homelab lab".split()  # noqa: SIM905
)
_OTHER_ENDS = ("svc", "example", "test", "invalid", "localhost", "onion")
# Ends under which names of two labels are common on the Internet. Under any other long one, `redis.database` is
# a Service and its namespace sooner than a domain.
_COMMON_ENDS = frozenset(
    """
    com net org edu gov mil int info biz name pro dev app cloud tech online site xyz blog page link live life
    world network digital systems solutions services software computer email host hosting space zone team group
    work works agency studio design media social chat news today run sh
    """.split()  # noqa: SIM905
)
# First labels of many a provider's host (api.example.com): a workload of that name may call one.
ANYBODYS = frozenset("api auth git id login mail ntp oauth registry s3 smtp sso".split())  # noqa: SIM905
_OF_IPV6 = frozenset("0123456789abcdefABCDEF:.")
_LEAST_COLONS = 2
_OF_PROVIDER = 2  # labels of a domain, before which a provider's host has another


@lru_cache(maxsize=4096)
def is_local(host: str) -> bool:
    """A name that only the local network's DNS knows: one that is called so, or below an end that the Internet does
    not have. Of two labels it is sooner a Service and its namespace."""
    return host.endswith(_LOCAL_ENDS) or (host.count(".") > 1 and has_local_end(host))


def has_local_end(host: str) -> bool:
    """Whether a name stands below an end that the Internet does not have. One letter is none: that is what directories
    have (`conf.d`)."""
    end = host.rpartition(".")[2].lower()
    named = "." in host and len(end) > 1 and end.isalpha()
    return named and end not in _OTHER_ENDS and end not in top_level_domains()


def is_inward(host: str) -> bool:
    """Whether a name stands in a zone of a company's domain that is called after its own network: `git.intra.acme.com`
    has a private address as a rule, though the Internet's DNS may know it."""
    return not _INWARD.isdisjoint(host.lower().split(".")[1:-2])


def is_number(host: str) -> bool:
    """Whether a host is an address, and no name."""
    if ":" in host:
        return _is_ipv6(host)
    return host.count(".") == 3 and host.replace(".", "").isdigit()


def _is_ipv6(host: str) -> bool:
    if not _OF_IPV6.issuperset(host) or host.count(":") < _LEAST_COLONS:
        return False
    from ipaddress import IPv6Address  # few hosts are addresses

    try:
        IPv6Address(host)
    except ValueError:
        return False
    return True


def is_of_local_network(host: str) -> bool:
    """Whether a name is local, or a number a private address."""
    return is_local(host) or is_private(host)


def is_private(host: str) -> bool:
    """Whether a host is a private address, of a device of the local network, and no name."""
    if not is_number(host):
        return False
    from ipaddress import ip_address  # few hosts are numbers

    try:
        return ip_address(host).is_private
    except ValueError:
        return False


@lru_cache(maxsize=4096)
def is_public(host: str) -> bool:
    """A name that the Internet's DNS may know; one with a `${…}` that is substituted later counts."""
    name = host.replace("_", "-")
    if name in _EXAMPLES or name.endswith(_EXAMPLE_ENDS):
        return False
    if "${" in name:
        return "." in name or name.endswith("}")
    end = name.rpartition(".")[2]
    return "." in name and end.isalpha() and len(end) > 1


def is_short_service(host: str) -> bool:
    """Whether a name of two labels is a Service and its namespace rather than a domain; no end of the Internet has a
    dash or a digit, but for those of other scripts (`xn--…`)."""
    name, _, end = host.partition(".")
    if not end.isalpha():
        named = is_namespace(end) and end[:1].isalpha() and not end.startswith("xn--")
        return bool(name) and named
    return bool(name) and len(end) > 2 and end not in _COMMON_ENDS and not host.endswith(_LOCAL_ENDS)


def is_variable_name(host: str) -> bool:
    """`${NAME}`, `$NAME` or a template's `${.Env.NAME}` and nothing else: what it means is read where it is set, or
    nobody can say."""
    if host.startswith("${"):
        return host.find("}") == len(host) - 1
    return host.startswith("$") and host.lstrip("$").isidentifier()


def in_words(host: str) -> str:
    """A host name for a sentence; nothing generated may add a `$` (Flux would substitute it)."""
    return "a host of its configuration" if "$" in host else host


def is_namesakes(host: str, told: set[str]) -> bool:
    """Whether a host is that of a provider whom the workload is called after: `api.github.com` of one called github."""
    labels = host.lower().split(".")
    domain = set(labels[-2].split("-")) if len(labels) > _OF_PROVIDER else set()
    return labels[0] in ANYBODYS and (domain == told or labels[-2] == "".join(sorted(told)))
