"""A model that notes what each of its calls cost."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from agent.models.base import (
    ChatModel,
    Chunk,
    EndChunk,
    Message,
    ModelInfo,
    ModelRequest,
    TextChunk,
    Usage,
)
from tools.spec import ToolSpec


class Recorder:
    """Pass everything on to a model, and keep the usage of each call.

    Args:
        model: The model that answers.
    """

    def __init__(self, model: ChatModel) -> None:
        self.model = model
        self.calls: list[Usage] = []

    @property
    def info(self) -> ModelInfo:
        """Describe the model."""
        return self.model.info

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Chunk, None]:
        """Generate a reply and note its cost; that of a reply that is cut off counts too."""
        cost = None
        try:
            async with aclosing(self.model.stream(request)) as chunks:
                async for chunk in chunks:
                    if isinstance(chunk, EndChunk):
                        cost = chunk.usage
                    elif isinstance(chunk, TextChunk):
                        cost = chunk.cost or cost
                    yield chunk
        finally:
            if cost is not None:
                self.calls.append(cost)

    async def count_tokens(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()
    ) -> int | None:
        """Count as the model does."""
        return await self.model.count_tokens(messages, tools)

    async def aclose(self) -> None:
        """Close the model."""
        await self.model.aclose()
