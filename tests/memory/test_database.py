"""A database file: made once by however many begin at the same moment, and its owner's alone."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest

from memory.database import Database

SCHEMA = "create table if not exists t (n integer);"


async def test_one_that_another_is_just_making_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, tries = Database._prepare, []

    def locked_at_first(self: Database, db: sqlite3.Connection) -> None:
        tries.append(1)
        if len(tries) < 3:
            raise sqlite3.OperationalError("database is locked")
        whole(self, db)

    monkeypatch.setattr(Database, "_prepare", locked_at_first)
    file = Database(tmp_path / "a.sqlite", SCHEMA)
    await file.run(lambda db: db.execute("insert into t values (7)"))
    assert await file.run(lambda db: db.execute("select n from t").fetchone()) == (7,)
    await file.aclose()


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
