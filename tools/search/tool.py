"""Web search as a tool."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tools.declared import declare
from tools.errors import SearchError
from tools.output import SNIPPET_CHARS
from tools.search.engine import Result, SearchEngine, TimeRange
from tools.settings import SearchSettings
from tools.sources import Source

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

QUERY_CHARS = 400
TITLE_CHARS = 120


def web_search_tool(settings: SearchSettings, engine: SearchEngine) -> BaseTool:
    """Return web search as a tool.

    Args:
        settings: How many results there are.
        engine: What is searched.
    """
    from langchain_core.tools import StructuredTool, ToolException

    async def web_search(
        query: str, time_range: TimeRange | None = None
    ) -> tuple[str, list[Source]]:
        """Search the web for current or unknown facts: news, prices, people, places, products.

        Not for sums, for the time, or for what is already in the conversation.

        Args:
            query: A few words to search for, such as "population of Lima 2025".
            time_range: Only pages of the last day, week, month or year. Leave out for all.
        """
        wanted = " ".join(query.split())[:QUERY_CHARS]
        if not wanted:
            raise ToolException("The query is empty. Write a few words to search for.")
        try:
            results = await engine.search(wanted, settings.results, time_range)
        except SearchError as error:
            raise ToolException(
                f"The search engines could not be reached ({error.reason}). Answer from what you "
                "know and say that it was not looked up."
            ) from error
        if not results:
            span = f" from the last {time_range}" if time_range else ""
            return f"Nothing was found for {wanted!r}{span}. Try fewer or other words.", []
        return listed(results), [source_of(result) for result in results]

    tool = StructuredTool.from_function(
        coroutine=web_search, parse_docstring=True, response_format="content_and_artifact"
    )
    examples = ("Who won the match yesterday?", "Latest news about Peru", "Price of copper today")
    return declare(
        tool, risk="reads", output="outside", cache_seconds=60, examples=examples, core=True
    )


def listed(results: Sequence[Result]) -> str:
    """List results for a small model: number, title, host, date, snippet, address."""
    blocks = []
    for number, result in enumerate(results, start=1):
        host = (urlsplit(result.url).hostname or "").removeprefix("www.")
        where = f"{host}, {result.date}" if result.date else host
        lines = [f"{number}. {_cut(result.title, TITLE_CHARS)} ({where})"]
        if result.snippet:
            lines.append(f"   {_cut(result.snippet, SNIPPET_CHARS)}")
        lines.append(f"   {result.url}")
        blocks.append("\n".join(lines))
    return "\n".join(blocks)


def source_of(result: Result) -> Source:
    """Return the record that an answer can cite."""
    return Source(_cut(result.title, TITLE_CHARS), result.url, _cut(result.snippet, SNIPPET_CHARS))


def _cut(text: str, limit: int) -> str:
    flat = " ".join(text.split())
    if len(flat) <= limit:
        return flat
    return flat[:limit].rpartition(" ")[0].rstrip(" ,.;:") + " …"
