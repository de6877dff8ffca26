"""Messages that are still to be read for what should be remembered."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from memory.fulltext import Owner

_SELECT = (
    "select id, user_id, thread_id, message, text, said, scope, before, tries "
    "from inbox join users using (owner)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a user wrote.

    Args:
        id: Its number in the inbox; 0 before it is there.
        user_id: Who wrote it.
        thread_id: In which thread.
        message: Its id in the thread.
        text: The words.
        said: When it was written, in seconds since the epoch.
        scope: Where what it says may be used: empty everywhere, `thread:ID` or `project:NAME`.
        before: The assistant's words before it, only to understand such as "yes, I do".
        tries: How often reading it has failed.
    """

    id: int = 0
    user_id: str = ""
    thread_id: str = ""
    message: str = ""
    text: str
    said: float
    scope: str = ""
    before: str = ""
    tries: int = 0


def add(db: sqlite3.Connection, owner: Owner, message: Message) -> int:
    """Put a message in, and return its number."""
    texts = (message.thread_id, message.message, message.text, message.scope, message.before)
    thread, name, text, scope, before = (
        one.encode("utf-8", "replace").decode("utf-8") for one in texts
    )
    query = (
        "insert into inbox (owner, thread_id, message, text, said, scope, before) "
        "values (?, ?, ?, ?, ?, ?, ?) returning id"
    )
    values = (owner.number, thread, name, text, message.said, scope, before)
    return int(db.execute(query, values).fetchall()[0][0])


def waiting(db: sqlite3.Connection, user_id: str | None, limit: int) -> list[Message]:
    """Return messages, those that failed least and then the oldest first."""
    where, values = ("where user_id = ?", [user_id]) if user_id is not None else ("", [])
    query = f"{_SELECT} {where} order by tries, id limit ?"
    names = tuple(Message.__dataclass_fields__)
    rows = db.execute(query, (*values, limit)).fetchall()
    return [Message(**dict(zip(names, row, strict=True))) for row in rows]


def tried(db: sqlite3.Connection, owner: Owner, message_id: int, by: int) -> None:
    """Count tries of reading a message."""
    query = "update inbox set tries = max(tries + ?, 0) where id = ? and owner = ?"
    db.execute(query, (by, message_id, owner.number))


def done(db: sqlite3.Connection, owner: Owner, ids: Sequence[int]) -> None:
    """Take messages out."""
    query = "delete from inbox where id = ? and owner = ?"
    db.executemany(query, [(id_, owner.number) for id_ in ids])
