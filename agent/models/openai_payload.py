"""How a request looks on the wire of an OpenAI-compatible server."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from agent.models.base import Message, ModelRequest
from tools.spec import ToolSpec


def payload(request: ModelRequest, model: str, kind: str = "") -> dict[str, Any]:
    """Build the body of a chat completion.

    Args:
        request: What is asked.
        model: The model's name as the server knows it.
        kind: `llama.cpp` or `vllm` where the server is one; both continue a started reply.
    """
    body: dict[str, Any] = {
        "model": model,
        "messages": messages(request.messages, request.tools),
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": request.temperature,
    }
    if request.tools:
        body["tools"] = [function(tool) for tool in request.tools]
    if request.schema is not None:
        body["response_format"] = _format(request.schema)
    if request.grammar is not None:
        body["grammar"] = request.grammar
    if request.max_tokens is not None:
        body["max_tokens"] = request.max_tokens
    if request.seed is not None:
        body["seed"] = request.seed
    if request.stop:
        body["stop"] = list(request.stop)
    if request.logprobs:
        body |= {"logprobs": True, "top_logprobs": request.logprobs}
        body |= {"timings_per_token": True} if kind == "llama.cpp" else {}
    if request.prefill:
        body["messages"].append({"role": "assistant", "content": request.prefill})
        if kind == "vllm":
            body |= {"continue_final_message": True, "add_generation_prompt": False}
    return body


def messages(given: Sequence[Message], tools: Sequence[ToolSpec]) -> list[dict[str, Any]]:
    """Render messages; calls and results go in the server's own form where it knows of tools."""
    native = bool(tools) or any(message["role"] == "tool" for message in given)
    return [_message(message, native) for message in given]


def function(tool: ToolSpec) -> dict[str, Any]:
    """Render a tool for function calling."""
    return {
        "type": "function",
        "function": {
            "name": tool.name,
            "description": tool.description,
            "parameters": dict(tool.parameters),
        },
    }


def _message(message: Message, native: bool) -> dict[str, Any]:
    out: dict[str, Any] = {"role": message["role"], "content": message["content"]}
    calls = message.get("tool_calls")
    if native and calls:
        out["tool_calls"] = [
            {
                "id": call["id"],
                "type": "function",
                "function": {
                    "name": call["name"],
                    "arguments": json.dumps(call["arguments"], ensure_ascii=False),
                },
            }
            for call in calls
        ]
    if message["role"] == "tool":
        out["tool_call_id"] = message.get("tool_call_id", "")
    return out


def _format(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "json_schema",
        "json_schema": {"name": "reply", "strict": True, "schema": dict(schema)},
    }
