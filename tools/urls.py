"""Web addresses: which of them may be asked for at all, before anything is resolved."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import TYPE_CHECKING

from tools.addresses import closed_name
from tools.errors import NetError

if TYPE_CHECKING:
    import httpx

DEFAULT_PORTS = {"http": 80, "https": 443}
PORTS = frozenset((80, 443, 8080, 8443))
# Browsers and servers take about this much; nothing that a person reads is longer.
URL_CHARS = 8000
HOST_CHARS = 253
_NAME = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
# What the resolver of a system takes for an IPv4 address: decimal, octal and hexadecimal parts.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


def parse(url: str, base: httpx.URL | None = None) -> httpx.URL:
    """Parse an address, joined to the one that it was found at.

    Raises:
        NetError: It is no address, or not one of the web.
    """
    import httpx

    url = url.strip()
    if not url:
        raise NetError("bad_url", "The address is empty.")
    if len(url) > URL_CHARS:
        raise NetError("bad_url", f"{short(url)} is longer than {URL_CHARS:,} characters.")
    try:
        target = httpx.URL(url) if base is None else base.join(url)
        host = host_of(target)
    except (httpx.InvalidURL, ValueError, TypeError) as error:
        raise NetError("bad_url", f"{short(url)} is not a web address: {error}.") from error
    if target.scheme not in DEFAULT_PORTS:
        raise NetError(
            "refused" if target.scheme else "bad_url",
            f"{short(url)} was refused: a web address starts with https:// or http://.",
        )
    if target.userinfo:
        raise NetError(
            "refused",
            f"An address with a user name or password in it was refused ({host[:80]}).",
        )
    check_host(url, host)
    return target.copy_with(fragment=None)


def host_of(target: httpx.URL) -> str:
    """Return the host of an address in ASCII, without a dot at its end."""
    host = target.raw_host.decode("ascii").lower()
    return host.removesuffix(".")


def port_of(target: httpx.URL) -> int:
    """Return the port of an address."""
    return DEFAULT_PORTS[target.scheme] if target.port is None else target.port


def literal(host: str) -> str:
    """Return a host that is an IP address in its plain notation, or an empty string."""
    for kind in (IPv4Address, IPv6Address):
        try:
            return str(kind(host))
        except AddressValueError:
            continue
    return ""


def check_host(url: str, host: str) -> None:
    """Refuse a host that is neither a name nor an address in its plain notation.

    Raises:
        NetError: It is none; the reason says why.
    """
    if not host.strip("."):
        raise NetError("bad_url", f"{short(url)} names no host.")
    if "%" in host and ":" in host:
        raise NetError("refused", f"{short(url)} was refused: it names a network card (a zone).")
    if literal(host):
        return
    if _NUMBER.fullmatch(host.rpartition(".")[2]):
        raise NetError(
            "refused",
            f"{short(url)} was refused: its host is a number in an unusual notation. "
            "An IP address is written as four numbers, such as 93.184.215.14.",
        )
    if not _NAME.fullmatch(host) or len(host) > HOST_CHARS:
        raise NetError("bad_url", f"{short(url)} names no host.")


def check_open(target: httpx.URL) -> None:
    """Refuse a port or a host's name that no public web page has.

    Raises:
        NetError: It has one; the reason says which.
    """
    host, port = host_of(target), port_of(target)
    if port not in PORTS:
        raise NetError(
            "refused",
            f"Port {port} of {host} was refused: pages are read from "
            "ports 80, 443, 8080 and 8443 alone.",
        )
    if not literal(host) and (why := closed_name(host)):
        raise refused(host, why)


def refused(host: str, why: str) -> NetError:
    """Return the error of a host that is not outside."""
    return NetError(
        "refused",
        f"{host} was refused: {why}. Only public web pages can be "
        "read, unless the setting tools.net.allow_hosts names the host.",
    )


def short(url: object) -> str:
    """Return an address on one line and not too long, to be shown."""
    shown = " ".join(str(url).split())
    return shown if len(shown) <= 120 else f"{shown[:119]}…"
