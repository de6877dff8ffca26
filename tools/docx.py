"""Reads the text of a Word document, with its headings and its tables."""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

from memory.reading import Unreadable
from tools.tabular import joined

if TYPE_CHECKING:
    from docx.table import Table

UNPACKED_BYTES = 200_000_000
"""What all parts of a document may unpack to."""
# What the library is known to raise over damaged files.
_BROKEN = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RuntimeError,
    SyntaxError,  # lxml's errors are of this kind
    TypeError,
    ValueError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)
_HEADING = re.compile(r"(?:heading|überschrift|titre|título|titolo) ?([1-9])$", re.IGNORECASE)
_TITLES = frozenset(("title", "titel", "titre", "título", "titolo"))
_DEPTH = 3
"""Tables within tables that are read."""


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph, or a row of a table.

    Args:
        text: What it says, on one line.
        level: The level of a heading from 1 on; 0 for anything else.
    """

    text: str
    level: int = 0


@dataclass(frozen=True, slots=True)
class Word:
    """What was read of a Word document.

    Args:
        title: Its title, or an empty string.
        language: Its language in two letters, or an empty string.
        lines: Its paragraphs and rows in their order.
    """

    title: str
    language: str
    lines: tuple[Line, ...]


def is_docx(data: bytes) -> bool:
    """Tell whether a file is a Word document, whatever it is called."""
    if not data.startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(BytesIO(data)) as packed:
            return "word/document.xml" in packed.namelist()
    except _BROKEN:
        # A damaged archive still tells in its first entries what it was to be.
        return b"word/" in data[:4000]


def read_docx(data: bytes) -> Word:
    """Return what a Word document says.

    Raises:
        Unreadable: It is damaged, or unpacks to too much.
    """
    from docx import Document

    try:
        with zipfile.ZipFile(BytesIO(data)) as packed:
            if sum(one.file_size for one in packed.infolist()) > UNPACKED_BYTES:
                raise Unreadable("too_big", "The Word document unpacks to too much to be read.")
        opened = Document(BytesIO(data))
        found = tuple(line for line in _lines(opened.iter_inner_content(), 0) if line.text)
        properties = opened.core_properties
        title = " ".join((properties.title or "").split())
        language = (properties.language or "")[:2].lower()
    except _BROKEN as error:
        raise Unreadable("damaged", "The Word document is damaged and cannot be read.") from error
    titled = next((line.text for line in found if line.level == 1), "")
    return Word(title or titled, language, found)


def _lines(blocks: Iterator[Any], depth: int) -> Iterator[Line]:
    from docx.table import Table

    for block in blocks:
        if isinstance(block, Table):
            yield from _rows(block, depth)
        else:
            yield Line(" ".join(block.text.split()), _level(block))


def _rows(table: Table, depth: int) -> Iterator[Line]:
    """Yield the rows of a table, each cell once however many columns it spans."""
    for row in table.rows:
        cells: list[str] = []
        seen: set[Any] = set()
        for cell in row.cells:
            if cell._tc in seen:
                continue
            seen.add(cell._tc)
            cells.append(" ".join(cell.text.split()))
            if depth < _DEPTH:
                inner = [line.text for one in cell.tables for line in _rows(one, depth + 1)]
                cells[-1] = " ".join(filter(None, (cells[-1], "; ".join(inner))))
        if any(cells):
            yield Line(joined(cells))


def _level(paragraph: Any) -> int:
    name = str((paragraph.style.name if paragraph.style is not None else "") or "")
    if name.lower() in _TITLES:
        return 1
    found = _HEADING.match(name)
    return int(found[1]) if found else 0
