"""Give memory a model: one short completion that is held to a JSON Schema."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import aclosing
from typing import Any

from agent.errors import ModelError
from agent.models.base import ChatModel, ModelRequest, TextChunk
from memory.extract import Ask

SECONDS = 60.0
"""Seconds that one answer may take."""


def ask_of(model: ChatModel, *, seconds: float = SECONDS) -> Ask:
    """Return what asks a model; it gives None where the model fails or takes too long.

    Args:
        model: The model.
        seconds: Seconds that one answer may take.
    """

    async def ask(
        system: str, prompt: str, schema: Mapping[str, Any], *, max_tokens: int
    ) -> Any | None:
        request = ModelRequest(
            messages=[
                {"role": "system", "content": system},
                {"role": "user", "content": prompt},
            ],
            schema=schema if model.info.schema else None,
            max_tokens=max_tokens,
            seed=0,
        )
        try:
            async with asyncio.timeout(seconds):
                return _parsed(await _text(model, request))
        except (ModelError, TimeoutError):
            return None

    return ask


async def _text(model: ChatModel, request: ModelRequest) -> str:
    text = ""
    async with aclosing(model.stream(request)) as chunks:
        async for chunk in chunks:
            if isinstance(chunk, TextChunk):
                text += chunk.text
    return text


def _parsed(text: str) -> Any | None:
    """Read the object in a reply, whatever stands around it."""
    start, end = text.find("{"), text.rfind("}")
    try:
        return json.loads(text[start : end + 1]) if start >= 0 else None
    except ValueError:
        return None
