"""Streamed HTTP with a time-out for the first byte and another between pieces."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any, cast

import httpx

from agent.errors import ModelError, ModelTimeout, ServerDown, ServerFault
from agent.models.settings import Timeouts

MAX_LINE = 8_000_000
"""Bytes of one line of a stream; a longer one is not a reply."""


class StatusFault(Exception):
    """Carry an HTTP status other than 2xx and the body that came with it.

    Args:
        status: The HTTP status.
        body: The first 64 KiB of the body, decoded.
        retry_after: The `Retry-After` header, empty where there is none.
    """

    def __init__(self, status: int, body: str, retry_after: str = "") -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body
        self.retry_after = retry_after


def client(
    base_url: str, timeouts: Timeouts, headers: dict[str, str] | None = None
) -> httpx.AsyncClient:
    """Open a client whose own time-outs cover only connecting; `stream_lines` keeps the rest."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=20)
    return httpx.AsyncClient(
        base_url=base_url,
        headers=headers,
        timeout=httpx.Timeout(None, connect=timeouts.connect),
        limits=limits,
        trust_env=False,
    )


def as_model_error(error: httpx.HTTPError, where: str) -> ModelError:
    """Map a transport failure to the error that the user is told."""
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return ServerDown(
            f"No model server answers at {where}.",
            "Start it, or choose another model with --model; `arriero doctor` tells more.",
        )
    if isinstance(error, httpx.TimeoutException):
        return ModelTimeout(f"The model server at {where} did not answer in time.", transient=True)
    return ServerFault(
        f"The connection to {where} broke off before the answer was whole.",
        "Ask again; if it happens again, look at the model server's log.",
        transient=True,
    )


async def stream_lines(
    http: httpx.AsyncClient, path: str, payload: dict[str, Any], timeouts: Timeouts
) -> AsyncGenerator[bytes, None]:
    r"""Post `payload` as JSON and yield the reply's lines, split at `\n` alone, without it.

    Closing the generator closes the connection, which is what makes a server stop generating.

    Raises:
        StatusFault: The status was not 2xx.
        ModelError: The server is down, silent for too long, or broke the stream off.
    """
    where = str(http.base_url).rstrip("/")
    try:
        async with asyncio.timeout(timeouts.first_byte):
            request = http.build_request("POST", path, json=payload)
            response = await http.send(request, stream=True)
    except TimeoutError:
        raise _silent(where, timeouts.first_byte, "first byte") from None
    except httpx.HTTPError as error:
        raise as_model_error(error, where) from error
    try:
        if not response.is_success:
            body = await _short_body(response, timeouts)
            raise StatusFault(response.status_code, body, response.headers.get("retry-after", ""))
        async with aclosing(_pieces(response, timeouts, where)) as pieces:
            async for line in _lines(pieces, where):
                yield line
    except httpx.HTTPError as error:
        raise as_model_error(error, where) from error
    finally:
        await response.aclose()


async def _pieces(
    response: httpx.Response, timeouts: Timeouts, where: str
) -> AsyncGenerator[bytes, None]:
    """Yield the body as it arrives; the first piece may take longer than the others."""
    limit, what = timeouts.first_byte, "first byte"
    async with aclosing(cast(AsyncGenerator[bytes, None], response.aiter_bytes())) as body:
        while True:
            try:
                async with asyncio.timeout(limit):
                    piece = await anext(body, None)
            except TimeoutError:
                raise _silent(where, limit, what) from None
            if piece is None:
                return
            limit, what = timeouts.between_tokens, "next piece"
            yield piece


async def _lines(pieces: AsyncIterator[bytes], where: str) -> AsyncIterator[bytes]:
    buffer = bytearray()
    async for piece in pieces:
        buffer += piece
        if b"\n" in piece:
            *whole, rest = bytes(buffer).split(b"\n")
            buffer = bytearray(rest)
            for line in whole:
                yield line
        if len(buffer) > MAX_LINE:
            raise ServerFault(f"The server at {where} sent a line without an end.")
    if buffer:
        yield bytes(buffer)


async def _short_body(response: httpx.Response, timeouts: Timeouts) -> str:
    body = bytearray()
    try:
        async with asyncio.timeout(timeouts.between_tokens):
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > 65536:
                    break
    except TimeoutError:
        pass
    return bytes(body[:65536]).decode("utf-8", errors="replace")


def _silent(where: str, seconds: float, what: str) -> ModelTimeout:
    return ModelTimeout(
        f"The model server at {where} sent no {what} for {seconds:g} seconds.",
        "It may be loading a large model or be stuck; raise models.timeouts "
        "(ARRIERO_MODELS__TIMEOUTS__FIRST_BYTE, …__BETWEEN_TOKENS) or restart it.",
        transient=True,
    )
