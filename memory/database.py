"""A SQLite file, made with the first write and safe on the disk after each statement."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

PATIENCE = 200
"""Times that a database is tried that another process is just making, 50 ms apart."""
T = TypeVar("T")


class Database:
    """One file, one connection, one statement at a time; in autocommit mode.

    Args:
        path: The file; only its owner can read it.
        schema: What makes its tables where they are missing.
    """

    def __init__(self, path: Path, schema: str) -> None:
        self._path = path
        self._schema = schema
        self._db: sqlite3.Connection | None = None
        self._lock = threading.Lock()

    def exists(self) -> bool:
        """Tell whether anything was written yet."""
        return self._db is not None or self._path.exists()

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do something with the connection, beside the event loop.

        What has begun is finished even if the caller is cancelled meanwhile: what the file says
        must be what happened.
        """
        return await asyncio.shield(asyncio.to_thread(self._locked, work))

    async def aclose(self) -> None:
        """Close the file."""
        with self._lock:
            if self._db is not None:
                self._db.close()
                self._db = None

    def _locked(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with self._lock:
            if self._db is None:
                self._db = self._open()
            return work(self._db)

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(self._path, timeout=10, isolation_level=None, check_same_thread=False)
        try:
            self._set_up(db)
        except BaseException:
            db.close()
            raise
        with suppress(OSError):
            self._path.chmod(0o600)
        return db

    def _set_up(self, db: sqlite3.Connection) -> None:
        """Prepare the file; where another process does so at this moment, wait for it.

        SQLite does not wait by itself while a new database gets its write-ahead log.
        """
        for left in range(PATIENCE, -1, -1):
            try:
                self._prepare(db)
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or not left:
                    raise
                time.sleep(0.05)

    def _prepare(self, db: sqlite3.Connection) -> None:
        for pragma in ("journal_mode=wal", "synchronous=full", "secure_delete=on"):
            db.execute(f"pragma {pragma}")
        db.executescript(self._schema)
