"""Guess the language of a text by its small words."""

from __future__ import annotations

import re

from agent.claims import fold

_SMALL = {
    "en": "the is was of what when where who how did in and which to",
    "de": "der die das ist war wann wer wo wie wurde und welche hat was von am den sind noch",
    "es": "el la los es fue cuando quien donde que de en cual como del las y",
    "fr": "le la les est etait quand qui ou de dans quel quelle des et du",
}
_WORDS = {code: frozenset(words.split()) for code, words in _SMALL.items()}


def guess_language(text: str) -> str:
    """Return `en`, `de`, `es` or `fr`; English where nothing speaks for another one."""
    words = frozenset(re.findall(r"\w+", fold(text[:2000])))
    return max(_WORDS, key=lambda code: len(words & _WORDS[code]))
