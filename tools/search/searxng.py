"""A SearXNG of one's own, asked for JSON; it also leads to Bing.

Microsoft closed Bing's search interface in 2025. What took its place, grounding in Azure, has a
model of theirs write an answer and hands out no results, so Bing is searched through SearXNG.
"""

from __future__ import annotations

from collections.abc import Set
from typing import Any
from urllib.parse import urlsplit

from tools.errors import ToolSetupError
from tools.search.api import Api, listed, reading
from tools.search.engine import EngineError, Kind, Operator, Query, Result
from tools.search.text import plain, result_of
from tools.settings import NetSettings, SearchSettings

CATEGORIES: dict[Kind, str] = {"text": "general", "news": "news", "images": "images"}
SAFE = {"off": "0", "moderate": "1", "strict": "2"}


class SearxngEngine:
    """Search through a SearXNG server.

    Args:
        url: The server's address; it may lie in one's own network.
        settings: How the web is searched.
        net: Limits of the requests.
        engine: The only one of the server's engines that is asked, such as `bing`.

    Raises:
        ToolSetupError: The address is none.
    """

    kinds: Set[Kind] = frozenset(("text", "news", "images"))
    operators: Set[Operator] = frozenset(("time_range", "site", "region", "language", "safe"))
    needs = ("tools.search.searxng_url",)
    sites = ()

    def __init__(
        self, url: str, settings: SearchSettings, net: NetSettings, engine: str = ""
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ToolSetupError(
                f"The setting tools.search.searxng_url is {url!r}, which is no web address.",
                "Write the server's address, such as http://localhost:8888.",
            )
        self.name = engine or "searxng"
        self._engine = engine
        self._url = url.rstrip("/")
        host = parts.netloc.rpartition("@")[2]
        self._api = Api(self.name, net, settings.timeout, hosts=(host,))

    async def search(self, query: Query) -> list[Result]:
        """Return the server's results."""
        language = query.language or "all"
        asked = {
            "q": query.worded,
            "format": "json",
            "language": f"{language}-{query.region.upper()}" if query.region else language,
            "safesearch": SAFE[query.safe],
        }
        if query.time_range:
            asked["time_range"] = query.time_range
        if self._engine:
            suffix = "" if query.kind == "text" else f" {query.kind}"
            asked["engines"] = self._engine + suffix
        else:
            asked["categories"] = CATEGORIES[query.kind]
        answer = await self._ask(asked)
        with reading(self.name, "the JSON of a SearXNG"):
            items = answer["results"]
            results = listed(self.name, items, [_result(item) for item in items])
            silent = answer.get("unresponsive_engines") or []
            if not results and silent:
                raise EngineError(
                    self.name, f"its engines did not answer ({_names(silent)})", "blocked"
                )
        return results[: query.limit]

    async def _ask(self, asked: dict[str, str]) -> Any:
        try:
            return await self._api.json(f"{self._url}/search", asked)
        except EngineError as error:
            if "(403)" not in error.why:
                raise
            why = "it gives no JSON (add `json` to search.formats in its settings.yml)"
            raise EngineError(self.name, why, "key") from error


def _result(item: dict[str, Any]) -> Result | None:
    return result_of(
        item.get("url"),
        item.get("title"),
        item.get("content"),
        item.get("publishedDate"),
        image=item.get("img_src"),
    )


def _names(silent: list[Any]) -> str:
    names = (plain(item[0] if isinstance(item, list) and item else item) for item in silent)
    return ", ".join(list(names)[:6])
