"""Web search: real parsers against pages of the engines' shape, fail-over, honest failure."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Callable
from html import escape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.doubles.calls import run
from tests.doubles.site import Request, Site
from tools.errors import SearchError, ToolSetupError
from tools.policy import Outcome
from tools.search.ddgs_engine import REST, DdgsEngine
from tools.search.engine import Result, SearchEngine, TimeRange, open_engine
from tools.search.memory import MemoryEngine
from tools.search.searxng import SearxngEngine
from tools.search.tool import listed, web_search_tool
from tools.settings import NetSettings, SearchSettings, ToolSettings

LLAMA = Result(
    "Llama – the animal", "https://animals.example/llama?a=1&b=2", "A llama carries loads."
)
LIMA = Result("Lima", "https://places.example/lima", "Capital of Peru, founded in 1535.")


def duckduckgo(*results: Result) -> str:
    body = "".join(
        f'<div class="links_main links_deep result__body"><h2 class="result__title">'
        f'<a href="{escape(r.url)}">{escape(r.title)}</a></h2>'
        f'<a class="result__snippet" href="{escape(r.url)}">{escape(r.snippet)}</a></div>'
        for r in results
    )
    return f"<html><body><div id='links'>{body}</div></body></html>"


def mojeek(*results: Result) -> str:
    items = "".join(
        f'<li class="r"><a class="ob" href="{escape(r.url)}"><p class="i">{escape(r.url)}</p></a>'
        f'<h2><a class="title" href="{escape(r.url)}">{escape(r.title)}</a></h2>'
        f'<p class="s">{escape(r.snippet)}</p></li>'
        for r in results
    )
    return f"<html><body><ul class='results-standard'>{items}</ul></body></html>"


def brave(*results: Result) -> str:
    items = "".join(
        f'<div class="snippet" data-type="web"><a href="{escape(r.url)}">'
        f'<div class="title">{escape(r.title)}</div></a>'
        f'<div class="generic-snippet"><div class="content">{escape(r.snippet)}</div></div></div>'
        for r in results
    )
    return f"<html><body><div id='results'>{items}</div></body></html>"


@pytest.fixture
async def engines(site: Site, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    """Send every host that ddgs asks to the test's own server, as a path of that name."""
    from ddgs.http_client import HttpClient

    real = HttpClient.request

    def request(self: Any, method: str, url: str, **options: Any) -> Any:
        parts = urlsplit(url)
        local = f"{site.url}/{parts.hostname}{parts.path}"
        return real(self, method, f"{local}?{parts.query}" if parts.query else local, **options)

    monkeypatch.setattr(HttpClient, "request", request)
    yield site
    # A search leaves slower engines behind in their threads; none may ask the next test's server.
    while any(thread.name == "tool" for thread in threading.enumerate()):
        await site.close()
        await asyncio.sleep(0.005)


DUCK, MOJEEK, BRAVE = (
    "/html.duckduckgo.com/html/",
    "/www.mojeek.com/search",
    "/search.brave.com/search",
)


def engine(*backends: str, timeout: float = 5.0, clock: Any = time.monotonic) -> DdgsEngine:
    return DdgsEngine(SearchSettings(backends=backends, timeout=timeout), clock)


@pytest.mark.parametrize(
    ("name", "path", "shape"),
    [("duckduckgo", DUCK, duckduckgo), ("mojeek", MOJEEK, mojeek), ("brave", BRAVE, brave)],
)
async def test_the_engines_pages_are_parsed(
    engines: Site, name: str, path: str, shape: Callable[..., str]
) -> None:
    engines.page(path, shape(LLAMA, LIMA))
    assert await engine(name).search("llama", 5) == [LLAMA, LIMA]
    assert await engine(name).search("llama", 1) == [LLAMA]


async def test_what_is_asked_reaches_the_engine(engines: Site) -> None:
    engines.page(DUCK, duckduckgo(LIMA))
    await engine("duckduckgo").search("größte Stadt & mehr", 5, "week")
    asked = parse_qs(engines.requests[0].body.decode())
    assert asked["q"] == ["größte Stadt & mehr"]
    assert asked["l"] == ["us-en"]
    assert asked["df"] == ["w"]


async def test_advertisements_doubles_and_odd_links_are_dropped(engines: Site) -> None:
    advert = Result("Ad", "https://duckduckgo.com/y.js?ad_domain=x", "Buy.")
    odd = Result("Odd", "javascript:alert(1)", "Odd.")
    counted = Result("C", "//duckduckgo.com/l/?uddg=https%3A%2F%2Fc.example%2F&rut=1", "C.")
    engines.page(DUCK, duckduckgo(advert, LIMA, LIMA, odd, counted))
    found = await engine("duckduckgo").search("x", 5)
    assert [result.url for result in found] == [LIMA.url, "https://c.example/"]


async def hang(request: Request, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(30)


@pytest.mark.parametrize("status", [202, 403, 429, 500])
async def test_a_blocked_engine_gives_way_to_the_next(engines: Site, status: int) -> None:
    engines.page(DUCK, "blocked", status=status)
    engines.page(BRAVE, "puzzle: are you a robot?")
    engines.page(MOJEEK, mojeek(LIMA))
    assert await engine("duckduckgo", "brave", "mojeek").search("x", 5) == [LIMA]


async def test_a_slow_engine_does_not_hold_up_the_rest(engines: Site) -> None:
    engines.raw(DUCK, hang)
    engines.raw(BRAVE, hang)
    engines.page(MOJEEK, mojeek(LIMA))
    started = time.monotonic()
    assert await engine("duckduckgo", "brave", "mojeek", timeout=3.0).search("x", 5) == [LIMA]
    assert time.monotonic() - started < 2.5


async def test_a_failed_engine_is_asked_last_for_a_while(engines: Site) -> None:
    now = 1000.0
    # The third is asked once the first has failed, or is slow: which it never is with this limit.
    made = engine("duckduckgo", "mojeek", "brave", timeout=600.0, clock=lambda: now)
    third = asyncio.Event()

    async def note(request: Request, writer: asyncio.StreamWriter) -> None:
        third.set()
        await asyncio.sleep(30)

    engines.page(DUCK, "blocked", status=429)
    engines.page(MOJEEK, mojeek(LIMA), after=third)
    engines.raw(BRAVE, note)
    await made.search("x", 5)
    assert made.order() == ["mojeek", "brave", "duckduckgo"]
    now += REST + 1
    assert made.order() == ["duckduckgo", "mojeek", "brave"]


async def test_engines_that_ignore_time_are_not_asked_for_new_pages(engines: Site) -> None:
    engines.page(MOJEEK, mojeek(LIMA))
    assert engine("mojeek", "duckduckgo").order("day") == ["duckduckgo"]
    with pytest.raises(SearchError, match="can search by time"):
        await engine("mojeek").search("x", 5, "day")


async def test_dead_engines_are_named_with_their_reasons(engines: Site) -> None:
    engines.raw(DUCK, hang)
    engines.page(MOJEEK, "slow down", status=429)
    with pytest.raises(SearchError) as caught:
        await engine("duckduckgo", "mojeek", "nosuch", timeout=1.0).search("x", 5)
    assert "duckduckgo: no answer in 1 s" in caught.value.reason
    assert "mojeek: refused to answer" in caught.value.reason
    assert "nosuch: ddgs has no such engine" in caught.value.reason


async def test_a_common_reason_is_told_once(engines: Site) -> None:
    engines.page(DUCK, "slow down", status=429)
    engines.page(BRAVE, "slow down", status=429)
    with pytest.raises(SearchError) as caught:
        await engine("duckduckgo", "brave").search("x", 5)
    assert caught.value.reason in (
        f"{names}: refused to answer, which mostly means too many searches"
        for names in ("duckduckgo, brave", "brave, duckduckgo")
    )


async def test_nothing_found_is_not_a_failure(engines: Site) -> None:
    engines.page(DUCK, duckduckgo())
    engines.page(MOJEEK, mojeek())
    assert await engine("duckduckgo", "mojeek").search("x", 5) == []


async def test_cancelling_a_search_ends_it_at_once(engines: Site) -> None:
    asked = asyncio.Event()

    async def note(request: Request, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await asyncio.sleep(30)

    engines.raw(DUCK, note)
    task = asyncio.create_task(engine("duckduckgo").search("x", 5))
    await asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def searxng(site: Site, **settings: Any) -> SearxngEngine:
    return SearxngEngine(site.url, SearchSettings(timeout=2.0, **settings), NetSettings())


async def test_searxng_is_asked_for_json(site: Site) -> None:
    found = {"title": "Lima", "url": LIMA.url, "content": LIMA.snippet,
             "publishedDate": "2026-11-01T00:00:00"}  # fmt: skip
    site.page("/search", json.dumps({"results": [found, {"title": "no url"}]}), "application/json")
    result = Result("Lima", LIMA.url, LIMA.snippet, "2026-11-01")
    assert await searxng(site, region="de-de").search("Lima & mehr", 3, "month") == [result]
    asked = parse_qs(urlsplit(site.requests[0].path).query)
    assert asked == {
        "q": ["Lima & mehr"], "format": ["json"], "language": ["de"], "time_range": ["month"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        ("no json for you", 403, "add `json` to search.formats"),
        ("<html>", 200, "not the JSON of a SearXNG"),
        ('{"results": 5}', 200, "not the JSON of a SearXNG"),
        ('{"results": ["x"]}', 200, "not the JSON of a SearXNG"),
        ('{"results": [], "unresponsive_engines": [["brave", "timeout"]]}', 200, "(brave)"),
        ("gone", 500, "500"),
    ],
)
async def test_a_searxng_that_fails_says_how(
    site: Site, body: str, status: int, reason: str
) -> None:
    site.page("/search", body, "application/json", status=status)
    with pytest.raises(SearchError) as caught:
        await searxng(site).search("x", 5)
    assert reason in caught.value.reason


async def test_searxng_is_open_for_the_search_alone() -> None:
    """The host that the setting opens is not opened for reading pages."""
    made = open_engine(SearchSettings(searxng_url="http://localhost:8888"), NetSettings())
    assert isinstance(made, SearxngEngine)
    assert isinstance(open_engine(SearchSettings(), NetSettings()), DdgsEngine)
    with pytest.raises(ToolSetupError):
        open_engine(SearchSettings(searxng_url="ftp://x"), NetSettings())


@pytest.fixture(params=["ddgs", "searxng", "memory"])
async def any_engine(request: pytest.FixtureRequest, engines: Site) -> SearchEngine:
    """Each engine over the same two documents."""
    found = [{"title": r.title, "url": r.url, "content": r.snippet} for r in (LLAMA, LIMA)]
    engines.page(DUCK, duckduckgo(LLAMA, LIMA))
    engines.page("/search", json.dumps({"results": found}), "application/json")
    made: dict[str, Callable[[], SearchEngine]] = {
        "ddgs": lambda: engine("duckduckgo"),
        "searxng": lambda: searxng(engines),
        "memory": lambda: MemoryEngine([LIMA, LLAMA]),
    }
    return made[request.param]()


async def test_every_engine_keeps_the_contract(any_engine: SearchEngine) -> None:
    assert isinstance(any_engine, SearchEngine)
    assert any_engine.name
    found = await any_engine.search("llama loads", 5)
    assert found[0] == LLAMA
    assert len(await any_engine.search("llama peru", 1)) == 1
    assert await any_engine.search("llama", 5, "year")


async def test_memory_finds_by_words_and_nothing_else() -> None:
    made = MemoryEngine([LLAMA, LIMA])
    assert await made.search("What is the CAPITAL of Perú?", 5) == [LIMA]
    assert await made.search("quantum", 5) == []
    assert await MemoryEngine([]).search("x", 5) == []


class Broken:
    name = "broken"

    async def search(
        self, query: str, limit: int, time_range: TimeRange | None = None
    ) -> list[Result]:
        raise SearchError("duckduckgo: could not be reached")


async def ask(made: SearchEngine, **arguments: Any) -> Outcome:
    tool = web_search_tool(SearchSettings(results=2), made)
    return await run(tool, arguments, "1", ToolSettings())


async def test_the_tool_lists_results_and_carries_their_sources() -> None:
    dated = Result("Lima\nnews", "https://www.news.example/lima", "word " * 200, "2026-11-20")
    outcome = await ask(MemoryEngine([LLAMA, dated]), query="llama lima word")
    assert "Lima news (news.example, 2026-11-20)" in outcome.output
    assert "Llama – the animal (animals.example)\n   A llama carries loads." in outcome.output
    assert LLAMA.url in outcome.output
    assert len(outcome.output) < 800
    assert {source.url for source in outcome.sources} == {LLAMA.url, dated.url}
    assert all(len(source.snippet) <= 310 for source in outcome.sources)


async def test_the_tool_says_plainly_that_the_engines_failed() -> None:
    outcome = await ask(Broken(), query="llama")
    assert outcome.error == (
        "The search engines could not be reached (duckduckgo: could not be reached). Answer from "
        "what you know and say that it was not looked up."
    )
    assert outcome.sources == ()


async def test_the_tool_says_that_nothing_was_found() -> None:
    outcome = await ask(MemoryEngine([LLAMA]), query="quantum", time_range="day")
    assert outcome.output.startswith("Nothing was found for 'quantum' from the last day.")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"query": "  "}, "The query is empty"),
        ({}, "`query` is missing"),
        ({"query": "x", "time_range": "hour"}, "`time_range` was 'hour'"),
    ],
)
async def test_the_tool_says_what_was_wrong(arguments: dict[str, Any], message: str) -> None:
    assert message in (await ask(MemoryEngine([LLAMA]), **arguments)).error


def test_results_without_a_snippet_are_listed_too() -> None:
    assert listed([Result("T", "https://a.example/x")]) == (
        "1. T (a.example)\n   https://a.example/x"
    )
