"""A SQLite file, made with the first write and safe on the disk after each statement."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

PATIENCE = 200
"""Times that a database is tried that another process is just making, 50 ms apart."""
WAIT = 10_000
"""Milliseconds that a statement waits for another process's."""
SHORT_WAIT = 100
"""Milliseconds that emptying the write-ahead log waits for those who read it."""
BACKUP = ".backup"
"""What the name of a backup beside the file ends with."""
AT_ONCE = 64 * 2**20
"""Bytes up to which a file is written anew within the call that deleted something in it."""
# Kibibytes of pages that are kept in memory at most; by default it is 2000.
_CACHE = "cache_size=-32768"
# The header's `application_id` says that something was deleted since the file was written anew.
_UNCLEAN, _CLEAN = 0x6D656D31, 0
T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]


class DatabaseError(Exception):
    """Say why a database cannot be used.

    Args:
        message: One sentence that says what is wrong with which file.
        hint: What the user can do.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class MemoryDamaged(DatabaseError):
    """Say that a database's file is damaged; it is left as it is."""


class MemoryTooNew(DatabaseError):
    """Say that a database was made by a newer version."""


class Database:
    """One file, one connection, one statement at a time; in autocommit mode.

    Args:
        path: The file; only its owner can read it.
        schema: What makes its tables where they are missing.
        migrations: What brings an older file to each version, in one transaction. The number is
            kept as SQLite's `user_version`; a file that never had one begins at 0.
        settle: What is done in a transaction each time that the file is opened.
    """

    def __init__(
        self,
        path: Path,
        schema: str = "",
        migrations: Mapping[int, Work[None]] | None = None,
        settle: Work[None] | None = None,
    ) -> None:
        self._path = path
        self._settle = settle
        self._schema = schema
        self._migrations = dict(sorted((migrations or {}).items()))
        self._db: sqlite3.Connection | None = None
        self._lock = threading.Lock()
        self._traces = False
        self._unclean = False

    @property
    def path(self) -> Path:
        """Return the file's path."""
        return self._path

    def exists(self) -> bool:
        """Tell whether anything was written yet."""
        return self._db is not None or self._path.exists()

    async def run(self, work: Work[T]) -> T:
        """Do something with the connection, beside the event loop.

        What has begun is finished even if the caller is cancelled meanwhile: what the file says
        must be what happened.

        Raises:
            DatabaseError: The file is damaged, or was made by a newer version.
        """
        return await asyncio.shield(asyncio.to_thread(self._locked, work))

    async def change(self, work: Work[T], *, wipe: bool = False) -> T:
        """Do something in one transaction: all of it is on the disk afterwards, or nothing.

        Args:
            work: What to do.
            wipe: Whether it takes away what must not be readable in the file any more.
        """

        def marked(db: sqlite3.Connection) -> T:
            result = work(db)
            if wipe:
                db.execute(f"pragma application_id={_UNCLEAN}")
            return result

        def whole(db: sqlite3.Connection) -> T:
            result = _in_transaction(db, "begin immediate", marked)
            self._traces, self._unclean = self._traces or wipe, self._unclean or wipe
            return result

        return await self.run(whole)

    async def read(self, work: Work[T]) -> T:
        """Do several readings that see the same state of the file."""
        return await self.run(lambda db: _in_transaction(db, "begin", work))

    async def wipe(self) -> None:
        """Leave nothing in the file that can be read of what was deleted.

        SQLite overwrites what it deletes, but not the copies that it left in the gaps of pages
        when it moved rows between them, nor those in the write-ahead log. So the file is written
        anew, and the log is emptied. `change` does so itself, except that a large file waits for
        this call or the closing. Another connection that uses the file at this moment prevents it:
        it is tried again after each later call.
        """

        def work(db: sqlite3.Connection) -> None:
            self._traces = True
            self._clean(db, whole=True)

        await self.run(work)

    async def check(self) -> list[str]:
        """Return what SQLite finds wrong with the file; nothing for a sound one."""
        found = await self.run(lambda db: db.execute("pragma quick_check").fetchall())
        return [str(line) for (line,) in found if line != "ok"]

    async def backup(self, path: Path) -> None:
        """Copy the whole file while it is in use; only its owner can read the copy.

        Raises:
            FileExistsError: There is something of that name: nothing is overwritten.
        """

        def work(db: sqlite3.Connection) -> None:
            path.touch(mode=0o600, exist_ok=False)
            copy = sqlite3.connect(path)
            try:
                db.backup(copy)
            finally:
                copy.close()

        await self.run(work)

    async def vacuum(self) -> None:
        """Write the file anew without what is empty in it."""

        def work(db: sqlite3.Connection) -> None:
            db.execute("vacuum")
            self._traces, self._unclean = True, False

        await self.run(work)

    async def aclose(self) -> None:
        """Close the file."""
        with self._lock:
            if self._db is not None:
                self._traces = self._traces or self._unclean
                self._clean(self._db, whole=True)
                self._db.close()
                self._db = None

    def _locked(self, work: Work[T]) -> T:
        with self._lock:
            try:
                if self._db is None:
                    self._db = self._open()
                result = work(self._db)
                self._clean(self._db)
                return result
            except sqlite3.DatabaseError as error:
                if _is_damage(error):
                    raise self._damaged(error) from error
                raise

    def _damaged(self, error: sqlite3.DatabaseError) -> MemoryDamaged:
        copies = sorted(self._path.parent.glob(f"{self._path.name}*{BACKUP}"))
        if copies:
            hint = f"Put the backup {copies[-1]} in its place"
        else:
            hint = "Put a backup in its place"
        return MemoryDamaged(
            f"The database {self._path} is damaged: {error}.",
            f"{hint}, or move the file away to begin with an empty one; it was left as it is.",
        )

    def _clean(self, db: sqlite3.Connection, *, whole: bool = False) -> None:
        """Take away traces of what was deleted, where there are any and nobody prevents it."""
        if not self._traces:
            return
        db.execute(f"pragma busy_timeout={SHORT_WAIT}")
        try:
            if self._unclean and (whole or self._path.stat().st_size <= AT_ONCE):
                db.execute("vacuum")
                db.execute(f"pragma application_id={_CLEAN}")
                self._unclean = False
            self._traces = bool(db.execute("pragma wal_checkpoint(truncate)").fetchone()[0])
        except sqlite3.OperationalError:
            # Another connection writes, or the disk is too full for a second file.
            self._traces = True
        finally:
            db.execute(f"pragma busy_timeout={WAIT}")

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(
            self._path, timeout=WAIT / 1000, isolation_level=None, check_same_thread=False
        )
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
        for pragma in ("journal_mode=wal", "synchronous=full", "secure_delete=on", _CACHE):
            db.execute(f"pragma {pragma}")
        db.executescript(self._schema)
        newest = max(self._migrations, default=0)
        if newest and _version(db) != newest:
            _in_transaction(db, "begin immediate", self._migrate)
        if self._settle is not None:
            _in_transaction(db, "begin immediate", self._settle)
        # A process that died may have left traces, and so does a migration.
        self._traces = bool(newest)
        self._unclean = db.execute("pragma application_id").fetchone() == (_UNCLEAN,)

    def _migrate(self, db: sqlite3.Connection) -> None:
        version, newest = _version(db), max(self._migrations)
        if version > newest:
            raise MemoryTooNew(
                f"The database {self._path} has version {version}; this program knows {newest}.",
                "Install the newer version of arriero that made it.",
            )
        if db.execute("select 1 from sqlite_master").fetchone():
            db.execute(f"pragma application_id={_UNCLEAN}")
        for number, migrate in self._migrations.items():
            if number > version:
                migrate(db)
        db.execute(f"pragma user_version={newest}")


def _in_transaction(db: sqlite3.Connection, begin: str, work: Work[T]) -> T:
    db.execute(begin)
    try:
        result = work(db)
        db.execute("commit")
        return result
    except BaseException:
        # SQLite has already rolled back where the disk is full or the file is damaged.
        if db.in_transaction:
            db.execute("rollback")
        raise


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("pragma user_version").fetchone()[0])


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
