"""Ports that a URL scheme, or the name of a program in a variable's name, stands for."""

from __future__ import annotations

# scheme without `+driver` → (port, protocol); the first is what a client dials unless it is told another.
SCHEMES: dict[str, tuple[tuple[int, str], ...]] = {
    "http": ((80, "TCP"),),
    "https": ((443, "TCP"),),
    "ws": ((80, "TCP"),),
    "wss": ((443, "TCP"),),
    "h2c": ((80, "TCP"),),
    "postgres": ((5432, "TCP"),),
    "postgresql": ((5432, "TCP"),),
    "pgsql": ((5432, "TCP"),),
    "cockroachdb": ((26257, "TCP"),),
    "mysql": ((3306, "TCP"),),
    "mysql2": ((3306, "TCP"),),
    "mariadb": ((3306, "TCP"),),
    "sqlserver": ((1433, "TCP"),),
    "mssql": ((1433, "TCP"),),
    "mongodb": ((27017, "TCP"),),
    "redis": ((6379, "TCP"),),
    "rediss": ((6379, "TCP"),),
    "valkey": ((6379, "TCP"),),
    "memcached": ((11211, "TCP"),),
    "amqp": ((5672, "TCP"),),
    "amqps": ((5671, "TCP"),),
    "mqtt": ((1883, "TCP"),),
    "mqtts": ((8883, "TCP"),),
    "nats": ((4222, "TCP"),),
    "kafka": ((9092, "TCP"),),
    "ldap": ((389, "TCP"),),
    "ldaps": ((636, "TCP"),),
    "smtp": ((25, "TCP"), (465, "TCP"), (587, "TCP")),
    "smtps": ((465, "TCP"),),
    "submission": ((587, "TCP"),),
    "imap": ((143, "TCP"),),
    "imaps": ((993, "TCP"),),
    "pop3s": ((995, "TCP"),),
    "rtsp": ((554, "TCP"),),
    "rtmp": ((1935, "TCP"),),
    "ssh": ((22, "TCP"),),
    "sftp": ((22, "TCP"),),
    "git": ((9418, "TCP"),),
    "ftp": ((21, "TCP"),),
    "etcd": ((2379, "TCP"),),
    "cassandra": ((9042, "TCP"),),
    "clickhouse": ((9000, "TCP"),),
    "bolt": ((7687, "TCP"),),
    "neo4j": ((7687, "TCP"),),
    "influxdb": ((8086, "TCP"),),
    "elasticsearch": ((9200, "TCP"),),
    "socks5": ((1080, "TCP"),),
    "ntp": ((123, "UDP"),),
    "syslog": ((514, "UDP"),),
    "snmp": ((161, "UDP"),),
    "tftp": ((69, "UDP"),),
    "stun": ((3478, "UDP"),),
    "turn": ((3478, "UDP"),),
}
UDP_SCHEMES = {
    "udp",
    "quic",
    "h3",
    "statsd",
    *(key for key, value in SCHEMES.items() if value[0][1] == "UDP"),
}
# No network address follows: paths, sockets, image references (containerd pulls those), look-alikes.
NO_NETWORK = frozenset(
    """
    unix file docker docker-daemon containerd oci oci-layout dir s3 gs gcs azblob az sqlite sqlite3 jdbc data ref fd
    npipe vault secret arn k8s urn
    """.split()  # noqa: SIM905
)
# word of a variable's name → the port of the program it names, where no port stands beside it
PROGRAMS = {
    "postgres": 5432,
    "postgresql": 5432,
    "pg": 5432,
    "pghost": 5432,
    "mysql": 3306,
    "mariadb": 3306,
    "redis": 6379,
    "valkey": 6379,
    "dragonfly": 6379,
    "mongo": 27017,
    "mongodb": 27017,
    "rabbitmq": 5672,
    "amqp": 5672,
    "mqtt": 1883,
    "memcached": 11211,
    "elasticsearch": 9200,
    "opensearch": 9200,
    "nats": 4222,
    "kafka": 9092,
    "influxdb": 8086,
    "ldap": 389,
    "smtp": 587,
}
# Ports of databases, brokers, directories and file servers: a company's own often have names of the public DNS and
# addresses of its private network (RDS, Cloud SQL, private endpoints; pgbouncer, Azure's and Amazon's TLS variants).
SERVERS = frozenset((
    389, 636, 1433, 1521, 2049, 2181, 3306, 3307, 4222, 5432, 5433, 5439, 5671, 5672, 6379, 6380, 6432, 7687, 8086,
    8182, 9042, 9092, 9093, 9094, 9096, 9098, 9142, 9200, 10255, 10350, 11211, 11433, 26257, 27015, 27016, 27017,
    61614, 61617,
))  # fmt: skip
# Variables that name an agent's host, mostly that of the own node, and the ports it is then called on: the defaults
# of the libraries that read them (Datadog's tracers and DogStatsD, Jaeger's and Instana's agents).
AGENTS: dict[str, tuple[tuple[int, str], ...]] = {
    "DD_AGENT_HOST": ((8126, "TCP"), (8125, "UDP")),
    "DD_TRACE_AGENT_HOSTNAME": ((8126, "TCP"),),
    "DD_DOGSTATSD_HOST": ((8125, "UDP"),),
    "STATSD_HOST": ((8125, "UDP"),),
    "JAEGER_AGENT_HOST": ((6831, "UDP"),),
    "OTEL_EXPORTER_JAEGER_AGENT_HOST": ((6831, "UDP"),),
    "INSTANA_AGENT_HOST": ((42699, "TCP"),),
}
SENTINEL = 26379  # asked for the address of a Redis, which is then called on 6379
# What a key calls a database without saying which, and the ports meant then.
DATABASE_WORDS = frozenset(("db", "database", "sql", "rds"))
DATABASES = {
    **dict.fromkeys(("postgres", "postgresql", "pgsql", "postgis", "pdo_pgsql"), 5432),
    **dict.fromkeys(("mysql", "mysql2", "mariadb", "pdo_mysql"), 3306),
    **dict.fromkeys(("mssql", "sqlserver", "sqlsrv"), 1433),
    "oracle": 1521,
    "mongodb": 27017,
}
USUAL_DATABASES = (5432, 3306)
