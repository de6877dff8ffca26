"""What an OpenAI-compatible server tells of itself and of the model that it runs."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from agent.errors import ModelError, UsageError, WeightsError
from agent.models.catalogue import identity_of
from agent.models.gguf import read_facts
from agent.models.openai_faults import still_loading
from agent.models.settings import ModelSettings, Timeouts
from agent.models.wire import as_model_error

PROBE_SECONDS = 4.0
"""Seconds that a question about the server may take; it is asked without need."""
_POLL = 0.5
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_WINDOWS = ("max_model_len", "context_window", "context_length", "n_ctx")


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What is known of a model behind an address.

    Args:
        kind: `llama.cpp`, `vllm`, or empty.
        identity: The name that identifies the weights.
        context: Tokens of the window.
        tools: Whether the server offers function calling for the model.
    """

    kind: str
    identity: str
    context: int
    tools: bool


def address(url: str) -> str:
    """Return the address that `/chat/completions` follows.

    Raises:
        UsageError: It is no http address.
    """
    text = url.strip().rstrip("/").removesuffix("/chat/completions")
    try:
        found = httpx.URL(text)
    except httpx.InvalidURL:
        found = httpx.URL("")
    if found.scheme not in ("http", "https") or not found.host:
        raise UsageError(
            f"'{url}' is not the address of a server.",
            "Write it like openai:NAME@http://127.0.0.1:8080/v1",
        )
    return text + "/v1" if found.path in ("", "/") else text


def root_of(base: str) -> str:
    """Return the address that llama.cpp's own paths follow."""
    return base.rstrip("/").removesuffix("/v1")


async def probe(http: httpx.AsyncClient, name: str, settings: ModelSettings) -> ServerFacts:
    """Ask the server what it is; only a refused connection is an error.

    Raises:
        ServerDown: Nothing answers there.
        ModelTimeout: llama.cpp was loading its model for longer than the first byte may take.
    """
    root = root_of(str(http.base_url))
    status, props = await _get(http, root + "/props")
    if status == 503:
        await _loaded(http, root, settings.timeouts)
        _, props = await _get(http, root + "/props")
    _, listing = await _get(http, "/models")
    entry = _entry(listing, name)
    if isinstance(props, dict) and "default_generation_settings" in props:
        return _llama_cpp(http, name, props, settings)
    return ServerFacts(
        kind="vllm" if entry.get("owned_by") == "vllm" else "",
        identity=identity_of(str(entry.get("root") or name)),
        context=_window(entry) or settings.context,
        tools=True,
    )


async def model_names(http: httpx.AsyncClient) -> list[str]:
    """Return the names of the models that the server lists; none where it does not tell."""
    try:
        _, listing = await _get(http, "/models")
    except ModelError:
        return []
    return [str(entry["id"]) for entry in _entries(listing) if "id" in entry]


async def _get(http: httpx.AsyncClient, path: str) -> tuple[int, Any]:
    try:
        reply = await http.get(path, timeout=PROBE_SECONDS)
        return reply.status_code, reply.json() if reply.is_success else None
    except httpx.ConnectError as error:
        raise as_model_error(error, str(http.base_url).rstrip("/")) from error
    except (httpx.HTTPError, ValueError):
        return 0, None


async def _loaded(http: httpx.AsyncClient, root: str, timeouts: Timeouts) -> None:
    deadline = time.monotonic() + timeouts.first_byte
    while (await _get(http, root + "/health"))[0] == 503:
        if time.monotonic() > deadline:
            raise still_loading(root, timeouts.first_byte)
        await asyncio.sleep(_POLL)


def _entries(listing: Any) -> list[dict[str, Any]]:
    found = listing.get("data") if isinstance(listing, dict) else listing
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def _entry(listing: Any, name: str) -> dict[str, Any]:
    return next((entry for entry in _entries(listing) if entry.get("id") == name), {})


def _window(entry: dict[str, Any]) -> int:
    return next((entry[key] for key in _WINDOWS if isinstance(entry.get(key), int)), 0)


def _llama_cpp(
    http: httpx.AsyncClient, name: str, props: dict[str, Any], settings: ModelSettings
) -> ServerFacts:
    window = props["default_generation_settings"].get("n_ctx")
    abilities = props.get("chat_template_caps") or {}
    path = str(props.get("model_path") or "")
    return ServerFacts(
        kind="llama.cpp",
        identity=_weights(path, http.base_url.host) or identity_of(name),
        context=window if isinstance(window, int) and window > 0 else settings.context,
        tools=bool(abilities.get("supports_tools", True)),
    )


def _weights(path: str, host: str) -> str:
    """Name the weights by the file's own head where it lies on this machine, else by its name."""
    if host in _LOOPBACK and path:
        try:
            return read_facts(Path(path)).identity
        except WeightsError:
            pass
    found = identity_of(path)
    # Stores of blobs name their files by checksum, which tells nothing.
    return "" if found.startswith("sha256") else found
