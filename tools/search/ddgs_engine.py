"""Public search engines through ddgs, without keys; each of them is an engine of its own.

ddgs opens its own connections, to the fixed hosts of its engines and to nothing else; no address
from a page or a model reaches it, only the words of a query.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Set
from dataclasses import dataclass
from typing import Any

from tools.search.api import BLOCKED, PUZZLE
from tools.search.engine import EngineError, Kind, Operator, Query, Result
from tools.search.text import is_puzzle, result_of
from tools.settings import SearchSettings
from tools.threads import in_thread

PREFIX = "ddgs:"
KINDS: tuple[Kind, ...] = ("text", "news", "images")
SAFE = {"off": "off", "moderate": "moderate", "strict": "on"}
# These ignore a time range, and would give old pages for new ones.
TIMELESS = frozenset(("mojeek", "wikipedia", "grokipedia"))
SITES = {"wikipedia": ("wikipedia.org",), "grokipedia": ("grokipedia.com",)}
# These cannot do without a language.
IN_A_LANGUAGE = frozenset(("wikipedia", "grokipedia"))


@dataclass
class Seen:
    """What a request of ddgs met, which it does not tell itself."""

    status: int = 200
    puzzle: bool = False


class DdgsEngine:
    """Search with one of the engines that ddgs knows.

    Args:
        backend: Its name there, such as `duckduckgo`.
        settings: How the web is searched.
    """

    operators: Set[Operator]
    needs = ()

    def __init__(self, backend: str, settings: SearchSettings) -> None:
        self.name = PREFIX + backend
        self.sites = SITES.get(backend, ())
        known: tuple[Operator, ...] = ("time_range", "site", "region", "language", "safe")
        self.operators = frozenset(known) - ({"time_range"} if backend in TIMELESS else frozenset())
        self._backend = backend
        self._timeout = settings.timeout

    @property
    def kinds(self) -> Set[Kind]:
        """Tell what ddgs can search for there."""
        from ddgs.engines import ENGINES

        return frozenset(kind for kind in KINDS if self._backend in ENGINES[kind])

    async def search(self, query: Query) -> list[Result]:
        """Return the engine's results.

        Raises:
            EngineError: It failed.
        """
        seconds = self._timeout
        try:
            async with asyncio.timeout(seconds):
                found: list[Result] = await in_thread(self._ask, query)
                return found
        except TimeoutError as error:
            raise EngineError(self.name, f"no answer in {seconds:g} s", "slow") from error

    def _ask(self, query: Query) -> list[Result]:
        """Ask, blocking.

        The engine is used without the `DDGS` class around it, which reports a block and an empty
        result alike.

        Raises:
            EngineError: It failed.
        """
        from ddgs.exceptions import DDGSException, TimeoutException
        from lxml.etree import LxmlError

        engine = self._open(query.kind)
        seen = _watched(engine)
        span = query.time_range[0] if query.time_range else None
        words = query.text if self.sites else query.worded
        try:
            found = engine.search(
                words, region=self._region(query), safesearch=SAFE[query.safe], timelimit=span
            )
        except TimeoutException as error:
            why = f"no answer in {self._timeout:g} s"
            raise EngineError(self.name, why, "slow") from error
        except DDGSException as error:
            if seen.status == 200 and "vqd" in str(error):
                why = "its page could not be read"
                raise EngineError(self.name, why, "malformed") from error
            raise EngineError(self.name, "could not be reached", "unreachable") from error
        except (LxmlError, ValueError, LookupError, TypeError, AttributeError) as error:
            # The engine's page has a shape that ddgs does not expect.
            if failed := self._failure(seen):
                raise failed from error
            why = "its page could not be read"
            raise EngineError(self.name, why, "malformed") from error
        results = _results(found or ())
        if not results and (failed := self._failure(seen)):
            raise failed
        return results[: query.limit]

    def _open(self, kind: Kind) -> Any:
        from ddgs.engines import ENGINES

        if self._backend not in ENGINES[kind]:
            known = ", ".join(sorted(ENGINES[kind]))
            raise EngineError(self.name, f"ddgs has no such engine (it has {known})", "query")
        return ENGINES[kind][self._backend](timeout=max(1, round(self._timeout)))

    def _region(self, query: Query) -> str:
        language = query.language or ("en" if self._backend in IN_A_LANGUAGE else "wt")
        # ddgs names this country as its engines do, and all of them as `wt`.
        country = "uk" if query.region == "gb" else query.region or "wt"
        return f"{country}-{language}"

    def _failure(self, seen: Seen) -> EngineError | None:
        """Return what a request that brought no results met; None where nothing was wrong."""
        if seen.puzzle:
            return EngineError(self.name, PUZZLE, "blocked")
        if seen.status == 200:
            return None
        if seen.status >= 500:
            return EngineError(self.name, f"answered {seen.status}", "down")
        return EngineError(self.name, f"{BLOCKED} ({seen.status})", "blocked")


def _watched(engine: Any) -> Seen:
    """Let an engine's requests tell what they met."""
    seen = Seen()

    def request(*args: Any, **kwargs: Any) -> str | None:
        response = engine.http_client.request(*args, **kwargs)
        seen.status = response.status_code
        text: str = response.text
        seen.puzzle = is_puzzle(text)
        return text if seen.status == 200 else None

    engine.request = request
    return seen


def _results(found: Iterable[Any]) -> list[Result]:
    """Keep what leads to a web page, each page once."""
    results: dict[str, Result] = {}
    for item in found:
        made = result_of(
            _target(str(getattr(item, "href", "") or getattr(item, "url", "") or "")),
            item.title,
            getattr(item, "body", ""),
            getattr(item, "date", ""),
            image=getattr(item, "image", "") if not hasattr(item, "body") else "",
        )
        if made and made.url not in results:
            results[made.url] = made
    return list(results.values())


def _target(url: str) -> str:
    """Return the page behind an address that only counts clicks."""
    if "duckduckgo.com/l/?" in url and "uddg=" in url:
        return url.partition("uddg=")[2].partition("&rut=")[0]
    return url
