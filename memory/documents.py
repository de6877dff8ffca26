"""The user's documents: read where they are, kept as passages, and found again.

Nothing is copied: a passage is what a search shows, and goes with its document.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from memory import document_rows as table
from memory.document_rows import Document, DocumentPassage
from memory.document_search import CANDIDATES, Asked, FoundPassage, search
from memory.document_vectors import PassageVectors
from memory.embeddings import Embedder, EmbedderError
from memory.index import Index
from memory.reading import DocumentReader, Reading, Unreadable, UnreadableCause, is_address

if TYPE_CHECKING:
    from memory.embeddings import Vectors
    from memory.store import Store

__all__ = [
    "Document",
    "DocumentPassage",
    "Documents",
    "FoundPassage",
    "Report",
    "Teller",
    "Told",
    "absolute",
]

T = TypeVar("T")
Outcome = Literal["added", "changed", "unchanged", "removed", "unreadable"]
EXACT = 20_000
"""A user's passages up to which comparing each of them is quicker than asking the index."""
GONE: frozenset[UnreadableCause] = frozenset(("missing", "empty", "type", "no_text"))
"""Causes for which what was read before is removed: the place does not hold it anymore."""
UNTOLD: Mapping[str, str] = {"type": "no text", "empty": "empty"}
"""What is counted in folders, where nobody expects that all files can be read."""
CHECK_SECONDS = 5.0
"""How often files are looked at, at most, because somebody searches them."""
_BATCH = 64


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one place.

    Args:
        place: The path of the file, or the address.
        outcome: What was done.
        reason: Why it cannot be read, or what else is to be known; mostly empty.
        document: The document as it is kept now; None where there is none.
        cause: Why it cannot be read, in one word for programs; mostly empty.
    """

    place: str
    outcome: Outcome
    reason: str = ""
    document: Document | None = None
    cause: UnreadableCause | Literal[""] = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What became of all places.

    Args:
        told: What became of each.
        skipped: How many files were passed over, by reason.
    """

    told: Sequence[Told]
    skipped: Mapping[str, int] = field(default_factory=dict)


Teller = Callable[[Told], None]


def ignore(told: Told) -> None:
    """Tell nobody."""


class Documents:
    """The documents of all users; every call names the user.

    Args:
        store: The truth.
        index: Where the vectors of many passages are searched; None compares each.
        embedder: What turns texts into vectors.
    """

    def __init__(self, store: Store, index: Index | None, embedder: Embedder) -> None:
        self._database = store.database
        self._index = index
        self._embedder = embedder
        self._vectors = PassageVectors()
        self._checked: dict[str, float] = {}
        self._checks: set[asyncio.Task[Report]] = set()

    async def any(self, *, user_id: str) -> bool:
        """Tell whether a user has documents."""
        query = "select 1 from documents where user_id = ? and kind <> 'folder' limit 1"
        return bool(await self._read(user_id, lambda db: db.execute(query, (user_id,)).fetchone()))

    async def list(self, *, user_id: str) -> Sequence[Document]:
        """Return the user's documents by their places."""
        where = "and kind <> 'folder' order by place"
        return await self._read(user_id, lambda db: table.read(db, user_id, where)) or []

    async def folders(self, *, user_id: str) -> Sequence[Document]:
        """Return the folders that the user has added, which are looked through for new files."""
        where = "and kind = 'folder' order by place"
        return await self._read(user_id, lambda db: table.read(db, user_id, where)) or []

    async def find(self, name: str, *, user_id: str) -> Sequence[Document]:
        """Return the documents that a number, a path or an address names; a folder's are many."""
        path = name if is_address(name) else absolute(name)
        below = path.rstrip(os.sep) + os.sep

        def work(db: sqlite3.Connection) -> list[Document]:
            if name.isascii() and name.isdigit():
                return table.read(db, user_id, "and id = ?", (int(name),))
            where = "and (place = ? or substr(place, 1, ?) = ?) order by place"
            return table.read(db, user_id, where, (path, len(below), below))

        return await self._read(user_id, work) or []

    async def passages(self, document_id: int, *, user_id: str) -> Sequence[DocumentPassage]:
        """Return the passages of a document in their order."""
        where = "and document_id = ? order by id"

        def work(db: sqlite3.Connection) -> list[DocumentPassage]:
            return table.passages(db, user_id, where, (document_id,))

        return await self._read(user_id, work) or []

    async def add(
        self, place: str, reader: DocumentReader, *, user_id: str, tell: Teller = ignore
    ) -> Report:
        """Read a file, an address, or all that lies in a folder; what is known is read anew.

        Args:
            place: The path or the address.
            reader: What reads it.
            user_id: Whose document it is.
            tell: Called with what became of each place, as soon as it is known.

        Raises:
            Unreadable: The folder cannot be listed. What became of files is in the report.
        """
        _check(user_id)
        place = place if is_address(place) else absolute(place)
        if not await asyncio.to_thread(os.path.isdir, place):
            told = await self._take(place, reader, user_id)
            tell(told)
            return Report((told,))
        listing = await reader.files(place)
        folder = Reading(place=place, title=os.path.basename(place), kind="folder", digest="")
        await self._write(folder, user_id)
        return await self._take_all(listing.files, reader, user_id, tell, listing.skipped)

    async def refresh(
        self, reader: DocumentReader, *, user_id: str, tell: Teller = ignore
    ) -> Report:
        """Read again what has changed, remove what is gone, and add what is new in folders.

        Args:
            reader: What reads them.
            user_id: Whose documents.
            tell: Called with what became of each place, as soon as it is known.
        """
        known = await self.list(user_id=user_id)
        there = {one.place for one in known}
        told: list[Told] = []
        skipped: Counter[str] = Counter()
        places = [one.place for one in await _not_same(known)]
        for folder in await self.folders(user_id=user_id):
            try:
                listing = await reader.files(folder.place)
            except Unreadable as error:
                told.append(await self._unread(folder.place, folder, error, user_id))
                tell(told[-1])
                continue
            places += [one for one in listing.files if one not in there]
            skipped.update(listing.skipped)
        report = await self._take_all(dict.fromkeys(places), reader, user_id, tell, skipped)
        return Report((*told, *report.told), report.skipped)

    async def remove(self, documents: Sequence[Document], *, user_id: str) -> Sequence[Document]:
        """Delete documents without a trace; return the folders that are not looked through anymore.

        A folder that was added and in which one of them lies is forgotten as such, or its next
        refreshing would bring the document back.
        """
        _check(user_id)
        gone = {one.id for one in documents}

        def around(folder: Document) -> bool:
            return any(one.place.startswith(folder.place + os.sep) for one in documents)

        folders = [one for one in await self.folders(user_id=user_id) if one.id not in gone]
        left = [folder for folder in folders if around(folder)]
        if documents:
            await self._delete([*documents, *left], user_id)
        return left

    async def search(self, query: str, *, user_id: str, limit: int = 8) -> Sequence[FoundPassage]:
        """Return the passages of the user's documents that fit a query best, the best first."""
        if not query.strip() or not await self.any(user_id=user_id):
            return []
        asked = Asked(query, await self._vector(query), self._embedder.name)
        if asked.vector is not None and self._index is not None and await self._many(user_id):
            hits = await self._index.search(
                asked.vector, user_id=user_id, space="passages", limit=CANDIDATES
            )
            asked = replace(asked, near=[hit.id for hit in hits])

        def work(db: sqlite3.Connection) -> list[FoundPassage]:
            return search(db, user_id, asked, self._vectors, limit)

        return await self._read(user_id, work) or []

    def check_soon(self, reader: DocumentReader, *, user_id: str) -> None:
        """Read changed files again, beside what is going on; at most every few seconds.

        Files that are gone stay known until `refresh`: the disk that they are on may be away.
        """
        now = time.monotonic()
        if now - self._checked.get(user_id, -CHECK_SECONDS) < CHECK_SECONDS:
            return
        self._checked[user_id] = now
        task = asyncio.create_task(self.check(reader, user_id=user_id))
        self._checks.add(task)
        task.add_done_callback(self._checks.discard)

    async def check(self, reader: DocumentReader, *, user_id: str) -> Report:
        """Read again the files whose time or size has changed."""
        known = await _not_same(await self.list(user_id=user_id), "changed")
        files = [one.place for one in known if not is_address(one.place)]
        return await self._take_all(files, reader, user_id)

    async def settled(self) -> None:
        """Wait until what is going on beside searches is done."""
        await asyncio.gather(*self._checks, return_exceptions=True)

    async def aclose(self) -> None:
        """Give up what is going on."""
        for task in tuple(self._checks):
            task.cancel()
        await asyncio.gather(*self._checks, return_exceptions=True)

    async def _take_all(
        self,
        places: Iterable[str],
        reader: DocumentReader,
        user_id: str,
        tell: Teller = ignore,
        skipped: Mapping[str, int] | None = None,
    ) -> Report:
        """Read many places; what holds no text is counted rather than told."""
        found: list[Told] = []
        counts = Counter(skipped or {})
        for place in places:
            told = await self._take(place, reader, user_id)
            if told.outcome == "unreadable" and told.cause in UNTOLD:
                counts[UNTOLD[told.cause]] += 1
                continue
            tell(told)
            found.append(told)
        return Report(tuple(found), dict(counts))

    async def _take(self, place: str, reader: DocumentReader, user_id: str) -> Told:
        """Read a place, and write down what was read unless it is known."""
        known = await self._read(user_id, lambda db: table.read_place(db, user_id, place))
        if known and await asyncio.to_thread(_state, known) == "same":
            return Told(place, "unchanged", "", known)
        try:
            reading = await reader.read(place)
        except Unreadable as error:
            return await self._unread(place, known, error, user_id)
        if known and known.digest == table.digest_of(reading):
            await self._database.change(lambda db: table.seen(db, known, reading.modified))
            same = replace(known, modified=reading.modified)
            return Told(place, "unchanged", reading.remark, same)
        document = await self._write(reading, user_id)
        return Told(place, "changed" if known else "added", reading.remark, document)

    async def _unread(
        self, place: str, known: Document | None, error: Unreadable, user_id: str
    ) -> Told:
        """Tell why a place cannot be read; what it held and holds no more is removed."""
        if known is None or error.cause not in GONE:
            return Told(place, "unreadable", error.reason, known, error.cause)
        await self._delete([known], user_id)
        return Told(place, "removed", error.reason, None, error.cause)

    async def _delete(self, documents: Sequence[Document], user_id: str) -> None:
        gone = await self._database.change(
            lambda db: table.remove(db, user_id, documents), wipe=True
        )
        self._vectors.forget(user_id)
        if gone and self._index is not None:
            await self._index.drop(gone, user_id=user_id, space="passages")

    async def _write(self, reading: Reading, user_id: str) -> Document:
        """Embed the passages, and then write all of a document at once."""
        made: list[Any] = []
        texts = [one.text for one in reading.pieces]
        with suppress(EmbedderError):  # it is found by its words
            for start in range(0, len(texts), _BATCH):
                part = texts[start : start + _BATCH]
                made.extend(await asyncio.to_thread(self._embedder.embed, part))
        model, now = self._embedder.name, time.time()

        def work(db: sqlite3.Connection) -> Document:
            return table.write(db, user_id, reading, made, model, now)

        return await self._database.change(work, wipe=True)

    async def _vector(self, query: str) -> Vectors | None:
        try:
            made: Vectors = (await asyncio.to_thread(self._embedder.embed, [query]))[0]
        except EmbedderError:  # words alone find well enough
            return None
        return made

    async def _many(self, user_id: str) -> bool:
        query = "select passages > ? from users where user_id = ?"
        row = await self._read(user_id, lambda db: db.execute(query, (EXACT, user_id)).fetchone())
        return bool(row and row[0])

    async def _read(self, user_id: str, work: Callable[[sqlite3.Connection], T]) -> T | None:
        """Read as one state of the file; None where nothing was ever written."""
        _check(user_id)
        return await self._database.read(work) if self._database.exists() else None


def absolute(place: str) -> str:
    """Return the path of a file as it is kept: whole, and without links on its way."""
    return os.path.realpath(os.path.expanduser(place))


def _check(user_id: str) -> None:
    if not user_id:
        raise ValueError("Documents need a user.")


def _state(document: Document) -> Literal["same", "changed", "gone"]:
    """Tell by a file's time and size whether it is as it was; of an address nothing can."""
    if is_address(document.place):
        return "changed"
    try:
        found = os.stat(document.place)
    except OSError:
        return "gone"
    same = (found.st_mtime, found.st_size) == (document.modified, document.size)
    return "same" if same else "changed"


async def _not_same(documents: Sequence[Document], state: str = "") -> list[Document]:
    """Return the documents that have changed or are gone, or only those in one state."""

    def work() -> list[Document]:
        states = [(one, _state(one)) for one in documents]
        return [one for one, now in states if now == state or (not state and now != "same")]

    return await asyncio.to_thread(work)
