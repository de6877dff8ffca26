"""Records as rows of SQLite: checked, written, read and deleted inside a transaction.

Statements are put together of names that stand in the code; values are always bound.
"""

from __future__ import annotations

import math
import os
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from memory import fulltext, terms, vectors
from memory.fulltext import Owner
from memory.records import CHARS, KINDS, USER, Draft, Record

_DRAFT = tuple(one.name for one in fields(Draft))
_STATE = ("ended", "closed_by", "times", "last_said", "used", "last_used", "dormant")
COLUMNS = (*_DRAFT, *_STATE)
"""Columns that are fields of a record, too."""
_SELECT = f"select id, {', '.join(COLUMNS)} from records"  # noqa: S608
_INSERT = (
    f"insert into records (owner, seq, same, {', '.join(COLUMNS)}) "  # noqa: S608
    f"values ({', '.join('?' * (len(COLUMNS) + 3))}) returning id"
)
_FLAGS = frozenset(("negated", "corrects", "dormant"))
_PART = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """A draft with what a new row needs beside it.

    Args:
        draft: What is remembered.
        vector: Its vector; None where it has none yet.
        model: The name of the embedder that made the vector.
        state: Other columns of a record that begin with something else than their defaults.
        times: How often it was said.
    """

    draft: Draft
    vector: Any = None
    model: str = ""
    state: Record | None = None
    times: int = 1


def checked(draft: Draft) -> Draft:
    """Return a draft that can be written: without blanks around it and halves of characters.

    Raises:
        ValueError: Something in it cannot be.
    """
    values: dict[str, Any] = {
        name: value.encode("utf-8", "replace").decode()
        for name, value in asdict(draft).items()
        if isinstance(value, str) and name in _DRAFT
    }
    values["text"] = values["text"].strip()
    if not values["text"]:
        raise ValueError("There is nothing to remember: the text is empty.")
    if len(values["text"]) > CHARS:
        raise ValueError(f"A memory has at most {CHARS} characters; this has {len(draft.text)}.")
    if draft.kind not in KINDS:
        raise ValueError(f"There is no kind {draft.kind!r}; there are: {', '.join(KINDS)}.")
    for name in ("said", "since", "until"):
        value = getattr(draft, name)
        if value is not None and not math.isfinite(value):
            raise ValueError(f"{name} is not a time: {value}.")
    for name in ("confidence", "importance"):
        if not 0 <= getattr(draft, name) <= 1:
            raise ValueError(f"{name} is a number from 0 to 1, not {getattr(draft, name)}.")
    return replace(draft, **values)


def embedded_text(draft: Draft) -> str:
    """Return what a record's vector is made of: its text, and whose it is if not the user's."""
    if draft.speaker != USER:
        return f"{draft.speaker}: {draft.text}"
    if draft.subject != USER and terms.fold(draft.subject) not in terms.fold(draft.text):
        return f"{draft.subject}: {draft.text}"
    return draft.text


def indexed_text(draft: Draft) -> str:
    """Return what a record is found by in the full text."""
    names = [name for name in (draft.subject, draft.speaker) if name != USER]
    text = terms.fold(draft.text).split()
    return " ".join([draft.text, *(n for n in names if terms.fold(n) not in text)])


def owner_of(db: sqlite3.Connection, user_id: str) -> Owner | None:
    """Return the user as the tables know him; None where there is nothing of him."""
    query = "select owner, user_id, salt from users where user_id = ?"
    row = db.execute(query, (user_id,)).fetchone()
    return Owner(*row) if row else None


def new_owner(db: sqlite3.Connection, user_id: str) -> Owner:
    """Return the user as the tables know him, who is written down where he is new."""
    owner = owner_of(db, user_id)
    if owner is None:
        query = "insert into users (user_id, salt) values (?, ?) returning owner, user_id, salt"
        owner = Owner(*db.execute(query, (user_id, os.urandom(16))).fetchone())
    return owner


def insert(db: sqlite3.Connection, user_id: str, entries: Sequence[Entry]) -> list[Record]:
    """Add records, with their words and vectors."""
    owner = new_owner(db, user_id)
    seq = vectors.reserve(db, len(entries)) - len(entries)
    records = []
    for number, entry in enumerate(entries, start=1):
        record = _new(entry, user_id)
        values = (getattr(record, name) for name in COLUMNS)
        same = terms.digest(record.text, owner.salt)
        (id_,) = db.execute(_INSERT, (owner.number, seq + number, same, *values)).fetchone()
        records.append(replace(record, id=id_))
    models = {name: vectors.model_number(db, name) for name in {one.model for one in entries}}
    vectors.put(
        db,
        owner,
        [(r.id, models[e.model], e.vector) for r, e in zip(records, entries, strict=True)],
    )
    texts = ((record.id, indexed_text(record)) for record in records)
    fulltext.put(db, owner, texts, space="records")
    return records


def _new(entry: Entry, user_id: str) -> Record:
    if entry.state is not None:
        return replace(entry.state, user_id=user_id)
    values = {name: getattr(entry.draft, name) for name in _DRAFT}
    times, said = entry.times, entry.draft.said
    return Record(id=0, user_id=user_id, last_said=said, times=times, **values)


def read(
    db: sqlite3.Connection, user_id: str, where: str = "", values: Iterable[Any] = ()
) -> list[Record]:
    """Return the user's records that a condition, an order and a limit choose."""
    owner = owner_of(db, user_id)
    if owner is None:
        return []
    rows = db.execute(f"{_SELECT} where owner = ? {where}", (owner.number, *values))
    return [_record(row, user_id) for row in rows.fetchall()]


def read_ids(db: sqlite3.Connection, user_id: str, ids: Sequence[int]) -> list[Record]:
    """Return the user's records of these ids in their order; others are left out."""
    wanted = list(dict.fromkeys(ids))
    found: dict[int, Record] = {}
    for start in range(0, len(wanted), _PART):
        part = wanted[start : start + _PART]
        where = f"and id in ({', '.join('?' * len(part))})"
        found.update((record.id, record) for record in read(db, user_id, where, part))
    return [found[id_] for id_ in wanted if id_ in found]


def read_one(db: sqlite3.Connection, user_id: str, record_id: int) -> Record:
    """Return one of the user's records.

    Raises:
        LookupError: There is no such record.
    """
    found = read_ids(db, user_id, [record_id])
    if not found:
        raise LookupError(f"There is no memory {record_id}.")
    return found[0]


def update(db: sqlite3.Connection, record_id: int, **values: Any) -> None:
    """Set columns of a record."""
    names = ", ".join(f"{name} = ?" for name in values)
    db.execute(f"update records set {names} where id = ?", (*values.values(), record_id))  # noqa: S608


def rewrite(db: sqlite3.Connection, old: Record, new: Record, vector: Any, model: str) -> None:
    """Put a record in the place of the old one, whose vector and words are other ones."""
    owner = new_owner(db, old.user_id)
    fulltext.drop(db, owner, [(old.id, indexed_text(old))], space="records")
    fulltext.put(db, owner, [(new.id, indexed_text(new))], space="records")
    changed = {name: getattr(new, name) for name in COLUMNS}
    # An index would keep the old vector somewhere in its files if it only were given the new one.
    vectors.bury(db, [new.id], old.user_id)
    same, seq = terms.digest(new.text, owner.salt), vectors.reserve(db, 1)
    update(db, new.id, seq=seq, same=same, **changed)
    vectors.put(db, owner, [(new.id, vectors.model_number(db, model), vector)])


def remove(db: sqlite3.Connection, user_id: str, records: Sequence[Record]) -> None:
    """Delete records of a user, their words, vectors and lines in the log."""
    owner = owner_of(db, user_id)
    if owner is None:
        return
    fulltext.drop(db, owner, ((r.id, indexed_text(r)) for r in records), space="records")
    one = [(record.id,) for record in records]
    # Whoever looks for what took a place must not find an empty one.
    db.executemany("update records set closed_by = 0 where closed_by = ? and closed_by > 0", one)
    db.executemany("delete from changes where record_id = ?", one)
    db.executemany("delete from changes where other_id = ? and other_id > 0", one)
    db.executemany(
        "delete from inbox where owner = ? and thread_id = ? and message = ?",
        [(owner.number, r.thread_id, r.message) for r in records if r.message],
    )
    places = [(vectors.place(owner, record.id),) for record in records]
    db.executemany("delete from vectors where place = ?", places)
    db.executemany("delete from records where id = ?", one)
    vectors.bury(db, [record.id for record in records], user_id)


def forget(db: sqlite3.Connection, user_id: str) -> int:
    """Delete everything of a user, and return how many records there were."""
    owner = owner_of(db, user_id)
    records = read(db, user_id)
    remove(db, user_id, records)
    if owner is not None:
        for table in ("changes", "inbox"):
            db.execute(f"delete from {table} where owner = ?", (owner.number,))  # noqa: S608
        query = "select id, text from passages where user_id = ?"
        fulltext.drop(db, owner, db.execute(query, (user_id,)).fetchall(), space="passages")
        # Without the salt nobody can guess words from what the full text still holds.
        db.execute("delete from users where owner = ?", (owner.number,))
    for table in ("passages", "documents"):
        db.execute(f"delete from {table} where user_id = ?", (user_id,))  # noqa: S608
    return len(records)


def restore(
    db: sqlite3.Connection, user_id: str, entries: Sequence[Entry], there: Mapping[int, int]
) -> list[Record]:
    """Add records with their whole state; `closed_by` goes on naming the same record.

    Args:
        db: The database, in a transaction.
        user_id: Whose memory they go to.
        entries: The records, as the `state` of entries.
        there: The ids of records that are not added, with those that they have here.
    """
    news = insert(db, user_id, entries)
    olds = [entry.state for entry in entries]
    pairs = zip(olds, news, strict=True)
    numbers = {**there, **{old.id: new.id for old, new in pairs if old is not None and old.id}}
    restored = [replace(new, closed_by=numbers.get(new.closed_by, 0)) for new in news]
    for record in restored:
        update(db, record.id, closed_by=record.closed_by)
    return restored


def as_draft(record: Record) -> Draft:
    """Return what was said, without what became of it."""
    return Draft(**{name: getattr(record, name) for name in _DRAFT})


def edited(record: Record, fields: Mapping[str, Any]) -> Draft:
    """Return a record's draft with other values; the sentence that held old words is dropped."""
    draft = replace(as_draft(record), **fields)
    return replace(draft, quote="") if draft.text != record.text else draft


def index_again(db: sqlite3.Connection) -> None:
    """Make the full text of all records and passages again."""
    fulltext.drop_tables(db)
    fulltext.create(db)
    for (user_id,) in db.execute("select user_id from users").fetchall():
        owner = new_owner(db, user_id)
        texts = [(record.id, indexed_text(record)) for record in read(db, user_id)]
        fulltext.put(db, owner, texts, space="records")
        query = "select id, text from passages where user_id = ?"
        fulltext.put(db, owner, db.execute(query, (user_id,)).fetchall(), space="passages")


def _record(row: Sequence[Any], user_id: str) -> Record:
    values = dict(zip(COLUMNS, row[1:], strict=True))
    for name in _FLAGS:
        values[name] = bool(values[name])
    return Record(id=row[0], user_id=user_id, **values)
