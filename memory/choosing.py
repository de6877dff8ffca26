"""Which records of a user: by what they are, whom they are about, or their very words."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from memory import rows, terms
from memory.records import USER, Record

PIECE = 10_000
"""Ids that are looked through in one transaction."""
ORDINARY = 0.6
"""The importance below which a record may rest."""

Order = Literal["new", "old", "importance"]
_ORDERS: dict[Order, str] = {
    "new": "said desc, id desc",
    "old": "said, id",
    "importance": "importance desc, said desc, id desc",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What records must have; `Store.list` says what the fields mean."""

    kinds: Sequence[str] = ()
    subject: str = ""
    attribute: str = ""
    thread_id: str = ""
    scopes: Sequence[str] | None = None
    ended: bool | None = None
    dormant: bool | None = None


def choose(
    db: sqlite3.Connection, user_id: str, wanted: Wanted, order: Order, limit: int, offset: int
) -> list[Record]:
    """Return the records that have what is wanted."""
    where: list[str] = []
    values: list[Any] = []
    for name in ("subject", "attribute", "thread_id"):
        if value := getattr(wanted, name):
            where.append(f"and {name} = ?")
            values.append(value)
    many = {"kind": wanted.kinds or None, "scope": wanted.scopes}
    for name, among in many.items():
        if among is not None:
            where.append(f"and {name} in ({', '.join('?' * len(among))})")
            values.extend(among)
    if wanted.ended is not None:
        where.append("and ended != ''" if wanted.ended else "and ended = ''")
    if wanted.dormant is not None:
        where.append("and dormant = ?")
        values.append(wanted.dormant)
    by = _ORDERS[order]
    if wanted.attribute or wanted.thread_id or wanted.subject not in ("", USER):
        # These are few: with the plus SQLite looks for them and not for the order.
        by = f"+{by}"
    tail = f"order by {by} limit ? offset ?"
    return rows.read(db, user_id, f"{' '.join(where)} {tail}", (*values, limit, offset))


def same(
    db: sqlite3.Connection, user_id: str, text: str, subject: str, speaker: str
) -> Record | None:
    """Return the record that holds and has the same folded words."""
    owner = rows.owner_of(db, user_id)
    if owner is None:
        return None
    where = "and same = ? and subject = ? and speaker = ? and ended = '' order by id"
    digest = terms.digest(text, owner.salt)
    for record in rows.read(db, user_id, where, (digest, subject, speaker)):
        if terms.fold(record.text) == terms.fold(text):
            return record
    return None


def use(db: sqlite3.Connection, user_id: str, ids: Sequence[int], at: float) -> None:
    """Count a use of each record."""
    query = (
        "update records set used = used + 1, last_used = max(last_used, ?), dormant = 0 "
        "where id = ? and owner = ?"
    )
    owner = rows.owner_of(db, user_id)
    if owner is not None:
        db.executemany(query, [(at, id_, owner.number) for id_ in dict.fromkeys(ids)])


def rest(db: sqlite3.Connection, user_id: str, ids: Sequence[int], dormant: bool) -> None:
    """Set whether records are only found when asked for."""
    query = "update records set dormant = ? where id = ? and owner = ?"
    owner = rows.owner_of(db, user_id)
    if owner is not None:
        db.executemany(query, [(dormant, id_, owner.number) for id_ in ids])


def subjects(db: sqlite3.Connection, user_id: str) -> dict[str, int]:
    """Return whom records are about, with how many."""
    owner = rows.owner_of(db, user_id)
    query = "select subject, count(*) from records where owner = ? group by subject order by 1"
    return dict(db.execute(query, (owner.number,)).fetchall()) if owner else {}


def last(db: sqlite3.Connection) -> int:
    """Return the newest record's id."""
    return int(db.execute("select coalesce(max(id), 0) from records").fetchone()[0])


def tidy(db: sqlite3.Connection, *, before: float, after: int) -> int:
    """Let records of a piece rest that nobody has said or used since, and that are ordinary.

    Args:
        db: The database, in a transaction.
        before: Since when, in seconds since the epoch.
        after: The id behind which the piece begins.
    """
    query = (
        "update records set dormant = 1 where id > ? and id <= ? and dormant = 0 "
        "and last_said < ? and last_used < ? and times = 1 and importance < ? "
        "and kind not in ('instruction', 'summary')"
    )
    return db.execute(query, (after, after + PIECE, before, before, ORDINARY)).rowcount
