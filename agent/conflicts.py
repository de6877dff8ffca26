"""Sources that say the same thing with another number, date or name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.attribution import Citation, is_short
from agent.claims import Claim, content, read
from agent.contradiction import alike, bound
from agent.coverage import covered
from agent.languages import guess_language
from agent.matching import has_date, has_name, has_number
from tools.passages import segments
from tools.sources import Source

if TYPE_CHECKING:
    from memory.embeddings import Embedder

_ALIKE = 0.6
_MEANT = 0.4


@dataclass(frozen=True, slots=True)
class Conflict:
    """A statement on which sources differ.

    Args:
        statement: The sentence of the answer.
        said: What each source says: its number, its date and its sentence, newest first.
    """

    statement: str
    said: tuple[tuple[int, str, str], ...]


def conflicts(
    citations: Sequence[Citation],
    sources: Sequence[Source],
    embedder: Embedder | None = None,
    question: str = "",
) -> list[Conflict]:
    """Find the cited statements that another source tells with another number, date or name.

    Args:
        citations: What the check of an answer has found.
        sources: The sources in the order of their numbers.
        embedder: Compares sentences by meaning.
        question: The question, which says what an answer of a few words is about.
    """
    cut = {number: _sentences(source) for number, source in enumerate(sources, 1)}
    found: dict[frozenset[str], Conflict] = {}
    for citation in citations:
        for number in citation.sources:
            mine = _nearest(read(citation.sentence), cut[number])
            if mine is None or not mine.facts:
                continue
            told = mine
            if question and is_short(citation.sentence, question):
                told = read(f"{question.strip(' ?')} {citation.sentence}")
            said = [(number, sources[number - 1].date, mine.text)]
            for other, sentences in cut.items():
                if other == number:
                    continue
                rivals = [
                    one
                    for one in sentences
                    if _differ(told, one, sources[number - 1], sources[other - 1])
                    and _meant_alike(told, one, embedder)
                ]
                if rivals:
                    said.append((other, sources[other - 1].date, rivals[0].text))
            if len(said) > 1:
                said.sort(key=lambda one: one[1], reverse=True)
                key = frozenset(one[2] for one in said)
                found.setdefault(key, Conflict(citation.sentence, tuple(said)))
    return list(found.values())


def _sentences(source: Source) -> list[Claim]:
    return [
        read(one.strip())
        for text in source.texts
        for one in segments(text, source.language or guess_language(text))
        if one.strip()
    ]


def _nearest(claim: Claim, sentences: Sequence[Claim]) -> Claim | None:
    def fit(one: Claim) -> float:
        facts = sum(has_number(fact, one) for fact in claim.numbers)
        facts += sum(has_date(fact, one) for fact in claim.dates)
        facts += sum(has_name(fact, one) for fact in claim.names)
        return covered(claim.stems, one.stems) + 0.5 * facts

    return max(sentences, key=fit, default=None)


def _same_subject(
    mine: Claim, other: Claim, source: Source, another: Source, changed: frozenset[str]
) -> bool:
    """Say whether two sentences speak of the same thing: names that did not change are in both."""
    here, there = read(f"{source.title}. {mine.text}"), read(f"{another.title}. {other.text}")
    first = [one for one in mine.names if one.sure and not changed & set(one.words)]
    second = [one for one in other.names if one.sure and not changed & set(one.words)]
    if not all(has_name(one, there) for one in first):
        return False
    if not all(has_name(one, here) for one in second):
        return False
    return bool(first or second or read(source.title).stems & read(another.title).stems)


def _changed(mine: Claim, other: Claim) -> tuple[set[str], frozenset[str]]:
    """Return the kinds of places that are filled differently, and the names that fill them."""
    places, others = list(bound(mine)), list(bound(other))
    kinds: set[str] = set()
    names: set[str] = set()
    for what, key, side in places:
        for that, word, where in others:
            if (key, side) != (word, where) or alike(what, that):
                continue
            if (what, key, side) in others or (that, word, where) in places:
                continue
            kinds.add(side)
            names |= {part for one in (what, that) if isinstance(one, str) for part in one.split()}
    return kinds, frozenset(names)


def _differ(mine: Claim, other: Claim, source: Source, another: Source) -> bool:
    """Say whether one number, date or name fills the same place differently."""
    kinds, changed = _changed(mine, other)
    if not kinds or not _same_subject(mine, other, source, another, changed):
        return False
    stems = content(word for one in (*mine.names, *other.names) for word in one.words)
    shares = (
        covered(mine.stems - stems, other.stems),
        covered(other.stems - stems, mine.stems),
    )
    if min(shares) < _ALIKE / 2 or max(shares) < _ALIKE:
        return False
    if "after" in kinds:
        return not _other_years(mine, other) and not _rounded(mine, other)
    return True


def _other_years(mine: Claim, other: Claim) -> bool:
    here = {one.year for one in mine.dates if one.year}
    there = {one.year for one in other.dates if one.year}
    return bool(here and there and not here & there)


def _rounded(mine: Claim, other: Claim) -> bool:
    return all(has_number(one, other) for one in mine.numbers) or all(
        has_number(one, mine) for one in other.numbers
    )


def _meant_alike(mine: Claim, other: Claim, embedder: Embedder | None) -> bool:
    if embedder is None:
        return True
    here, there = embedder.embed([mine.text, other.text])
    return float(here @ there) >= _MEANT
