"""Finds passages of a user's documents by words, by meaning and by titles."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from memory import document_rows as table
from memory import fulltext, rows, terms, vectors
from memory.document_rows import Document, DocumentPassage
from memory.document_vectors import PassageVectors
from memory.fulltext import Owner

if TYPE_CHECKING:
    from memory.embeddings import Vectors

CANDIDATES = 40
"""Passages that each way of searching brings in."""
MEANING = 1.0
"""How much the meaning counts beside the words, of which the best match counts 1."""
NEAR = 0.25
"""Vectors nearer than this have something to do with each other."""
TITLED = 0.5
"""How much it counts that a document is called what is asked for."""
# Words of questions that say nothing of what they are about.
_EMPTY_WORDS = (
    "a about an and any are as at be been by can could did do does for from had has have how i in "
    "is it its many me mine much my of on or our please say says should tell that the their there "
    "these they this those to us was we were what when where which who whom whose why will with "
    "would you your document documents file files note notes according"
)
_EMPTY = frozenset(_EMPTY_WORDS.split())


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """A passage that a search found.

    Args:
        document: Its document.
        passage: The passage.
        score: How well it fits; only to be compared within one search.
        likeness: Cosine of its vector and the query's, -1 to 1; 0 where nothing can tell.
        shared: Which part of the query's words stand in it or in the document's title, 0 to 1.
    """

    document: Document
    passage: DocumentPassage
    score: float
    likeness: float
    shared: float


@dataclass(frozen=True, slots=True)
class Asked:
    """What is searched for.

    Args:
        query: The words.
        vector: Their vector, as an array [dimensions]; None where no model can make one.
        model: The name of the embedder that made it.
        near: Passages that an index has found by it; None compares every one here.
    """

    query: str
    vector: Vectors | None = None
    model: str = ""
    near: Sequence[int] | None = None


def search(
    db: sqlite3.Connection, user_id: str, asked: Asked, kept: PassageVectors, limit: int
) -> list[FoundPassage]:
    """Return the user's passages that fit best what is asked, the best first."""
    owner = rows.owner_of(db, user_id)
    if owner is None:
        return []
    told = content(asked.query)
    by_words = {
        hit.id: hit.likeness
        for hit in fulltext.search(db, owner, told, space="passages", limit=CANDIDATES)
    }
    likeness = _likeness(db, owner, asked, kept, list(by_words))
    known = table.passages_by_id(db, user_id, list({**by_words, **likeness}))
    documents = {
        one: table.read(db, user_id, "and id = ?", (one,))[0]
        for one in {passage.document_id for passage in known.values()}
    }
    wanted = set(terms.stems(told))
    best = max(by_words.values(), default=0.0) or 1.0
    found = []
    for id_, passage in known.items():
        document = documents[passage.document_id]
        near = likeness.get(id_, 0.0)
        titled = _shared(wanted, f"{document.title} {os.path.basename(document.place)}")
        score = by_words.get(id_, 0.0) / best + TITLED * len(titled) / max(len(wanted), 1)
        if near >= NEAR or id_ in by_words:
            score += MEANING * max(near, 0.0)
            held = titled | _shared(wanted, passage.text)
            part = len(held) / max(len(wanted), 1)
            found.append(FoundPassage(document, passage, score, near, part))
    return sorted(found, key=lambda one: (-one.score, one.passage.id))[:limit]


def content(query: str) -> str:
    """Return the words of a query that tell what it is about; all of them if none does."""
    words = terms.fold(query).split()
    return " ".join(word for word in words if word not in _EMPTY) or query


def _likeness(
    db: sqlite3.Connection, owner: Owner, asked: Asked, kept: PassageVectors, ids: Sequence[int]
) -> dict[int, float]:
    """Return the likeness of the nearest passages, and of others whose words fit."""
    if asked.vector is None:
        return {}
    if asked.near is None:
        return kept.nearest(
            db, owner.user_id, asked.vector, asked.model, limit=CANDIDATES, also=ids
        )
    some = list({*asked.near, *ids})
    found = vectors.search(
        db,
        owner,
        asked.vector,
        space="passages",
        limit=max(len(some), 1),
        model=asked.model,
        ids=some,
    )
    return {hit.id: hit.likeness for hit in found}


def _shared(wanted: set[str], text: str) -> set[str]:
    return wanted & set(terms.stems(text))
