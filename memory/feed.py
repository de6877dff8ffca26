"""What the store does for those who read its inbox and those who keep an index of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from sqlite3 import Connection
from typing import TYPE_CHECKING, TypeVar

from memory import inbox, outbox, rows, vectors
from memory.database import Database
from memory.embeddings import Embedder, EmbedderError
from memory.fulltext import Owner
from memory.inbox import Message
from memory.index import Space
from memory.outbox import Missing
from memory.records import Draft
from memory.vectors import Pending

if TYPE_CHECKING:
    from memory.embeddings import Vectors

EVERYBODY = "everybody"
T = TypeVar("T")


class Feed:
    """The inbox, and the order of writings that an index follows.

    Args:
        database: Where everything is kept.
        embedder: What makes vectors; None for none.
    """

    def __init__(self, database: Database, embedder: Embedder | None = None) -> None:
        self._db = database
        self._embedder = embedder

    @property
    def database(self) -> Database:
        """Return the database."""
        return self._db

    @property
    def model(self) -> str:
        """Name the embedder; empty for none."""
        return self._embedder.name if self._embedder else ""

    async def note(self, message: Message, *, user_id: str) -> int:
        """Put a message into the inbox, and return its number."""
        return await self._owned(user_id, lambda db, owner: inbox.add(db, owner, message))

    async def inbox(self, *, user_id: str | None = None, limit: int = 20) -> list[Message]:
        """Return messages of one user or, for None, of all: the least tried, then the oldest."""
        name = EVERYBODY if user_id is None else user_id
        return await self._read(name, [], lambda db: inbox.waiting(db, user_id, limit))

    async def tried(self, message_id: int, *, user_id: str, by: int = 1) -> None:
        """Count that reading a message was tried: others are read before it.

        Args:
            message_id: The message's number.
            user_id: Who wrote it.
            by: How often; negative to take a try back.
        """
        await self._owned(user_id, lambda db, owner: inbox.tried(db, owner, message_id, by))

    async def done(self, ids: Sequence[int], *, user_id: str) -> None:
        """Take messages out of the inbox."""
        await self._owned(user_id, lambda db, owner: inbox.done(db, owner, ids))

    async def after(self, seq: int, *, space: Space, limit: int = 512) -> list[Pending]:
        """Return what an index that knows all up to `seq` does not know, the first first."""
        return await self._read(
            EVERYBODY,
            [],
            lambda db: vectors.after(db, seq, space=space, model=self.model, limit=limit),
        )

    async def settled(self, seq: int, *, space: Space) -> None:
        """Let go of what is noted of things deleted up to `seq`: the index has let go of them."""
        query = "delete from tombstones where space = ? and seq <= ?"
        if self._db.exists():
            await self._db.change(lambda db: db.execute(query, (space, seq)))

    async def high(self) -> int:
        """Return the place of the last writing in the order of all."""
        return int(await self.meta("seq") or 0)

    async def meta(self, name: str) -> str:
        """Return a note on the whole store, such as its `identity`; empty where there is none."""
        query = "select value from meta where name = ?"
        found = await self._read(EVERYBODY, None, lambda db: db.execute(query, (name,)).fetchone())
        return str(found[0]) if found else ""

    async def set_meta(self, name: str, value: str) -> None:
        """Keep a note on the whole store."""
        query = "insert or replace into meta values (?, ?)"
        await self._db.change(lambda db: db.execute(query, (name, value)))

    async def missing(
        self, embedder_name: str, limit: int, *, space: Space = "records"
    ) -> list[Missing]:
        """Return what has no vector by this embedder, with the texts to make one of."""
        return await self._read(
            EVERYBODY, [], lambda db: outbox.missing(db, embedder_name, limit, space)
        )

    async def fill(
        self, found: Sequence[Missing], vectors: Vectors, *, model: str, space: Space = "records"
    ) -> None:
        """Store vectors, as an array [found, dimensions]; what was rewritten meanwhile is not."""
        await self._db.change(lambda db: outbox.fill(db, found, vectors, model, space))

    async def aclose(self) -> None:
        """Close the database."""
        await self._db.aclose()

    async def _read(self, user_id: str, empty: T, work: Callable[[Connection], T]) -> T:
        whose(user_id)
        return await self._db.read(work) if self._db.exists() else empty

    async def _owned(self, user_id: str, work: Callable[[Connection, Owner], T]) -> T:
        whose(user_id)
        return await self._db.change(lambda db: work(db, rows.new_owner(db, user_id)))

    async def _entries(
        self, drafts: Sequence[Draft], user_id: str, vectors: Vectors | None
    ) -> list[rows.Entry]:
        checked = [rows.checked(draft) for draft in drafts]
        if vectors is None and self._embedder is not None and checked:
            texts = [rows.embedded_text(draft) for draft in checked]
            try:
                vectors = await asyncio.to_thread(self._embedder.embed, texts)
            except EmbedderError:
                # They are found by their words, and get vectors when the model is there again.
                vectors = None
        if vectors is None:
            return [rows.Entry(draft) for draft in checked]
        pairs = zip(checked, vectors, strict=True)
        return [rows.Entry(draft, vector, self.model) for draft, vector in pairs]


def whose(user_id: str) -> str:
    """Return the user's id.

    Raises:
        ValueError: It is empty.
    """
    if not user_id:
        raise ValueError("user_id is empty: memory belongs to somebody.")
    return user_id
