"""Records and passages that still need a vector, and the vectors that they get."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from memory import rows, vectors
from memory.index import Space

if TYPE_CHECKING:
    from memory.embeddings import Vectors


@dataclass(frozen=True, slots=True)
class Missing:
    """Something without a vector.

    Args:
        id: The record or passage.
        user_id: Whose it is.
        text: What its vector is to be made of.
    """

    id: int
    user_id: str
    text: str


def missing(db: sqlite3.Connection, model: str, limit: int, space: Space) -> list[Missing]:
    """Return what has no vector by this embedder."""
    if space == "passages":
        return _passages(db, model, limit)
    row = db.execute("select model from models where name = ?", (model,)).fetchone()
    number = row[0] if row else -1
    found: list[Missing] = []
    # Each side of the number is a range of the index; unlike "is not" it is not walked through.
    for side in ("<", ">"):
        query = (
            "select place & 4294967295, user_id from vectors "  # noqa: S608
            f"join users on owner = place >> 32 where model {side} ? limit ?"
        )
        for id_, user_id in db.execute(query, (number, limit - len(found))).fetchall():
            found += [
                Missing(id_, user_id, rows.embedded_text(record))
                for record in rows.read_ids(db, user_id, [id_])
            ]
    return found


def _passages(db: sqlite3.Connection, model: str, limit: int) -> list[Missing]:
    query = "select id, user_id, text from passages where model {} ? limit ?"
    found: list[Missing] = []
    for side in ("<", ">"):
        left = limit - len(found)
        found += [Missing(*row) for row in db.execute(query.format(side), (model, left)).fetchall()]
    return found


def fill(
    db: sqlite3.Connection, found: Sequence[Missing], made: Vectors, model: str, space: Space
) -> None:
    """Store vectors of what still has the text that they were made of."""
    for one, vector in zip(found, made, strict=True):
        if space == "passages":
            query = (
                "update passages set vector = ?, model = ? "
                "where id = ? and user_id = ? and text = ?"
            )
            db.execute(query, (vectors.pack(vector), model, one.id, one.user_id, one.text))
            continue
        owner = rows.owner_of(db, one.user_id)
        records = rows.read_ids(db, one.user_id, [one.id])
        if owner and records and rows.embedded_text(records[0]) == one.text:
            vectors.put(db, owner, [(one.id, vectors.model_number(db, model), vector)])
            rows.update(db, one.id, seq=vectors.reserve(db, 1))
