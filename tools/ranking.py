"""Ranks passages by the words of a query."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

_WORD = re.compile(r"\w+")
# Words that stand in every passage and say nothing of what it is about.
_EMPTY_WORDS = (
    "a an and are as at be by did do does for from had has have how in is it its of on or that "
    "the their this to was were what when where which who whom whose why will with"
)
_EMPTY = frozenset(_EMPTY_WORDS.split())


def words(text: str) -> list[str]:
    """Split a text into words without case, accents, English endings and empty words."""
    plain = unicodedata.normalize("NFKD", text.lower())
    bare = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return [_stem(word) for word in _WORD.findall(bare) if word not in _EMPTY]


def _stem(word: str) -> str:
    for ending in ("ies", "es", "s", "ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)] + ("y" if ending == "ies" else "")
    return word


def scores(query: str, passages: Sequence[str]) -> list[float]:
    """Score each passage by the words that it shares with a query.

    The formula is Okapi BM25 with k1 = 1.2 and b = 0.75 (Robertson and Zaragoza, 2009).
    """
    counted = [Counter(words(passage)) for passage in passages]
    lengths = [sum(counts.values()) for counts in counted]
    mean = sum(lengths) / len(lengths) if lengths else 0.0
    wanted = set(words(query))
    weights = {}
    for word in wanted:
        holding = sum(word in counts for counts in counted)
        weights[word] = math.log(1 + (len(passages) - holding + 0.5) / (holding + 0.5))
    return [
        math.fsum(
            weights[word]
            * counts[word]
            * 2.2
            / (counts[word] + 1.2 * (0.25 + 0.75 * length / (mean or 1.0)))
            for word in wanted
            if word in counts
        )
        for counts, length in zip(counted, lengths, strict=True)
    ]
