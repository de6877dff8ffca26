"""What the commands share: who asks, with which settings, and how a running turn is stopped."""

from __future__ import annotations

import asyncio
import getpass
import signal
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from agent.errors import UsageError
from agent.events import Answer, Event, Turn, TurnFinished, Waiting
from ui.approve import Asker
from ui.config import load_settings
from ui.progress import Downloads
from ui.render import RecordView, StreamView, View, WholeView
from ui.terminal import Terminal

if TYPE_CHECKING:
    from agent.assistant import Assistant
    from agent.settings import Settings


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line said; None leaves it to variables, the file and defaults."""

    model: str | None = None
    home: Path | None = None
    protocol: str | None = None
    tools: bool = True
    user: str | None = None
    depth: str | None = None
    project: str | None = None
    temporary: bool = False

    def given(self) -> dict[str, Any]:
        """Return the options that are settings."""
        tools: dict[str, Any] = {} if self.tools else {"off": ("*",)}
        if self.depth is not None:
            tools["search"] = {"depth": self.depth}
        return {
            "model": self.model,
            "home": self.home,
            "protocol": self.protocol,
            "builtin_tools": None if self.tools else (),
            "tools": tools or None,
            "memory": {"project": self.project} if self.project is not None else None,
        }

    def settings(self) -> Settings:
        """Parse the settings.

        Raises:
            SettingsError: A name or value is wrong.
        """
        return load_settings(**self.given())

    def user_id(self) -> str:
        """Return whose threads and memories are meant: the name given, or the login name.

        Raises:
            UsageError: There is neither, or the name is blank.
        """
        if self.user is not None:
            if not self.user.strip():
                raise UsageError("--user is blank.", "Give a name: --user NAME.")
            return self.user
        try:
            return getpass.getuser()
        except (KeyError, OSError):
            raise UsageError("This login has no name.", "Give one: --user NAME.") from None


def new_thread() -> str:
    """Make an identifier that no thread has."""
    return uuid.uuid4().hex[:12]


@asynccontextmanager
async def session(
    settings: Settings, terminal: Terminal, *, temporary: bool = False
) -> AsyncIterator[Assistant]:
    """Open the assistant, and tell what was chosen and what is wrong with its tools.

    Args:
        settings: What to run with.
        terminal: Where that is told.
        temporary: Whether its threads are to leave nothing behind.
    """
    from agent.assistant import open_assistant

    with Downloads(terminal) as downloads:
        async with open_assistant(settings, progress=downloads) as assistant:
            downloads.close()
            for note in assistant.model.info.notes:
                terminal.note(note)
            for problem in assistant.toolbox.problems:
                terminal.note(problem, style="yellow")
            yield await assistant.temporary() if temporary else assistant


async def show_turn(
    assistant: Assistant,
    text: str | None,
    view: View,
    *,
    user_id: str,
    thread_id: str,
    ask: Asker | None = None,
) -> Turn:
    """Run a turn, or finish the interrupted one if `text` is None, and show its events.

    Ctrl-C stops the model; the turn then ends with what was answered until then.

    Args:
        assistant: What runs it.
        text: The user's message.
        view: Where it is shown.
        user_id: Whose turn it is.
        thread_id: The thread.
        ask: Asks the user what the turn waits for; without it, it goes on waiting.
    """
    key = {"user_id": user_id, "thread_id": thread_id}
    resume = partial(assistant.resume, user_id=user_id, thread_id=thread_id)
    view.asks = ask is not None
    answers: dict[str, Answer] = {}
    if text is None and ask is not None:
        waiting = await assistant.waiting(user_id=user_id, thread_id=thread_id)
        answers = await _answers(waiting, ask)
        view.asks = bool(answers) or not waiting
    stream = resume(answers=answers) if text is None else assistant.stream(text, **key)
    turn = await _show(assistant, stream, view, key)
    while turn.waiting and ask is not None and view.asks:
        if answers := await _answers(turn.waiting, ask):
            turn = await _show(assistant, resume(answers=answers), view, key)
        else:
            view.asks = False
            view.show(TurnFinished(turn))
    return turn


async def _answers(waiting: Sequence[Waiting], ask: Asker) -> dict[str, Answer]:
    """Ask for everything that is waited for, until the user leaves one open."""
    found: dict[str, Answer] = {}
    for request in waiting:
        answer = await ask(request)
        if answer is None:
            break
        found[request.id] = answer
    return found


async def _show(
    assistant: Assistant, stream: AsyncGenerator[Event, None], view: View, key: dict[str, str]
) -> Turn:
    """Show the events of a turn until it ends or waits."""
    this = asyncio.current_task()
    waiting: set[asyncio.Task[None]] = set()

    async def stop() -> None:
        if not await assistant.stop(**key) and this is not None:
            this.cancel()

    def interrupt() -> None:
        waiting.add(asyncio.create_task(stop()))

    try:
        with on_interrupt(interrupt):
            async with aclosing(stream) as events:
                async for event in events:
                    view.show(event)
                    if isinstance(event, TurnFinished):
                        return event.turn
    finally:
        view.end()
    raise AssertionError("a stream ends with TurnFinished or raises")


@contextmanager
def on_interrupt(action: Callable[[], None]) -> Iterator[None]:
    """Call `action` in the loop at the first Ctrl-C; a second one raises KeyboardInterrupt."""
    loop = asyncio.get_running_loop()
    seen = False

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal seen
        if seen:
            raise KeyboardInterrupt
        seen = True
        loop.call_soon_threadsafe(action)

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def view_for(terminal: Terminal, *, as_json: bool = False, stream: bool | None = None) -> View:
    """Choose how a turn is shown; None streams where a terminal reads along."""
    if as_json:
        return RecordView(terminal)
    if stream is False or (stream is None and not terminal.stdout.isatty()):
        return WholeView(terminal)
    if terminal.live:
        from ui.live import LiveView

        return LiveView(terminal)
    return StreamView(terminal)
