"""Words that readers of texts look for: switches, kinds of databases, programs that call, what collectors say. None of
them is anybody's password, so that they pass in an inventory wherever they stand."""

from __future__ import annotations

VOCABULARY = frozenset(
    """
    true false yes no on off enabled disabled none null x tcp udp http https grpc tls ssl info debug warn error
    curl wget git ssh sftp scp rsync nc dig ping psql mysql redis-cli restic rclone aws mc pg_isready
    pg_dump pg_dumpall pg_restore pg_basebackup mysqladmin mysqldump mariadb mariadb-dump mariadb-admin mongosh
    mongodump mongorestore ncat netcat telnet clickhouse-client cqlsh rabbitmqadmin ldapsearch
    define parent sibling network syslog cockroach sql
    postgres postgresql pgsql postgis pdo_pgsql mysql2 mariadb pdo_mysql mssql sqlserver sqlsrv oracle mongodb mongo
    redis valkey dragonfly rabbitmq amqp mqtt memcached elasticsearch opensearch nats kafka influxdb ldap smtp sqlite
    prometheus.operator.servicemonitors prometheus.operator.podmonitors prometheus.operator.probes
    prometheus.operator.scrapeconfigs prometheus scrape pod pods service services endpoints endpointslice node
    ingress role action keep drop forward targets relayhost relay_host smarthost smart_host
    server upstream proxy_pass grpc_pass fastcgi_pass uwsgi_pass scgi_pass ProxyPass kubernetes ALL sidecar
    exact continue stop
    requests.get requests.post requests.put requests.patch requests.delete requests.head requests.request httpx.get
    httpx.post session.get session.post client.get client.post urlopen Request urllib.request.urlopen
    urllib.request.Request etc
    """.split()  # noqa: SIM905 -- a list of a hundred quoted words is no easier to read
)
