"""How answers about a conversation are judged: as LoCoMo's own evaluation does.

Words are compared by their Porter stems, without punctuation and articles. A question of many
parts is judged part by part; what a conversation does not hold is right if that is said.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from functools import cache
from typing import Any

from evals.bench.locomo_data import Question

UNKNOWN = "Not mentioned"
"""What the answer is where the conversation does not hold it."""
_ARTICLE = re.compile(r"\b(?:a|an|the|and)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)
_NOT_THERE = ("not mentioned", "no information available")


def score(question: Question, answer: str) -> float:
    """Return what an answer is worth, from 0 to 1."""
    if question.category == 5:
        return float(any(words in answer.lower() for words in _NOT_THERE))
    if question.category == 1:
        parts = [part.strip() for part in answer.split(",")]
        wanted = [part.strip() for part in question.answer.split(",")]
        return sum(max(f1(part, one) for part in parts) for one in wanted) / len(wanted)
    gold = question.answer.split(";")[0].strip() if question.category == 3 else question.answer
    return f1(answer, gold)


def f1(answer: str, gold: str) -> float:
    """Return the harmonic mean of precision and recall of an answer's stems."""
    said, wanted = stems(answer), stems(gold)
    shared = sum((Counter(said) & Counter(wanted)).values())
    return 2 * shared / (len(said) + len(wanted)) if shared else 0.0


def stems(text: str) -> list[str]:
    """Return the stems of a text's words without punctuation and articles."""
    bare = text.replace(",", "").lower().translate(_PUNCTUATION)
    found: list[str] = _stemmer().stemWords(_ARTICLE.sub(" ", bare).split())
    return found


@cache
def _stemmer() -> Any:
    import snowballstemmer  # type: ignore[import-untyped]

    return snowballstemmer.stemmer("porter")
