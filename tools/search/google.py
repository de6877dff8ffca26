"""Google's Programmable Search, with a key and the id of an engine made there.

Google takes no new customers for this interface and ends it on 1 January 2027.
"""

from __future__ import annotations

from collections.abc import Set
from typing import Any

from tools.search.api import Api, listed, reading
from tools.search.engine import Kind, Operator, Query, Result
from tools.search.text import result_of
from tools.settings import NetSettings, SearchSettings

URL = "https://www.googleapis.com/customsearch/v1"
MOST = 10
# Google refuses a search that names another language than these.
_SAME = (
    "ar bg ca cs da de el en es et fi fr hr hu id is it ja ko lt lv nl no pl pt ro ru sk sl sr "
    "sv tr"
)
LANGUAGES = {
    **{code: code for code in _SAME.split()},
    "he": "iw", "nb": "no", "zh": "zh-CN",
}  # fmt: skip
DATED = ("article:published_time", "og:published_time", "date", "datepublished")


class GoogleEngine:
    """Search with Google.

    Args:
        settings: The key, and how the web is searched.
        net: Limits of the requests.
        url: The interface's address.
    """

    name = "google"
    kinds: Set[Kind] = frozenset(("text", "images"))
    operators: Set[Operator] = frozenset(("time_range", "site", "region", "language", "safe"))
    needs = ("tools.search.google_key", "tools.search.google_cx")
    sites = ()

    def __init__(self, settings: SearchSettings, net: NetSettings, url: str = URL) -> None:
        self._key = settings.google_key
        self._cx = settings.google_cx
        self._url = url
        self._api = Api(self.name, net, settings.timeout, keyed=True)

    async def search(self, query: Query) -> list[Result]:
        """Return Google's results, at most ten."""
        asked = {"cx": self._cx, "q": query.text, "num": str(min(query.limit, MOST))}
        # Google knows no level between these two.
        asked["safe"] = "off" if query.safe == "off" else "active"
        if query.time_range:
            asked["dateRestrict"] = f"{query.time_range[0]}1"
        if query.site:
            asked |= {"siteSearch": query.site, "siteSearchFilter": "i"}
        if query.region:
            asked["gl"] = query.region
        if language := LANGUAGES.get(query.language):
            asked["lr"] = f"lang_{language}"
        if query.kind == "images":
            asked["searchType"] = "image"
        headers = {"X-Goog-Api-Key": self._key.get_secret_value()}
        answer = await self._api.json(self._url, asked, headers=headers)
        with reading(self.name, "that of a search"):
            items = answer.get("items", [])
            results = [_result(item, image=query.kind == "images") for item in items]
        return listed(self.name, items, results)[: query.limit]


def _result(item: dict[str, Any], *, image: bool) -> Result | None:
    if image:
        page = item.get("image", {}).get("contextLink")
        return result_of(page, item.get("title"), item.get("snippet"), image=item.get("link"))
    tags = item.get("pagemap", {}).get("metatags") or [{}]
    date = next((tags[0][name] for name in DATED if tags[0].get(name)), "")
    return result_of(item.get("link"), item.get("title"), item.get("snippet"), date)
