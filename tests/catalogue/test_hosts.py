"""The hosts of an edge: stated, read from objects, sent on by registries; and when the list is no whole answer."""

import pytest
from cilium_policies.catalogue.check import problems, said
from cilium_policies.catalogue.flows import read_edge
from cilium_policies.catalogue.host import Host, UnnamedHostError, read_host
from cilium_policies.catalogue.hosts import Answer
from cilium_policies.catalogue.hosts import hosts as answer
from cilium_policies.catalogue.mail_hosts import mail_ports
from cilium_policies.catalogue.onward import ANYWHERE, is_mirrored, redirects

GIT = "source.toolkit.fluxcd.io/GitRepository"
STORE = "external-secrets.io/ClusterSecretStore"


class Facts:
    values: dict = {}  # noqa: RUF012
    body: dict = {}  # noqa: RUF012
    args = ("--provider=cloudflare",)
    env = ()
    texts = ()
    distribution = ""
    replicas = 1

    def __init__(self, **objects):
        self._objects = objects

    @property
    def answers(self):
        return {}

    def objects(self, group, kind):
        return ({"spec": spec} for spec in self._objects.get(kind, ()))

    bodies = ()

    def secret(self, namespace, name):
        return {}

    def present(self, component):
        return False

    called_so = present


def edge(names):
    return read_edge({"to": "internet", "ports": ["443/TCP"], "why": "x", "names": names}, "c", "c")


def hosts(asked, facts):
    """Every host, or None where there are more than are known."""
    found, missing, _ = answer(asked, facts)
    return None if missing else found


def names(found):
    return None if found is None else [one.name for one in found]


def test_without_names_nothing_is_known():
    assert hosts(read_edge({"to": "internet", "why": "x"}, "c", "c"), Facts()) is None


def test_names_and_names_under_a_condition():
    listed = [
        "api.example.org",
        {"when": {"arg": "--provider=cloudflare"}, "names": ["api.cloudflare.com"]},
        {"when": {"arg": "--provider=aws"}, "names": ["route53.amazonaws.com"]},
    ]
    assert names(hosts(edge(listed), Facts())) == ["api.cloudflare.com", "api.example.org"]


def test_hosts_of_objects_with_the_ports_of_their_schemes_and_where_a_registry_sends_on():
    facts = Facts(GitRepository=[{"url": "ssh://git@git.example.org/x.git"}, {"url": "oci://ghcr.io/x/y"}])
    assert hosts(edge([{"object": GIT, "hosts": "spec.url"}]), facts) == (
        Host("ghcr.io", 443),
        Host("git.example.org", 22),
        Host("pkg-containers.githubusercontent.com", 443),
    )


def test_an_object_that_no_member_speaks_of_makes_the_answer_unknown():
    listed = [
        {
            "object": STORE,
            "has": "spec.provider.aws",
            "names": ["secretsmanager.{spec.provider.aws.region}.amazonaws.com"],
        }
    ]
    aws, other = {"provider": {"aws": {"region": "eu-west-1"}}}, {"provider": {"akeyless": {"x": "y"}}}
    assert names(hosts(edge(listed), Facts(ClusterSecretStore=[aws]))) == [
        "secretsmanager.eu-west-1.amazonaws.com"
    ]
    assert hosts(edge(listed), Facts(ClusterSecretStore=[aws, other])) is None
    assert hosts(edge(listed), Facts(ClusterSecretStore=[{"provider": {"aws": {"role": "x"}}}])) is None


@pytest.mark.parametrize("url", ["https://${HOST}/x.git", "https://a,b.example.org/x.git"])
def test_a_variable_or_no_host_has_no_name(url):
    assert hosts(edge([{"object": GIT, "hosts": "spec.url"}]), Facts(GitRepository=[{"url": url}])) is None


def test_where_no_such_object_stands_another_build_may_hold_them():
    assert hosts(edge([{"object": GIT, "hosts": "spec.url"}]), Facts()) is None


def test_an_object_may_say_that_its_hosts_are_nowhere():
    listed = [
        {"object": GIT, "hosts": "spec.url"},
        {"object": GIT, "has": "spec.secretRef", "unknown": "true"},
    ]
    plain, secret = (
        {"url": "https://a.example.org"},
        {"url": "https://a.example.org", "secretRef": {"name": "s"}},
    )
    assert names(hosts(edge(listed), Facts(GitRepository=[plain]))) == ["a.example.org"]
    assert hosts(edge(listed), Facts(GitRepository=[plain, secret])) is None


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://github.com/a/b", Host("github.com", 443)),
        ("http://charts.example.org:8080/x", Host("charts.example.org", 8080)),
        ("http://charts.example.org", Host("charts.example.org", 80)),
        ("git@github.com:me/x.git", Host("github.com", 22)),
        ("https://me:secret@git.example.org/x", Host("git.example.org", 443)),
        ("ghcr.io/org/app", Host("ghcr.io", 443)),
        ("https://gitea.dev.svc.cluster.local:3000/x", Host("gitea.dev.svc.cluster.local", inside=True)),
        ("http://minio.storage.svc:9000", Host("minio.storage.svc", inside=True)),
        ("https://nas.lan", Host("nas.lan", 443)),
        ("https://203.0.113.7/dns-query", Host("203.0.113.7", 443)),
        ("[2001:db8::1]:53", Host("2001:db8::1", 53)),
        ("ups.lan", Host("ups.lan", 0)),
        ("192.0.2.7", Host("192.0.2.7", 0)),
        ("tls://dns.example.org", Host("dns.example.org", 853)),
        ("http://redis", Host("redis", inside=True)),
    ],
)
def test_the_host_of_an_address(address, expected):
    assert read_host(address) == expected


@pytest.mark.parametrize(
    "address",
    [
        "https://${HOST}/x",
        "http://10.0.0:9000",  # by its look an address, and none
        "http://10.0.0.300:9000",
        "http://[2001:db8]:9000",
    ],
)
def test_the_host_of_what_is_filled_in_or_wrong_is_not_known(address):
    with pytest.raises(UnnamedHostError):
        read_host(address)


def test_addresses_of_the_own_configuration():
    facts = Facts()
    facts.values = {"resolvers": "https://203.0.113.7/dns-query,dns.example.org:53"}
    facts.args = ("--servers=192.0.2.1:53,192.0.2.2:53", "--other")
    listed = [{"value": "resolvers"}, {"arg": "--servers=(.*)"}]
    assert hosts(edge(listed), facts) == (
        Host("192.0.2.1", 53),
        Host("192.0.2.2", 53),
        Host("203.0.113.7", 443),
        Host("dns.example.org", 53),
    )


def test_services_that_the_own_configuration_mentions():
    facts = Facts()
    listed = [{"mentions": "object-storage"}]
    assert hosts(edge(listed), facts) is None  # the values say so in words that name no host
    facts.texts = ("endpoint: s3.eu-central-1.amazonaws.com\n", "https://acme.blob.core.windows.net/x")
    assert names(hosts(edge(listed), facts)) == [
        "*.s3.eu-central-1.amazonaws.com",  # a bucket stands before it
        "acme.blob.core.windows.net",
        "s3.eu-central-1.amazonaws.com",
    ]


def test_optional_objects_may_be_absent_or_others():
    listed = [
        "ghcr.io",
        {"object": GIT, "has": "spec.artifact", "hosts": "spec.artifact", "optional": "true"},
    ]
    first = ["ghcr.io", "pkg-containers.githubusercontent.com"]
    assert names(hosts(edge(listed), Facts())) == first
    assert names(hosts(edge(listed), Facts(GitRepository=[{"url": "https://a.example.org"}]))) == first
    found = hosts(edge(listed), Facts(GitRepository=[{"artifact": "oci://a.example.org/x"}]))
    assert names(found) == ["a.example.org", *first]


INSTANCE = "fluxcd.controlplane.io/FluxInstance"


def test_an_object_that_brings_about_another_stands_for_it():
    listed = [
        {"object": GIT, "hosts": "spec.url"},
        {
            "object": INSTANCE,
            "optional": "true",
            "has": "spec.sync.url",
            "hosts": "spec.sync.url",
            "for": GIT,
        },
    ]
    sync = {"sync": {"url": "https://git.example.org/x.git"}}
    assert names(hosts(edge(listed), Facts(FluxInstance=[sync]))) == ["git.example.org"]
    assert hosts(edge(listed), Facts(FluxInstance=[{"cluster": {"type": "kubernetes"}}])) is None


def test_no_object_at_all_may_be_an_answer_and_each_that_stands_is_spoken_of():
    listed = [{"object": GIT, "absent": "true", "has": "spec.url", "hosts": "spec.url"}]
    assert hosts(edge(listed), Facts()) == ()
    assert hosts(edge(listed), Facts(GitRepository=[{"other": "x"}])) is None


def test_an_empty_mapping_says_what_there_is_to_say():
    listed = [{"object": GIT, "has": "spec.selfSigned", "names": []}]
    assert hosts(edge(listed), Facts(GitRepository=[{"selfSigned": {}}])) == ()


def test_a_variable_that_must_name_its_host():
    listed = [{"env": "UP_.*_URL", "required": "true"}]
    facts = Facts()
    facts.env = (("UP_DEFAULT_URL", "https://unifi.lan"), ("TZ", "Europe/Berlin"))
    assert hosts(edge(listed), facts) == (Host("unifi.lan", 443),)
    facts.env = (("UP_DEFAULT_URL", ""),)  # in a Secret
    assert answer(edge(listed), facts) == Answer((), "its configuration names none of them")


def test_resolvers_of_a_corefile():
    listed = [{"text": r"(?m)^\s*forward\s+\S+\s+([^{#\n]+)", "required": "true"}]
    facts = Facts()
    facts.texts = (
        ".:53 {\n  errors\n  forward . 192.0.2.1 tls://192.0.2.2 {\n    max_concurrent 1000\n  }\n}",
    )
    assert hosts(edge(listed), facts) == (Host("192.0.2.1", 0), Host("192.0.2.2", 853))


def test_names_that_are_usual_count_only_where_more_is_not_known():
    listed = [{"object": GIT, "hosts": "spec.url"}, {"usual": ["git.example.com"]}]
    shown = Facts(GitRepository=[{"url": "https://a.example.org"}])
    assert answer(edge(listed), shown) == Answer((Host("a.example.org", 443),))
    assert answer(edge(listed), Facts()) == Answer(
        (Host("git.example.com", 0),), "the input shows no GitRepository"
    )


def test_names_beside_a_reason_why_there_are_more():
    both = {"to": "internet", "why": "x", "names": ["api.example.org"], "unnamed": "lists in its database"}
    assert answer(read_edge(both, "c", "c"), Facts()) == Answer(
        (Host("api.example.org", 0),), "lists in its database"
    )


def test_devices_of_the_local_network_that_nothing_names_are_not_nobody():
    listed = {"to": "world", "why": "x", "names": [{"value": "target"}]}
    assert answer(read_edge(listed, "c", "c"), Facts()).missing == "the input names no such device"


def test_redirects_are_names_or_patterns():
    onward = [one for one in sum(redirects().values(), ()) if one != ANYWHERE]
    every = [{"to": "internet", "why": "x", "names": [*redirects(), *onward]}]
    assert problems({"component": "x", "edges": every}) == []


def test_a_host_with_mirrors_is_no_whole_answer():
    """download.kiwix.org answers with a redirect to a mirror near the client (its documentation: MirrorBrain)."""
    assert is_mirrored("download.kiwix.org")
    assert answer(edge(["download.kiwix.org"]), Facts()) == Answer(
        (Host("download.kiwix.org", 0),), "download.kiwix.org sends its clients on to mirrors"
    )


SMARTHOST = "global:\n  smtp_smarthost: 'mail.example.net:587'\n  smtp_from: alerts@example.net\n"
INI = "[server]\nhost = web.example.net\n[smtp]\nenabled = true\nhost = mail.example.net:587\nuser = a@example.net\n"
RUBY = "smtp_settings = {\n  address: 'mail.example.net',\n  port: 587,\n}\n"
VALUES = "notifier:\n  smtp:\n    address: submission://mail.example.net:587\n    sender: a@example.net\n"


PYTHON = """SENTRY_OPTIONS['mail.port'] = int(os.getenv("SENTRY_EMAIL_PORT", "587"))
SENTRY_OPTIONS['mail.host'] = os.getenv("SENTRY_EMAIL_HOST", "mail.example.net")
"""
BRACES = "smtp_settings = { address: 'mail.example.net', port: 25 }\n"


@pytest.mark.parametrize("text", [SMARTHOST, INI, RUBY, VALUES, BRACES, PYTHON])
def test_the_mail_server_of_a_configuration(text):
    facts = Facts()
    facts.texts = (text,)
    found = answer(edge([{"mentions": "mail"}]), facts)
    assert {one.name for one in found.hosts} == {"mail.example.net"}
    assert found.missing == ""


@pytest.mark.parametrize(
    "name", ["SMTP_HOST", "AUTHENTIK_EMAIL__HOST", "GF_SMTP_HOST", "MAIL_SERVER", "SMTP_ADDRESS"]
)
def test_the_mail_server_of_a_variable(name):
    facts = Facts()
    facts.env = (
        (name, "mail.example.net"),
        ("SMTP_FROM_ADDRESS", "a@example.org"),
        ("EMAIL_FROM", "b@example.org"),
    )
    assert answer(edge([{"mentions": "mail"}]), facts) == Answer((Host("mail.example.net", 0),))


def test_the_mail_server_of_values():
    facts = Facts()
    facts.values = {"notifier": {"smtp": {"address": "submission://mail.example.net:587"}}}
    assert answer(edge([{"mentions": "mail"}]), facts) == Answer((Host("mail.example.net", 587),))
    facts.values = {"mail": {"containers": {"app": {"env": {"DB_HOST": "db.example.net"}}}}}
    assert answer(edge([{"mentions": "mail"}]), facts).missing == "its configuration names none of them"


def test_a_mail_server_that_stands_elsewhere():
    facts = Facts()
    facts.env = (("SMTP_HOST", ""),)  # in a Secret
    assert answer(edge([{"mentions": "mail"}]), facts) == Answer((), "its configuration names none of them")


MADDY = """smtp tcp://0.0.0.0:{env:LISTEN} {
  deliver_to &next
}
target.smtp next {
  starttls yes
  targets tcp://{env:SERVER}:587 tcp://{env:SECOND}:25
}
"""


@pytest.mark.parametrize(
    ("env", "text", "expected"),
    [
        ((("SMTP_PORT", "587"), ("IMAP_PORT", "993"), ("PORT", "8080")), "", {587}),
        ((("GF_SMTP_PORT", ""), ("MAIL_WEB_PORT", "8080")), "", set()),
        ((), MADDY, {587, 25}),
        ((), "relayhost = [$RELAY]:465\n# relayhost = [mail.example.org]:25\n", {465}),
        ((), "mail.smtp_port: 2525\n;smtp_port = 25\n", {2525}),
    ],
)
def test_the_ports_of_mail_that_a_configuration_shows(env, text, expected):
    facts = Facts()
    facts.env, facts.texts = env, (text,)
    assert mail_ports(facts) == expected


BY_SITE = {"env": "DD_SITE", "otherwise": "datadoghq.com", "names": ["*.{found}", "*.agent.{found}"]}


@pytest.mark.parametrize(
    ("env", "expected", "missing"),
    [
        ((("DD_SITE", "datadoghq.eu"),), ["*.agent.datadoghq.eu", "*.datadoghq.eu"], ""),
        ((), ["*.agent.datadoghq.com", "*.datadoghq.com"], ""),
        ((("DD_SITE", ""),), [], "the input does not show its site or region"),  # in a Secret
        ((("DD_SITE", "${SITE}"),), [], "the input does not show its site or region"),
    ],
)
def test_names_by_the_site_that_the_configuration_says(env, expected, missing):
    facts = Facts()
    facts.env = env
    found = answer(edge([BY_SITE]), facts)
    assert ([one.name for one in found.hosts], found.missing) == (expected, missing)


def test_names_by_a_site_that_nothing_says():
    found = answer(
        edge([{"env": "REALM", "names": ["ingest.{found}.example.org"], "why": "no realm"}]), Facts()
    )
    assert found == Answer((), "no realm")


def test_what_users_add_leaves_the_list_whole():
    listed = {"to": "internet", "why": "x", "names": ["api.example.org"], "added": "web hooks"}
    assert answer(read_edge(listed, "c", "c"), Facts()) == Answer((Host("api.example.org", 0),))


@pytest.mark.parametrize(
    ("member", "told"),
    [
        ("not a name", "; write api.example.org or *.example.org"),
        ("com", "; write api.example.org or *.example.org"),
        ({"object": GIT}, "needs one of hosts, repository, value, field, arg, "),
        ({"objekt": GIT}, "unknown field 'objekt'; did you mean object?"),
    ],
)
def test_what_is_wrong_with_a_member_is_said(member, told):
    wrong = problems({"component": "x", "edges": [{"to": "internet", "why": "x", "names": [member]}]})
    assert told in said(wrong[0])
