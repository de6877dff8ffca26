"""Which network addresses lie outside, and which must never be reached by a page's wish."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

# Python's own `is_global` has changed between releases, so the ranges stand here as well. Source:
# the special-purpose address registries of IANA, and the metadata addresses that providers
# document.
_CLOSED: tuple[tuple[str, str], ...] = (
    ("100.100.100.200/32", "a cloud's metadata service"),
    ("168.63.129.16/32", "a cloud's metadata service"),
    ("192.0.0.192/32", "a cloud's metadata service"),
    ("fd00:ec2::254/128", "a cloud's metadata service"),
    ("fd20:ce::254/128", "a cloud's metadata service"),
    ("0.0.0.0/8", "this host"),
    ("10.0.0.0/8", "a private network"),
    ("100.64.0.0/10", "a provider's inner network"),
    ("127.0.0.0/8", "this machine (loopback)"),
    ("169.254.0.0/16", "link-local, or a cloud's metadata service"),
    ("172.16.0.0/12", "a private network"),
    ("192.0.0.0/24", "reserved"),
    ("192.0.2.0/24", "reserved for documentation"),
    ("192.88.99.0/24", "a 6to4 relay"),
    ("192.168.0.0/16", "a private network"),
    ("198.18.0.0/15", "reserved for benchmarks"),
    ("198.51.100.0/24", "reserved for documentation"),
    ("203.0.113.0/24", "reserved for documentation"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved"),
    ("::/128", "this host"),
    ("::1/128", "this machine (loopback)"),
    ("::ffff:0:0/96", "an IPv4 address in IPv6 form"),
    ("::ffff:0:0:0/96", "an IPv4 address in IPv6 form"),
    ("::/96", "an IPv4 address in IPv6 form"),
    ("64:ff9b:1::/48", "a translated address (NAT64)"),
    ("100::/64", "reserved"),
    ("2001::/23", "reserved, or a tunnel (Teredo)"),
    ("2001:db8::/32", "reserved for documentation"),
    ("2002::/16", "a tunnel (6to4)"),
    ("3fff::/20", "reserved for documentation"),
    ("5f00::/16", "reserved"),
    ("fc00::/7", "a private network"),
    ("fe80::/10", "link-local"),
    ("fec0::/10", "a private network"),
    ("ff00::/8", "multicast"),
)
_NETWORKS = tuple((ip_network(network), why) for network, why in _CLOSED)
_NAT64 = IPv6Network("64:ff9b::/96")
# Interface identifiers that carry an IPv4 address (ISATAP, RFC 5214).
_ISATAP = (0x00005EFE, 0x02005EFE)
# The last label of names that lead into one's own network: RFC 6761, 6762, 7686, 8375, ICANN's
# `internal`, and what routers and offices use without asking.
_INNER_NAMES = {
    "localhost": "this machine (loopback)",
    "localdomain": "this machine (loopback)",
    "local": "a name of the own network",
    "internal": "a name of a private network",
    "intranet": "a name of a private network",
    "private": "a name of a private network",
    "corp": "a name of a private network",
    "home": "a name of the own network",
    "lan": "a name of the own network",
    "arpa": "a name for technical use",
    "onion": "a name that the public network does not know",
    "invalid": "a name that does not exist",
}


def closed_name(host: str) -> str:
    """Say why a host's name must not be reached, or return an empty string where it may.

    Args:
        host: A name in lower case, without a dot at its end.
    """
    _, dot, last = host.rpartition(".")
    if last in _INNER_NAMES:
        return _INNER_NAMES[last]
    return "" if dot else "a name without a dot is one of the own network"


def closed_because(address: str) -> str:
    """Say why an address must not be reached, or return an empty string where it may.

    Args:
        address: An IP address as a resolver writes it, such as `93.184.216.34` or `fe80::1%eth0`.
    """
    bare, _, scope = address.partition("%")
    try:
        ip = ip_address(bare)
    except ValueError:
        return "not an IP address"
    if scope:
        return "link-local"
    inner = _carried(ip)
    if inner is not None and (why := closed_because(str(inner))):
        return why
    for network, why in _NETWORKS:
        if _within(ip, network):
            return why
    return "" if ip.is_global else "reserved"


def _carried(ip: IPv4Address | IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address inside an IPv6 address that a router would translate."""
    if isinstance(ip, IPv4Address):
        return None
    # The well-known NAT64 prefix is how an IPv6-only network names any IPv4 host, so it is judged
    # by the host behind it.
    if ip in _NAT64 or (int(ip) >> 32) & 0xFFFFFFFF in _ISATAP:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped


def _within(ip: IPv4Address | IPv6Address, network: IPv4Network | IPv6Network) -> bool:
    return ip.version == network.version and ip in network
