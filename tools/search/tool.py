"""Web search as a tool."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from tools.declared import declare
from tools.errors import SearchError
from tools.output import SNIPPET_CHARS
from tools.search.engine import Kind, Query, Result, SearchEngine, TimeRange
from tools.search.freshness import span
from tools.search.meta import Found, MetaEngine
from tools.settings import SearchSettings
from tools.sources import Source

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

QUERY_CHARS = 400
TITLE_CHARS = 120
KINDS: dict[str, Kind] = {"web": "text", "news": "news"}
# What ddgs names in its own way, among the two letters of ISO 3166.
COUNTRIES = {"uk": "gb", "wt": "", "xa": "", "xl": ""}
NOTHING = (
    "Nothing could be looked up: no search engine answered ({reason}). Tell the user so first. "
    "Then answer from what you know, and say that it is not from the web and may be out of date."
)
_OPERATOR = re.compile(r"(?:^|\s)site:(\S+)", re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")


def web_search_tool(settings: SearchSettings, engine: SearchEngine) -> BaseTool:
    """Return web search as a tool.

    Args:
        settings: How many results there are, from where, and in which language.
        engine: What is searched.
    """
    from langchain_core.tools import StructuredTool, ToolException

    async def web_search(
        query: str,
        time_range: TimeRange | None = None,
        site: str | None = None,
        kind: Literal["web", "news"] = "web",
    ) -> tuple[str, list[Source | Found]]:
        """Search the web for current or unknown facts: news, prices, people, places, products.

        Not for sums, for the time, or for what is already in the conversation.

        Args:
            query: A few words to search for, such as "population of Lima 2025".
            time_range: Only pages of the last day, week, month or year. Leave out for all.
            site: Only this site, such as "bbc.co.uk". Leave out for all.
            kind: "news" for news articles only.
        """
        asked = query_of(query, settings, time_range, site or "", kind)
        if not asked.text:
            raise ToolException("The query is empty. Write a few words to search for.")
        if asked.site and not _HOST.fullmatch(asked.site):
            raise ToolException(
                f"`site` was {str(site)[:60]!r}: write one host such as bbc.co.uk, or leave it out."
            )
        try:
            found = await find(engine, asked)
        except SearchError as error:
            raise ToolException(NOTHING.format(reason=error.reason[:400])) from error
        text = "\n".join(part for part in (_head(found, asked), listed(found.results)) if part)
        return text, [*(source_of(result) for result in found.results), found]

    tool = StructuredTool.from_function(
        coroutine=web_search, parse_docstring=True, response_format="content_and_artifact"
    )
    examples = ("Who won the match yesterday?", "Latest news about Peru", "Price of copper today")
    return declare(
        tool, risk="reads", output="outside", cache_seconds=60, examples=examples, core=True
    )


def query_of(
    text: str,
    settings: SearchSettings,
    time_range: TimeRange | None = None,
    site: str = "",
    kind: str = "web",
) -> Query:
    """Return a query with what the settings say of region, language and safe search.

    A site that is named within the words, or as a whole address, is understood.
    """
    words = text[: QUERY_CHARS * 4]
    if named := _OPERATOR.search(words):
        site = site or named[1]
        words = _OPERATOR.sub(" ", words)
    country, _, language = settings.region.lower().partition("-")
    return Query(
        " ".join(words.split())[:QUERY_CHARS],
        settings.results,
        time_range,
        _host(site),
        COUNTRIES.get(country, country),
        settings.language or ("" if language == "wt" else language),
        settings.safe_search,
        KINDS.get(kind, "text"),
    )


def _host(site: str) -> str:
    """Return the host of what names a site; what names none stays as it is."""
    bare = re.sub(r"^(?:site:|\*\.|https?://)+", "", site.strip().lower())
    return bare.partition("/")[0].removeprefix("www.").strip(".")


async def find(engine: SearchEngine, query: Query) -> Found:
    """Search, whatever kind of engine it is.

    Raises:
        SearchError: Nothing could be had.
    """
    if isinstance(engine, MetaEngine):
        return await engine.find(query)
    results = await engine.search(query)
    return Found(tuple(results), (engine.name,), {engine.name: len(results)})


def _head(found: Found, query: Query) -> str:
    """Say what the reader of the results has to know of them; mostly nothing."""
    if found.stale:
        return (
            f"No search engine answers now. These results are a copy from {span(found.age)} ago: "
            "say so in the answer."
        )
    if found.results:
        return ""
    limits = f" from the last {query.time_range}" if query.time_range else ""
    limits += f" on {query.site}" if query.site else ""
    silent = len(found.failed) + len(found.resting)
    doubt = f" {silent} of the search engines did not answer, so there may be more." * bool(silent)
    return f"Nothing was found for {query.text!r}{limits}.{doubt} Try fewer or other words."


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
