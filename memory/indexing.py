"""The index of memory as the others see it: searched at any moment, right at every moment.

What is found comes from the index, and what it does not know yet from the store, which also has
the last word on every id and its likeness. As long as the index cannot be used, because it is
being opened or filled, because another process has it or because it is damaged, the store compares
all vectors of the user itself. In the background the index is opened, mended and kept up to date.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from memory.database import DatabaseError
from memory.embeddings import Embedder
from memory.following import Follower, Told
from memory.index import Hit, Space
from memory.kept import IndexBroken, IndexUnreachable, KeptIndex, checked
from memory.lock import Holder, LockFile
from memory.settings import MemorySettings

if TYPE_CHECKING:
    from memory.embeddings import Vectors
    from memory.store import Store

FOLDER = "chroma"
"""The name of Chroma's folder in the home folder."""
LOCK = "chroma.lock"
EXACT = 2000
"""Vectors of one user up to which comparing all of them is quicker than asking the index."""
PENDING = 256
"""Writings that the index may not know yet before the store searches by itself."""
DELAY = 2.0
"""Seconds after the first search until the index is opened: a short process never pays for it."""
PAUSE = 0.3
"""Seconds after a writing until the index is brought up to date."""
POLL = 5.0
"""Seconds after which it is looked for what other processes have written."""
RETRY = 60.0
"""Seconds after which it is tried again to open an index that could not be opened."""
LAST = 2.0
"""Seconds that closing may take for the sake of what was deleted a moment ago."""
PATIENCE = 0.1
"""Seconds that a search waits for the index, which may be busy with something else."""
Kind = Literal["folder", "server", "memory"]
State = Literal["closed", "open", "held", "broken"]
_SIZE = "select records, passages from users where user_id = ?"


class IndexHeld(IndexBroken):
    """Say that another process has the index."""


@dataclass(frozen=True, slots=True)
class Status:
    """How the index is.

    Args:
        kind: `folder`, `server` or `memory`.
        place: Where it is.
        state: `open`, `closed` as long as nobody needed it, `held` by another process, or `broken`.
        records: Vectors of records in it; None where that cannot be told.
        passages: Vectors of passages in it; None where that cannot be told.
        behind: Writings that it does not know yet; None where that cannot be told.
        holder: The process that has it, if it is another one.
        note: What the user should know; mostly empty.
    """

    kind: Kind
    place: str
    state: State
    records: int | None = None
    passages: int | None = None
    behind: int | None = None
    holder: Holder | None = None
    note: str = ""


def open_index(
    store: Store, home: Path, settings: MemorySettings, embedder: Embedder | None
) -> Indexer:
    """Return the index of a store, as the settings want it; nothing is opened yet.

    Args:
        store: The truth.
        home: The folder of everything that arriero keeps.
        settings: What memory obeys.
        embedder: What turns texts into vectors; None for nothing.
    """
    from memory.chroma import ChromaIndex

    index = ChromaIndex(settings.chroma or home / FOLDER)
    return Indexer(store, index, embedder=embedder, lock=LockFile(home / LOCK))


class Indexer:
    """An `Index` that is equal to a store, and needs no filling.

    Args:
        store: The truth.
        index: What is searched.
        embedder: Makes vectors of what has none by it; None leaves that.
        lock: Makes one process the only one that writes to the index; None where there is only one.
        delay: Seconds after the first search until the index is opened.
        exact: Vectors of one user up to which the store compares all of them itself.
    """

    def __init__(
        self,
        store: Store,
        index: KeptIndex,
        *,
        embedder: Embedder | None = None,
        lock: LockFile | None = None,
        delay: float = DELAY,
        exact: int = EXACT,
    ) -> None:
        self._store = store
        self._index = index
        self._lock = lock
        self._delay = delay
        self._exact = exact
        self._follower = Follower(store, index, embedder)
        self._task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._working = asyncio.Lock()
        self._state: State = "closed"
        self._reading = False
        self._suspect = False
        self._drops = self._dropped = 0
        self._note = ""

    async def search(self, vector: Vectors, *, user_id: str, space: Space, limit: int) -> list[Hit]:
        """Return the user's nearest, the nearest first."""
        self.start()
        ids: list[int] | None = None
        if limit > 0 and await self._worth(checked(user_id), space):
            try:
                ids = await self._candidates(vector, user_id, space, limit)
            except IndexBroken as error:
                # It is mended in the background.
                self._state, self._note = "broken", error.message
                self._suspect = not isinstance(error, IndexUnreachable)
                self._wake.set()
        return await self._store.exact(vector, user_id=user_id, limit=limit, space=space, ids=ids)

    async def put(
        self, ids: Sequence[int], vectors: Vectors, *, user_id: str, space: Space
    ) -> None:
        """Bring the index up to date soon: what it holds comes from the store alone."""
        checked(user_id)
        self.nudge()

    async def drop(self, ids: Sequence[int], *, user_id: str, space: Space) -> None:
        """Take out soon what the store has deleted, and leave no trace of it in the files."""
        checked(user_id)
        self._drops += 1
        self.nudge()

    async def forget_user(self, *, user_id: str) -> None:
        """Take out soon what the store has deleted of a user."""
        checked(user_id)
        self._drops += 1
        self.nudge()

    async def ids(self, *, user_id: str, space: Space) -> set[int]:
        """Return what is in the index of a user."""
        checked(user_id)
        return await self._index.ids(user_id=user_id, space=space) if self._usable else set()

    async def wipe(self) -> None:
        """Make the index anew."""
        await self.rebuild()

    def start(self) -> None:
        """Begin to keep the index up to date in the background."""
        if self._task is None:
            self._task = asyncio.create_task(self._keep())

    def nudge(self) -> None:
        """Say that something was written or deleted."""
        self.start()
        self._wake.set()

    async def ready(self) -> Status:
        """Wait until the index is open and up to date, or cannot be."""
        await self._hurry()
        return await self.status()

    async def settle(self) -> None:
        """Bring the index up to date now, and leave no trace of what was deleted in its files.

        Where there is no index yet, none is made.
        """
        if self._state != "closed" or self._index.exists:
            await self._hurry()

    async def rebuild(self, told: Told | None = None) -> Status:
        """Make the index anew from the store's vectors.

        Args:
            told: Is told how many vectors are in the index, and how many there are to be.

        Raises:
            IndexHeld: Another process has it.
            IndexBroken: It cannot be made.
        """
        self._follower.hurry = True
        try:
            async with self._working:
                if not self._store.database.exists():
                    return await self.status()
                if not self._take():
                    raise IndexHeld(self._note)
                self._note = ""
                if self._state == "closed":
                    # What is there may be of no use, and need not be: it is made anew.
                    with contextlib.suppress(IndexBroken):
                        await self._follower.open()
                await self._start_over(told)
        finally:
            self._follower.hurry = False
        return await self.status()

    async def status(self) -> Status:
        """Return how the index is, without opening it."""
        kind: Kind = "server" if self._shared else "folder"
        place, note = self._index.place, self._note or self._follower.note
        found = Status("memory" if place == "memory" else kind, place, self._state, note=note)
        if self._state == "held" and self._lock is not None:
            found = replace(found, holder=self._lock.holder())
        if self._usable:
            with contextlib.suppress(IndexBroken):
                applied = await self._applied()
                return replace(
                    found,
                    records=await self._index.count("records"),
                    passages=await self._index.count("passages"),
                    behind=await self._store.high() - min(applied.values()),
                )
        return found

    async def aclose(self) -> None:
        """Stop, and let go of the index.

        What was deleted a moment ago is still taken out of its files, if that takes no time.
        """
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        if self._dropped != self._drops and self._state == "open":
            with contextlib.suppress(TimeoutError, DatabaseError, sqlite3.Error, OSError):
                async with asyncio.timeout(LAST):
                    await self._hurry()
        await self._index.aclose()
        self._state = "closed"
        if self._lock is not None:
            self._lock.release()

    @property
    def _shared(self) -> bool:
        return "://" in self._index.place

    @property
    def _usable(self) -> bool:
        return self._state == "open" or (self._state == "held" and self._reading)

    async def _hurry(self) -> None:
        self._follower.hurry = True
        try:
            async with self._working:
                await self._work()
        finally:
            self._follower.hurry = False

    async def _applied(self) -> dict[Space, int]:
        """Return up to where the index knows everything, by whomever it was told."""
        if self._state == "open":
            return dict(self._follower.applied)
        mark = await self._index.mark()
        if mark is None or mark.embedder != self._store.model:
            raise IndexBroken("The index is being made.")
        return dict(mark.applied)

    async def _worth(self, user_id: str, space: Space) -> bool:
        """Tell whether the index is to be asked."""
        if not self._usable or not self._store.database.exists():
            return False
        if not self._exact:
            return True
        row = await self._store.database.run(lambda db: db.execute(_SIZE, (user_id,)).fetchone())
        return row is not None and int(row[space == "passages"]) > self._exact

    async def _candidates(
        self, vector: Vectors, user_id: str, space: Space, limit: int
    ) -> list[int] | None:
        """Return what may be nearest; None where the index cannot tell."""
        applied = (await self._applied()).get(space, 0)
        pending = []
        if await self._store.high() > applied:
            self._wake.set()
            pending = await self._store.after(applied, space=space, limit=PENDING)
            if len(pending) == PENDING:
                return None
        mine = [one for one in pending if one.user_id == user_id]
        search = self._index.search(vector, user_id=user_id, space=space, limit=limit + len(mine))
        try:
            # Unlike wait_for, which in Python 3.11 may lose that its caller was cancelled.
            async with asyncio.timeout(PATIENCE):
                hits = await search
        except TimeoutError:
            return None
        if (await self._applied()).get(space, 0) < applied:
            # It was emptied meanwhile.
            return None
        return [*{hit.id for hit in hits} | {one.id for one in mine}]

    async def _keep(self) -> None:
        await asyncio.sleep(self._delay)
        while True:
            self._wake.clear()
            try:
                async with self._working:
                    await self._work()
            except (DatabaseError, sqlite3.Error, OSError) as error:
                # Whoever needs the store meets the same error and tells it.
                self._state, self._note = "broken", str(error)
            wait = RETRY if self._state == "broken" else POLL
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._wake.wait()
                await asyncio.sleep(PAUSE)

    async def _work(self) -> None:
        """Open the index where it is not open, and bring it up to date."""
        if not self._store.database.exists() or not self._store.model:
            return
        try:
            if not self._take():
                await self._only_read()
                return
            if self._state != "open":
                await self._follower.open()
                self._state, self._note = "open", ""
            if self._suspect:
                raise IndexBroken("A search has failed.")
            drops = self._drops
            await self._follower.follow()
            self._dropped = drops
        except IndexUnreachable as error:
            self._state, self._note = "broken", error.message
        except IndexBroken as error:
            self._note = error.message
            with contextlib.suppress(IndexBroken):
                await self._start_over(None)

    async def _only_read(self) -> None:
        """Search what another process keeps up to date, if several may."""
        if self._shared and not self._reading:
            await self._follower.open(writes=False)
            self._reading = True

    async def _start_over(self, told: Told | None) -> None:
        """Make the index anew; where that fails, too, do without it."""
        found = self._note
        try:
            await self._follower.start_over()
            self._state, self._suspect = "open", False
            await self._follower.follow(told)
            self._note = f"It was made anew: {found}" if found else ""
        except IndexBroken as error:
            self._state, self._note = "broken", error.message
            raise

    def _take(self) -> bool:
        """Become the one who writes to the index, if nobody else is."""
        if self._lock is None or self._lock.take():
            return True
        holder = self._lock.holder()
        who = f"process {holder.pid} on {holder.host}" if holder else "another process"
        self._state = "held"
        self._note = (
            f"The index {self._index.place} is in use by {who}. This process searches without it; "
            "nothing that it remembers is lost."
        )
        return False
