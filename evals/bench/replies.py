"""Keep a model's replies by the content of the request, so that a benchmark can be run again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from agent.models.base import (
    CallChunk,
    ChatModel,
    Chunk,
    EndChunk,
    Message,
    ModelInfo,
    ModelRequest,
    RawCall,
    TextChunk,
    TokenLogprobs,
    Usage,
)
from tools.spec import ToolSpec


class CachedModel:
    """Answer a request that was answered before from disk, and any other from the model.

    Only whole replies are kept: one that was closed early is asked for again.

    Args:
        model: The model that answers.
        folder: Where replies are kept, one file each.
    """

    def __init__(self, model: ChatModel, folder: Path) -> None:
        self.model = model
        self.folder = folder

    @property
    def info(self) -> ModelInfo:
        """Describe the model."""
        return self.model.info

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Chunk, None]:
        """Replay a kept reply, or generate one and keep it."""
        path = self.folder / f"{self._key(request)}.json"
        if path.exists():
            for record in json.loads(path.read_text(encoding="utf-8")):
                yield _chunk(record)
            return
        chunks: list[Chunk] = []
        async with aclosing(self.model.stream(request)) as source:
            async for chunk in source:
                chunks.append(chunk)
                if isinstance(chunk, EndChunk):
                    self._keep(path, chunks)
                yield chunk

    async def count_tokens(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()
    ) -> int | None:
        """Count as the model does."""
        return await self.model.count_tokens(messages, tools)

    async def aclose(self) -> None:
        """Close the model."""
        await self.model.aclose()

    def _key(self, request: ModelRequest) -> str:
        identity = [self.info.identity, self.info.context, asdict(request)]
        return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()

    def _keep(self, path: Path, chunks: Sequence[Chunk]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        records = [[type(chunk).__name__, asdict(chunk)] for chunk in chunks]
        part = path.with_suffix(".part")
        part.write_text(json.dumps(records), encoding="utf-8")
        part.replace(path)


def _chunk(record: list[Any]) -> Chunk:
    kind, data = record
    if kind == "TextChunk":
        tops = tuple(
            TokenLogprobs(token["text"], tuple((text, value) for text, value in token["top"]))
            for token in data["logprobs"]
        )
        cost = data.get("cost")
        return TextChunk(data["text"], tops, Usage(**cost) if cost else None)
    if kind == "CallChunk":
        return CallChunk(tuple(RawCall(**call) for call in data["calls"]))
    return EndChunk(data["finish"], Usage(**data["usage"]))
