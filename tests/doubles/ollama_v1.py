"""The double's OpenAI-compatible chat: what is asked, and how the reply is written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

_REASONS = {"stop": "stop", "length": "length"}


def error(status: int, text: str) -> dict[str, Any]:
    """Return an error in the OpenAI shape."""
    kind = {404: "not_found_error", 400: "invalid_request_error"}.get(status, "api_error")
    return {"message": text, "type": kind, "param": None, "code": None}


def as_native(body: dict[str, Any]) -> dict[str, Any]:
    """Turn a request into one of /api/chat; there is no window and no keep_alive to set."""
    options: dict[str, Any] = {}
    for theirs, ours in (("max_tokens", "num_predict"), ("temperature", "temperature")):
        if body.get(theirs) is not None:
            options[ours] = body[theirs]
    messages = [_native_message(message) for message in body.get("messages") or ()]
    native = {"model": body.get("model"), "messages": messages, "options": options}
    native["stream"] = bool(body.get("stream"))
    if body.get("tools"):
        native["tools"] = body["tools"]
    return native


def _native_message(message: dict[str, Any]) -> dict[str, Any]:
    calls = [
        {
            "function": {
                "name": call["function"]["name"],
                "arguments": json.loads(call["function"]["arguments"] or "{}"),
            }
        }
        for call in message.get("tool_calls") or ()
    ]
    content = message.get("content") or ""
    if isinstance(content, list):
        content = "".join(part.get("text", "") for part in content)
    found = {"role": message["role"], "content": content}
    return {**found, "tool_calls": calls} if calls else found


class Wire:
    """Write the events of one reply as server-sent events, or as one object."""

    def __init__(self, model: str, body: dict[str, Any]) -> None:
        self.head = {"id": "chatcmpl-1", "created": 1767225600, "model": model}
        self.usage = bool((body.get("stream_options") or {}).get("include_usage"))
        self.called = False

    def encode(self, event: dict[str, Any]) -> bytes:
        """Return the server-sent events for one event."""
        head = {**self.head, "object": "chat.completion.chunk"}
        if "done" in event:
            reason = "tool_calls" if self.called else _REASONS.get(event["done"], "stop")
            last: list[Any] = [{"index": 0, "delta": {}, "finish_reason": reason}]
            events = [{**head, "choices": last}]
            if self.usage:
                events.append({**head, "choices": [], "usage": _usage(event)})
            return b"".join(map(_sse, events)) + b"data: [DONE]\n\n"
        delta: dict[str, Any] = {"role": "assistant", "content": event.get("content", "")}
        if "call" in event:
            self.called = True
            delta["tool_calls"] = [_call(event["call"])]
        choice = {"index": 0, "delta": delta, "finish_reason": None}
        return _sse({**head, "choices": [choice]})

    def whole(self, events: Sequence[dict[str, Any]], done: dict[str, Any]) -> dict[str, Any]:
        """Return the one object of a reply that is not streamed."""
        content = "".join(event.get("content", "") for event in events)
        message: dict[str, Any] = {"role": "assistant", "content": content}
        reason = _REASONS.get(done["done"], "stop")
        if calls := [_call(event["call"]) for event in events if "call" in event]:
            message["tool_calls"] = calls
            reason = "tool_calls"
        choice = {"index": 0, "message": message, "finish_reason": reason}
        head = {**self.head, "object": "chat.completion"}
        return {**head, "choices": [choice], "usage": _usage(done)}


def _sse(value: Any) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def _call(call: dict[str, Any]) -> dict[str, Any]:
    function = dict(call["function"])
    index = function.pop("index")
    function["arguments"] = json.dumps(function.get("arguments", {}))
    return {"id": call["id"], "index": index, "type": "function", "function": function}


def _usage(done: dict[str, Any]) -> dict[str, int]:
    prompt, completion = done.get("prompt_eval_count", 0), done.get("eval_count", 0)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }
