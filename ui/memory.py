"""Show what is remembered of a user, and where it came from; no model is needed."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING

from agent.errors import SettingsError, StorageError, UsageError
from ui.memory_lines import (
    day,
    described,
    happening,
    heading,
    origin,
    quoted,
    record_json,
    table,
)
from ui.session import Options
from ui.terminal import Terminal

if TYPE_CHECKING:
    from agent.settings import Settings
    from memory.changes import Change
    from memory.embeddings import Embedder
    from memory.memories import Memories
    from memory.recall import Recalled
    from memory.records import Kind, Record
    from memory.store import Store

PERMISSIONS = "Check the folder's permissions and free space, or choose another with ARRIERO_HOME."
MOST = 1_000_000
"""Records that are read where all of them are meant."""


@asynccontextmanager
async def stored(options: Options) -> AsyncIterator[Store]:
    """Open the records alone; their index follows at the next start.

    Raises:
        StorageError: The database is damaged or cannot be used.
    """
    from memory.store import FILE, Store, open_database

    settings = options.settings()
    database = open_database(settings.home / FILE)
    async with _told(settings):
        try:
            yield Store(database, embedder_of(settings))
        finally:
            await database.aclose()


def opened(options: Options) -> AbstractAsyncContextManager[Memories]:
    """Open the records, their index and the documents, as the command line says."""
    return opened_with(options.settings())


@asynccontextmanager
async def opened_with(settings: Settings) -> AsyncIterator[Memories]:
    """Open the records, their index and the documents.

    Raises:
        SettingsError: Nothing of that name makes vectors.
        StorageError: The database is damaged or cannot be used.
    """
    from memory.memories import open_memories

    embedder = embedder_of(settings)
    async with (
        _told(settings),
        open_memories(settings.home, settings.memory, embedder) as memories,
    ):
        yield memories


def embedder_of(settings: Settings) -> Embedder:
    """Return what makes vectors.

    Raises:
        SettingsError: There is nothing of that name.
    """
    from agent.models.ollama_embed import embedder_for
    from memory.embeddings import EmbedderError

    try:
        return embedder_for(settings.memory.embeddings, settings.models)
    except EmbedderError as error:
        raise SettingsError(f"memory.embeddings: {error.message}", error.hint) from error


@asynccontextmanager
async def _told(settings: Settings) -> AsyncIterator[None]:
    """Put into words what is wrong with the database."""
    from memory.database import DatabaseError
    from memory.store import FILE

    try:
        yield
    except DatabaseError as error:
        raise StorageError(error.message, error.hint) from error
    except (sqlite3.Error, OSError) as error:
        path = settings.home / FILE
        raise StorageError(
            f"What is remembered in {path} cannot be used: {error}.", PERMISSIONS
        ) from error


async def known(ids: Sequence[str], store: Store, user_id: str) -> list[Record]:
    """Return records by what a command line calls them, such as `12` or `#12`.

    Raises:
        UsageError: One of them is no number, or the user has no such record.
    """
    numbers = [number_of(one) for one in ids]
    found = await store.get(numbers, user_id=user_id)
    missing = sorted(set(numbers) - {one.id for one in found})
    if missing:
        named = " and ".join(f"#{one}" for one in missing)
        raise UsageError(f"{user_id} has no memory {named}.", await _what_there_is(store, user_id))
    return found


def number_of(text: str) -> int:
    """Return the number of a memory.

    Raises:
        UsageError: It is none.
    """
    bare = text.strip().removeprefix("#")
    if not (bare.isascii() and bare.isdigit()) or len(bare) > 18:
        raise UsageError(
            f"{text!r} is no number of a memory.", "`arriero memory list` shows the numbers."
        )
    return int(bare)


async def _what_there_is(store: Store, user_id: str) -> str:
    count = await store.count(user_id=user_id)
    if not count:
        return f"Nothing is remembered of {user_id} yet."
    newest = await store.list(user_id=user_id, limit=5)
    shown = ", ".join(f"#{one.id}" for one in newest)
    many = "1 memory" if count == 1 else f"{count:,} memories"
    return f"There are {many}, the newest {shown}: arriero memory list --past"


def list_memories(
    options: Options,
    terminal: Terminal,
    *,
    kind: str | None,
    subject: str | None,
    past: bool,
    limit: int,
    as_json: bool,
) -> int:
    """List what is remembered, the newest first.

    Raises:
        UsageError: There is no such kind.
    """
    user_id = options.user_id()
    kinds = (checked_kind(kind),) if kind is not None else ()

    async def read() -> list[Record]:
        async with stored(options) as store:
            return await store.list(
                user_id=user_id,
                kinds=kinds,
                subject=" ".join((subject or "").lower().split()),
                ended=None if past else False,
                limit=limit + 1,
            )

    found = asyncio.run(read())
    shown = found[:limit]
    if as_json:
        more = len(found) > limit
        terminal.json({"memories": [record_json(one) for one in shown], "more": more})
    elif shown:
        terminal.show(table(shown))
        if len(found) > limit:
            terminal.note(f"There are more; --limit {limit * 10} shows them.")
    else:
        terminal.note(
            f"Nothing {'like that ' if kind or subject else ''}is remembered of {user_id}."
        )
    return 0


def checked_kind(name: str) -> Kind:
    """Return a kind of record.

    Raises:
        UsageError: There is none of that name.
    """
    from memory.records import KINDS

    for kind in KINDS:
        if kind == name.strip().lower():
            return kind
    raise UsageError(f"There is no kind {name!r}.", f"There are: {', '.join(KINDS)}.")


def search(
    query: str, options: Options, terminal: Terminal, *, past: bool, limit: int, as_json: bool
) -> int:
    """Search what is remembered, as an answer would, the best first."""
    user_id = options.user_id()

    async def read() -> list[Recalled]:
        async with opened(options) as memories:
            return await found_for(query, memories, user_id=user_id, limit=limit, past=past)

    found = asyncio.run(read())
    if as_json:
        rows = [
            {**record_json(one.record), "score": round(one.score, 4), "why": one.why}
            for one in found
        ]
        terminal.json({"memories": rows})
    elif found:
        terminal.show(table([one.record for one in found], [one.why for one in found]))
    else:
        terminal.note("Nothing is remembered about that.")
    return 0


async def found_for(
    query: str, memories: Memories, *, user_id: str, limit: int, past: bool = False
) -> list[Recalled]:
    """Return what is remembered that matters for a question or holds its words, the best first.

    Args:
        query: The question, or a few words.
        memories: What is searched.
        user_id: Whose memory it is.
        limit: How many at most.
        past: Whether what no longer holds is wanted, too.
    """
    from memory.recall import Recalled

    found = await memories.recall(query, user_id=user_id, limit=limit, everything=past)
    if found:
        return found
    # Words alone ask nothing, and are not answered; who searches wants them found all the same.
    hits = await memories.store.words(query, user_id=user_id, limit=MOST)
    likeness = {one.id: one.likeness for one in hits}
    records = await memories.store.get(list(likeness), user_id=user_id)
    scopes = memories.scopes()
    fit = [one for one in records if (past or one.current) and one.scope in scopes]
    return [Recalled(one, likeness[one.id], "words") for one in fit[:limit]]


def show(name: str, options: Options, terminal: Terminal, *, as_json: bool) -> int:
    """Print all that is kept of one memory.

    Raises:
        UsageError: The user has no such memory.
    """
    user_id = options.user_id()

    async def read() -> Record:
        async with stored(options) as store:
            return (await known([name], store, user_id))[0]

    record = asyncio.run(read())
    if as_json:
        terminal.json({"memory": record_json(record)})
        return 0
    for line in described(record):
        terminal.line(line)
    return 0


def why(name: str, options: Options, terminal: Terminal, *, as_json: bool) -> int:
    """Tell where a memory came from, what it replaced, and what became of it.

    Raises:
        UsageError: The user has no such memory.
    """
    user_id = options.user_id()

    async def read() -> tuple[Record, list[Record], list[Record], list[Change]]:
        async with stored(options) as store:
            (record,) = await known([name], store, user_id)
            changes = await store.changes(user_id=user_id, record_id=record.id, limit=100)
            old = await _replaced(record, changes, store, user_id)
            new = await store.get([record.closed_by], user_id=user_id)
            return record, old, new, changes

    record, old, new, changes = asyncio.run(read())
    if as_json:
        told = {
            "memory": record_json(record),
            "replaced": [record_json(one) for one in old],
            "replaced_by": record_json(new[0]) if new else None,
            "changes": [asdict(one) for one in changes],
        }
        terminal.json(told)
        return 0
    terminal.line(heading(record))
    for line in [*origin(record), *(_instead(one) for one in old), *_after(record, new)]:
        terminal.line(f"  {line}")
    for change in reversed(changes):
        terminal.line(f"  {happening(change, record.id)}")
    return 0


async def _replaced(
    record: Record, changes: Sequence[Change], store: Store, user_id: str
) -> list[Record]:
    """Return the records whose place a record took; an import has no lines in the log."""
    own = {one.record_id for one in changes if one.other_id == record.id}
    same = await store.list(user_id=user_id, subject=record.subject, ended=True, limit=MOST)
    own |= {one.id for one in same if one.closed_by == record.id}
    found = await store.get(sorted(own), user_id=user_id)
    return [one for one in found if one.closed_by == record.id]


def _instead(old: Record) -> str:
    if old.ended == "corrected":
        return f"It put right #{old.id} {quoted(old.text)}"
    until = f" (held until {day(old.until)})" if old.until is not None else ""
    return f"It took the place of #{old.id} {quoted(old.text)}{until}"


def _after(record: Record, new: Sequence[Record]) -> list[str]:
    """Tell why a record no longer holds."""
    if record.current:
        return []
    what = "It was put right" if record.ended == "corrected" else "It no longer holds"
    if new and record.ended != "corrected":
        what = "It was replaced"
    lines = [f"{what} by #{new[0].id} {quoted(new[0].text)}" if new else f"{what}."]
    if record.ended == "changed" and record.until is not None:
        lines.append(f"It held until {day(record.until)}.")
    return lines
