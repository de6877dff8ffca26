"""Talk to a model in Ollama.

Every request of a model carries the same window and the same tools in the same order, because
another window reloads the model and another order empties its prefix cache.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing, suppress
from typing import Any

import httpx

from agent.errors import ModelError, ModelMissing, ServerFault
from agent.models.base import (
    CallChunk,
    Chunk,
    Message,
    ModelInfo,
    ModelRequest,
    TextChunk,
)
from agent.models.ollama_admin import (
    OllamaEntry,
    PullProgress,
    embed,
    full_name,
    identity_of,
    is_up,
    list_models,
    pull,
    show,
    tags,
)
from agent.models.ollama_chat import Reply, as_ollama, as_tool
from agent.models.ollama_derive import derive, listed
from agent.models.ollama_faults import broken, not_for_chat
from agent.models.ollama_http import ask, host_of, keep_alive, objects, where_of
from agent.models.settings import ModelSettings
from agent.models.wire import client
from tools.spec import ToolSpec

__all__ = [
    "OllamaEntry",
    "OllamaModel",
    "PullProgress",
    "embed",
    "host_of",
    "is_up",
    "list_models",
    "open_ollama",
    "pull",
]

_RELOAD = 250_000_000
"""Nanoseconds of `load_duration` above which the model was loaded anew, not just scheduled."""
_HELD_BACK = 3
"""How many times longer than between tokens the server may be silent where it may be calling."""
_DRAIN = 1.0
"""Seconds to wait for the end of a stream whose last line is there."""
_MOST_LOGPROBS = 20
_LOGPROBS_SINCE = (0, 12, 11)


class OllamaModel:
    """A chat model in Ollama; make one with `open_ollama`.

    Args:
        http: A client of the server; closed with the model.
        info: What is known of the model.
        asked: The name that the user asked for; a derived model has another.
        settings: Window, time-outs and sampling.
        thinking: Whether the model thinks aloud, which it is told not to.
        digests: The digests by full name when the model was opened: its own and its base's.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        info: ModelInfo,
        asked: str,
        settings: ModelSettings,
        *,
        thinking: bool = False,
        digests: Mapping[str, str] | None = None,
    ) -> None:
        self._http = http
        self._info = info
        self._asked = asked
        self._settings = settings
        self._thinking = thinking
        self._digests = dict(digests or {})
        self._replies = 0
        self._reloaded = False

    @property
    def info(self) -> ModelInfo:
        """Describe the model; fixed once it is open."""
        return self._info

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Chunk, None]:
        """Generate a reply.

        A server that only loaded the model, or threw it out, without a reply is asked once more;
        so is one whose derived model somebody removed, after it was derived again.

        Raises:
            ModelError: One of its subclasses, with a hint.
        """
        payload = self._payload(request)
        for attempt in range(2):
            reply = Reply(where_of(self._http))
            try:
                async with aclosing(self._read(payload, reply)) as chunks:
                    async for chunk in chunks:
                        yield chunk
            except ModelMissing:
                if attempt or not await self._derived_again():
                    raise
                continue
            if not reply.idle:
                self._note_load(reply.end)
                yield reply.finished()
                return
        raise ServerFault(
            f"Ollama at {where_of(self._http)} loads '{self._asked}' but gives no reply.",
            "Look at the server's log; the model may not fit its memory.",
            transient=True,
        )

    async def count_tokens(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()
    ) -> int | None:
        """Return None: the server offers no count without a reply."""
        return None

    async def changed(self) -> str | None:
        """Say whether another model stands behind the name than when it was opened.

        Asks the server only after a sign of it, a reply that had to load the model again.
        """
        if not self._reloaded:
            return None
        self._reloaded = False
        try:
            present = await tags(self._http)
        except ModelError:
            return None  # the next request tells what is wrong with the server
        for name, digest in self._digests.items():
            now = present[name].digest if name in present else ""
            if digest and now != digest:
                self._digests[name] = now
                return (
                    f"Ollama's '{name}' is no longer the model that was opened; "
                    "start again to read its window and abilities anew."
                )
        return None

    async def aclose(self) -> None:
        """Release the connections; the server keeps the model loaded for `keep_alive`."""
        await self._http.aclose()

    async def _read(
        self, payload: dict[str, Any], reply: Reply
    ) -> AsyncGenerator[TextChunk | CallChunk, None]:
        timeouts = self._settings.timeouts
        if "tools" in payload:
            # The server holds a call back until it is whole, and says nothing meanwhile.
            patience = _HELD_BACK * timeouts.between_tokens
            timeouts = timeouts.model_copy(update={"between_tokens": patience})
        lines = objects(self._http, "/api/chat", payload, timeouts, name=self._asked)
        async with aclosing(lines):
            async for line in lines:
                for chunk in reply.take(line):
                    yield chunk
                if reply.end:
                    with suppress(ModelError, TimeoutError):  # the answer is whole by now
                        async with asyncio.timeout(_DRAIN):
                            async for _ in lines:
                                pass
                    return
        raise broken(reply.where)

    async def _derived_again(self) -> bool:
        """Derive the model anew if it is gone; False when that is not what went wrong.

        Raises:
            ModelMissing: Its base is gone too.
        """
        present = await tags(self._http)
        if self._info.name == self._asked or full_name(self._info.name) in present:
            return False
        entry, base = await show(self._http, self._asked), listed(self._asked, present)
        used, _ = await derive(self._http, entry, base, self._info.context, self._settings)
        return used is not entry

    def _payload(self, request: ModelRequest) -> dict[str, Any]:
        settings, last = self._settings, request.prefill
        options: dict[str, Any] = {
            "num_ctx": self._info.context,
            "num_predict": -1 if request.max_tokens is None else request.max_tokens,
            "temperature": request.temperature,
            "seed": settings.seed if request.seed is None else request.seed,
        }
        if request.stop:
            options["stop"] = list(request.stop)
        started: list[Message] = [{"role": "assistant", "content": last}] if last else []
        payload: dict[str, Any] = {
            "model": self._info.name,
            "messages": as_ollama([*request.messages, *started], native=bool(request.tools)),
            "stream": True,
            "options": options,
            "keep_alive": keep_alive(settings),
            "truncate": False,
            "shift": False,
        }
        if request.tools:
            payload["tools"] = [as_tool(tool) for tool in request.tools]
        if request.schema is not None:
            payload["format"] = dict(request.schema)
        if self._thinking:
            payload["think"] = False
        if request.logprobs and self._info.logprobs:
            payload |= {"logprobs": True, "top_logprobs": min(request.logprobs, _MOST_LOGPROBS)}
        return payload

    def _note_load(self, end: Mapping[str, Any]) -> None:
        self._replies += 1
        loading = end.get("load_duration")
        if self._replies > 1 and isinstance(loading, int) and loading > _RELOAD:
            self._reloaded = True


async def open_ollama(name: str, settings: ModelSettings) -> OllamaModel:
    """Open a model that the server holds.

    Reads what it can do and how much it can read, and, where the settings allow it, derives a
    model from a Llama 3 whose template keeps the tools visible and the prompt's prefix stable.

    Args:
        name: Its name as Ollama knows it, such as `llama3.1:8b`.
        settings: Where the server is and how the model is asked.

    Raises:
        ServerDown: No server answers.
        ModelMissing: The server does not hold it.
        ModelUnfit: It cannot chat.
    """
    keep_alive(settings)  # a wrong setting is told now and not in the middle of a turn
    http = client(host_of(settings), settings.timeouts)
    try:
        return await _open(http, name, settings)
    except BaseException:
        await http.aclose()
        raise


async def _open(http: httpx.AsyncClient, name: str, settings: ModelSettings) -> OllamaModel:
    entry = await show(http, name)
    if "completion" not in entry.capabilities:
        raise not_for_chat(name)
    present, version = await asyncio.gather(tags(http), _version(http))
    context = min(settings.context, entry.context or settings.context)
    notes = []
    if context < settings.context:
        notes.append(f"'{name}' reads {context} tokens, fewer than the {settings.context} set.")
    base = listed(name, present)
    used, note = await derive(http, entry, base, context, settings)
    if note:
        notes.append(note)
    if used is not entry:
        present = await tags(http)
    info = ModelInfo(
        spec=f"ollama:{name}",
        backend="ollama",
        name=used.name,
        identity=identity_of(entry),
        context=context,
        tools="tools" in used.capabilities,
        logprobs=version >= _LOGPROBS_SINCE,
        notes=tuple(notes),
    )
    watched = {listed(one, present).name for one in (name, used.name)}
    digests = {one: present[one].digest for one in watched if one in present}
    thinking = "thinking" in entry.capabilities
    return OllamaModel(http, info, name, settings, thinking=thinking, digests=digests)


async def _version(http: httpx.AsyncClient) -> tuple[int, ...]:
    """Return the server's version as numbers, or none where it does not say."""
    with suppress(ModelError):
        text = str((await ask(http, "GET", "/api/version")).get("version", ""))
        return tuple(int(part) for part in re.findall(r"\d+", text)[:3])
    return ()
