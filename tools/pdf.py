"""Reads the text of a PDF, within bounds of pages, bytes and time."""

from __future__ import annotations

import logging
import re
import struct
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

from tools.errors import UnreadablePage

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

MOST_PAGES = 50
SECONDS = 6.0
TEXT_CHARS = 500_000
# What one stream may unpack to; a page of text has a few kilobytes, a map a few million.
STREAM_BYTES = 8_000_000
# A line that is shorter than this share of its page's lines ends a paragraph.
FULL_LINE = 0.7

_LIMITS: dict[str, Any] = {
    "maximum_declared_stream_length": STREAM_BYTES,
    "array_based_stream_maximum_output_length": STREAM_BYTES,
    "lzw_maximum_output_length": STREAM_BYTES,
    "run_length_maximum_output_length": STREAM_BYTES,
    "zlib_maximum_output_length": STREAM_BYTES,
    "zlib_maximum_recovery_input_length": 100_000,
    "brotli_maximum_output_length": STREAM_BYTES,
    "jbig2_maximum_output_length": STREAM_BYTES,
    "stream_decoding_work_maximum_length": 4 * STREAM_BYTES,
    "stream_parsing_work_maximum_count": 200_000,
    "page_tree_maximum_entries": 20_000,
    "page_tree_maximum_page_entries": 200_000,
    "xform_maximum_invocations_per_extraction": 300,
    "jbig2dec_binary": None,
    "disable_legacy_handling": True,
}
# What the library is known to raise over damaged files, beside its own errors.
_BROKEN = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)
_DATE = re.compile(r"D?:?\s*(\d{4})(\d\d)(\d\d)")
_NO_TITLE = re.compile(r"untitled|microsoft \w+ - |.*\.(docx?|tex|dvi|indd|pdf)$", re.IGNORECASE)
_HYPHENS = ("-", "\u00ad", "\u2010")
# A page that never ends a paragraph is none of prose.
_PARAGRAPH_CHARS = 20_000
_ENTRY = re.compile(r"[•●▪◦–*-]\s|\(?\d{1,2}[.)]\s|\[\d{1,3}\]")


@dataclass(frozen=True, slots=True)
class Pages:
    """What was read of a PDF.

    Args:
        title: Its title, or an empty string.
        date: The day on which it was made, as YYYY-MM-DD, or an empty string.
        language: The language that it says it is in, or an empty string.
        texts: The text of each page from the first on, one paragraph a line; empty for a page
            that holds none, or that is broken.
        whole: Whether these are all of its pages.
    """

    title: str
    date: str
    language: str
    texts: tuple[str, ...]
    whole: bool


class _TooLong(Exception):
    """Say that the time is over, in the middle of a page."""


def is_pdf(body: bytes) -> bool:
    """Whether a body is a PDF, whatever its label says."""
    return body[:1024].lstrip(b"\xef\xbb\xbf \t\r\n\0").startswith(b"%PDF-")


def read_pdf(body: bytes, seconds: float = SECONDS) -> tuple[str, str, str, str]:
    """Return the title, the date, the language and the text of a PDF.

    Args:
        body: The file.
        seconds: How long reading may take; what is read by then is returned.

    Raises:
        UnreadablePage: It is damaged or encrypted, or has no text.
    """
    read = read_pages(body, seconds)
    text = "\n".join(filter(None, read.texts))
    if not read.whole:
        text += "\n(The PDF is longer than can be read; this is its beginning.)"
    return read.title, read.date, read.language, text


def read_pages(
    body: bytes, seconds: float = SECONDS, *, most: int = MOST_PAGES, chars: int = TEXT_CHARS
) -> Pages:
    """Return what a PDF says, page by page.

    Args:
        body: The file.
        seconds: How long reading may take; what is read by then is returned.
        most: How many pages are read.
        chars: Characters that they may have together.

    Raises:
        UnreadablePage: It is damaged or encrypted, or has no text.
    """
    from pypdf import PdfReader, apply_configuration
    from pypdf.errors import DependencyError, FileNotDecryptedError, PyPdfError

    until = time.monotonic() + seconds
    # What the library finds wrong with a file is for nobody to read.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        with apply_configuration(**_LIMITS):
            reader = PdfReader(BytesIO(body))
            if reader.is_encrypted and not reader.decrypt(""):
                raise FileNotDecryptedError
            pages, whole = _texts(reader, until, most, chars)
            head = _title(reader), _date(reader), _language(reader)
    except (FileNotDecryptedError, DependencyError) as error:
        raise UnreadablePage("pdf_encrypted", "The PDF asks for a password.") from error
    except (PyPdfError, *_BROKEN) as error:
        raise UnreadablePage("pdf_damaged", "The PDF is damaged and cannot be read.") from error
    texts = tuple("\n".join(_paragraphs(page)) for page in pages)
    if not any(texts) and not whole:
        raise UnreadablePage("tangled", "The PDF takes too long to be read.")
    if not any(texts):
        raise UnreadablePage("pdf_no_text", "The PDF holds only pictures of pages, no text.")
    return Pages(*head, texts, whole)


def _texts(reader: PdfReader, until: float, most: int, chars: int) -> tuple[list[str], bool]:
    """Return the text of the pages, and whether these are all."""
    from pypdf.errors import PyPdfError

    def watch(*_: Any) -> None:
        if time.monotonic() > until:
            raise _TooLong

    texts: list[str] = []
    room, broken, count = chars, 0, len(reader.pages)
    if not count:
        raise ValueError("no pages")
    for page in reader.pages[:most]:
        if time.monotonic() > until or room <= 0:
            return texts, False
        try:
            text = _of_page(page, watch)[:room]
        except _TooLong:
            return texts, False
        except (PyPdfError, *_BROKEN):  # the other pages may be whole
            broken += 1
            text = ""
        room -= len(text)
        texts.append(text)
    if broken and not any(texts):
        raise ValueError("no page can be read")
    return texts, count <= most


def _of_page(page: PageObject, watch: Any) -> str:
    return str(page.extract_text(visitor_operand_before=watch))


def _paragraphs(page: str) -> Iterator[str]:
    """Yield the paragraphs of a page, with its lines joined and its hyphens at their ends gone."""
    lines = [" ".join(line.split()) for line in page.splitlines()]
    lengths = sorted(len(line) for line in lines if line)
    full = FULL_LINE * lengths[int(len(lengths) * 0.8)] if lengths else 0.0
    held = ""
    for line in lines:
        if not line or line.isdigit():  # the number of the page
            continue
        if held and _ENTRY.match(line):
            yield held
            held = ""
        held = _joined(held, line)
        if (len(line) < full and not _hyphened(line)) or len(held) > _PARAGRAPH_CHARS:
            yield held
            held = ""
    if held:
        yield held


def _joined(held: str, line: str) -> str:
    if _hyphened(held) and line[0].islower():
        return held[:-1] + line
    return f"{held} {line}" if held else line


def _hyphened(line: str) -> bool:
    return line.endswith(_HYPHENS) and line[-2:-1].isalpha()


def _title(reader: PdfReader) -> str:
    found = reader.metadata.title if reader.metadata else None
    title = " ".join(str(found or "").split())
    return "" if _NO_TITLE.match(title) else title


def _date(reader: PdfReader) -> str:
    """Return the day on which the file was made, as YYYY-MM-DD, or an empty string."""
    from datetime import date

    found = _DATE.match(str(reader.metadata.get("/CreationDate", "") if reader.metadata else ""))
    try:
        return date(int(found[1]), int(found[2]), int(found[3])).isoformat() if found else ""
    except ValueError:
        return ""


def _language(reader: PdfReader) -> str:
    return str(reader.root_object.get("/Lang", ""))
