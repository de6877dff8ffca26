"""Any search wrapper of langchain-community, by the name of its class.

The package is not a dependency: who wants one of its wrappers installs it, and sets what the
wrapper reads from the environment.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import inspect
import json
import warnings
from collections.abc import Mapping, Sequence, Set
from typing import Any

from tools.errors import ToolSetupError
from tools.search.api import listed
from tools.search.engine import EngineError, Kind, Operator, Query, Result
from tools.search.text import result_of
from tools.settings import SearchSettings
from tools.threads import in_thread

PREFIX = "langchain:"
PACKAGE = "langchain_community"
LISTS = ("results", "organic", "organic_results", "items", "news", "webPages", "value")
URLS = ("link", "url", "href")
TITLES = ("title", "name")
TEXTS = ("snippet", "content", "body", "description")
DATES = ("date", "published_date", "publishedDate")


class CommunityEngine:
    """Search with a wrapper of langchain-community.

    Args:
        wrapper: The name of its class in `langchain_community.utilities`.
        settings: How the web is searched.

    Raises:
        ToolSetupError: The package is not installed, or the name can be none.
    """

    kinds: Set[Kind] = frozenset(("text",))
    operators: Set[Operator] = frozenset(("site",))
    needs = ()
    sites = ()

    def __init__(self, wrapper: str, settings: SearchSettings) -> None:
        if not wrapper.isidentifier():
            raise ToolSetupError(
                f"The search engine {PREFIX + wrapper!r} names no class.",
                f"Write a class of {PACKAGE}.utilities, such as {PREFIX}GoogleSerperAPIWrapper.",
            )
        if importlib.util.find_spec(PACKAGE) is None:
            raise ToolSetupError(
                f"The search engine {PREFIX}{wrapper} needs a package that is not installed.",
                "Install it beside arriero with pip install langchain-community, or take the "
                "engine out of tools.search.engines.",
            )
        self.name = PREFIX + wrapper
        self._wrapper = wrapper
        self._timeout = settings.timeout
        self._made: Any = None

    async def search(self, query: Query) -> list[Result]:
        """Return the wrapper's results."""
        seconds = self._timeout
        try:
            async with asyncio.timeout(seconds):
                found: list[Result] = await in_thread(self._ask, query)
                return found
        except TimeoutError as error:
            raise EngineError(self.name, f"no answer in {seconds:g} s", "slow") from error

    def _ask(self, query: Query) -> list[Result]:
        """Ask, blocking.

        Raises:
            EngineError: The wrapper failed, or returned what holds no results.
        """
        self._made = self._made or self._open()
        try:
            answer = _called(self._made, query)
            items = _items(answer)
        except Exception as error:  # noqa: BLE001 - a stranger's class may raise anything
            # Its words may hold an address with a key: only the kind of error is told.
            raise EngineError(self.name, f"failed ({type(error).__name__})", "down") from None
        if items is None:
            raise EngineError(self.name, "its answer holds no list of results", "malformed")
        results = [_result(item) for item in items if isinstance(item, Mapping)]
        return listed(self.name, items, results)[: query.limit]

    def _open(self) -> Any:
        """Make the wrapper; it takes its keys from the environment."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the package warns at its import
                made = getattr(importlib.import_module(f"{PACKAGE}.utilities"), self._wrapper)
                return made()
        except AttributeError as error:
            why = f"{PACKAGE}.utilities has no class of that name"
            raise EngineError(self.name, why, "key") from error
        except Exception as error:  # noqa: BLE001 - a stranger's class may raise anything
            why = f"it could not be set up ({type(error).__name__}); it may lack its key"
            raise EngineError(self.name, why, "key") from None


def _called(wrapper: Any, query: Query) -> Any:
    """Call what a wrapper searches with, which is not the same everywhere."""
    if not hasattr(wrapper, "results"):
        return wrapper.run(query.worded)
    parameters = list(inspect.signature(wrapper.results).parameters.values())
    numbered = [
        one.name for one in parameters[1:] if one.name in ("num_results", "max_results", "count")
    ]
    return wrapper.results(query.worded, **dict.fromkeys(numbered, query.limit))


def _items(answer: Any) -> Sequence[Any] | None:
    """Find the list of results in what a wrapper returned."""
    if isinstance(answer, str):
        answer = json.loads(answer)
    if isinstance(answer, (list, tuple)):
        return answer
    if isinstance(answer, Mapping):
        for name in LISTS:
            if name in answer:
                return _items(answer[name])
    return None


def _result(item: Mapping[str, Any]) -> Result | None:
    return result_of(*(_first(item, names) for names in (URLS, TITLES, TEXTS, DATES)))


def _first(item: Mapping[str, Any], names: Sequence[str]) -> Any:
    return next((item[name] for name in names if item.get(name)), "")
