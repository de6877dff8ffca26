"""Keeps answers of the search engines, and how the engines did, in one file.

The file holds no query and no user, only a digest of each query; what was found tells enough to
let nobody else on the machine read it.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from tools.search.breaker import Health
from tools.search.engine import Query, Result
from tools.settings import SearchSettings
from tools.threads import in_thread

PLACE = Path("cache", "search.sqlite")
DAY = 86_400.0
BUSY = 0.5
"""Seconds that a search waits for another process to finish writing."""
SCHEMA = """
create table if not exists answers (key text primary key, at real not null, results text not null);
create index if not exists answers_by_age on answers (at);
create table if not exists engines (name text primary key, health text not null);
"""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer that was kept.

    Args:
        results: What was found.
        age: Seconds since then.
    """

    results: tuple[Result, ...]
    age: float


@dataclass(frozen=True, slots=True)
class Holdings:
    """What a cache holds.

    Args:
        entries: Answers.
        oldest: Seconds since the oldest of them came.
        newest: Seconds since the newest of them came.
        size: Bytes of the file.
    """

    entries: int = 0
    oldest: float = 0.0
    newest: float = 0.0
    size: int = 0


class SearchCache:
    """Keep answers, within a number and an age.

    A cache that cannot be read or written is an empty one: searching goes on without it. A file
    that is damaged is begun anew.

    Args:
        home: The folder of everything that arriero keeps.
        settings: How many answers are kept, and for how long.
        clock: Tells seconds since the epoch.
    """

    def __init__(
        self, home: Path, settings: SearchSettings, clock: Callable[[], float] = time.time
    ) -> None:
        self.path = home / PLACE
        self._entries = settings.cache_entries
        self._seconds = settings.cache_days * DAY
        self._clock = clock
        self._lock = threading.Lock()

    async def get(self, query: Query) -> Kept | None:
        """Return the answer to a query that was kept, however old."""
        found: Kept | None = await in_thread(self._read, self._get, None, _key(query))
        return found

    async def put(self, query: Query, results: Iterable[Result]) -> None:
        """Keep an answer."""
        text = json.dumps([asdict(result) for result in results], ensure_ascii=False)
        await in_thread(self._write, self._put, _key(query), text)

    async def clear(self) -> None:
        """Forget all answers, and how the engines did."""
        if self.path.exists():
            await in_thread(self._write, _clear)

    async def holdings(self) -> Holdings:
        """Tell what is kept."""
        found: Holdings = await in_thread(self._read, self._holdings, Holdings())
        return found

    async def load_health(self) -> dict[str, Health]:
        """Return how the engines did when this was last written down."""
        found: dict[str, Health] = await in_thread(self._read, _load_health, {})
        return found

    async def save_health(self, known: Mapping[str, Health]) -> None:
        """Write down how engines did."""
        rows = [
            (name, json.dumps({**asdict(health), "trying": False}))
            for name, health in known.items()
        ]
        await in_thread(self._write, _save_health, rows)

    def _get(self, database: sqlite3.Connection, key: str) -> Kept | None:
        row = database.execute("select at, results from answers where key = ?", (key,)).fetchone()
        if row is None:
            return None
        age = max(0.0, self._clock() - row[0])
        if age > self._seconds:
            return None
        return Kept(tuple(_result(one) for one in json.loads(row[1])), age)

    def _put(self, database: sqlite3.Connection, key: str, text: str) -> None:
        now = self._clock()
        database.execute("insert or replace into answers values (?, ?, ?)", (key, now, text))
        database.execute("delete from answers where at < ?", (now - self._seconds,))
        database.execute(
            "delete from answers where key in "
            "(select key from answers order by at desc limit -1 offset ?)",
            (self._entries,),
        )

    def _holdings(self, database: sqlite3.Connection) -> Holdings:
        row = database.execute("select count(*), min(at), max(at) from answers").fetchone()
        now, size = self._clock(), self.path.stat().st_size
        if not row[0]:
            return Holdings(size=size)
        return Holdings(row[0], max(0.0, now - row[1]), max(0.0, now - row[2]), size)

    def _read(self, work: Callable[..., T], otherwise: T, *args: Any) -> T:
        """Read from the file if it is there; it is not made for that."""
        if not self.path.exists():
            return otherwise
        try:
            with self._lock, closing(self._open()) as database:
                return work(database, *args)
        except (sqlite3.Error, OSError, ValueError, LookupError, TypeError):
            return otherwise

    def _write(self, work: Callable[..., None], *args: Any) -> None:
        with self._lock:
            for _ in range(2):
                try:
                    with closing(self._open()) as database, database:
                        work(database, *args)
                    return
                except sqlite3.OperationalError:  # it is locked, or the disk is full
                    return
                except sqlite3.DatabaseError:
                    self.path.unlink(missing_ok=True)
                except OSError:
                    return

    def _open(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # Made before SQLite makes it, so that it is never readable for others.
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        self.path.chmod(0o600)
        database = sqlite3.connect(self.path, timeout=BUSY)
        try:
            database.executescript(f"pragma secure_delete = on; {SCHEMA}")
        except sqlite3.Error:
            database.close()
            raise
        return database


def _clear(database: sqlite3.Connection) -> None:
    database.execute("delete from answers")
    database.execute("delete from engines")


def _save_health(database: sqlite3.Connection, rows: list[tuple[str, str]]) -> None:
    database.executemany("insert or replace into engines values (?, ?)", rows)


def _load_health(database: sqlite3.Connection) -> dict[str, Health]:
    rows = database.execute("select name, health from engines")
    return {name: Health(**json.loads(text)) for name, text in rows}


def _key(query: Query) -> str:
    """Return a digest that is the same for the same question, however many results are wanted."""
    asked = {one.name: getattr(query, one.name) for one in fields(query) if one.name != "limit"}
    asked["text"] = " ".join(query.text.casefold().split())
    text = json.dumps(asked, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _result(kept: dict[str, Any]) -> Result:
    return Result(**{**kept, "engines": tuple(kept["engines"])})
