"""Tells what a document is by its content, and takes its text, headings and pages out of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from html import unescape

from memory.reading import DocumentKind, Unreadable, UnreadableCause
from tools import article
from tools.body import Page
from tools.docx import is_docx, read_docx
from tools.errors import UnreadableKind, UnreadablePage
from tools.hidden import visible
from tools.pdf import is_pdf, read_pages
from tools.sections import Heading, Text
from tools.tabular import joined as row
from tools.tabular import json_lines, table_rows

TEXT_CHARS = 5_000_000
"""Characters of one document; the rest of a longer one is left out."""
PDF_PAGES = 2000
PDF_SECONDS = 120.0
_TITLE_CHARS = 80
SNIFFED = 8192
"""Bytes from which the kind of a file can be told."""

_PROGRAMS = (
    "bash bat c cc clj cpp cs css cxx dart ex exs f90 fs go gradle groovy h hpp hs java jl js jsx "
    "kt lisp lua m mjs ml mm nim php pl pm proto ps1 py pyi r rb rs sass scala scm scss sh sql "
    "svelte swift tcl tf ts tsx v vb vue zig zsh makefile dockerfile"
)
CODE = frozenset(_PROGRAMS.split())
_NAMED_CODE = frozenset(("makefile", "dockerfile"))
"""Endings and names of files that hold a program."""
_BINARY = re.compile(rb"[\x00-\x07\x0e-\x1a\x1c-\x1f]")
_WIDE = (b"\xff\xfe", b"\xfe\xff")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_HTML = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S
)
_HTML_HEADING = re.compile(r"<h([1-6])\b[^>]*>(.{1,500}?)</h\1\s*>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_ATX = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.+?)[ \t]*#*[ \t]*$")
_FENCE = re.compile(r"^ {0,3}(```|~~~)")
_RULE = re.compile(r"^\s*\|?[\s:|-]*-[\s:|-]*\|?\s*$")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)\s]*(?:\s+\"[^\"]*\")?\)")
_STRONG = re.compile(r"(\*\*|__|`)(?=\S)(.+?)(?<=\S)\1")
_FRONT = re.compile(r"\A---\n(.{0,4000}?)\n---\n", re.DOTALL)
_MARKDOWN = re.compile(r"^(?:#{1,6} \S|```|[-*] \S|\d+\. \S|> |\|.*\|$)|\[[^\]]+\]\([^)]+\)", re.M)
_CODE = re.compile(
    r"[;{}]\s*$|^\s*(?:def|class|import|from|return|function|const|let|var|public|private|static|"
    r"func|fn|package|#include|using|if|for|while|elif|else)\b.*[:({;]?\s*$"
)
_ENTRY = re.compile(r"[-*•–]\s|\(?\d{1,3}[.)]\s")
_NUMBERED = re.compile(r"^(?:§\s*)?(\d{1,2}(?:\.\d{1,2}){0,3})\.?\s+[^\W\d_].{1,75}$")
_CAUSES: dict[UnreadableKind, UnreadableCause] = {
    "empty": "empty",
    "type": "type",
    "pdf_encrypted": "encrypted",
    "pdf_damaged": "damaged",
    "pdf_no_text": "no_text",
}


@dataclass(frozen=True, slots=True)
class Readable:
    """What can be read of a document.

    Args:
        kind: What it is.
        title: The title that it gives itself, or an empty string.
        language: Its language in two letters, or an empty string.
        text: Its text with headings and pages.
        pages: How many pages it has; 0 where there are none.
        cut: Whether it is longer than can be read.
    """

    kind: DocumentKind
    title: str
    language: str
    text: Text
    pages: int = 0
    cut: bool = False


def binary(start: bytes) -> bool:
    """Tell by the first bytes of a file whether it is nothing that can be read.

    A PDF and what may be a Word document can be.
    """
    if is_pdf(start) or start.startswith((b"PK\x03\x04", _OLE, *_WIDE)):
        return False
    return _BINARY.search(start[:SNIFFED]) is not None


def readable(name: str, data: bytes, *, page: Page | None = None) -> Readable:
    """Read the content of a document.

    Args:
        name: The name of its file, which only tells kinds of text from one another.
        data: Its bytes.
        page: The answer that it came in, if it was fetched.

    Raises:
        Unreadable: It cannot be read; the error says why.
    """
    if not data.strip(b" \t\r\n\0\xef\xbb\xbf"):
        raise Unreadable("empty", "The file is empty.")
    if is_pdf(data):
        return _pdf(data)
    if is_docx(data):
        return _docx(data)
    if data.startswith(_OLE):
        if _ENCRYPTED in data:
            raise Unreadable("encrypted", "The document asks for a password.")
        raise Unreadable("type", "It is in an old format of Office. Save it as DOCX or PDF.")
    if binary(data[:SNIFFED]) or data.startswith(b"PK\x03\x04"):
        raise Unreadable("type", "It holds no text, only binary data.")
    whole = (page or Page("", 200, "", data)).text().replace("\r\n", "\n").replace("\r", "\n")
    read = _text(name.lower(), visible(whole[:TEXT_CHARS]), page)
    return replace(read, cut=read.cut or len(whole) > TEXT_CHARS)


def _text(name: str, text: str, page: Page | None) -> Readable:
    """Read what is text, whatever kind of it."""
    _, dot, ending = name.rpartition(".")
    ending = ending if dot or name in _NAMED_CODE else ""
    if _HTML.match(text) or ending in ("html", "htm", "xhtml"):
        return _html(text, page)
    if ending in CODE or text.startswith("#!"):
        return Readable("code", "", "", Text(text))
    if text.lstrip()[:1] in ("{", "[") and (found := json_lines(text)) is not None:
        return Readable("json", "", "", _lines(found))
    if (table := table_rows(text, named=ending in ("csv", "tsv"))) is not None:
        return Readable("table", "", "", _lines(map(row, table)))
    if ending in ("md", "markdown", "mdx", "qmd") or _is_markdown(text):
        return _markdown(text)
    if not ending.startswith(("txt", "text", "log")) and _is_code(text):
        return Readable("code", "", "", Text(text))
    made = _lines(_plain(text), numbered=True)
    return Readable("text", _first_line(made), "", made)


def _pdf(data: bytes) -> Readable:
    try:
        read = read_pages(data, PDF_SECONDS, most=PDF_PAGES, chars=TEXT_CHARS)
    except UnreadablePage as error:
        raise Unreadable(_CAUSES.get(error.kind, "no_text"), error.reason) from error
    made, places = "", []
    for text in map(visible, read.texts):
        # A sentence may run on to the next page.
        runs_on = made and made[-1] not in '.!?…:;"”»)' and text[:1].islower()
        made += (" " if runs_on else "\n") if made and text else ""
        places.append(len(made))
        made += text
    whole = _lines(made.split("\n"), numbered=True, kept=True)
    return Readable(
        "pdf",
        read.title or _first_line(whole),
        read.language[:2].lower(),
        replace(whole, pages=tuple(places)),
        len(read.texts),
        not read.whole,
    )


def _docx(data: bytes) -> Readable:
    read = read_docx(data)
    if not read.lines:
        raise Unreadable("no_text", "The Word document holds no text.")
    marked = [(visible(line.text), line.level) for line in read.lines]
    return Readable("docx", read.title, read.language, _marked(marked))


def _html(text: str, page: Page | None) -> Readable:
    page = page or Page("", 200, "text/html", text.encode("utf-8", "replace"), "utf-8")
    try:
        read = article.read(page)
    except UnreadablePage as error:
        raise Unreadable(_CAUSES.get(error.kind, "no_text"), error.reason) from error
    levels = {
        " ".join(unescape(_TAG.sub(" ", found[2])).split()): int(found[1])
        for found in _HTML_HEADING.finditer(text)
    }
    marked = [(line, levels.get(line, 0)) for line in read.text.split("\n")]
    return Readable("html", read.title, read.language, _marked(marked))


def _markdown(text: str) -> Readable:
    """Read Markdown: its headings are known, its marks are left out, a paragraph is one line."""
    title = ""
    if front := _FRONT.match(text):
        named = re.search(r"^title:\s*[\"']?(.+?)[\"']?\s*$", front[1], re.MULTILINE)
        title = named[1] if named else ""
        text = text[front.end() :]
    marked: list[tuple[str, int]] = []
    fenced, joined = "", False
    for line in text.split("\n"):
        if fence := _FENCE.match(line):
            fenced = "" if fenced == fence[1] else fenced or fence[1]
            joined = False
        elif fenced:
            marked.append((line.strip(), 0))
        elif head := _ATX.match(line):
            marked.append((_unmarked(head[2]), len(head[1])))
            joined = False
        else:
            joined = _paragraph(line, marked, joined=joined)
    titled = next((line for line, level in marked if level == 1), "")
    return Readable("markdown", title or titled, "", _marked(marked))


def _paragraph(line: str, marked: list[tuple[str, int]], *, joined: bool) -> bool:
    """Add a line of prose, and tell whether the next one may go on with its paragraph."""
    said = line.strip()
    if not said or _RULE.match(said):
        return False
    if said.startswith("|") or said.endswith("|"):
        cells = [_unmarked(cell.strip()) for cell in said.strip("|").split("|")]
        marked.append((row(cells), 0))
        return False
    entry = re.match(r"(?:[-*+]|\d+[.)])\s+|>\s*", said)
    plain = _unmarked(said[entry.end() :] if entry and not said[0].isdigit() else said)
    if joined and not entry:
        before, level = marked[-1]
        marked[-1] = (f"{before} {plain}", level)
    else:
        marked.append((plain, 0))
    return True


def _unmarked(text: str) -> str:
    return _STRONG.sub(r"\2", _LINK.sub(r"\1", text)).strip()


def _plain(text: str) -> Iterator[str]:
    """Yield the paragraphs of plain text, whose lines may have been broken at some width."""
    for block in re.split(r"\n[ \t]*\n", text):
        lines = [" ".join(line.split()) for line in block.split("\n") if line.strip()]
        longest = max(map(len, lines), default=0)
        broken = 50 <= longest <= 120
        held = last = ""
        for line in lines:
            if held and (not broken or _ENTRY.match(line) or len(last) < 0.6 * longest):
                yield held
                held = ""
            held = f"{held} {line}" if held else line
            last = line
        if held:
            yield held


def _is_markdown(text: str) -> bool:
    start = text[:20_000]
    lines = max(start.count("\n"), 1)
    headed = any(_ATX.match(line) for line in start.split("\n"))
    return headed and len(_MARKDOWN.findall(start)) >= max(2, lines / 20) and not _is_code(text)


def _is_code(text: str) -> bool:
    lines = [line for line in text[:20_000].split("\n") if line.strip()]
    return len(lines) >= 3 and sum(bool(_CODE.search(line)) for line in lines) > 0.5 * len(lines)


def _lines(lines: Iterable[str], *, numbered: bool = False, kept: bool = False) -> Text:
    """Return lines as a text.

    Args:
        lines: The lines.
        numbered: Whether a line such as `4.2 Notice period` is a heading.
        kept: Whether their white space is left as it is, because places in it are known.
    """
    said = (line if kept else " ".join(line.split()) for line in lines)
    return _marked([(one, _level(one) if numbered else 0) for one in said if one or kept])


def _first_line(text: Text) -> str:
    """Return the first line of a text if it looks like a title, else an empty string."""
    first, _, rest = text.content.strip().partition("\n")
    ends = first.endswith((".", ",", ";", ":", "!", "?"))
    return "" if ends or not rest or not 3 <= len(first) <= _TITLE_CHARS else first


def _level(line: str) -> int:
    """Return the level of a line that looks like a numbered title, 0 for any other."""
    found = _NUMBERED.match(line)
    if not found or line.rstrip().endswith((".", ",", ";", ":", "!", "?")):
        return 0
    return found[1].count(".") + 1


def _marked(lines: Sequence[tuple[str, int]]) -> Text:
    """Put lines together as a text, with the places of its headings."""
    headings, place = [], 0
    for line, level in lines:
        if level:
            headings.append(Heading(place, level, line))
        place += len(line) + 1
    return Text("\n".join(line for line, _ in lines), tuple(headings))
