"""What a search engine is: a name, and results for a query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    from tools.settings import NetSettings, SearchSettings

TimeRange = Literal["day", "week", "month", "year"]


@dataclass(frozen=True, slots=True)
class Result:
    """One page that a search found.

    Args:
        title: Its title.
        url: Its address.
        snippet: The passage that the engine shows.
        date: When it was published, as the engine writes it; mostly unknown and empty.
    """

    title: str
    url: str
    snippet: str = ""
    date: str = ""


@runtime_checkable
class SearchEngine(Protocol):
    """Something that can be searched."""

    @property
    def name(self) -> str:
        """Name the engine, for the user and for errors."""
        ...

    async def search(
        self, query: str, limit: int, time_range: TimeRange | None = None
    ) -> list[Result]:
        """Return the best results first, at most `limit`; none where nothing was found.

        Raises:
            SearchError: The engine could not be reached or answered nonsense.
        """
        ...


def open_engine(settings: SearchSettings, net: NetSettings) -> SearchEngine:
    """Return the engine that the settings name: one's own SearXNG, or ddgs."""
    from tools.search.ddgs_engine import DdgsEngine
    from tools.search.searxng import SearxngEngine

    if settings.searxng_url:
        return SearxngEngine(settings.searxng_url, settings, net)
    return DdgsEngine(settings)
