"""Search engines on loopback: each with answers of the shape that the real one gives."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.doubles.site import Request, Site
from tools.search.arxiv import ArxivEngine
from tools.search.brave import BraveEngine
from tools.search.ddgs_engine import DdgsEngine
from tools.search.encyclopedia import WikipediaEngine
from tools.search.engine import Kind, Result, SearchEngine
from tools.search.gdelt import GdeltEngine
from tools.search.google import GoogleEngine
from tools.search.searxng import SearxngEngine
from tools.search.tavily import TavilyEngine
from tools.settings import NetSettings, SearchSettings

LLAMA = Result(
    "Llama – the animal", "https://animals.example/llama?a=1&b=2", "A llama carries loads."
)
LIMA = Result("Lima", "https://places.example/lima", "Capital of Peru, founded in 1535.")
KEYS = {
    "google_key": "AIza-secret-of-google",
    "google_cx": "engine-id",
    "brave_key": "secret-of-brave",
    "tavily_key": "tvly-secret-of-tavily",
}
NET = NetSettings(allow_hosts=("127.0.0.1",))
CAPTCHA = (
    "<html><body><form id='challenge-form'>We noticed unusual traffic. Please solve the CAPTCHA "
    "to show that you are human.</form></body></html>"
)
NOW = 1_790_000_000.0  # 21 September 2026


# The pages of engines that ddgs reads.
def duckduckgo(results: Sequence[Result]) -> str:
    body = "".join(
        f'<div class="links_main links_deep result__body"><h2 class="result__title">'
        f'<a href="{escape(r.url)}">{escape(r.title)}</a></h2>'
        f'<a class="result__snippet" href="{escape(r.url)}">{escape(r.snippet)}</a></div>'
        for r in results
    )
    return f"<html><body><div id='links'>{body}</div></body></html>"


def mojeek(results: Sequence[Result]) -> str:
    items = "".join(
        f'<li class="r"><a class="ob" href="{escape(r.url)}"><p class="i">{escape(r.url)}</p></a>'
        f'<h2><a class="title" href="{escape(r.url)}">{escape(r.title)}</a></h2>'
        f'<p class="s">{escape(r.snippet)}</p></li>'
        for r in results
    )
    return f"<html><body><ul class='results-standard'>{items}</ul></body></html>"


def brave_page(results: Sequence[Result]) -> str:
    items = "".join(
        f'<div class="snippet" data-type="web"><a href="{escape(r.url)}">'
        f'<div class="title">{escape(r.title)}</div></a>'
        f'<div class="generic-snippet"><div class="content">{escape(r.snippet)}</div></div></div>'
        for r in results
    )
    return f"<html><body><div id='results'>{items}</div></body></html>"


def duckduckgo_news(results: Sequence[Result]) -> str:
    items = [
        {"date": 1_789_900_000, "title": r.title, "excerpt": r.snippet, "url": r.url,
         "image": "https://pictures.example/1.jpg", "source": "The Daily"}
        for r in results
    ]  # fmt: skip
    return json.dumps({"results": items})


# The interfaces for programs.
def searxng(results: Sequence[Result]) -> str:
    items = [
        {"title": r.title, "url": r.url, "content": r.snippet, "engine": "mojeek", "score": 1.0,
         "publishedDate": f"{r.date}T00:00:00" if r.date else None}
        for r in results
    ]  # fmt: skip
    return json.dumps({"query": "x", "results": items, "unresponsive_engines": []})


def google(results: Sequence[Result]) -> str:
    items = [
        {"kind": "customsearch#result", "title": r.title, "link": r.url, "snippet": r.snippet}
        for r in results
    ]
    answer: dict[str, Any] = {"kind": "customsearch#search", "searchInformation": {}}
    return json.dumps(answer | ({"items": items} if items else {}))


def brave(results: Sequence[Result]) -> str:
    items = [
        {"title": escape(r.title), "url": r.url, "type": "search_result",
         "description": f"<strong>{escape(r.snippet)}</strong>"}
        for r in results
    ]  # fmt: skip
    found = {"web": {"type": "search", "results": items}} if items else {}
    return json.dumps({"type": "search", "query": {"original": "x"}} | found)


def tavily(results: Sequence[Result]) -> str:
    items = [
        {"title": r.title, "url": r.url, "content": r.snippet, "score": 0.9, "raw_content": None}
        for r in results
    ]
    return json.dumps({"query": "x", "images": [], "results": items, "response_time": 0.4})


def wikipedia(results: Sequence[Result]) -> str:
    pages = [
        {"pageid": n, "ns": 0, "title": r.title, "index": n, "extract": r.snippet,
         "fullurl": r.url}
        for n, r in enumerate(results, start=1)
    ]  # fmt: skip
    # The wiki lists pages by their id, whatever their rank.
    found = {"query": {"pages": pages[::-1]}} if pages else {}
    return json.dumps({"batchcomplete": True} | found)


def arxiv(results: Sequence[Result]) -> str:
    entries = "".join(
        f"<entry><id>{escape(r.url)}</id><title>{escape(r.title)}</title>"
        f"<summary> {escape(r.snippet)}\n</summary><author><name>A. Mamani</name></author></entry>"
        for r in results
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom">'
        f"<title>Query</title>{entries}</feed>"
    )


def gdelt(results: Sequence[Result]) -> str:
    items = [
        {"url": r.url, "url_mobile": "", "title": r.title, "seendate": "20260920T101500Z",
         "socialimage": "", "domain": "x.example", "language": "English"}
        for r in results
    ]  # fmt: skip
    return json.dumps({"articles": items} if items else {})


@dataclass(frozen=True)
class Case:
    """An engine and the server that it asks.

    Args:
        name: Its name.
        path: Where the server answers.
        shape: Writes an answer.
        make: Makes the engine for a server.
        keyed: Whether it sends a key.
        kind: What it is asked for.
        snippets: Whether its answers hold passages.
        dated: The day that its answers name.
    """

    name: str
    path: str
    shape: Callable[[Sequence[Result]], str]
    make: Callable[[Site, SearchSettings], SearchEngine]
    keyed: bool = False
    kind: Kind = "text"
    snippets: bool = True
    dated: str = ""
    ddgs: bool = False

    def engine(self, site: Site, **given: Any) -> SearchEngine:
        """Make the engine."""
        return self.make(site, settings(site, **given))

    def serve(self, site: Site, *results: Result, **how: Any) -> None:
        """Let the server give these results."""
        site.page(self.path, self.shape(results), "application/json", **how)


def settings(site: Site, **given: Any) -> SearchSettings:
    """Return settings with all keys."""
    return SearchSettings(**{"timeout": 5.0, "searxng_url": f"{site.url}/searxng", **KEYS, **given})


def _ddgs(name: str, path: str, shape: Any, **more: Any) -> Case:
    backend = name.split()[0]
    return Case(
        f"ddgs:{name}", path, shape, lambda site, made: DdgsEngine(backend, made),
        ddgs=True, **more,
    )  # fmt: skip


DUCK = "/html.duckduckgo.com/html/"
MOJEEK = "/www.mojeek.com/search"
BRAVE = "/search.brave.com/search"
CASES = (
    _ddgs("duckduckgo", DUCK, duckduckgo),
    _ddgs("mojeek", MOJEEK, mojeek),
    _ddgs("brave", BRAVE, brave_page),
    Case("searxng", "/searxng/search", searxng,
         lambda site, made: SearxngEngine(made.searxng_url, made, NetSettings())),
    Case("bing", "/searxng/search", searxng,
         lambda site, made: SearxngEngine(made.searxng_url, made, NetSettings(), "bing")),
    Case("google", "/google", google,
         lambda site, made: GoogleEngine(made, NET, f"{site.url}/google"), keyed=True),
    Case("brave", "/brave/res/v1/web/search", brave,
         lambda site, made: BraveEngine(made, NET, f"{site.url}/brave"), keyed=True),
    Case("tavily", "/tavily/search", tavily,
         lambda site, made: TavilyEngine(made, NET, f"{site.url}/tavily"), keyed=True),
    Case("wikipedia", "/wiki/w/api.php", wikipedia,
         lambda site, made: WikipediaEngine(made, NET, f"{site.url}/wiki")),
    Case("arxiv", "/arxiv/api/query", arxiv,
         lambda site, made: ArxivEngine(made, NET, f"{site.url}/arxiv", lambda: NOW)),
    Case("gdelt", "/gdelt/api/v2/doc/doc", gdelt,
         lambda site, made: GdeltEngine(made, NET, f"{site.url}/gdelt"),
         kind="news", snippets=False, dated="2026-09-20"),
)  # fmt: skip
BY_NAME = {case.name: case for case in CASES}


def to_loopback(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Send every host that ddgs asks to a server, as a path of that name."""
    from ddgs.http_client import HttpClient

    real = HttpClient.request

    def request(self: Any, method: str, url: str, **options: Any) -> Any:
        parts = urlsplit(url)
        local = f"{site.url}/{parts.hostname}{parts.path}"
        return real(self, method, f"{local}?{parts.query}" if parts.query else local, **options)

    monkeypatch.setattr(HttpClient, "request", request)


def asked(request: Request) -> dict[str, str]:
    """Return what was asked of a server, from the address or the body."""
    if request.headers.get("content-type", "").startswith("application/json"):
        return dict(json.loads(request.body))
    text = request.body.decode() or urlsplit(request.path).query
    return {name: values[0] for name, values in parse_qs(text).items()}


async def hang(request: Request, writer: asyncio.StreamWriter) -> None:
    """Take a request and never answer it."""
    await asyncio.sleep(30)


async def drop(request: Request, writer: asyncio.StreamWriter) -> None:
    """Break off in the middle of an answer."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n<html>")
    await writer.drain()
    writer.transport.abort()


def noted(site: Site, path: str) -> asyncio.Event:
    """Return an event that comes when a path is asked for."""
    handler, event = site.pages[path], asyncio.Event()

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        event.set()
        await handler(request, writer)

    site.raw(path, answer)
    return event


@dataclass
class Clock:
    """A clock that goes when it is told to."""

    now: float = NOW
    asked: int = field(default=0)

    def __call__(self) -> float:
        self.asked += 1
        return self.now
