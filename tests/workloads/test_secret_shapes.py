"""Of a Secret's text nothing is left but Services, their ports and the words of configuration around them."""

from __future__ import annotations

import pytest
from cilium_policies.workloads.credentials import addresses
from cilium_policies.workloads.secret_shapes import is_service, shape

from tests.hostile.growth import cpu_of

SERVICES = frozenset(("db", "db.shop", "cache", "web"))
# What is secret below: none of it, nor a part of it, may be left.
SECRETS = ("hunter", "s3cr", "Tr0ub4dor", "correct", "horse", "abcdef", "tiger", "AKIA", "zebra")
TEXTS = [
    "Server=db,1433;Database=hunter;User Id=tiger;Password=s3cr=hunter;",
    '{"db": {"host": "db", "port": 5432, "password": "abcdef=zebra"}, "x": "hunter:tiger"}',
    "db_password = 'correct horse'\nhost = db\nport = 5432\nhunter\n",
    "amqp://tiger:hunter@db:5672/zebra,amqp://tiger:s3cr@cache:5672",
    "cache:6379,password=Tr0ub4dor&3,ssl=True",
    "upstream x { server web:80; } # hunter\nproxy_set_header X tiger;\nproxy_pass http://web/hunter;",
    "<connection><host>db</host><port>5432</port><password>hunter</password></connection>",
    "define('DB_HOST', 'db');\ndefine('SALT', 'zebra;host=tiger');",
    "host=db user=tiger password=hunter port=5432",
    "web hunter 12345 67890 tiger\n- zebra\n- cache:6379\n",
    "[hunter]\nhost = db\nport = 5432\n[tiger]\nkey = AKIAHUNTER\n",
    "mongodb+srv://tiger:hun/ter@db.shop.svc.cluster.local/x",
    # Passwords and users that begin or end with a Service's name
    "Server=db;User Id=tiger.db;Password=db.hunter",
    "cache:6379,password=cache.hunter,ssl=True",
    "db.tiger:hunter@tcp(db:3306)/db.zebra",
    "requirepass web.hunter\nmasterauth hunter.web",
    "<password>db.hunter</password>\n<host>db</host>",
    "https://web/web.hunter?u=http://db.zebra:80&token=web.tiger#db.correct",
    "x --password hunter --hunter http://db/zebra --tiger=http://web --url 'http://u:zebra@db'",
]
# Passwords that are numbers, or begin with one, behind a user that has a Service's name
NUMBERS = [
    "db:54321@tcp(db:3306)/x",
    "postgres://db:54321'x@db:5432/x",
    "postgres://db:54321|x@db:5432/x",
    "postgres://db:54321 x@db:5432/x",
    'postgres://db:54321 x y"z@db:5432',
    "postgres://db:54321'/x@db:5432/x",
    "a: postgres://db:54321 x@db:5432/x\nb: 1",
    "dsn = db:54321=x@db:5432",
]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("key", ["config.yaml", "DATABASE_URL", "settings"])
def test_nothing_secret_is_left(text: str, key: str) -> None:
    kept = addresses(text, key, SERVICES.__contains__)
    assert [secret for secret in SECRETS if secret.lower() in kept.lower()] == []


@pytest.mark.parametrize("text", NUMBERS)
@pytest.mark.parametrize("key", ["config.yaml", "DATABASE_URL", "settings"])
def test_a_password_of_digits_is_no_port(text: str, key: str) -> None:
    assert "54321" not in addresses(text, key, SERVICES.__contains__)


@pytest.mark.parametrize("mark", [" ", "'", '"', "|"])
def test_a_url_that_ends_within_its_password_tells_no_user(mark: str) -> None:
    kept = addresses(f"postgres://tiger:hunter{mark}zebra@other.example.com:5432/x", "DATABASE_URL")
    assert kept == ""


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("Server=db,1433;Password=hunter", "Server=db,1433;Password=~"),
        ("brokers: [web:80, other:81]", "brokers: [web:80, ~:~]"),
        ("nothing of the cluster: hunter2", ""),
        ("port = 5432", "port = 5432"),
        ("[section]", "[tag]"),
        ("unknown = db", "tag = db"),
    ],
)
def test_the_form_stays(line: str, kept: str) -> None:
    assert shape(line, SERVICES.__contains__) == kept


def test_a_service_has_several_spellings() -> None:
    told = [
        one
        for one in ("db", "db.shop", "db-0.db", "x.shop.svc", "hunter", "6379")
        if is_service(one, SERVICES.__contains__)
    ]
    assert told == ["db", "db.shop", "db-0.db", "x.shop.svc"]


@pytest.mark.parametrize(
    "piece", ["http://u:p@web:80/x,", "x web ", "a://", "host=db port=5432 password=x\n"]
)
def test_a_long_secret_takes_time_in_proportion(piece: str) -> None:
    def seconds(times: int) -> float:
        return min(cpu_of(lambda: addresses(piece * times, "c", SERVICES.__contains__)) for _ in range(3))

    assert seconds(12_000) < 12 * max(seconds(3_000), 0.01)
