"""The one table of well-known ports: what listens where, and by which words a configuration speaks of it.

It is data in Python's form, as almost every build reads it. Schemes are IANA's and those of the usual clients.
"""

from __future__ import annotations

from cilium_policies.lean import NamedTuple


class Program(NamedTuple):
    """What listens on a port, and the words for it, separated by blanks.

    `port`     what a client dials unless it is told another
    `schemes`  of URLs, without `+driver`
    `words`    of a variable's name (`REDIS_HOST`), where no port stands beside it
    `keys`     words of a Secret's key that are unmistakable (`pguser`)
    `settings` values that choose it as a kind of database (`DB_TYPE: postgis`)
    `also`     other ports: poolers, TLS, cluster members
    `private`  a company's own often has a name of the public DNS and an address of its private network
    """

    port: int
    schemes: str = ""
    words: str = ""
    keys: str = ""
    settings: str = ""
    also: tuple[int, ...] = ()
    private: bool = False
    udp: bool = False


PROGRAMS = (
    Program(80, "http ws h2c dav webdav", "pihole"),
    Program(443, "https wss rtmps davs webdavs snowflake databricks", "webdav"),
    Program(5432, "postgres postgresql pgsql psql postgis ecto", "postgres postgresql pg pghost",
            "postgres postgresql pghost pguser pgdatabase pgpassword", "postgres postgresql pgsql postgis pdo_pgsql",
            also=(5433, 5439, 6432), private=True),
    Program(26257, "cockroachdb cockroach", private=True),
    Program(5439, "redshift", private=True),
    Program(3306, "mysql mysql2 mariadb", "mysql mariadb", "mysql mariadb", "mysql mysql2 mariadb pdo_mysql",
            also=(3307,), private=True),
    Program(1433, "sqlserver mssql", "mssql sqlserver", settings="mssql sqlserver sqlsrv", also=(11433,), private=True),
    Program(1521, "oracle", "oracle", settings="oracle", private=True),
    Program(10000, "hive2"),
    Program(27017, "mongodb", "mongo mongodb", "mongo mongodb", "mongodb", also=(27015, 27016), private=True),
    Program(6379, "redis rediss rediscache valkey", "redis valkey dragonfly", "redis valkey dragonfly",
            also=(6380,), private=True),
    Program(11211, "memcached pymemcache", "memcached memcache", private=True),
    Program(5672, "amqp pyamqp rabbitmq", "rabbitmq amqp", "rabbitmq amqp", also=(61614, 61617), private=True),
    Program(5671, "amqps", private=True),
    Program(1883, "mqtt", "mqtt"),
    Program(8883, "mqtts", "mqtts"),
    Program(1414, private=True),
    Program(4222, "nats", "nats", private=True),
    Program(9092, "kafka", "kafka", also=(2181, 9093, 9094, 9096, 9098), private=True),
    Program(389, "ldap", "ldap", private=True),
    Program(636, "ldaps", "ldaps", private=True),
    Program(465, "smtps"),
    Program(587, "submission", "smtp"),
    Program(143, "imap", "imap"),
    Program(993, "imaps"),
    Program(110, "pop3", "pop3"),
    Program(995, "pop3s"),
    Program(554, "rtsp"),
    Program(1935, "rtmp"),
    Program(22, "ssh sftp", "ssh sftp"),
    Program(9418, "git"),
    Program(21, "ftp", "ftp"),
    Program(2049, "nfs", "nfs", private=True),
    Program(445, "smb cifs", "smb cifs samba"),
    Program(873, "rsync", "rsync"),
    Program(2379, "etcd", "etcd"),
    Program(2181, "zookeeper", "zookeeper zk"),
    Program(9042, "cassandra", "cassandra cql scylla", also=(9142, 10350), private=True),
    Program(9000, "clickhouse", "clickhouse"),
    Program(8123, "ch"),
    Program(26379, "sentinel redis-sentinel", "sentinel sentinels", private=True),
    Program(61613, "stomp", "stomp"),
    Program(6650, "pulsar", "pulsar"),
    Program(6651, "pulsar+ssl"),
    Program(8009, "ajp"),
    Program(11300, "beanstalk beanstalkd"),
    Program(2113, "esdb kurrentdb"),
    Program(8020, "hdfs"),
    Program(7687, "bolt neo4j", "neo4j", also=(8182,), private=True),
    Program(8086, "influxdb", "influxdb", private=True),
    Program(9200, "elasticsearch", "elasticsearch opensearch", also=(10255,), private=True),
    Program(1080, "socks5"),
    Program(123, "ntp", "ntp", udp=True),
    Program(514, "syslog", "syslog", udp=True),
    Program(161, "snmp", "snmp", udp=True),
    Program(623, "ipmi", "ipmi", udp=True),
    Program(12201, words="gelf", udp=True),
    Program(3493, "nut", "nut"),
    Program(3671, words="knx", udp=True),  # KNXnet/IP
    Program(5222, "xmpp", "xmpp"),
    Program(30005, words="beast"),  # of ADS-B receivers, as readsb serves it
    Program(88, words="kdc", udp=True),
    Program(69, "tftp", udp=True),
    Program(3478, "stun turn", "stun turn", udp=True),
    Program(5060, "sip", "sip", udp=True),
    Program(5061, "sips"),
    Program(5683, "coap", udp=True),
    Program(631, "ipp ipps"),
    Program(515, "lpd"),
    Program(8612, "bjnp", udp=True),  # Canon's scanners, as sane-pixma(5) has them
    Program(8610, "mfnp", udp=True),
    Program(9100, "socket"),
    Program(502, "modbus", "modbus"),
    Program(10051, words="zabbix"),
    Program(4403, "", "meshtastic"),
    Program(7233, words="temporal"),
    Program(4840, "opc.tcp"),
    Program(23, "telnet"),
    Program(5900, "vnc"),
    Program(6667, "irc"),
    Program(6697, "ircs"),
)  # fmt: skip

# scheme → (port, protocol); the first is what a client dials unless it is told another.
SCHEMES: dict[str, tuple[tuple[int, str], ...]] = {
    scheme: ((one.port, "UDP" if one.udp else "TCP"),) for one in PROGRAMS for scheme in one.schemes.split()
}
SCHEMES["smtp"] = ((25, "TCP"), (465, "TCP"), (587, "TCP"))
SCHEMES["clickhouse"] = (
    (9000, "TCP"),
    (8123, "TCP"),
)  # some clients speak HTTP under this scheme, some do not
# Requests go by UDP, what is scanned by TCP (backend/pixma/pixma_bjnp.c of sane-backends).
SCHEMES["bjnp"] = ((8612, "UDP"), (8612, "TCP"))
SCHEMES["mfnp"] = ((8610, "UDP"), (8610, "TCP"))
# No URL has it: an exporter is called so (Proxmox VE), of whose target the host is named.
SCHEMES["pve"] = ((8006, "TCP"),)
SCHEMES["sb"] = (
    (5671, "TCP"),
    (443, "TCP"),
)  # Azure Service Bus and Event Hubs by AMQP, and through web sockets
# Couchbase's documents, and its management and services, whose addresses clients learn there
SCHEMES["couchbase"] = tuple((port, "TCP") for port in (11210, 8091, 8093, 8094, 8095, 8097))
SCHEMES["couchbases"] = tuple((port, "TCP") for port in (11207, 18091, 18093, 18094, 18095, 18097))
# Schemes whose port is the Service's own, whichever it is: of load balancers in clients, of what has no usual port.
ANY_PORT = frozenset(("lb", "grpc", "grpcs", "tcp", "tls", "ssl", "thrift", "dubbo", "trino", "presto", "db2", "sap",
                      "ray", "fcgi", "fastcgi", "uwsgi", "nacos", "consul"))  # fmt: skip
PING = "icmp"  # no port follows, but a host
UDP_SCHEMES = {
    "udp",
    "srt",
    "rist",
    "rtp",
    "quic",
    "h3",
    "statsd",
    *(key for key, ports in SCHEMES.items() if ports[0][1] == "UDP"),
}
# Ports that no browser asks
SPOKEN = frozenset(one.port for one in PROGRAMS if one.port not in (80, 443))
WORDS = {word: one.port for one in PROGRAMS for word in one.words.split()}
# The other port of programs that have two for their clients: mail with and without TLS, ClickHouse's HTTP
SECOND = {587: 25, 143: 993, 110: 995, 9000: 8123}
# Words of a key that make its host an object store's, which clients ask by HTTPS unless they are told otherwise.
STORES = frozenset(("s3", "minio", "storage", "bucket", "objectstorage", "objstore", "oss", "cos", "obs"))
# Words of a variable whose port is asked by UDP, whichever it is
BY_DATAGRAMS = ("statsd", "wireguard", "stun")
DATAGRAMS = {one.port for one in PROGRAMS if one.udp}
# By datagrams whatever a key says: TFTP, NTP, SNMP and its traps, RADIUS and changes of its authorizations, NetFlow,
# GTP-U, KNX, sFlow, PFCP, WireGuard
ALWAYS_UDP = frozenset((69, 123, 161, 162, 1645, 1646, 1812, 1813, 2055, 2152, 3671, 3799, 6343, 8805, 51820))
# Words of a key whose port is asked by either
BY_EITHER = ("syslog", "homer")
KEYS = {one.port: set(one.keys.split()) for one in PROGRAMS if one.keys}
DATABASES = {word: one.port for one in PROGRAMS for word in one.settings.split()}
SERVERS = frozenset(port for one in PROGRAMS if one.private for port in (one.port, *one.also))
# Databases of which a program that can use several has one.
RELATIONAL = frozenset((5432, 5433, 5439, 6432, 26257, 3306, 3307, 1433, 11433, 1521))
# No network address follows: paths, sockets, image references (containerd pulls those), look-alikes.
NO_NETWORK = frozenset(
    """
    unix file docker docker-daemon containerd oci oci-layout dir s3 gs gcs azblob az sqlite sqlite3 jdbc data ref fd
    npipe vault secret arn k8s urn
    """.split()  # noqa: SIM905
)
# Schemes of URLs by which Apprise and shoutrrr name a service that has one host, and that host.
NOTIFIERS = {
    "pover": "api.pushover.net",
    "pushover": "api.pushover.net",
    "pbul": "api.pushbullet.com",
    "pushbullet": "api.pushbullet.com",
    "tgram": "api.telegram.org",
    "telegram": "api.telegram.org",
    "discord": "discord.com",
    "slack": "hooks.slack.com",
}
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
SENTINEL, BEHIND_SENTINEL = 26379, 6379  # the first is asked for the address of the second
# nsqlookupd, whom consumers ask for queues (go-nsq: consumer.go), as does its admin (nsq: internal/clusterinfo)
LOOKUP, BEHIND_LOOKUP, BEHIND_LOOKUP_HTTP = 4161, 4150, 4151
DIRECTORIES = (SENTINEL, LOOKUP)
# What a key calls a database without saying which, and the ports meant then.
DATABASE_WORDS = frozenset(("db", "database", "sql", "rds"))
USUAL_DATABASES = (5432, 3306)

# Words of which one stands in a command that fetches, what fetches, and the ports: Alpine's and Debian's mirrors are
# mostly plain HTTP.
FETCHERS = (
    (("uvx", "npx", "pipx", "bunx"), r"\b(uvx|npx|pipx run|bunx)\b", (443,)),
    (("pip",), r"\bpip3?[\"']? install\b", (443,)),
    (("uv",), r"\buv (pip|tool|sync|run)\b", (443,)),
    (("npm", "yarn"), r"\b(npm|pnpm|yarn) (install|ci|add|exec)\b", (443,)),
    (("gem",), r"\bgem install\b", (443,)),
    (("install",), r"\b(go|cargo|playwright) install\b", (443,)),
    (("composer",), r"\bcomposer (install|require)\b", (443,)),
    (("ollama", "hf", "huggingface"), r"\b(ollama pull|hf download|huggingface-cli download)\b", (443,)),
    (("--model",), r"(--model(?:-id|-name)?[= ](?![./~])[\w.-]{2,}/[\w.-]+)(?![\w./-])", (443,)),
    (("apk",), r"\bapk (--\S+ )*add\b", (80, 443)),
    (("apt",), r"\bapt(-get)? (-\S+ )*(install|update)\b", (80, 443)),
)
# Variables by which images fetch what they add to themselves when they start, from registries that redirect to others
# (linuxserver/docker-mods@0198da8d: docker-mods.v3).
FETCHED_BY = ("DOCKER_MODS",)
# Calls of Python's libraries that load a model from Hugging Face's hub.
CALLS = (
    (
        ("from_pretrained", "download"),
        r"\b(from_pretrained|snapshot_download|hf_hub_download)(?=\()",
        (443,),
    ),
)
# Clients of a service, by the words behind their name, and the host of its API.
CLIENTS = (
    (
        "gh ",
        r"\bgh (api|auth|gist|issue|label|pr|release|repo|run|secret|variable|workflow)\b",
        "api.github.com",
    ),
    ("akeyless ", r"\bakeyless (auth|create|delete|describe|get|list|update)[\w-]*", "api.akeyless.io"),
    ("doctl ", r"\bdoctl (apps|auth|compute|databases|kubernetes|registry)\b", "api.digitalocean.com"),
    (
        "hcloud ",
        r"\bhcloud (context|firewall|image|load-balancer|network|server|volume)\b",
        "api.hetzner.cloud",
    ),
)
REGIONAL = (
    ("oci ", r"\boci (bv|ce|compute|db|dns|iam|lb|network|nlb|os|vault) ", ""),
    ("gcloud ", r"\bgcloud (auth|compute|container|dns|iam|run|secrets|sql|storage) ", ""),
    ("az ", r"\baz (account|acr|aks|group|keyvault|login|network|storage|vm) ", ""),
)
# Remotes of rclone that have one service, by the type that their section, or a variable, gives them, where nothing else
# is said (rclone/rclone@64ab1ac3: backend/googlecloudstorage, backend/drive, backend/b2: it is told more hosts there).
REMOTES = {
    "google cloud storage": ("storage.googleapis.com", "oauth2.googleapis.com"),
    "drive": ("www.googleapis.com", "oauth2.googleapis.com"),
    "b2": ("api.backblazeb2.com", "*.backblazeb2.com", "*.backblaze.com"),
}
REMOTE = (
    r"(?m)(?:^[ \t\"']{0,99}type|\bRCLONE_CONFIG_\w{1,60}_TYPE)[\"']?[ \t]{0,9}[=:][ \t]{0,9}[\"']?"
    rf"({'|'.join(REMOTES)})(?=[\"']?[ \t\r]{{0,99}}(?:[;\\]|$))"
)
# All that is looked for in a text so.
FETCHING = (
    *(one for _, one, _ in (*FETCHERS, *CALLS)),
    *(one for _, one, _ in (*CLIENTS, *REGIONAL)),
    REMOTE,
)
