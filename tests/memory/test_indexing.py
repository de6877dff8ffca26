"""The index follows the store, mends itself, and is never asked for more than it knows."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from memory.chroma import ChromaIndex
from memory.embeddings import Embedder, EmbedderError, Hashed
from memory.exact import MemoryIndex
from memory.index import Hit
from memory.indexing import Indexer, IndexHeld
from memory.kept import IndexBroken
from memory.lock import LockFile
from memory.records import Draft, Record
from memory.store import Store, open_database
from tests.memory.chroma_server import running

WORDS = ["tea", "dog", "flight", "lamp", "river", "violin", "paper", "garden", "onion", "train"]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    made = Store(open_database(tmp_path / "memory.sqlite"), Hashed(64))
    yield made
    await made.aclose()


def indexer(store: Store, folder: Path, **options: Any) -> Indexer:
    options = {"delay": 0.0, "exact": 0, "lock": LockFile(folder / "chroma.lock")} | options
    return Indexer(store, ChromaIndex(folder / "chroma"), **options)


async def told(store: Store, count: int, user: str = "ana") -> list[Record]:
    drafts = [
        Draft(text=f"{WORDS[at % 10]} {WORDS[at // 10 % 10]} number {at}", said=float(at))
        for at in range(count)
    ]
    return await store.add_many(drafts, user_id=user)


async def found(index: Any, text: str, user: str = "ana", limit: int = 5) -> list[Hit]:
    vector = Hashed(64).embed([text])[0]
    hits: list[Hit] = await index.search(vector, user_id=user, space="records", limit=limit)
    return hits


async def test_what_is_written_and_deleted_is_known_at_once_and_applied_later(
    store: Store, tmp_path: Path
) -> None:
    records = await told(store, 30)
    index = indexer(store, tmp_path)
    status = await index.ready()
    assert (status.state, status.records, status.behind) == ("open", 30, 0)
    new, _ = await store.write(Draft(text="a purple elephant", said=1.0), user_id="ana")
    await store.delete([records[0].id], user_id="ana")
    assert (await found(index, "a purple elephant"))[0].id == new.id
    assert records[0].id not in [hit.id for hit in await found(index, records[0].text, limit=40)]
    await index.settle()
    assert await index.ids(user_id="ana", space="records") == {
        new.id,
        *(record.id for record in records[1:]),
    }
    assert (await index.status()).behind == 0
    await index.aclose()


async def test_it_finds_the_same_as_the_store_in_every_state(store: Store, tmp_path: Path) -> None:
    await told(store, 40)
    await told(store, 40, "bob")
    index = indexer(store, tmp_path)
    expected = await store.exact(
        Hashed(64).embed(["tea garden"])[0], user_id="bob", limit=5, space="records"
    )
    for prepare in (index.status, index.ready, index.settle, index.rebuild):
        await prepare()
        assert await found(index, "tea garden", "bob") == expected
    assert await found(index, "tea garden", "nobody") == []
    with pytest.raises(ValueError, match="user"):
        await found(index, "tea garden", "")
    await index.aclose()
    assert await found_after_closing(store, tmp_path) == expected


async def found_after_closing(store: Store, folder: Path) -> list[Hit]:
    index = indexer(store, folder)
    try:
        await index.ready()
        return await found(index, "tea garden", "bob")
    finally:
        await index.aclose()


async def test_the_background_brings_it_up_to_date_by_itself(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("memory.indexing.POLL", 0.02)
    monkeypatch.setattr("memory.indexing.PAUSE", 0.0)
    await told(store, 5)
    index = indexer(store, tmp_path)
    assert len(await found(index, "tea")) == 5
    await until(index, 5)
    await told(store, 3, "bob")
    await until(index, 8)
    await index.aclose()


async def until(index: Indexer, count: int) -> None:
    for _ in range(3000):
        if (await index.status()).records == count:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(await index.status())


async def test_nothing_is_opened_for_a_store_without_a_file(store: Store, tmp_path: Path) -> None:
    index = indexer(store, tmp_path)
    assert await found(index, "tea") == []
    assert (await index.ready()).state == "closed"
    await index.aclose()
    assert not any(path.name == "chroma" for path in folder_of(tmp_path))


async def test_settling_makes_no_index_where_none_is(store: Store, tmp_path: Path) -> None:
    (record,) = await told(store, 1)
    await store.delete([record.id], user_id="ana")
    index = indexer(store, tmp_path, delay=60.0)
    await index.drop([record.id], user_id="ana", space="records")
    await index.settle()
    await index.aclose()
    assert not any(path.name == "chroma" for path in folder_of(tmp_path))


def folder_of(path: Path) -> list[Path]:
    return list(path.iterdir())


def gone(folder: Path) -> None:
    shutil.rmtree(folder)


def stale(folder: Path) -> None:
    shutil.rmtree(folder)
    shutil.copytree(folder.with_name("before"), folder)


def no_database(folder: Path) -> None:
    (folder / "chroma.sqlite3").write_bytes(b"nonsense" * 1000)


def no_folder(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text("a file")


def level(folder: Path) -> None:
    for path in folder.rglob("data_level0.bin"):
        path.write_bytes(b"\xff" * path.stat().st_size)


@pytest.mark.parametrize("damage", [gone, stale, no_database, no_folder, level])
async def test_it_mends_itself_at_the_start_without_embedding_again(
    store: Store, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    await told(store, 1100)
    index = indexer(store, tmp_path)
    await index.ready()
    await index.aclose()
    shutil.copytree(tmp_path / "chroma", tmp_path / "before")
    more = await told(store, 7)
    index = indexer(store, tmp_path)
    await index.ready()
    await index.aclose()
    damage(tmp_path / "chroma")
    index = indexer(store, tmp_path, embedder=Broken())
    status = await index.ready()
    assert (status.state, status.records, status.behind) == ("open", 1107, 0)
    assert more[0].id in await index.ids(user_id="ana", space="records")
    assert (await found(index, more[0].text))[0].likeness == pytest.approx(1, abs=0.01)
    await index.aclose()
    assert not (tmp_path / "chroma.damaged").exists()


async def test_a_count_that_is_wrong_is_noticed(store: Store, tmp_path: Path) -> None:
    records = await told(store, 20)
    index = indexer(store, tmp_path)
    await index.ready()
    await index._index.drop([records[3].id], user_id="ana", space="records")
    await index.aclose()
    again = indexer(store, tmp_path)
    status = await again.ready()
    assert (status.state, status.records) == ("open", 20)
    assert "has 19 records and should have 20" in status.note
    await again.aclose()


async def test_an_index_of_another_store_is_not_searched(store: Store, tmp_path: Path) -> None:
    await told(store, 12)
    index = indexer(store, tmp_path)
    await index.ready()
    await index.aclose()
    other = Store(open_database(tmp_path / "other.sqlite"), Hashed(64))
    await told(other, 3, "eve")
    index = indexer(other, tmp_path)
    status = await index.ready()
    assert status.records == 3
    assert await index.ids(user_id="ana", space="records") == set()
    await index.aclose()
    await other.aclose()


async def test_a_search_that_finds_it_broken_is_answered_and_it_is_mended(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await told(store, 20)
    index = indexer(store, tmp_path)
    await index.ready()

    async def broken(*_: object, **__: object) -> list[Hit]:
        raise IndexBroken("It is broken.")

    with monkeypatch.context() as patch:
        patch.setattr(ChromaIndex, "search", broken)
        assert len(await found(index, "tea")) == 5
    status = await index.ready()
    assert (status.state, status.records) == ("open", 20)
    await index.aclose()


class Other(Hashed):
    def __init__(self) -> None:
        super().__init__(64)
        self.name = "another"


class Broken(Hashed):
    def embed(self, texts: Any) -> Any:
        raise EmbedderError("The model is gone.")


async def test_another_embedder_makes_all_vectors_anew(store: Store, tmp_path: Path) -> None:
    await told(store, 20)
    index = indexer(store, tmp_path)
    await index.ready()
    await index.aclose()
    changed: Embedder = Other()
    second = Store(store.database, changed)
    index = indexer(second, tmp_path, embedder=changed)
    assert await found(index, "tea") == []
    status = await index.ready()
    assert (status.records, status.behind) == (20, 0)
    assert len(await found(index, "tea")) == 5
    assert await second.missing("another", 5) == []
    await index.aclose()


async def test_an_embedder_that_fails_leaves_the_rest_as_it_is(
    store: Store, tmp_path: Path
) -> None:
    await told(store, 4)
    without = Store(store.database)
    await without.add_many([Draft(text="tea for two", said=1.0)], user_id="ana")
    index = indexer(store, tmp_path, embedder=Broken(64))
    status = await index.ready()
    assert (status.state, status.records, status.note) == ("open", 4, "The model is gone.")
    await index.aclose()
    index = indexer(store, tmp_path, embedder=Hashed(64))
    assert (await index.ready()).records == 5
    await index.aclose()


async def test_a_second_process_is_told_and_finds_everything(store: Store, tmp_path: Path) -> None:
    await told(store, 6)
    first, second = indexer(store, tmp_path), indexer(store, tmp_path)
    await first.ready()
    status = await second.ready()
    assert status.state == "held"
    assert status.holder is not None
    assert f"process {status.holder.pid}" in status.note
    new, _ = await store.write(Draft(text="a purple elephant", said=1.0), user_id="ana")
    assert (await found(second, "a purple elephant"))[0].id == new.id
    with pytest.raises(IndexHeld, match="in use by process"):
        await second.rebuild()
    await first.aclose()
    assert (await second.ready()).records == 7
    await second.aclose()


async def test_several_processes_search_on_one_server(store: Store, tmp_path: Path) -> None:
    (tmp_path / "server").mkdir()
    with running(tmp_path / "server") as url:
        await told(store, 6)
        locks = [LockFile(tmp_path / "chroma.lock") for _ in range(2)]
        first, second = (
            Indexer(store, ChromaIndex(url), lock=lock, delay=0.0, exact=0) for lock in locks
        )
        await first.ready()
        status = await second.ready()
        assert (status.kind, status.state, status.records) == ("server", "held", 6)
        new, _ = await store.write(Draft(text="a purple elephant", said=1.0), user_id="ana")
        assert (await found(second, "a purple elephant"))[0].id == new.id
        await first.settle()
        assert (await second.status()).records == 7
        assert (await found(second, "a purple elephant"))[0].id == new.id
        await store.delete([new.id], user_id="ana")
        await first.settle()
        assert new.id not in [hit.id for hit in await found(second, "a purple elephant")]
        await second.aclose()
    assert len(await found(first, "tea")) == 5
    assert (await first.ready()).state == "broken"
    await first.aclose()


async def test_forgetting_leaves_no_vector_in_any_file(store: Store, tmp_path: Path) -> None:
    import numpy as np

    vector = np.zeros(64, np.float32)
    vector[[3, 9, 20, 40]] = [0.5, -0.5, 0.5, 0.5]
    await told(store, 30)
    (secret,) = await store.add_many(
        [Draft(text="my safe opens with 4711", said=1.0)], user_id="ana", vectors=vector[None]
    )
    index = indexer(store, tmp_path)
    await index.ready()
    forms = [vector.tobytes(), vector.astype(np.float16).tobytes()]
    assert holding(tmp_path, forms)
    await store.delete([secret.id], user_id="ana")
    await index.drop([secret.id], user_id="ana", space="records")
    await index.settle()
    await index.aclose()
    await store.aclose()
    assert holding(tmp_path, forms) == []


def holding(folder: Path, forms: list[bytes]) -> list[str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path.name for path in files if any(form in path.read_bytes() for form in forms)]


async def test_a_forgotten_user_is_gone_from_the_index(store: Store, tmp_path: Path) -> None:
    await told(store, 8)
    await told(store, 5, "bob")
    index = indexer(store, tmp_path)
    await index.ready()
    await store.forget_user(user_id="bob")
    await index.forget_user(user_id="bob")
    assert await found(index, "tea", "bob") == []
    await index.settle()
    assert await index.ids(user_id="bob", space="records") == set()
    assert (await index.status()).records == 8
    await index.aclose()


async def test_an_index_in_memory_follows_as_well(store: Store) -> None:
    await told(store, 9)
    index = Indexer(store, MemoryIndex(), delay=0.0, exact=0)
    assert (await index.ready()).records == 9
    progress: list[tuple[int, int]] = []
    status = await index.rebuild(lambda done, total: progress.append((done, total)))
    assert (status.kind, status.records) == ("memory", 9)
    assert progress[-1] == (9, 9)
    await index.aclose()


SILENT = """
import asyncio, sys
from pathlib import Path
from memory.chroma import ChromaIndex
from memory.embeddings import Hashed
from memory.indexing import Indexer
from memory.records import Draft
from memory.store import Store, open_database

async def main(home):
    store = Store(open_database(home / "memory.sqlite"), Hashed(64))
    await store.write(Draft(text="tea", said=1.0), user_id="ana")
    index = Indexer(store, ChromaIndex(home / "chroma"), delay=0.0, exact=0)
    assert (await index.ready()).records == 1
    (home / "chroma" / "chroma.sqlite3").write_bytes(b"nonsense" * 2000)
    await index.search(Hashed(64).embed(["tea"])[0], user_id="ana", space="records", limit=3)
    await index.ready()
    await index.aclose()
    await store.aclose()

asyncio.run(main(Path(sys.argv[1])))
"""


def test_chroma_says_nothing_on_the_terminal(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "-c", SILENT, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


async def test_closing_does_not_wait_for_a_long_filling(store: Store, tmp_path: Path) -> None:
    await told(store, 2000)
    index = indexer(store, tmp_path)
    index.start()
    for _ in range(3000):
        if (await index.status()).records:
            break
        await asyncio.sleep(0.01)
    begin = time.perf_counter()
    await index.aclose()
    assert time.perf_counter() - begin < 1
    again = indexer(store, tmp_path)
    assert (await again.ready()).records == 2000
    await again.aclose()
