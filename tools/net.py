"""The way out: the only module that asks for anything outside.

Every host is resolved first, every address that it has is checked, and the connection goes to
exactly an address that was checked (`tools.pinned`), so that a name cannot turn to another address
in between. Each redirect is treated as a new request. There are no cookies, no credentials and no
proxies from the environment.

One library opens sockets of its own: ddgs, whose client is not written in Python. It is used for
searching alone, and speaks to the fixed hosts of its search engines (see `tools.search`).
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from tools.body import Page, read_body
from tools.errors import NetError
from tools.per_host import PerHost
from tools.robots import ROBOTS_BYTES, Robots
from tools.settings import NetSettings
from tools.threads import in_thread
from tools.urls import host_of, parse, short

if TYPE_CHECKING:
    import httpx

    from tools.pinned import PinnedTransport

__all__ = ["Net", "Page", "Resolver", "system_resolver"]

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]

REDIRECTS = frozenset((301, 302, 303, 307, 308))


async def system_resolver(host: str, port: int) -> Sequence[str]:
    """Resolve a host with the system's resolver; return its addresses, the preferred one first.

    Raises:
        OSError: The host has no address.
    """
    found = await in_thread(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Net:
    """Fetch pages from the outside, within limits.

    Args:
        settings: The limits.
        resolve: Finds the addresses of a host.
        transport: Sends a request to the address in its URL; by default plain httpx.
    """

    def __init__(
        self,
        settings: NetSettings,
        *,
        resolve: Resolver = system_resolver,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._settings = settings
        self._resolve = resolve
        self._inner = transport
        self._pinned: PinnedTransport | None = None
        self._turns = PerHost(settings.per_host)
        # A host that takes no connection has been told apart from one that is slow by then.
        self._robots = Robots(settings.user_agent, self._robots_text, settings.timeout / 2)

    async def fetch(self, url: str, *, accept: str = "*/*", robots: bool = False) -> Page:
        """Fetch an address.

        Args:
            url: An http or https address.
            accept: Media types that are wanted, as in the header of that name.
            robots: Whether it is a page that is left alone when its site's robots.txt asks for it;
                an interface made for programs is not.

        Raises:
            NetError: The address was refused, or it could not be had within the limits.
        """
        import httpx

        robots = robots and self._settings.robots
        try:
            async with asyncio.timeout(self._settings.timeout):
                return await self._follow(parse(url), accept, robots=robots)
        except TimeoutError:
            seconds = f"{self._settings.timeout:g} seconds"
            raise NetError("timeout", f"{short(url)} was not loaded within {seconds}.") from None
        except httpx.HTTPError as error:
            raise _transport_error(url, error) from error

    def transport(self, hosts: Sequence[str] = ()) -> httpx.AsyncBaseTransport:
        """Return a transport for a library that brings its own httpx client.

        It checks addresses as `fetch` does, on each redirect that the client follows too, and
        limits the time to connect. What is sent and received is the library's own affair. What is
        refused is an `httpx.ConnectError` with the reason. The caller closes it.

        Args:
            hosts: Hosts (`name` or `name:port`) that the user configured: they may be reached
                wherever they are, beside those of the settings.
        """
        from tools.pinned import PinnedTransport

        return PinnedTransport(
            self._resolve, (*self._settings.allow_hosts, *hosts), self._settings.timeout / 3
        )

    async def aclose(self) -> None:
        """Close what is open."""
        if self._pinned is not None:
            await self._pinned.aclose()
            self._pinned = None

    async def _robots_text(self, target: httpx.URL) -> str:
        page = await self._follow(target, "text/plain,*/*;q=0.5", limit=ROBOTS_BYTES, cut=True)
        return page.text()

    async def _follow(
        self,
        target: httpx.URL,
        accept: str,
        *,
        robots: bool = False,
        limit: int = 0,
        cut: bool = False,
    ) -> Page:
        """Fetch an address and whatever it redirects to."""
        first, limit = target, limit or self._settings.max_bytes
        for _ in range(self._settings.max_redirects + 1):
            if robots:
                await self._robots.check(target)
            async with self._turns.turn(host_of(target)):
                response = await self._send(target, accept)
                try:
                    location = response.headers.get("location", "")
                    if response.status_code not in REDIRECTS or not location:
                        return await read_body(target, response, limit, cut=cut)
                finally:
                    await response.aclose()
            target = parse(location, base=target)
        times = self._settings.max_redirects
        raise NetError("redirects", f"{short(first)} redirects more than {times} times.")

    async def _send(self, target: httpx.URL, accept: str) -> httpx.Response:
        """Ask a checked address for a target."""
        import httpx

        from tools.pinned import PinnedTransport

        if self._pinned is None:
            self._pinned = PinnedTransport(
                self._resolve, self._settings.allow_hosts, self._settings.timeout / 3, self._inner
            )
        headers = {
            "Host": target.netloc.decode("ascii"),
            "User-Agent": self._settings.user_agent,
            "Accept": accept,
            "Accept-Encoding": "gzip",
            "Connection": "close",
        }
        request = httpx.Request("GET", target, headers=headers)
        return await self._pinned.send(request, await self._pinned.addresses(target))


def _transport_error(url: str, error: httpx.HTTPError) -> NetError:
    import httpx

    from tools.pinned import is_tls

    where = short(url)
    if is_tls(error):
        return NetError("tls", f"{where} has no valid certificate ({_cause(error)}).")
    if isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout)):
        return NetError("connection", f"{where} takes no connection.")
    return NetError("connection", f"{where} broke off its answer ({_cause(error)}).")


def _cause(error: Exception) -> str:
    return (" ".join(str(error).split()) or type(error).__name__)[:160]
