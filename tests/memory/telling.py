"""Tell a memory things and look at what it holds; shared by tests of writing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from memory.consolidate import Consolidator, Taken
from memory.embeddings import open_embedder
from memory.extract import Ask, extract
from memory.inbox import Message
from memory.records import Record
from memory.store import FILE, Store, open_database

USER = "ana"
DAY = 86_400.0
FIRST = 1_767_268_800.0
"""Noon of 1 January 2026, UTC."""


class Memory:
    """A store with what writes into it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.consolidator = Consolidator(store, None, open_embedder("minilm"))
        self.day = 0

    async def tell(
        self, text: str, *, day: int | None = None, ask: Ask | None = None
    ) -> list[Taken]:
        self.day = self.day + 30 if day is None else day
        said = FIRST + self.day * DAY
        message = Message(user_id=USER, text=text, said=said, message=f"m{self.day}")
        known = [one for one in await self.store.subjects(user_id=USER) if one != "user"]
        drafts = await extract(message, ask, known=known)
        return [await self.consolidator.take(one, user_id=USER, ask=ask) for one in drafts]

    async def records(self) -> list[Record]:
        return await self.store.list(user_id=USER, order="old", limit=500)

    async def current(self) -> list[str]:
        return [one.text for one in await self.records() if one.current]

    async def ended(self) -> dict[str, str]:
        return {one.text: one.ended for one in await self.records() if one.ended}


@asynccontextmanager
async def open_telling(folder: Path) -> AsyncIterator[Memory]:
    store = Store(open_database(folder / FILE), open_embedder("minilm"))
    try:
        yield Memory(store)
    finally:
        await store.database.aclose()
