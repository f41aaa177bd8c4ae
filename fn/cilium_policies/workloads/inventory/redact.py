"""Texts without secrets: of what a text holds only what a policy may come from passes, by a list of what is allowed.

    Scrubber(patterns, names).text(value, key) -> str      configuration: env, arguments, ConfigMaps, annotations
    Scrubber(patterns, names).tree(value) -> value         Helm values and custom resources: also plain single words

A word passes when it is an address (without user, path and query), a number below 65536, a key, a flag, a word that the
program or its catalogue looks for, or a name of the tree. Every other word becomes `x`, so that a sentence stays a
sentence for those who tell values from prose. Under a key that names a credential nothing passes but addresses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice, takewhile

from cilium_policies.lean import Any
from cilium_policies.workloads.address_keys import IN_PASSWORD, may_be_user, names_address
from cilium_policies.workloads.credentials import (
    IN_CLUSTER,
    IP,
    PEM,
    SHAPED,
    TEMPLATE,
    address_of,
    addresses,
    is_address,
    is_credential,
    without_path,
)

_REFERENCE = re.compile(r"\$\{\w{1,60}\}|\$\(\w{1,60}\)|\$[A-Za-z_]\w{0,60}|\{\}")
_KEY = re.compile(r"[A-Za-z_][\w.\-/]{0,63}")
_FLAG = re.compile(r"--?([A-Za-z][\w.\-]{0,63})")
_SAYS_NO_TEXT = re.compile(
    r"\{\{-?\s*(?:(?:include|tpl|template)\s+\"[\w.\-]+\"[\w.$\s]*|[\w.$\s|()]*)-?\}\}"
)
_ASSIGNED = re.compile(r"([\w.\-]{1,64})=")
_HELD = re.compile("\x01(\\d+)\x01")  # a template that is kept, while the words around it are looked at
_TOKEN = re.compile(
    rf"(?P<url>[A-Za-z][A-Za-z0-9+.\-]*://(?:[^\s\"'`<>\\|/?#]*(?:{IN_PASSWORD}))?[^\s\"'`<>\\|]*)"
    r"|(?P<word>(?:\$\{\w{1,60}\}|\$\(\w{1,60}\)|\{\}|[^\s\"'`<>=,;|(){}\[\]&\\])+)|(?P<rest>\s+|.)"
)
_ASSIGNS = re.compile(r"[\"']?\s{0,8}(?::(?!//)|=(?![=;,&\s\"']*(?:[=;,&]|$)))")
# Words that readers of texts look for: switches, kinds of databases, programs that call, what collectors say.
_VOCABULARY = frozenset(
    """
    true false yes no on off enabled disabled none null x tcp udp http https grpc tls ssl info debug warn error
    curl wget git ssh sftp scp rsync nc dig ping psql mysql redis-cli restic rclone aws mc pg_isready
    pg_dump pg_dumpall pg_restore pg_basebackup mysqladmin mysqldump mariadb mariadb-dump mariadb-admin mongosh
    mongodump mongorestore ncat netcat telnet clickhouse-client cqlsh rabbitmqadmin ldapsearch
    define parent sibling network syslog
    postgres postgresql pgsql postgis pdo_pgsql mysql2 mariadb pdo_mysql mssql sqlserver sqlsrv oracle mongodb mongo
    redis valkey dragonfly rabbitmq amqp mqtt memcached elasticsearch opensearch nats kafka influxdb ldap smtp sqlite
    prometheus scrape pod pods service services endpoints endpointslice node ingress role action keep drop forward
    targets relayhost relay_host smarthost smart_host
    server upstream proxy_pass grpc_pass fastcgi_pass uwsgi_pass scgi_pass ProxyPass kubernetes ALL sidecar
    requests.get requests.post requests.put requests.patch requests.delete requests.head requests.request httpx.get
    httpx.post session.get session.post client.get client.post urlopen Request urllib.request.urlopen
    urllib.request.Request
    """.split()  # noqa: SIM905 -- a list of a hundred quoted words is no easier to read
)
_FILLED_HOST = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]{0,20})://\{[\w:.\-]{0,80}\}:(\d{1,5})(?!\d)")
_MARKS, _BEHIND = ("|", "<", "\\", "&", "}"), ("|", "\\", "&", "{", "=")  # beside a part of a password
_IN_WORD = re.compile(r"[^\s,:=\[({>;\"'][\"']{1,2}$")  # a quote within a word
_IS_SECRET = (
    r"(?i)(?<![\w.\-])(?:bearer|basic|digest|tokens?|api_?keys?|pass(?:words?|wd|phrases?)?|secrets?|credentials?)"
    r"(?: is)?[\s:=\"'\[(]{1,4}$"
)
_SECRET_NEAR = 24  # characters: the longest of these words and what stands behind it
_LISTS = frozenset(",;|")  # what separates several of them
_NEAR = 100  # characters: what a pattern may match, and what is looked at in front of a word
_PIECE = 2000
_SWITCHES = ("true", "false", "null", "", "x")
_STRICT = frozenset(
    "env envs extraenv environment args extraargs command data stringdata headers httpheaders"  # noqa: SIM905
    " customrequestheaders substitute params body".split()
)


_REFERS = frozenset(
    ("operator", "name", "optional")
)  # beside `key` where it is the key of an object or a label


class Scrubber:
    """`patterns` are the regular expressions that somebody looks for in texts, `names` those of the tree's objects."""

    def __init__(self, patterns: Iterable[str], names: Iterable[str]) -> None:
        self.sought = [re.compile(one) for one in sorted(patterns)]
        self._names = frozenset(names)

    def text(self, value: str, key: str = "") -> str:
        """A text of which every word that is not plainly harmless is replaced; keys stay."""
        if is_credential(key):
            return addresses(value, key, self._is_named)
        held: list[str] = []

        def hold(match: re.Match[str]) -> str:
            if not _SAYS_NO_TEXT.fullmatch(match[0]):
                return "{}"  # may hold a text of its own
            held.append(match[0])
            return f"\x01{len(held) - 1}\x01"

        kept: list[str] = []
        current = key
        for line in TEMPLATE.sub(hold, PEM.sub("x", value.replace("\x01", ""))).split("\n"):
            scrubbed, last = self._line(line, current)
            kept.append(scrubbed)
            # `--password` on a line of its own: the next argument is its value.
            current = last if _FLAG.fullmatch(line.strip().strip("\"'")) else key
        return _HELD.sub(lambda match: held[int(match[1])], "\n".join(kept))

    def _is_named(self, name: str) -> bool:
        """Whether a name, or each part of `name.namespace`, is one of the tree's."""
        return name in self._names or self._names.issuperset(name.split("."))

    def tree(self, value: Any, key: str = "", strict: bool = False) -> Any:
        """A copy of structured values. Single words stay unless they look like a secret or stand below a key that
        names one; what is environment, arguments or files in them is held as strictly as a text."""
        strict = strict or key.lower() in _STRICT
        if isinstance(value, str):
            plain = not strict and not is_credential(key) and _is_plain(value)
            return value if plain or value in _SWITCHES else self.text(value, key)
        if isinstance(value, dict):
            return self._members(value, key, strict)
        if isinstance(value, list):
            return [self.tree(member, key, strict) for member in value]
        return value

    def _members(self, members: dict[str, Any], key: str, strict: bool) -> dict[str, Any]:
        below = key if is_credential(key) and key.lower() not in _STRICT else ""
        name = members.get("name")
        entry = isinstance(name, str) and isinstance(members.get("value"), str)  # of env, or a parameter
        made = {}
        for member, inner in members.items():
            if (entry and member == "name") or (member == "key" and not _REFERS.isdisjoint(members)):
                made[member] = inner
            else:
                named = name if entry and member == "value" else ""
                made[member] = self.tree(inner, named or below or member, strict or bool(named))
        return made

    def _line(self, line: str, key: str) -> tuple[str, str]:
        """One line, and the last key or flag in it."""
        spans = self._spans(line)
        out: list[str] = []
        first, listed = 0, -1  # where a list of secrets ends so far
        for match in _TOKEN.finditer(line):
            word = match["word"]
            if word is None:
                out.append(self._url(line, match) if match["url"] else match[0])
            elif (flag := _flag(word)) or (flag := _key(line, match, key)):
                key = flag
                out.append(word)
            else:
                secret = _is_listed(line, match.start(), listed)
                listed = match.end() if secret else -1
                start, end = match.span()
                while first < len(spans) and spans[first][0] < start - _NEAR:
                    first += 1
                near = takewhile(partial(_begins_before, end), islice(spans, first, None))
                sought = "".join(line[max(a, start) : min(b, end)] for a, b in near if start < b)
                allowed = self._allowed(word, key) and not self._is_part(line, match, secret)
                out.append(word if allowed else sought if sought and not is_credential(key) else "x")
        return "".join(out), key

    def _url(self, line: str, match: re.Match[str]) -> str:
        """The address of a URL; nothing of one that may end within its user's password, unless its host is known."""
        url = match["url"]
        found = address_of(url)
        end = match.start() + len(without_path(url))
        if found and may_be_user(line, match.start(), end) and not self._is_known(found.partition("://")[2]):
            return "x"
        return found or _port_of(url)

    def _is_part(self, line: str, match: re.Match[str], secret: bool) -> bool:
        """Whether a word that reads as a host may be part of a password: behind a word for one (`secret`), beside a
        mark, or up to a `@`."""
        word = match[0]
        if (
            _REFERENCE.fullmatch(word)
            or not any(map(str.isalpha, word))
            or word in _VOCABULARY
            or self._is_known(word)
        ):
            return False
        if secret:
            return True
        before = line[max(0, match.start() - 3) : match.start()]
        part = (
            before[-1:] in _MARKS or _IN_WORD.search(before) or line[match.end() : match.end() + 1] in _BEHIND
        )
        return bool(part and "." not in word and ":" not in word) or may_be_user(
            line, *match.span(), marked=True
        )

    def _is_known(self, host: str) -> bool:
        """Whether a host, with its port, is an IP address, or plainly one of the cluster's."""
        name = host.rpartition(":")[0] or host
        return bool(IP.fullmatch(name) or IN_CLUSTER.fullmatch(name) or self._is_named(name))

    def _spans(self, line: str) -> list[tuple[int, int]]:
        """Where something is that somebody looks for. Of a URL only the address is kept: a pattern that takes one whole
        would keep what a quote or a backslash sets apart from it, a part of a password for instance."""
        found = set()
        for start, piece in pieces(line):
            for one in self.sought:
                found |= {
                    (start + a, start + b)
                    for a, b in (match.span() for match in one.finditer(piece))
                    if 0 < b - a < _NEAR and "://" not in piece[a:b]
                }
        return merged(found)

    def _allowed(self, word: str, key: str) -> bool:
        if word == ":" or _REFERENCE.fullmatch(word):
            return True
        word = _HELD.sub("", word)
        if not word:
            return True
        if is_credential(key):
            return False
        word = word.rstrip(":.!?") if word not in self._names else word
        if word.isdigit():
            return len(word) < 6
        if word in self._names or word in _VOCABULARY or IP.fullmatch(word) or IN_CLUSTER.fullmatch(word):
            return True
        return is_address(word, key, self._names.__contains__) or not any(map(str.isalnum, word))


def _port_of(url: str) -> str:
    """Of a URL whose host is filled in from elsewhere (`tcp://{env:SERVER}:587`) its port; else `x`."""
    match = _FILLED_HOST.match(url)
    return f"{match[1]}://{{x}}:{match[2]}" if match else "x"


def pieces(line: str) -> Iterator[tuple[int, str]]:
    """A line in pieces that overlap: some patterns take the square of what they are given."""
    for start in range(0, max(len(line), 1), _PIECE):
        yield start, line[start : start + _PIECE + _NEAR]


def merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans in order, those that overlap as one: what two patterns find is kept once."""
    made: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if made and start < made[-1][1]:
            made[-1] = (made[-1][0], max(end, made[-1][1]))
        else:
            made.append((start, end))
    return made


def _is_listed(line: str, start: int, listed: int) -> bool:
    """Whether a word stands right behind a word for a secret, whatever its key is (`Bearer …`), or goes on with the
    list of them that ends at `listed` (`passwords [a, b]`)."""
    if listed >= 0 and (between := line[listed:start].strip(" \t\"'[]()")) and _LISTS.issuperset(between):
        return True
    return re.search(_IS_SECRET, line[max(0, start - _SECRET_NEAR) : start]) is not None


def _begins_before(end: int, span: tuple[int, int]) -> bool:
    return span[0] < end


def _flag(word: str) -> str:
    """The name of a flag, "" for other words and for one that may have its value attached (`-pPASSWORD`)."""
    match = _FLAG.fullmatch(word)
    if match is None:
        return ""
    name = match[1]
    long = word.startswith("--") or len(name) == 1 or "." in name or "-" in name
    return name if long or names_address(name) else ""


def _key(line: str, match: re.Match[str], before: str) -> str:
    """The key that a word is, "" where it is none. Behind a key of a credential only a separator or a key that is
    plainly one begins another: `password=a=b` has one key."""
    word = match[0]
    name = word[:-1] if word.endswith(":") else word if _ASSIGNS.match(line, match.end()) else ""
    assigned = line[match.start() - 1 : match.start()] == "="
    if not _KEY.fullmatch(name) or SHAPED.fullmatch(name) or (assigned and not is_credential(name)):
        return ""
    behind = line[max(0, match.start() - _NEAR) : match.start()].rstrip(" \t\"'")
    begins = not behind or behind == "-" or behind[-1] in ",;&{[?"
    return name if begins or not is_credential(before) or is_credential(name) or names_address(name) else ""


def _is_plain(value: str) -> bool:
    """One word of a structured value that looks like none of the usual secrets."""
    value = TEMPLATE.sub(lambda match: "" if _SAYS_NO_TEXT.fullmatch(match[0]) else " ", value)
    if any(map(is_credential, _ASSIGNED.findall(value))):  # `password=…`
        return False
    return not re.search(r"\s|://|@", value) and len(value) < 254 and not SHAPED.fullmatch(value)
