"""Reads a web page: its main text, or the passages that a question asks for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tools.body import Page
from tools.declared import declare
from tools.errors import NetError
from tools.hidden import drop_hidden, visible
from tools.net import Net
from tools.output import SNIPPET_CHARS
from tools.ranking import scores
from tools.sources import Source
from tools.styles import TangledStyles
from tools.threads import in_thread

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

HTML = frozenset(("text/html", "application/xhtml+xml"))
PASSAGE_CHARS = 700
# What `find` returns stays short, because it is read by a small model.
FIND_CHARS = 2400
# A text shorter than this is looked at for what keeps the page from being read.
THIN_CHARS = 600
# Extraction takes longer than its share with more tags than this; a quicker way is gone then.
FEW_TAGS = 4000
MOST_TAGS = 20_000
# What is no markup inside, or shows nothing that could be read.
_RAW = ("script", "style", "svg", "noscript", "iframe", "noembed", "noframes")
# Other tags are passed whole, because an attribute may hold what looks like a tag or a comment.
_SILENT = re.compile(
    rf"<(?:!--|({'|'.join(_RAW)})\b([^>]*)>?)"
    r"|(<[a-z](?:[^>=]|=\s*(?:\"[^\"]*\"?|'[^']*'?)?)*>?)",
    re.IGNORECASE,
)
_CLOSING = {
    name: re.compile(rf"</{name}\b[^>]*>?" if name else r"--!?>", re.IGNORECASE)
    for name in ("", *_RAW)
}
_OPENING_SVG = re.compile(r"<svg\b(?![^<>]*/>)", re.IGNORECASE)
_MEDIA = re.compile(r"media\s*=\s*[\"']?([^\"'>]*)", re.IGNORECASE)
_LONG_TAG = re.compile(r"<(/?[A-Za-z][\w:-]*)[^<>]{4000,}>|<[^<>]{4000,}>")
# The attributes by which an element can be hidden; a long tag keeps no others.
_TELLING = re.compile(
    r"\s(?:(?:style|class|id|bgcolor|color|background|text|aria-hidden|href)\s*="
    r"\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'>]+)|hidden\b|open\b)",
    re.IGNORECASE,
)
_TAG = re.compile(r"<[A-Za-z]")
ACCEPT = "text/html,application/xhtml+xml,text/plain,application/json;q=0.9,text/*;q=0.8"

EXAMPLES = (
    "Read https://example.org/news and sum it up",
    "What does this page say about opening hours?",
    "Open the first result and tell me more",
    "Look up the price on www.example.com",
)

_BARRIERS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (why, re.compile(pattern, re.IGNORECASE))
    for why, pattern in (
        (
            "It asks whether the reader is human (a CAPTCHA).",
            r"captcha|are you (a )?(human|robot)|verify (that )?you are|unusual traffic|"
            r"checking your browser|just a moment|access denied|attention required",
        ),
        (
            "It shows its text only after a consent to cookies.",
            r"(accept|agree to|consent to|use of)( all| our)? cookies|cookie (consent|settings)|"
            r"before you continue|privacy choices",
        ),
        (
            "It is behind a paywall or a login.",
            r"subscribe (now )?to (continue|read|unlock)|(subscribers?|members?) only|"
            r"(log|sign) ?in to (continue|read|view)|already a subscriber|paywall|"
            r"to (continue|keep) reading",
        ),
        (
            "It needs JavaScript to show its text.",
            r"(enable|requires?|need|turn on|activate) (to (enable|run) )?java ?script|"
            r"javascript (is )?(disabled|required)|without javascript",
        ),
    )
)


class UnreadablePage(Exception):
    """Say why a page has no text for the model."""


@dataclass(frozen=True, slots=True)
class Article:
    """The readable part of a page.

    Args:
        title: Its title, or an empty string.
        date: The date of publication as YYYY-MM-DD, or an empty string.
        text: Its text, one paragraph a line.
    """

    title: str
    date: str
    text: str


def read_page_tool(net: Net, output_chars: int = 6000) -> BaseTool:
    """Return page reading as a tool.

    Args:
        net: The way out.
        output_chars: Characters that the output may have.
    """
    from langchain_core.tools import StructuredTool, ToolException

    async def read_page(url: str, find: str = "") -> tuple[str, list[Source]]:
        """Read a web page. Use it on an address from the user or from a search result.

        Args:
            url: The full address, starting with https://.
            find: A few words to look for, to get only the passages about them. Use it for long
                pages. Leave empty to read from the top.
        """
        try:
            page = await net.fetch(_whole_address(url), accept=ACCEPT, robots=True)
            article = await in_thread(read, page)
        except NetError as error:
            raise ToolException(
                f"{error.reason} Try another page, or answer without it."
            ) from error
        except UnreadablePage as error:
            raise ToolException(f"{_short(url)}: {error} Try another page.") from error
        return shown(page.url, article, find.strip(), output_chars)

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


def read(page: Page) -> Article:
    """Take the readable text out of a page.

    Raises:
        UnreadablePage: It is of another type, or holds no text; the message says which.
    """
    kind = page.content_type or _guessed(page.body)
    if not page.body.strip():
        raise UnreadablePage("The page is empty.")
    if kind in HTML:
        return _read_html(page)
    if kind.startswith("text/") or kind.endswith(("json", "xml", "javascript", "yaml")):
        text = visible(page.text())
        return Article("", "", _flat(text) if kind.startswith("text/") else text.strip())
    raise UnreadablePage(
        f"It is of type {kind[:60] or 'unknown'}, and only web pages, plain text and JSON can be "
        "read."
    )


def _guessed(body: bytes) -> str:
    """Guess the type of a body that came without one."""
    start = body[:512].lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<")):
        return "text/html"
    return "" if b"\0" in body[:2048] else "text/plain"


def _read_html(page: Page) -> Article:
    """Take the main text out of HTML, with its tables and without its links."""
    from trafilatura import bare_extraction, html2txt, load_html

    original = page.text()
    source, tags, sheet = _bounded(original)
    tree = load_html(source)
    if tree is None:
        raise UnreadablePage("The page holds no text, only a frame, pictures or scripts.")
    try:
        drop_hidden(tree, sheet)
    except TangledStyles as error:
        raise UnreadablePage("It has too many styles to tell what it shows.") from error
    found = bare_extraction(
        tree,
        url=page.url,
        fast=tags > FEW_TAGS,
        with_metadata=True,
        include_comments=False,
        include_tables=True,
        date_extraction_params={"extensive_search": False, "original_date": True},
    )
    title = " ".join(visible(getattr(found, "title", "") or _title(source)).split())
    text = _flat(getattr(found, "text", "") or "")
    if len(text) < THIN_CHARS:
        # What the extraction dropped may be all that a short page says.
        everything = _flat(html2txt(tree) or "")
        barrier = _barrier(f"{title}\n{everything}\n{_noscript(original)}")
        if not text or (len(text) < 200 < len(everything) < 5 * THIN_CHARS):
            text = everything
        if barrier and len(text) < THIN_CHARS:
            raise UnreadablePage(barrier)
    if not text:
        raise UnreadablePage("The page holds no text, only a frame, pictures or scripts.")
    if tags > MOST_TAGS:
        text += "\n(The page is longer than can be read; this is its beginning.)"
    return Article(title, getattr(found, "date", "") or "", visible(text))


def _bounded(source: str) -> tuple[str, int, str]:
    """Return HTML that can be taken apart in a second or two, how many tags it has, its styles.

    Scripts and comments are dropped, and what makes a tag absurdly long; after MOST_TAGS the page
    is cut.
    """
    pieces, sheet, position, seen = [], [], 0, 0
    while opening := _SILENT.search(source, seen):
        seen = opening.end()
        if opening[3]:
            continue
        pieces.append(source[position : opening.start()])
        name = (opening[1] or "").lower()
        start, position = seen, seen
        if name != "svg" or not opening[2].endswith("/"):
            start, position = _end(name, source, seen)
        if name == "style":
            media = _MEDIA.search(opening[2])
            css = source[seen:start]
            sheet.append(f"@media {media[1]}{{{css}}}" if media else css)
        seen = position
    pieces.append(source[position:])
    spoken = _LONG_TAG.sub(_shortened, "".join(pieces))
    starts = [found.start() for found in islice(_TAG.finditer(spoken), MOST_TAGS + 1)]
    cut = spoken[: starts[-1]] if len(starts) > MOST_TAGS else spoken
    return cut, len(starts), "\n".join(sheet)


def _end(name: str, source: str, start: int) -> tuple[int, int]:
    """Return where the content of a silent element ends, and where its closing tag does."""
    inner = start if name else start - 2  # `<!-->` is a whole comment
    depth = 1
    while closing := _CLOSING[name].search(source, inner):
        # Drawings lie in one another; nothing else here does.
        if name == "svg":
            depth += sum(1 for _ in _OPENING_SVG.finditer(source, inner, closing.start()))
        depth -= 1
        if depth == 0 or name != "svg":
            return closing.start(), closing.end()
        inner = closing.end()
    return len(source), len(source)


def _shortened(tag: re.Match[str]) -> str:
    """Return a tag of an absurd length with only what could hide it."""
    return f"<{tag[1]}{''.join(_TELLING.findall(tag[0]))}>" if tag[1] else " "


def _title(source: str) -> str:
    from html import unescape

    found = re.search(r"<title[^>]*>(.{1,300}?)</title", source[:50_000], re.I | re.S)
    return unescape(found[1]) if found else ""


def _noscript(source: str) -> str:
    found = re.search(r"<noscript[^>]*>(.{1,2000}?)</noscript", source[:200_000], re.I | re.S)
    return re.sub(r"<[^>]*>", " ", found[1]) if found else ""


def _barrier(text: str) -> str:
    return next((why for why, pattern in _BARRIERS if pattern.search(text)), "")


def _flat(text: str) -> str:
    """Give every paragraph a line of its own, without blank ones."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def shown(url: str, article: Article, find: str, limit: int) -> tuple[str, list[Source]]:
    """Show an article within a number of characters, with the record that an answer can cite."""
    title = article.title[:150] or _short(url)
    head = f"{title}\n{_short(url)}" + (f"\nPublished {article.date}" if article.date else "")
    room = max(200, limit - len(head) - 160)
    text, left_out = article.text, ""
    if find:
        passages = best(find, article.text, min(room, FIND_CHARS))
        text = "\n…\n".join(passages)
        if not passages:
            head += f"\nNothing on the page matches {find[:60]!r}; it begins:"
            text = article.text[: min(room, FIND_CHARS)]
    elif len(article.text) > room:
        text = article.text[:room].rpartition(" ")[0]
        left_out = (
            f"\n… {len(article.text) - len(text):,} characters left out. Call read_page again "
            "with find to read the part about something."
        )
    source = Source(title, url, " ".join(text.split())[:SNIPPET_CHARS])
    return f"{head}\n\n{text}{left_out}", [source]


def best(find: str, text: str, room: int) -> list[str]:
    """Return the passages that match a query best, in the order of the page.

    Args:
        find: The query.
        text: The page, one paragraph a line.
        room: Characters that the passages may have together.
    """
    passages = _passages(text)
    rated = sorted(
        (-score, number) for number, score in enumerate(scores(find, passages)) if score > 0
    )
    chosen: list[int] = []
    for _, number in rated:
        if room >= len(passages[number]):
            room -= len(passages[number])
            chosen.append(number)
    return [passages[number] for number in sorted(chosen)]


def _passages(text: str) -> Sequence[str]:
    """Cut a text into passages at the ends of paragraphs, or of sentences in long ones."""
    passages: list[str] = [""]
    for line in text.splitlines():
        pieces = re.split(r"(?<=[.!?]) +", line) if len(line) > PASSAGE_CHARS else [line]
        for number, piece in enumerate(pieces):
            gap = " " if number else "\n"
            if len(passages[-1]) + len(piece) > PASSAGE_CHARS and passages[-1]:
                passages.append("")
            for start in range(0, max(1, len(piece)), PASSAGE_CHARS):
                part = piece[start : start + PASSAGE_CHARS]
                if start:
                    passages.append(part)
                else:
                    passages[-1] += gap + part if passages[-1] else part
    return [passage for passage in passages if passage]


def _short(url: str) -> str:
    parts = urlsplit(url) if url.isprintable() else urlsplit("")
    shown_url = f"{parts.scheme}://{parts.netloc}{parts.path}" if len(url) > 200 else url
    return shown_url[:200]
