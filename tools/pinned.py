"""Sends a request to an address that was checked, and to no other.

This module imports httpx and is therefore imported where it is needed.
"""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence

import httpx

from tools.addresses import closed_because
from tools.errors import NetError
from tools.urls import DEFAULT_PORTS, check_host, check_open, host_of, literal, port_of, refused

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]


class PinnedTransport(httpx.AsyncBaseTransport):
    """Resolve a host, check every address that it has, and connect to one of these.

    A name cannot turn to another address in between, because it is asked for once. It knows no
    proxies, keeps no connection, and takes no part in what happens after it is connected: neither
    bytes nor seconds of an answer are limited here.

    Args:
        resolve: Finds the addresses of a host.
        hosts: Hosts (`name` or `name:port`) that may be reached wherever they are.
        connect: Seconds that one address has to take a connection.
        inner: Sends a request to the address in its URL; by default plain httpx.
    """

    def __init__(
        self,
        resolve: Resolver,
        hosts: Iterable[str],
        connect: float,
        inner: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._resolve = resolve
        self._hosts = frozenset(_plain(host) for host in hosts)
        self._connect = connect
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request as httpx asks for it.

        Raises:
            httpx.ConnectError: The address was refused, or the host was not found.
        """
        try:
            return await self.send(request, await self.addresses(request.url))
        except NetError as error:
            raise httpx.ConnectError(error.reason, request=request) from error

    async def addresses(self, target: httpx.URL) -> Sequence[str]:
        """Return the checked addresses of a target, the preferred one first.

        Raises:
            NetError: It was refused, or it has none.
        """
        if target.scheme not in DEFAULT_PORTS:
            raise NetError("refused", "A web address starts with https:// or http://.")
        host, port = host_of(target), port_of(target)
        allowed = not self._hosts.isdisjoint((host, f"{host}:{port}", f"[{host}]:{port}"))
        if not allowed:
            check_host(f"{target.scheme}://{host}", host)
            check_open(target)
        found: Sequence[str] = (literal(host),) if literal(host) else await self._find(host, port)
        if not allowed:
            _refuse_inner(host, found)
        return found

    async def _find(self, host: str, port: int) -> Sequence[str]:
        try:
            found = await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise NetError("dns", f"The host {host} was not found.") from error
        if not found:
            raise NetError("dns", f"The host {host} has no address.")
        return found

    async def send(self, request: httpx.Request, addresses: Sequence[str]) -> httpx.Response:
        """Send a request to the first of the checked addresses that takes a connection."""
        if self._inner is None:
            # A connection is used once: kept ones would be shared by address and not by host.
            self._inner = httpx.AsyncHTTPTransport(
                trust_env=False, limits=httpx.Limits(max_keepalive_connections=0)
            )
        # A host's next address is tried while there is still time for it.
        timeout = {**request.extensions.get("timeout", {}), "connect": self._connect}
        extensions = {
            **request.extensions, "sni_hostname": host_of(request.url), "timeout": timeout
        }  # fmt: skip
        for number, address in enumerate(addresses, start=1):
            pinned = httpx.Request(
                request.method,
                request.url.copy_with(host=address),
                headers=request.headers,
                stream=request.stream,
                extensions=extensions,
            )
            try:
                return await self._inner.handle_async_request(pinned)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                if number == len(addresses) or is_tls(error):
                    raise
        raise AssertionError("unreachable: there is at least one address")

    async def aclose(self) -> None:
        """Close what is open."""
        if self._inner is not None:
            await self._inner.aclose()
            self._inner = None


def is_tls(error: BaseException) -> bool:
    """Tell whether an error goes back to a certificate or the like."""
    link: BaseException | None = error
    while link is not None:
        if isinstance(link, ssl.SSLError):
            return True
        link = link.__cause__ or link.__context__
    return False


def _plain(host: str) -> str:
    """Return an allowed host in the form in which hosts are compared."""
    host = host.strip().lower().rstrip(".")
    return host[1:-1] if host.startswith("[") and host.endswith("]") else host


def _refuse_inner(host: str, addresses: Sequence[str]) -> None:
    """Refuse a host when any of its addresses is not outside: a mixed answer is a trick."""
    for address in addresses:
        if why := closed_because(address):
            raise refused(host if host == address else f"{host} ({address})", why)
