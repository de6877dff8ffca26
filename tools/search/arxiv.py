"""The preprints of arXiv, without a key."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Set
from contextlib import suppress
from typing import Any

from tools.ranking import words
from tools.search.api import PUZZLE, Api
from tools.search.engine import EngineError, Kind, Operator, Query, Result
from tools.search.text import is_puzzle, result_of
from tools.settings import NetSettings, SearchSettings

URL = "https://export.arxiv.org"
MOST = 20
ATOM = "{http://www.w3.org/2005/Atom}"
DAYS = {"day": 1, "week": 7, "month": 31, "year": 366}
_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")


class ArxivEngine:
    """Search the titles, authors and abstracts of preprints.

    Every word of the query has to occur: it answers questions about papers, and stays silent on
    the rest.

    Args:
        settings: How the web is searched.
        net: Limits of the requests.
        url: The interface's address.
        clock: Tells seconds since the epoch.
    """

    name = "arxiv"
    kinds: Set[Kind] = frozenset(("text",))
    operators: Set[Operator] = frozenset(("time_range", "site"))
    needs = ()
    sites = ("arxiv.org",)

    def __init__(
        self,
        settings: SearchSettings,
        net: NetSettings,
        url: str = URL,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._url = url
        self._clock = clock
        self._api = Api(self.name, net, settings.timeout)

    async def search(self, query: Query) -> list[Result]:
        """Return the preprints that fit best."""
        terms = [f"all:{word}" for word in _WORD.findall(query.text) if words(word)]
        if not terms:
            return []
        if query.time_range:
            now = self._clock()
            since = _minute(now - DAYS[query.time_range] * 86_400)
            terms.append(f"submittedDate:[{since} TO {_minute(now)}]")
        asked = {
            "search_query": " AND ".join(terms),
            "max_results": str(min(query.limit, MOST)),
            "sortBy": "relevance",
        }
        return _read(await self._api.text(f"{self._url}/api/query", asked))[: query.limit]


def _minute(seconds: float) -> str:
    return time.strftime("%Y%m%d%H%M", time.gmtime(seconds))


def _read(text: str) -> list[Result]:
    """Read an Atom feed.

    Raises:
        EngineError: It is none, or tells of an error.
    """
    from lxml import etree

    # Entities are not replaced: they can blow up a short text, or read a file.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    feed = None
    with suppress(etree.XMLSyntaxError, ValueError):
        feed = etree.fromstring(text.encode(), parser)
    if feed is None or feed.tag != f"{ATOM}feed":
        if is_puzzle(text):
            raise EngineError("arxiv", PUZZLE, "blocked")
        raise EngineError("arxiv", "its answer is no Atom feed", "malformed")
    found = []
    for entry in feed.iter(f"{ATOM}entry"):
        url = _inner(entry, "id")
        if "/api/errors" in url:
            raise EngineError("arxiv", "did not take this query", "query")
        secure = re.sub(r"^http://", "https://", url)
        found.append(
            result_of(
                secure, _inner(entry, "title"), _inner(entry, "summary"), _inner(entry, "published")
            )
        )
    return [result for result in found if result is not None]


def _inner(entry: Any, name: str) -> str:
    return str(entry.findtext(f"{ATOM}{name}") or "").strip()
