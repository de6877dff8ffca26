"""llama.cpp inside this process: its own server, reached over loopback like any other."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from agent.errors import UsageError, WeightsError
from agent.models.base import Chunk, Message, ModelInfo, ModelRequest, TextChunk
from agent.models.catalogue import CATALOGUE, find
from agent.models.gguf import Facts, read_facts
from agent.models.openai import OpenAIModel, open_openai
from agent.models.settings import ModelSettings
from agent.models.slots import Slots
from tools.spec import ToolSpec

CACHE_MIB = 1024
"""Memory for prefixes that lost their slot, in MiB."""


class EmbeddedModel:
    """A model that llama.cpp runs inside this process.

    Args:
        inner: The client of the server.
        server: The server object; dropping it ends the server and frees its memory.
        info: What is known of the model.
        slots: How many conversations keep their prefix.
    """

    def __init__(self, inner: OpenAIModel, server: Any, info: ModelInfo, slots: int) -> None:
        self._inner, self._server, self._info = inner, server, info
        self._slots = Slots(slots)

    @property
    def info(self) -> ModelInfo:
        """Describe the model."""
        return self._info

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Chunk, None]:
        """Generate a reply in the slot that holds most of the prompt.

        Raises:
            ModelError: One of its subclasses, with a hint.
        """
        slot = self._slots.take(_text(request))
        reply: list[str] = []
        try:
            chunks = self._inner.stream_with(request, {"id_slot": slot.index})
            async with aclosing(chunks):
                async for chunk in chunks:
                    if isinstance(chunk, TextChunk):
                        reply.append(chunk.text)
                    yield chunk
        finally:
            self._slots.leave(slot, "".join(reply))

    async def count_tokens(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()
    ) -> int | None:
        """Count a prompt's tokens with the model's own template and tokenizer."""
        return await self._inner.count_tokens(messages, tools)

    async def aclose(self) -> None:
        """End the server and free its memory."""
        await self._inner.aclose()
        self._server = None


async def open_embedded(
    name_or_path: str,
    settings: ModelSettings,
    progress: Callable[[int, int, str], None] | None = None,
) -> EmbeddedModel:
    """Start llama.cpp on a model of the catalogue, fetched first if need be, or on a file.

    Args:
        name_or_path: A name of the catalogue, or the path of a GGUF file.
        settings: Window, threads, slots and where weights are kept.
        progress: Told of the download.

    Raises:
        UsageError: It is neither a known name nor a path.
        WeightsError: The weights cannot be had, or llama.cpp cannot load them.
    """
    path = await _resolve(name_or_path, settings, progress)
    facts = read_facts(path)
    entry = find(name_or_path)
    identity = entry.name if entry else facts.identity
    key = secrets.token_hex(16)
    # The load holds the interpreter's lock today; the thread is for a version that does not.
    server = await asyncio.to_thread(_start, path, facts, settings, key, identity)
    keyed = settings.model_copy(update={"api_key": SecretStr(key)})
    inner = await open_openai(identity, server.listening_address, keyed, backend="llamacpp")
    spec = f"llamacpp:{entry.name if entry else path}"
    info = replace(inner.info, spec=spec, identity=identity)
    return EmbeddedModel(inner, server, info, settings.llamacpp.slots)


async def _resolve(
    name_or_path: str, settings: ModelSettings, progress: Callable[[int, int, str], None] | None
) -> Path:
    if find(name_or_path):
        from agent.models.weights import fetch

        return await fetch(name_or_path, settings, progress)
    return _file(name_or_path)


def _file(text: str) -> Path:
    path = Path(text).expanduser()
    if path.suffix.lower() == ".gguf" or path.exists() or path.parent != Path("."):
        return path.absolute()
    known = ", ".join(entry.name for entry in CATALOGUE)
    raise UsageError(
        f"'{text}' is neither a model that llamacpp: knows nor a file.",
        f"Known names: {known}; or give the path of a GGUF file.",
    )


def _start(path: Path, facts: Facts, settings: ModelSettings, key: str, alias: str) -> Any:
    from xllamacpp import CommonParams, Server

    window = min(settings.context, facts.context or settings.context)
    params = CommonParams()
    params.model.path = str(path)
    params.model_alias = {alias}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [key]
    params.ui = False
    params.verbosity = 0
    # Each slot has the whole window: with a shared one, two long turns would starve each other.
    params.n_parallel = settings.llamacpp.slots
    params.n_ctx = window * settings.llamacpp.slots
    params.kv_unified = False
    params.cache_prompt = True
    params.cache_ram_mib = CACHE_MIB
    params.n_gpu_layers = settings.llamacpp.gpu_layers
    threads = settings.llamacpp.threads or -1  # -1 is llama.cpp's word for the physical cores
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    try:
        return Server(params)
    except RuntimeError as error:
        raise WeightsError(
            f"llama.cpp cannot load {path}.",
            "The file may be cut short or of a kind that this llama.cpp does not know (fetch it "
            "again), or the memory may be too small for a window of "
            f"{settings.context} tokens (lower models.context).",
        ) from error


def _text(request: ModelRequest) -> str:
    """Write a prompt down such that equal beginnings of prompts are equal beginnings of text."""
    parts = [f"{tool.name}\n{tool.description}\n" for tool in request.tools]
    for message in request.messages:
        called = message.get("tool_calls") if request.tools else None
        parts.append(f"{message['role']}\n{message['content']}{called or ''}\n")
    return "".join(parts) + "assistant\n" + request.prefill
