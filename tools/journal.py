"""The journal of side effects: what was begun, what was done, and what came of it.

A call with side effects is written down before it begins and again when it has ended, each time
before anybody is told. A turn that is picked up after a crash finds here what it had done already,
and what was cut off in the middle is not begun a second time.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Protocol

from memory.database import Database
from memory.feed import whose
from tools.scope import Scope

State = Literal["begun", "done", "failed"]

SCHEMA = """
create table if not exists journal (
    key text primary key,
    user_id text not null,
    thread_id text not null,
    call_id text not null,
    tool text not null,
    risk text not null,
    arguments text not null,
    state text not null,
    outcome text not null,
    begun real not null,
    ended real
);
create index if not exists journal_of_threads on journal (user_id, thread_id, begun);
"""
BEGIN = (
    "insert into journal (key, user_id, thread_id, call_id, tool, risk, arguments, state, "
    "outcome, begun) values (?, ?, ?, ?, ?, ?, ?, 'begun', '{}', ?) "
    "on conflict (key) do nothing"
)
END = "update journal set state = ?, outcome = ?, ended = ? where key = ?"
FIND = (
    "select tool, risk, arguments, state, outcome, begun, ended, thread_id, call_id from journal "
)


@dataclass(frozen=True, slots=True)
class Record:
    """One side effect.

    Args:
        tool: The tool's name.
        risk: What kind of side effect it is.
        arguments: The arguments, secrets left out.
        state: `begun` for a call that never came to its end.
        outcome: What came of it, as the policy wrote it down; empty while it runs.
        begun: When it began, in seconds since the epoch.
        ended: When it ended.
        thread_id: The thread in which it was made.
        call_id: The call.
    """

    tool: str
    risk: str
    arguments: dict[str, Any]
    state: State
    outcome: dict[str, Any]
    begun: float
    ended: float | None
    thread_id: str
    call_id: str


class Journal(Protocol):
    """Where side effects are written down; every call names whose they are."""

    async def begin(
        self, scope: Scope, tool: str, risk: str, arguments: Mapping[str, Any]
    ) -> Record | None:
        """Write down that a call begins; return its record if it was begun before."""
        ...

    async def end(self, scope: Scope, state: State, outcome: Mapping[str, Any]) -> None:
        """Write down what came of a call."""
        ...

    async def drop(self, scope: Scope) -> None:
        """Take back that a call began: it has done nothing yet."""
        ...

    async def find(self, scope: Scope) -> Record | None:
        """Return the record of a call, if it has one."""
        ...

    async def records(
        self, *, user_id: str, thread_id: str | None = None, limit: int = 100
    ) -> list[Record]:
        """Return a user's side effects, the newest first."""
        ...

    async def forget(self, *, user_id: str, thread_id: str) -> None:
        """Delete the records of a thread."""
        ...

    async def erase(self, clean: Callable[[Any], Any], *, user_id: str) -> None:
        """Write a user's records anew without what was forgotten.

        Args:
            clean: Returns plain data without it.
            user_id: Whose records.
        """
        ...

    async def aclose(self) -> None:
        """Close what is open."""
        ...


class SqliteJournal:
    """Keep the journal in a file; the file is made with the first side effect.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._file = Database(path, SCHEMA)

    async def begin(
        self, scope: Scope, tool: str, risk: str, arguments: Mapping[str, Any]
    ) -> Record | None:
        """Write down that a call begins; return its record if it was begun before."""
        values = (
            *(scope.key, scope.user_id, scope.thread_id, scope.call_id, tool, risk),
            *(_text(arguments), time.time()),
        )

        def work(db: sqlite3.Connection) -> Record | None:
            if db.execute(BEGIN, values).rowcount:
                return None
            return _one(db, scope)

        return await self._file.run(work)

    async def end(self, scope: Scope, state: State, outcome: Mapping[str, Any]) -> None:
        """Write down what came of a call."""
        values = (state, _text(outcome), time.time(), scope.key)
        await self._file.run(lambda db: db.execute(END, values))

    async def drop(self, scope: Scope) -> None:
        """Take back that a call began: it has done nothing yet."""
        await self._file.run(
            lambda db: db.execute("delete from journal where key = ?", (scope.key,))
        )

    async def find(self, scope: Scope) -> Record | None:
        """Return the record of a call, if it has one."""
        return await self._file.run(lambda db: _one(db, scope)) if self._file.exists() else None

    async def records(
        self, *, user_id: str, thread_id: str | None = None, limit: int = 100
    ) -> list[Record]:
        """Return a user's side effects, the newest first."""
        whose(user_id)
        if not self._file.exists():
            return []
        query = FIND + "where user_id = ? and (? is null or thread_id = ?)"
        values = (user_id, thread_id, thread_id, limit)
        return await self._file.run(
            lambda db: [
                _record(row)
                for row in db.execute(query + " order by begun desc, rowid desc limit ?", values)
            ]
        )

    async def forget(self, *, user_id: str, thread_id: str) -> None:
        """Delete the records of a thread."""
        whose(user_id)
        query = "delete from journal where user_id = ? and thread_id = ?"
        if self._file.exists():
            await self._file.run(lambda db: db.execute(query, (user_id, thread_id)))

    async def erase(self, clean: Callable[[Any], Any], *, user_id: str) -> None:
        """Write a user's records anew without what was forgotten."""
        whose(user_id)
        query = "select key, arguments, outcome from journal where user_id = ?"
        update = "update journal set arguments = ?, outcome = ? where key = ?"

        def work(db: sqlite3.Connection) -> None:
            for key, *texts in db.execute(query, (user_id,)).fetchall():
                after = [_text(clean(json.loads(one))) for one in texts]
                if after != texts:
                    db.execute(update, (*after, key))

        if self._file.exists():
            await self._file.change(work, wipe=True)

    async def aclose(self) -> None:
        """Close the file."""
        await self._file.aclose()


class MemoryJournal:
    """Keep the journal in memory, for tests and for worlds that end with the process."""

    def __init__(self) -> None:
        self._records: dict[str, tuple[str, Record]] = {}

    async def begin(
        self, scope: Scope, tool: str, risk: str, arguments: Mapping[str, Any]
    ) -> Record | None:
        """Write down that a call begins; return its record if it was begun before."""
        if scope.key in self._records:
            return self._records[scope.key][1]
        place = (scope.thread_id, scope.call_id)
        record = Record(tool, risk, dict(arguments), "begun", {}, time.time(), None, *place)
        self._records[scope.key] = (scope.user_id, record)
        return None

    async def end(self, scope: Scope, state: State, outcome: Mapping[str, Any]) -> None:
        """Write down what came of a call."""
        user_id, old = self._records[scope.key]
        place = (scope.thread_id, scope.call_id)
        record = Record(
            *(old.tool, old.risk, old.arguments, state, dict(outcome), old.begun, time.time()),
            *place,
        )
        self._records[scope.key] = (user_id, record)

    async def drop(self, scope: Scope) -> None:
        """Take back that a call began: it has done nothing yet."""
        self._records.pop(scope.key, None)

    async def find(self, scope: Scope) -> Record | None:
        """Return the record of a call, if it has one."""
        found = self._records.get(scope.key)
        return found[1] if found else None

    async def records(
        self, *, user_id: str, thread_id: str | None = None, limit: int = 100
    ) -> list[Record]:
        """Return a user's side effects, the newest first."""
        whose(user_id)
        mine = [record for owner, record in self._records.values() if owner == user_id]
        return [one for one in reversed(mine) if thread_id in (None, one.thread_id)][:limit]

    async def forget(self, *, user_id: str, thread_id: str) -> None:
        """Delete the records of a thread."""
        whose(user_id)
        self._records = {
            key: (owner, record)
            for key, (owner, record) in self._records.items()
            if (owner, record.thread_id) != (user_id, thread_id)
        }

    async def erase(self, clean: Callable[[Any], Any], *, user_id: str) -> None:
        """Write a user's records anew without what was forgotten."""
        whose(user_id)
        for key, (owner, record) in self._records.items():
            if owner == user_id:
                new = {"arguments": clean(record.arguments), "outcome": clean(record.outcome)}
                self._records[key] = (owner, replace(record, **new))

    async def aclose(self) -> None:
        """Do nothing: there is nothing to close."""


def _one(db: sqlite3.Connection, scope: Scope) -> Record | None:
    row = db.execute(FIND + "where key = ? and user_id = ?", (scope.key, scope.user_id)).fetchone()
    return _record(row) if row else None


def _record(row: tuple[Any, ...]) -> Record:
    tool, risk, arguments, state, outcome, *rest = row
    return Record(tool, risk, json.loads(arguments), state, json.loads(outcome), *rest)


def _text(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
