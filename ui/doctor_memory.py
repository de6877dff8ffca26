"""Check what is remembered: the database, its index and what makes vectors."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from agent.errors import ArrieroError
from ui.doctor import Check
from ui.memory import opened_with
from ui.memory_status import bytes_on_disk, index_line, index_status, remade
from ui.progress import size

if TYPE_CHECKING:
    from agent.settings import Settings
    from memory.database import Database
    from memory.indexing import Status
    from memory.memories import Memories

LARGE = 500_000_000
"""Bytes of a database that is not looked through: that would take too long."""
RESTORE = "Put a backup in its place, or save what can be read: arriero memory export FILE"
COUNT = "select sum(records), sum(records > 0) from users"


async def check_memory(settings: Settings) -> list[Check]:
    """Check what is kept of all users, and what finds it."""
    try:
        async with opened_with(settings) as memories:
            vectors = await _vectors(memories, settings)
            database = memories.store.database
            if not database.exists():
                return [Check("memory", "ok", "nothing is remembered yet"), vectors]
            found = await _database(database, settings)
            index = await index_status(memories, settings)
            return [found, _index(index), vectors]
    except ArrieroError as error:
        return [Check("memory", "problem", error.message, error.hint)]


async def _database(database: Database, settings: Settings) -> Check:
    whole = database.path.stat().st_size <= LARGE
    faults = await database.check() if whole else []
    if faults:
        return Check("memory", "problem", f"{database.path} is damaged: {faults[0]}", RESTORE)
    records, users = await database.run(lambda db: db.execute(COUNT).fetchone())
    many = "1 memory" if records == 1 else f"{records or 0:,} memories"
    whose = "1 user" if users == 1 else f"{users or 0:,} users"
    told = f"{many} of {whose}, {size(bytes_on_disk(settings.home))}"
    if whole:
        return Check("memory", "ok", f"{told}; the database is whole")
    return Check("memory", "ok", f"{told}; `arriero memory check` looks through the database")


def _index(index: Status) -> Check:
    told = index_line(index)
    if index.state == "broken":
        mend = "arriero memory rebuild" if index.kind == "folder" else "Start the Chroma server."
        return Check("memory index", "problem", f"{told}: {index.note}", mend)
    if index.note and index.state != "held":
        return Check("memory index", "note", f"{told}: {index.note}")
    return Check("memory index", "ok", told)


async def _vectors(memories: Memories, settings: Settings) -> Check:
    """Check that texts can be made vectors; without, memories are found by words alone."""
    from agent.models.ollama_embed import embedder_for
    from memory.embeddings import EmbedderError

    embedder = embedder_for(settings.memory.embeddings, settings.models)
    try:
        await asyncio.to_thread(embedder.embed, ["memory"])
    except EmbedderError as error:
        told = f"{error.message} Memories are found by their words alone."
        return Check("memory vectors", "problem", told, error.hint)
    if await remade(memories):
        told = f"{settings.memory.embeddings}; some memories still have vectors of another kind"
        return Check("memory vectors", "note", f"{told}, and get new ones while arriero runs")
    return Check("memory vectors", "ok", settings.memory.embeddings)
