"""The addresses at which clouds tell an instance who it is and hand out its credentials.

No rule reaches them but by the user's own word (`spec.allow`): whoever may call them has the node's rights in the
cloud. Sources: the providers' documentation of their instance metadata services.
"""

from __future__ import annotations

LINK_LOCAL = (
    "169.254.0.0/16",
    "fe80::/10",
)  # AWS, GCP, Azure, Hetzner, OpenStack … and ECS' task credentials
# Alibaba Cloud, Azure's wire server, Oracle's former address; AWS' link-local services and GCP over IPv6.
ELSEWHERE = ("100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32", "fd00:ec2::/32", "fd20:ce::254/128")
NAMES = frozenset(
    (
        "instance-data",
        "instance-data.ec2.internal",
        "metadata",
        "metadata.google.internal",
        "metadata.goog",
        "metadata.tencentyun.com",
        "metadata.platformequinix.com",
    )
)
EXCEPTED_4 = tuple(one for one in (*LINK_LOCAL, *ELSEWHERE) if ":" not in one)
EXCEPTED_6 = tuple(one for one in (*LINK_LOCAL, *ELSEWHERE) if ":" in one)


def is_metadata(host: str) -> bool:
    """Whether an address or range, or a name, lies in what a cloud's metadata service uses; link-local as a whole."""
    plain = host.strip("[]").rstrip(".").lower()
    if plain in NAMES:
        return True
    if ":" not in plain and not plain.replace(".", "").replace("/", "").isdigit():
        return False
    import ipaddress  # lazily: few inputs hold a literal address

    try:
        found = ipaddress.ip_network(plain, strict=False)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Network) and found.prefixlen >= 96:
        mapped = found.network_address.ipv4_mapped
        found = ipaddress.ip_network(f"{mapped}/{found.prefixlen - 96}", strict=False) if mapped else found
    ranges = map(ipaddress.ip_network, (*LINK_LOCAL, *ELSEWHERE))
    return any(found.version == one.version and found.subnet_of(one) for one in ranges)  # type: ignore[arg-type]
