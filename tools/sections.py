"""Cuts a document into passages that know the heading above them and the page they are on."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from memory.reading import Piece
from tools.passages import passages

MOST_PIECES = 10_000
"""Passages of one document; the rest of a longer one is left out."""
HEADING_CHARS = 120
CODE_CHARS = 800
"""Characters of a passage of a program."""
CUT = "It is longer than can be kept: only its beginning is."
_BLOCK = re.compile(r"\n[ \t]*\n(?=\S)")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading.

    Args:
        start: Where it begins in the text.
        level: Its level, from 1 on.
        text: What it says.
    """

    start: int
    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """A text with what is known of its form.

    Args:
        content: The text, one paragraph or row of a table a line; a program as it is.
        headings: Its headings in their order; each is a line of the text.
        pages: Where its pages begin, the first one first; none where there are no pages.
    """

    content: str
    headings: tuple[Heading, ...] = ()
    pages: tuple[int, ...] = ()


def pieces(text: Text, *, language: str = "", context: bool = True) -> list[Piece]:
    """Cut a text into passages at the ends of sentences; none reaches over a heading.

    Args:
        text: The text.
        language: Its language in two letters, or an empty string.
        context: Whether the headings above a passage stand in front of its text.
    """
    made: list[Piece] = []
    for start, end, above in _sections(text):
        left = MOST_PIECES - len(made)
        if left <= 0:
            break
        only = above and " ".join(text.content[start:end].split())[:HEADING_CHARS] == above[-1]
        if only and len(text.headings) > 1:
            continue  # nothing but the heading of what follows
        for one in passages(text.content[start:end], most=left, language=language):
            place = start + one.start
            begins = text.headings and any(h.start == place for h in _near(text, place))
            path = above[:-1] if begins else above
            said = f"{' › '.join(path)}: {one.text}" if context and path else one.text
            made.append(
                Piece(f"p{len(made) + 1}", said, place, start + one.end, _page(text, place))
            )
    return made


def blocks(text: str) -> list[Piece]:
    """Cut a program into passages of whole blocks and lines, which keep their line ends."""
    made: list[Piece] = []
    for start, end in _packed(text):
        said = text[start:end].rstrip()
        if said.strip() and len(made) < MOST_PIECES:
            made.append(Piece(f"p{len(made) + 1}", said, start, start + len(said)))
    return made


def _sections(text: Text) -> Iterator[tuple[int, int, list[str]]]:
    """Yield the spans between headings and pages, each with the headings that stand above it.

    A page that begins in the middle of a paragraph begins no span.
    """
    headings = {one.start: one for one in text.headings}
    pages = (at for at in text.pages if at and text.content[at - 1 : at] == "\n")
    bounds = sorted({0, *headings, *pages, len(text.content)})
    above: list[Heading] = []
    for start, end in pairwise(bounds):
        if (one := headings.get(start)) is not None:
            above = [*(higher for higher in above if higher.level < one.level), one]
        yield start, end, [" ".join(higher.text.split())[:HEADING_CHARS] for higher in above]


def _near(text: Text, place: int) -> tuple[Heading, ...]:
    """Return the heading at or before a place."""
    at = bisect_right(text.headings, place, key=lambda one: one.start)
    return text.headings[at - 1 : at] if at else ()


def _page(text: Text, place: int) -> int:
    return bisect_right(text.pages, place)


def _packed(text: str) -> Iterator[tuple[int, int]]:
    """Yield spans of as many blocks as fit a passage; a longer block is cut between lines."""
    bounds = [0, *(found.end() for found in _BLOCK.finditer(text)), len(text)]
    start = 0
    for first, last in pairwise(bounds):
        if last - start <= CODE_CHARS:
            continue
        if first > start:
            yield start, first
        start = first
        while last - start > CODE_CHARS:
            end = text.rfind("\n", start + 1, start + CODE_CHARS) + 1 or start + CODE_CHARS
            yield start, end
            start = end
    if start < len(text):
        yield start, len(text)
