"""Any OpenAI-compatible server: llama.cpp, vLLM, TensorRT-LLM, Groq, Together and the like."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

import httpx

from agent.errors import ModelError, ServerFault
from agent.models import openai_faults as faults
from agent.models.base import Chunk, Message, ModelInfo, ModelRequest
from agent.models.openai_payload import function, messages, payload
from agent.models.openai_reply import Reply
from agent.models.openai_server import (
    ServerFacts,
    address,
    model_names,
    probe,
    root_of,
)
from agent.models.settings import ModelSettings, Timeouts
from agent.models.wire import StatusFault, client, stream_lines
from tools.spec import ToolSpec

_OPENAI = "https://api.openai.com/v1"
_POLL = 0.5
"""Seconds between two tries while a server loads its model."""
_STALE = 2.0
"""Seconds within which a request on a closed connection fails."""
_SECONDS = 30.0
"""Seconds that a small question may take, such as a count of tokens."""


class OpenAIModel:
    """A model behind `/chat/completions`.

    Args:
        info: What is known of the model.
        http: A client whose base address is the service's; closed with the model.
        timeouts: How long the server may keep silent.
        kind: `llama.cpp`, `vllm`, or empty for any other server.
    """

    def __init__(
        self, info: ModelInfo, http: httpx.AsyncClient, timeouts: Timeouts, kind: str = ""
    ) -> None:
        self._info, self._http, self._timeouts, self._kind = info, http, timeouts, kind
        self._where = str(http.base_url).rstrip("/")

    @property
    def info(self) -> ModelInfo:
        """Describe the model."""
        return self._info

    def stream(self, request: ModelRequest) -> AsyncGenerator[Chunk, None]:
        """Generate a reply.

        Raises:
            ModelError: One of its subclasses, with a hint.
        """
        return self.stream_with(request, {})

    async def stream_with(
        self, request: ModelRequest, extra: Mapping[str, Any]
    ) -> AsyncGenerator[Chunk, None]:
        """Generate a reply, with fields of the server's own added to the request's body.

        Raises:
            ModelError: One of its subclasses, with a hint.
        """
        if problem := faults.unfit(self._info, request):
            raise problem
        body = payload(request, self._info.name, self._kind) | dict(extra)
        began = time.monotonic()
        may_retry = True
        while True:
            try:
                async with aclosing(self._reply(request, body)) as chunks:
                    async for chunk in chunks:
                        may_retry = False
                        yield chunk
                return
            except StatusFault as fault:
                if not faults.is_loading(fault):
                    raise await self._error(fault, request) from None
                if time.monotonic() > began + self._timeouts.first_byte:
                    raise faults.still_loading(self._where, self._timeouts.first_byte) from None
                await asyncio.sleep(_POLL)
            except ServerFault as error:
                if not may_retry or not _was_stale(error, time.monotonic() - began):
                    raise
                may_retry = False

    async def _reply(
        self, request: ModelRequest, body: dict[str, Any]
    ) -> AsyncGenerator[Chunk, None]:
        reply = Reply(request, self._info.name, self._where)
        lines = stream_lines(self._http, "/chat/completions", body, self._timeouts)
        async with aclosing(lines):
            async for line in lines:
                if not reply.done and (chunk := reply.feed(line)):
                    yield chunk
        calls, end = reply.end()
        if calls:
            yield calls
        yield end

    async def _error(self, fault: StatusFault, request: ModelRequest) -> ModelError:
        name = self._info.name
        if fault.status == 404:
            text = faults.error_text(fault.body)
            return faults.missing(name, self._where, await model_names(self._http), text)
        return faults.fault(fault.status, fault.body, name, self._where, request, fault.retry_after)

    async def count_tokens(
        self, messages_: Sequence[Message], tools: Sequence[ToolSpec] = ()
    ) -> int | None:
        """Count a prompt's tokens with llama.cpp's own template and tokenizer; None elsewhere."""
        if self._kind != "llama.cpp":
            return None
        body: dict[str, Any] = {"messages": messages(messages_, tools)}
        if tools:
            body["tools"] = [function(tool) for tool in tools]
        prompt = await self.post("/apply-template", body)
        if not isinstance(prompt, dict) or "prompt" not in prompt:
            return None
        text = {"content": prompt["prompt"], "add_special": True, "parse_special": True}
        found = await self.post("/tokenize", text)
        tokens = found.get("tokens") if isinstance(found, dict) else None
        return len(tokens) if isinstance(tokens, list) else None

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        """Post to a path of llama.cpp's own; return its answer, or None when there is none."""
        try:
            reply = await self._http.post(root_of(self._where) + path, json=body, timeout=_SECONDS)
            return reply.json() if reply.is_success else None
        except (httpx.HTTPError, ValueError):
            return None

    async def aclose(self) -> None:
        """Release the connections."""
        await self._http.aclose()


async def open_openai(
    name: str, url: str, settings: ModelSettings, *, backend: str = "openai"
) -> OpenAIModel:
    """Open a model behind an OpenAI-compatible address and learn what the server tells of it.

    Args:
        name: The model's name as the server knows it.
        url: The service's address; `/v1` is added where it has no path. Empty means
            OPENAI_BASE_URL, or OpenAI's own.
        settings: Context, key and time-outs.
        backend: What `ModelInfo.backend` says.

    Raises:
        UsageError: The address is none.
        ServerDown: Nothing answers there.
    """
    base = address(url or os.environ.get("OPENAI_BASE_URL", "") or _OPENAI)
    key = settings.api_key.get_secret_value() or os.environ.get("OPENAI_API_KEY", "")
    http = client(base, settings.timeouts, {"Authorization": f"Bearer {key}"} if key else None)
    try:
        facts = await probe(http, name, settings)
    except BaseException:
        await http.aclose()
        raise
    if facts.kind == "llama.cpp":
        # It now and then closes a connection behind a streamed reply while the next request is on
        # its way; a new connection costs it nothing.
        http.headers["Connection"] = "close"
    return OpenAIModel(_info(name, base, backend, facts), http, settings.timeouts, facts.kind)


def _was_stale(error: ServerFault, seconds: float) -> bool:
    """Tell whether a connection was used that the server had closed: it fails at once."""
    return isinstance(error.__cause__, httpx.NetworkError | httpx.RemoteProtocolError) and (
        seconds < _STALE
    )


def _info(name: str, base: str, backend: str, facts: ServerFacts) -> ModelInfo:
    return ModelInfo(
        spec=f"openai:{name}@{base}",
        backend=backend,
        name=name,
        identity=facts.identity,
        context=facts.context,
        tools=facts.tools,
        grammar=facts.kind == "llama.cpp",
        logprobs=facts.kind == "llama.cpp",
    )
