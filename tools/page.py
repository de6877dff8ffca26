"""Reads a web page: its text from the top, or the passages that a question asks for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tools.article import Article, fetch_article
from tools.declared import declare
from tools.errors import NetError, UnreadablePage
from tools.net import Net
from tools.output import SNIPPET_CHARS
from tools.passages import passages, rank
from tools.ranking import scores
from tools.sources import Passage, Source
from tools.threads import in_thread

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

# What `find` returns stays short, because it is read by a small model.
FIND_CHARS = 2400
MOST_SHOWN = 12
# Passages among which `find` looks.
MOST_PASSAGES = 2000
# A passage that fits less than this share of the best one is left out.
WORTH_SHOWING = 0.3

EXAMPLES = (
    "Read https://example.org/news and sum it up",
    "What does this page say about opening hours?",
    "Open the first result and tell me more",
    "Look up the price on www.example.com",
)


def read_page_tool(net: Net, output_chars: int = 6000) -> BaseTool:
    """Return page reading as a tool.

    Args:
        net: The way out.
        output_chars: Characters that the output may have.
    """
    from langchain_core.tools import StructuredTool, ToolException

    async def read_page(url: str, find: str = "") -> tuple[str, list[Source]]:
        """Read a web page or PDF. Use it on an address from the user or from a search result.

        Args:
            url: The full address, starting with https://.
            find: A few words to look for, to get only the passages about them. Use it for long
                pages. Leave empty to read from the top.
        """
        try:
            final, article = await fetch_article(net, _whole_address(url))
        except NetError as error:
            raise ToolException(
                f"{error.reason} Try another page, or answer without it."
            ) from error
        except UnreadablePage as error:
            raise ToolException(f"{_short(url)}: {error.reason} Try another page.") from error
        text, source = await in_thread(shown, final, article, find.strip(), output_chars)
        return text, [source]

    tool = StructuredTool.from_function(
        coroutine=read_page, parse_docstring=True, response_format="content_and_artifact"
    )
    return declare(
        tool, risk="reads", output="outside", idempotent=True, cache_seconds=300, examples=EXAMPLES
    )


def _whole_address(url: str) -> str:
    """Put https:// in front of an address that was written without it."""
    url = url.strip().strip("<>\"'")
    return url if "://" in url or not re.match(r"[\w-]+(\.[\w-]+)+", url) else f"https://{url}"


def shown(url: str, article: Article, find: str, limit: int) -> tuple[str, Source]:
    """Show an article within a number of characters, with the record that an answer can cite.

    Args:
        url: Its address.
        article: The article.
        find: What is looked for; nothing means to read from the top.
        limit: Characters that the text may have.
    """
    host = urlsplit(url).hostname or "" if url.isprintable() else ""
    title = article.title[:150] or _short(url)
    head = f"[1] {title} ({', '.join(filter(None, (host[:100], article.date)))})"
    room = max(200, limit - len(head) - 160)
    if find:
        chosen = _found(find, article, min(room, FIND_CHARS))
        text = "\n…\n".join(one.text for one in chosen)
        if not chosen:
            head += f"\nNothing on the page matches {find[:60]!r}; it begins:"
            chosen, text = _top(article, min(room, FIND_CHARS))
    else:
        chosen, text = _top(article, room)
        left = len(article.text) - chosen[-1].end if chosen else 0
        if left:
            text += (
                f"\n… {left:,} characters left out. Call read_page again with find to read the "
                "part about something."
            )
    snippet = " ".join(one.text for one in chosen)[:SNIPPET_CHARS]
    record = Source(title, url, snippet, tuple(chosen), article.date, article.language)
    return f"{head}\n\n{text}", record


def _top(article: Article, room: int) -> tuple[list[Passage], str]:
    """Return the first passages of an article, and its text to where they end."""
    made = passages(article.text, most=MOST_SHOWN, language=article.language)
    chosen = [one for one in made if one.end <= room]
    if not chosen and made:  # a single passage is longer than there is room
        first = made[0]
        end = first.start + (article.text[first.start : room].rfind(" ") or room)
        end = end if end > first.start else room
        flat = " ".join(article.text[first.start : end].split())
        chosen = [replace(first, text=flat, end=end)]
    return chosen, article.text[: chosen[-1].end] if chosen else ""


def _found(find: str, article: Article, room: int) -> list[Passage]:
    """Return the passages that fit best what is looked for, in the order of the page."""
    made = passages(article.text, most=MOST_PASSAGES, language=article.language)
    rated = rank(find, [one.text for one in made])
    return _best(made, rated, room, MOST_SHOWN)


def best(find: str, text: str, room: int) -> list[str]:
    """Return the passages that share words with a query, in the order of the text.

    Args:
        find: The query.
        text: The text, one paragraph a line.
        room: Characters that the passages may have together.
    """
    made = passages(text, most=MOST_PASSAGES)
    rated = scores(find, [one.text for one in made])
    return [text[one.start : one.end] for one in _best(made, rated, room, MOST_PASSAGES)]


def _best(made: Sequence[Passage], rated: Sequence[float], room: int, most: int) -> list[Passage]:
    least = WORTH_SHOWING * max(rated, default=0.0)
    chosen: list[int] = []
    for at in sorted(range(len(made)), key=lambda at: -rated[at]):
        if rated[at] <= 0 or rated[at] < least or len(chosen) >= most:
            break
        if room >= len(made[at].text):
            room -= len(made[at].text)
            chosen.append(at)
    return [made[at] for at in sorted(chosen)]


def _short(url: str) -> str:
    parts = urlsplit(url) if url.isprintable() else urlsplit("")
    shown_url = f"{parts.scheme}://{parts.netloc}{parts.path}" if len(url) > 200 else url
    return shown_url[:200]
