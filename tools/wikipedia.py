"""Reads Wikipedia, or another wiki with MediaWiki's API, which asks for no key."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlencode

from tools.declared import declare
from tools.errors import NetError
from tools.net import Net
from tools.output import SNIPPET_CHARS
from tools.page import FIND_CHARS, best
from tools.settings import ToolSettings, WikipediaSettings
from tools.sources import Source

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

TOPIC_CHARS = 200
SUGGESTED = 5
DAY = 86_400.0
# What no title may hold; | would part several titles.
_NO_TITLE = re.compile(r"[<>\[\]{}|#\x00-\x1f\x7f]")
_SECTION = re.compile(r"(?<=.)#.+", re.DOTALL)
_ADDRESS = re.compile(r"https?://([a-z-]{2,12})\.(?:m\.)?wikipedia\.org/wiki/([^?#]+)")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z]{2,8})*|simple")
_LANGUAGES = {
    "arabic": "ar", "chinese": "zh", "dutch": "nl", "english": "en", "french": "fr",
    "german": "de", "hindi": "hi", "italian": "it", "japanese": "ja", "korean": "ko",
    "polish": "pl", "portuguese": "pt", "quechua": "qu", "russian": "ru", "spanish": "es",
    "swedish": "sv", "turkish": "tr", "ukrainian": "uk",
}  # fmt: skip
_ELSEWHERE = "Use web_search, or answer without it."


@dataclass(frozen=True, slots=True)
class Article:
    """An article, or what stands in its place.

    Args:
        title: Its title; of a missing one, the title that was asked for.
        url: Its address.
        text: Its plain text, a paragraph a line; empty where there is none.
        missing: Whether there is no such article.
        choice: Whether it only lists what the title may mean.
    """

    title: str
    url: str = ""
    text: str = ""
    missing: bool = False
    choice: bool = False


class NoArticle(Exception):
    """Say why there is no article, and what to do."""


def wikipedia_tool(settings: ToolSettings, net: Net) -> BaseTool:
    """Return the encyclopedia as a tool.

    Args:
        settings: Which wiki is read, in which language, and how much is shown.
        net: The way out.
    """
    from langchain_core.tools import StructuredTool, ToolException

    async def wikipedia(
        topic: str, find: str = "", language: str | None = None
    ) -> tuple[str, list[Source]]:
        """Read the Wikipedia article about a person, place, thing, event or idea.

        Use it for well-known facts and history. Not for news, prices or opinions: use web_search.

        Args:
            topic: The title of one article, such as "Machu Picchu". No question.
            find: A few words to look for in the article, such as "height". Leave empty for the
                introduction.
            language: A language code such as "es". Leave out for the usual one.
        """
        wiki = Wiki(settings.wikipedia, net)
        try:
            article, others = await wiki.look_up(*_asked(topic, language, settings.wikipedia), find)
        except NoArticle as error:
            raise ToolException(str(error)) from error
        except NetError as error:
            raise ToolException(f"Wikipedia: {error.reason} {_ELSEWHERE}") from error
        return shown(article, others, find.strip(), settings.output_chars)

    tool = StructuredTool.from_function(
        coroutine=wikipedia, parse_docstring=True, response_format="content_and_artifact"
    )
    return declare(
        tool,
        risk="reads",
        output="outside",
        cache_seconds=DAY,
        idempotent=True,
        examples=(
            "Who was Simón Bolívar?",
            "How high is Mount Everest?",
            "When did the Inca empire end?",
            "Tell me about photosynthesis",
            "What does the Spanish Wikipedia say about Cusco?",
        ),
    )


def _asked(topic: str, language: str | None, settings: WikipediaSettings) -> tuple[str, str]:
    """Return the title and the language that are meant.

    Raises:
        NoArticle: One of them cannot be read.
    """
    code = (language or settings.language).strip().lower()
    code = _LANGUAGES.get(code, code)
    if address := _ADDRESS.match(topic.strip()):
        code, topic = address[1], unquote(address[2]).replace("_", " ")
    title = " ".join(_NO_TITLE.sub(" ", _SECTION.sub("", topic)).split())
    if not any(sign.isalnum() for sign in title):
        raise NoArticle("`topic` is empty: name one article, such as Machu Picchu.")
    if len(title) > TOPIC_CHARS:
        raise NoArticle("`topic` is too long: name one article, such as Machu Picchu.")
    # The language becomes a part of the host.
    if len(code) > 20 or not _LANGUAGE.fullmatch(code):
        raise NoArticle(f"`language` was {code[:40]!r}: write a code such as en, es or de.")
    return title, code


class Wiki:
    """Ask a wiki's API.

    Args:
        settings: Where the wiki is.
        net: The way out.
    """

    def __init__(self, settings: WikipediaSettings, net: Net) -> None:
        self._settings = settings
        self._net = net

    async def look_up(self, title: str, language: str, find: str) -> tuple[Article, list[str]]:
        """Return the article about a topic, and the titles of others that may be meant.

        Raises:
            NoArticle: Nothing fits.
            NetError: The wiki could not be reached.
        """
        whole = bool(find.strip())
        article, others = await self._ask(title, language, whole=whole, search=True)
        if article.missing and others:
            closest = others[0]
            article, _ = await self._ask(closest, language, whole=whole)
            others = others[1:]
        if article.choice and not whole:
            # The introduction of such a page is only its first line.
            article, _ = await self._ask(article.title, language, whole=True)
        if article.missing or not article.text:
            raise NoArticle(
                f"There is no article about {title[:80]!r} in the wiki ({language}). Name it in "
                f"other words, or in that language. {_ELSEWHERE}"
            )
        return article, [other for other in others if other != article.title]

    async def _ask(
        self, title: str, language: str, *, whole: bool, search: bool = False
    ) -> tuple[Article, list[str]]:
        query = {
            "action": "query",
            "format": "json",
            "formatversion": "2",
            "redirects": "1",
            "titles": title,
            "prop": "extracts|info|pageprops",
            "inprop": "url",
            "ppprop": "disambiguation",
            "explaintext": "1",
            "exsectionformat": "plain",
            **({} if whole else {"exintro": "1"}),
        }
        if search:
            query |= {"list": "search", "srsearch": title, "srlimit": str(SUGGESTED), "srprop": ""}
        base = self._settings.url.replace("{language}", language).rstrip("/")
        url = f"{base}/w/api.php?{urlencode(query, errors='replace')}"
        try:
            page = await self._net.fetch(url, accept="application/json")
        except NetError as error:
            if error.kind == "dns" and "{language}" in self._settings.url:
                raise NoArticle(
                    f"Wikipedia could not be found in the language {language!r}; `language` is a "
                    f"code such as en, es or de. {_ELSEWHERE}"
                ) from error
            raise
        return _read(page.body, title, base)


def _read(body: bytes, title: str, base: str) -> tuple[Article, list[str]]:
    """Read what the API answered.

    Raises:
        NoArticle: It is an error, or not the answer of such an API.
    """
    try:
        answer = json.loads(body)
        if "error" in answer:
            raise NoArticle(f"Wikipedia refused: {str(answer['error']['info'])[:200]} {_ELSEWHERE}")
        found: dict[str, Any] = answer.get("query", {})
        others = [str(one["title"]) for one in found.get("search", ())]
        pages = found.get("pages") or [{"title": title, "missing": True}]
        return _article(pages[0], base), others
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise NoArticle(f"The wiki gave no answer that can be read. {_ELSEWHERE}") from error


def _article(page: dict[str, Any], base: str) -> Article:
    title = str(page["title"])
    if any(page.get(key) for key in ("missing", "invalid", "special")) or page.get("ns", 0) != 0:
        return Article(title, missing=True)
    lines = (" ".join(line.split()) for line in str(page.get("extract") or "").splitlines())
    return Article(
        title,
        str(page.get("fullurl") or f"{base}/wiki/{quote(title.replace(' ', '_'))}"),
        "\n".join(line for line in lines if line),
        choice="disambiguation" in page.get("pageprops", {}),
    )


def shown(
    article: Article, others: Sequence[str], find: str, limit: int
) -> tuple[str, list[Source]]:
    """Show an article within a number of characters, with the record that an answer can cite."""
    head = f"{article.title}\n{article.url}"
    tail = f"\n(Other articles: {', '.join(others[: SUGGESTED - 1])})" if others else ""
    room = max(200, limit - len(head) - len(tail) - 200)
    text = article.text
    if article.choice:
        head += (
            "\nThis title has several meanings. Call wikipedia again with one of these as topic:"
        )
        text = text[: min(room, FIND_CHARS)].rpartition("\n")[0] or text[:room]
    elif find:
        passages = best(find, text, min(room, FIND_CHARS))
        if passages:
            text = "\n…\n".join(passages)
        else:
            head += f"\nNothing in the article matches {find[:60]!r}; it begins:"
            text = _cut(text, min(room, FIND_CHARS))
    elif len(text) > room:
        text = _cut(text, room)
    if not article.choice and not find:
        tail = f"\n(The introduction. For more, call wikipedia with find.){tail}"
    source = Source(article.title, article.url, " ".join(text.split())[:SNIPPET_CHARS])
    return f"{head}\n\n{text}{tail}", [source]


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[:room].rpartition(' ')[0] or text[:room]} …"
