"""From which network a request comes, for limits. Nothing is decided about people by it."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings

UNKNOWN = "unknown"
#: What one subscriber usually has: a provider's v4 block, a household's v6 prefix.
_PREFIX = {4: 24, 6: 64}


def network_of(meta: Mapping[str, object]) -> str:
    """The client's network ("192.0.2.0/24", "2001:db8::/64"), or "unknown" (a socket without addresses).

    What a client writes into `X-Forwarded-For` counts for nothing: the entry is believed that the outermost
    of `TRUSTED_HOPS` own proxies wrote, counted from the right. Without proxies, or with fewer entries than
    there are proxies, it is the address of the connection.
    """
    address = _forwarded(str(meta.get("HTTP_X_FORWARDED_FOR", ""))) or _parsed(
        str(meta.get("REMOTE_ADDR", ""))
    )
    if address is None:
        return UNKNOWN
    return str(ip_network(f"{address}/{_PREFIX[address.version]}", strict=False))


def _forwarded(header: str) -> IPv4Address | IPv6Address | None:
    entries = header.split(",")
    hops = settings.TRUSTED_HOPS
    if hops < 1 or len(entries) < hops:
        return None
    return _parsed(entries[-hops])


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    """An address, also one with a port behind it as some proxies write it."""
    bare = text.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        found = ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found
