"""The words of a text as they are searched: folded, stemmed, and hashed for one user."""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from collections.abc import Callable
from functools import cache, lru_cache
from importlib.metadata import version
from threading import Lock

LENGTH = 10
"""Characters of a hashed term: 50 bits."""
_WORD = re.compile(r"\w+")
# Scripts that put no blanks between words: pairs of their letters stand for words.
_UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    r"\U00020000-\U0003134f]+"
)
_LONGEST = 64
_stemming = Lock()


def fold(text: str) -> str:
    """Return a text without case, accents and punctuation."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return " ".join(_WORD.findall(unicodedata.normalize("NFC", bare)))


def stems(text: str) -> list[str]:
    """Return the stems of a text's words in their order, with repetitions.

    They are made by the Snowball stemmer for English; words of other languages are at least
    folded, and text without blanks is cut into pairs of letters.
    """
    return [stem for word in fold(text).split() for stem in _pieces(word)]


def hashed(text: str, salt: bytes) -> list[str]:
    """Return what stands for a text's words in the index of one user.

    Args:
        text: The text.
        salt: The user's own secret: the same word of another user looks different.
    """
    return [_hash(stem, salt) for stem in stems(text)]


def digest(text: str, salt: bytes) -> bytes:
    """Return 8 bytes that are the same for texts with the same folded words."""
    return hashlib.blake2b(fold(text).encode("utf-8", "replace"), digest_size=8, key=salt).digest()


def signature() -> str:
    """Name how terms are made: an index made in another way must be made again."""
    return f"1 snowballstemmer {version('snowballstemmer')}"


def _pieces(word: str) -> list[str]:
    if word.isascii() or not _UNSPACED.search(word):
        return [_stem(word[:_LONGEST])]
    pieces: list[str] = []
    at = 0
    for run in _UNSPACED.finditer(word):
        if run.start() > at:
            pieces.append(_stem(word[at : run.start()][:_LONGEST]))
        signs = run.group()
        pieces.extend(signs[i : i + 2] for i in range(max(len(signs) - 1, 1)))
        at = run.end()
    if at < len(word):
        pieces.append(_stem(word[at:][:_LONGEST]))
    return pieces


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    stem_word = _stemmer()
    # The stemmer keeps its place in the word in itself.
    with _stemming:
        return stem_word(word)


@cache
def _stemmer() -> Callable[[str], str]:
    import snowballstemmer  # type: ignore[import-untyped]

    stem_word: Callable[[str], str] = snowballstemmer.stemmer("english").stemWord
    return stem_word


def _hash(stem: str, salt: bytes) -> str:
    raw = hashlib.blake2b(stem.encode("utf-8", "replace"), digest_size=7, key=salt).digest()
    return base64.b32encode(raw)[:LENGTH].decode().lower()
