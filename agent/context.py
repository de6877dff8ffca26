"""Fit a conversation into the model's window, and say what was left out.

The system prompt, the tools and the user's turn are never cut. What goes first is long tool
output of earlier turns, then whole earlier turns from the oldest on, then the long tool outputs
of the running turn. Turns are dropped in hops of half a window, so that the prompt's prefix
stays the same for many turns and the server's prefix cache holds between the hops.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

from agent.errors import InputTooLong
from agent.models.base import Message
from agent.models.meter import Meter
from agent.state import Entry
from agent.turns import begin

OLD_OUTPUT = 400
"""Characters that are kept of a tool's output in an earlier turn, once space is short."""
LEAST_OUTPUT = 160
"""Characters that are kept of a tool's output in the running turn, whatever happens."""
PER_MESSAGE = 8
"""Tokens that a chat template puts around a message."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """The part of a conversation that is sent.

    Args:
        messages: What the model sees, without the system prompt.
        tokens: What prompt and tools are thought to take.
        left_out: One line for the user, empty when everything is there.
    """

    messages: list[Message]
    tokens: int
    left_out: str


def fit(
    messages: Sequence[Entry], overhead: str, *, context: int, answer: int, meter: Meter
) -> Fitted:
    """Choose what of a conversation is sent.

    Args:
        messages: The whole conversation, without the system prompt.
        overhead: System prompt and tools as text.
        context: Tokens of the window.
        answer: Tokens to keep free for the reply.
        meter: How texts are measured.

    Raises:
        InputTooLong: System prompt, tools and the user's turn alone do not fit.
    """
    room = context - answer - meter.tokens(overhead) - PER_MESSAGE
    start = begin(messages)
    old, current = list(messages[:start]), list(messages[start:])
    _check_turn(current[:1], room, context, meter)
    total = _size(old, meter) + _size(current, meter)
    clipped = dropped = 0
    if total > room:
        old, clipped = _clip(old, OLD_OUTPUT)
        total = _size(old, meter) + _size(current, meter)
    if total > room:
        old, dropped = _drop(old, total - room, max(room // 2, 1), meter)
        total = _size(old, meter) + _size(current, meter)
    if total > room:
        current, more = _squeeze(current, room - _size(old, meter), meter)
        clipped += more
        total = _size(old, meter) + _size(current, meter)
    kept: list[Message] = [*old, *current]
    return Fitted(kept, context - answer - room + total, _describe(dropped, clipped))


def size(message: Message, meter: Meter) -> int:
    """Return the tokens that one message is thought to take."""
    text = message.get("raw") or message["content"]
    if calls := message.get("tool_calls"):
        text += json.dumps([[call["name"], call["arguments"]] for call in calls])
    return meter.tokens(text) + PER_MESSAGE


def _size(messages: Sequence[Entry], meter: Meter) -> int:
    return sum(size(message, meter) for message in messages)


def _check_turn(question: Sequence[Entry], room: int, context: int, meter: Meter) -> None:
    need = _size(question, meter)
    if need > room:
        raise InputTooLong(
            f"Your message takes about {need} tokens, but the model's window of {context} has "
            f"room for {max(room, 0)} beside the system prompt, the tools and the answer.",
            "Send it in parts, or raise the window (ARRIERO_MODELS__CONTEXT) if the model "
            "allows it.",
        )


def _clip(messages: list[Entry], limit: int) -> tuple[list[Entry], int]:
    """Shorten every tool output to `limit` characters; return how many were."""
    cut = 0
    kept: list[Entry] = []
    for entry in messages:
        if entry["role"] == "tool" and len(entry["content"]) > limit + 60:
            cut += 1
            gone = len(entry["content"]) - limit
            text = f"{entry['content'][:limit]} … [{gone} characters left out]"
            entry = Entry(**{**entry, "content": text})
        kept.append(entry)
    return kept, cut


def _drop(old: list[Entry], excess: int, hop: int, meter: Meter) -> tuple[list[Entry], int]:
    """Drop the oldest turns: at least `excess` tokens, rounded up to whole hops."""
    target = math.ceil(excess / hop) * hop
    gone = turns = index = 0
    while index < len(old) and gone < target:
        gone += size(old[index], meter)
        index += 1
        turns += 1
        while index < len(old) and old[index]["role"] != "user":
            gone += size(old[index], meter)
            index += 1
    return old[index:], turns


def _squeeze(current: list[Entry], room: int, meter: Meter) -> tuple[list[Entry], int]:
    """Halve the longest tool outputs of the running turn until it fits, then drop old steps."""
    limit = max((len(m["content"]) for m in current if m["role"] == "tool"), default=0)
    squeezed, cut = current, 0
    while _size(squeezed, meter) > room and limit > LEAST_OUTPUT:
        limit = max(limit // 2, LEAST_OUTPUT)
        squeezed, cut = _clip(current, limit)
    while _size(squeezed, meter) > room and len(squeezed) > 2:
        after = 2
        while after < len(squeezed) and squeezed[after]["role"] == "tool":
            after += 1
        squeezed, cut = [squeezed[0], *squeezed[after:]], cut + after - 1
    return squeezed, cut


def _describe(dropped: int, clipped: int) -> str:
    parts = []
    if dropped:
        parts.append(f"{dropped} earlier turn{'s' * (dropped > 1)}")
    if clipped:
        parts.append(f"parts of {clipped} tool result{'s' * (clipped > 1)}")
    if not parts:
        return ""
    return f"The model's window is full: {' and '.join(parts)} were left out of it."
