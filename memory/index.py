"""Where vectors are searched: anything that can be filled again from the store.

An index holds numbers and vectors, never text. `space` tells records from passages of documents.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from memory.embeddings import Vectors

Space = Literal["records", "passages"]


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that an index found.

    Args:
        id: The number that the store gave it.
        likeness: Cosine of the angle between its vector and the query's, -1 to 1.
    """

    id: int
    likeness: float


class Index(Protocol):
    """Finds the nearest vectors of one user."""

    async def search(self, vector: Vectors, *, user_id: str, space: Space, limit: int) -> list[Hit]:
        """Return the user's nearest, the nearest first.

        Args:
            vector: The query's vector of unit length, as an array [dimensions].
            user_id: Whose vectors are searched.
            space: Which of them.
            limit: How many at most.
        """

    async def put(
        self, ids: Sequence[int], vectors: Vectors, *, user_id: str, space: Space
    ) -> None:
        """Add vectors, as an array [ids, dimensions], or replace those that are there."""

    async def drop(self, ids: Sequence[int], *, user_id: str, space: Space) -> None:
        """Take vectors out; those that are not there do not matter."""

    async def ids(self, *, user_id: str, space: Space) -> set[int]:
        """Return what is there of a user."""

    async def wipe(self) -> None:
        """Take everything out, so that it can be filled again."""

    async def aclose(self) -> None:
        """Let go of files and connections."""
