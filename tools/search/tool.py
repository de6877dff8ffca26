"""Web search as a tool: it searches, reads the best pages, and shows the passages that fit."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Literal

from tools.declared import declare
from tools.errors import SearchError
from tools.search.engine import Kind, Query, Result, SearchEngine, TimeRange
from tools.search.freshness import span
from tools.search.meta import AllFailed, Found, MetaEngine
from tools.search.reading import Read, Reader, source_of
from tools.settings import SearchSettings
from tools.sources import Search, Source

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

    from tools.net import Net

QUERY_CHARS = 400
QUICK = 5
"""Results that are shown where no page is read."""
KINDS: dict[str, Kind] = {"web": "text", "news": "news"}
# What ddgs names in its own way, among the two letters of ISO 3166.
COUNTRIES = {"uk": "gb", "wt": "", "xa": "", "xl": ""}
NOTHING = (
    "Nothing could be looked up: no search engine answered ({reason}). Tell the user so first. "
    "Then answer from what you know, and say that it is not from the web and may be out of date."
)
_OPERATOR = re.compile(r"(?:^|\s)site:(\S+)", re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")
_MARK = re.compile(r"^\s*\[\d+\]\s*")


def web_search_tool(
    settings: SearchSettings, engine: SearchEngine, net: Net | None = None
) -> BaseTool:
    """Return web search as a tool.

    Args:
        settings: How deep is searched, how much is shown, from where, and in which language.
        engine: What is searched.
        net: The way to the pages; without one none is read.
    """
    from langchain_core.tools import StructuredTool, ToolException

    async def web_search(
        query: str,
        time_range: TimeRange | None = None,
        site: str | None = None,
        kind: Literal["web", "news"] = "web",
        english: str | None = None,
    ) -> tuple[str, list[Source | Search]]:
        """Search the web for current or unknown facts: news, prices, people, places, products.

        Not for sums, for the time, or for what is already in the conversation.

        Args:
            query: A few words to search for, such as "population of Lima 2025".
            time_range: Only pages of the last day, week, month or year. Leave out for all.
            site: Only this site, such as "bbc.co.uk". Leave out for all.
            kind: "news" for news articles only.
            english: The query in English, if it is in another language.
        """
        began = time.perf_counter()
        asked = query_of(query, settings, time_range, site or "", kind)
        if not asked.text:
            raise ToolException("The query is empty. Write a few words to search for.")
        if asked.site and not _HOST.fullmatch(asked.site):
            raise ToolException(
                f"`site` was {str(site)[:60]!r}: write one host such as bbc.co.uk, or leave it out."
            )
        try:
            found = await _both(engine, asked, " ".join((english or "").split())[:QUERY_CHARS])
        except SearchError as error:
            nothing = ToolException(NOTHING.format(reason=error.reason[:400]))
            failed = error.found if isinstance(error, AllFailed) else Found(())
            seconds = time.perf_counter() - began
            nothing.artifact = [record(asked, failed, Read(()), seconds, error.reason)]  # type: ignore[attr-defined]
            raise nothing from error
        read = await _read(engine, asked, found, settings, net)
        done = record(asked, found, read, time.perf_counter() - began)
        text = "\n\n".join(part for part in (_head(found, asked), shown(read.sources)) if part)
        return text, [*read.sources, done]

    tool = StructuredTool.from_function(
        coroutine=web_search, parse_docstring=True, response_format="content_and_artifact"
    )
    examples = ("Who won the match yesterday?", "Latest news about Peru", "Price of copper today")
    return declare(
        tool, risk="reads", output="outside", cache_seconds=60, examples=examples, core=True
    )


async def _both(engine: SearchEngine, query: Query, english: str) -> Found:
    """Search, in English as well where the question is in another language.

    Raises:
        SearchError: Nothing could be had.
    """
    if not english or english.lower() == query.text.lower():
        return await find(engine, query)
    other = replace(query, text=english, language="en")
    own, more = await asyncio.gather(
        find(engine, query), find(engine, other), return_exceptions=True
    )
    if isinstance(own, BaseException):
        if isinstance(more, BaseException) or not isinstance(own, SearchError):
            raise own
        return more
    if isinstance(more, BaseException):
        return own
    mixed = [one for pair in zip_longest(own.results, more.results) for one in pair if one]
    unique = {one.url: one for one in reversed(mixed)}
    return replace(own, results=tuple(one for one in mixed if unique.pop(one.url, None)))


async def _read(
    engine: SearchEngine, query: Query, found: Found, settings: SearchSettings, net: Net | None
) -> Read:
    """Read the best pages, unless what the engines say of them is to do."""
    if settings.depth == "quick" or not found.results:
        return Read(tuple(source_of(result) for result in found.results[:QUICK]))

    async def again(query: Query) -> Sequence[Result]:
        return (await find(engine, query)).results

    return await Reader(net, settings).read(query, found.results, again)


def record(query: Query, found: Found, read: Read, seconds: float, error: str = "") -> Search:
    """Return the record of how a search went."""
    return Search(
        query=query.worded,
        found=len(found.results),
        answered=dict(found.answered),
        failed=dict(found.failed),
        resting=dict(found.resting),
        cached=found.cached,
        stale=found.stale,
        age=found.age,
        read=read.pages,
        unread=dict(read.unread),
        also=read.also,
        error=error,
        seconds=seconds,
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


def shown(sources: Sequence[Source]) -> str:
    """Show sources to a model: number, title, address and date, and the passages below.

    Nothing that a page says begins a line with a number in brackets, so it cannot pose as a source.
    """
    blocks = []
    for number, source in enumerate(sources, start=1):
        where = f"{source.url}, {source.date}" if source.date else source.url
        lines = [f"[{number}] {_bare(source.title)} ({where})"]
        lines += [_bare(text) for text in source.texts]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def _bare(text: str) -> str:
    return _MARK.sub("", " ".join(text.split()))
