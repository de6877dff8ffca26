"""What the store of memory is measured with: sentences of made-up words, and planted vectors."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from memory.embeddings import Vectors

USERS = 1000
QUESTIONS = 300
DIMENSIONS = 384
BATCH = 100
"""Records of one user that are written at once: those of many users lie between each other."""


def users_of(count: int) -> int:
    """Return how many users share so many records."""
    return min(USERS, max(count // 10, 1))


def name_of(user: int) -> str:
    """Return a user's id."""
    return f"user-{user:04d}"


def vectors_of(user: int, begin: int, count: int, seed: int) -> Vectors:
    """Return vectors of a user around a direction of his own, as an array [count, dimensions]."""
    import numpy as np

    middle = np.random.default_rng([seed, user]).normal(size=DIMENSIONS)
    own = np.random.default_rng([seed, user, begin]).normal(size=(count, DIMENSIONS))
    rows = (own + 0.6 * middle).astype(np.float32)
    unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def vocabulary() -> list[str]:
    """Return made-up words; the first ones are the frequent ones."""
    signs = random.Random(7)  # noqa: S311
    parts = [f"{a}{b}" for a in "bdfgklmnprstvz" for b in "aeiou"]
    return list(dict.fromkeys("".join(signs.choices(parts, k=3)) for _ in range(6000)))


def sentence(draw: random.Random, words: Sequence[str]) -> str:
    """Return ten words, frequent and rare ones as in a language (Zipf 1935)."""
    places = (int(len(words) ** draw.random()) - 1 for _ in range(7))
    return f"I like {' '.join(words[at] for at in places)} here"


def batches(count: int) -> Iterator[tuple[int, int, int]]:
    """Go through users and parts of their records, as (user, first, how many)."""
    each = count // users_of(count)
    for begin in range(0, each, BATCH):
        for user in range(users_of(count)):
            yield user, begin, min(BATCH, each - begin)


def questions(
    texts: Mapping[tuple[int, int], str], seed: int
) -> Iterator[tuple[str, str, Vectors]]:
    """Ask for records: the user, the words and a vector near the record's."""
    import numpy as np

    draw = random.Random(seed + 1)  # noqa: S311
    for user, begin in draw.choices(sorted(texts), k=QUESTIONS):
        words = texts[user, begin].split()
        vector = vectors_of(user, begin, 1, seed)[0]
        vector = vector + 0.4 * vectors_of(user, begin + 1, 1, seed + 1)[0]
        near: Vectors = (vector / np.linalg.norm(vector)).astype(np.float32)
        yield name_of(user), f"What did I say about {words[3]}, {words[5]} and {words[7]}?", near
