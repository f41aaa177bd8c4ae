"""A text of YAML, JSON, TOML, INI, XML, Python, PHP or a program's own form as lines with one field each."""

from __future__ import annotations

import re

from cilium_policies.evidence.schemes import without_tags
from cilium_policies.workloads.address_keys import OF_ENDPOINT

FIELD = 801  # characters of a line: key, separator and value
# Where a member begins in a mapping on one line (`{"host": "db", "port": 5432}`, `Redis(host="db", port=6379)`)
_MEMBER = r"(?:(?<=[{,(\[])[ \t]*|(?<=;)[ \t]+)(?=[\"']?\.?[A-Za-z_][\w.\-]*[\"']?[ \t]*[:=])"
# Logstash's `host => "db" port => 5432`
_ARROW = r"(?<=[\w\"'\]])[ \t]+(?=[\"']?[A-Za-z_][\w.\-]{0,64}[\"']?[ \t]{0,9}=>)"
_PARAMETER = r"(?<=\")[ \t]+(?=[A-Za-z_][\w.\-]{0,64}=\")"  # rsyslog's `target="db" port="514"`
# of PHP: a constant, but not in a comment
_DEFINE = (
    r"(?m)^[ \t]*(?://|#)[^\n]*"
    r"|\bdefine\(\s{0,9}[\"'](\w{1,64})[\"']\s{0,9},\s{0,9}(?:[\"']([^\"'\n]{0,253})[\"']|(\d{1,5})\b)"
)
# of Erlang: `{host, "db"}`, `{servers, ["ldap"]}`
_TUPLE = r"\{([a-z_]{1,64}),[ \t]{0,9}(?:\[[ \t]{0,9})?\"?([\w.\-]{1,253})\"?[ \t]{0,9}\]?\}"
_SERVER = r"(?<=[;{])[ \t]+(?=server[ \t])"  # of nginx' upstreams on one line
_KEYWORD = r"(?<=[\s{(\[]):([a-z][\w.\-]{0,64})[ \t]{1,9}(?=[\"\d])"  # Clojure's `{:host "db" :port 5432}`
# Elixir's `config :app, host: "db", port: 5432`
_ELIXIR = r"(?m)^[ \t]{0,99}config :[\w~]{1,64}, (?:[:\w.~]{1,99}, )?(?=\w{1,64}: )([^\n]{1,500})"
# Bareos' `Client { Address = 10.1.2.3  FD Port = 9102 }`, whose keys have blanks
_DIRECTIVE = r"(?:^|(?<=[\s{]))((?:[A-Z]\w{0,15} )?)(Port|Address) ?= ?(?=[\"\w])"
_ASSIGNED = r"(?im)^[ \t]{0,9}environment[ \t]{0,9}=[ \t]{0,9}\"?"  # of Supervisor's and systemd's units


def _keywords(line: re.Match[str]) -> str:
    told = re.sub(OF_ENDPOINT, "", line[1])
    return "\n" + re.sub(r",[ \t]{1,9}(?=\w{1,64}: )", "\n", told)


def lines_of(value: str) -> list[str]:
    """The lines of a text, a field each."""
    if "/>" in value or "</" in value:
        value = without_tags(value)
    if "define(" in value:
        value = re.sub(_DEFINE, r"\n\1: \2\3\n", value)
    if "Address = " in value:
        value = re.sub(_DIRECTIVE, lambda match: f"\n{match[1].rstrip()}{match[2]} = ", value)
        value = re.sub(r"(?<=\w)(?:  |\t)[ \t]{0,9}(?=[A-Z])", "\n", value)
    if "config :" in value:
        value = re.sub(_ELIXIR, _keywords, value)
    if "{:" in value:
        value = re.sub(_KEYWORD, r"\n\1: ", value)
    if "{" in value or "(" in value or "[" in value:
        value = re.sub(_MEMBER, "\n", value)
    if "server " in value and ";" in value:
        value = re.sub(_SERVER, "\n", value)
    if "nvironment" in value:
        value = re.sub(_ASSIGNED, "\n", value).replace('" "', "\n")
        value = re.sub(_MEMBER, "\n", value)
    if "{" in value and (', "' in value or ', ["' in value):
        value = re.sub(_TUPLE, r"\n\1: \2\n", value)
    if "=>" in value:
        value = re.sub(_ARROW, "\n", value)
    if '" ' in value and '="' in value:
        value = re.sub(_PARAMETER, "\n", value)
    return [line[:FIELD] for line in value.split("\n")]
