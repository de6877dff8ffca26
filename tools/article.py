"""Takes the readable text out of what an address answered with."""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache

from tools.barriers import SCANT_CHARS, THIN_CHARS, asks_for_human, barrier, nothing, unreadable
from tools.body import Page
from tools.errors import NetError, UnreadablePage
from tools.hidden import drop_hidden, visible
from tools.markup import bounded, language_of, noscript, title_in
from tools.net import Net
from tools.pdf import is_pdf, read_pdf
from tools.styles import TangledStyles

ACCEPT = (
    "text/html,application/xhtml+xml,application/pdf,text/plain,application/json;q=0.9,text/*;q=0.8"
)
# Extraction takes longer than its share with more tags than this; a quicker way is gone then.
FEW_TAGS = 4000
MOST_TAGS = 20_000
# A book has about as many characters; the rest of a longer text is left out.
TEXT_CHARS = 500_000
HTML_CHARS = 1_000_000
LARGE_BYTES = 500_000
CUT = "\n(The page is longer than can be read; this is its beginning.)"

_HTML = frozenset(("text/html", "application/xhtml+xml"))
_PDF = frozenset(("application/pdf", "application/x-pdf"))
_DATA = ("json", "xml", "javascript", "yaml")
_VAGUE = frozenset(("", "text/plain", "application/octet-stream", "binary/octet-stream"))
_HTML_START = re.compile(rb"(\xef\xbb\xbf)?\s*<(!doctype\s+html|html|head|body)\b", re.IGNORECASE)
# The first bytes of pictures, archives, sounds, films and programs.
_MAGIC = (
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"RIFF",
    b"OggS",
    b"ID3",
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"7z\xbc\xaf",
    b"Rar!",
    b"\x7fELF",
    b"MZ\x90",
    b"BZh",
    b"\xfd7zXZ",
    b"\x00\x00\x01\x00",
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\ufffd]")
_MARK = re.compile(
    r"[ \t]*\[(?:[1-9]\d{0,2}(?:\s?[,–-]\s?\d{1,3})*|(?:note|nb|nota|anm\.) \d{1,3}|"
    r"edit(?: \| edit source)?|(?:quelltext )?bearbeiten|editar(?: código)?|"
    r"modifier(?: le code)?|modifica(?: wikitesto)?|citation needed|better source needed|"
    r"clarification needed|cita requerida|réf\. (?:nécessaire|souhaitée)|carece de fontes\??|"
    r"senza fonte|when\?|who\?|by whom\?|which\?)\]",
    re.IGNORECASE,
)
# What begins a line so looks like the number of a source.
_NUMBER = re.compile(r"^(?:[ \t]*\[\d+\])+[ \t]*", re.MULTILINE)
_LANGUAGE = re.compile(r"([a-z]{2})(?![a-z])", re.IGNORECASE)
_ROW = re.compile(r"^\|(.*)\|\s*$")
_RULE = re.compile(r"^\|[-| :]*\|$")


@dataclass(frozen=True, slots=True)
class Article:
    """The readable part of a page.

    Args:
        title: Its title, or an empty string.
        date: The date of publication as YYYY-MM-DD, or an empty string.
        language: Its language in two letters, or an empty string.
        text: Its text, one paragraph or row of a table a line; no line begins with [1].
    """

    title: str
    date: str
    language: str
    text: str


async def fetch_article(net: Net, url: str) -> tuple[str, Article]:
    """Read a page; return its address after redirects, and what can be read of it.

    Args:
        net: The way out.
        url: An http or https address.

    Raises:
        NetError: The page could not be had.
        UnreadablePage: It holds no text for the model.
    """
    try:
        page = await net.fetch(url, accept=ACCEPT, robots=True)
    except NetError as error:
        if error.body and asks_for_human(error.body):
            raise unreadable("captcha") from error
        raise
    thread = _reader(large=len(page.body) > LARGE_BYTES)
    return page.url, await asyncio.get_running_loop().run_in_executor(thread, read, page)


@cache
def _reader(*, large: bool) -> ThreadPoolExecutor:
    """Return the thread in which pages are taken apart, one after another.

    A large page takes many times its size meanwhile, so there is one at a time, and others do not
    wait for it. The threads last, because what one of them has freed is hardly used by another.
    """
    return ThreadPoolExecutor(1, "large reader" if large else "reader")


def read(page: Page) -> Article:
    """Take the readable text out of a page.

    Raises:
        UnreadablePage: It is of another type, or holds no text; the error says which.
    """
    if not page.body.strip():
        raise UnreadablePage("empty", "The page is empty.")
    kind = _kind(page)
    if kind == "application/pdf":
        return _read_pdf(page)
    if kind in _HTML:
        return _read_html(page)
    if kind.startswith("text/") or kind.endswith(_DATA):
        return _read_plain(page, data=not kind.startswith("text/"))
    raise UnreadablePage(
        "type",
        f"It is of type {kind[:60] or 'unknown'}, and only web pages, PDFs, plain text and JSON "
        "can be read.",
    )


def _kind(page: Page) -> str:
    """Return the type of a body: what it begins with counts for more than its label."""
    kind, body = page.content_type, page.body
    if is_pdf(body):
        return "application/pdf"
    if body.startswith(_MAGIC):
        labelled = kind not in _HTML | _VAGUE | _PDF
        return kind if labelled else "a picture, an archive or a program"
    if kind in _PDF:
        if _HTML_START.match(body):
            return "text/html"
        raise UnreadablePage("type", "It is called a PDF, and is none.")
    if kind in _VAGUE and _HTML_START.match(body):
        return "text/html"
    if not kind:
        return "text/html" if body.lstrip().startswith(b"<") else _guessed(page)
    if kind in _HTML and body.lstrip().startswith((b"{", b"[")) and b"<" not in body:
        return "application/json"
    return kind


def _guessed(page: Page) -> str:
    """Guess the type of a body that came without one."""
    return "" if _is_binary(page.text()) else "text/plain"


def _is_binary(text: str) -> bool:
    """Whether what was decoded has no sense as text."""
    start = text[:4000]
    return len(_CONTROL.findall(start)) > 0.1 * len(start)


def _read_pdf(page: Page) -> Article:
    title, date, language, text = read_pdf(page.body)
    return Article(visible(title), date, _letters(language), _clean(visible(text)))


def _read_plain(page: Page, *, data: bool) -> Article:
    whole = page.text()[: TEXT_CHARS + 1]
    if _is_binary(whole):
        raise UnreadablePage("type", "It holds no text, only binary data.")
    text = visible(whole[:TEXT_CHARS]).replace("\0", "")
    if data:  # brackets mean something there, and so does the beginning of a line
        text = re.sub(r"^([ \t]*)\[(\d+)\]", r"\1[ \2 ]", text.strip(), flags=re.MULTILINE)
    else:
        text = _clean(_flat(text))
    if not text:
        raise UnreadablePage("empty", "The page is empty.")
    return Article("", "", "", text + (CUT if len(whole) > TEXT_CHARS else ""))


def _read_html(page: Page) -> Article:
    """Take the main text out of HTML, with its tables and without its links."""
    from trafilatura import bare_extraction, load_html

    original = page.text()
    if _is_binary(original.replace("\0", "")):
        raise UnreadablePage("type", "It holds no text, only binary data.")
    source, tags, sheet = bounded(original, MOST_TAGS)
    tree = load_html(source[:HTML_CHARS])
    if tree is None:
        raise nothing(original)
    try:
        drop_hidden(tree, sheet)
    except TangledStyles as error:
        raise UnreadablePage("tangled", "It has too many styles to tell what it shows.") from error
    found = bare_extraction(
        tree,
        url=page.url,
        fast=tags > FEW_TAGS,
        with_metadata=True,
        include_comments=False,
        include_tables=True,
        date_extraction_params={"extensive_search": False, "original_date": True},
    )
    title = " ".join(visible(getattr(found, "title", "") or title_in(source)).split())
    text = _clean(visible(_flat(getattr(found, "text", "") or "")))
    if len(text) < THIN_CHARS:
        text = _of_thin(tree, title, text, original)
    if tags > MOST_TAGS or len(source) > HTML_CHARS or len(text) > 0.9 * TEXT_CHARS:
        text += CUT
    date = getattr(found, "date", "") or ""
    return Article(title, date, _letters(language_of(original)), text)


def _of_thin(tree: object, title: str, text: str, original: str) -> str:
    """Return the text of a page that has hardly any.

    Raises:
        UnreadablePage: Something is in the way of more, or there is none.
    """
    from trafilatura import html2txt

    # What the extraction dropped may be all that a short page says.
    everything = _clean(visible(_flat(html2txt(tree) or "")))
    beside = f"{everything}\n{noscript(original)}"
    if found := barrier(title, text, beside, original):
        raise found
    if not text or len(text) < SCANT_CHARS < len(everything):
        text = everything
    if not text:
        raise nothing(original)
    return text


def _flat(text: str) -> str:
    """Give every paragraph and every row of a table a line of its own, without blank ones."""
    lines = (" ".join(line.split()) for line in text[:TEXT_CHARS].splitlines())
    return "\n".join(row for line in lines if line and (row := _row(line)))


def _row(line: str) -> str:
    """Return a row of a table as its cells with ` | ` between them, any other line as it is."""
    if _RULE.match(line):
        return ""
    found = _ROW.match(line)
    return found[1].strip() if found else line


def _clean(text: str) -> str:
    """Take marks of references out of a text, and what looks like them at its lines' beginnings."""
    lines = (_NUMBER.sub("", _MARK.sub("", line)).strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def _letters(language: str) -> str:
    found = _LANGUAGE.match(language.strip())
    return found[1].lower() if found else ""
