"""What a user asked to be remembered: texts in SQLite, found again by their words."""

from __future__ import annotations

import re
import sqlite3
import time
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from memory.database import Database

FILE = "memory.sqlite"
CHARS = 2000
"""Characters that one memory may have."""

SCHEMA = """
create table if not exists memories (
    id integer primary key,
    user_id text not null,
    text text not null,
    folded text not null,
    source text not null,
    said real not null,
    times integer not null default 1,
    unique (user_id, folded)
);
create virtual table if not exists words using fts5 (
    folded, content='memories', content_rowid='id', tokenize='porter unicode61'
);
create trigger if not exists memories_new after insert on memories begin
    insert into words (rowid, folded) values (new.id, new.folded);
end;
create trigger if not exists memories_gone after delete on memories begin
    insert into words (words, rowid, folded) values ('delete', old.id, old.folded);
end;
"""
ADD = (
    "insert into memories (user_id, text, folded, source, said) values (?, ?, ?, ?, ?) "
    "on conflict (user_id, folded) do update set times = times + 1, said = excluded.said "
    "returning id, text, source, said, times"
)
FIND = (
    "select id, text, source, said, times from words join memories on id = words.rowid "
    "where words match ? and user_id = ? order by bm25(words), said desc limit ?"
)
LIST = "select id, text, source, said, times from memories where user_id = ? order by said desc"


@dataclass(frozen=True, slots=True)
class Memory:
    """Something that a user asked to be remembered.

    Args:
        id: Its number.
        text: The user's words.
        source: Where it was said, such as `mcp`.
        said: When it was said last, in seconds since the epoch.
        times: How often it was said.
    """

    id: int
    text: str
    source: str
    said: float
    times: int


class Memories:
    """The memories of all users; every call names the user.

    A memory is on the disk when `remember` returns. The same words again strengthen the memory
    that there is.

    Args:
        path: The database, made with the first memory.
    """

    def __init__(self, path: Path) -> None:
        self._file = Database(path, SCHEMA)

    async def remember(self, text: str, *, user_id: str, source: str) -> Memory:
        """Keep a text.

        Raises:
            ValueError: It is empty, or too long to be one memory.
        """
        kept = " ".join(text.split())
        if not kept:
            raise ValueError("There is nothing to remember: the text is empty.")
        if len(kept) > CHARS:
            raise ValueError(f"A memory has at most {CHARS} characters; this has {len(kept)}.")
        values = (user_id, kept, _fold(kept), source, time.time())
        return await self._file.run(lambda db: Memory(*db.execute(ADD, values).fetchone()))

    async def recall(self, query: str, *, user_id: str, limit: int = 5) -> list[Memory]:
        """Return the memories that share words with a query, the best first.

        They are ranked by SQLite's BM25 over stemmed words; an empty query returns the newest.
        """
        if not self._file.exists():
            return []
        words = [f'"{word}"' for word in re.findall(r"\w+", _fold(query))]

        def work(db: sqlite3.Connection) -> list[Memory]:
            if words:
                rows = db.execute(FIND, (" OR ".join(words), user_id, limit))
            else:
                rows = db.execute(f"{LIST} limit ?", (user_id, limit))
            return [Memory(*row) for row in rows]

        return await self._file.run(work)

    async def forget(self, memory_id: int, *, user_id: str) -> bool:
        """Delete a memory for good; tell whether there was one."""
        if not self._file.exists():
            return False

        def work(db: sqlite3.Connection) -> bool:
            query = "delete from memories where id = ? and user_id = ?"
            gone = db.execute(query, (memory_id, user_id)).rowcount > 0
            # The index keeps deleted words until it is merged, and the log until it is emptied.
            db.execute("insert into words (words) values ('optimize')")
            db.execute("pragma wal_checkpoint(truncate)")
            return gone

        return await self._file.run(work)

    async def aclose(self) -> None:
        """Close the database."""
        await self._file.aclose()


def _fold(text: str) -> str:
    """Return a text without case, accents and punctuation."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(re.findall(r"\w+", bare))
