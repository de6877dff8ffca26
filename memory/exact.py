"""An index in memory that compares a query with each vector."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from memory.index import Hit, Space
from memory.kept import Mark, Row, checked

if TYPE_CHECKING:
    from memory.embeddings import Vectors


class MemoryIndex:
    """Vectors of all users in the process's memory, gone when it ends."""

    place = "memory"
    exists = True

    def __init__(self) -> None:
        self._shelves: dict[tuple[Space, str], dict[int, Vectors]] = {}
        self._stacked: dict[tuple[Space, str], tuple[list[int], Vectors]] = {}
        self._mark: Mark | None = None

    async def search(self, vector: Vectors, *, user_id: str, space: Space, limit: int) -> list[Hit]:
        """Return the user's nearest, the nearest first."""
        import numpy as np

        ids, rows = self._rows(space, checked(user_id))
        if not ids or limit < 1:
            return []
        scores = rows @ np.asarray(vector, np.float32)
        best = sorted(range(len(ids)), key=lambda at: (-scores[at], -ids[at]))[:limit]
        return [Hit(ids[at], float(scores[at])) for at in best]

    async def put(
        self, ids: Sequence[int], vectors: Vectors, *, user_id: str, space: Space
    ) -> None:
        """Add vectors, or replace those that are there."""
        found = zip(ids, vectors, strict=True)
        await self.put_all([Row(id_, user_id, vector) for id_, vector in found], space=space)

    async def put_all(self, rows: Sequence[Row], *, space: Space) -> None:
        """Add vectors of several users, or replace those that are there."""
        import numpy as np

        for row in rows:
            place = (space, checked(row.user_id))
            self._shelves.setdefault(place, {})[row.id] = np.array(row.vector, np.float32)
            self._stacked.pop(place, None)

    async def drop(self, ids: Sequence[int], *, user_id: str, space: Space) -> None:
        """Take vectors out; those that are not there do not matter."""
        place = (space, checked(user_id))
        for id_ in ids:
            self._shelves.get(place, {}).pop(id_, None)
        self._stacked.pop(place, None)

    async def ids(self, *, user_id: str, space: Space) -> set[int]:
        """Return what is there of a user."""
        return set(self._shelves.get((space, checked(user_id)), ()))

    async def wipe(self) -> None:
        """Take everything out."""
        self._shelves.clear()
        self._stacked.clear()
        self._mark = None

    async def aclose(self) -> None:
        """Do nothing: there is nothing to let go of."""

    async def open(self, identity: str, *, writes: bool = True) -> Mark | None:
        """Return what was noted last."""
        return self._mark

    async def mark(self) -> Mark | None:
        """Return what was noted last."""
        return self._mark

    async def note(self, mark: Mark) -> None:
        """Keep what is in the index."""
        self._mark = mark

    async def count(self, space: Space) -> int:
        """Return how many vectors there are."""
        return sum(len(shelf) for (one, _), shelf in self._shelves.items() if one == space)

    async def check(self) -> None:
        """Find nothing wrong."""

    async def scrub(self, limit: int = 16) -> bool:
        """Do nothing: what was dropped has left no trace."""
        return False

    async def discard(self) -> None:
        """Take everything out."""
        await self.wipe()

    def _rows(self, space: Space, user_id: str) -> tuple[list[int], Vectors]:
        import numpy as np

        place = (space, user_id)
        if place not in self._stacked:
            shelf = self._shelves.get(place, {})
            rows = np.stack(list(shelf.values())) if shelf else np.zeros((0, 0), np.float32)
            self._stacked[place] = list(shelf), rows
        return self._stacked[place]
