"""The lines of one reply of the double, and how each fault spoils them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal

from tests.doubles.ollama_calls import read_calls
from tests.doubles.ollama_script import SPEECH, Step
from tests.doubles.ollama_world import call_text, tokens

Action = bytes | Literal["stall", "reset", "fin"]
Event = dict[str, Any]
Encode = Callable[[Event], bytes]

HUGE = 2_000_000
"""Characters of the answer of fault 15."""

STATUS: dict[str, tuple[int, str]] = {
    "server_error": (500, "llama runner process has terminated: signal: killed"),
    "queue_full": (503, "server busy, please try again.  maximum pending requests exceeded"),
    "model_missing": (404, "model '{model}' not found"),
    "no_tools": (400, "registry.ollama.ai/library/{model} does not support tools"),
}
"""Faults that answer with a status instead of a stream."""


@dataclass(slots=True)
class Asked:
    """What a reply depends on beside its step.

    Args:
        tools: The request's tools.
        visible: Names of the tools that the rendered prompt shows.
        room: Tokens left in the window; None where the server shifts it instead.
        limit: The request's own limit on generated tokens, negative for none.
    """

    tools: Sequence[dict[str, Any]] = ()
    visible: Sequence[str] = ()
    room: int | None = None
    limit: int = -1


@dataclass(slots=True)
class Speech:
    """What a model generates: events for the client, and the text for the prefix cache."""

    events: list[Event] = field(default_factory=list)
    text: str = ""
    reason: str = "stop"
    count: int = 0


def go_json(value: Any) -> bytes:
    """Write JSON as Go does: compact, with <, >, & and the line separators escaped."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text.encode("utf-8", "surrogatepass")


def speak(step: Step, asked: Asked) -> Speech:
    """Generate what a step says, within the limits of the request."""
    text, calls = _meant(step, asked)
    speech = Speech()
    if step.thinking:
        speech.events.append({"thinking": step.thinking})
    pieces = ["mule " * 200] * (HUGE // 1000) if step.fault == "huge" else tokens(text)
    limits = [limit for limit in (asked.room, asked.limit) if limit is not None and limit >= 0]
    if step.fault == "length":
        limits.append(len(pieces) // 2)
    if limits and len(pieces) > min(limits):
        pieces, calls, speech.reason = pieces[: min(limits)], [], "length"
    if asked.tools and not calls and not step.leak:
        names = [tool["function"]["name"] for tool in asked.tools]
        read, passed = read_calls(pieces, names)
        if read:
            pieces, calls = tokens(passed), _wire_calls("", read)
    speech.events += [{"content": piece} for piece in pieces]
    speech.events += [{"call": call} for call in calls]
    written = [
        call_text(call["function"]["name"], call["function"].get("arguments", {})) for call in calls
    ]
    speech.text = "\n".join(filter(None, ("".join(pieces), *written)))
    speech.count = len(pieces) + sum(len(tokens(text)) for text in written)
    return speech


def spoil(step: Step, speech: Speech, done: Event, encode: Encode) -> list[Action]:
    """Return what goes over the wire, with the step's fault in it."""
    body = [encode(event) for event in speech.events]
    end = encode(done)
    first, rest = body[: step.after], body[step.after :]
    said = "an error was encountered while running the model: unexpected EOF"
    bad = encode({"content": "@@"}).replace(b"@@", b"\xff\xfe\xc3")
    spoiled: dict[str, list[Action]] = {
        "slow_first_token": ["stall"],
        "stall": [*first, "stall"],
        "reset": [*first, "reset"],
        "fin": [*first, "fin"],
        "malformed_line": [*first, end[: len(end) // 2] + b"\n", *rest, end],
        "blank_line": [*first, b"\n", b" \n", *rest, end],
        "in_band_error": [*first, go_json({"error": said}) + b"\n"],
        "two_done_lines": [*body, end, end],
        "split_character": [piece for line in [*body, end] for piece in _split(line)],
        "invalid_bytes": [*first, bad, *rest, end],
        "load": [encode({"done": "load"})],
        "unload": [encode({"done": "unload"})],
        "no_done": [*body],
        "no_reason": [*body, encode({**done, "done": ""})],
    }
    return spoiled.get(step.fault, [*body, end])


def _meant(step: Step, asked: Asked) -> tuple[str, list[dict[str, Any]]]:
    """Return what the model wants to say and call, before any limit."""
    text, calls = step.text, list(step.calls)
    if step.fault in ("string_arguments", "missing_arguments", "duplicate_call") and not calls:
        calls = [sample_call(asked.tools)]
    elif step.fault == "unknown_tool" and not calls:
        calls = [("no_such_tool", {"a": 1})]
    elif step.fault == "empty":
        return "", []
    elif step.fault == "truncated_json" and not text:
        name, arguments = calls[0] if calls else sample_call(asked.tools)
        return call_text(name, arguments)[:-3], []
    elif step.fault == "split_character":
        text = text or "Zwölf Mulis 🐴 über die Pässe – ohne Mühe."
    elif step.fault and not text and not calls:
        text = SPEECH
    if calls and asked.tools and not asked.visible:
        return step.blind, []
    if calls and not asked.tools:
        written = [call_text(name, arguments) for name, arguments in calls]
        return "\n".join(filter(None, (text, *written))), []
    return text, _wire_calls(step.fault, calls)


def _wire_calls(fault: str, calls: Sequence[tuple[str, Any]]) -> list[dict[str, Any]]:
    if fault == "duplicate_call":
        calls = [call for call in calls for _ in range(2)]
    found = []
    for index, (name, arguments) in enumerate(calls):
        function: dict[str, Any] = {"index": index, "name": name, "arguments": arguments}
        if fault == "string_arguments":
            function["arguments"] = json.dumps(arguments)
        elif fault == "missing_arguments":
            del function["arguments"]
        found.append({"id": f"call_{index:08x}", "function": function})
    return found


def sample_call(tools: Sequence[dict[str, Any]]) -> tuple[str, dict[str, Any]]:
    """Return a call of the first tool with arguments of the right types."""
    if not tools:
        return "add", {"a": 2, "b": 3}
    function = tools[0]["function"]
    parameters = function.get("parameters") or {}
    samples = {"integer": 2, "number": 2.5, "boolean": True, "array": [], "object": {}}
    needed = parameters.get("required") or []
    kinds = {name: (parameters.get("properties") or {}).get(name, {}) for name in needed}
    return function["name"], {
        name: samples.get(kind.get("type"), "2") for name, kind in kinds.items()
    }


def _split(line: bytes) -> list[bytes]:
    """Cut a line inside each character of several bytes."""
    cuts = [i for i in range(1, len(line)) if line[i] & 0xC0 == 0x80]
    edges = [0, *cuts, len(line)]
    return [line[a:b] for a, b in pairwise(edges)]
