"""What happens in a turn, as a closed union of plain records; every face maps all of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal, assert_never

from agent.attribution import Citation
from agent.conflicts import Conflict
from agent.models.base import Usage
from tools.declared import Risk
from tools.secrets import Redactor
from tools.sources import File, Search, Source

StopReason = Literal[
    "answered",
    "length",
    "step_limit",
    "token_limit",
    "time_limit",
    "repeated_calls",
    "invalid_calls",
    "stopped",
    "approval",
    "question",
]
"""Why a turn ended: `answered` is the ordinary end; `length` is an answer that was cut at the
window or at the token limit of one reply; `approval` and `question` wait for the user and go on
with the answer; the rest name the budget or the rule that ended it."""

Basis = Literal["sources", "tools", "memory", "model", "conversation", "nothing"]
"""What an answer rests on: cited sources, results of other tools, what is remembered of the user,
the model's own knowledge (for a question of fact), the conversation alone, or nothing, where the
sources do not hold it."""

NoticeKind = Literal[
    "model", "context", "retry", "repair", "resumed", "tools", "guard", "search", "memory"
]


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
        files: The files that the call made.
    """

    id: str
    name: str
    arguments: dict[str, Any]
    output: str = ""
    error: str = ""
    seconds: float = 0.0
    files: tuple[File, ...] = ()


@dataclass(frozen=True, slots=True)
class Approval:
    """A call that the user is asked about before it is made.

    Args:
        id: The call's id.
        tool: The tool's name.
        arguments: What it would be given.
        risk: The worst that it can do.
        reason: Why the user is asked.
        problem: What was wrong with the user's last answer; mostly empty.
    """

    id: str
    tool: str
    arguments: dict[str, Any]
    risk: Risk
    reason: str
    problem: str = ""
    kind: Literal["approval"] = "approval"


@dataclass(frozen=True, slots=True)
class Question:
    """Something that the assistant asks back before it goes on.

    Args:
        id: The id of the call that asks.
        text: The question.
        options: Answers to choose from; any other text is an answer as well.
    """

    id: str
    text: str
    options: tuple[str, ...] = ()
    kind: Literal["question"] = "question"


Waiting = Approval | Question
"""What a turn waits for."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the user says to an `Approval` or a `Question`.

    Args:
        decision: `approve` this call, make it with other arguments (`edit`), `reject` it, approve
            the tool `always` in this thread, or `reply` to a question.
        arguments: All arguments of an edited call.
        text: The reply to a question, or why a call is rejected.
    """

    decision: Literal["approve", "edit", "reject", "always", "reply"]
    arguments: dict[str, Any] | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Memory:
    """Something remembered of the user that an answer was given with, or that was just kept.

    Args:
        id: Its number; `Assistant.forget` takes it.
        text: What was said, in the speaker's words.
        said: The day on which it was said, as YYYY-MM-DD.
        ended: Why it no longer holds: empty, `changed` or `corrected`.
        why: What led to it, such as `words` or `meaning`.
        used: Whether the answer uses it, as far as its words tell.
    """

    id: int
    text: str
    said: str = ""
    ended: str = ""
    why: str = ""
    used: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """A finished turn.

    Args:
        answer: The whole text of the answer.
        sources: What the answer rests on, numbered from 1 in this order.
        steps: Every tool call, in the order in which they were asked for.
        memories: What is remembered of the user and was given to the model with this turn or an
            earlier one, the latter only where the answer uses it.
        usage: What the model calls cost.
        stop_reason: Why the turn ended.
        notices: Lines for the user: what was left out of the window, retried or repaired.
        user_id: Whose turn it was.
        thread_id: The thread that it belongs to.
        model: The spec of the model that answered.
        waiting: What the turn waits for, if it does.
        basis: What the answer rests on.
        citations: The sentences that cite or ought to, each with what its check found.
        conflicts: Where the sources contradict each other.
        searches: How the turn's searches of the web went.
    """

    answer: str
    sources: tuple[Source, ...] = ()
    steps: tuple[Step, ...] = ()
    memories: tuple[Memory, ...] = ()
    usage: Usage = field(default_factory=Usage)
    stop_reason: StopReason = "answered"
    notices: tuple[str, ...] = ()
    user_id: str = ""
    thread_id: str = ""
    model: str = ""
    waiting: tuple[Waiting, ...] = ()
    basis: Basis = "conversation"
    citations: tuple[Citation, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    searches: tuple[Search, ...] = ()


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
class Searched:
    """A call searched the web: which engines answered, what was read, and what could not be.

    Args:
        id: The call's id.
        search: How the search went.
    """

    id: str
    search: Search


@dataclass(frozen=True, slots=True)
class Cited:
    """The answer's citations were checked.

    Args:
        citations: The sentences that cite or ought to, each with what its check found.
        conflicts: Where the sources contradict each other.
    """

    citations: tuple[Citation, ...]
    conflicts: tuple[Conflict, ...] = ()


@dataclass(frozen=True, slots=True)
class Recalled:
    """What is remembered of the user was put before the model.

    Args:
        memories: What that is, in the order of the prompt.
    """

    memories: tuple[Memory, ...]


@dataclass(frozen=True, slots=True)
class Remembered:
    """Memory was changed because the user said so.

    Args:
        kept: What was written down, or found to be known already.
        forgotten: The numbers of what was deleted for good.
        refused: Why something is not kept; mostly empty.
    """

    kept: tuple[Memory, ...] = ()
    forgotten: tuple[int, ...] = ()
    refused: str = ""


@dataclass(frozen=True, slots=True)
class UserNeeded:
    """The turn cannot go on without the user; it ends here, and `Assistant.resume` goes on."""

    request: Waiting


@dataclass(frozen=True, slots=True)
class Notice:
    """A line for the user: something was chosen, left out, retried or repaired."""

    kind: NoticeKind
    text: str


@dataclass(frozen=True, slots=True)
class TurnFinished:
    """The turn ended; always the last event of a turn that did not raise."""

    turn: Turn


Event = (
    TurnStarted
    | TextDelta
    | AnswerReset
    | StepStarted
    | StepFinished
    | Searched
    | Cited
    | Recalled
    | Remembered
    | UserNeeded
    | Notice
    | TurnFinished
)


def redacted(event: Event, redactor: Redactor) -> Event:
    """Return an event without secrets.

    The record of a finished turn keeps what stands under a name such as `password`, because
    programs read the arguments there; known keys and what has their form are gone from it, too.
    """
    match event:
        case StepStarted(arguments=arguments):
            return replace(event, arguments=redactor.data(arguments))
        case StepFinished(step=step):
            return StepFinished(_step(step, redactor, names=True))
        case TurnFinished(turn=turn):
            steps = tuple(_step(step, redactor, names=False) for step in turn.steps)
            searches = tuple(_search(search, redactor) for search in turn.searches)
            return TurnFinished(replace(turn, steps=steps, searches=searches))
        case Searched(id=name, search=search):
            return Searched(name, _search(search, redactor))
        case TurnStarted() | TextDelta() | AnswerReset() | Notice() | Cited():
            return event
        case UserNeeded() | Recalled() | Remembered():
            return event
        case _:
            assert_never(event)


def _search(search: Search, redactor: Redactor) -> Search:
    return Search.from_dict(redactor.data(search.as_dict(), names=False))


def _step(step: Step, redactor: Redactor, *, names: bool) -> Step:
    return replace(
        step,
        arguments=redactor.data(step.arguments, names=names),
        output=redactor.text(step.output),
        error=redactor.text(step.error),
    )
