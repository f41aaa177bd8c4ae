from __future__ import annotations

import pytest
from cilium_policies.evidence import directives, signs
from cilium_policies.evidence.addresses import Address, targets
from cilium_policies.evidence.filled import expand
from cilium_policies.evidence.host_keys import plain
from cilium_policies.evidence.variables import pairs


def _found(value: str, key: str = "SOME_URL") -> set[tuple[str, int, str]]:
    return {(one.host, one.port, one.protocol) for one in targets(value, key)}


@pytest.mark.parametrize(
    "behind", ["$request_uri", "$uri$is_args$args", "${document_uri}", "$is_args$args", "$1", "/$1"]
)
def test_a_path_of_nginx_ends_a_host(behind: str) -> None:
    """The address of an upstream was none where nothing but the request's own path stands behind it."""
    for host, port in (("web", 80), ("web.shop.svc", 80), ("web:8080", 8080)):
        [found] = targets(f"location / {{ proxy_pass http://{host}{behind}; }}", file=True)
        assert (found.host, found.port, found.key) == (host.partition(":")[0], port, "proxy_pass")


@pytest.mark.parametrize(
    "joined",
    [
        '"postgresql+psycopg2://app:" + os.environ["DB_PASSWORD"] + "@db.shop.svc:6432/app"',
        "'postgresql://' + USER + ':' + quote(secret('db')) + '@db.shop.svc:6432/app'",
        "'pgsql://app:' . getenv('DB_PASSWORD') . '@db.shop.svc:6432/app'",
        "'postgresql://app:' ~ password ~ '@db.shop.svc:6432/app'",
    ],
)
def test_a_password_that_is_joined_between_is_no_host(joined: str) -> None:
    """The user was taken for the host, and the host was none."""
    assert {(one.host, one.port) for one in targets(f"DATABASE_URL = {joined}\n", file=True)} == {
        ("db.shop.svc", 6432)
    }


def test_of_two_addresses_on_two_lines_none_is_the_others_user() -> None:
    text = 'A = "http://web:8080" + PATH\nB = NAME + "@example.org"\n'
    assert {(one.host, one.port) for one in targets(text, file=True)} == {("web", 8080)}


@pytest.mark.parametrize("behind", ["$env", "$uri_prefix", "$1.shop", "-$1:80", "$port"])
def test_another_variable_of_nginx_may_be_part_of_a_host(behind: str) -> None:
    assert not [one for one in targets(f"proxy_pass http://web{behind};", file=True) if one.host == "web"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("http://web", {("web", 80, "TCP")}),
        ("https://web.shop.svc.cluster.local/path?x=1#y", {("web.shop.svc.cluster.local", 443, "TCP")}),
        ("http://web.shop.svc:8080/api", {("web.shop.svc", 8080, "TCP")}),
        ("postgres://user:p%40ss@db.shop:6432/app?sslmode=disable", {("db.shop", 6432, "TCP")}),
        ("postgresql+asyncpg://u:p@db/app", {("db", 5432, "TCP")}),
        ("jdbc:mysql://db.shop.svc/app", {("db.shop.svc", 3306, "TCP")}),
        ("jdbc:sqlserver://db:1433;databaseName=app", {("db", 1433, "TCP")}),
        (
            "mongodb://u:p@m-0.m:27017,m-1.m:27017/app?replicaSet=rs",
            {("m-0.m", 27017, "TCP"), ("m-1.m", 27017, "TCP")},
        ),
        ("http://a:1,http://b:2", {("a", 1, "TCP"), ("b", 2, "TCP")}),
        ("redis://:secret@cache:6380/0", {("cache", 6380, "TCP")}),
        ("rediss://cache", {("cache", 6379, "TCP")}),
        ("amqp://mq", {("mq", 5672, "TCP")}),
        ("mqtt://broker", {("broker", 1883, "TCP")}),
        ("nats://n:4222", {("n", 4222, "TCP")}),
        ("ldaps://directory", {("directory", 636, "TCP")}),
        ("smtp://relay", {("relay", 25, "TCP"), ("relay", 465, "TCP"), ("relay", 587, "TCP")}),
        ("udp://syslog:5514", {("syslog", 5514, "UDP")}),
        ("dns:///backend:50051", {("backend", 50051, "TCP")}),
        ("dns://10.96.0.10/pricing.shop:50051", {("pricing.shop", 50051, "TCP")}),
        ("kubernetes:///backend:grpc", {("backend", 0, "TCP")}),
        ("kubernetes://backend:50051/", {("backend", 50051, "TCP")}),
        ("dns://10.96.0.10/TOKEN/TOKEN/pricing.shop.svc:50051", set()),
        ("dns:///TOKEN:50051/pricing.shop.svc", set()),
        ("web:8080", {("web", 8080, "TCP")}),
        (
            "kafka-0.kafka:9092,kafka-1.kafka:9092",
            {("kafka-0.kafka", 9092, "TCP"), ("kafka-1.kafka", 9092, "TCP")},
        ),
        ("user:pass@tcp(mysql:3306)/db", {("mysql", 3306, "TCP")}),
        ("resolver:53", {("resolver", 53, "TCP"), ("resolver", 53, "UDP")}),
        ("host=db.shop port=6432 dbname=app user=me", {("db.shop", 6432, "TCP")}),
        ("Host=db.shop;Port=6432;Username=me;Database=app", {("db.shop", 6432, "TCP")}),
        ("Host=db.shop;Username=me;Database=app", {("db.shop", 5432, "TCP")}),
        ("Server=tcp:sql.shop,1433;Initial Catalog=app", {("sql.shop", 1433, "TCP")}),
        ("Server=mysql.shop;Port=3307;Database=app;Uid=me", {("mysql.shop", 3307, "TCP")}),
        ("Database=app;Server=mysql.shop;Uid=me", {("mysql.shop", 0, "TCP")}),
        ("http://[2001:db8::1]:8080/", {("2001:db8::1", 8080, "TCP")}),
        ("udp6://[fd00:30::fffe]:161", {("fd00:30::fffe", 161, "UDP")}),
        ("tcp4://10.0.0.5:9000", {("10.0.0.5", 9000, "TCP")}),
        ("10.0.0.5:9000", {("10.0.0.5", 9000, "TCP")}),
        ("dnssrvnoa+_memcached._tcp.cache.shop.svc", {("_memcached._tcp.cache.shop.svc", 0, "TCP")}),
        ("web.shop.svc.cluster.local.", {("web.shop.svc.cluster.local", 0, "TCP")}),
        ("https://auth.${DOMAIN}/x", {("auth.${DOMAIN}", 443, "TCP")}),
    ],
)
def test_address_in_a_value(value: str, expected: set[tuple[str, int, str]]) -> None:
    assert _found(value) == expected


@pytest.mark.parametrize(
    ("name", "port", "how"),
    [("SYSLOG", 1514, "UDP TCP"), ("HOMER", 9060, "UDP TCP"), ("HOMER_DB", 5432, "TCP")],
)
def test_what_a_key_tells_of_either_holds_for_a_port_beside_the_host_as_for_one_behind_it(
    name: str, port: int, how: str
) -> None:
    beside = [*pairs({f"{name}_HOST": "s.acme.com", f"{name}_PORT": f"{port}"})]
    assert [one.protocol for one in beside] == how.split()
    assert {one.protocol for one in targets(f"s.acme.com:{port}", f"{name}_SERVER")} == {*how.split()}


@pytest.mark.parametrize("name", ["STATSD", "WIREGUARD", "STUN"])
def test_what_a_key_tells_of_datagrams_holds_for_a_port_behind_the_host(name: str) -> None:
    expected = {("s.acme.com", 8125, "UDP")}
    assert _found("s.acme.com:8125", f"{name}_SERVER") == expected
    beside = pairs({f"{name}_HOST": "s.acme.com", f"{name}_PORT": "8125"})
    assert {(one.host, one.port, one.protocol) for one in beside} == expected


@pytest.mark.parametrize(
    "rest", ["'x", '"x', "`x", "''x", '\\"x', "|x", "'", " x", ' x"y', "'x y", "'x@y", "'x:y", " x@y", "' y@"]
)
@pytest.mark.parametrize("end", ["db:5432/x", "db:5432", "db/x", "db?sslmode=disable", "db,db/x"])
@pytest.mark.parametrize("before", ["", "--dsn\n", "a: 1\nurl: ", '{"url": "'])
def test_a_password_with_a_quote_bar_or_blank_ends_no_address(rest: str, end: str, before: str) -> None:
    if " " in rest and end == "db,db/x":
        return  # two words beside an address may be anything
    value = f"{before}postgres://me:1{rest}@{end}"
    found = {(one.host, one.port) for one in targets(value, "DATABASE_URL", file=bool(before))}
    assert found == {("db", 5432)}


def test_of_a_quote_no_port_is_needed_behind_the_host() -> None:
    assert _found("postgres://me:1'x@db") == {("db", 5432, "TCP")}
    assert _found("postgres://me'x@db.shop") == {("db.shop", 5432, "TCP")}
    assert _found("postgres://me:1'x@[2001:db8::1]") == {("2001:db8::1", 5432, "TCP")}
    assert _found("postgres://me:1'x@${HOST}:6432/x") == {("${HOST}", 6432, "TCP")}


@pytest.mark.parametrize(
    ("value", "sure"),
    [
        ("postgres://me:1 x@db", False),
        ("postgres://me:1<x@db", False),
        ("postgres://me:1 /x@db:5432", False),
        ("postgres://me:1'#x@db", False),
        ("postgres://me.shop:1 x@db", False),
        ("smtp://mail.acme.com:25 alerts@acme.com", True),
        ("http://web.shop.svc:80 me@acme.com", True),
        ("http://192.0.2.1:80 me@acme.com", True),
        ("http://web:8080/path me@acme.com", False),  # a password may be `8080/path me`
        ("http://web:8080 --mail me@acme.com", True),
        ("http://web:8080 http://me@api", True),
        ("http://web:8080\nme@acme.com", True),
        ('"http://web:8080" me@acme.com', True),
    ],
)
def test_what_may_be_a_user_is_not_plainly_the_value_to_call(value: str, sure: bool) -> None:
    """The user of a password that begins with digits reads like a host and its port: it opens a Service of that name,
    and no notice names it."""
    assert targets(value, "X_URL")[0].direct is sure


@pytest.mark.parametrize(
    "value",
    [
        "curl http://web:8080 -u me@acme.com",
        "curl http://web:8080 -u me@acme.com:1/x",
        "curl http://web:8080 | ssh me@nas:22/x",
        "smtp://web:8080 alerts@acme.com",
        '"http://web:8080" me@acme.com',
        '<a href="http://web:8080">me@acme.com</a>',
        '{"url": "http://web:8080", "mail": "me@acme.com:1/x"}',
        '{"http://web:8080":"me@acme.com"}',
        "http://web:8080 http://me@api:90",
        "http://web:8080 sip:me@pbx:5060",
        "*.* @log:514 http://web:8080 @log:514",
        "http://web:8080 && sqlplus me@acme.com:1521/x",
        "http://web:8080\nme@acme.com:1/x",
        "http://web:8080/it's me@acme.com:1/x",
    ],
)
def test_an_address_with_another_behind_it_stays(value: str) -> None:
    assert "web" in {one.host for one in targets(value, file=True)}


@pytest.mark.parametrize(
    "value",
    [
        "",
        "plain words",
        ":8080",
        "12:30:45",
        "12:30",
        "2026-11-24T08:34:30Z",
        "registry.example.org/app/web:1.2.3",
        "sha256:5f1390bc43fefbbfb67f38a7a8dd65b4086c1f187a37c8df5c6020a498e5d1b5",
        "unix:///run/app.sock",
        "file:///etc/config",
        "oci://ghcr.io/some/chart",
        "s3://bucket/key",
        "http://{{ .Values.host }}:80",
        "http://$(UNKNOWN):80",
        "web:http",
        "web:99999999",
        "git@host:22",
    ],
)
def test_no_address_in_a_value(value: str) -> None:
    assert _found(value) == set()


@pytest.mark.parametrize(
    ("key", "value", "sure"),
    [
        ("PIN", "bob.smith:9999", False),
        ("PGPASSWORD", "horse.staple:5432", False),
        ("dbPass", "horse:5432", False),
        ("SECRET_KEY_BASE", "horse.shop:8080", False),
        ("u", "me:5432", False),  # `curl -u me:5432`
        ("AUTH", "me:5432", False),
        ("AUTH", "auth.shop:8080", True),
        ("BYPASS", "proxy.shop:3128", True),
        ("proxy_pass", "web.shop:80", True),
        ("TOKEN_SERVICE", "tokens.shop:8080", True),
        ("API_TOKEN", "http://tokens.shop:8080", True),
    ],
)
def test_what_stands_under_a_key_of_secrets_is_not_plainly_the_value_to_call(
    key: str, value: str, sure: bool
) -> None:
    """A Service of the input that is called so is reached all the same."""
    assert [one.direct for one in targets(value, key)] == [sure]


def test_an_option_of_a_redis_is_no_host() -> None:
    """StackExchange.Redis takes both on one line."""
    value = "cache:6379,password=cache.horse,ssl=True"
    assert {one.host for one in targets(value, "REDIS")} == {"cache"}
    assert {one.host for one in targets(f"Redis={value}", "", file=True)} == {"cache"}


@pytest.mark.parametrize(
    ("value", "host"),
    [
        (
            "shop.acme.com {\n  tls {\n    dns cloudflare {env.T}\n  }\n  file_server\n}\n",
            "api.cloudflare.com",
        ),
        ('<?php\n$config["nets"] = ["10.64.0.0/16"];\n', "10.64.0.0/16"),
    ],
)
def test_a_directive_is_read_whichever_others_stand_beside_it(value: str, host: str) -> None:
    assert host in {one.host for one in targets(value, "", file=True)}


@pytest.mark.parametrize(
    ("value", "port"),
    [
        (
            "options {\n  forwarders {\n    // 10.64.0.1;\n    # 10.64.0.1;\n    10.64.0.2 port 5353;\n  };\n};\n",
            5353,
        ),
        ('zone "a" {\n  type primary;\n  parental-agents { 10.64.0.2; };\n};\n', 53),
        ("forward_zones:\n- zone: a\n  forwarders:\n  - 10.64.0.2 # not 10.64.0.1\n", 53),
        ("dns:\n  upstream_dns:\n  - tls://10.64.0.2:853\n  - '[//]10.64.0.2:853' # 10.64.0.1\n", 853),
    ],
)
def test_other_servers_of_a_dns_server_in_lists_with_comments(value: str, port: int) -> None:
    found = {(one.host, one.port) for one in targets(value, "", file=True)}
    assert found == {("10.64.0.2", port)}


@pytest.mark.parametrize(
    "value",
    [
        "router bgp 64520\n! neighbor 10.64.0.1 remote-as 64500\n neighbor 10.64.0.2 remote-as 64500\n",
        "protocol bgp {\n  # neighbor 10.64.0.1 as 64500;\n  neighbor 10.64.0.2 as 64500;\n}\n",
        "neighbors:\n# - config: {neighbor-address: 10.64.0.1, peer-as: 1}\n"
        "- config: {neighbor-address: 10.64.0.2, peer-as: 1}\n",
        "# $config['nets'][] = '10.64.0.1/32';\n$config['nets'] = [\n  // '10.64.0.1/32',\n  '10.64.0.2/32',\n];\n",
    ],
)
def test_a_directive_in_a_comment_is_none(value: str) -> None:
    found = targets(value, "", file=True)
    assert {one.host.removesuffix("/32") for one in found if one.port} == {"10.64.0.2"}


def test_a_measured_host_is_asked_as_its_section_says() -> None:
    value = (
        "*** Targets ***\nprobe = FPing\n+ a\nhost = a.acme.com\nport = 90\n"
        "+ web\nprobe = TCPPing\nport = 8443\n++ b\nhost = b.acme.com\n++ c\nhost = c.acme.com\nport = https\n"
        "+ far\nprobe = RemoteFPing\n++ d\nhost = d.acme.com\n"
    )
    assert set(directives.directives(value)) == {
        ("a.acme.com", 8, "ICMP"),
        ("b.acme.com", 8443, "TCP"),
        ("c.acme.com", 80, "TCP"),  # no number, and no reason to stop
    }


def test_each_directive_has_its_signs_and_its_reader() -> None:
    assert directives.READERS.keys() == signs.OF_DIRECTIVES.keys()


def test_secrets_of_a_url_are_not_kept() -> None:
    found = targets("postgres://admin:hunter2@db:5432/secret?token=abc", "DSN")
    assert "hunter2" not in repr(found)
    assert "abc" not in repr(found)
    assert "admin" not in repr(found)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"DB_HOST": "db", "DB_PORT": "6432"}, {("db", 6432)}),
        ({"POSTGRES_HOST": "db"}, {("db", 5432)}),
        (
            {"OTEL_HOST": "otel", "OTEL_PORT_GRPC": "4317", "OTEL_PORT_HTTP": "4318"},
            {("otel", 4317), ("otel", 4318)},
        ),
        ({"PGHOST": "db.shop.svc"}, {("db.shop.svc", 5432)}),
        ({"REDIS__SERVER": "cache"}, {("cache", 6379)}),
        ({"APP_NAME": "db"}, set()),
        ({"GHOST": "db"}, set()),
        ({"DB_HOST": "127.0.0.1 # or db"}, set()),
        ({"FEEDS": "adsb,feed.acme.com,30004,beast;mlat,mlat.acme.com,²"}, {("feed.acme.com", 30004)}),
    ],
)
def test_host_and_port_variables(variables: dict[str, str], expected: set[tuple[str, int]]) -> None:
    assert {(one.host, one.port) for one in pairs(variables)} == expected


def test_variables_are_expanded_like_the_kubelet_does() -> None:
    assert (
        expand("http://$(HOST):$(PORT)/$(MISSING)", {"HOST": "web", "PORT": "80"})
        == "http://web:80/$(MISSING)"
    )


_FILE = """
# see https://docs.example.org:443/setup for help
server:
  listen: 0.0.0.0:8080
database:
  host: db
  port: 6432
upstream: http://web.shop.svc:8080  # not http://old.shop.svc:80
targets:
  - one.shop:9100
  - two.shop:9100
text: visit https://www.example.org/page for more
"""


def test_configuration_file_has_keys_and_comments() -> None:
    found = {(one.host, one.port): one for one in targets(_FILE, "config.yaml", file=True)}
    assert set(found) == {
        ("0.0.0.0", 8080),
        ("db", 6432),
        ("web.shop.svc", 8080),
        ("one.shop", 9100),
        ("two.shop", 9100),
        ("www.example.org", 443),
    }
    assert found["web.shop.svc", 8080].key == "upstream"
    assert found["two.shop", 9100].key == "targets"
    assert found["web.shop.svc", 8080].direct
    assert not found["www.example.org", 443].direct


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('{"url":"http://web:80"}', "url"),
        ('endpoint = "http://web:80"', "endpoint"),
        ("proxy_pass http://web:80;", "proxy_pass"),
        ("--target=http://web:80", "target"),
        ("--target\nhttp://web:80", "target"),
        ("--targets=http://a:1,http://web:80", "targets"),
    ],
)
def test_key_in_front_of_an_address(text: str, key: str) -> None:
    assert Address("web", 80, "http", "TCP", key, True) in targets(text, "", file=True)


def test_speed_is_linear_in_the_length() -> None:
    # A pattern that backtracks over these would not end within the test's patience.
    for hostile in (
        "a." * 50_000,
        "a:" * 50_000,
        "://" * 50_000,
        "_-." * 50_000,
        "svc." * 50_000,
        "host=" * 30_000,
    ):
        targets(hostile, "", file=True)
        targets(hostile, "KEY")


def test_a_scheme_in_front_of_a_scheme() -> None:
    """Java's drivers: `jdbc:postgresql://host/db` is the value of its key, like any other URL."""
    [found] = targets("url: jdbc:postgresql://db.acme.com/x", "application.yaml", file=True)
    assert (found.host, found.port, found.key, found.direct) == ("db.acme.com", 5432, "url", True)
    [found] = targets("r2dbc:pool:mysql://db.acme.com:3307/x", "R2DBC_URL")
    assert (found.host, found.port, found.direct) == ("db.acme.com", 3307, True)


@pytest.mark.parametrize(
    "url", ["jdbc:oracle:thin:@//db.acme.com:1521/X", "jdbc:oracle:thin:@db.acme.com:1521:X"]
)
def test_oracle_writes_no_scheme_before_its_host(url: str) -> None:
    [found] = targets(url, "DB_URL")
    assert (found.host, found.port, found.direct) == ("db.acme.com", 1521, True)


def test_every_member_of_a_list_is_the_value_to_call() -> None:
    found = targets("k1:9092,k2:9092, k3:9092", "BROKERS")
    assert [(one.host, one.direct) for one in found] == [("k1", True), ("k2", True), ("k3", True)]
    assert not targets("see k1:9092", "NOTE")[0].direct


@pytest.mark.parametrize(
    "value",
    [
        "rest:http://me:1/x@backup.acme.com:8000/",
        "rest:http://me:1'x@backup.acme.com:8000/",
        "sftp:me:hunter2@backup.acme.com:/srv",
        "s3:https://me:1 x@backup.acme.com:8000/",
    ],
)
@pytest.mark.parametrize("form", ["{}", "repository: {}", "restic -r {} backup"])
def test_no_user_of_a_repository_is_a_host(value: str, form: str) -> None:
    """A password that looks like the end of the host leaves nothing that a notice may name."""
    found = targets(form.format(value), "RESTIC_REPOSITORY", file=form != "{}")
    assert {one.host for one in found if one.scheme == "restic"} <= {"backup.acme.com"}


@pytest.mark.parametrize(
    ("key", "alone"),
    [
        ("DB_HOST_REPLICA", "DB_HOST"),
        ("db.host.RO", "db.host"),
        ("KAFKA_BROKER_1", "KAFKA_BROKER"),
        ("KAFKA_BROKER_10", "KAFKA_BROKER"),
        ("KAFKA_BROKER_100", "KAFKA_BROKER_100"),
        ("backend_hostname0", "backend_hostname"),
        ("DBHost12", "DBHost"),
        ("redis5", "redis5"),
        ("DB_HOST", "DB_HOST"),
        ("replica", "replica"),
        ("_main", ""),
        ("12", "12"),
        ("", ""),
    ],
)
def test_a_key_without_what_tells_several_hosts_apart(key: str, alone: str) -> None:
    assert plain(key) == alone


def test_a_line_of_pgpass_among_others() -> None:
    whole = "# host:port:db:user:password\ndb.shop.svc:5432:app:me:tiger\n"
    assert ("db.shop.svc", 5432) in {(one.host, one.port) for one in targets(whole, "pgpass", True)}


def test_camels_schemes_are_none_as_keys_of_a_file() -> None:
    file = "smtp:\n  host: mail\nroute:\n  uri: mllp:lab.acme.com:2575\n"
    assert ("lab.acme.com", 2575, "mllp") in {
        (one.host, one.port, one.scheme) for one in targets(file, "a.yaml", True)
    }
