"""Documents and their passages as rows of SQLite: written, read and deleted in a transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from memory import fulltext, rows, vectors
from memory.fulltext import Owner
from memory.reading import DocumentKind, Reading

_SELECT = (
    "select id, place, title, kind, language, pages, digest, modified, added, "
    "(select count(*) from passages where document_id = documents.id) "
    "from documents where user_id = ?"
)
_PASSAGE = "select id, document_id, name, text, start, end, page from passages where user_id = ?"
_PART = 500


@dataclass(frozen=True, slots=True)
class Document:
    """A document of a user's, which stays where it is.

    Args:
        id: Its number, never used again.
        place: The absolute path of its file, or its address.
        title: Its title, or the name of its file.
        kind: What it is.
        language: Its language in two letters, or an empty string.
        pages: How many pages it has; 0 where there are none.
        digest: Its size and what tells its content from any other.
        modified: When it was changed last, in seconds since the epoch; 0.0 where nobody knows.
        added: When it was read last, in seconds since the epoch.
        passages: How many passages it was cut into.
    """

    id: int
    place: str
    title: str
    kind: DocumentKind
    language: str
    pages: int
    digest: str
    modified: float
    added: float
    passages: int

    @property
    def size(self) -> int:
        """Bytes that it had when it was read."""
        return int(self.digest.partition(":")[0] or 0)


@dataclass(frozen=True, slots=True)
class DocumentPassage:
    """A passage of a document.

    Args:
        id: Its number, never used again.
        document_id: The document.
        name: Its name within the document, such as `p3`.
        text: What it says, with the heading above it in front where it does not begin with one.
        start: Where it begins in the document's readable text, in characters.
        end: Where it ends.
        page: The page on which it begins, from 1 on; 0 where there are none.
    """

    id: int
    document_id: int
    name: str
    text: str
    start: int
    end: int
    page: int


def digest_of(reading: Reading) -> str:
    """Return what is kept to tell whether a document has changed."""
    return f"{reading.size}:{reading.digest}"


def read(
    db: sqlite3.Connection, user_id: str, where: str = "", values: Sequence[Any] = ()
) -> list[Document]:
    """Return the user's documents and folders that a condition and an order choose."""
    found = db.execute(f"{_SELECT} {where}", (user_id, *values))
    return [Document(*row) for row in found.fetchall()]


def read_place(db: sqlite3.Connection, user_id: str, place: str) -> Document | None:
    """Return the user's document at a place."""
    found = read(db, user_id, "and place = ?", (place,))
    return found[0] if found else None


def passages(
    db: sqlite3.Connection, user_id: str, where: str, values: Sequence[Any]
) -> list[DocumentPassage]:
    """Return the user's passages that a condition and an order choose."""
    found = db.execute(f"{_PASSAGE} {where}", (user_id, *values))
    return [DocumentPassage(*row) for row in found.fetchall()]


def passages_by_id(
    db: sqlite3.Connection, user_id: str, ids: Sequence[int]
) -> dict[int, DocumentPassage]:
    """Return the user's passages of these ids; those of others are left out."""
    found: dict[int, DocumentPassage] = {}
    for start in range(0, len(ids), _PART):
        part = ids[start : start + _PART]
        # The plus keeps SQLite from walking through all of the user's passages.
        where = f"and +user_id is not null and id in ({', '.join('?' * len(part))})"
        query = _PASSAGE.replace("where user_id", "where +user_id")
        rows_ = db.execute(f"{query} {where}", (user_id, *part)).fetchall()
        found.update((row[0], DocumentPassage(*row)) for row in rows_)
    return found


def write(
    db: sqlite3.Connection,
    user_id: str,
    reading: Reading,
    made: Sequence[Any],
    model: str,
    now: float,
) -> Document:
    """Write a document with its passages in the place of what was known of it.

    Args:
        db: The database, in a transaction.
        user_id: Whose document it is.
        reading: What was read.
        made: A vector for each passage, or nothing where none could be made.
        model: The name of the embedder that made them.
        now: The time.
    """
    owner = rows.new_owner(db, user_id)
    query = (
        "insert into documents (user_id, place, title, digest, modified, added, language, kind, "
        "pages) values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (user_id, place) do update set "
        "title = excluded.title, digest = excluded.digest, modified = excluded.modified, "
        "added = excluded.added, language = excluded.language, kind = excluded.kind, "
        "pages = excluded.pages returning id"
    )
    head = (reading.title, digest_of(reading), reading.modified, now, reading.language)
    values = (user_id, reading.place, *head, reading.kind, reading.pages)
    (document_id,) = db.execute(query, values).fetchall()[0]
    _drop_passages(db, owner, document_id)
    _put_passages(db, owner, document_id, reading, made, model)
    return read(db, user_id, "and id = ?", (document_id,))[0]


def seen(db: sqlite3.Connection, document: Document, modified: float) -> None:
    """Note that a file was written again with the same content."""
    db.execute("update documents set modified = ? where id = ?", (modified, document.id))


def remove(db: sqlite3.Connection, user_id: str, documents: Sequence[Document]) -> list[int]:
    """Delete documents with their passages, words and vectors; return which passages these were."""
    owner = rows.owner_of(db, user_id)
    gone: list[int] = []
    for document in documents:
        if owner is not None:
            gone += _drop_passages(db, owner, document.id)
        db.execute("delete from documents where id = ? and user_id = ?", (document.id, user_id))
    return gone


def _put_passages(
    db: sqlite3.Connection,
    owner: Owner,
    document_id: int,
    reading: Reading,
    made: Sequence[Any],
    model: str,
) -> None:
    query = (
        "insert into passages (document_id, user_id, name, text, start, end, page, vector, model) "
        "values (?, ?, ?, ?, ?, ?, ?, ?, ?) returning id"
    )
    texts: list[tuple[int, str]] = []
    for number, one in enumerate(reading.pieces):
        vector = vectors.pack(made[number]) if len(made) else None
        place = (document_id, owner.user_id, one.name, one.text, one.start, one.end, one.page)
        stored = (*place, vector, model if len(made) else "")
        texts.append((db.execute(query, stored).fetchall()[0][0], one.text))
    fulltext.put(db, owner, texts, space="passages")


def _drop_passages(db: sqlite3.Connection, owner: Owner, document_id: int) -> list[int]:
    query = "select id, text from passages where document_id = ? and user_id = ?"
    known = db.execute(query, (document_id, owner.user_id)).fetchall()
    fulltext.drop(db, owner, known, space="passages")
    db.executemany("delete from passages where id = ?", [(id_,) for id_, _ in known])
    return [id_ for id_, _ in known]
