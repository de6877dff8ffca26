"""Tell how much is remembered and how its index does, and make that anew; no model is needed."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from agent.errors import StorageError
from ui.memory import MOST, opened
from ui.progress import size
from ui.session import Options
from ui.terminal import Terminal

if TYPE_CHECKING:
    from agent.settings import Settings
    from memory.indexing import Status
    from memory.memories import Memories

PATIENCE = 10.0
"""Seconds that the index is given to open and to catch up before its state is told."""


@dataclass(frozen=True, slots=True)
class Holding:
    """What is kept of a user.

    Args:
        user: The user.
        records: Memories.
        current: Those that hold.
        past: Those that no longer hold or were wrong.
        dormant: Those that are only found when asked for.
        kinds: How many there are of each kind.
        subjects: How many people and things they are about.
        documents: Documents.
        waiting: Messages that are still to be read for what lasts.
        paused: Whether nothing is remembered for now.
    """

    user: str
    records: int = 0
    current: int = 0
    past: int = 0
    dormant: int = 0
    kinds: dict[str, int] | None = None
    subjects: int = 0
    documents: int = 0
    waiting: int = 0
    paused: bool = False


def status(options: Options, terminal: Terminal, *, as_json: bool) -> int:
    """Tell how much is remembered of a user, where it lies, and how the index does."""
    user_id, settings = options.user_id(), options.settings()

    async def read() -> tuple[Holding, Status]:
        async with opened(options) as memories:
            return await holding(memories, user_id), await index_status(memories, settings)

    found, index = asyncio.run(read())
    used = bytes_on_disk(settings.home)
    if as_json:
        kept = {"embedder": settings.memory.embeddings, "write": settings.memory.write}
        terminal.json({**asdict(found), "bytes": used, **kept, "index": asdict(index)})
        return 0
    for name, value in _lines(found, index, settings, used).items():
        if value:
            terminal.line(f"{name:<10} {value}")
    if index.note:
        terminal.note(index.note, style="yellow")
    return 0


def _lines(found: Holding, index: Status, settings: Settings, used: int) -> dict[str, str]:
    kinds = ", ".join(f"{number:,} {kind}" for kind, number in (found.kinds or {}).items())
    past = f", {found.past:,} of them past" if found.past else ""
    dormant = f", {found.dormant:,} dormant" if found.dormant else ""
    remembers = {"all": "all that lasts", "asked": "what is asked for", "none": "nothing"}
    return {
        "user": found.user,
        "memories": f"{found.records:,}{past}{dormant}",
        "kinds": kinds,
        "documents": f"{found.documents:,}" if found.documents else "",
        "unread": f"{found.waiting:,} messages to be read for what lasts" if found.waiting else "",
        "remembers": "nothing: paused, until arriero memory resume"
        if found.paused
        else f"{remembers[settings.memory.write]} (memory.write)",
        "on disk": f"{size(used)} of all users in {settings.home}",
        "vectors": settings.memory.embeddings,
        "index": index_line(index),
    }


async def holding(memories: Memories, user_id: str) -> Holding:
    """Count what is kept of a user."""
    store = memories.store
    records = await store.list(user_id=user_id, limit=MOST)
    past = sum(not one.current for one in records)
    return Holding(
        user=user_id,
        records=len(records),
        current=len(records) - past,
        past=past,
        dormant=sum(one.dormant for one in records),
        kinds=dict(Counter(one.kind for one in records).most_common()),
        subjects=len({one.subject for one in records}),
        documents=len(await memories.documents.list(user_id=user_id)),
        waiting=len(await store.inbox(user_id=user_id, limit=MOST)),
        paused=(await store.state(user_id=user_id)).paused,
    )


async def index_status(memories: Memories, settings: Settings, seconds: float = PATIENCE) -> Status:
    """Return how the index is; one that is there is opened and caught up first.

    Args:
        memories: Whose index it is.
        settings: Where it is.
        seconds: How long it is given; the rest is done by the next process that answers.
    """
    if has_index(settings) and not await remade(memories):
        with suppress(TimeoutError):
            return await asyncio.wait_for(memories.index.ready(), seconds)
    return await memories.index.status()


async def remade(memories: Memories) -> bool:
    """Tell whether vectors still have to be made by the embedder that is set."""
    store = memories.store
    return store.database.exists() and bool(await store.missing(store.model, 1))


def has_index(settings: Settings) -> bool:
    """Tell whether there is an index: Chroma's folder, or a server."""
    from memory.indexing import FOLDER

    return bool(settings.memory.chroma) or (settings.home / FOLDER).is_dir()


def index_line(index: Status) -> str:
    """Tell how an index is, in one line."""
    counts = ""
    if index.records is not None:
        counts = f": {index.records:,} memories, {index.passages or 0:,} passages"
    behind = f", {index.behind:,} behind" if index.behind else ""
    if index.state == "held":
        who = f"process {index.holder.pid}" if index.holder else "another process"
        return f"in use by {who}{counts}{behind}; this one searches without it"
    if index.state == "closed":
        return f"not made yet ({index.place}); searches do without it"
    return f"{index.state} ({index.place}){counts}{behind}"


def bytes_on_disk(home: Path) -> int:
    """Return how much room memory takes, of all users."""
    from memory.indexing import FOLDER
    from memory.store import FILE

    found = 0
    for path in (*home.glob(f"{FILE}*"), *(home / FOLDER).rglob("*")):
        # Files come and go while an index is written.
        with suppress(OSError):
            found += path.stat().st_size if path.is_file() else 0
    return found


def rebuild(options: Options, terminal: Terminal, *, as_json: bool) -> int:
    """Make the index anew from the database, for all users.

    Raises:
        StorageError: Another process has it, or it cannot be made.
    """
    settings = options.settings()

    def told(done: int, total: int) -> None:
        if terminal.stderr.isatty():
            terminal.stderr.write(f"\r{done:,} of {total:,}")
            terminal.stderr.flush()

    async def make() -> Status:
        from memory.kept import IndexBroken

        async with opened(options) as memories:
            try:
                return await memories.index.rebuild(told)
            except IndexBroken as error:
                raise StorageError(error.message, _hint(settings)) from error

    index = asyncio.run(make())
    if terminal.stderr.isatty():
        terminal.stderr.write("\r\x1b[K")
    if as_json:
        terminal.json({"index": asdict(index)})
    elif index.state == "closed":
        terminal.note("There is nothing to make an index of yet.")
    else:
        terminal.line(f"Made anew: {index_line(index)}.")
    return 0


def _hint(settings: Settings) -> str:
    if settings.memory.chroma:
        return f"Look at the Chroma server {settings.memory.chroma} (memory.chroma)."
    return (
        "End the other process first, such as a chat; where several are to work at once, let them "
        "use a Chroma server (memory.chroma)."
    )
