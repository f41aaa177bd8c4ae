"""DNS servers that a configuration file names by address, without a port, in the forms of resolvers and proxies."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cilium_policies.evidence.signs import holds

# `forward-addr: 1.1.1.1@853#one.one.one.one` (Unbound), `nameserver = ["10.43.0.53"];` (rspamd), `nameserver 9.9.9.9`
# (resolv.conf), `resolver 10.1.0.2 valid=30s;` (nginx)
_DIRECTIVE = (
    r"(?m)^[ \t]*(?:forward-addr|stub-addr|nameservers?|resolver)(?:[ \t]*[:=]|[ \t])[ \t]*([^\n#;]{1,400})"
)
_DNSMASQ = r"(?m)^[ \t]*server=(?:/[^/\s]{1,253}/)?((?:\d{1,3}\.){3}\d{1,3}(?:#\d{1,5})?)[ \t]*$"
# What Gatus checks: `url: 8.8.8.8` above `dns:`
_CHECKED = r"(?m)^[ \t]*(?:-[ \t]+)?url:[ \t]*[\"']?((?:\d{1,3}\.){3}\d{1,3})[\"']?[ \t]*\n[ \t]*dns:"
_ADDRESS = r"(?<![\w.\-/])((?:\d{1,3}\.){3}\d{1,3})(?:[@#:](\d{1,5}))?(?![\w.])"
_DNS, _OVER_TLS = 53, 853
# Where installers put the cluster's own DNS, tenth in the range of Services: every pod may ask it already.
_OWN = r"(?:10|172)\.\d+\.0\.10"
WORDS = ("forward-addr", "stub-addr", "nameserver", "resolver", "server=", "dns:")


def nameservers(value: str) -> Iterator[tuple[str, int, str]]:
    """Address, port and protocol of each."""
    if not holds(value, WORDS):
        return
    for line in (
        *re.finditer(_DIRECTIVE, value),
        *re.finditer(_DNSMASQ, value),
        *re.finditer(_CHECKED, value),
    ):
        for found in re.finditer(_ADDRESS, line[1]):
            if re.fullmatch(_OWN, found[1]):
                continue
            port = int(found[2] or _DNS)
            for protocol in ("TCP",) if port == _OVER_TLS else ("UDP", "TCP"):
                yield found[1], port, protocol
