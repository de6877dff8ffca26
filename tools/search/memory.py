"""A search engine over documents in memory, for tests and for evaluation without a network."""

from __future__ import annotations

from collections.abc import Sequence

from tools.ranking import scores
from tools.search.engine import Result, TimeRange


class MemoryEngine:
    """Search a list of documents by their words.

    Documents have no known age, so a time range leaves nothing out.

    Args:
        documents: The documents; the whole text of one stands in its `snippet`.
    """

    name = "memory"

    def __init__(self, documents: Sequence[Result]) -> None:
        self._documents = tuple(documents)

    async def search(
        self, query: str, limit: int, time_range: TimeRange | None = None
    ) -> list[Result]:
        """Return the documents that share most with the query."""
        ranked = sorted(
            zip(
                scores(query, [f"{one.title} {one.snippet}" for one in self._documents]),
                self._documents,
                strict=True,
            ),
            key=lambda pair: -pair[0],
        )
        return [document for score, document in ranked[:limit] if score > 0]
