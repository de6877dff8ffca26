"""The vectors of a user's passages, kept ready to be compared for those who searched last."""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from memory.embeddings import Vectors

MOST_ROWS = 40_000
"""Vectors that are kept ready, of all users together; 60 MB with 384 dimensions."""
_STATE = "select count(*), max(id) from passages where user_id = ? and model = ?"
_VECTORS = "select id, vector from passages where user_id = ? and model = ? order by id"


class PassageVectors:
    """Compare a vector with those of all of a user's passages.

    Ids are never used again, so the largest one and how many there are tell whether any of them
    has changed. Calls are made one after another, within one database.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str], _Kept] = OrderedDict()

    def nearest(
        self,
        db: sqlite3.Connection,
        user_id: str,
        vector: Vectors,
        model: str,
        *,
        limit: int,
        also: Sequence[int] = (),
    ) -> dict[int, float]:
        """Return the likeness of the nearest passages, and of some others, by their ids.

        Args:
            db: The database.
            user_id: Whose passages.
            vector: The query's vector of unit length, as an array [dimensions].
            model: The name of the embedder; vectors of others are not compared.
            limit: How many of the nearest.
            also: Passages whose likeness is wanted however far they are.
        """
        import numpy as np

        kept = self._ready(db, user_id, model, vector.size)
        if not kept.ids.size:
            return {}
        scores = kept.rows @ np.asarray(vector, np.float32)
        chosen = np.arange(scores.size)
        if scores.size > limit:
            chosen = np.argpartition(-scores, limit - 1)[:limit]
        places = np.searchsorted(kept.ids, np.asarray(also, np.int64))
        others = [
            int(place)
            for place, id_ in zip(places, also, strict=True)
            if place < kept.ids.size and kept.ids[place] == id_
        ]
        return {int(kept.ids[at]): float(scores[at]) for at in [*chosen.tolist(), *others]}

    def forget(self, user_id: str) -> None:
        """Let go of a user's vectors."""
        for key in [key for key in self._kept if key[0] == user_id]:
            del self._kept[key]

    def _ready(self, db: sqlite3.Connection, user_id: str, model: str, dimensions: int) -> _Kept:
        key = (user_id, model)
        state = db.execute(_STATE, key).fetchone()
        kept = self._kept.get(key)
        if kept is None or kept.state != state:
            kept = _Kept(state, db.execute(_VECTORS, key).fetchall(), dimensions)
            self._kept[key] = kept
        self._kept.move_to_end(key)
        while len(self._kept) > 1 and sum(one.ids.size for one in self._kept.values()) > MOST_ROWS:
            self._kept.popitem(last=False)
        return kept


class _Kept:
    """The vectors of one user."""

    def __init__(
        self, state: tuple[int, int], found: Sequence[tuple[int, bytes]], dimensions: int
    ) -> None:
        import numpy as np

        fit = [(id_, blob) for id_, blob in found if len(blob) == 2 * dimensions]
        halves = np.frombuffer(b"".join(blob for _, blob in fit), np.float16)
        self.state = state
        self.ids: NDArray[np.int64] = np.array([id_ for id_, _ in fit], np.int64)
        self.rows: Vectors = halves.reshape(len(fit), dimensions).astype(np.float32)
