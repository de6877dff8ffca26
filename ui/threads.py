"""List, show and delete a user's threads; no model is needed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

from agent.errors import UsageError
from ui.session import Options
from ui.terminal import Terminal
from ui.text import one_line, plain

if TYPE_CHECKING:
    from rich.table import Table

    from agent.models.base import Message
    from agent.threads import Threads
    from memory.threads import ThreadInfo


@asynccontextmanager
async def _opened(options: Options) -> AsyncIterator[Threads]:
    from agent.threads import open_threads

    threads = await open_threads(options.settings().home)
    try:
        yield threads
    finally:
        await threads.aclose()


def list_threads(options: Options, terminal: Terminal, *, as_json: bool) -> int:
    """List the user's threads."""
    user_id = options.user_id()

    async def read() -> list[ThreadInfo]:
        async with _opened(options) as threads:
            return await threads.index.list(user_id=user_id)

    found = asyncio.run(read())
    if as_json:
        terminal.json({"threads": [asdict(thread) for thread in found]})
    elif found:
        terminal.show(table(found))
    else:
        terminal.note(f"{user_id} has no threads yet.")
    return 0


def show_thread(thread_id: str, options: Options, terminal: Terminal, *, as_json: bool) -> int:
    """Print a thread's conversation.

    Raises:
        UsageError: The user has no such thread.
    """
    user_id = options.user_id()

    async def read() -> Sequence[Message]:
        async with _opened(options) as threads:
            return await threads.messages(user_id=user_id, thread_id=thread_id)

    messages = asyncio.run(read())
    if not messages:
        raise _missing(thread_id, user_id)
    if as_json:
        terminal.json({"id": thread_id, "messages": messages})
    else:
        conversation(messages, terminal)
    return 0


def delete_thread(thread_id: str, options: Options, terminal: Terminal, *, as_json: bool) -> int:
    """Delete a thread for good.

    Raises:
        UsageError: The user has no such thread.
    """
    from agent.assistant import JOURNAL
    from tools.journal import SqliteJournal

    user_id = options.user_id()

    async def delete() -> bool:
        async with _opened(options) as threads:
            journal = SqliteJournal(options.settings().home / JOURNAL)
            await journal.forget(user_id=user_id, thread_id=thread_id)
            await journal.aclose()
            return await threads.delete(user_id=user_id, thread_id=thread_id)

    if not asyncio.run(delete()):
        raise _missing(thread_id, user_id)
    if as_json:
        terminal.json({"deleted": thread_id})
    else:
        terminal.note(f"Deleted {thread_id}.")
    return 0


def _missing(thread_id: str, user_id: str) -> UsageError:
    return UsageError(
        f"{user_id} has no thread {thread_id}.", "`arriero threads` lists the threads there are."
    )


def table(threads: Sequence[ThreadInfo]) -> Table:
    """Draw the list of threads."""
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=None, pad_edge=False)
    for heading in ("id", "last used", "turns", "begins with"):
        drawn.add_column(heading, no_wrap=heading != "begins with")
    for thread in threads:
        used = datetime.fromtimestamp(thread.updated).astimezone().strftime("%Y-%m-%d %H:%M")
        drawn.add_row(
            Text(one_line(thread.id)), used, str(thread.turns), Text(one_line(thread.title))
        )
    return drawn


def conversation(messages: Sequence[Message], terminal: Terminal) -> None:
    """Print a conversation: what was asked, the calls in one line each, what was answered."""
    for message in messages:
        text = plain(message["content"]).strip()
        if message["role"] == "user":
            terminal.out.print(f"\n> {text}", style="bold")
        elif message["role"] == "assistant":
            for call in message.get("tool_calls", ()):
                terminal.out.print(f"  {one_line(call['name'])}({_arguments(call['arguments'])})")
            if text:
                terminal.out.print(text)


def _arguments(arguments: dict[str, object]) -> str:
    return one_line(", ".join(f"{name}={value!r}" for name, value in arguments.items()))
