"""What goes to Ollama's chat and what comes back: messages, tools, and the lines of a reply."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from agent.models.base import (
    CallChunk,
    EndChunk,
    FinishReason,
    Message,
    RawCall,
    TextChunk,
    TokenLogprobs,
    Usage,
)
from agent.models.ollama_faults import unexplained
from tools.spec import ToolSpec

_FINISHES: dict[str, FinishReason] = {"stop": "stop", "length": "length", "tool_calls": "stop"}


@dataclass(slots=True)
class Reply:
    """Read the lines of one reply."""

    where: str
    end: dict[str, Any] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)
    seen: set[str] = field(default_factory=set)
    half: str = ""

    @property
    def idle(self) -> bool:
        """Tell whether the server only loaded or unloaded the model."""
        return self.end.get("done_reason") in ("load", "unload")

    def take(self, line: dict[str, Any]) -> list[TextChunk | CallChunk]:
        """Return what a line adds to the reply."""
        message = line.get("message")
        if not isinstance(message, dict):
            message = {}
        chunks: list[TextChunk | CallChunk] = []
        content = message.get("content") or ""
        done = bool(line.get("done"))
        text = self._whole(str(content), last=done)
        logprobs = _logprobs(line.get("logprobs"))
        if text or logprobs:
            chunks.append(TextChunk(text, logprobs))
        if calls := self._new(message.get("tool_calls")):
            chunks.append(CallChunk(calls))
        if done:
            self.end = line
            reason = line.get("done_reason")
            if reason not in (*_FINISHES, "load", "unload"):
                raise unexplained(self.where, reason)
        return chunks

    def finished(self) -> EndChunk:
        """Return the end of the reply with what it cost."""
        finish = _FINISHES[self.end["done_reason"]]
        if self.seen and finish == "stop":
            finish = "tool_calls"
        usage = Usage(
            calls=1,
            prompt_tokens=_count(self.end.get("prompt_eval_count")),
            completion_tokens=_count(self.end.get("eval_count")),
            seconds=time.monotonic() - self.began,
        )
        return EndChunk(finish, usage)

    def _new(self, calls: Any) -> tuple[RawCall, ...]:
        """Return the calls of a line that were not there before, word for word."""
        found: list[RawCall] = []
        for call in calls if isinstance(calls, list) else ():
            whole = call if isinstance(call, dict) else {}
            function = whole.get("function")
            function = function if isinstance(function, dict) else {}
            name, arguments = str(function.get("name") or ""), function.get("arguments")
            key = json.dumps([name, arguments], sort_keys=True)
            if key not in self.seen:
                self.seen.add(key)
                found.append(RawCall(name, arguments, str(whole.get("id") or "")))
        return tuple(found)

    def _whole(self, text: str, *, last: bool) -> str:
        """Join characters that two lines share, and put U+FFFD for halves without a partner."""
        text, self.half = self.half + text, ""
        if text and not last and "\ud800" <= text[-1] <= "\udbff":
            text, self.half = text[:-1], text[-1]
        if any("\ud800" <= character <= "\udfff" for character in text):
            text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return text


def as_ollama(messages: Sequence[Message], *, native: bool) -> list[dict[str, Any]]:
    """Return messages as the server takes them.

    Assistant messages in a row become one: the server would join their texts and lose the calls
    of all but the first.

    Args:
        messages: The conversation.
        native: Whether tools go with it, so that calls are sent as calls and not as text.
    """
    sent: list[dict[str, Any]] = []
    for message in messages:
        role, content = message["role"], message["content"]
        calls = message.get("tool_calls") or []
        if role == "assistant" and not (native and calls):
            content = message.get("raw") or content
            calls = []
        one: dict[str, Any] = {"role": role, "content": content}
        if calls:
            one["tool_calls"] = [
                {"id": c["id"], "function": {"name": c["name"], "arguments": c["arguments"]}}
                for c in calls
            ]
        if role == "tool":
            one["tool_name"] = message.get("name", "")
            one["tool_call_id"] = message.get("tool_call_id", "")
        if sent and role == "assistant" == sent[-1]["role"]:
            _join(sent[-1], one)
        else:
            sent.append(one)
    return sent


def _join(first: dict[str, Any], second: dict[str, Any]) -> None:
    first["content"] = "\n\n".join(filter(None, (first["content"], second["content"])))
    if calls := [*first.get("tool_calls", ()), *second.get("tool_calls", ())]:
        first["tool_calls"] = calls


def as_tool(tool: ToolSpec) -> dict[str, Any]:
    """Return a tool as the server takes it."""
    function = {
        "name": tool.name,
        "description": tool.description,
        "parameters": dict(tool.parameters),
    }
    return {"type": "function", "function": function}


def _logprobs(entries: Any) -> tuple[TokenLogprobs, ...]:
    """Read the alternatives at each token of a line."""
    found = []
    for entry in entries if isinstance(entries, list) else ():
        top = entry.get("top_logprobs") or [entry]
        pairs = tuple((str(one.get("token", "")), float(one.get("logprob", 0))) for one in top)
        found.append(TokenLogprobs(str(entry.get("token", "")), pairs))
    return tuple(found)


def _count(value: Any) -> int:
    return value if isinstance(value, int) else 0
