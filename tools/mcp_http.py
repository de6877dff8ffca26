"""An MCP server behind an address: streamable HTTP, with the breaks that the SDK keeps silent."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus

import httpx
from mcp.client.streamable_http import streamable_http_client

from tools.errors import NetError
from tools.mcp_config import ServerEntry
from tools.mcp_stdio import Reading, Writing
from tools.net import Net
from tools.settings import NetSettings
from tools.urls import DEFAULT_PORTS

# Seconds for a connection, and for a message that needs no answer but a receipt.
CONNECT_SECONDS = 10.0
RECEIPT_SECONDS = 10.0

Broken = Callable[[str, object, bool], None]
"""Is told why the connection cannot go on, the id of the request that will have no answer (None
for a message that needs none), and whether it was surely not carried out."""


@asynccontextmanager
async def open_http(
    entry: ServerEntry, settings: NetSettings, broken: Broken
) -> AsyncIterator[tuple[Reading, Writing]]:
    """Speak to a server at an address, and tell at once when an answer breaks off.

    Redirects are followed within the server's own scheme, host and port alone.

    Args:
        entry: The address, and what each request carries.
        settings: Limits of requests to the outside.
        broken: Is told of the break.
    """
    transport = _Watched(_transport(entry, settings), broken)
    headers = {"User-Agent": settings.user_agent, **entry.headers}
    # A tool may be silent for long; how long is decided where it is called.
    timeout = httpx.Timeout(CONNECT_SECONDS, read=None)
    async with (
        httpx.AsyncClient(
            transport=transport, headers=headers, timeout=timeout, trust_env=False
        ) as client,
        streamable_http_client(entry.url, http_client=client) as (reading, writing, _),
    ):
        yield reading, writing


def _transport(entry: ServerEntry, settings: NetSettings) -> httpx.AsyncBaseTransport:
    """Reach the host of the entry wherever it is, and no other inner one."""
    url = httpx.URL(entry.url)
    host = url.raw_host.decode("ascii")
    shown = f"[{host}]" if ":" in host else host
    port = url.port or DEFAULT_PORTS[url.scheme]
    return Net(settings).transport((f"{shown}:{port}",))


class _Watched(httpx.AsyncBaseTransport):
    """Pass requests on, and notice the ones that will have no answer."""

    def __init__(self, inner: httpx.AsyncBaseTransport, broken: Broken) -> None:
        self._inner = inner
        self._broken = broken

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return await self._inner.handle_async_request(request)
        asked = json.loads(request.content).get("id") if request.content else None
        if asked is None:
            request.extensions["timeout"] = httpx.Timeout(RECEIPT_SECONDS).as_dict()
        try:
            response = await self._inner.handle_async_request(request)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            known = error.__cause__ if isinstance(error.__cause__, NetError) else None
            reason = known.reason if known else f"it takes no connection at {_place(request.url)}"
            self._broken(reason, asked, True)
            raise
        except httpx.HTTPError as error:
            self._broken(f"it broke off the connection ({_words(error)})", asked, False)
            raise
        if request.method == "POST" and response.status_code >= 400:
            self._broken(_refusal(response.status_code), asked, response.status_code < 500)
        elif asked is not None and _is_events(response):
            assert isinstance(response.stream, httpx.AsyncByteStream)  # noqa: S101
            response.stream = _Events(response.stream, asked, self._broken)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


class _Events(httpx.AsyncByteStream):
    """The events of an answer, which the SDK stops reading once it has what it waited for.

    Events that are read to their end held no answer. Only where they had ids does the SDK ask for
    the rest of them.
    """

    def __init__(self, inner: httpx.AsyncByteStream, asked: object, broken: Broken) -> None:
        self._inner = inner
        self._asked = asked
        self._broken = broken

    async def __aiter__(self) -> AsyncIterator[bytes]:
        resumable = False
        tail = b"\n"
        try:
            async for chunk in self._inner:
                resumable = resumable or b"\nid:" in tail + chunk
                tail = (tail + chunk)[-4:]
                yield chunk
        except httpx.HTTPError as error:
            self._broken(f"it broke off its answer ({_words(error)})", self._asked, False)
            raise
        if not resumable:
            self._broken("it ended its answer too early", self._asked, False)

    async def aclose(self) -> None:
        await self._inner.aclose()


def _is_events(response: httpx.Response) -> bool:
    kind: str = response.headers.get("content-type", "")
    return response.is_success and kind.lower().startswith("text/event-stream")


def _place(url: httpx.URL) -> str:
    """Name an address without what may be secret in it."""
    return str(url.copy_with(userinfo=b"", query=None, fragment=None))


def _refusal(status: int) -> str:
    try:
        phrase = f"{status} ({HTTPStatus(status).phrase.lower()})"
    except ValueError:
        phrase = str(status)
    hint = "; check the `headers` of its entry" if status in (401, 403) else ""
    return f"it answered HTTP {phrase}{hint}"


def _words(error: Exception) -> str:
    return " ".join(str(error).split())[:160] or type(error).__name__
