"""Some twenty-five hundred secrets in every spelling and every place that is read, in one cluster."""

from __future__ import annotations

import base64
import itertools

# {a} and {b} are secret; what stands around them may pass.
SPELLINGS = {
    "DATABASE_URL": "postgres://me:{a}@db.example.com:5432/x",
    "DSN": "postgres://me:{a}/{b}:77@db.example.com:5432/x",
    "QUEUE_URL": "amqp://{a}:{b}@mq.shop.svc:5672/%2f",
    "ODD_URL": "https://me:p@{a}/{b}:123@e.example.com:8443/",
    "MONGO_URL": "mongodb://me:{a}@one.shop:27017,two.shop:27017/x?authSource={b}",
    "JDBC_URL": "jdbc:postgresql://db.shop:5432/x?user=me&password={a}",
    "HOOK_URL": "https://hooks.example.com/services/{a}/{b}",
    "API_URL": "https://api.example.com/v1?token={a}#{b}",
    "GIT_URL": "https://{a}:x-oauth-basic@git.example.com/a/b.git",
    "SENTRY_DSN": "https://{a}@o1.ingest.example.com/{b}",
    "REDIS_URL": "redis://:{a}@cache.shop:6379/0",
    "CACHE_URL": "redis://{a}@cache.shop:6379/0",
    "LIBPQ": "host=db.shop port=5432 user={a} password={b}",
    "ADO": "Server=db.shop,1433;Database=x;User Id=me;Password={a};",
    "AZURE": "DefaultEndpointsProtocol=https;AccountName=shop;AccountKey={a}{b}==;EndpointSuffix=example.net",
    "PAIR": "{a}:{b}",
    "BASIC_AUTH": "{a}:1234",
    "PIN": "bob.{a}:9999",
    "PW": "{a}",
    "API_TOKEN": "{a}",
    "SALT": "{a}{b}",
    "HEADER": "Authorization: Bearer {a}.{b}",
    "BASIC": "Authorization: Basic {a}==",
    "GATE_ENDPOINT": "Bearer {a}",
    "KEY_SERVER": "token {a}",
    "NETRC": "machine git.example.com login {a} password {b}",
    "PGPASS": "db.shop:5432:x:me:{a}",
    "HTPASSWD": "me:$apr1${a}${b}",
    "CURL": "curl -u me:{a} -H 'X-Key: {b}' https://api.example.com:8443/x",
    "MYSQL": "mysql -p{a} -h db.shop --password={b}",
    "FLAGS": "--token {a} --client-secret={b} --host db.shop",
    "SENTENCE": "the old one was {a}, the new one is {b}",
    "PEM": "-----BEGIN RSA PRIVATE KEY-----\n{a}\n{b}\n-----END RSA PRIVATE KEY-----",
    "INI": "[db]\nhost = db.shop\nport = 5432\npassword = {a}\n",
    "YAML": "server: http://api.shop:8080\nusers:\n- name: me\n  user: {{token: {a}, password: \"{b}\"}}\n",
    "KUBECONFIG": "clusters: [{{cluster: {{server: 'https://k.example.com:6443'}}}}]\n"
    "users: [{{user: {{client-key-data: {a}, token: {b}}}}}]\n",
    "TOML": '[smtp]\nsmtp_smarthost = "mail.example.com:587"\nsmtp_auth_password = "{a}"\n',
    "XML": "<server>db.shop</server><password>{a}</password><key>{b}</key>",
    "REDIS_CONF": "port 6379\nrequirepass {a}\nuser me on >{b} ~* +@all\n",
    "DOCKER": '{{"auths": {{"registry.example.com": {{"username": "me", "password": "{a}", "auth": "{b}"}}}}}}',
    "JSON": '{{"host": "db.shop", "port": 5432, "user": "{a}", "pass": "{b}"}}',
}  # fmt: skip
# More of them: passwords with odd characters, connection strings of other languages, calls of clients, and URLs of
# notifiers, in which a token stands in the host's place.
SPELLINGS |= {
    "TWO_AT_URL": "postgres://me:{a}@{b}@db.example.com:5432/x",
    "QUOTE_URL": "postgres://{a}:1'{b}@db.example.com:5432/x",
    "BAR_URL": "postgres://{a}:1|{b}@db.example.com:5432/x",
    "BLANK_URL": "postgres://{a}:1 {b}@db.example.com:5432/x",
    "BLANK_BARE_URL": "postgres://{a}:1 {b}@db",
    "QUOTE_SLASH_URL": "mysql://{a}:1'/{b}@db.example.com",
    "QUOTE_HASH_URL": "mysql://{a}:1`#{b}@db",
    "BLANK_SLASH_URL": "redis://{a}:1 /{b}@db/0",
    "BLANKS_URL": "amqp://{a}:1  {b}@mq.example.com:5672",
    "BLANK_AT_URL": "smtp://{a}:1 @@{b}@mail/x",
    "ANGLE_URL": "kafka://{a}:1<{b}@mq.example.com:9092",
    "ANGLE_COMMA_URL": "nats://{a}:1>,{b}@[2001:db8::1]:4222",
    "BACKSLASH_HASH_URL": "ldap://{a}:1\\#{b}@ldap.example.com",
    "BRACKET_BLANK_URL": "grpc://{a}:1[ {b}@$(HOST):5432",
    "BRACKET_URL": "smtp://{a}:12345[{b}@db.example.com:5432/x",
    "BRACE_URL": "https://{a}:x{{{b}@db.shop.svc.cluster.local",
    "TEMPLATE_URL": "mqtt://{a}:1; {b}@${{HOST}}",
    "DOTTED_URL": "s3://bob.{a}:1 {b}@minio.example.com:9000",
    "PAIR_BLANKS": "{a}:1  {b}@db:5432",
    "NESTED_HOST": "user={a} password={b} host=db.shop",
    "PIPED_HOST": "Basic {a}|{b}",
    "ENCODED_URL": "postgres://me:{a}%40{b}@db.example.com:5432/x",
    "GO_MYSQL": "me:{a}@tcp(db.shop:3306)/x?parseTime=true",
    "BARE_DSN": "me:{a}@db.shop:5432/x",
    "ORACLE": "me/{a}@//db.shop:1521/x",
    "SMB": "//me:{a}@nas.lan/share",
    "CIFS_OPTIONS": "vers=3.0,username=me,password={a},domain={b}",
    "SSHPASS": "sshpass -p {a} ssh me@db.shop",
    "FTP_URL": "ftp://me:{a}@[2001:db8::1]:21/{b}",
    "SERVICEBUS": "Endpoint=sb://x.servicebus.example.net/;SharedAccessKeyName=Root;SharedAccessKey={a}{b}=",
    "PRESIGNED_URL": "https://b.s3.example.com/k?X-Amz-Credential={a}&X-Amz-Signature={b}",
    "TELEGRAM_URL": "https://api.telegram.example.org/bot{a}:{b}/sendMessage",
    "APPRISE_URLS": "tgram://{a}/{b} discord://{a}/{b}",
    "SHOUTRRR_URL": "pushover://shoutrrr:{a}@{b}/?devices=x",
    "WIREGUARD": "[Interface]\nPrivateKey = {a}=\n[Peer]\nPresharedKey = {b}=\nEndpoint = vpn.example.com:51820\n",
    "RCLONE": "[nas]\ntype = webdav\nurl = https://nas.example.com\nuser = me\npass = {a}\n",
    "JWT_TEXT": "{a}.{b}.sig",
    "LICENSE": "{a}.{b}.example",
    "PROXY": "http://{a}:{b}@proxy.lan:3128",
    "NGINX": 'proxy_set_header Authorization "Basic {a}";\nset $token {b};\nproxy_pass http://api.shop:8080;\n',
    "HAPROXY": "userlist u\n  user me insecure-password {a}\nbackend b\n  server s db.shop:5432 check\n",
    "PGPASSWORD_CALL": "PGPASSWORD={a} psql -h db.shop -p 5432 -U me",
    "REDIS_CALL": "redis-cli -a {a} -h cache.shop -p 6379 ping",
    "MC_CALL": "mc alias set s3 http://minio.shop:9000 {a} {b}",
    "HTTPIE": "http --auth me:{a} POST https://api.example.com/x token={b}",
    "OTP": "otpauth://totp/x:me?secret={a}&issuer={b}",
    "ADO_SERVICE": "Server=api,1433;User Id={b}.api;Password=api.{a}",
    "REDIS_SERVICE": "api:6379,password=api.{a},ssl=True",
    "GO_SERVICE": "api.{b}:{a}@tcp(api:3306)/api.{a}",
    "NSLCD": "uri ldap://ldap.shop:389\nbinddn cn=me\nbindpw {a}\n",
    "MY_CNF": "[client]\nhost=db.shop\nuser=me\npassword={a}\n",
    "JAVA_OPTS": "-Xmx1g -Dspring.datasource.password={a} -Djavax.net.ssl.keyStorePassword={b}",
    "HELM_CALL": "helm upgrade x --set auth.password={a},auth.token={b}",
    "S3_URL": "s3://{a}:{b}@minio.shop:9000/bucket",
    "SRV_URL": "mongodb+srv://me:{a}@cluster0.abc.example.net/?authSource={b}",
    "NPMRC": "//registry.example.com/:_authToken={a}\nalways-auth=true\n",
    "PIP": "pip install --extra-index-url https://__token__:{a}@pypi.example.com/simple x",
    "COOKIE_HEADER": "Set-Cookie: session={a}; Path=/; token={b}",
    "JAAS": 'PlainLoginModule required username="me" password="{a}";',
    "ERLANG": "-name r@mq.shop -setcookie {a}",
    "LIST_URL": "amqp://me:{a}@one.shop:5672,me:{b}@two.shop:5672/",
    "NATS_URL": "nats://{a}@nats.shop:4222,nats://{b}@nats2.shop:4222",
    "DJANGO": "SECRET_KEY = '{a}'\nDATABASES = {{'x': {{'PASSWORD': '{b}', 'HOST': 'db.shop', 'PORT': '5432'}}}}\n",
    "PHP": "define('DB_HOST', 'db.shop:3306');\ndefine('DB_PASSWORD', '{a}');\ndefine('AUTH_KEY', '{b}');\n",
    "XML_ATTR": '<add name="x" connectionString="Server=db.shop;Pwd={a}"/><user name="me" pass="{b}"/>',
    "PROPERTIES": "spring.datasource.url=jdbc:mysql://db.shop:3306/x\nspring.datasource.password:{a}\nmy.code={b}\n",
    "BROKEN_URL": "https://me:{a}\n@db.example.com:5432/{b}",
    "BACKSLASH_URL": "https://me:{a}\\{b}@db.example.com:8443/x",
    "ENV_CALL": "env DB_PASS={a} API_CODE={b} /bin/serve --upstream api.shop:8080",
    "HCL": 'connection {{ host = "db.shop"\n bind_password = "{a}"\n passcode = "{b}" }}\n',
    "LDAP_TOML": '[[servers]]\nhost = "ldap.shop"\nport = 389\nbind_password = """{a}"""\n',
    "SMTP": "smtp://{a}:{b}@mail.example.com:587?auth=plain",
    "CRED_PAIR": "user={a}:{b}",
    "AUTH_LINE": "AUTH me {a}\nPASS {b}\n",
    "BASH": "export TOKEN={a}\ncurl -H \"Authorization: token $TOKEN\" -d '{b}' https://api.example.com/x\n",
    "SQL": "CREATE USER me WITH PASSWORD '{a}'; ALTER ROLE x IDENTIFIED BY '{b}';",
    "COMMENT": "# the password is {a}\nhost = db.shop\n; was: {b}\n",
    "HOST_LIKE": "{a}.{b}:5432",
    "PSK": "{a}:{b}:5432",
    "JSON_NESTED": '{{"a": {{"url": "https://api.example.com", "credentials": ["me", "{a}"]}}, "k": ["{b}"]}}',
    "YAML_BLOCK": "key: |\n  {a}\n  {b}\nhost: db.shop\n",
    "CSV": "me,{a},db.shop:5432\n",
    "WINDOWS": "net use \\\\nas.lan\\share {a} /user:me\\{b}",
    "SLASH_PASS": "postgres://me:12345/{a}@db.example.com:5432/x",
    "HASH_PASS": "postgres://me:{a}#{b}@db.example.com:5432/x",
    "QUESTION_PASS": "postgres://me:{a}?{b}@db.example.com:5432/x",
    "SPACE_PASS": "postgres://me:{a} {b}@db.example.com:5432/x",
    "QUOTE_PASS": "postgres://me:{a}'{b}@db.example.com:5432/x",
    "COMMA_PASS": "postgres://me:{a},{b}@db.example.com:5432/x",
    "PAREN_PASS": "postgres://me:{a}({b})@db.example.com:5432/x",
    "WEB_PASS": "https://me:{a}|{b}@db.example.com:8443/x",
    "WEB_QUOTED": "https://me:{a}\"{b}\"@db.example.com https://a.example.com`{b}`.example.io",
    "PIPE_PASS": "postgres://me:{a}|{b}@db.example.com:5432/x",
    "DOLLAR_PASS": "postgres://me:${a}$${b}@db.example.com:5432/x",
    "SLASH_BLANK_URL": "postgres://{a}:1/ {b}@db.example.com:5432/x",
    "SLASH_BLANK_BARE_URL": "redis://{a}:1/ {b}@db",
    "QUERY_BLANK_URL": "mysql://{a}:1? {b}@db.shop.svc:3306",
    "OWN_QUOTE": 'url: "redis://{a}:1" {b}@db"',
    "OWN_QUOTE_SLASH": "url: 'redis://{a}:1'/ {b}@db.example.com:5432/x'",
    "OWN_QUOTE_JSON": '{{"url": "redis://{a}:{a}\" {b}@db:6379"}}',
    "OWN_QUOTE_FLAG": "--url 'amqp://{a}:1' {b}@mq.example.com:5672' --x y",
    "PAREN_SLASH_URL": "redis://{a}:1)/{b}@db.shop.svc:80",
    "LIST_HOSTS": "password {a},{b}",
    "LIST_BLANKS_HOSTS": "password {a}, {b}",
    "LIST_QUOTES_SERVERS": "password '{a}','{b}'",
    "LIST_BRACKETS_HOSTS": "passwords: [{a}, {b}]",
    "LIST_PORTS_HOSTS": "secret {a}:1;{b}:2",
    "LIST_IS_SERVERS": "passwd is {a}|{b}",
    "LIST_AMONG_HOSTS": "credentials {a},db.shop,{b}",
    "AUTH_LIST_HOSTS": "auth {a},{b}",
    "LOGIN_BLANKS_HOSTS": "login {a} {b}",
    "KEYS_SERVERS": "keys {a} {b}",
    "KEYS_LIST_SERVERS": "keys: [{a}, {b}]",
    "PASSWORD_BLANKS_ENDPOINTS": "password {a} {b}",
    "PASSWORD_DOTS_HOSTS": "password {a}.x {b}.y",
    "USER_PEERS": "user {a} pin {b}",
    "LT_PASS": "postgres://me:{a}<{b}@db.example.com:5432/x",
}  # fmt: skip
PLACES = ("secret", "data", "env", "args", "map", "file", "template", "annotation", "values")


class Planter:
    """Fills spellings with secrets that are like no other text, and keeps them."""

    def __init__(self) -> None:
        self.planted: list[str] = []
        self._numbers = itertools.count(1)

    def fill(self, spelling: str) -> str:
        """One use of a spelling. Words, not random letters: a filter by shape must not be what saves the day."""
        made = {part: f"tig{part}{next(self._numbers)}er" for part in "ab"}
        self.planted += [word for part, word in made.items() if f"{{{part}}}" in spelling]
        return spelling.format(**made)


def cluster(plant: Planter) -> list[dict[str, object]]:
    """A namespace with one workload that reads all of it, and a HelmRelease."""
    texts = {place: {key: plant.fill(one) for key, one in SPELLINGS.items()} for place in PLACES}
    env = [{"name": key, "value": value} for key, value in texts["env"].items()]
    container = {
        "name": "c",
        "image": "e.example.com/x:1",
        "env": env,
        "args": list(texts["args"].values()),
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
    files = {f"{key}.conf": value + "\n" + "filler: x\n" * 60 for key, value in texts["file"].items()}
    release = {
        "env": texts["values"],
        "controllers": {
            "main": {"containers": {"main": {"env": texts["values"], "args": list(texts["values"].values())}}}
        },
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
