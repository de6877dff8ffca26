"""Older files: what was remembered in them is there afterwards; newer ones are left alone."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from memory.database import MemoryTooNew
from memory.embeddings import Hashed
from memory.schema import FILE
from memory.store import Store, open_database

FIRST = """
create table memories (
    id integer primary key,
    user_id text not null,
    text text not null,
    folded text not null,
    source text not null,
    said real not null,
    times integer not null default 1,
    unique (user_id, folded)
);
create virtual table words using fts5 (
    folded, content='memories', content_rowid='id', tokenize='porter unicode61'
);
create trigger memories_new after insert on memories begin
    insert into words (rowid, folded) values (new.id, new.folded);
end;
create trigger memories_gone after delete on memories begin
    insert into words (words, rowid, folded) values ('delete', old.id, old.folded);
end;
"""


def everything(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


def first_version(path: Path) -> None:
    """Make a file as the first version did."""
    db = sqlite3.connect(path)
    db.executescript(FIRST)
    said = ("eva", "I live in zanahoria9.", "i live in zanahoria9", "mcp", 1_790_000_000.0, 1)
    again = ("ana", "I like tea.", "i like tea", "test", 1_790_000_000.0, 3)
    db.executemany(
        "insert into memories (user_id, text, folded, source, said, times) "
        "values (?, ?, ?, ?, ?, ?)",
        [said, again],
    )
    db.commit()
    db.close()


async def test_texts_of_the_first_version_become_records(tmp_path: Path) -> None:
    path = tmp_path / FILE
    first_version(path)
    store = Store(open_database(path), Hashed())
    (record,) = await store.list(user_id="eva")
    assert (record.text, record.kind, record.source) == ("I live in zanahoria9.", "fact", "mcp")
    assert record.said == record.last_said > 0
    (other,) = await store.list(user_id="ana")
    assert other.times == 3
    assert [hit.id for hit in await store.words("where do I live", user_id="eva")] == [record.id]
    missing = await store.missing(store.model, 10)
    assert {one.text for one in missing} == {record.text, other.text}
    await store.delete([record.id], user_id="eva")
    await store.aclose()
    assert b"zanahoria9" not in everything(tmp_path)


async def test_it_is_done_once_and_by_one_of_several(tmp_path: Path) -> None:
    path = tmp_path / FILE
    first_version(path)
    stores = [Store(open_database(path)) for _ in range(3)]
    assert [await store.count(user_id="eva") for store in stores] == [1, 1, 1]
    for store in stores:
        await store.aclose()
    assert await stores[0].count(user_id="eva") == 1
    await stores[0].aclose()


async def test_a_migration_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / FILE
    first_version(path)

    def fail(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr("memory.fulltext.put", fail)
        with pytest.raises(sqlite3.OperationalError, match="full"):
            await Store(open_database(path)).count(user_id="eva")
    store = Store(open_database(path))
    assert await store.count(user_id="eva") == 1
    await store.aclose()


async def test_a_file_of_a_newer_version_is_told_and_not_touched(tmp_path: Path) -> None:
    path = tmp_path / FILE
    db = sqlite3.connect(path)
    db.execute("pragma user_version=99")
    db.close()
    with pytest.raises(MemoryTooNew, match="version 99") as caught:
        await Store(open_database(path)).count(user_id="eva")
    assert "newer" in caught.value.hint
    db = sqlite3.connect(path)
    assert db.execute("select count(*) from sqlite_master").fetchone() == (0,)
    db.close()


async def test_words_are_indexed_again_when_they_are_stemmed_in_another_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / FILE
    first_version(path)
    store = Store(open_database(path))
    await store.count(user_id="eva")
    await store.aclose()
    monkeypatch.setattr("memory.terms.signature", lambda: "another")
    monkeypatch.setattr("memory.terms._stem", lambda word: word[:2])
    assert [hit.id for hit in await store.words("liquid", user_id="eva")] == [1]
    await store.delete([1], user_id="eva")
    assert await store.words("liquid", user_id="eva") == []
    await store.aclose()
