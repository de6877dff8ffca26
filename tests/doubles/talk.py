"""Short ways to open a model on a double and to gather what it says."""

from __future__ import annotations

from typing import Any

import pytest

from agent.errors import ModelError
from agent.models.base import CallChunk, ChatModel, EndChunk, Message, ModelRequest, RawCall
from agent.models.settings import ModelSettings, OllamaSettings, Timeouts
from tools.spec import ToolSpec

ADD = ToolSpec(
    "add",
    "Add two integers.",
    {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
        "required": ["a", "b"],
    },
)
CLOCK = ToolSpec("clock", "Tell the time.", {"type": "object", "properties": {}})


def quick(*, first_byte: float = 5.0, between: float = 5.0, **more: Any) -> ModelSettings:
    """Return settings whose time-outs a test can wait for."""
    keys = OllamaSettings.model_fields
    ollama = {name: more.pop(name) for name in list(more) if name in keys}
    return ModelSettings(
        timeouts=Timeouts(connect=2.0, first_byte=first_byte, between_tokens=between),
        ollama=OllamaSettings(**ollama),
        **more,
    )


def user(text: str) -> Message:
    """Return a user's message."""
    return {"role": "user", "content": text}


async def gather(
    model: ChatModel, *messages: Message, **more: Any
) -> tuple[str, list[RawCall], EndChunk]:
    """Ask a model and return its text, its calls and how it ended."""
    text: list[str] = []
    calls: list[RawCall] = []
    end: EndChunk | None = None
    async for chunk in model.stream(ModelRequest(messages=messages or (user("hi"),), **more)):
        assert end is None, "nothing may follow the end of a reply"
        if isinstance(chunk, EndChunk):
            end = chunk
        elif isinstance(chunk, CallChunk):
            calls += chunk.calls
        else:
            text.append(chunk.text)
    assert end is not None
    return "".join(text), calls, end


async def failure(model: ChatModel, kind: type[ModelError], **more: Any) -> ModelError:
    """Ask a model and return the error that it must end in."""
    with pytest.raises(kind) as caught:
        await gather(model, **more)
    return caught.value
