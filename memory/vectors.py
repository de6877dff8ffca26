"""Vectors in SQLite: half-precision blobs, searched exactly, and handed to whoever indexes them.

The vectors of one user lie together in the file: a vector's place is the user's number and the
record's id in one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from memory.fulltext import Owner
from memory.index import Hit, Space

if TYPE_CHECKING:
    from memory.embeddings import Vectors

_SHIFT = 32
_BATCH = 4096
_PENDING: dict[Space, str] = {
    "records": (
        "select seq, id, user_id, vector from records join users using (owner) "  # noqa: S608
        f"join vectors on place = (owner << {_SHIFT}) + id "
        "where seq > ? and model = (select model from models where name = ?) "
        "order by seq limit ?"
    ),
    "passages": (
        "select seq, id, user_id, vector from passages "
        "where seq > ? and vector is not null and model = ? order by seq limit ?"
    ),
}


@dataclass(frozen=True, slots=True)
class Pending:
    """Something that an index may not know yet.

    Args:
        seq: Its place in the order of all writings.
        id: The record or passage.
        user_id: Whose it is.
        vector: Its vector, as an array [dimensions]; None where it was deleted.
    """

    seq: int
    id: int
    user_id: str
    vector: Vectors | None


def place(owner: Owner, record_id: int) -> int:
    """Return where a record's vector lies."""
    return (owner.number << _SHIFT) + record_id


def reserve(db: sqlite3.Connection, count: int) -> int:
    """Take the next numbers of the order of writings, and return the last of them."""
    query = "update meta set value = value + ? where name = 'seq' returning value"
    return int(db.execute(query, (count,)).fetchall()[0][0])


def model_number(db: sqlite3.Connection, name: str) -> int:
    """Return the number of an embedder; 0 for none."""
    if not name:
        return 0
    query = "select model from models where name = ?"
    row = db.execute(query, (name,)).fetchone()
    if row is None:
        db.execute("insert into models (name) values (?)", (name,))
        row = db.execute(query, (name,)).fetchone()
    return int(row[0])


def pack(vector: Any) -> bytes:
    """Return a vector as it is stored."""
    import numpy as np

    return bytes(np.asarray(vector, np.float16).tobytes())


def unpack(blob: bytes) -> Vectors:
    """Return a stored vector as an array [dimensions]."""
    import numpy as np

    return np.frombuffer(blob, np.float16).astype(np.float32)


def put(db: sqlite3.Connection, owner: Owner, found: Iterable[tuple[int, int, Any]]) -> None:
    """Store vectors of records, each with its id and the number of its embedder."""
    rows = [
        (place(owner, id_), 0 if vector is None else model, b"" if vector is None else pack(vector))
        for id_, model, vector in found
    ]
    db.executemany("insert or replace into vectors values (?, ?, ?)", rows)


def bury(db: sqlite3.Connection, ids: Sequence[int], user_id: str) -> None:
    """Note that an index must let go of these records."""
    last = reserve(db, len(ids))
    rows = [(last - at, "records", id_, user_id) for at, id_ in enumerate(reversed(ids))]
    db.executemany("insert into tombstones values (?, ?, ?, ?)", rows)


def search(
    db: sqlite3.Connection,
    owner: Owner,
    vector: Vectors,
    *,
    space: Space,
    limit: int,
    model: str,
    ids: Sequence[int] | None = None,
) -> list[Hit]:
    """Return the user's nearest vectors, each of them compared.

    Args:
        db: The database.
        owner: Whose vectors.
        vector: The query's vector, as an array [dimensions].
        space: Records or passages.
        limit: How many at most.
        model: The name of the embedder; vectors of others are not compared.
        ids: Only these.
    """
    import numpy as np

    query = np.asarray(vector, np.float32)
    size = query.size * 2
    found: list[tuple[float, int]] = []
    for rows in _stored(db, owner, space, model, ids):
        fit = [(id_, blob) for id_, blob in rows if len(blob) == size]
        if not fit:
            continue
        stored = np.frombuffer(b"".join(blob for _, blob in fit), np.float16)
        scores = stored.reshape(len(fit), query.size).astype(np.float32) @ query
        best = np.argpartition(-scores, limit - 1)[:limit] if len(fit) > limit else range(len(fit))
        found.extend((float(scores[at]), fit[at][0]) for at in best)
        found = sorted(found, key=lambda one: (-one[0], -one[1]))[:limit]
    return [Hit(id_, score) for score, id_ in found]


def after(
    db: sqlite3.Connection, seq: int, *, space: Space, model: str, limit: int
) -> list[Pending]:
    """Return what was written after a place in the order, and what was deleted, the first first."""
    rows = db.execute(_PENDING[space], (seq, model, limit)).fetchall()
    query = (
        "select seq, id, user_id, null from tombstones where space = ? and seq > ? "
        "order by seq limit ?"
    )
    rows += db.execute(query, (space, seq, limit)).fetchall()
    return [
        Pending(number, id_, user_id, None if blob is None else unpack(blob))
        for number, id_, user_id, blob in sorted(rows, key=lambda row: int(row[0]))[:limit]
    ]


def _stored(
    db: sqlite3.Connection, owner: Owner, space: Space, model: str, ids: Sequence[int] | None
) -> Iterable[list[tuple[int, bytes]]]:
    if space == "records":
        first = owner.number << _SHIFT
        query = (
            f"select place - {first}, vector from vectors where place between ? and ? "  # noqa: S608
            "and +model = (select model from models where name = ?)"
        )
        values: tuple[Any, ...] = (first, first + (1 << _SHIFT) - 1, model)
        column = "place"
    else:
        first = 0
        query = "select id, vector from passages where user_id = ? and model = ?"
        values, column = (owner.user_id, model), "id"
    if ids is None:
        cursor = db.execute(query, values)
        while rows := cursor.fetchmany(_BATCH):
            yield rows
        return
    for start in range(0, len(ids), 500):
        part = [first + id_ for id_ in ids[start : start + 500]]
        marks = ", ".join("?" * len(part))
        yield db.execute(f"{query} and {column} in ({marks})", (*values, *part)).fetchall()
