"""What a search engine is: a name, what it can do, and results for a query."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

from tools.errors import SearchError

if TYPE_CHECKING:
    from pathlib import Path

    from tools.search.meta import MetaEngine
    from tools.settings import NetSettings, SearchSettings

TimeRange = Literal["day", "week", "month", "year"]
Kind = Literal["text", "news", "images"]
Safe = Literal["off", "moderate", "strict"]
Operator = Literal["time_range", "site", "region", "language", "safe"]
FailureKind = Literal["blocked", "slow", "unreachable", "down", "malformed", "key", "query"]
"""Why an engine failed: it refuses to answer, it takes too long, no connection, an error of its
own, an answer that cannot be read, its key was refused, or it does not take this one query."""


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for.

    Args:
        text: A few words.
        limit: Results that are wanted.
        time_range: Only pages of the last day, week, month or year.
        site: Only pages of this host and of those below it, such as `bbc.co.uk`.
        region: Two letters of a country, in lower case; empty for all.
        language: Two letters of a language, in lower case; empty for all.
        safe: How much of what is not for children is left out.
        kind: Pages, news or images.
    """

    text: str
    limit: int = 5
    time_range: TimeRange | None = None
    site: str = ""
    region: str = ""
    language: str = ""
    safe: Safe = "moderate"
    kind: Kind = "text"

    @property
    def worded(self) -> str:
        """The words, with the site as the operator that most engines know."""
        return f"{self.text} site:{self.site}" if self.site else self.text


@dataclass(frozen=True, slots=True)
class Result:
    """One page that a search found.

    Args:
        title: Its title.
        url: Its address.
        snippet: The passage that the engine shows.
        date: When it was published, as the engine writes it; mostly unknown and empty.
        engines: The engines that found it.
        image: The address of the picture, for images.
    """

    title: str
    url: str
    snippet: str = ""
    date: str = ""
    engines: tuple[str, ...] = ()
    image: str = ""


class EngineError(SearchError):
    """Say why one engine had no answer.

    Args:
        engine: Its name.
        why: What went wrong, as a short phrase without the name and without any key.
        kind: What went wrong, in one word for programs.
        retry_after: Seconds that the engine wants to be left alone.
    """

    def __init__(
        self, engine: str, why: str, kind: FailureKind, *, retry_after: float = 0.0
    ) -> None:
        super().__init__(f"{engine}: {why}")
        self.engine = engine
        self.why = why
        self.kind: FailureKind = kind
        self.retry_after = retry_after


@runtime_checkable
class SearchEngine(Protocol):
    """Something that can be searched."""

    @property
    def name(self) -> str:
        """Name the engine, for the user and for errors."""
        ...

    @property
    def kinds(self) -> Set[Kind]:
        """Tell what it can search for."""
        ...

    @property
    def operators(self) -> Set[Operator]:
        """Tell which limits of a query it keeps; it passes over the others."""
        ...

    @property
    def needs(self) -> tuple[str, ...]:
        """Name the settings that it cannot do without, such as `tools.search.brave_key`."""
        ...

    @property
    def sites(self) -> tuple[str, ...]:
        """Name the hosts that it covers; none for the whole web."""
        ...

    async def search(self, query: Query) -> list[Result]:
        """Return the best results first, at most `query.limit`; none where nothing was found.

        Raises:
            SearchError: The engine could not be reached or answered nonsense.
        """
        ...


def open_engine(settings: SearchSettings, net: NetSettings, home: Path | None = None) -> MetaEngine:
    """Return all engines of the settings that have what they need, as one.

    Args:
        settings: How the web is searched.
        net: Limits of the requests.
        home: The folder in which answers are kept; nothing keeps none.

    Raises:
        ToolSetupError: The settings name an engine that does not exist or cannot be had.
    """
    from tools.search.cache import SearchCache
    from tools.search.catalogue import offered
    from tools.search.meta import MetaEngine

    cache = SearchCache(home, settings) if home and settings.cache_days else None
    return MetaEngine(offered(settings, net), settings, cache)
