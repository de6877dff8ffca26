"""Instructions that llama.cpp has read already, kept on disk from one start to the next.

A small machine reads forty tokens a second, and the instructions and tools in front of every
conversation are more than a thousand. Their state in llama.cpp is saved when the model is closed
and put into a slot before the first prompt that begins with them. Only the instructions are
saved, never what a user wrote.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.models.base import Message, ModelRequest
from tools.spec import ToolSpec

Ask = Callable[[str, dict[str, Any]], Awaitable[Any]]
"""Post a body to a path of the server; returns what came back, or None when that failed."""

_SHORTEST = 1000
"""Characters below which instructions are read faster than they are kept."""
_MANY = 3
"""Different instructions in one process beyond which none of them is worth keeping."""


@dataclass(frozen=True, slots=True)
class Head:
    """The instructions in front of a conversation.

    Args:
        text: Tools and system prompt, as `prompt_text` begins with them.
        system: The system message.
        tools: The tools that stand in the prompt beside it.
    """

    text: str
    system: Message
    tools: tuple[ToolSpec, ...]


def head_of(request: ModelRequest) -> Head | None:
    """Return a request's instructions, or None where they are missing or short."""
    first = request.messages[0] if request.messages else None
    if first is None or first["role"] != "system":
        return None
    tools = tuple(request.tools)
    text = prompt_text(ModelRequest([first], tools))
    return Head(text, first, tools) if len(text) >= _SHORTEST else None


def prompt_text(request: ModelRequest) -> str:
    """Write a prompt down such that equal beginnings of prompts are equal beginnings of text."""
    parts = [
        f"{tool.name}\n{tool.description}\n{dict(tool.parameters)}\n" for tool in request.tools
    ]
    for message in request.messages:
        called = message.get("tool_calls") if request.tools else None
        parts.append(f"{message['role']}\n{message['content']}{called or ''}\n")
    return "".join(parts)


class Prefixes:
    """Keep the states of instructions for one model.

    Args:
        ask: Reaches the server, whose states lie in `folder`.
        folder: Where the states are kept.
        model: What identifies weights and llama.cpp: a state fits no others.
        limit: Bytes on disk that all states may take; 0 keeps none.
    """

    def __init__(self, ask: Ask, folder: Path, model: str, limit: int) -> None:
        self._ask, self._folder, self._model, self._limit = ask, folder, model, limit
        self._heads: dict[str, Head] = {}

    def has(self, head: Head) -> bool:
        """Tell whether these instructions are kept, and note that they were asked for."""
        if len(self._heads) <= _MANY:
            self._heads[head.text] = head
        return self._limit > 0 and self._file(head).is_file()

    async def restore(self, head: Head, slot: int) -> None:
        """Put the state of these instructions into a slot; delete one that does not fit any more.

        Args:
            head: The instructions, which are kept.
            slot: The slot; what it holds is given up.
        """
        file = self._file(head)
        found = await self._ask(f"/slots/{slot}?action=restore", {"filename": file.name})
        with suppress(OSError):
            if found is None:
                file.unlink()
            else:
                os.utime(file)

    def worth_keeping(self) -> list[Head]:
        """Return the instructions of this process that are not kept yet, unless they are many."""
        if not self._limit or len(self._heads) > _MANY:
            return []
        return [head for head in self._heads.values() if not self._file(head).is_file()]

    async def store(self, head: Head, body: dict[str, Any], slot: int) -> None:
        """Keep the state of these instructions.

        Args:
            head: The instructions.
            body: A chat completion of them and next to nothing else: it cuts the slot back to
                what may be kept.
            slot: The slot that holds them.
        """
        if await self._ask("/v1/chat/completions", body) is None:
            return
        file = self._file(head)
        fresh = file.with_suffix(".part")
        found = await self._ask(f"/slots/{slot}?action=save", {"filename": fresh.name})
        with suppress(OSError):
            if found is None or fresh.stat().st_size > self._limit:
                fresh.unlink(missing_ok=True)
            else:
                fresh.replace(file)
                self._prune()

    def _file(self, head: Head) -> Path:
        what = json.dumps([self._model, head.text], ensure_ascii=False)
        return self._folder / f"{hashlib.sha256(what.encode()).hexdigest()[:32]}.state"

    def _prune(self) -> None:
        """Delete the states that were not used for the longest time until the rest fits."""
        states = sorted(self._folder.iterdir(), key=lambda one: -one.stat().st_mtime)
        total = 0
        for state in states:
            total += state.stat().st_size
            if total > self._limit:
                state.unlink()
