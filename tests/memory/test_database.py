"""A database file: made once by however many begin at the same moment, and its owner's alone."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest

from memory.database import Database, MemoryDamaged

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


@pytest.mark.parametrize("damage", ["no database", "a torn page"])
async def test_a_damaged_file_is_told_with_its_backup_and_left_as_it_is(
    tmp_path: Path, damage: str
) -> None:
    path = tmp_path / "a.sqlite"
    file = Database(path, SCHEMA)
    await file.change(lambda db: db.executemany("insert into t values (?)", [(7,)] * 9000))
    await file.backup(tmp_path / "a.sqlite.backup")
    await file.aclose()
    content = bytearray(path.read_bytes())
    if damage == "no database":
        content[:100] = b"x" * 100
    else:
        content[4096:] = b"x" * len(content[4096:])
    path.write_bytes(content)
    with pytest.raises(MemoryDamaged) as caught:
        await file.run(lambda db: db.execute("select sum(n) from t").fetchone())
    assert str(path) in caught.value.message
    assert "a.sqlite.backup" in caught.value.hint
    assert path.read_bytes() == content
    await file.aclose()


async def test_a_sound_file_has_nothing_wrong_and_its_copy_has_all(tmp_path: Path) -> None:
    file = Database(tmp_path / "a.sqlite", SCHEMA)
    await file.change(lambda db: db.execute("insert into t values (7)"))
    assert await file.check() == []
    copy = tmp_path / "copy.sqlite"
    await file.backup(copy)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        await file.backup(copy)
    other = Database(copy, SCHEMA)
    assert await other.run(lambda db: db.execute("select n from t").fetchall()) == [(7,)]
    await other.aclose()
    await file.aclose()


async def test_a_change_that_fails_is_undone_as_a_whole(tmp_path: Path) -> None:
    file = Database(tmp_path / "a.sqlite", SCHEMA)

    def work(db: sqlite3.Connection) -> None:
        db.execute("insert into t values (7)")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await file.change(work)
    assert await file.read(lambda db: db.execute("select * from t").fetchall()) == []
    await file.aclose()


async def test_migrations_run_once_in_their_order(tmp_path: Path) -> None:
    done: list[int] = []
    steps = {3: lambda db: done.append(3), 2: lambda db: done.append(2)}
    for migrations in ({2: steps[2]}, steps, steps):
        file = Database(tmp_path / "a.sqlite", SCHEMA, migrations)
        await file.run(lambda db: None)
        await file.aclose()
    assert done == [2, 3]


async def test_a_large_file_is_written_anew_when_it_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("memory.database.AT_ONCE", 0)
    path = tmp_path / "a.sqlite"
    file = Database(path, SCHEMA)
    await file.change(lambda db: db.executemany("insert into t values (?)", [(7,)] * 90_000))
    await file.change(lambda db: db.execute("delete from t"), wipe=True)
    whole = path.stat().st_size
    # As if the process had been killed: the next one goes on.
    after = Database(path, SCHEMA)
    await after.run(lambda db: None)
    await after.aclose()
    await file.aclose()
    assert path.stat().st_size < whole / 10
