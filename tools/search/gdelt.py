"""News of the last three months from GDELT, without a key."""

from __future__ import annotations

import json
import re
from collections.abc import Set

from tools.search.api import BLOCKED, PUZZLE, Api, listed, reading
from tools.search.engine import EngineError, Kind, Operator, Query, Result
from tools.search.text import is_puzzle, result_of
from tools.settings import NetSettings, SearchSettings

URL = "https://api.gdeltproject.org"
MOST = 50
SPANS = {"day": "1d", "week": "1w", "month": "1m", "year": "3m"}
LANGUAGES = {
    "ar": "arabic", "bn": "bengali", "de": "german", "el": "greek", "en": "english",
    "es": "spanish", "fr": "french", "hi": "hindi", "id": "indonesian", "it": "italian",
    "ja": "japanese", "ko": "korean", "nl": "dutch", "pl": "polish", "pt": "portuguese",
    "ro": "romanian", "ru": "russian", "sv": "swedish", "tr": "turkish", "uk": "ukrainian",
    "vi": "vietnamese", "zh": "chinese",
}  # fmt: skip
# GDELT refuses shorter words.
_WORD = re.compile(r"[^\W_]{2,}(?:[-'][^\W_]+)*")
_TOO_MANY = re.compile(r"limit requests|too many", re.IGNORECASE)


class GdeltEngine:
    """Search news in many languages; it knows titles and dates, and shows no passage.

    Args:
        settings: How the web is searched.
        net: Limits of the requests.
        url: The interface's address.
    """

    name = "gdelt"
    kinds: Set[Kind] = frozenset(("news",))
    operators: Set[Operator] = frozenset(("time_range", "site", "language"))
    needs = ()
    sites = ()

    def __init__(self, settings: SearchSettings, net: NetSettings, url: str = URL) -> None:
        self._url = url
        self._api = Api(self.name, net, settings.timeout)

    async def search(self, query: Query) -> list[Result]:
        """Return the articles that fit best."""
        terms = _WORD.findall(query.text)
        if not terms:
            return []
        if query.site:
            terms.append(f"domain:{query.site}")
        if language := LANGUAGES.get(query.language):
            terms.append(f"sourcelang:{language}")
        asked = {
            "query": " ".join(terms),
            "mode": "ArtList",
            "format": "json",
            "sort": "HybridRel",
            "maxrecords": str(min(query.limit, MOST)),
            "timespan": SPANS.get(query.time_range or "", "3m"),
        }
        text = await self._api.text(f"{self._url}/api/v2/doc/doc", asked)
        with reading(self.name, "that of a search"):
            items = _read(text).get("articles", [])
            results = [
                result_of(item.get("url"), item.get("title"), date=item.get("seendate"))
                for item in items
            ]
        return listed(self.name, items, results)[: query.limit]


def _read(text: str) -> dict[str, list[dict[str, str]]]:
    """Return the JSON of an answer.

    Raises:
        EngineError: It is words: GDELT writes its refusals as plain text with status 200.
        ValueError: It is no JSON.
    """
    start = text.lstrip()[:1]
    if start and start not in "{[<":
        if _TOO_MANY.search(text):
            raise EngineError("gdelt", BLOCKED, "blocked")
        raise EngineError("gdelt", "did not take this query", "query")
    if start == "<" and is_puzzle(text):
        raise EngineError("gdelt", PUZZLE, "blocked")
    # GDELT leaves control characters in titles.
    found: dict[str, list[dict[str, str]]] = json.loads(text, strict=False) if start else {}
    return found
