"""How many of a claim's words stand in a text."""

from __future__ import annotations

from agent.contradiction import OPPOSED

_NONE: frozenset[str] = frozenset()


def covered(
    words: frozenset[str],
    there: frozenset[str],
    around: frozenset[str] = frozenset(),
    worth: float = 0.0,
) -> float:
    """Return the share of words that stand in a text; what stands only around it counts less."""
    if not words:
        return 1.0
    total = 0.0
    for word in words:
        if _among(word, there) or OPPOSED.get(word, _NONE) & there:
            total += 1.0
        elif _among(word, around):
            total += worth
    return total / len(words)


def _among(word: str, words: frozenset[str]) -> bool:
    if word in words:
        return True
    return len(word) >= 5 and any(one.startswith(word[:5]) or word[:6] in one for one in words)
