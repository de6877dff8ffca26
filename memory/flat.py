"""Texts in lower case and without accents, character for character, and their words."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_QUOTES = str.maketrans("’‘`´“”„«»…–—", '\'\'\'\'""""".--')
_ALONE = {"ß": "s", "œ": "o", "æ": "a", "ø": "o", "ł": "l", "đ": "d"}
_WORD = re.compile(r"\w+(?:[.,:]\d+)*")


def listed(text: str) -> frozenset[str]:
    """Return the words of a text that lists them."""
    return frozenset(text.split())


_STOP = listed(
    """
    a an the and or but of to in on at for with from by as is are was were be been am i me my
    mine we us our ours you your he him his she her they them their it its this that these
    those have has had do does did not no so just very really too also still since until than
    then there here what where who which when how why would will can could should get got s m
    ve re d ll t now again nowadays currently anymore longer any more days today yesterday
    these well new old please btw actually some up out about into over back all only lately
    recently el la los las un una de en que y o mi mis mio me te se es son soy con por para su
    sus al del lo le les der die das den dem ein eine einen einem einer und oder ich mir mich
    mein meine meinen meinem meiner wir uns unser unsere ist sind war bin im am zu mit von auf
    fur jetzt nun le les des du je j mon ma mes moi nous notre nos est suis sont et ou a au
    aux dans pour avec ce c d l qui il elle on maintenant ahora agora adesso o os as um uma e
    meu minha meus minhas no na nos nas sou com il gli uno mio mia miei mie io sono ho di che
    per da
    """
)


def flat(text: str) -> str:
    """Return a text in lower case without accents, each character in its old place."""
    return "".join(_flat(char) for char in text.translate(_QUOTES))


@lru_cache(maxsize=4096)
def _flat(char: str) -> str:
    low = char.lower()
    return _ALONE.get(low) or unicodedata.normalize("NFKD", low)[:1] or char


def words(text: str) -> list[str]:
    """Return the words of a text, folded; numbers keep their points."""
    return _WORD.findall(flat(text))


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """Cut the commonest endings off a folded word."""
    for ending in ("ing", "ies", "ed", "es", "s", "e", "y"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            break
    return word[:-1] if len(word) > 4 and word[-1] == word[-2] else word


def topics(text: str) -> frozenset[str]:
    """Return the stems of the words that carry a text's meaning."""
    return frozenset(
        stem(word)
        for word in words(text)
        if word not in _STOP and (len(word) > 1 or word.isdigit())
    )


def same_value(one: str, other: str) -> bool:
    """Tell whether two values are the same but for small words, case, order and accents."""
    if "@" in one + other:
        return flat(one) == flat(other)
    first, second = topics(one), topics(other)
    if not first or not second:
        return words(one) == words(other)
    return first == second
