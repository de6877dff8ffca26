"""A search engine over documents in memory, for tests and for evaluation without a network."""

from __future__ import annotations

from collections.abc import Sequence, Set

from tools.ranking import scores
from tools.search.engine import Kind, Operator, Query, Result
from tools.search.merge import within


class MemoryEngine:
    """Search a list of documents by their words.

    Documents have no known age, so a time range leaves nothing out.

    Args:
        documents: The documents; the whole text of one stands in its `snippet`.
    """

    name = "memory"
    kinds: Set[Kind] = frozenset(("text", "news"))
    operators: Set[Operator] = frozenset(("time_range", "site", "region", "language", "safe"))
    needs = ()
    sites = ()

    def __init__(self, documents: Sequence[Result]) -> None:
        self._documents = tuple(documents)

    async def search(self, query: Query) -> list[Result]:
        """Return the documents that share most with the query."""
        documents = [one for one in self._documents if within(one.url, query.site)]
        ranked = sorted(
            zip(
                scores(query.text, [f"{one.title} {one.snippet}" for one in documents]),
                documents,
                strict=True,
            ),
            key=lambda pair: -pair[0],
        )
        return [document for score, document in ranked[: query.limit] if score > 0]
