"""Delete what is remembered for good, wherever it stands; no model is needed."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from agent.errors import UsageError
from ui.memory import MOST, known, opened
from ui.memory_lines import heading
from ui.memory_status import has_index, index_status
from ui.session import Options
from ui.terminal import Terminal

if TYPE_CHECKING:
    from agent.settings import Settings
    from agent.threads import Threads
    from memory.memories import Memories
    from memory.records import Record
    from tools.journal import SqliteJournal

KEPT = 1
"""Exit code when the user said no."""
SECONDS = 60.0
"""Seconds that the index is given to let go of what was deleted."""
SHOWN = 20
"""Memories that are named before they are deleted."""
BACKUPS = "*.backup"


@dataclass(frozen=True, slots=True)
class Gone:
    """What there is of a user, and is deleted with everything.

    Args:
        memories: Records.
        waiting: Messages that are still to be read for what lasts.
        documents: Documents, whose files stay where they are.
        threads: Conversations.
        actions: Entries of the journal.
        typed: Whether there is a file of what was typed at the prompt.
    """

    memories: int = 0
    waiting: int = 0
    documents: int = 0
    threads: int = 0
    actions: int = 0
    typed: bool = False

    def __str__(self) -> str:
        numbers = (
            (self.memories, "memory", "memories"),
            (self.waiting, "unread message", "unread messages"),
            (self.documents, "document", "documents"),
            (self.threads, "thread", "threads"),
            (self.actions, "entry of the journal", "entries of the journal"),
        )
        named = [f"{n:,} {one if n == 1 else many}" for n, one, many in numbers if n]
        named += ["what was typed at the prompt"] if self.typed else []
        return f"{', '.join(named[:-1])} and {named[-1]}" if len(named) > 1 else "".join(named)


@dataclass(frozen=True, slots=True)
class Everything:
    """All places in which something of a user is kept."""

    settings: Settings
    memories: Memories
    threads: Threads
    journal: SqliteJournal

    @property
    def home(self) -> Path:
        """The folder of all of them."""
        return self.settings.home


@asynccontextmanager
async def _everything(options: Options) -> AsyncIterator[Everything]:
    from agent.assistant import JOURNAL
    from agent.threads import open_threads
    from tools.journal import SqliteJournal

    settings = options.settings()
    home = settings.home
    async with opened(options) as memories:
        # Nothing is made where nothing was kept.
        threads = await open_threads(home if home.is_dir() else None)
        journal = SqliteJournal(home / JOURNAL)
        try:
            yield Everything(settings, memories, threads, journal)
        finally:
            await journal.aclose()
            await threads.aclose()


def forget(
    names: Sequence[str],
    options: Options,
    terminal: Terminal,
    *,
    match: str | None,
    everything: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """Delete memories for good, or everything of a user.

    Args:
        names: Numbers of memories.
        options: Whose they are.
        terminal: Where is asked and told.
        match: Delete the memories that hold these words.
        everything: Delete everything of the user.
        yes: Do not ask.
        as_json: Whether the result is told as JSON.

    Raises:
        UsageError: Nothing is meant, or there is nobody to ask.
    """
    if (bool(names) + (match is not None) + everything) != 1:
        raise UsageError(
            "Say what is to be forgotten: numbers, or --match TEXT, or --all.",
            "`arriero memory list` shows the numbers.",
        )
    user_id = options.user_id()

    async def run() -> int:
        async with _everything(options) as places:
            if everything:
                return await _forget_all(places, user_id, terminal, yes=yes, as_json=as_json)
            if match is not None:
                found = await _matching(match, places, user_id)
            else:
                found = await known(names, places.memories.store, user_id)
            return await _forget(found, places, user_id, terminal, yes=yes, as_json=as_json)

    return asyncio.run(run())


async def _matching(text: str, places: Everything, user_id: str) -> list[Record]:
    """Return the records that hold some words next to each other, whatever their case."""
    from memory.terms import fold

    wanted = fold(text)
    if not wanted:
        raise UsageError("--match has no words.", "Give the words that are to be forgotten.")
    records = await places.memories.store.list(user_id=user_id, limit=MOST)
    found = [
        one
        for one in records
        if f" {wanted} " in f" {fold(' '.join((one.text, one.quote, one.value, one.subject)))} "
    ]
    if not found:
        raise UsageError(
            f"No memory of {user_id}'s holds {text!r}.", "`arriero memory search` finds others."
        )
    return found


async def _forget(
    found: Sequence[Record],
    places: Everything,
    user_id: str,
    terminal: Terminal,
    *,
    yes: bool,
    as_json: bool,
) -> int:
    from agent.erasing import erase

    for record in found[:SHOWN] if not yes else ():
        terminal.note(heading(record), style="")
    many = "this memory" if len(found) == 1 else f"these {len(found):,} memories"
    if not await _agreed(f"Delete {many} for good, and from the threads?", terminal, yes=yes):
        return KEPT
    gone = await places.memories.forget([one.id for one in found], user_id=user_id)
    await erase(
        gone,
        user_id=user_id,
        home=places.home,
        threads=places.threads,
        journal=places.journal,
        store=places.memories.store,
    )
    await _settle(places, terminal)
    if as_json:
        terminal.json({"forgotten": [one.id for one in gone]})
    else:
        named = ", ".join(f"#{one.id}" for one in gone)
        terminal.line(f"Deleted {named} for good, and from the threads.")
        _tell_of_backups(places.home, terminal)
    return 0


async def _settle(places: Everything, terminal: Terminal) -> None:
    """Take what was deleted out of the index's files, too, where there is an index."""
    found = await index_status(places.memories, places.settings, SECONDS)
    if not has_index(places.settings) or (found.state == "open" and not found.behind):
        return
    why = found.note or "it takes long"
    terminal.note(
        f"Vectors of it are still in the index, which holds no text: {why} "
        "It is cleared there by the next process that has it.",
        style="yellow",
    )


async def _forget_all(
    places: Everything, user_id: str, terminal: Terminal, *, yes: bool, as_json: bool
) -> int:
    there = await _count(places, user_id)
    if str(there):
        asked = f"Delete everything of {user_id} for good: {there}?"
        if not await _agreed(asked, terminal, yes=yes):
            return KEPT
    await places.memories.forget_user(user_id=user_id)
    await places.threads.delete_user(user_id)
    while actions := await places.journal.records(user_id=user_id, limit=1000):
        for name in {one.thread_id for one in actions}:
            await places.journal.forget(user_id=user_id, thread_id=name)
    await _clear_files(places, terminal)
    await _settle(places, terminal)
    if as_json:
        terminal.json({"user": user_id, "deleted": asdict(there)})
    else:
        what = f"Deleted {there}." if str(there) else f"There was nothing of {user_id}."
        terminal.line(what)
        _tell_of_backups(places.home, terminal)
    return 0


async def _count(places: Everything, user_id: str) -> Gone:
    from agent.erasing import TYPED

    store = places.memories.store
    return Gone(
        memories=await store.count(user_id=user_id),
        waiting=len(await store.inbox(user_id=user_id, limit=MOST)),
        documents=len(await places.memories.documents.list(user_id=user_id)),
        threads=len(await places.threads.index.list(user_id=user_id)),
        actions=len(await places.journal.records(user_id=user_id, limit=MOST)),
        typed=(places.home / TYPED).is_file(),
    )


async def _clear_files(places: Everything, terminal: Terminal) -> None:
    """Delete what was typed, logged and kept of searches, and write the databases anew."""
    from agent.assistant import JOURNAL
    from agent.erasing import TYPED, overwrite
    from agent.threads import FILE as THREADS
    from memory.store import FILE as MEMORIES
    from tools.search.cache import PLACE

    home = places.home
    for path in (home / TYPED, *_logs(home)):
        if path.is_file():
            overwrite(path, "")
            path.unlink()
    busy = [
        name
        for name in (MEMORIES, THREADS, JOURNAL, str(PLACE))
        if (home / name).is_file() and not await _rewritten(home / name, emptied=name == str(PLACE))
    ]
    if busy:
        terminal.note(
            f"In use, and not written anew: {', '.join(busy)}. What was deleted is overwritten "
            "there all the same; the rest is done when arriero runs nowhere: repeat it then.",
            style="yellow",
        )


async def _rewritten(path: Path, *, emptied: bool) -> bool:
    """Write a database anew without what was deleted; tell whether it could be."""
    from memory.database import Database

    database = Database(path)
    try:
        if emptied:
            await database.run(lambda db: db.execute("delete from answers"))
        await database.vacuum()
    except sqlite3.OperationalError:
        return False
    finally:
        await database.aclose()
    return True


async def _agreed(question: str, terminal: Terminal, *, yes: bool) -> bool:
    """Ask the user; tell whether the answer was yes.

    Raises:
        UsageError: There is nobody to ask.
    """
    if yes:
        return True
    if not sys.stdin.isatty():
        raise UsageError(
            "Nothing was deleted: there is nobody to ask whether it should be.",
            "Add --yes to delete without being asked.",
        )
    terminal.err.print(f"{question} [y/N] ", end="")
    said = await asyncio.to_thread(sys.stdin.readline)
    if said.strip().lower() in ("y", "yes"):
        return True
    terminal.note("Nothing was deleted.", style="yellow")
    return False


def _logs(home: Path) -> list[Path]:
    from agent.erasing import LOGS

    return sorted((home / LOGS).glob("*.log*"))


def _tell_of_backups(home: Path, terminal: Terminal) -> None:
    """Name the copies that still hold what was deleted."""
    if found := sorted(path.name for path in home.glob(BACKUPS)):
        terminal.note(f"These copies are as they were: {', '.join(found)}.", style="yellow")
