"""llama.cpp inside this process: its own server, reached over loopback like any other."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from agent.errors import UsageError, WeightsError
from agent.models.base import Chunk, Message, ModelInfo, ModelRequest, TextChunk
from agent.models.catalogue import CATALOGUE, find
from agent.models.gguf import Facts, read_facts
from agent.models.openai import OpenAIModel, open_openai
from agent.models.openai_payload import payload
from agent.models.prefixes import Prefixes, head_of, prompt_text
from agent.models.settings import ModelSettings
from agent.models.slots import Slots
from agent.models.weights import fetch, weights_dir
from tools.spec import ToolSpec

CACHE_MIB = 1024
"""Memory for prefixes that lost their slot, in MiB."""
_CPU_BATCH = 64
"""Tokens that are read at a time on a processor."""
_KEEP_SECONDS = 10.0
"""Seconds that keeping the instructions may delay the end."""


class EmbeddedModel:
    """A model that llama.cpp runs inside this process.

    Args:
        inner: The client of the server.
        server: The server object; dropping it ends the server and frees its memory.
        info: What is known of the model.
        slots: How many conversations keep their prefix.
        prefixes: Instructions that are kept on disk.
    """

    def __init__(
        self, inner: OpenAIModel, server: Any, info: ModelInfo, slots: int, prefixes: Prefixes
    ) -> None:
        self._inner, self._server, self._info = inner, server, info
        self._slots, self._prefixes = Slots(slots), prefixes

    @property
    def info(self) -> ModelInfo:
        """Describe the model."""
        return self._info

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Chunk, None]:
        """Generate a reply in the slot that holds most of the prompt.

        Raises:
            ModelError: One of its subclasses, with a hint.
        """
        head = head_of(request)
        kept = head if head and self._prefixes.has(head) else None
        text = prompt_text(request) + "assistant\n" + request.prefill
        slot = self._slots.take(text, len(kept.text) if kept else 0)
        reply: list[str] = []
        try:
            if kept and slot.users == 1 and not slot.before.startswith(kept.text):
                await self._prefixes.restore(kept, slot.index)
            # Reports of progress are what lets the server notice, while it still reads the
            # prompt, that nobody listens any more.
            extra = {"id_slot": slot.index, "return_progress": True}
            chunks = self._inner.stream_with(request, extra)
            async with aclosing(chunks):
                async for chunk in chunks:
                    if isinstance(chunk, TextChunk):
                        reply.append(chunk.text)
                    yield chunk
        finally:
            self._slots.leave(slot, "".join(reply))

    async def _keep_instructions(self) -> None:
        nothing: Message = {"role": "user", "content": "."}
        for head in self._prefixes.worth_keeping():
            if slot := self._slots.holding(head.text):
                request = ModelRequest([head.system, nothing], head.tools, max_tokens=0)
                body = payload(request, self._info.name) | {"id_slot": slot.index}
                del body["stream"], body["stream_options"]
                await self._prefixes.store(head, body, slot.index)

    async def count_tokens(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()
    ) -> int | None:
        """Count a prompt's tokens with the model's own template and tokenizer."""
        return await self._inner.count_tokens(messages, tools)

    async def aclose(self) -> None:
        """Keep the instructions for the next start, end the server and free its memory."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_KEEP_SECONDS):
                await self._keep_instructions()
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
    entry = find(name_or_path)
    facts = read_facts(path)
    identity = entry.name if entry else facts.identity
    key = secrets.token_hex(16)
    params = _params(path, facts, settings)
    params.api_keys = [key]
    params.model_alias = {identity}
    # The load holds the interpreter's lock today; the thread is for a version that does not.
    server = await asyncio.to_thread(_start, params, path, settings)
    keyed = settings.model_copy(update={"api_key": SecretStr(key)})
    inner = await open_openai(identity, server.listening_address, keyed, backend="llamacpp")
    spec = f"llamacpp:{entry.name if entry else path}"
    info = replace(inner.info, spec=spec, identity=identity)
    prefixes = _prefixes(inner, path, settings)
    return EmbeddedModel(inner, server, info, settings.llamacpp.slots, prefixes)


def _prefixes(inner: OpenAIModel, path: Path, settings: ModelSettings) -> Prefixes:
    from xllamacpp import __version__

    facts = path.stat()
    model = f"{__version__} {path.name} {facts.st_size} {facts.st_mtime_ns}"
    limit = settings.llamacpp.prefix_cache_mb * 1_000_000
    return Prefixes(inner.post, weights_dir(settings) / "prefixes", model, limit)


async def _resolve(
    name_or_path: str, settings: ModelSettings, progress: Callable[[int, int, str], None] | None
) -> Path:
    if find(name_or_path):
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


def _params(path: Path, facts: Facts, settings: ModelSettings) -> Any:
    from xllamacpp import CommonParams

    ours = settings.llamacpp
    params = CommonParams()
    params.model.path = str(path)
    params.hostnames, params.port = ["127.0.0.1"], 0
    params.ui = False
    params.verbosity = 0
    # Each slot has the whole window: with a shared one, two long turns would starve each other.
    params.n_parallel = ours.slots
    params.n_ctx = min(settings.context, facts.context or settings.context) * ours.slots
    params.kv_unified = False
    params.cache_prompt = True
    params.cache_ram_mib = CACHE_MIB
    params.n_gpu_layers = ours.gpu_layers
    threads = ours.threads or -1  # -1 is llama.cpp's word for the physical cores
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.sse_ping_interval = 1
    if not _has_gpu():
        # A stopped request is let go between two batches. A processor reads small ones as fast.
        params.n_batch = params.n_ubatch = _CPU_BATCH
    if ours.prefix_cache_mb:
        params.slot_save_path = f"{weights_dir(settings) / 'prefixes'}{os.sep}"
    return params


def _start(params: Any, path: Path, settings: ModelSettings) -> Any:
    from xllamacpp import Server

    try:
        if params.slot_save_path:
            Path(params.slot_save_path).mkdir(mode=0o700, parents=True, exist_ok=True)
        return Server(params)
    except OSError as error:
        raise WeightsError(
            f"{params.slot_save_path} cannot be made: {error.strerror}.",
            "Set ARRIERO_MODELS__LLAMACPP__PREFIX_CACHE_MB=0 to do without it.",
        ) from error
    except RuntimeError as error:
        raise WeightsError(
            f"llama.cpp cannot load {path}.",
            "The file may be cut short or of a kind that this llama.cpp does not know (fetch it "
            "again), or the memory may be too small for a window of "
            f"{settings.context} tokens (lower models.context).",
        ) from error


def _has_gpu() -> bool:
    from xllamacpp import get_device_info

    return any("CPU" not in str(device["type"]) for device in get_device_info())
