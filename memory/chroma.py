"""Chroma as an index: a folder that one process has for itself, or a server that many use."""

from __future__ import annotations

import asyncio
import logging
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from memory.index import Hit, Space
from memory.kept import IndexBroken, IndexUnreachable, Mark, Row, checked
from memory.shards import FILE, Shard, Shards

if TYPE_CHECKING:
    from memory.embeddings import Vectors

DEATHS = 2
"""Processes that may die in a row while they write, before the folder is no longer trusted."""
SECONDS = 10.0
"""Seconds that a server may take for an answer."""
T = TypeVar("T")


class ChromaIndex:
    """Vectors in Chroma. Calls wait for it in two threads of the index: one reads, one writes.

    Args:
        place: A folder, which nobody else may use meanwhile, or the address of a server.
    """

    def __init__(self, place: Path | str) -> None:
        self._folder = place if isinstance(place, Path) else None
        self._address = "" if isinstance(place, Path) else place
        self._writer = ThreadPoolExecutor(1, "chroma-writer")
        self._reader = ThreadPoolExecutor(1, "chroma-reader")
        self._client: Any = None
        self._shards: Shards | None = None
        self._renewal: _Renewal | None = None

    @property
    def place(self) -> str:
        """Say where it is, for people."""
        return str(self._folder or self._address)

    @property
    def exists(self) -> bool:
        """Whether there may be anything in it that was put there before."""
        return self._folder is None or self._folder.exists()

    async def open(self, identity: str, *, writes: bool = True) -> Mark | None:
        """Open it for a store, or make it; return what was noted last, None where it is new."""

        def work() -> Mark | None:
            self._connect(identity)
            if writes:
                self._opened.recover()
                self._remove_orphans()
            return self._opened.mark()

        return await self._run(self._writer, work)

    async def mark(self) -> Mark | None:
        """Return what was noted last, by whomever."""
        return await self._run(self._reader, lambda: self._opened.mark())

    async def note(self, mark: Mark) -> None:
        """Keep a mark; what it says is in the index is there already, and as safe as it."""
        await self._run(self._writer, lambda: self._opened.note(mark))

    async def search(self, vector: Vectors, *, user_id: str, space: Space, limit: int) -> list[Hit]:
        """Return the user's nearest, the nearest first."""
        whose = checked(user_id)

        def work() -> list[Hit]:
            return self._opened.search(vector, user_id=whose, space=space, limit=limit)

        return await self._run(self._reader, work)

    async def put(
        self, ids: Sequence[int], vectors: Vectors, *, user_id: str, space: Space
    ) -> None:
        """Add vectors, or replace those that are there."""
        found = zip(ids, vectors, strict=True)
        await self.put_all([Row(id_, user_id, vector) for id_, vector in found], space=space)

    async def put_all(self, rows: Sequence[Row], *, space: Space) -> None:
        """Add vectors of several users, or replace those that are there."""
        for row in rows:
            checked(row.user_id)

        def work() -> None:
            self._renewal = None
            with self._at_risk():
                self._opened.put(rows, space)

        await self._run(self._writer, work)

    async def drop(self, ids: Sequence[int], *, user_id: str, space: Space) -> None:
        """Take vectors out; those that are not there do not matter."""
        whose = checked(user_id)

        def work() -> None:
            self._renewal = None
            with self._at_risk():
                self._opened.drop(ids, user_id=whose, space=space)

        await self._run(self._writer, work)

    async def ids(self, *, user_id: str, space: Space) -> set[int]:
        """Return what is there of a user."""
        whose = checked(user_id)
        return await self._run(self._reader, lambda: self._opened.ids(user_id=whose, space=space))

    async def count(self, space: Space) -> int:
        """Return how many vectors there are of all users."""
        return await self._run(self._reader, lambda: self._opened.count(space))

    async def check(self) -> None:
        """Compare the files with what they should be, before anything depends on them."""
        await self._run(self._writer, lambda: self._opened.check())

    async def scrub(self, limit: int = 16) -> bool:
        """Make a part of what was dropped unreadable in the files; tell whether more is left.

        Args:
            limit: Vectors that are copied at most: a loose collection is made anew.
        """
        return await self._run(self._writer, lambda: self._scrub(limit))

    async def wipe(self) -> None:
        """Take everything out, so that it can be filled again."""

        def work() -> None:
            self._renewal = None
            self._opened.wipe()
            self._clear_files()

        await self._run(self._writer, work)

    async def discard(self) -> None:
        """Close it and put away what is there, so that `open` makes it anew.

        A damaged folder is deleted when the new one is complete.
        """

        def work() -> None:
            if self._folder is None:
                self._opened.wipe()
            self._disconnect()
            if self._folder is not None and self._folder.exists():
                _remove(self._damaged)
                self._folder.rename(self._damaged)
            self._fuse.unlink(missing_ok=True)

        await self._run(self._writer, work)

    async def aclose(self) -> None:
        """Let go of files and connections."""
        self._reader.shutdown(wait=False, cancel_futures=True)
        with suppress(IndexBroken, RuntimeError):
            await self._run(self._writer, self._disconnect)
        self._writer.shutdown(wait=False)

    @property
    def _opened(self) -> Shards:
        if self._shards is None:
            raise IndexBroken(f"The index {self.place} is not open.")
        return self._shards

    @property
    def _damaged(self) -> Path:
        return Path(f"{self._folder}.damaged")

    @property
    def _fuse(self) -> Path:
        return Path(f"{self._folder}.writing")

    async def _run(self, thread: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(thread, lambda: self._guarded(work))

    def _guarded(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except (IndexBroken, ValueError):
            raise
        # Chroma raises whatever its parts do, and its Rust parts panic outside of Exception: all of
        # it means that the index cannot be used, which is mended by filling it anew.
        except BaseException as error:
            if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
                raise
            text = " ".join(str(error).split())[:300]
            said = f"The index {self.place} cannot be used: {text}"
            raise (IndexUnreachable if _is_network(error) else IndexBroken)(said) from error

    def _connect(self, identity: str) -> None:
        self._disconnect()
        if self._folder is None:
            self._client = _server(self._address)
            self._shards = Shards(self._client, f"arriero-{identity[:16]}", None)
            return
        if _deaths(self._fuse) >= DEATHS:
            raise IndexBroken(f"The last {DEATHS} processes died while they wrote to {self.place}.")
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._client = _local(self._folder)
        self._shards = Shards(self._client, "arriero", self._folder)

    def _disconnect(self) -> None:
        client, self._client, self._shards, self._renewal = self._client, None, None, None
        if client is not None:
            client.close()
            # Chroma's client leaves its connections to a server open.
            for session in _sessions(client):
                session.close()

    @contextmanager
    def _at_risk(self) -> Iterator[None]:
        """Count the processes that die in here: a damaged file can end them without a word."""
        if self._folder is None:
            yield
            return
        self._fuse.write_text(str(_deaths(self._fuse) + 1), encoding="utf-8")
        try:
            yield
        finally:
            self._fuse.unlink(missing_ok=True)

    def _scrub(self, limit: int) -> bool:
        if self._renewal is None:
            loose = next((shard for shard in self._opened.shards() if shard.loose), None)
            if loose is None:
                if self._folder is not None:
                    _remove(self._damaged)
                return False
            with self._at_risk():
                self._renewal = _Renewal(self._opened, loose)
            return True
        with self._at_risk():
            if self._renewal.step(limit):
                return True
            self._renewal = None
            self._clear_files()
        return True

    def _clear_files(self) -> None:
        """Delete what Chroma leaves behind of deleted collections: folders, and free pages."""
        if self._folder is not None:
            self._remove_orphans()
            with closing(sqlite3.connect(self._folder / FILE, timeout=SECONDS)) as db:
                db.execute("vacuum")

    def _remove_orphans(self) -> None:
        if self._folder is None:
            return
        self._opened.forget_files()
        used = set(self._opened.segments())
        for folder in self._folder.iterdir():
            if folder.is_dir() and folder.name not in used:
                shutil.rmtree(folder, ignore_errors=True)


class _Renewal:
    """A collection that is copied without what was deleted, and then takes the old one's place."""

    def __init__(self, shards: Shards, shard: Shard) -> None:
        self._shards = shards
        self._shard = shard
        self._new = shards.begin(shard)
        self._left = iter(shard.collection.get(include=[])["ids"])

    def step(self, limit: int) -> bool:
        """Copy some vectors; tell whether there is more to do."""
        some = list(islice(self._left, limit))
        if not some:
            self._shards.swap(self._shard, self._new)
            return False
        self._shards.copy(some, self._shard, self._new)
        return True


def _remove(path: Path) -> None:
    with suppress(OSError):
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def _deaths(fuse: Path) -> int:
    with suppress(OSError, ValueError):
        return int(fuse.read_text(encoding="utf-8"))
    return 0


def _local(folder: Path) -> Any:
    chromadb, settings = _chromadb()
    try:
        return chromadb.PersistentClient(str(folder), settings=settings)
    except BaseException:
        from chromadb.api.shared_system_client import SharedSystemClient as Known

        # Chroma would give the half-made client to the next one who asks for this folder.
        for clients in (Known._identifier_to_system, Known._identifier_to_refcount):
            clients.pop(str(folder), None)
        raise


def _server(address: str) -> Any:
    import httpx

    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise IndexBroken(f"{address} is not the address of a Chroma server.")
    try:
        httpx.get(f"{address.rstrip('/')}/api/v2/heartbeat", timeout=SECONDS).raise_for_status()
    except httpx.HTTPError as error:
        raise IndexUnreachable(f"The Chroma server {address} does not answer: {error}") from error
    chromadb, settings = _chromadb()
    secure = parts.scheme == "https"
    client = chromadb.HttpClient(
        parts.hostname, parts.port or (443 if secure else 80), ssl=secure, settings=settings
    )
    # Chroma's client waits for ever by itself.
    for session in _sessions(client):
        session.timeout = SECONDS
    return client


def _is_network(error: BaseException) -> bool:
    """Tell whether a call has failed on its way to a server."""
    import httpx

    return isinstance(error, httpx.HTTPError)


def _sessions(client: Any) -> list[Any]:
    """Return the connections of a client to a server; none for a folder's."""
    parts = (client, getattr(client, "_admin_client", None))
    found = (getattr(getattr(part, "_server", None), "_session", None) for part in parts)
    return [session for session in found if session is not None]


def _chromadb() -> tuple[Any, Any]:
    # Whole, and before Chroma imports parts of it: another thread may be importing it, too, and
    # two that begin in the middle of each other get a half of it.
    import numpy  # noqa: F401, I001
    import chromadb
    from chromadb.config import Settings

    # What it has to say goes to nobody's terminal.
    logging.getLogger("chromadb").addHandler(logging.NullHandler())
    # Without the file `.env` of the folder that one happens to be in.
    options: dict[str, Any] = {"anonymized_telemetry": False, "_env_file": None}
    return chromadb, Settings(**options)
