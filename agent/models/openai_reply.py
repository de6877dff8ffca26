"""One streamed reply of an OpenAI-compatible server, put together from its events."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

from agent.errors import ServerFault
from agent.models.base import (
    CallChunk,
    EndChunk,
    FinishReason,
    ModelRequest,
    RawCall,
    TextChunk,
    TokenLogprobs,
    Usage,
)
from agent.models.openai_faults import broken, fault, garbled

_CUT_OFF = ("abort", "cancelled", "canceled", "error")


@dataclass(slots=True)
class _Call:
    id: str = ""
    name: str = ""
    text: str = ""
    whole: Any = None

    def raw(self) -> RawCall:
        return RawCall(self.name, self.whole if self.whole is not None else self.text, self.id)


class Reply:
    """Read a reply's lines and give its chunks.

    Args:
        request: What was asked.
        model: The model that was asked for.
        where: The server's address, for errors.
    """

    def __init__(self, request: ModelRequest, model: str, where: str) -> None:
        self._request, self._model, self._where = request, model, where
        self._started = time.perf_counter()
        self._calls: list[_Call] = []
        self._places: dict[int, _Call] = {}
        self._finish = ""
        self._usage: dict[str, Any] = {}
        self._timings: dict[str, Any] = {}
        self._pieces = 0
        self.done = False

    def feed(self, line: bytes) -> TextChunk | None:
        """Take one line of the stream; blank lines, comments and event names say nothing.

        Raises:
            ModelError: The line is an error of the server, or cannot be read.
        """
        text = line.decode("utf-8", errors="replace").strip()
        if text.startswith("data:"):
            text = text[5:].strip()
        elif not text.startswith(("{", "error:")):
            return None
        text = text.removeprefix("error:").strip()
        if text == "[DONE]":
            self.done = True
            return None
        try:
            event = json.loads(text)
        except ValueError:
            raise garbled(self._where, text) from None
        return self._take(event, text)

    def end(self) -> tuple[CallChunk | None, EndChunk]:
        """Return the calls, if there are any, and the end of the reply.

        Raises:
            ServerFault: The server broke the reply off.
        """
        finish = self._reason()
        calls = CallChunk(tuple(call.raw() for call in self._calls)) if self._calls else None
        return calls, EndChunk(finish, self._cost())

    def _take(self, event: Any, text: str) -> TextChunk | None:
        if not isinstance(event, dict):
            raise garbled(self._where, text)
        if event.get("error"):
            raise self._error(event["error"], text)
        if isinstance(event.get("usage"), dict):
            self._usage = event["usage"]
        if isinstance(event.get("timings"), dict):
            self._timings = event["timings"]
        choices = event.get("choices") or []
        if not choices or not isinstance(choices[0], dict):
            return None
        choice = choices[0]
        self._finish = choice.get("finish_reason") or self._finish
        delta = choice.get("delta") or choice.get("message") or {}
        for place, piece in enumerate(delta.get("tool_calls") or []):
            self._call(piece, place)
        return self._text(delta.get("content"), choice.get("logprobs"))

    def _error(self, error: Any, text: str) -> Exception:
        code = error.get("code") if isinstance(error, dict) else None
        status = code if isinstance(code, int) else 500
        return fault(status, text, self._model, self._where, self._request)

    def _text(self, content: Any, logprobs: Any) -> TextChunk | None:
        text = content if isinstance(content, str) else ""
        found = _logprobs(logprobs)
        if not text and not found:
            return None
        self._pieces += 1
        return TextChunk(text, found, self._cost() if found and self._timings else None)

    def _call(self, piece: dict[str, Any], place: int) -> None:
        function = piece.get("function") or {}
        call = self._slot(piece, function, place)
        call.id = call.id or str(piece.get("id") or "")
        call.name = call.name or str(function.get("name") or "")
        arguments = function.get("arguments")
        if isinstance(arguments, str):
            call.text += arguments
        elif arguments is not None:
            call.whole = arguments

    def _slot(self, piece: dict[str, Any], function: dict[str, Any], place: int) -> _Call:
        """Return the call that a piece belongs to.

        Some servers send whole calls without an index, some all of them with index 0: another id,
        or a name where there is one already and no id, begins a new call.
        """
        index = piece.get("index")
        key = index if isinstance(index, int) else (place if function.get("name") else -1)
        found = self._places.get(key) if key >= 0 else (self._calls[-1] if self._calls else None)
        if found is None or _another(found, piece, function, isinstance(index, int)):
            found = _Call()
            self._calls.append(found)
            self._places[key] = found
        return found

    def _reason(self) -> FinishReason:
        if not self._finish or self._finish in _CUT_OFF:
            raise broken(self._where)
        if self._finish == "content_filter":
            raise ServerFault(
                f"The server at {self._where} stopped the answer by its content filter.",
                "Ask in other words, or use another model.",
            )
        if self._calls:
            return "tool_calls"
        return "length" if self._finish == "length" else "stop"

    def _cost(self) -> Usage:
        """Read the reply's usage; a server that tells none is charged by the length of its text."""
        cached = (self._usage.get("prompt_tokens_details") or {}).get("cached_tokens")
        prompt = self._usage.get("prompt_tokens")
        completion = self._usage.get("completion_tokens")
        if self._timings:
            cached = self._timings.get("cache_n", cached)
            prompt = prompt or (cached or 0) + self._timings.get("prompt_n", 0)
            completion = completion or self._timings.get("predicted_n")
        if prompt is None:
            prompt = sum(len(message["content"]) for message in self._request.messages) // 4
        return Usage(
            calls=1,
            prompt_tokens=int(prompt),
            cached_tokens=int(cached or 0),
            completion_tokens=int(self._pieces if completion is None else completion),
            seconds=time.perf_counter() - self._started,
        )


def _another(found: _Call, piece: dict[str, Any], function: dict[str, Any], indexed: bool) -> bool:
    id = piece.get("id")
    if id and found.id:
        return bool(id != found.id)
    return bool(function.get("name")) and bool(found.name) and not indexed


def _logprobs(found: Any) -> tuple[TokenLogprobs, ...]:
    tokens = found.get("content") if isinstance(found, dict) else None
    return tuple(
        TokenLogprobs(
            str(token.get("token", "")),
            tuple(
                (str(other.get("token", "")), float(other.get("logprob", 0.0)))
                for other in token.get("top_logprobs") or []
            ),
        )
        for token in tokens or []
    )
