"""Answer one question and leave."""

from __future__ import annotations

import asyncio
import os
import select
import stat
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from agent.errors import UsageError
from agent.events import Turn
from ui.approve import Asker, approve_all, asker, read_line, reject_all
from ui.boundary import STOPPED, WAITING
from ui.remembered import written_lines
from ui.session import Options, new_thread, on_interrupt, session, show_turn, view_for
from ui.terminal import Terminal

if TYPE_CHECKING:
    from agent.assistant import Assistant

REMEMBERING = 60.0
"""Seconds that reading for what lasts may take behind the answer."""
PATIENCE = 1.0
"""Seconds in which a pipe must begin to send, when the question itself was given."""


def ask(
    words: list[str],
    options: Options,
    terminal: Terminal,
    *,
    thread: str | None = None,
    resume: bool = False,
    as_json: bool = False,
    stream: bool | None = None,
    approve: bool | None = None,
) -> int:
    """Run one turn and return the exit code.

    Args:
        words: The question as it stands on the command line.
        options: Who asks, and with which settings.
        terminal: Where to print.
        thread: The thread that goes on; None begins one.
        resume: Finish the thread's interrupted turn; no question is asked.
        as_json: Print the finished turn as JSON.
        stream: Print the answer as it comes; None does so on a terminal.
        approve: Approve, or reject, every call that waits for the user; None asks on a terminal.
    """
    if resume and (words or not thread):
        raise UsageError(
            "--resume finishes the interrupted turn of a thread and takes no new question.",
            "Use it as: arriero ask --resume --thread ID.",
        )
    user_id, thread_id = options.user_id(), thread or new_thread()
    settings = options.settings()
    text = None if resume else question(words, terminal)
    view = view_for(terminal, as_json=as_json, stream=stream)
    asks = _asker(approve, terminal, as_json=as_json)

    async def turn() -> Turn:
        async with session(settings, terminal, temporary=options.temporary) as assistant:
            ended = await show_turn(
                assistant, text, view, user_id=user_id, thread_id=thread_id, ask=asks
            )
            await _remember(assistant, terminal, user_id=user_id, thread_id=thread_id)
            return ended

    done = asyncio.run(turn())
    return STOPPED if done.stop_reason == "stopped" else WAITING if done.waiting else 0


async def _remember(
    assistant: Assistant, terminal: Terminal, *, user_id: str, thread_id: str
) -> None:
    """Read what was said for what lasts, before the process ends; Ctrl-C leaves it for later."""
    this = asyncio.current_task()
    assert this is not None  # noqa: S101 - for the type checker; a coroutine has a task

    def leave() -> None:
        this.cancel()

    with on_interrupt(leave), suppress(asyncio.CancelledError):
        if not await assistant.settled(REMEMBERING):
            terminal.note("Not all of this is read yet for what lasts; that is done next time.")
        for line in written_lines(assistant.written(user_id=user_id, thread_id=thread_id)):
            terminal.note(line)


def _asker(approve: bool | None, terminal: Terminal, *, as_json: bool) -> Asker | None:
    """Return what answers for the user, or asks them where they sit at a terminal."""
    if approve is not None:
        return approve_all if approve else reject_all
    if as_json or not (sys.stdin.isatty() and terminal.stderr.isatty()):
        return None
    return asker(terminal, read_line)


def question(words: list[str], terminal: Terminal) -> str:
    """Put the question together from the command line and stdin.

    Without words, or with `-`, the question is read from stdin. Words and stdin together make
    one question with the text that it is about.

    Raises:
        UsageError: There is no question, or stdin is no text.
    """
    explicit = "-" in words or not words
    asked = " ".join(word for word in words if word != "-").strip()
    if explicit and not words and sys.stdin.isatty():
        raise UsageError("There is no question.", 'Ask one: arriero ask "What time is it in Lima?"')
    given = _stdin(explicit, terminal).strip()
    text = f"{asked}\n\n{given}" if asked and given else asked or given
    if not text:
        raise UsageError("The question is empty.", 'Ask one: arriero ask "…"')
    return text


def _stdin(explicit: bool, terminal: Terminal) -> str:
    if not explicit and not _offers(terminal):
        return ""
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"What came on stdin is not UTF-8 text (byte {error.start + 1}).",
            "Convert it first, for example with: iconv -f latin1 -t utf-8",
        ) from None


def _offers(terminal: Terminal) -> bool:
    """Tell whether stdin has something to say without having been asked for.

    A pipe that stays silent is not waited for: many programs start others with a pipe on stdin
    that they never write to.
    """
    try:
        number = sys.stdin.fileno()
        kind = os.fstat(number).st_mode
    except (OSError, ValueError):
        return False
    if stat.S_ISREG(kind):
        return True
    if os.name != "posix" or not (stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind)):
        return False
    ready, _, _ = select.select([number], [], [], PATIENCE)
    if not ready:
        terminal.note("Nothing came on stdin; to wait for it, end the command with `-`.")
    return bool(ready)
