"""The log of what was done to records: no text, only what undoing and `why` need."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from memory import rows
from memory.records import Ended, Record

Action = Literal["added", "strengthened", "closed", "corrected", "edited", "reopened"]
_COLUMNS = "id, action, record_id, other_id, thread_id, message, at, source"


@dataclass(frozen=True, slots=True)
class Close:
    """An end that a new statement puts to an old record.

    Args:
        id: The old record.
        until: Until when it held, in seconds since the epoch.
        ended: Whether it changed then, or never was so.
    """

    id: int
    until: float
    ended: Ended


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the log.

    Args:
        id: Its number.
        action: What was done.
        record_id: The record to which it was done.
        other_id: The record that took its place, where one did; 0 for none.
        thread_id: The thread in which it was caused.
        message: The message that caused it.
        at: When, in seconds since the epoch.
        source: Where it came from, such as `chat`, `command` or `mcp`.
    """

    id: int
    action: Action
    record_id: int
    other_id: int
    thread_id: str
    message: str
    at: float
    source: str


@dataclass(frozen=True, slots=True)
class Cause:
    """What caused a change.

    Args:
        thread_id: The thread.
        message: The message in it.
        source: Where it came from.
    """

    thread_id: str = ""
    message: str = ""
    source: str = "chat"


def log(
    db: sqlite3.Connection, action: Action, record: Record, cause: Cause, *, other_id: int = 0
) -> Change:
    """Write down what is about to be done to a record, as it is before."""
    owner = rows.new_owner(db, record.user_id)
    before = {
        "until": record.until,
        "ended": record.ended,
        "closed_by": record.closed_by,
        "last_said": record.last_said,
        "confidence": record.confidence,
        "dormant": record.dormant,
    }
    line = (action, record.id, other_id, cause.thread_id, cause.message, time.time(), cause.source)
    query = (
        "insert into changes (owner, before, action, record_id, other_id, thread_id, message, at, "  # noqa: S608
        f"source) values (?, ?, ?, ?, ?, ?, ?, ?, ?) returning {_COLUMNS}"
    )
    return Change(*db.execute(query, (owner.number, json.dumps(before), *line)).fetchall()[0])


def close(
    db: sqlite3.Connection, user_id: str, closes: Sequence[Close], cause: Cause, *, by: int
) -> list[Change]:
    """End records; those that are gone or have ended so already are left as they are."""
    if any(end.ended not in _ENDED.values() for end in closes):
        raise ValueError("A record ends because it changed or was corrected.")
    if by and not rows.read_ids(db, user_id, [by]):
        # What is gone, or another user's, takes nobody's place.
        by = 0
    found = {one.id: one for one in rows.read_ids(db, user_id, [end.id for end in closes])}
    changes = []
    for end in closes:
        record = found.pop(end.id, None)
        # What never was so cannot have changed later.
        if record is None or record.ended in ("corrected", end.ended) or record.id == by:
            continue
        action: Action = "corrected" if end.ended == "corrected" else "closed"
        changes.append(log(db, action, record, cause, other_id=by))
        rows.update(db, record.id, until=end.until, ended=end.ended, closed_by=by)
    return changes


def read(
    db: sqlite3.Connection, user_id: str, thread_id: str, message: str, record_id: int, limit: int
) -> list[Change]:
    """Return lines of the log, the newest first; `Store.changes` says which."""
    owner = rows.owner_of(db, user_id)
    if owner is None:
        return []
    where, values = ["owner = ?"], [owner.number]
    given: list[tuple[str, Any]] = [("thread_id = ?", thread_id), ("message = ?", message)]
    for condition, value in given:
        if value:
            where.append(condition)
            values.append(value)
    if record_id:
        # With the plus SQLite looks in the indexes of both columns; other_id's holds no zeros.
        where[0] = "+owner = ?"
        where.append("(record_id = ? or (other_id = ? and other_id > 0))")
        values += [record_id, record_id]
    query = f"select {_COLUMNS} from changes where {' and '.join(where)} order by id desc limit ?"  # noqa: S608
    return [Change(*row) for row in db.execute(query, (*values, limit)).fetchall()]


def undo(db: sqlite3.Connection, user_id: str, ids: Sequence[int]) -> list[Change]:
    """Take changes back, the newest first, and return those that could be."""
    owner = rows.owner_of(db, user_id)
    if owner is None:
        return []
    taken = []
    for id_ in sorted(set(ids), reverse=True):
        query = f"select before, {_COLUMNS} from changes where id = ? and owner = ?"  # noqa: S608
        row = db.execute(query, (id_, owner.number)).fetchone()
        if row is not None and _undo(db, user_id, Change(*row[1:]), json.loads(row[0])):
            taken.append(Change(*row[1:]))
            db.execute("delete from changes where id = ?", (id_,))
    return taken


def _undo(db: sqlite3.Connection, user_id: str, change: Change, before: dict[str, Any]) -> bool:
    found = rows.read_ids(db, user_id, [change.record_id])
    if not found:
        return False
    record = found[0]
    cause = Cause(change.thread_id, change.message, change.source)
    if change.action == "added":
        rows.remove(db, user_id, found)
        return True
    if change.action == "strengthened":
        # Where it was said again since, only the count goes back.
        query = "select 1 from changes where record_id = ? and id > ? and action = 'strengthened'"
        later = db.execute(query, (record.id, change.id)).fetchone()
        names = () if later else ("last_said", "confidence", "dormant")
        said = {name: before[name] for name in names}
        rows.update(db, record.id, times=max(record.times - 1, 1), **said)
        return True
    if change.action in ("closed", "corrected"):
        # It was ended by something else since: that is not what is undone.
        if record.ended != _ENDED[change.action] or record.closed_by != change.other_id:
            return False
        log(db, "reopened", record, cause, other_id=change.other_id)
        end = {name: before[name] for name in ("until", "ended", "closed_by")}
        rows.update(db, record.id, **end)
        return True
    return False


_ENDED: dict[str, Ended] = {"closed": "changed", "corrected": "corrected"}
