"""A small web on loopback: a search server of SearXNG's shape, and the pages that it finds."""

from __future__ import annotations

import asyncio
import contextlib
import html
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, urlsplit

from tools.ranking import scores
from tools.settings import NetSettings, SearchSettings, ToolSettings
from tools.threads import in_thread

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
FIRST_PORT = 18_081
"""Where a port is looked for first: with the same addresses a prompt is the same in every run."""
LAST_PORT = 18_481
RESULTS = 10
"""Results on one page of the search."""
SNIPPET_CHARS = 300
SLUG_CHARS = 60
_OPERATOR = re.compile(r"(?:^|\s)site:(\S+)")
_NUMBER = re.compile(r"/(\d+)(?:-|$)")
_NAVIGATION = '<nav><a href="/">Home</a> <a href="/about">About</a></nav>'
_FOOTER = "<footer><p>All pages of this site</p></footer>"


@dataclass(frozen=True, slots=True)
class Document:
    """What stands on one page.

    Args:
        title: Its title.
        text: Its text, one paragraph a line.
        date: When it was published, as YYYY-MM-DD; may be empty.
    """

    title: str
    text: str
    date: str = ""


class Web:
    """The pages and the search; made by `open_web`.

    Args:
        documents: What stands on the pages.
        hosts: The hosts that answer, `ADDRESS:PORT` each; pages are spread over them in turn.

    Attributes:
        asked: What was asked for, in the order of arrival.
    """

    def __init__(self, documents: Sequence[Document], hosts: Sequence[str]) -> None:
        self.documents = tuple(documents)
        self.hosts = tuple(hosts)
        self.asked: list[str] = []
        self._texts = [f"{one.title}\n{one.text}" for one in documents]

    @property
    def url(self) -> str:
        """The address that answers searches, and all pages too."""
        return f"http://{self.hosts[0]}"

    @property
    def searxng_url(self) -> str:
        """The address for the setting of that name."""
        return self.url

    def address(self, number: int) -> str:
        """Return the address of a document, counted from 0."""
        slug = re.sub(r"\W+", "_", self.documents[number].title).strip("_")[:SLUG_CHARS]
        return f"http://{self.hosts[number % len(self.hosts)]}/{number}-{quote(slug)}"

    def number(self, url: str) -> int | None:
        """Return the number of the document at an address, or None."""
        parts = urlsplit(url)
        return self._numbered(parts.path) if parts.netloc in self.hosts else None

    def document(self, url: str) -> Document | None:
        """Return the document at an address, or None."""
        number = self.number(url)
        return None if number is None else self.documents[number]

    def settings(self) -> ToolSettings:
        """Return settings with which the tools see this web and no other."""
        return ToolSettings(
            approval="never",
            search=SearchSettings(engines=("searxng",), searxng_url=self.searxng_url),
            net=NetSettings(allow_hosts=self.hosts),
        )

    def found(self, query: str, page: int = 1) -> list[dict[str, object]]:
        """Return one page of results, as SearXNG writes them.

        Args:
            query: Words, and perhaps `site:` with a host.
            page: Which page, from 1.
        """
        sites = _OPERATOR.findall(query)
        words = _OPERATOR.sub(" ", query)
        names = {host.partition(":")[0] for host in self.hosts}
        if any(site.partition(":")[0] not in names for site in sites):
            return []
        rated = [(-score, at) for at, score in enumerate(scores(words, self._texts)) if score > 0]
        chosen = sorted(rated)[(page - 1) * RESULTS : page * RESULTS]
        return [self._result(words, at, -score) for score, at in chosen]

    def answer(self, target: str) -> tuple[str, str, str]:
        """Return the status, the type and the text for a request."""
        self.asked.append(target)
        parts = urlsplit(target)
        if parts.path == "/search":
            asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
            query, page = asked.get("q", ""), asked.get("pageno", "1")
            results = self.found(query, max(1, int(page)) if page.isdecimal() else 1)
            whole = {
                "query": query,
                "number_of_results": len(results),
                "results": results,
                "answers": [],
                "suggestions": [],
                "unresponsive_engines": [],
            }
            return "200 OK", "application/json", json.dumps(whole, ensure_ascii=False)
        number = self._numbered(parts.path)
        if number is None:
            return "404 Not Found", "text/plain; charset=utf-8", "There is nothing here."
        return "200 OK", "text/html; charset=utf-8", page_of(self.documents[number])

    def _numbered(self, path: str) -> int | None:
        found = _NUMBER.match(path)
        return int(found[1]) if found and int(found[1]) < len(self.documents) else None

    def _result(self, query: str, number: int, score: float) -> dict[str, object]:
        document = self.documents[number]
        return {
            "url": self.address(number),
            "title": document.title,
            "content": snippet(query, document.text),
            "publishedDate": f"{document.date}T00:00:00" if document.date else None,
            "engine": "loopback",
            "engines": ["loopback"],
            "category": "general",
            "score": score,
        }


@asynccontextmanager
async def open_web(
    documents: Sequence[Document], *, delay: float = 0.0, hosts: int = 1
) -> AsyncIterator[Web]:
    """Serve documents and a search over them on loopback, in the running loop.

    Args:
        documents: What stands on the pages.
        delay: Seconds that each answer takes, unless finding it takes longer.
        hosts: How many addresses of loopback the pages are spread over.
    """
    transports: set[asyncio.WriteTransport] = set()
    handlers: set[asyncio.Task[None]] = set()
    webs: list[Web] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - for the type checker; a coroutine has a task
        handlers.add(task)
        transports.add(writer.transport)
        try:
            await _exchange(webs[0], reader, writer, delay)
        finally:
            handlers.discard(task)
            transports.discard(writer.transport)
            writer.close()

    async with AsyncExitStack() as stack:
        taken: list[str] = []
        for number in range(1, hosts + 1):
            server = await _listen(serve, f"127.0.0.{number}")
            stack.callback(server.close)
            address, port = server.sockets[0].getsockname()
            taken.append(f"{address}:{port}")
        webs.append(Web(documents, taken))
        try:
            yield webs[0]
        finally:
            for transport in [*transports]:
                transport.abort()
            if handlers:
                await asyncio.wait([*handlers])


async def _listen(serve: Serve, address: str) -> asyncio.Server:
    """Listen on the first port that is free."""
    for port in range(FIRST_PORT, LAST_PORT):
        with contextlib.suppress(OSError):
            return await asyncio.start_server(serve, address, port)
    return await asyncio.start_server(serve, address, 0)


async def _exchange(
    web: Web, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float
) -> None:
    """Answer one request."""
    with contextlib.suppress(asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
        head = await reader.readuntil(b"\r\n\r\n")
        began = asyncio.get_running_loop().time()
        target = head.split(b" ", 2)[1].decode("ascii", "replace")
        # Ranking takes a while, and other requests are answered meanwhile.
        status, kind, text = await in_thread(web.answer, target)
        body = text.encode()
        await asyncio.sleep(delay - (asyncio.get_running_loop().time() - began))
        lines = (
            f"HTTP/1.1 {status}",
            f"Content-Type: {kind}",
            f"Content-Length: {len(body)}",
            "Connection: close",
        )
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        await writer.drain()


def page_of(document: Document) -> str:
    """Return a document as HTML, with a little around it, as pages have it."""
    title = html.escape(document.title)
    dated = f'<meta property="article:published_time" content="{html.escape(document.date)}">'
    lines = (" ".join(line.split()) for line in document.text.splitlines())
    paragraphs = "\n".join(f"<p>{html.escape(line)}</p>" for line in lines if line)
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{title}</title>'
        f"{dated if document.date else ''}</head>\n<body>\n{_NAVIGATION}\n"
        f"<article>\n<h1>{title}</h1>\n{paragraphs}\n</article>\n{_FOOTER}\n</body>\n</html>\n"
    )


def snippet(query: str, text: str) -> str:
    """Return the part of a text, of 300 characters at most, that matches a query best."""
    flat = " ".join(text.split())
    if len(flat) <= SNIPPET_CHARS:
        return flat
    starts = [0, *(found.end() for found in re.finditer(r"[.!?]\s", flat))]
    windows = [flat[start : start + SNIPPET_CHARS] for start in starts]
    rated = scores(query, windows)
    best = max(range(len(starts)), key=lambda at: (rated[at], -at))
    if len(windows[best]) < SNIPPET_CHARS:
        return windows[best]
    return windows[best][: SNIPPET_CHARS - 2].rpartition(" ")[0] + " …"
