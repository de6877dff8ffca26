"""Brave's search interface, with a key."""

from __future__ import annotations

from collections.abc import Set
from typing import Any

from tools.search.api import Api, listed, reading
from tools.search.engine import Kind, Operator, Query, Result
from tools.search.text import result_of
from tools.settings import NetSettings, SearchSettings

URL = "https://api.search.brave.com"
PATHS: dict[Kind, str] = {"text": "web", "news": "news", "images": "images"}
MOST = 20
# Brave refuses a search that names another country or language than these.
_COUNTRIES = (
    "ar at au be br ca ch cl cn de dk es fi fr gb hk id in it jp kr mx my nl no nz ph pl pt ru sa "
    "se tr tw us za"
)
COUNTRIES = frozenset(_COUNTRIES.split())
_SAME = (
    "ar bg bn ca cs da de el en es et eu fi fr gl gu he hi hr hu is it kn ko lt lv ml mr ms nb "
    "nl pa pl ro ru sk sl sr sv ta te th tr uk vi"
)
LANGUAGES = {
    **{code: code for code in _SAME.split()},
    "ja": "jp", "no": "nb", "pt": "pt-br", "zh": "zh-hans",
}  # fmt: skip


class BraveEngine:
    """Search with Brave.

    Args:
        settings: The key, and how the web is searched.
        net: Limits of the requests.
        url: The interface's address.
    """

    name = "brave"
    kinds: Set[Kind] = frozenset(("text", "news", "images"))
    operators: Set[Operator] = frozenset(("time_range", "site", "region", "language", "safe"))
    needs = ("tools.search.brave_key",)
    sites = ()

    def __init__(self, settings: SearchSettings, net: NetSettings, url: str = URL) -> None:
        self._key = settings.brave_key
        self._url = url
        self._api = Api(self.name, net, settings.timeout, keyed=True)

    async def search(self, query: Query) -> list[Result]:
        """Return Brave's results, at most twenty."""
        asked = {"q": query.worded, "count": str(min(query.limit, MOST))}
        if query.kind == "images":
            # It knows no level between these two for images.
            asked["safesearch"] = "off" if query.safe == "off" else "strict"
        else:
            asked |= {"safesearch": query.safe, "text_decorations": "false"}
            if query.time_range:
                asked["freshness"] = f"p{query.time_range[0]}"
        asked["country"] = query.region.upper() if query.region in COUNTRIES else "ALL"
        if language := LANGUAGES.get(query.language):
            asked["search_lang"] = language
        url = f"{self._url}/res/v1/{PATHS[query.kind]}/search"
        headers = {"X-Subscription-Token": self._key.get_secret_value()}
        answer = await self._api.json(url, asked, headers=headers)
        with reading(self.name, "that of a search"):
            # A search without results has no part of that name.
            found = answer.get("web", {}) if query.kind == "text" else answer
            items = found.get("results", [])
            results = [_result(item) for item in items]
        return listed(self.name, items, results)[: query.limit]


def _result(item: dict[str, Any]) -> Result | None:
    return result_of(
        item.get("url"),
        item.get("title"),
        item.get("description"),
        item.get("page_age") or item.get("age"),
        image=(item.get("properties") or {}).get("url"),
        markup=True,
    )
