"""Tavily's search interface, with a key."""

from __future__ import annotations

from collections.abc import Set
from typing import Any

from tools.search.api import Api, listed, reading
from tools.search.engine import Kind, Operator, Query, Result
from tools.search.text import result_of
from tools.settings import NetSettings, SearchSettings

URL = "https://api.tavily.com"
MOST = 20


class TavilyEngine:
    """Search with Tavily.

    Args:
        settings: The key, and how the web is searched.
        net: Limits of the requests.
        url: The interface's address.
    """

    name = "tavily"
    kinds: Set[Kind] = frozenset(("text", "news"))
    operators: Set[Operator] = frozenset(("time_range", "site"))
    needs = ("tools.search.tavily_key",)
    sites = ()

    def __init__(self, settings: SearchSettings, net: NetSettings, url: str = URL) -> None:
        self._key = settings.tavily_key
        self._url = url
        self._api = Api(self.name, net, settings.timeout, keyed=True)

    async def search(self, query: Query) -> list[Result]:
        """Return Tavily's results, at most twenty."""
        asked: dict[str, Any] = {
            "query": query.text,
            "max_results": min(query.limit, MOST),
            "topic": "news" if query.kind == "news" else "general",
            "search_depth": "basic",
        }
        if query.time_range:
            asked["time_range"] = query.time_range
        if query.site:
            asked["include_domains"] = [query.site]
        headers = {"Authorization": f"Bearer {self._key.get_secret_value()}"}
        answer = await self._api.json(f"{self._url}/search", headers=headers, body=asked)
        with reading(self.name, "that of a search"):
            items = answer["results"]
            results = [
                result_of(
                    item.get("url"),
                    item.get("title"),
                    item.get("content"),
                    item.get("published_date"),
                )
                for item in items
            ]
        return listed(self.name, items, results)[: query.limit]
