"""A double of an OpenAI-compatible server: it answers what a test tells it to, path by path."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from tests.doubles.http import Exchange, LoopbackServer, Reply

Answer = Callable[[Exchange, Reply], Awaitable[None]]
CHAT = "/v1/chat/completions"


class OpenAIDouble(LoopbackServer):
    """Answer each path with its answers in order, the last one again and again; others with 404."""

    def __init__(self) -> None:
        super().__init__()
        self._answers: dict[str, list[Answer]] = {}

    def serve(self, path: str, *answers: Answer) -> None:
        """Set the answers of a path."""
        self._answers[path] = list(answers)

    async def handle(self, exchange: Exchange, reply: Reply) -> None:
        """Answer one request."""
        left = self._answers.get(exchange.path) or [raw(404, b"404 page not found")]
        answer = left.pop(0) if len(left) > 1 else left[0]
        await answer(exchange, reply)

    def asked(self, path: str = CHAT) -> list[Any]:
        """Return the bodies that came to a path."""
        return [exchange.body for exchange in self.journal if exchange.path == path]


def raw(status: int, body: bytes, **headers: str) -> Answer:
    """Answer with these bytes; a header's underscores stand for hyphens."""
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]

    async def answer(exchange: Exchange, reply: Reply) -> None:
        await reply.whole(status, body, "\r\n".join(["application/json", *lines]))

    return answer


def body(found: Any, status: int = 200, **headers: str) -> Answer:
    """Answer with JSON."""
    return raw(status, json.dumps(found).encode(), **headers)


def refusal(status: int, message: str, kind: str = "", **headers: str) -> Answer:
    """Answer with an error in the usual shape."""
    return body({"error": {"message": message, "type": kind}}, status, **headers)


def events(*found: Any, end: str = "done") -> Answer:
    """Stream events.

    Args:
        found: Objects are sent as data, bytes as they are.
        end: `done` sends [DONE]; `eof` ends without it; `reset` and `close` break off; `stall`
            says nothing more.
    """

    async def answer(exchange: Exchange, reply: Reply) -> None:
        await reply.start("text/event-stream")
        for event in found:
            line = event if isinstance(event, bytes) else b"data: " + json.dumps(event).encode()
            await reply.chunk(line + b"\n\n")
        if end == "stall":
            await asyncio.Event().wait()
        if end in ("reset", "close"):
            await asyncio.sleep(0.05)  # lets what was sent arrive before the connection is cut
            reply.break_off(reset=end == "reset")
            return
        if end == "done":
            await reply.chunk(b"data: [DONE]\n\n")
        await reply.end()

    return answer


def delta(text: str | None = None, **more: Any) -> dict[str, Any]:
    """Make the event of one piece."""
    return {"choices": [{"index": 0, "delta": {"content": text} | more, "finish_reason": None}]}


def finish(reason: str = "stop", **more: Any) -> dict[str, Any]:
    """Make the event that ends a choice."""
    return {"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]} | more


def usage(prompt: int, completion: int, cached: int = 0) -> dict[str, Any]:
    """Make the event that tells the cost."""
    return {
        "choices": [],
        "usage": {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "prompt_tokens_details": {"cached_tokens": cached},
        },
    }
