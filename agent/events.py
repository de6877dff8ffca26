"""What happens in a turn, as a closed union of plain records; every face maps all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from agent.models.base import Usage
from tools.sources import Source

StopReason = Literal[
    "answered",
    "length",
    "step_limit",
    "token_limit",
    "time_limit",
    "repeated_calls",
    "invalid_calls",
    "stopped",
]
"""Why a turn ended: `answered` is the ordinary end; `length` is an answer that was cut at the
window or at the token limit of one reply; the rest name the budget or the rule that ended it."""

NoticeKind = Literal["model", "context", "retry", "repair", "resumed", "tools"]


@dataclass(frozen=True, slots=True)
class Step:
    """One tool call of a turn.

    Args:
        id: Unique within the thread.
        name: The tool's name.
        arguments: The arguments after validation and coercion.
        output: What the tool returned, as the model sees it; empty on error.
        error: What the model was told instead; empty on success.
        seconds: Wall-clock seconds that the call took.
    """

    id: str
    name: str
    arguments: dict[str, Any]
    output: str = ""
    error: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Turn:
    """A finished turn.

    Args:
        answer: The whole text of the answer.
        sources: What the answer rests on, numbered from 1 in this order.
        steps: Every tool call, in the order in which they were asked for.
        memories: The memories that the answer used.
        usage: What the model calls cost.
        stop_reason: Why the turn ended.
        notices: Lines for the user: what was left out of the window, retried or repaired.
        user_id: Whose turn it was.
        thread_id: The thread that it belongs to.
        model: The spec of the model that answered.
    """

    answer: str
    sources: tuple[Source, ...] = ()
    steps: tuple[Step, ...] = ()
    memories: tuple[str, ...] = ()
    usage: Usage = field(default_factory=Usage)
    stop_reason: StopReason = "answered"
    notices: tuple[str, ...] = ()
    user_id: str = ""
    thread_id: str = ""
    model: str = ""


@dataclass(frozen=True, slots=True)
class TurnStarted:
    """A turn began; its text is safe on disk."""

    user_id: str
    thread_id: str
    model: str


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class AnswerReset:
    """The text streamed so far is void; the answer starts anew."""

    reason: str


@dataclass(frozen=True, slots=True)
class StepStarted:
    """A tool call began."""

    id: str
    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class StepFinished:
    """A tool call ended, well or not."""

    step: Step


@dataclass(frozen=True, slots=True)
class Notice:
    """A line for the user: something was chosen, left out, retried or repaired."""

    kind: NoticeKind
    text: str


@dataclass(frozen=True, slots=True)
class TurnFinished:
    """The turn ended; always the last event of a turn that did not raise."""

    turn: Turn


Event = TurnStarted | TextDelta | AnswerReset | StepStarted | StepFinished | Notice | TurnFinished
