"""The collections of a Chroma database that hold vectors: a few, each with many users' vectors.

One collection for each user would cost more than its vectors: ten thousand open files and seconds
at every start. One for all would have to be filtered at each search. So each user belongs to one of
a fixed number of collections, chosen by a digest of his id, which also stands for him in it.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from memory.digests import Digests
from memory.index import Hit, Space
from memory.kept import SPACES, IndexBroken, Mark, Row

if TYPE_CHECKING:
    from memory.embeddings import Vectors

SHARDS: dict[Space, int] = {"records": 64, "passages": 16}
"""How many collections there are at most. A change makes every index unreadable: see FORMAT."""
FORMAT = 1
HNSW = {"space": "cosine", "ef_search": 400, "ef_construction": 200, "max_neighbors": 24}
"""How Chroma's graph is built and searched. Of the 50 nearest of 8,000 vectors without any order,
the worst case, Chroma's own settings find 54 % in 1.9 ms, and these 97 % and more in 3.5 ms."""
NEW = ".new"
"""What the name of a collection ends with that is just taking another one's place."""
FILE = "chroma.sqlite3"
"""Chroma's own database in its folder."""
_PART = 500
_SEGMENT = "select id from segments where scope = 'VECTOR' and collection = ?"
_SEGMENTS = "select id from segments where scope = 'VECTOR'"
_COUNT = (
    "select c.name, count(e.id) from collections c "
    "join segments s on s.collection = c.id and s.scope = 'METADATA' "
    "left join embeddings e on e.segment_id = s.id group by c.name"
)


@dataclass(slots=True)
class Shard:
    """One collection.

    Args:
        name: Its name.
        collection: Chroma's own object.
        one: The digest of the only user that it ever had; empty where there were several.
        loose: Whether vectors were deleted that its files still hold.
        segment: The folder of its files; empty on a server.
    """

    name: str
    collection: Any
    one: str = ""
    loose: bool = False
    segment: str = ""


class Shards:
    """Blocking calls to Chroma, one caller writing, one reading at the same time.

    Args:
        client: Chroma's client.
        prefix: What the names of all collections begin with.
        folder: Where Chroma's files are; None for a server, which others use, too.
    """

    def __init__(self, client: Any, prefix: str, folder: Path | None) -> None:
        self._client = client
        self._prefix = prefix
        self._file = None if folder is None else folder / FILE
        self._digests = None if folder is None else Digests(folder)
        self._open: dict[str, Shard] = {}
        # A search must not meet the moment in which a collection takes another one's place.
        self._swapping = Lock()

    def mark(self) -> Mark | None:
        """Return what was noted; None where nothing was, or by another version of this module."""
        state = self._get(f"{self._prefix}-state")
        said = dict(state.metadata or {}) if state is not None else {}
        if said.get("format") != FORMAT:
            return None
        applied = {space: int(said.get(space, 0)) for space in SPACES}
        return Mark(str(said["identity"]), str(said["embedder"]), applied)

    def note(self, mark: Mark) -> None:
        """Keep a mark."""
        said: dict[str, Any] = {"format": FORMAT, "identity": mark.identity}
        said |= {"embedder": mark.embedder, **{str(one): n for one, n in mark.applied.items()}}
        name = f"{self._prefix}-state"
        state = self._client.get_or_create_collection(name, embedding_function=None)
        state.modify(metadata=said)

    def search(self, vector: Vectors, *, user_id: str, space: Space, limit: int) -> list[Hit]:
        """Return the user's nearest, the nearest first."""
        user = digest(user_id)
        with self._swapping:
            shard = self._find(self._name(space, user))
            if shard is None or limit < 1:
                return []
            # On a server others may have put a second user in meanwhile.
            alone = shard.one == user and self._file is not None
            found = shard.collection.query(
                query_embeddings=[vector],
                n_results=limit,
                where=None if alone else {"user": user},
                include=["distances"],
            )
            self._settle(shard)
        pairs = zip(found["ids"][0], found["distances"][0], strict=True)
        hits = [Hit(int(id_), 1.0 - float(distance)) for id_, distance in pairs]
        return sorted(hits, key=lambda hit: (-hit.likeness, -hit.id))

    def put(self, rows: Iterable[Row], space: Space) -> None:
        """Add vectors, or replace those that are there."""
        import numpy as np

        places: dict[str, dict[int, tuple[str, Any]]] = {}
        for row in rows:
            user = digest(row.user_id)
            places.setdefault(self._name(space, user), {})[row.id] = user, row.vector
        for name, found in places.items():
            users = {user for user, _ in found.values()}
            shard = self._find(name) or self._make(name, users)
            if users != {shard.one} and shard.one:
                self._describe(shard, one="")
            for part in parts(list(found)):
                shard.collection.upsert(
                    ids=[str(id_) for id_ in part],
                    embeddings=np.stack([found[id_][1] for id_ in part]),
                    metadatas=[{"user": found[id_][0]} for id_ in part],
                )
                self._settle(shard)

    def drop(self, ids: Sequence[int], *, user_id: str, space: Space) -> None:
        """Take vectors out; their collection is loose until it was made anew."""
        user = digest(user_id)
        shard = self._find(self._name(space, user))
        if shard is None:
            return
        for part in parts([str(id_) for id_ in ids]):
            there = shard.collection.get(ids=part, where={"user": user}, include=[])["ids"]
            if there:
                if not shard.loose:
                    self._describe(shard, loose=True)
                shard.collection.delete(ids=there)
            self._settle(shard)

    def ids(self, *, user_id: str, space: Space) -> set[int]:
        """Return what is there of a user."""
        user = digest(user_id)
        shard = self._find(self._name(space, user))
        if shard is None:
            return set()
        found = shard.collection.get(where={"user": user}, include=[])["ids"]
        self._settle(shard)
        return {int(id_) for id_ in found}

    def count(self, space: Space) -> int:
        """Return how many vectors there are; a folder's are counted without loading them."""
        begin = f"{self._prefix}-{space}-"
        if self._file is not None:
            counted = self._rows(_COUNT)
            return sum(int(n) for name, n in counted if name.startswith(begin))
        return sum(self._get(name).count() for name in self.names() if name.startswith(begin))

    def names(self) -> list[str]:
        """Return the names of all collections that are ours."""
        names = [one.name for one in self._client.list_collections()]
        return sorted(name for name in names if name.startswith(f"{self._prefix}-"))

    def check(self) -> None:
        """Compare all files with what they should be.

        Raises:
            IndexBroken: One differs.
        """
        if self._digests is not None:
            for segment in self.segments():
                self._digests.check(segment)

    def segments(self) -> list[str]:
        """Return the folders of all collections' files; none on a server."""
        return [str(segment) for (segment,) in self._rows(_SEGMENTS)]

    def forget_files(self) -> None:
        """Let go of what is known of files of collections that are gone."""
        if self._digests is not None:
            self._digests.keep(self.segments())

    def shards(self) -> Iterator[Shard]:
        """Go through all collections with vectors."""
        for name in self.names():
            if not name.endswith((NEW, "-state")) and (shard := self._find(name)) is not None:
                yield shard

    def wipe(self) -> None:
        """Delete all collections that are ours, what was noted first of all."""
        for name in sorted(self.names(), key=lambda name: not name.endswith("-state")):
            self._client.delete_collection(name)
        self._open.clear()

    def recover(self) -> None:
        """Finish what a process that died had begun: a collection taking another one's place."""
        names = set(self.names())
        for name in sorted(names):
            old = name.removesuffix(NEW)
            if old == name:
                continue
            if old in names:
                self._client.delete_collection(name)
            else:
                self._get(name).modify(name=old)

    def begin(self, shard: Shard) -> Shard:
        """Make an empty collection that is to take another one's place."""
        name = shard.name + NEW
        if name in self.names():
            self._client.delete_collection(name)
        return self._created(name, shard.one)

    def copy(self, ids: Sequence[str], old: Shard, new: Shard) -> None:
        """Copy vectors from one collection to another."""
        found = old.collection.get(ids=ids, include=["embeddings", "metadatas"])
        new.collection.upsert(
            ids=found["ids"], embeddings=found["embeddings"], metadatas=found["metadatas"]
        )
        self._settle(old)
        self._settle(new)

    def swap(self, old: Shard, new: Shard) -> None:
        """Put a collection in the place of another one."""
        with self._swapping:
            self._client.delete_collection(old.name)
            new.collection.modify(name=old.name)
            new.name = old.name
            self._open[new.name] = new

    def _name(self, space: Space, user: str) -> str:
        return f"{self._prefix}-{space}-{int(user[:8], 16) % SHARDS[space]:02d}"

    def _find(self, name: str) -> Shard | None:
        """Return a collection; None where there is none yet."""
        if name in self._open and self._file is not None:
            return self._open[name]
        collection = self._get(name)
        if collection is None and self._file is None and self._get(name + NEW) is not None:
            raise IndexBroken(f"The collection {name} is just being made anew.")
        if collection is None:
            return None
        said = collection.metadata or {}
        shard = self._shard(collection, str(said.get("one", "")), loose=bool(said.get("loose")))
        if self._digests is not None:
            self._digests.check(shard.segment)
        self._open[name] = shard
        return shard

    def _make(self, name: str, users: set[str]) -> Shard:
        self._open[name] = self._created(name, next(iter(users)) if len(users) == 1 else "")
        return self._open[name]

    def _shard(self, collection: Any, one: str, *, loose: bool = False) -> Shard:
        segments = self._rows(_SEGMENT, str(collection.id))
        return Shard(collection.name, collection, one, loose, segments[0][0] if segments else "")

    def _settle(self, shard: Shard) -> None:
        if self._digests is not None:
            self._digests.renew(shard.segment)

    def _rows(self, query: str, *values: str) -> list[Any]:
        if self._file is None:
            return []
        with closing(sqlite3.connect(self._file, timeout=10)) as db:
            return db.execute(query, values).fetchall()

    def _describe(self, shard: Shard, *, one: str | None = None, loose: bool = False) -> None:
        """Say something of a collection before it becomes true."""
        shard.one = shard.one if one is None else one
        shard.loose = shard.loose or loose
        # What is there already is said again: Chroma forgets what it is not told.
        shard.collection.modify(metadata={"one": shard.one, "loose": shard.loose})

    def _created(self, name: str, one: str) -> Shard:
        made = self._client.create_collection(
            name,
            metadata={"one": one, "loose": False},
            configuration={"hnsw": HNSW},
            embedding_function=None,
        )
        return self._shard(made, one)

    def _get(self, name: str) -> Any:
        from chromadb.errors import NotFoundError

        try:
            return self._client.get_collection(name, embedding_function=None)
        except NotFoundError:
            return None


def digest(user_id: str) -> str:
    """Return what stands for a user in the index.

    Raises:
        ValueError: The name holds half a character: it must not stand for another name.
    """
    return hashlib.blake2b(user_id.encode(), digest_size=12).hexdigest()


def parts(things: Sequence[Any], size: int = _PART) -> Iterator[Sequence[Any]]:
    """Cut a sequence into pieces that Chroma takes in one call."""
    for start in range(0, len(things), size):
        yield things[start : start + size]
