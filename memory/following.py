"""Keeps an index equal to the store: what was written goes in, what was deleted goes out.

The index says up to which place in the order of writings it knows everything. That is noted after
the writing itself, so a process that dies in between only does again what was done already.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from sqlite3 import Connection
from typing import TYPE_CHECKING, TypeVar

from memory.embeddings import Embedder, EmbedderError
from memory.index import Space
from memory.kept import SPACES, IndexBroken, KeptIndex, Mark, Row
from memory.vectors import Pending

if TYPE_CHECKING:
    from memory.store import Store

PAGE, LARGE_PAGE = 4096, 16_384
"""Writings that are read at once, giving way to others and in a hurry. They are spread over all
collections, and each call to Chroma waits for the disk, so many are better."""
SMALL, LARGE = 8, 16_384
"""Vectors that are given to the index at once: Chroma stops all of Python for up to 2 ms for each,
so the small number is for when somebody may be talking to the assistant."""
SCRUBBED = 500
"""Vectors that are moved at once in a hurry while a collection is made anew."""
EMBEDDED = 8
"""Texts that are embedded at once."""
_COUNTS: dict[Space, str] = {
    "records": (
        "select count(*) from vectors where model = (select model from models where name = ?)"
    ),
    "passages": "select count(*) from passages where vector is not null and model = ?",
}
Told = Callable[[int, int], None]
T = TypeVar("T")


class Follower:
    """Works through what the store has written. One call after another.

    Args:
        store: The truth.
        index: What follows it.
        embedder: Makes vectors of what has none by it; None for none.
    """

    def __init__(self, store: Store, index: KeptIndex, embedder: Embedder | None) -> None:
        self._store = store
        self._index = index
        self._embedder = embedder
        self._identity = ""
        self._compared = False
        self.applied: dict[Space, int] = dict.fromkeys(SPACES, 0)
        self.hurry = False
        self.note = ""

    async def open(self, *, writes: bool = True) -> None:
        """Open the index; what is there of another store or embedder is taken out.

        Raises:
            IndexBroken: It cannot be opened as it is.
        """
        self._identity = await self._store.meta("identity")
        mark = await self._index.open(self._identity, writes=writes)
        if not writes:
            return
        fits = mark is not None and (mark.identity, mark.embedder) == (
            self._identity,
            self._store.model,
        )
        if mark is None or not fits or max(mark.applied.values()) > await self._store.high():
            await self._empty()
            return
        await self._index.check()
        self.applied = {space: mark.applied.get(space, 0) for space in SPACES}
        self._compared = False

    async def start_over(self) -> None:
        """Put away what is there and begin with an empty index."""
        self.applied = dict.fromkeys(SPACES, 0)
        await self._index.discard()
        await self._index.open(self._identity)
        await self._empty()

    async def follow(self, told: Told | None = None) -> None:
        """Do all that is to be done, giving way to others unless there is a hurry.

        Args:
            told: Is told how many vectors are in the index, and how many there are to be.

        Raises:
            IndexBroken: The index cannot be used as it is.
        """
        await self._catch_up(told)
        await self._embed_missing()
        await self._compare()
        while await self._timed(self._index.scrub(SCRUBBED if self.hurry else SMALL)):
            pass

    async def truth(self) -> tuple[int, dict[Space, int]]:
        """Return the place of the last writing, and how many vectors there are to be."""

        def work(db: Connection) -> tuple[int, dict[Space, int]]:
            seq = db.execute("select value from meta where name = 'seq'").fetchone()[0]
            model = (self._store.model,)
            return int(seq), {
                space: int(db.execute(_COUNTS[space], model).fetchone()[0]) for space in SPACES
            }

        if not self._store.database.exists():
            return 0, dict.fromkeys(SPACES, 0)
        return await self._store.database.read(work)

    async def _empty(self) -> None:
        self.applied = dict.fromkeys(SPACES, 0)
        await self._index.wipe()
        await self._index.note(Mark(self._identity, self._store.model, dict(self.applied)))
        self._compared = True

    async def _catch_up(self, told: Told | None = None) -> None:
        high = await self._store.high()
        if all(self.applied[space] >= high for space in SPACES):
            return
        _, counts = await self.truth() if told else (0, {})
        done, total = 0, sum(counts.values())
        for space in SPACES:
            buried = 0
            while pending := await self._store.after(
                self.applied[space], space=space, limit=LARGE_PAGE if self.hurry else PAGE
            ):
                await self._apply(pending, space)
                self.applied[space] = pending[-1].seq
                await self._note()
                buried += sum(one.vector is None for one in pending)
                done += sum(one.vector is not None for one in pending)
                if told:
                    told(min(done, total), total)
            self.applied[space] = max(self.applied[space], high)
            await self._note()
            if buried:
                await self._store.settled(self.applied[space], space=space)

    async def _apply(self, pending: Sequence[Pending], space: Space) -> None:
        """Take out what was deleted or written anew, and bring in the last of each."""
        last = {one.id: one for one in pending}
        gone: dict[str, list[int]] = {}
        for one in pending:
            if one.vector is None:
                gone.setdefault(one.user_id, []).append(one.id)
        for user_id, ids in gone.items():
            await self._timed(self._index.drop(ids, user_id=user_id, space=space))
        rows = [
            Row(one.id, one.user_id, one.vector) for one in last.values() if one.vector is not None
        ]
        for part in self._parts(rows):
            await self._timed(self._index.put_all(part, space=space))

    async def _embed_missing(self) -> None:
        """Make vectors of what has none by this embedder, and bring them into the index."""
        if self._embedder is None:
            return
        for space in SPACES:
            before: list[int] = []
            while True:
                found = await self._store.missing(self._store.model, EMBEDDED, space=space)
                ids = [one.id for one in found]
                if not found or ids == before:
                    break
                before = ids
                texts = [one.text for one in found]
                try:
                    made = await self._timed(asyncio.to_thread(self._embedder.embed, texts))
                except EmbedderError as error:
                    self.note = error.message
                    return
                await self._store.fill(found, made, model=self._store.model, space=space)
                await self._catch_up()

    async def _compare(self) -> None:
        """Compare once how much is in the index with how much is to be."""
        if self._compared:
            return
        high, counts = await self.truth()
        if any(self.applied[space] != high for space in SPACES):
            # Somebody has written since: the next time is as good.
            return
        for space in SPACES:
            if (there := await self._index.count(space)) != counts[space]:
                raise IndexBroken(
                    f"The index {self._index.place} has {there} {space} and should have "
                    f"{counts[space]}."
                )
        self._compared = True

    async def _note(self) -> None:
        await self._index.note(Mark(self._identity, self._store.model, dict(self.applied)))

    def _parts(self, rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
        start = 0
        while start < len(rows):
            size = LARGE if self.hurry else SMALL
            yield rows[start : start + size]
            start += size

    async def _timed(self, work: Awaitable[T]) -> T:
        """Do something, and then leave the machine to others for as long as it took."""
        begin = time.perf_counter()
        result = await work
        if not self.hurry:
            await asyncio.sleep(time.perf_counter() - begin)
        return result
