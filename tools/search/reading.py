"""Read the best of what a search found: pages side by side, cut to the passages that fit."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from tools.article import Article, fetch_article
from tools.errors import NetError, UnreadablePage
from tools.net import Net
from tools.output import SNIPPET_CHARS
from tools.passages import PASSAGE_CHARS, passages, rank
from tools.ranking import scores
from tools.search.bridges import bridges, incomplete, is_about
from tools.search.engine import Query, Result
from tools.settings import SearchSettings
from tools.sources import Passage, Source
from tools.threads import in_thread

TITLE_CHARS = 120
PER_SOURCE = 4
"""Passages of one source that are shown at most."""
PER_PAGE = 200
"""Passages of one page that are looked at."""
CANDIDATES = 120
"""Passages that are ranked, those first that share most words with the question."""
EMBEDDED = 12
"""Passages whose meaning is compared with the question's, which takes most of the time."""
Search = Callable[[Query], Awaitable[Sequence[Result]]]


@dataclass(frozen=True, slots=True)
class Read:
    """What was read of the results of a search.

    Args:
        sources: The sources with the passages that fit best, the best source first.
        pages: The addresses of the pages that were read.
        unread: The addresses of those that could not be, with the reason.
        also: What was searched for besides, to fill a gap.
    """

    sources: tuple[Source, ...]
    pages: tuple[str, ...] = ()
    unread: tuple[tuple[str, str], ...] = ()
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Part:
    """A passage of a result."""

    result: Result
    passage: Passage
    article: Article | None

    @property
    def worded(self) -> str:
        """The passage with its title, which often says what it is about."""
        return f"{self.result.title}. {self.passage.text}"


class Reader:
    """Read results for one question.

    Args:
        net: The way out; without one no page is read, only what the engines say of it.
        settings: How many pages are read, how long it may take, how much is shown.
    """

    def __init__(self, net: Net | None, settings: SearchSettings) -> None:
        self._net = net
        self._settings = settings
        self._articles: dict[str, Article] = {}
        self._unread: dict[str, str] = {}

    async def read(self, query: Query, results: Sequence[Result], search: Search) -> Read:
        """Read the best results, and where they leave a gap, those of a second search.

        Args:
            query: What was searched for.
            results: What was found, the best first.
            search: Searches again.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + self._settings.read_seconds
        await self._fetch(results[: self._settings.pages], until)
        parts = await in_thread(self._ranked, query.text, results)
        also: list[str] = []
        if incomplete(query.text, [part.worded for part in parts]):
            named = [(part.result.title, part.passage.text) for part in parts]
            also = bridges(query.text, named, self._settings.bridges)
            known = {result.url for result in results}
            more = await self._led(query, also, known, search, until)
            await self._fetch(more, until)
            parts = _joined(parts, await in_thread(self._ranked, query.text, more))
        return Read(
            self._sources(_fitting(parts, self._settings.shown_chars)),
            tuple(self._articles),
            tuple(self._unread.items()),
            tuple(also),
        )

    async def _led(
        self,
        query: Query,
        names: Sequence[str],
        known: set[str],
        search: Search,
        until: float,
    ) -> list[Result]:
        """Search for names, and return the pages about them that are not known yet."""
        loop = asyncio.get_running_loop()
        tasks = [asyncio.ensure_future(search(replace(query, text=name))) for name in names]
        if tasks:
            await asyncio.wait(tasks, timeout=max(0.0, until - loop.time()))
        found: dict[str, Result] = {}
        for name, task in zip(names, tasks, strict=True):
            if not task.done():
                task.cancel()
            elif task.exception() is None:
                about = (one for one in task.result() if is_about(one.title, name))
                for result in list(about)[:2]:
                    if result.url not in known:
                        found.setdefault(result.url, result)
        return list(found.values())[: self._settings.bridges]

    async def _fetch(self, results: Iterable[Result], until: float) -> None:
        """Read pages side by side; what has not come in time stays unread."""
        if self._net is None:
            return
        loop = asyncio.get_running_loop()
        wanted = [one.url for one in results if one.url not in self._articles]
        tasks = {asyncio.ensure_future(fetch_article(self._net, url)): url for url in wanted}
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=max(0.0, until - loop.time()))
        for task, url in tasks.items():
            if task in late:
                task.cancel()
                self._unread[url] = "It was not loaded in time."
                continue
            error = task.exception()
            if error is None:
                self._articles[url] = task.result()[1]
            elif isinstance(error, (NetError, UnreadablePage)):
                self._unread[url] = str(error)
            else:
                raise error

    def _ranked(self, question: str, results: Sequence[Result]) -> list[_Part]:
        """Cut what was read into passages, and rank them."""
        parts = [part for result in results for part in self._parts(result)]
        if len(parts) > CANDIDATES:
            rated = scores(question, [part.worded for part in parts])
            best = sorted(range(len(parts)), key=lambda at: -rated[at])[:CANDIDATES]
            parts = [parts[at] for at in sorted(best)]
        rated = rank(question, [part.worded for part in parts], embed_most=EMBEDDED)
        order = sorted(range(len(parts)), key=lambda at: -rated[at])
        return [parts[at] for at in order if rated[at] > 0] or parts[:1]

    def _parts(self, result: Result) -> list[_Part]:
        article = self._articles.get(result.url)
        if article is not None:
            cut = passages(_body(article), most=PER_PAGE, language=article.language)
            return [_Part(result, one, article) for one in cut]
        text = " ".join(result.snippet.split())
        if len(text) > PASSAGE_CHARS:
            return [_Part(result, one, None) for one in passages(text, most=PER_PAGE)]
        return [_Part(result, Passage("snippet", text, 0, len(text)), None)] if text else []

    def _sources(self, parts: Sequence[_Part]) -> tuple[Source, ...]:
        """Put the passages of each source together, in the order of its text."""
        by_url: dict[str, list[_Part]] = {}
        for part in parts:
            by_url.setdefault(part.result.url, []).append(part)
        return tuple(
            source_of(held[0].result, [part.passage for part in held], held[0].article)
            for held in by_url.values()
        )


def source_of(
    result: Result, shown: Sequence[Passage] = (), article: Article | None = None
) -> Source:
    """Return the record that an answer can cite."""
    ordered = tuple(sorted(shown, key=lambda one: one.start))
    return Source(
        shortened((article.title if article else "") or result.title, TITLE_CHARS),
        result.url,
        shortened(result.snippet or (shown[0].text if shown else ""), SNIPPET_CHARS),
        ordered,
        (article.date if article else "") or result.date,
        article.language if article else "",
    )


def shortened(text: str, limit: int) -> str:
    """Return a text on one line, cut between words."""
    flat = " ".join(text.split())
    if len(flat) <= limit:
        return flat
    return flat[:limit].rpartition(" ")[0].rstrip(" ,.;:") + " …"


def host_of(url: str) -> str:
    """Return the host of an address as people write it."""
    return (urlsplit(url).hostname or "").removeprefix("www.")


def _body(article: Article) -> str:
    """Return the text of a page; the title in front of it stands with the source already."""
    first, _, rest = article.text.partition("\n")
    same = " ".join(first.split()).lower() == " ".join(article.title.split()).lower()
    # The offsets of what follows stay as they are.
    return " " * (len(first) + 1) + rest if same and rest else article.text


def _joined(first: Sequence[_Part], led: Sequence[_Part]) -> list[_Part]:
    """Put what a second search found behind the best of the first."""
    lead = len(first) // 2 if len(first) < 10 else 5
    return [*first[:lead], *led[:3], *first[lead:], *led[3:]]


def _fitting(parts: Sequence[_Part], room: int) -> list[_Part]:
    """Return the best passages that fit, without what says the same again."""
    chosen: list[_Part] = []
    seen: set[str] = set()
    count: dict[str, int] = {}
    for part in parts:
        text = part.passage.text
        url = part.result.url
        if text in seen or count.get(url, 0) >= PER_SOURCE or (chosen and len(text) > room):
            continue
        seen.add(text)
        count[url] = count.get(url, 0) + 1
        room -= len(text)
        chosen.append(part)
    return chosen
