"""What is remembered of all users, put together: the store, its index, reading and writing.

async with open_memories(home, MemorySettings(), embedder) as memories:
    said = Message(user_id="ana", text="I moved to Rome in May.", said=time.time())
    await memories.hear(said, user_id="ana", ask=None)
    await memories.recall("Where do I live?", user_id="ana")
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from memory.consolidate import Consolidator, Taken
from memory.documents import Documents
from memory.embeddings import Embedder
from memory.extract import Ask, extract
from memory.inbox import Message
from memory.indexing import Indexer, open_index
from memory.recall import Recalled, Recaller
from memory.records import CHARS, Draft, Record
from memory.settings import MemorySettings
from memory.store import FILE, Change, Store, open_database

EVERYWHERE = ""
"""The scope of what may be used in every thread."""
WRITING = ("added", "strengthened", "closed", "corrected")
"""Changes that saying something makes, and that undoing takes back."""
COMMAND = "command"
"""The source of what the user asked to be remembered."""
ASKED = 0.8
"""Importance, at least, of what the user asked to be remembered."""
HEARD = 0.6
"""Share of a statement that has to be understood, so that its parts take its place."""


@asynccontextmanager
async def open_memories(
    home: Path, settings: MemorySettings, embedder: Embedder
) -> AsyncIterator[Memories]:
    """Open what is remembered in a home folder; nothing is made there before the first write.

    Args:
        home: The folder of everything that arriero keeps.
        settings: What memory obeys.
        embedder: What turns texts into vectors.
    """
    database = open_database(home / FILE)
    store = Store(database, embedder)
    index = open_index(store, home, settings, embedder)
    memories = Memories(store, index, embedder, settings)
    try:
        yield memories
    finally:
        await memories.documents.aclose()
        await index.aclose()
        await database.aclose()


class Memories:
    """What is remembered of all users; every call names the user.

    Args:
        store: The truth.
        index: Where its vectors are searched.
        embedder: What turns texts into vectors.
        settings: What memory obeys.
    """

    def __init__(
        self, store: Store, index: Indexer, embedder: Embedder, settings: MemorySettings
    ) -> None:
        self.store = store
        self.index = index
        self.settings = settings
        self.documents = Documents(store, index, embedder)
        self._recaller = Recaller(store, index, embedder)
        self._consolidator = Consolidator(store, index, embedder)

    @property
    def scope(self) -> str:
        """The scope of what is written now: the project's, or everywhere."""
        return f"project:{self.settings.project}" if self.settings.project else EVERYWHERE

    def scopes(self, thread_id: str = "") -> tuple[str, ...]:
        """Return the scopes that a thread may use."""
        own = (f"thread:{thread_id}",) if thread_id else ()
        return tuple(dict.fromkeys((EVERYWHERE, *own, self.scope)))

    async def recall(
        self,
        query: str,
        *,
        user_id: str,
        thread_id: str = "",
        now: float | None = None,
        limit: int = 8,
        seen: Collection[int] = (),
        everything: bool = False,
    ) -> list[Recalled]:
        """Return what is remembered that matters for a text, the best first.

        Args:
            query: What the user says or asks.
            user_id: Whose memory it is.
            thread_id: The thread in which it is used.
            now: The time of asking, in seconds since the epoch.
            limit: How many at most.
            seen: Numbers of records that are known already.
            everything: Whether what no longer holds and what is dormant is wanted, too, and also
                what has little to do with the text.
        """
        return await self._recaller.recall(
            query,
            user_id=user_id,
            thread_id=thread_id,
            project=self.settings.project,
            now=time.time() if now is None else now,
            limit=limit,
            seen=seen,
            everything=everything,
        )

    async def instructions(self, *, user_id: str, thread_id: str = "") -> list[Record]:
        """Return the user's standing instructions: what every answer has to obey."""
        return await self.store.list(
            user_id=user_id,
            kinds=("instruction",),
            scopes=self.scopes(thread_id),
            ended=False,
            order="importance",
            limit=6,
        )

    async def hear(self, message: Message, *, user_id: str, ask: Ask | None) -> list[Taken]:
        """Read a message of the user's for what lasts, and keep that.

        Args:
            message: What the user said.
            user_id: Who said it.
            ask: Asks a model what rules cannot tell; None leaves it to the rules.
        """
        known = tuple(await self.store.subjects(user_id=user_id))
        drafts = await extract(message, ask, known=known)
        return [await self._consolidator.take(draft, user_id=user_id, ask=ask) for draft in drafts]

    async def keep(
        self, message: Message, *, user_id: str, ask: Ask | None = None, source: str = COMMAND
    ) -> list[Taken]:
        """Keep what the user asked to be remembered, even if it would not be kept otherwise.

        Args:
            message: What is to be remembered, in the user's words.
            user_id: Who said it.
            ask: Asks a model what rules cannot tell.
            source: How it came here.

        Returns:
            What became of each statement in it; a secret is refused, with the reason.

        Raises:
            ValueError: It is empty or too long.
        """
        text = " ".join(message.text.split())
        if not text:
            raise ValueError("There is nothing to remember: the text is empty.")
        if len(text) > CHARS:
            raise ValueError(f"A memory has at most {CHARS} characters; this has {len(text)}.")
        drafts = await extract(message, ask)
        # A statement that says more than was understood is kept as it is.
        if not drafts or sum(len(one.text) for one in drafts) < HEARD * len(text):
            drafts = [
                Draft(
                    text=text,
                    said=message.said,
                    thread_id=message.thread_id,
                    message=message.message,
                    scope=message.scope,
                )
            ]
        asked = [
            replace(one, source=source, confidence=1.0, importance=max(one.importance, ASKED))
            for one in drafts
        ]
        return [await self._consolidator.take(one, user_id=user_id, ask=ask) for one in asked]

    async def forget(self, ids: Sequence[int], *, user_id: str) -> list[Record]:
        """Delete records for good, from the store and the index; return what they were."""
        gone = await self.store.delete(ids, user_id=user_id)
        if gone:
            await self.index.drop([one.id for one in gone], user_id=user_id, space="records")
        return gone

    async def forget_user(self, *, user_id: str) -> int:
        """Delete everything of one user for good; return how many records that was."""
        gone = await self.store.forget_user(user_id=user_id)
        await self.index.forget_user(user_id=user_id)
        return gone

    async def last_written(self, *, user_id: str, thread_id: str = "") -> list[Change]:
        """Return what the last message that changed anything has written.

        Args:
            user_id: Whose memory it is.
            thread_id: The thread; empty for any.
        """
        log = await self.store.changes(user_id=user_id, thread_id=thread_id)
        written = [one for one in log if one.action in WRITING]
        if not written or not written[0].message:
            return written[:1]
        last = (written[0].thread_id, written[0].message)
        return [one for one in written if (one.thread_id, one.message) == last]

    async def undo(self, changes: Sequence[Change], *, user_id: str) -> list[Change]:
        """Take back what was written, the newest first; return what was taken back."""
        taken = await self.store.undo(user_id=user_id, change_ids=[one.id for one in changes])
        if gone := [one.record_id for one in taken if one.action == "added"]:
            await self.index.drop(gone, user_id=user_id, space="records")
        return taken
