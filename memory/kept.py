"""An index that outlives the process: what the one who keeps it equal to the truth needs of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from memory.index import Index, Space

if TYPE_CHECKING:
    from memory.embeddings import Vectors

SPACES: tuple[Space, ...] = ("records", "passages")


class IndexBroken(Exception):
    """Say that an index cannot be used as it is: damaged, gone, or not to be reached.

    Args:
        message: One sentence that says what was found.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class IndexUnreachable(IndexBroken):
    """Say that a server does not answer: what it holds may be as it should be."""


@dataclass(frozen=True, slots=True)
class Row:
    """A vector on its way into an index.

    Args:
        id: The number that the store gave it.
        user_id: Whose it is.
        vector: The vector of unit length, as an array [dimensions].
    """

    id: int
    user_id: str
    vector: Vectors


@dataclass(frozen=True, slots=True)
class Mark:
    """What an index says of itself.

    Args:
        identity: The store that it was filled from.
        embedder: The name of the embedder that made its vectors.
        applied: For each space, the last place in the store's order of writings that is in it.
    """

    identity: str
    embedder: str
    applied: Mapping[Space, int] = field(default_factory=dict)


class KeptIndex(Index, Protocol):
    """An index with a memory of what is in it. Everything may raise `IndexBroken`."""

    @property
    def place(self) -> str:
        """Say where it is, for people."""

    @property
    def exists(self) -> bool:
        """Whether there may be anything in it that was put there before."""

    async def open(self, identity: str, *, writes: bool = True) -> Mark | None:
        """Open it for a store, or make it; return what was noted last, None where it is new.

        Args:
            identity: The store's.
            writes: Whether this process is the one that writes to it.
        """

    async def mark(self) -> Mark | None:
        """Return what was noted last, by whomever."""

    async def note(self, mark: Mark) -> None:
        """Keep a mark; what it says is in the index is there already, and as safe as it."""

    async def put_all(self, rows: Sequence[Row], *, space: Space) -> None:
        """Add vectors of several users, or replace those that are there."""

    async def count(self, space: Space) -> int:
        """Return how many vectors there are of all users."""

    async def check(self) -> None:
        """Try what is there, so that damage is found before anything depends on it."""

    async def scrub(self, limit: int = 16) -> bool:
        """Make a part of what was dropped unreadable in the files; tell whether more is left.

        Args:
            limit: Vectors that may be moved at most.
        """

    async def discard(self) -> None:
        """Close it and put away what is there, so that `open` makes it anew."""


def checked(user_id: str) -> str:
    """Return the user's id.

    Raises:
        ValueError: It is empty.
    """
    if not user_id:
        raise ValueError("Nothing is read or written without a user: the user's id is empty.")
    return user_id
