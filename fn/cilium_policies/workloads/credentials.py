"""Addresses in values that may be secret, and keys that name a credential.

addresses(value, key) -> str     of a Secret's value host and port of the addresses in it, and their form, nothing else
is_address(word, key) -> bool    `host:port` or a host, where the key or the cluster says that it is one
is_credential(key) -> bool
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from cilium_policies.catalogue.stores import STORES
from cilium_policies.workloads.address_keys import (
    NAMES_ADDRESS,
    NAMES_HOST,
    NAMES_PORT,
    OF_ENDPOINT,
    may_be_user,
)
from cilium_policies.workloads.secret_shapes import BEFORE_AT, services, shape
from cilium_policies.workloads.shown_urls import address_of, without_path

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]{0,30})://([^\s\"'`<>\\|]*)")
_HOST_PORT = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9._\-]*[A-Za-z0-9])?|\*?):(\d{1,5})")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._\-]*[A-Za-z0-9])?\.?")
IP = re.compile(
    r"\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2})?|[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}(?:/\d{1,3})?"
)
IN_CLUSTER = re.compile(r"(?:[A-Za-z0-9_-]+\.){2,}svc(?:\.[A-Za-z0-9.-]{1,100})?\.?(?::\d{1,5})?")
TEMPLATE = re.compile(r"\{\{[^{}\n]{0,500}\}\}|<%[^\n]{0,500}?%>|\$\([^()\n]{0,500}\s[^()\n]{0,500}\)")
PEM = re.compile(r"-----BEGIN [^-\n]{1,60}-----.*?(?:-----END [^-\n]{1,60}-----|\Z)", re.DOTALL)
# A key, or what PgBouncer calls every database
_ASSIGNMENT = re.compile(r"^([\s\-]*(?:export\s+)?(?:[\"']?[A-Za-z_][\w.\-]*[\"']?|\*)\s*[:=]\s*)(.*)$")
_BLOCK = re.compile(r"[A-Za-z_][\w\-]{0,63}:\s*")  # a key at the left edge, with a mapping below it
_ITEM = re.compile(r"[ \t]*-[ \t]+[\"']?([^\s\"',=]*[^\s\"',=:])[\"']?[ \t]*,?[ \t]*")
_FLOW = re.compile(r"\{(?!\})|(?<!\{)\}|[\[\]]|,(?=\s*[\"'\w\-]{1,64}\s*:)")
# The flag right before an address: no word, but one that says what the address is.
_FLAG, _NEAR = re.compile(r"(?<!\S)(--[a-z\-]{0,30}(?:url|uri|issuer|endpoint|server|host))[= ][\"']?$"), 48
_KEYWORD = re.compile(r"\b(?:host=[\w.\-]{1,253}|port=\d{1,5})")
_SECRET = re.compile(
    r"(?i)pass(?!through|ive)|pwd|secret|token|(api|access|account|shared|master|encryption)[_.\-]?key|private"
    r"|credential|auth(?!ority)|(?<![a-z])(pw|pin|salt|pat|otp|psk|key)(?![a-z])|signature|cookie|session|jwt|bearer"
    r"|licen[cs]e|encrypt|seed|mnemonic|login|user"
)
# A URL with a user, up to another one in a list, and what stands for it while its line is reduced
_LINK = re.compile(
    r"[A-Za-z][A-Za-z0-9+.\-]{0,30}://(?=[^\s\"'`<>\\|]{0,400}@)"
    r"(?:(?![,;(][A-Za-z][A-Za-z0-9+.\-]{0,30}://)[^\s\"'`<>\\|)])*"
)
_LONGEST = 4000  # characters of a line: a longer one is read as before alone
_REPOSITORIES = ("s3:", "rest:", "sftp:")  # restic's, whose way stands before the address
_COMMENTS = ("# ", "//", "; ", "<!--")
_SPARED = "\x02"
_OF_JOBS = ("kubernetes_sd_configs", "__param_target")  # of a Prometheus
_FAR = 17  # lines: farther than a host's port is looked for
_OBJECT = ("name", "ref", "class", "file", "path", "dir", "mode", "type", "enabled", "namespace")
SHAPED = re.compile(
    r"(?=\S*\d)(?=\S*[A-Za-z])[A-Za-z0-9+/_=\-]{20,}|eyJ[\w\-]+|(?:gh[pousr]|glpat|xox[abp]|sk|AKIA)[_\-]?\w{10,}"
)


def _nothing(_name: str) -> bool:
    return False


def is_credential(key: str) -> bool:
    """Whether a key names a credential, and not the object, file or host that has to do with one."""
    if not _SECRET.search(key):
        return False
    return not (key.lower().endswith(_OBJECT) or re.search(NAMES_HOST, key) or re.search(NAMES_PORT, key))


def addresses(value: str, key: str, resolves: Callable[[str], bool] = _nothing) -> str:
    """Host and port of the addresses in a Secret's value, the form in which it names Services, and nothing else of it.

    A key that names a host or a port keeps a value that is nothing else; in files each line keeps its field.
    `resolves` says of a name whether it is one of the cluster's: it then needs no such key."""
    if any(sign in value for sign in _OF_JOBS):
        from cilium_policies.workloads import scrape_jobs  # few Secrets hold such

        if jobs := scrape_jobs.found_by(value):
            return jobs
    if "url: [" in value:
        value = re.sub(OF_ENDPOINT, "", value)
    for setting, host in STORES:
        value = re.sub(setting, host, value)
    stripped = TEMPLATE.sub("{}", PEM.sub("", value)).strip()
    stripped = _URL.sub(_unsplit, stripped)
    if not _URL.fullmatch(stripped) and re.search(r"[{\[](?!\})", stripped):
        stripped = _FLOW.sub("\n", stripped)  # JSON, or YAML on one line: a field a line
    if "\n" not in stripped:
        kept = _plain(stripped, key, resolves)
        whole = "" if is_credential(key) else _shown(value, resolves)
        # A database called like some Service (`jdbc:postgresql://db.elsewhere:5432/web`) is no reason to lose its host.
        lost = any(host not in whole for host in re.findall(r"://([\w\-]+\.[^,\s]+)", kept))
        more = services(whole, resolves) - services(kept, resolves)
        better = more > 0 or (more == 0 and not _URL.fullmatch(stripped))
        return whole if whole and not lost and better else kept
    kept = "\n".join(_apart(_lines(stripped.split("\n"), resolves)))
    if "\n" not in kept and (match := _ASSIGNMENT.match(kept)) is not None and match[2][:2] != "//":
        kept = f"---\n{kept}"  # the one line of a file that is left is no value of the file's key
    return "\n".join((kept, *[""] * _FAR, whole)) if (whole := _shown(value, resolves)) else kept


def _shown(value: str, resolves: Callable[[str], bool]) -> str:
    """The form of a value with the Services that it names; "" for none."""
    lines = [line[:_LONGEST] for line in TEMPLATE.sub("~", PEM.sub("", value)).strip().split("\n")]
    if not any(services(line, resolves) for line in lines):
        return ""
    return "\n".join(_apart("" if _hides(line) else _reduced(line, resolves) for line in lines))


def _reduced(line: str, resolves: Callable[[str], bool]) -> str:
    """A line's form; of a URL with a user its host and port alone."""
    line = "" if _is_commented(line) else line.replace(_SPARED, "")
    spared = [
        "" if may_be_user(line, *match.span()) else address_of(match[0]) for match in _LINK.finditer(line)
    ]
    shaped = shape(_LINK.sub(_SPARED, line), resolves)
    if not shaped and any(services(one, resolves) for one in spared):
        shaped = _SPARED * len(spared)
    return re.sub(_SPARED, lambda _: spared.pop(0), shaped)


def _is_commented(line: str) -> bool:
    return line.lstrip().startswith(_COMMENTS)


def _hides(line: str) -> bool:
    """Whether a line assigns a credential: of it nothing is looked at."""
    match = _ASSIGNMENT.match(line)
    if match is None or "://" in line or match[2].lstrip("> ")[:1] in ("{", "[", "("):
        return False
    return is_credential(match[1].strip(" \t-\"':="))


def _lines(lines: list[str], resolves: Callable[[str], bool]) -> Iterator[str]:
    """What is kept of each line; an item of a list is judged by the key above it, which stays with the first. A key at
    the left edge stays with what is kept below it."""
    head, shown, block = "", False, ""
    for line in lines:
        item = _ITEM.fullmatch(line)
        if item is None:
            head, shown = (line, False) if line.rstrip().endswith(":") else ("", False)
            kept = _line(line, resolves)
            if line[:1].strip():
                block = line if _BLOCK.fullmatch(line) else ""
            elif kept and block:
                yield block
                block = ""
            yield kept
        elif "://" in item[1] or is_address(item[1], head.strip(" \t-\"':"), resolves):
            if head and not shown:
                yield head
            shown = True
            yield line[: item.start(1)] + (" ".join(_found(item[1])) if "://" in item[1] else item[1])
        else:
            yield ""


def _apart(lines: Iterable[str]) -> Iterator[str]:
    """The lines that are kept, and empty ones where others were left out, so that a host takes no port from another
    part of the file; never more than would keep two apart."""
    gap, begun = 0, False
    for line in lines:
        if not line:
            gap += 1
            continue
        yield from [""] * (min(gap, _FAR) if begun else 0)
        yield line
        gap, begun = 0, True


def _line(line: str, resolves: Callable[[str], bool]) -> str:
    if _is_commented(line):
        return ""
    match = _ASSIGNMENT.match(line)
    if match is None or match[2].startswith("//"):  # the colon of a URL
        return " ".join(_flagged(line))
    kept = _plain(match[2].strip().strip("\"',"), match[1].strip(" \t-\"':="), resolves)
    return match[1] + kept if kept else ""


def _plain(value: str, key: str, resolves: Callable[[str], bool]) -> str:
    if value.startswith(_REPOSITORIES):
        from cilium_policies.catalogue import repositories  # few Secrets name one

        if kept := repositories.without_path(value):
            return kept
    if "://" in value:
        return " ".join(_found(value))
    if "host=" in value:
        return " ".join(match[0] for match in _KEYWORD.finditer(value))
    if is_credential(key):
        return ""
    if IN_CLUSTER.fullmatch(value):
        return value
    if all(is_address(one.strip(), key, resolves) for one in value.split(",")):
        return value
    return value if re.search(NAMES_PORT, key) and value.isdigit() and len(value) < 6 else ""


def is_address(word: str, key: str, resolves: Callable[[str], bool]) -> bool:
    """`host:port` under a key of addresses, or of a name that the cluster has; a bare host under a host's key."""
    match = _HOST_PORT.fullmatch(word)
    if match is not None:
        host = match[1].lower()
        by_key = re.search(NAMES_HOST, key) or re.search(NAMES_ADDRESS, key)
        if "." in host and re.search(r"(?i)registry$", key):  # of features, schemas or images
            return True
        return bool(
            by_key or not host[:1].isalnum() or IP.fullmatch(host) or resolves(host.partition(".")[0])
        )
    return bool(
        re.search(NAMES_HOST, key)
        and len(word) < 254
        and _HOST.fullmatch(word)
        and not SHAPED.fullmatch(word)
    )


def _found(value: str) -> Iterator[str]:
    """`scheme://host:port` of each address; none of one that ends within its user's password."""
    for match in _URL.finditer(value):
        if not _ends_early(value, match) and (address := address_of(match[0])):
            yield address


def _flagged(line: str) -> Iterator[str]:
    """The same of a script's line, each behind the flag whose value it is: `--auto-discover-url https://…`."""
    for match in _URL.finditer(line):
        if not _ends_early(line, match) and (address := address_of(match[0])):
            flag = _FLAG.search(line, max(0, match.start() - _NEAR), match.start())
            yield f"{flag[1]} {address}" if flag is not None else address


def _ends_early(value: str, match: re.Match[str]) -> bool:
    """Whether a URL seems to end within its user's password."""
    return "/" not in match[2] and BEFORE_AT.match(value, match.end()) is not None


def _unsplit(match: re.Match[str]) -> str:
    """A URL before its text is taken apart at brackets: nothing of one that may be a user's name and the beginning of a
    password, as its line goes on; of one with a bracket in its user's password the address."""
    if may_be_user(match.string, match.start(), match.start() + len(without_path(match[0]))):
        return ""
    return address_of(match[0]) if re.match(r"[^@{\[]*[{\[][^@]*@", match[2]) is not None else match[0]
