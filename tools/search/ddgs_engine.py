"""Several public search engines through ddgs, without keys.

ddgs opens its own connections, to the fixed hosts of its engines and to nothing else; no address
from a page or a model reaches it, only the words of a query.
"""

from __future__ import annotations

import asyncio
import time
from asyncio import FIRST_COMPLETED
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tools.errors import SearchError
from tools.search.engine import Result, TimeRange
from tools.settings import SearchSettings
from tools.threads import in_thread

AT_ONCE = 2
# Seconds for which an engine that failed is asked last.
REST = 120.0
# These ignore a time range, and would give old pages for new ones.
TIMELESS = frozenset(("mojeek", "wikipedia", "grokipedia"))


class DdgsEngine:
    """Search with the engines that ddgs knows, two at a time until one has results.

    An engine that failed, was too slow or had nothing is asked after the others for a while.

    Args:
        settings: How the web is searched.
        clock: Tells seconds, for the memory of failures.
    """

    name = "ddgs"

    def __init__(
        self, settings: SearchSettings, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._resting: dict[str, float] = {}

    async def search(
        self, query: str, limit: int, time_range: TimeRange | None = None
    ) -> list[Result]:
        """Return the results of the first engine that has any."""
        names = iter(self.order(time_range))
        running: dict[asyncio.Task[list[Result]], str] = {}
        failures: dict[str, str] = {}
        at_once = AT_ONCE
        patience = self._settings.timeout / 3
        try:
            while True:
                while len(running) < at_once and (name := next(names, None)):
                    task = asyncio.ensure_future(self._ask(name, query, limit, time_range))
                    running[task] = name
                if not running:
                    break
                done, _ = await asyncio.wait(running, timeout=patience, return_when=FIRST_COMPLETED)
                at_once += not done  # they are slow: ask one more beside them
                for task in done:
                    if results := self._settle(running.pop(task), task, failures):
                        return results
        finally:
            for task in running:
                task.cancel()
        if list(failures.values()).count("") * 2 > len(failures):
            return []  # most of them answered, and had nothing
        raise SearchError(
            _told(failures) or "none of the engines in tools.search.backends can search by time"
        )

    def _settle(
        self, name: str, task: asyncio.Task[list[Result]], failures: dict[str, str]
    ) -> list[Result]:
        """Return the results of an engine that has answered, and remember how it did."""
        error = task.exception()
        if isinstance(error, SearchError):
            failures[name] = error.reason.removeprefix(f"{name}: ")
        elif error is not None:
            raise error
        elif results := task.result():
            self._resting.pop(name, None)
            return results
        else:
            failures[name] = ""
        self._resting[name] = self._clock() + REST
        return []

    def order(self, time_range: TimeRange | None = None) -> list[str]:
        """Name the engines in the order in which they are asked now."""
        now = self._clock()
        fit = [name for name in self._settings.backends if not (time_range and name in TIMELESS)]
        return sorted(fit, key=lambda name: self._resting.get(name, 0.0) > now)

    async def _ask(
        self, name: str, query: str, limit: int, time_range: TimeRange | None
    ) -> list[Result]:
        """Ask one engine within the deadline.

        Raises:
            SearchError: It failed; the reason begins with its name.
        """
        seconds = self._settings.timeout
        try:
            async with asyncio.timeout(seconds):
                found: list[Result] = await in_thread(
                    _ask_ddgs, name, query, limit, time_range, self._settings
                )
                return found
        except TimeoutError as error:
            raise SearchError(f"{name}: no answer in {seconds:g} s") from error


def _told(failures: Mapping[str, str]) -> str:
    """Tell the reasons, each once with the engines that gave it."""
    names: dict[str, list[str]] = {}
    for name, why in failures.items():
        names.setdefault(why or "nothing found", []).append(name)
    return "; ".join(f"{', '.join(found)}: {why}" for why, found in names.items())


def _ask_ddgs(
    name: str, query: str, limit: int, time_range: TimeRange | None, settings: SearchSettings
) -> list[Result]:
    """Ask one engine, blocking.

    The engine is used without the `DDGS` class around it, which reports a block and an empty
    result alike.

    Raises:
        SearchError: It failed; the reason begins with its name.
    """
    from ddgs.engines import ENGINES
    from ddgs.exceptions import DDGSException, TimeoutException
    from lxml.etree import LxmlError

    if name not in ENGINES["text"]:
        known = ", ".join(sorted(ENGINES["text"]))
        raise SearchError(f"{name}: ddgs has no such engine (it has {known})")
    engine = ENGINES["text"][name](timeout=max(1, round(settings.timeout)))
    try:
        span = time_range[0] if time_range else None
        found = engine.search(query, region=settings.region, timelimit=span)
    except TimeoutException as error:
        raise SearchError(f"{name}: no answer in {settings.timeout:g} s") from error
    except DDGSException as error:
        raise SearchError(f"{name}: could not be reached") from error
    except (LxmlError, ValueError, LookupError, TypeError, AttributeError) as error:
        # The engine's page has a shape that ddgs does not expect: a puzzle page, or a new design.
        raise SearchError(f"{name}: its page could not be read") from error
    if found is None:
        raise SearchError(f"{name}: refused to answer, which mostly means too many searches")
    return _results(found)[:limit]


def _results(found: Iterable[Any]) -> list[Result]:
    """Keep what leads to a web page, each page once."""
    results: dict[str, Result] = {}
    for item in found:
        url = _target(item.href)
        if url.startswith(("http://", "https://")) and url not in results:
            results[url] = Result(item.title or url, url, item.body)
    return list(results.values())


def _target(url: str) -> str:
    """Return the page behind an address that only counts clicks."""
    if "duckduckgo.com/l/?" in url and "uddg=" in url:
        return url.partition("uddg=")[2].partition("&rut=")[0]
    return url
