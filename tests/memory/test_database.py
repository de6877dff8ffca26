"""A database file: made once by however many begin at the same moment, and its owner's alone."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
from pathlib import Path

import pytest

from memory.database import Database

SCHEMA = "create table if not exists t (n integer);"


async def test_several_that_make_it_at_once_all_get_it(tmp_path: Path) -> None:
    several = [Database(tmp_path / "a.sqlite", SCHEMA) for _ in range(12)]
    add = "insert into t values (1)"
    await asyncio.gather(*(one.run(lambda db: db.execute(add)) for one in several))
    count = await several[0].run(lambda db: db.execute("select count(*) from t").fetchone())
    assert count == (12,)
    for one in several:
        await one.aclose()


async def test_one_that_stays_locked_is_told_and_not_waited_for_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("memory.database.PATIENCE", 2)
    tries = []

    def locked(self: Database, db: sqlite3.Connection) -> None:
        tries.append(1)
        raise sqlite3.OperationalError("database is locked")

    monkeypatch.setattr(Database, "_prepare", locked)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        await Database(tmp_path / "a.sqlite", SCHEMA).run(lambda db: None)
    assert len(tries) == 3


async def test_nothing_is_made_before_the_first_write_and_others_cannot_read_it(
    tmp_path: Path,
) -> None:
    file = Database(tmp_path / "sub" / "a.sqlite", SCHEMA)
    assert not file.exists()
    await file.run(lambda db: None)
    assert file.exists()
    mode = (tmp_path / "sub" / "a.sqlite").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
    await file.aclose()
