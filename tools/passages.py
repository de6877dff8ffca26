"""Cuts a text into passages of a few sentences, and ranks them by a query."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tools.ranking import scores
from tools.sources import Passage

if TYPE_CHECKING:
    from memory.embeddings import Embedder

PASSAGE_CHARS = 500
# One long sentence may stand alone; what is longer still is cut between words.
SENTENCE_CHARS = 700
# Paragraphs that together are no longer than this share a passage.
SHORT_CHARS = 250
HEADING_CHARS = 90
# The time to find sentences grows with the square of a line in the worst case.
BLOCK_CHARS = 4000
# Vectors nearer than this have something to do with each other.
NEAR = 0.25
# How much the meaning counts beside the words, of which the best match counts 1.
MEANING = 1.0
# The beginning of a passage tells its meaning; the time to embed it grows with its length.
EMBED_CHARS = 300

_SPACE = re.compile(r"[^\S \n]")
_LINE = re.compile(r"[^\n]+")
_ENDS = (".", "!", "?", "…", ":", ";", ",", "。", "！", "？", '"', "”", "»", ")")


@dataclass(frozen=True, slots=True)
class _Piece:
    """A sentence or a row of a table: what passages are put together from."""

    start: int
    end: int
    opens: bool
    """Whether it is the first of its line."""
    header: str | None
    """The first row of its table, None where it is in none."""


def sentences(text: str, language: str = "en") -> list[tuple[int, int]]:
    """Return where the sentences of a text begin and end, in characters, without white space.

    A new line ends a sentence. One that is longer than SENTENCE_CHARS is cut between words.

    Args:
        text: The text, one paragraph a line.
        language: Its language in two letters, by which abbreviations are known.
    """
    return [
        span
        for line in _LINE.finditer(text)
        for span in _in_line(text, line.start(), line.end(), language)
    ]


def segments(text: str, language: str = "en") -> list[str]:
    """Return the sentences of a text, with the white space behind each.

    Args:
        text: The text.
        language: Its language in two letters, by which abbreviations are known.
    """
    from sentencex import segment

    found: list[str] = segment(language, _plain(text))
    return found


def passages(text: str, *, most: int = 400, language: str = "en") -> list[Passage]:
    """Cut a text into passages at the ends of sentences.

    A passage ends with its paragraph, unless paragraphs are short; a heading stays with what
    follows. Rows of a table stay together, with its first row in front of every part.

    Args:
        text: The text, one paragraph a line.
        most: How many passages are made; the rest of the text is left out.
        language: Its language in two letters, or an empty string.
    """
    made: list[Passage] = []
    held: list[_Piece] = []
    for piece in _pieces(text, language or "en"):
        if held and not _together(text, held, piece):
            made.append(_passage(text, held, len(made) + 1))
            held = []
            if len(made) >= most:
                break
        held.append(piece)
    if held and len(made) < most:
        made.append(_passage(text, held, len(made) + 1))
    return made


def rank(
    query: str,
    texts: Sequence[str],
    *,
    embedder: Embedder | None = None,
    embed_most: int = 12,
) -> list[float]:
    """Score texts by how well they fit a query, by their words and by their meaning.

    A score of 0 means that a text has nothing to do with the query. The work takes a few
    milliseconds for each text that is embedded, so it belongs into a thread.

    Args:
        query: The query.
        texts: The texts.
        embedder: What makes vectors; None means the one that came with the installation.
        embed_most: How many texts are embedded, those first that fit best by their words; twice
            as many where none shares a word with the query.
    """
    by_words = scores(query, texts)
    best = max(by_words, default=0.0) or 1.0
    merged = [score / best for score in by_words]
    if not query.strip() or not texts:
        return merged
    most = embed_most if any(by_words) else 2 * embed_most
    chosen = sorted(range(len(texts)), key=lambda at: -by_words[at])[:most]
    nearness = _nearness(query, [texts[at][:EMBED_CHARS] for at in chosen], embedder)
    for at, near in zip(chosen, nearness, strict=True):
        merged[at] += MEANING * near if near >= NEAR or by_words[at] else 0.0
    return merged


def _nearness(query: str, texts: Sequence[str], embedder: Embedder | None) -> list[float]:
    """Return how near the texts are to a query in meaning; 0 where no model can tell."""
    from memory.embeddings import EmbedderError, open_embedder

    try:
        vectors = (embedder or open_embedder()).embed([query, *texts])
    except EmbedderError:  # words alone rank well enough
        return [0.0] * len(texts)
    return [max(0.0, float(near)) for near in vectors[1:] @ vectors[0]]


def _pieces(text: str, language: str) -> Iterator[_Piece]:
    header: str | None = None
    for line in _LINE.finditer(text):
        if " | " in line[0]:
            header = line[0].strip() if header is None else header
            spans = list(_cut(text, line.start(), line.end()))
        else:
            header = None
            spans = list(_in_line(text, line.start(), line.end(), language))
        for number, (start, end) in enumerate(spans):
            yield _Piece(start, end, number == 0, header)


def _in_line(text: str, start: int, end: int, language: str) -> Iterator[tuple[int, int]]:
    """Yield the sentences of one line."""
    from sentencex import get_sentence_boundaries

    for first, last in _cut(text, start, end, BLOCK_CHARS):
        block = _plain(text[first:last])
        for found in get_sentence_boundaries(language, block):
            yield from _cut(text, first + found["start_index"], first + found["end_index"])


def _plain(text: str) -> str:
    """Return a text of the same length that the search for sentences can take.

    Halves of characters cannot be handed over, and white space beyond ASCII breaks it.
    """
    whole = text.encode("utf-8", "replace").decode()
    return _SPACE.sub(" ", whole)


def _cut(text: str, start: int, end: int, most: int = SENTENCE_CHARS) -> Iterator[tuple[int, int]]:
    """Yield a span without white space around it, cut between words where it is too long."""
    while start < end:
        while start < end and text[start].isspace():
            start += 1
        stop = end
        if end - start > most:
            stop = text.rfind(" ", start + 1, start + most + 1)
            stop = stop if stop > start else start + most
        last = stop
        while last > start and text[last - 1].isspace():
            last -= 1
        if last > start:
            yield start, last
        start = stop


def _together(text: str, held: Sequence[_Piece], piece: _Piece) -> bool:
    """Whether a piece belongs to the passage that is being made."""
    first, last = held[0], held[-1]
    length = piece.end - first.start
    if first.header is not None:
        length += len(_repeated(held)) + len(held) + 2  # rows are set apart by two characters
    if length > PASSAGE_CHARS:
        return False
    if not piece.opens:
        return True
    if piece.header is not None or last.header is not None:
        # A table stands alone, but for the heading over it.
        return piece.header == last.header or (last.header is None and _is_heading(text, last))
    return length <= SHORT_CHARS or _is_heading(text, last)


def _is_heading(text: str, piece: _Piece) -> bool:
    """Whether a piece is a line that says what follows, or an entry of a list."""
    short = piece.opens and piece.end - piece.start <= HEADING_CHARS
    return short and not text[piece.start : piece.end].endswith(_ENDS)


def _repeated(held: Sequence[_Piece]) -> str:
    """Return the header that a later part of a table is given, or an empty string."""
    header = held[0].header or ""
    return header if len(header) <= PASSAGE_CHARS // 3 else ""


def _passage(text: str, held: Sequence[_Piece], number: int) -> Passage:
    start, end = held[0].start, held[-1].end
    lines = [" ".join(line.split()) for line in text[start:end].split("\n")]
    header = " ".join(_repeated(held).split())
    if header and lines[0] != header:
        lines.insert(0, header)
    gap = "; " if held[-1].header is not None else " "
    return Passage(f"p{number}", gap.join(filter(None, lines)), start, end)
