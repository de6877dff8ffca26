"""The way out: the only module that opens sockets to the outside.

Every host is resolved first, every address that it has is checked, and the connection goes to
exactly an address that was checked, so that a name cannot turn to another address in between. Each
redirect is treated as a new request. There are no cookies, no credentials and no proxies from the
environment.

One library opens sockets of its own: ddgs, whose client is not written in Python. It is used for
searching alone, and speaks to the fixed hosts of its search engines (see `tools.search`).
"""

from __future__ import annotations

import asyncio
import codecs
import re
import socket
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from tools.addresses import closed_because
from tools.errors import NetError
from tools.settings import NetSettings
from tools.threads import in_thread

if TYPE_CHECKING:
    import httpx

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]

DEFAULT_PORTS = {"http": 80, "https": 443}
PORTS = frozenset((80, 443, 8080, 8443))
REDIRECTS = frozenset((301, 302, 303, 307, 308))
_HOST = re.compile(r"[A-Za-z0-9._:-]+")
_META_CHARSET = re.compile(
    rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})", re.I
)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What a page calls Latin-1 or ASCII is Windows-1252 (WHATWG Encoding, section 4.2).
_WEB_NAMES = dict.fromkeys(("iso-8859-1", "iso8859-1", "latin-1", "latin1", "us-ascii"), "cp1252")


@dataclass(frozen=True, slots=True)
class Page:
    """What an address answered with.

    Args:
        url: The address after redirects.
        status: The HTTP status.
        content_type: The media type in lower case, without parameters; empty where none was sent.
        body: The body after decompression.
        charset: The character set that the header named, or an empty string.
    """

    url: str
    status: int
    content_type: str
    body: bytes
    charset: str = ""

    def text(self) -> str:
        """Decode the body by its byte order mark, its header, its own word, or as UTF-8.

        A character set that does not exist or does not fit is passed over; what cannot be decoded
        is replaced.
        """
        for name in self._charsets():
            try:
                return self.body.decode(_WEB_NAMES.get(name, name))
            except (LookupError, ValueError):
                continue
        return self.body.decode("utf-8", "replace")

    def _charsets(self) -> Iterator[str]:
        """Yield the character sets to try, the likeliest first."""
        yield from (name for bom, name in _BOMS if self.body.startswith(bom))
        wide = self.charset.startswith(("utf-16", "utf-32"))
        if not wide and not self.body.isascii():
            yield "utf-8"  # text in another set is hardly ever valid UTF-8; a wrong label is common
        if self.charset:
            yield self.charset
        if named := _META_CHARSET.search(self.body[:2048]):
            yield named.group(1).decode().lower()
        yield "utf-8"
        yield "cp1252"


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
        self._transport = transport
        self._allowed = frozenset(host.lower().rstrip(".") for host in settings.allow_hosts)

    async def fetch(self, url: str, *, accept: str = "*/*") -> Page:
        """Fetch an address.

        Args:
            url: An http or https address.
            accept: Media types that are wanted, as in the header of that name.

        Raises:
            NetError: The address was refused, or it could not be had within the limits.
        """
        import httpx

        try:
            async with asyncio.timeout(self._settings.timeout):
                return await self._follow(url, accept)
        except TimeoutError:
            seconds = f"{self._settings.timeout:g} seconds"
            raise NetError("timeout", f"{_short(url)} was not loaded within {seconds}.") from None
        except httpx.HTTPError as error:
            raise _transport_error(url, error) from error

    async def aclose(self) -> None:
        """Close what is open."""
        if self._transport is not None:
            await self._transport.aclose()
            self._transport = None

    async def _follow(self, url: str, accept: str) -> Page:
        """Fetch an address and whatever it redirects to."""
        target = _parse(url)
        for _ in range(self._settings.max_redirects + 1):
            request, addresses = await self._prepare(target, accept)
            response = await self._send(request, addresses)
            try:
                location = response.headers.get("location", "")
                if response.status_code not in REDIRECTS or not location:
                    return await self._read(target, response)
            finally:
                await response.aclose()
            target = _parse(location, base=target)
        limit = self._settings.max_redirects
        raise NetError("redirects", f"{_short(url)} redirects more than {limit} times.")

    async def _prepare(self, target: httpx.URL, accept: str) -> tuple[httpx.Request, Sequence[str]]:
        """Check a target and return the request with the addresses that it may be sent to."""
        import httpx

        host = target.raw_host.decode("ascii").rstrip(".")
        port = DEFAULT_PORTS[target.scheme] if target.port is None else target.port
        allowed = not self._allowed.isdisjoint((host, f"{host}:{port}", f"[{host}]:{port}"))
        if not allowed and port not in PORTS:
            raise NetError(
                "refused",
                f"Port {port} of {host} was refused: pages are read from "
                "ports 80, 443, 8080 and 8443 alone.",
            )
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise NetError("dns", f"The host {host} was not found.") from error
        if not addresses:
            raise NetError("dns", f"The host {host} has no address.")
        if not allowed:
            _refuse_inner(host, addresses)
        headers = {
            "Host": target.netloc.decode("ascii"),
            "User-Agent": self._settings.user_agent,
            "Accept": accept,
            "Accept-Encoding": "gzip",
            "Connection": "close",
        }
        # A host's next address is tried while there is still time for it.
        timeout = httpx.Timeout(None, connect=self._settings.timeout / 3)
        extensions = {"sni_hostname": host, "timeout": timeout.as_dict()}
        return httpx.Request("GET", target, headers=headers, extensions=extensions), addresses

    async def _send(self, request: httpx.Request, addresses: Sequence[str]) -> httpx.Response:
        """Send a request to the first of the checked addresses that takes a connection."""
        import httpx

        if self._transport is None:
            # A connection is used once: kept ones would be shared by address and not by host.
            self._transport = httpx.AsyncHTTPTransport(
                trust_env=False, limits=httpx.Limits(max_keepalive_connections=0)
            )
        for number, address in enumerate(addresses, start=1):
            pinned = httpx.Request(
                request.method,
                request.url.copy_with(host=address),
                headers=request.headers,
                extensions=request.extensions,
            )
            try:
                return await self._transport.handle_async_request(pinned)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                if number == len(addresses) or _is_tls(error):
                    raise
        raise AssertionError("unreachable: there is at least one address")

    async def _read(self, target: httpx.URL, response: httpx.Response) -> Page:
        """Read the body of a good answer within the limit of bytes."""
        status, limit = response.status_code, self._settings.max_bytes
        if not 200 <= status < 300:
            raise NetError(
                "http_status", f"{_short(str(target))} answered {_phrase(status)}.", status=status
            )
        if int(_digits(response.headers.get("content-length", ""))) > limit:
            raise _too_big(target, limit)
        body = bytearray()
        async for piece in _decoded(response, limit):
            body += piece
            if len(body) > limit:
                raise _too_big(target, limit)
        content_type, charset = _media_type(response.headers)
        return Page(str(target), status, content_type, bytes(body), charset)


def _parse(url: str, base: httpx.URL | None = None) -> httpx.URL:
    """Parse an address, joined to the one that it was found at.

    Raises:
        NetError: It is no address, or not one of the web.
    """
    import httpx

    try:
        target = httpx.URL(url.strip()) if base is None else base.join(url.strip())
        host = target.raw_host.decode("ascii")
    except (httpx.InvalidURL, ValueError, TypeError) as error:
        raise NetError("bad_url", f"{_short(url)} is not a web address: {error}.") from error
    if not url.strip():
        raise NetError("bad_url", "The address is empty.")
    if target.scheme not in DEFAULT_PORTS:
        raise NetError(
            "refused" if target.scheme else "bad_url",
            f"{_short(url)} was refused: a web address starts with https:// or http://.",
        )
    if not _HOST.fullmatch(host) or not host.strip("."):
        raise NetError("bad_url", f"{_short(url)} names no host.")
    if target.userinfo:
        raise NetError(
            "refused", f"An address with a user name or password in it was refused ({host})."
        )
    return target.copy_with(fragment=None)


def _refuse_inner(host: str, addresses: Sequence[str]) -> None:
    """Refuse a host when any of its addresses is not outside: a mixed answer is a trick."""
    for address in addresses:
        if why := closed_because(address):
            shown = host if host == address else f"{host} ({address})"
            raise NetError(
                "refused",
                f"{shown} was refused: {why}. Only public web pages can be "
                "read, unless the setting tools.net.allow_hosts names the host.",
            )


async def _decoded(response: httpx.Response, limit: int) -> AsyncIterator[bytes]:
    """Yield the body decompressed, never more than about the limit at once.

    httpx's own decoders unpack a whole chunk at a time, which a few kilobytes of zeros can blow
    up a thousandfold.
    """
    coding = response.headers.get("content-encoding", "").strip().lower()
    if coding not in ("", "identity", "gzip", "x-gzip"):
        raise NetError("bad_encoding", f"The page is packed in an unknown way ({coding[:40]}).")
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16) if "gzip" in coding else None
    started = False
    async for chunk in response.aiter_raw():
        started = started or bool(chunk)
        try:
            yield unpacker.decompress(chunk, limit + 1) if unpacker else chunk
        except zlib.error as error:
            raise NetError("bad_encoding", f"The page could not be unpacked ({error}).") from error
    if unpacker and started and not unpacker.eof:
        raise NetError("bad_encoding", "The page could not be unpacked (it ends too early).")


def _media_type(headers: Mapping[str, str]) -> tuple[str, str]:
    """Return the media type and the character set of a Content-Type header."""
    kind, *parameters = headers.get("content-type", "").lower().split(";")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset":
            return kind.strip(), value.strip(" \"'")
    return kind.strip(), ""


def _transport_error(url: str, error: httpx.HTTPError) -> NetError:
    import httpx

    where = _short(url)
    if _is_tls(error):
        return NetError("tls", f"{where} has no valid certificate ({_cause(error)}).")
    if isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout)):
        return NetError("connection", f"{where} takes no connection.")
    return NetError("connection", f"{where} broke off its answer ({_cause(error)}).")


def _is_tls(error: BaseException) -> bool:
    import ssl

    link: BaseException | None = error
    while link is not None:
        if isinstance(link, ssl.SSLError):
            return True
        link = link.__cause__ or link.__context__
    return False


def _cause(error: Exception) -> str:
    return (" ".join(str(error).split()) or type(error).__name__)[:160]


def _too_big(target: httpx.URL, limit: int) -> NetError:
    return NetError("too_big", f"{_short(str(target))} is longer than {limit:,} bytes.")


def _phrase(status: int) -> str:
    try:
        return f"{status} ({HTTPStatus(status).phrase.lower()})"
    except ValueError:
        return str(status)


def _digits(value: str) -> str:
    return value if value.isascii() and value.isdigit() and len(value) < 20 else "0"


def _short(url: str) -> str:
    shown = " ".join(str(url).split())
    return shown if len(shown) <= 120 else f"{shown[:119]}…"
