"""How Ollama is reached: its address, single answers and streams of objects."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx

from agent.errors import ModelError, ModelTimeout, ServerDown, SettingsError
from agent.models.ollama_faults import down, error_text, fault, garbled
from agent.models.settings import ModelSettings, Timeouts
from agent.models.wire import StatusFault, as_model_error, client, stream_lines

QUICK = 20.0
"""Seconds for an answer that needs no model: lists and descriptions."""


def host_of(settings: ModelSettings) -> str:
    """Return the server's base address: the setting, else OLLAMA_HOST, else this machine.

    Takes what Ollama itself takes: a host, host:port, or an address with its scheme. An address
    to listen on everywhere (0.0.0.0, ::) becomes this machine's.

    Raises:
        SettingsError: It is none of these.
    """
    given = settings.ollama.host or os.environ.get("OLLAMA_HOST", "")
    text = given.strip().strip("\"'").strip()
    if not text:
        return "http://127.0.0.1:11434"
    bare = text.count(":") > 1 and "://" not in text and not text.startswith("[")
    scheme, _, rest = text.rpartition("://")
    address = f"[{rest}]" if bare else rest
    try:
        parts = urlsplit(f"{scheme or 'http'}://{address}")
        port = parts.port or {"": 11434, "http": 80, "https": 443}[scheme]
    except (ValueError, KeyError):
        raise SettingsError(
            f"'{given}' is not an address of an Ollama server.",
            "Set models.ollama.host or OLLAMA_HOST to something like 127.0.0.1:11434.",
        ) from None
    host = parts.hostname or "127.0.0.1"
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 -- is replaced
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}:{port}{parts.path.rstrip('/')}"


@asynccontextmanager
async def connection(settings: ModelSettings) -> AsyncIterator[httpx.AsyncClient]:
    """Open a client to the server for one task."""
    async with client(host_of(settings), settings.timeouts) as http:
        yield http


def where_of(http: httpx.AsyncClient) -> str:
    """Return the address of a client's server, for messages."""
    return str(http.base_url).rstrip("/")


async def ask(
    http: httpx.AsyncClient,
    method: str,
    path: str,
    payload: Mapping[str, Any] | None = None,
    *,
    seconds: float = QUICK,
) -> dict[str, Any]:
    """Send a request whose answer is one JSON object.

    Args:
        http: The client.
        method: HTTP method.
        path: The end point, such as `/api/show`.
        payload: The body; its `model` is named in errors.
        seconds: How long the whole answer may take.

    Raises:
        ModelError: The server is down, silent, or answers with an error.
    """
    where = where_of(http)
    try:
        async with asyncio.timeout(seconds):
            response = await http.request(method, path, json=payload)
    except TimeoutError:
        raise ModelTimeout(
            f"Ollama at {where} did not answer {path} in {seconds:g} seconds.",
            "It may be busy or stuck; restart it if this stays so.",
            transient=True,
        ) from None
    except httpx.HTTPError as error:
        raise transport(error, where) from error
    text = response.content.decode("utf-8", errors="replace")
    if not response.is_success:
        name = str((payload or {}).get("model", ""))
        raise fault(response.status_code, error_text(text), name, where)
    return read_line(response.content, where)


def transport(error: httpx.HTTPError, where: str) -> ModelError:
    """Map a transport failure; a server that is down gets Ollama's own hint."""
    found = as_model_error(error, where)
    return down(where) if isinstance(found, ServerDown) else found


def read_line(line: bytes, where: str) -> dict[str, Any]:
    """Read one JSON object; bytes that are no UTF-8 become U+FFFD.

    Raises:
        ServerFault: It is not a JSON object.
    """
    text = line.decode("utf-8", errors="replace")
    try:
        found = json.loads(text)
    except ValueError:
        raise garbled(where, text) from None
    if not isinstance(found, dict):
        raise garbled(where, text)
    return found


async def objects(
    http: httpx.AsyncClient,
    path: str,
    payload: dict[str, Any],
    timeouts: Timeouts,
    *,
    name: str = "",
) -> AsyncGenerator[dict[str, Any], None]:
    """Post a request and yield the objects of the reply; blank lines are skipped.

    Args:
        http: The client.
        path: The end point, such as `/api/chat`.
        payload: The body.
        timeouts: How long the server may keep silent.
        name: The model's name in errors; that of the payload where it is empty.

    Raises:
        ModelError: The server is down, silent, answers with an error or sends what is no object.
    """
    where, name = where_of(http), name or str(payload.get("model", ""))
    try:
        async with aclosing(stream_lines(http, path, payload, timeouts)) as lines:
            async for line in lines:
                if not line.strip():
                    continue
                found = read_line(line, where)
                if found.get("error"):
                    raise fault(200, error_text(json.dumps(found)), name, where)
                yield found
    except StatusFault as error:
        raise fault(error.status, error_text(error.body), name, where) from None
    except ServerDown:
        raise down(where) from None


def keep_alive(settings: ModelSettings) -> str | int:
    """Return the setting as the server takes it: bare numbers are seconds, -1 is for ever.

    Raises:
        SettingsError: It is neither a number nor a duration.
    """
    text = settings.ollama.keep_alive.strip()
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    if re.fullmatch(r"-?(\d+(\.\d+)?(ms|s|m|h))+", text):
        return text
    raise SettingsError(
        f"models.ollama.keep_alive is '{text}', which is no duration.",
        "Set it to something like 30m, 1h30m, a number of seconds, or -1 for ever.",
    )
