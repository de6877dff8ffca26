"""The list of a user's threads: a small table beside the conversations themselves."""

from __future__ import annotations

import builtins
import time
from dataclasses import dataclass

import aiosqlite

from memory.feed import whose

SCHEMA = """
create table if not exists threads (
    user_id text not null,
    thread_id text not null,
    title text not null,
    created real not null,
    updated real not null,
    turns integer not null,
    primary key (user_id, thread_id)
) without rowid
"""
TITLE = 80
"""Characters of a thread's title."""


@dataclass(frozen=True, slots=True)
class ThreadInfo:
    """One thread in the list.

    Args:
        id: The thread's id, unique for its user.
        title: The beginning of its first message.
        updated: When its last turn began, in seconds since the epoch.
        turns: How many turns it has.
    """

    id: str
    title: str
    updated: float
    turns: int


class ThreadList:
    """Read and write the list; every call names the user.

    Args:
        connection: An open database in autocommit mode; it stays the caller's.
    """

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._db = connection

    async def setup(self) -> None:
        """Make the table where it is missing."""
        await self._db.execute_fetchall(SCHEMA)

    async def touch(self, *, user_id: str, thread_id: str, text: str) -> None:
        """Note that a turn began, and take a new thread's title from its text."""
        now = time.time()
        title = " ".join(text.split())[:TITLE]
        await self._db.execute_fetchall(
            "insert into threads values (?, ?, ?, ?, ?, 1) on conflict do update "
            "set updated = excluded.updated, turns = turns + 1",
            (whose(user_id), thread_id, title, now, now),
        )

    async def list(self, *, user_id: str) -> list[ThreadInfo]:
        """Return the user's threads, the newest first."""
        rows = await self._db.execute_fetchall(
            "select thread_id, title, updated, turns from threads where user_id = ? "
            "order by updated desc, thread_id",
            (whose(user_id),),
        )
        return [ThreadInfo(*row) for row in rows]

    async def quiet(self, *, before: float, turns: int) -> builtins.list[tuple[str, ThreadInfo]]:
        """Return all users' threads of some length that are at rest, the oldest first.

        Args:
            before: When their last turn began at the latest, in seconds since the epoch.
            turns: How many turns they have at least.

        Returns:
            Each with whose it is.
        """
        rows = await self._db.execute_fetchall(
            "select user_id, thread_id, title, updated, turns from threads "
            "where updated < ? and turns >= ? order by updated",
            (before, turns),
        )
        return [(row[0], ThreadInfo(*row[1:])) for row in rows]

    async def rename(self, *, user_id: str, thread_id: str, title: str) -> None:
        """Give a thread another title."""
        await self._db.execute_fetchall(
            "update threads set title = ? where user_id = ? and thread_id = ?",
            (title, whose(user_id), thread_id),
        )

    async def delete(self, *, user_id: str, thread_id: str) -> bool:
        """Take a thread off the list; tell whether it was on it."""
        rows = await self._db.execute_fetchall(
            "delete from threads where user_id = ? and thread_id = ? returning thread_id",
            (whose(user_id), thread_id),
        )
        return bool(rows)
