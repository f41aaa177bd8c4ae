"""What programs, shells and templates fill in: variables replaced by what they stand for, the rest by `{}`."""

from __future__ import annotations

import re

_TEMPLATE = r"\{\{[^{}\n]{0,500}\}\}"
_CONSTANT = r"\{\{-?\s{0,9}[\"`]([^\"`{}\n]{1,253})[\"`]\s{0,9}-?\}\}"  # `{{ "db-rw.data.svc" }}` is its text
# What a template takes where nothing is set: Tera's `{{ get_env(name="URL", default="redis://cache") }}`, gomplate's
# `{{ getenv "DB_HOST" "db" }}`, Buffalo's `{{envOr "DB_HOST" "db"}}`, Helm's `{{ default "db" .Values.host }}`
_DEFAULT = (
    r"\{\{-?\s{0,9}(?:get_env\([^{}\n]{0,200}?\bdefault ?= ?|(?:get[eE]nv|env\.Getenv|envOr) \"\w{1,64}\" "
    r"|default )[\"'`]([^\"'`{}\n]{1,253})[\"'`][^{}\n]{0,200}\}\}"
)
_RUBY = r"<%[^\n]{0,500}?%>"
# Rails' `<%= ENV["HOST"] %>`, `<%= ENV.fetch("HOST", "db") %>`, `<%= ENV.fetch("URL") { "redis://cache" } %>`
_RUBY_ENV = (
    r"<%[=-]{0,2}\s{0,9}ENV(?:\.fetch\(|\[)[\"'](\w{1,64})[\"'][\])]?\s{0,9}"
    r"(?:(?:,|\|\||\{)\s{0,9}[\"']([^\"'\n]{1,253})[\"'])?[^\n%]{0,99}%>"
)
_SHELL = r"\$\([^()\n]{0,500}\s[^()\n]{0,500}\)"  # `$(cat FILE)`; `$(NAME)` is the kubelet's
# `${env:NAME}` of OpenTelemetry's collector, `${NAME}` and `${NAME:default}` of Spring, `${NAME:-default}` of a shell
_BRACED = r"\$\{(?:env:)?([A-Za-z_][\w.\-]{0,127})(?::-?([^{}\s\"']{1,253}))?\}"
# The user of Python's f"postgresql://{env('USER')}:{env('PASSWORD')}@db"
_FILLED_USER = r"://(?:[\w.:%\-]{0,64}\{[^{}\n@]{1,200}\}){1,4}@"
# The same, joined: Python's "postgresql://app:" + os.environ["PASSWORD"] + "@db", PHP's by dots, Jinja's by tildes
_JOINED_USER = r"://[\w.%\-]{0,64}:?[\"'][ \t]{0,9}[+.~][^\n]{1,160}?[+.~][ \t]{0,9}[\"']@"
_ENCODED = r"%3A%2F%2F([\w.\-]{1,253})(?:%3A(\d{1,5}))?"  # a URL in the query of another
_ODBC = r"odbc_connect=([\w%.+\-]{1,1000})"  # SQLAlchemy's, a driver's whole string in the query of a URL
# nginx' path or query of a request right behind a host, and so its end: `proxy_pass http://web$request_uri`
# (ngx_http_core_module: "Embedded Variables"); a group of a location (`http://web$1`) where nothing but that follows
_PATH = r"\$(?<=[\w.\-]\$)(?=\{?(?:(?:request_|document_)?uri|is_args)\b|\d(?:[;?$\"'\s]|$))"
_PROPERTIES, _ESCAPED = ".properties", r"\\([:=#!\\ ])"
_SHELL_VARIABLE = r"\$([A-Z][A-Z0-9_]{1,127})\b"  # in a command or script
_VARIABLE = r"\$\(([A-Za-z_][\w.\-]*)\)"


def expand(value: str, variables: dict[str, str]) -> str:
    """`$(NAME)` replaced as the kubelet does in env, args and command, and `${NAME}` and `<%= ENV["NAME"] %>` as
    programs do in their files, with the default that may stand there; an unknown name without one stays as it is."""
    if "$" not in value and "<%" not in value:
        return value  # as most are
    if "${" in value:
        value = re.sub(_BRACED, lambda match: variables.get(match[1]) or match[2] or match[0], value)
    if "<%" in value:
        value = re.sub(_RUBY_ENV, lambda match: variables.get(match[1]) or match[2] or match[0], value)
    if "$" in value:
        value = re.sub(_SHELL_VARIABLE, lambda match: variables.get(match[1], match[0]), value)
    if "$(" not in value:
        return value
    return re.sub(_VARIABLE, lambda match: variables.get(match[1], match[0]), value)


def filled(value: str, name: str = "") -> str:
    """A text in which what a template, Ruby, a shell or Python fills in is `{}`: users and passwords there hold
    blanks. `name`: the file's, of which Java's properties escape colons and backslashes (java.util.Properties)."""
    if "\\" in value and (name.endswith(_PROPERTIES) or "\\://" in value):
        value = re.sub(_ESCAPED, r"\1", value)
    if "{{" in value:
        value = re.sub(_CONSTANT, r"\1", value)
        value = re.sub(_DEFAULT, r"\1", value)
        value = re.sub(_TEMPLATE, "{}", value)  # the user and password of an ExternalSecret's URL hold blanks
    if "<%" in value:
        value = re.sub(_RUBY, "{}", value)  # so do those in a file that Ruby fills in (GitLab)
    if "$(" in value:
        # What a command prints is filled in; whom it calls stands in the command: `page=$(curl http://web:8080)`.
        commands = [one[2:-1] for one in re.findall(_SHELL, value)]
        value = "\n".join((re.sub(_SHELL, "{}", value), *commands))
    if "{" in value and "://" in value:
        value = re.sub(_FILLED_USER, "://{}@", value)
    if ('"@' in value or "'@" in value) and "://" in value:
        value = re.sub(_JOINED_USER, "://{}@", value)
    if "$" in value and "://" in value:
        value = re.sub(_PATH, "/$", value)
    if "odbc_connect=" in value:
        value = re.sub(_ODBC, lambda match: "\n" + re.sub(r"%([0-7][0-9A-Fa-f])", _decoded, match[1]), value)
    if "%3A%2F%2F" in value:
        value = re.sub(_ENCODED, lambda match: f"://{match[1]}" + (f":{match[2]}" if match[2] else ""), value)
    return value


def _decoded(sign: re.Match[str]) -> str:
    return chr(int(sign[1], 16))
