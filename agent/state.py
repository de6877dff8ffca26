"""What is checkpointed: a conversation as plain data, and nothing that can be derived from it.

A turn is the slice of messages from a user's message to the next one. Its steps, its cost and
the reason why it ended are read off that slice (`agent.turns`), so a thread that was cut off at
any point can be picked up again from its messages alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Literal, NotRequired, TypedDict
from urllib.parse import quote

from agent.events import (
    AnswerReset,
    Basis,
    Cited,
    Event,
    Notice,
    NoticeKind,
    StopReason,
    TextDelta,
)
from agent.models.base import ChatModel, Message, Usage
from agent.models.meter import Meter
from agent.models.protocol import ToolProtocol
from agent.settings import Settings
from memory.records import Record
from tools.declared import Output
from tools.policy import Policy
from tools.registry import Registry, Toolbox
from tools.scope import Scope
from tools.secrets import Redactor

if TYPE_CHECKING:
    from memory.memories import Memories


class Entry(Message):
    """A message as it is kept: what the model sees of it, and what the turn must remember.

    Assistant entries carry what the call cost and, when they end a turn, why. Tool entries carry
    the error that stands in for an output, whether the call was refused without being run, the
    seconds that it took, its sources and files, whose words the output is, and the arguments if
    the user changed them. `tools` names tools that are described to the model at this place.
    `looked_up` is the question that was looked up before the model was asked; it stands in the
    call and in its result. `recalled` is what is remembered of the user and was put in front of
    his words, as `agent.recalling` writes it. `searches`, `citations`, `conflicts` and `basis` are
    records of `agent.events.Turn`, as plain data.
    """

    usage: NotRequired[dict[str, float]]
    stop: NotRequired[StopReason | Literal["interrupted"]]
    error: NotRequired[str]
    refused: NotRequired[Literal["invalid", "repeated", "declined"]]
    seconds: NotRequired[float]
    sources: NotRequired[list[dict[str, Any]]]
    files: NotRequired[list[dict[str, str]]]
    origin: NotRequired[Output | Literal["user"]]
    arguments: NotRequired[dict[str, Any]]
    tools: NotRequired[list[str]]
    looked_up: NotRequired[str]
    recalled: NotRequired[list[dict[str, Any]]]
    searches: NotRequired[list[dict[str, Any]]]
    citations: NotRequired[list[dict[str, Any]]]
    conflicts: NotRequired[list[dict[str, Any]]]
    basis: NotRequired[Basis]


def append(old: list[Entry], new: list[Entry]) -> list[Entry]:
    """Add messages to a conversation."""
    return old + new


def union(old: list[str], new: list[str]) -> list[str]:
    """Add names to a list that holds each once."""
    return [*old, *(name for name in new if name not in old)]


class State(TypedDict):
    """The state of a thread.

    `messages` is the conversation, `reason` why the running turn must end, if it must, and
    `allowed` names the tools whose side effects the user has approved for the whole thread.
    """

    messages: Annotated[list[Entry], append]
    reason: StopReason | Literal[""]
    allowed: NotRequired[Annotated[list[str], union]]


class Act(TypedDict):
    """What one parallel branch of `act` is given.

    `key` tells this call from every other one of the thread; `ask` says why the user must approve
    it first, and is mostly empty.
    """

    id: str
    name: str
    arguments: dict[str, Any]
    key: str
    ask: str
    looked_up: NotRequired[str]


@dataclass(slots=True)
class Parts:
    """What an assistant is put together from; one for all turns.

    Args:
        settings: The assistant's settings.
        model: The model that answers.
        protocol: How tools are shown to it; replaced when the server turns out to lack tools.
        registry: The tools.
        policy: What is wrapped around every call of a tool.
        system: The system prompt without the tools, the same for every turn.
        redactor: Keeps secrets out of events.
        memory: What is remembered; None where nothing is, as in a temporary thread.
        meter: How texts are measured in the model's tokens.
    """

    settings: Settings
    model: ChatModel
    protocol: ToolProtocol
    registry: Registry
    policy: Policy
    system: str
    redactor: Redactor
    memory: Memories | None = None
    meter: Meter = field(default_factory=Meter)


def ignore(event: Event) -> None:
    """Drop an event."""


@dataclass(slots=True)
class Context:
    """What the nodes of one turn share and no checkpoint keeps.

    Args:
        parts: What the assistant is put together from.
        user_id: Whose turn it is.
        thread_id: The thread that it belongs to.
        toolbox: The tools as they were when the turn began.
        deadline: `loop.time()` at which the turn's seconds are spent.
        emit: Where events go.
        shown: The text of the running decision that was streamed so far.
        notices: Lines for the user that the turn gathered.
        unbooked: What decisions that were thrown away have cost.
        checked: What the check of the running answer's citations has found.
        erase: What was forgotten, and has to be erased from the conversations after the turn.
    """

    parts: Parts
    user_id: str
    thread_id: str
    toolbox: Toolbox
    deadline: float
    emit: Callable[[Event], None] = ignore
    shown: str = ""
    notices: list[str] = field(default_factory=list)
    unbooked: Usage = field(default_factory=Usage)
    checked: Cited = field(default_factory=lambda: Cited(()))
    erase: list[Record] = field(default_factory=list)

    def scope(self, call_id: str, key: str) -> Scope:
        """Return whose call one of this turn's calls is."""
        place = f"{quote(self.user_id, safe='')}/{quote(self.thread_id, safe='')}"
        return Scope(self.user_id, self.thread_id, call_id, f"{place}/{key}")

    def show(self, text: str) -> None:
        """Stream a piece of the answer."""
        self.shown += text
        self.emit(TextDelta(text))

    def notice(self, kind: NoticeKind, text: str) -> None:
        """Tell the user a line, once per turn."""
        if text not in self.notices:
            self.notices.append(text)
            self.emit(Notice(kind, text))

    def reset(self, reason: str) -> None:
        """Take back what was streamed of the running decision."""
        if self.shown:
            self.shown = ""
            self.emit(AnswerReset(reason))
