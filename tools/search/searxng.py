"""A SearXNG of one's own, asked for JSON."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode, urlsplit

from tools.errors import NetError, SearchError, ToolSetupError
from tools.net import Net
from tools.search.engine import Result, TimeRange
from tools.settings import NetSettings, SearchSettings


class SearxngEngine:
    """Search through a SearXNG server.

    Args:
        url: The server's address; it may lie in one's own network.
        settings: How the web is searched.
        net: Limits of the requests.

    Raises:
        ToolSetupError: The address is none.
    """

    name = "searxng"

    def __init__(self, url: str, settings: SearchSettings, net: NetSettings) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ToolSetupError(
                f"The setting tools.search.searxng_url is {url!r}, which is no web address.",
                "Write the server's address, such as http://localhost:8888.",
            )
        self._url = url.rstrip("/")
        self._language = settings.region.partition("-")[2] or "all"
        host = parts.netloc.rpartition("@")[2]
        allowed = (*net.allow_hosts, host)
        limits = {"allow_hosts": allowed, "timeout": settings.timeout}
        self._net = Net(net.model_copy(update=limits))

    async def search(
        self, query: str, limit: int, time_range: TimeRange | None = None
    ) -> list[Result]:
        """Return the server's results."""
        asked = {"q": query, "format": "json", "language": self._language}
        if time_range:
            asked["time_range"] = time_range
        try:
            page = await self._net.fetch(f"{self._url}/search?{urlencode(asked)}")
            answer = json.loads(page.text())
            found = [_result(item) for item in answer["results"]]
            silent = answer.get("unresponsive_engines") or []
        except NetError as error:
            raise SearchError(f"searxng: {_net_reason(error)}") from error
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise SearchError("searxng: its answer is not the JSON of a SearXNG") from error
        results = [result for result in found if result is not None][:limit]
        if not results and silent:
            raise SearchError(f"searxng: its engines did not answer ({_names(silent)})")
        return results


def _result(item: dict[str, Any]) -> Result | None:
    url = str(item.get("url") or "")
    if not url:
        return None
    text = " ".join(str(item.get("content") or "").split())
    date = str(item.get("publishedDate") or "")[:10]
    return Result(str(item.get("title") or url), url, text, date)


def _net_reason(error: NetError) -> str:
    if error.status == 403:
        return "it gives no JSON (add `json` to search.formats in its settings.yml)"
    return error.reason


def _names(silent: list[Any]) -> str:
    return ", ".join(str(item[0] if isinstance(item, list) and item else item) for item in silent)
