"""Two sources that only together lead from a question to its answer.

Of "Where was the author of that book born?" one source names the author and another the place of
birth. An answer of a few words rests on both, though each holds a part of the question alone.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tools.ranking import words
from tools.sources import Passage, Source

LEAST_WORDS = 4
"""Words of its own that a question has at least, when it joins two facts."""
GAIN = 0.03
"""Share of a question's words, by weight, that a second source has to add."""
_IN_BRACKETS = re.compile(r"\(.*?\)")


@dataclass(frozen=True, slots=True)
class _Held:
    """What a source says, as words."""

    title: frozenset[str]
    all: frozenset[str]


def chain(
    question: str, sources: Sequence[Source], answering: Collection[int]
) -> list[tuple[int, str]]:
    """Return the two sources, and the passage of each, that lead to an answer; or nothing.

    The second source names what the first is about, or the other way round, or the question
    names both; and it holds words of the question that the first does not.

    Args:
        question: The question.
        sources: The sources in the order of their numbers, the first is 1.
        answering: The numbers of those that hold the answer.
    """
    asked = frozenset(words(question))
    if len(asked) < LEAST_WORDS or not answering:
        return []
    held = [_held(source) for source in sources]
    weights = _weights(asked, held)

    def covered(*numbers: int) -> float:
        every = frozenset().union(*(held[number - 1].all for number in numbers))
        return sum(weights[word] for word in asked & every)

    alone = max(covered(number) for number in answering)
    best, pair = 0.0, (0, 0)
    for first in answering:
        for second in range(1, len(sources) + 1):
            one, other = held[first - 1], held[second - 1]
            linked = _names(one, other) or _names(other, one)
            both = _named(one, asked) and _named(other, asked)
            if first == second or not (linked or both):
                continue
            named = _named(one, asked) + _named(other, asked)
            worth = covered(first, second) + 0.05 * named + 0.03 * linked
            if worth > best and (both or covered(first, second) >= alone + GAIN):
                best, pair = worth, (first, second)
    return [(number, _passage(sources[number - 1], asked)) for number in pair if number]


def _held(source: Source) -> _Held:
    title = frozenset(words(_IN_BRACKETS.sub("", source.title)))
    return _Held(title, title | frozenset(words(" ".join(source.texts))))


def _weights(asked: Collection[str], held: Sequence[_Held]) -> dict[str, float]:
    """Weigh a question's words by how few sources hold them; the weights add up to 1."""
    count = {word: sum(word in one.all for one in held) for word in asked}
    weights = {word: math.log((len(held) + 1) / (count[word] + 0.5)) for word in asked}
    total = sum(weights.values()) or 1.0
    return {word: weight / total for word, weight in weights.items()}


def _names(one: _Held, other: _Held) -> bool:
    return bool(other.title) and other.title <= one.all


def _named(one: _Held, asked: frozenset[str]) -> bool:
    return bool(one.title) and one.title <= asked


def _passage(source: Source, asked: frozenset[str]) -> str:
    """Return the id of the passage that shares most words with a question."""
    if not source.passages:
        return "snippet"

    def shared(passage: Passage) -> int:
        return len(asked & frozenset(words(passage.text)))

    return max(source.passages, key=shared).id
