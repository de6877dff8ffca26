"""Map a turn's events to what a terminal, a pipe or a program reads."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, assert_never

from agent.events import (
    AnswerReset,
    Cited,
    Event,
    Notice,
    Recalled,
    Remembered,
    Searched,
    Step,
    StepFinished,
    StepStarted,
    StopReason,
    TextDelta,
    Turn,
    TurnFinished,
    TurnStarted,
    UserNeeded,
    Waiting,
)
from ui.approve import describe
from ui.cited import basis_line, corrected_lines, link, search_lines, sources_text
from ui.remembered import changed_lines, used_lines
from ui.terminal import Terminal
from ui.text import Stripper, one_line, plain

if TYPE_CHECKING:
    from rich.status import Status

STOPS: dict[StopReason, str] = {
    "answered": "",
    "length": "The answer was cut: it reached the limit of one reply.",
    "step_limit": "Ended early: the model used up its steps (budget.steps).",
    "token_limit": "Ended early: the turn used up its tokens (budget.tokens).",
    "time_limit": "Ended early: the turn used up its time (budget.seconds).",
    "repeated_calls": "Ended early: the model kept repeating the same call.",
    "invalid_calls": "Ended early: the model kept writing calls that no tool accepts.",
    "stopped": "Stopped: the answer is not complete.",
    "approval": "Nothing was done yet. Go on with: arriero ask --resume --thread {thread} --yes",
    "question": 'Answer with: arriero ask --thread {thread} "…"',
}
"""What the user is told of each way in which a turn can end."""


class View:
    """Show one turn; subclasses decide what becomes of its text.

    Text before a step is a remark; the answer is what follows the last step. `asks` says that
    somebody asks the user what the turn waits for, so that there is no need to tell how.
    """

    asks = False

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._stripper = Stripper()
        self._status: Status | None = None
        self._shown = ""

    def show(self, event: Event) -> None:
        """Show one event."""
        match event:
            case TurnStarted():
                self._wait("thinking")
            case TextDelta(text=text):
                self._rest()
                self._shown += text
                self._text(self._stripper.feed(text))
            case AnswerReset(reason=reason):
                self._stripper.finish()
                self._rest()
                self._shown = ""
                self._reset(reason)
            case StepStarted(name=name):
                self._flush()
                self._shown = ""
                self._wait(one_line(name))
            case StepFinished(step=step):
                self._rest()
                self._terminal.note(step_line(step))
                self._wait("thinking")
            case UserNeeded(request=request):
                self._flush()
                self._needed(request)
            case Searched() | Cited() | Recalled() | Remembered() | Notice():
                self._flush()
                self._tell(event)
            case TurnFinished(turn=turn):
                self._end_turn(turn)
            case _:
                assert_never(event)

    def _tell(self, event: Searched | Cited | Recalled | Remembered | Notice) -> None:
        if isinstance(event, Notice):
            self._terminal.note(event.text)
        elif isinstance(event, Searched):
            for line in search_lines(event.search):
                self._terminal.note(line)
        elif isinstance(event, Cited):
            for line in corrected_lines(event.citations):
                self._terminal.note(line)
        else:
            for line in changed_lines(event):
                self._terminal.note(line)

    def _needed(self, request: Waiting) -> None:
        """Tell what a turn waits for, unless somebody asks the user anyway."""
        if not self.asks and request.kind == "approval":
            for line in describe(request):
                self._terminal.note(line, style="yellow")

    def _end_turn(self, turn: Turn) -> None:
        if turn.waiting and self.asks:
            self._flush()
            return
        self._complete(turn.answer)
        self._flush()
        self._finish(turn)
        self._close(turn)

    def end(self) -> None:
        """Leave the terminal clean, however the turn went."""
        self._flush()

    def _complete(self, answer: str) -> None:
        """Show what of the answer was not streamed."""
        if answer.startswith(self._shown):
            self._text(self._stripper.feed(answer[len(self._shown) :]))
        elif answer.strip() != self._shown.strip():
            self._reset("the answer was revised")
            self._text(self._stripper.feed(answer))

    def _flush(self) -> None:
        self._rest()
        if rest := self._stripper.finish():
            self._text(rest)
        self._break()

    def _close(self, turn: Turn) -> None:
        if told := STOPS[turn.stop_reason]:
            self._terminal.note(told.format(thread=shlex.quote(turn.thread_id)), style="yellow")
        elif not turn.answer.strip():
            self._terminal.note("The model gave no answer.", style="yellow")
        if basis := basis_line(turn):
            self._terminal.note(basis)
        for line in used_lines(turn):
            self._terminal.note(line)
        if self._terminal.stderr.isatty() and turn.usage.calls:
            self._terminal.note(cost_line(turn))

    def _wait(self, what: str) -> None:
        """Show on a terminal that something is under way."""
        self._rest()
        if self._terminal.stderr.isatty() and not self._terminal.quiet:
            from rich.text import Text

            self._status = self._terminal.err.status(Text(f"{what} …", style="dim"))
            self._status.start()

    def _rest(self) -> None:
        if self._status:
            self._status.stop()
            self._status = None

    def _text(self, text: str) -> None:
        """Take a piece of text."""

    def _reset(self, reason: str) -> None:
        """Take back the text so far."""

    def _break(self) -> None:
        """End the text so far, since something else follows."""

    def _finish(self, turn: Turn) -> None:
        """Take the finished turn."""


class WholeView(View):
    """Print the answer once it is whole: a pipe cannot take back what was begun anew."""

    def _finish(self, turn: Turn) -> None:
        self._terminal.write(plain(turn.answer).rstrip("\n") + "\n" if turn.answer else "")
        if sources := sources_text(turn):
            self._terminal.write("\n" + sources + "\n")


class StreamView(View):
    """Print text as it comes, without colours or redrawing."""

    def __init__(self, terminal: Terminal) -> None:
        super().__init__(terminal)
        self._open = False

    def _text(self, text: str) -> None:
        if text:
            self._open = not text.endswith("\n")
            self._terminal.write(text)

    def _reset(self, reason: str) -> None:
        self._break()
        self._terminal.write(f"[begun anew: {one_line(reason)}]\n")

    def _break(self) -> None:
        if self._open:
            self._terminal.write("\n")
            self._open = False

    def _finish(self, turn: Turn) -> None:
        if sources := sources_text(turn):
            self._terminal.write("\n" + sources + "\n")


class RecordView(View):
    """Print the finished turn as one JSON object."""

    def _finish(self, turn: Turn) -> None:
        self._terminal.json(record(turn))


def record(turn: Turn) -> dict[str, Any]:
    """Return a turn as plain data, under the names of `agent.events.Turn`.

    A source also has its `number`, and a `link` to the passage that the answer rests on.
    """
    data = asdict(turn)
    for number, source in enumerate(data["sources"], 1):
        source["number"], source["link"] = number, link(turn, number)
    return data


def step_line(step: Step) -> str:
    """Tell of a finished call in one line."""
    arguments = ", ".join(f"{key}={value!r}" for key, value in step.arguments.items())
    call = one_line(f"{step.name}({arguments})", 80)
    seconds = f"{step.seconds:.1f} s" if step.seconds >= 0.1 else f"{1000 * step.seconds:.0f} ms"
    if step.error:
        return f"✗ {call}: {one_line(step.error, 120)} ({seconds})"
    return f"✓ {call} → {one_line(step.output, 60)} ({seconds})"


def cost_line(turn: Turn) -> str:
    """Tell in one line what a turn cost."""
    usage = turn.usage
    calls = "1 model call" if usage.calls == 1 else f"{usage.calls} model calls"
    tokens = f"{usage.prompt_tokens:,} + {usage.completion_tokens:,} tokens"
    return f"{calls}, {tokens}, {usage.seconds:.1f} s"
