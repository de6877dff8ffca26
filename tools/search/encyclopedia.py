"""Wikipedia's own search, without a key."""

from __future__ import annotations

import re
from collections.abc import Set
from typing import Any

from tools.search.api import Api, listed, reading
from tools.search.engine import EngineError, Kind, Operator, Query, Result
from tools.search.text import result_of
from tools.settings import NetSettings, SearchSettings

URL = "https://{language}.wikipedia.org"
INTRODUCTION = 400
MOST = 20
_LANGUAGE = re.compile(r"[a-z]{2,3}")


class WikipediaEngine:
    """Search the articles of Wikipedia; a result's passage is the beginning of its article.

    Args:
        settings: How the web is searched.
        net: Limits of the requests.
        url: The wiki's address; `{language}` is replaced.
    """

    name = "wikipedia"
    kinds: Set[Kind] = frozenset(("text",))
    operators: Set[Operator] = frozenset(("site", "language"))
    needs = ()
    sites = ("wikipedia.org",)

    def __init__(self, settings: SearchSettings, net: NetSettings, url: str = URL) -> None:
        self._url = url
        self._api = Api(self.name, net, settings.timeout)

    async def search(self, query: Query) -> list[Result]:
        """Return the articles that fit best, in the query's language."""
        asked = {
            "action": "query",
            "format": "json",
            "formatversion": "2",
            "generator": "search",
            "gsrsearch": query.text,
            "gsrlimit": str(min(query.limit, MOST)),
            "prop": "extracts|info",
            "inprop": "url",
            "exintro": "1",
            "explaintext": "1",
            "exchars": str(INTRODUCTION),
            "exlimit": "max",
        }
        # The language becomes a part of the host. Of a site such as es.wikipedia.org it is known.
        named = query.site.removesuffix("wikipedia.org").rstrip(".") or query.language
        language = named if _LANGUAGE.fullmatch(named) else "en"
        url = self._url.replace("{language}", language)
        answer = await self._api.json(f"{url}/w/api.php", asked)
        with reading(self.name, "that of a wiki"):
            if "error" in answer:
                raise EngineError(self.name, "did not take this query", "query")
            pages = answer.get("query", {}).get("pages", [])
            pages = sorted(pages, key=lambda page: page.get("index", MOST + 1))
            results = [_result(page) for page in pages]
        return listed(self.name, pages, results)[: query.limit]


def _result(page: dict[str, Any]) -> Result | None:
    return result_of(page.get("fullurl"), page.get("title"), page.get("extract"))
