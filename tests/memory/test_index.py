"""One contract for all indexes: in memory, in a Chroma folder, and on a real Chroma server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from memory import chroma, shards
from memory.chroma import ChromaIndex
from memory.exact import MemoryIndex
from memory.index import Index, Space
from memory.kept import IndexBroken, KeptIndex, Mark, Row
from tests.memory.chroma_server import running

SIZE = 24
Vectors = Any


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(tmp_path_factory.mktemp("server")) as url:
        yield url


@pytest.fixture(params=["memory", "folder", "server"])
async def index(
    request: pytest.FixtureRequest, tmp_path: Path, server: str
) -> AsyncIterator[KeptIndex]:
    kinds = {
        "memory": MemoryIndex,
        "folder": lambda: ChromaIndex(tmp_path / "chroma"),
        "server": lambda: ChromaIndex(server),
    }
    made: KeptIndex = kinds[request.param]()
    await made.open(f"{abs(hash(request.node.name)):016x}")
    yield made
    await made.wipe()
    await made.aclose()


def vectors(count: int, seed: int = 1) -> Vectors:
    rows = np.random.default_rng(seed).normal(size=(count, SIZE)).astype(np.float32)
    unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def sentinel(at: int = 0) -> Vectors:
    """Return a vector whose bytes stay what they are when it is scaled to unit length."""
    row = np.zeros(SIZE, np.float32)
    row[[at, at + 5, at + 7, at + 12]] = [0.5, -0.5, 0.5, 0.5]
    return row


async def found(index: Index, vector: Vectors, user: str, space: Space = "records") -> list[int]:
    hits = await index.search(vector, user_id=user, space=space, limit=5)
    return [hit.id for hit in hits]


async def test_the_nearest_come_first_with_their_cosine(index: KeptIndex) -> None:
    rows = vectors(40)
    await index.put(range(40), rows, user_id="ana", space="records")
    hits = await index.search(rows[7], user_id="ana", space="records", limit=10)
    scores = rows @ rows[7]
    assert [hit.id for hit in hits] == list(np.argsort(-scores)[:10])
    assert [hit.likeness for hit in hits] == pytest.approx(sorted(scores)[::-1][:10], abs=1e-4)


async def test_nobody_finds_what_is_anothers(index: KeptIndex) -> None:
    rows = vectors(60)
    users = [f"user-{at % 6}" for at in range(60)]
    await index.put_all([Row(at, users[at], rows[at]) for at in range(60)], space="records")
    for user in set(users):
        mine = {at for at in range(60) if users[at] == user}
        hits = await index.search(rows[1], user_id=user, space="records", limit=60)
        assert {hit.id for hit in hits} == mine
        assert await index.ids(user_id=user, space="records") == mine
    assert await index.count("records") == 60


async def test_users_of_one_collection_do_not_meet(
    index: KeptIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shards, "SHARDS", {"records": 1, "passages": 1})
    rows = vectors(20)
    await index.put([1, 2], rows[:2], user_id="ana", space="records")
    assert set(await found(index, rows[0], "ana")) == {1, 2}
    assert await found(index, rows[0], "bob") == []
    await index.put([3], rows[:1], user_id="bob", space="records")
    assert await found(index, rows[0], "bob") == [3]
    assert set(await found(index, rows[0], "ana")) == {1, 2}
    await index.drop([1, 3], user_id="ana", space="records")
    assert await found(index, rows[0], "bob") == [3]


async def test_records_and_passages_are_kept_apart(index: KeptIndex) -> None:
    rows = vectors(2)
    await index.put([5], rows[:1], user_id="ana", space="records")
    await index.put([5], rows[1:], user_id="ana", space="passages")
    await index.drop([5], user_id="ana", space="records")
    assert await found(index, rows[0], "ana") == []
    assert await found(index, rows[0], "ana", "passages") == [5]


async def test_a_vector_is_replaced_and_taken_out(index: KeptIndex) -> None:
    rows = vectors(2)
    await index.put([1], rows[:1], user_id="ana", space="records")
    await index.put([1], rows[1:], user_id="ana", space="records")
    (hit,) = await index.search(rows[1], user_id="ana", space="records", limit=3)
    assert hit.likeness == pytest.approx(1, abs=1e-4)
    await index.drop([1, 99], user_id="ana", space="records")
    await index.drop([1, 99], user_id="nobody", space="records")
    assert await index.ids(user_id="ana", space="records") == set()


async def test_an_empty_index_finds_nothing_and_a_wiped_one_can_be_filled(
    index: KeptIndex,
) -> None:
    rows = vectors(1)
    assert await found(index, rows[0], "ana") == []
    await index.put([1], rows, user_id="ana", space="records")
    await index.note(Mark("me", "model", {"records": 3, "passages": 0}))
    await index.wipe()
    assert await found(index, rows[0], "ana") == []
    assert await index.count("records") == 0
    await index.put([2], rows, user_id="ana", space="records")
    assert await found(index, rows[0], "ana") == [2]


async def test_nothing_is_done_without_a_user(index: KeptIndex) -> None:
    rows = vectors(1)
    with pytest.raises(ValueError, match="user"):
        await index.search(rows[0], user_id="", space="records", limit=3)
    with pytest.raises(ValueError, match="user"):
        await index.put([1], rows, user_id="", space="records")
    with pytest.raises(ValueError, match="user"):
        await index.drop([1], user_id="", space="records")
    with pytest.raises(ValueError, match="user"):
        await index.ids(user_id="", space="records")


async def test_what_was_dropped_can_be_scrubbed_and_the_rest_stays(index: KeptIndex) -> None:
    rows = vectors(50)
    await index.put(range(50), rows, user_id="ana", space="records")
    await index.drop(range(10), user_id="ana", space="records")
    while await index.scrub():
        pass
    assert await index.ids(user_id="ana", space="records") == set(range(10, 50))
    assert (await found(index, rows[30], "ana"))[0] == 30
    await index.put([3], rows[3:4], user_id="ana", space="records")
    assert (await found(index, rows[3], "ana"))[0] == 3


async def test_a_folder_remembers_what_was_noted(tmp_path: Path) -> None:
    mark = Mark("me", "model", {"records": 7, "passages": 2})
    index = ChromaIndex(tmp_path / "chroma")
    assert await index.open("me") is None
    await index.put([4], vectors(1), user_id="ana", space="records")
    await index.note(mark)
    await index.aclose()
    again = ChromaIndex(tmp_path / "chroma")
    assert await again.open("me") == mark
    await again.check()
    assert await found(again, vectors(1)[0], "ana") == [4]
    await again.aclose()


async def test_the_bytes_of_a_dropped_vector_are_in_no_file(tmp_path: Path) -> None:
    """Chroma alone leaves them in its files, even when their collection is deleted."""
    needle = sentinel().tobytes()
    index = ChromaIndex(tmp_path / "chroma")
    await index.open("me")
    await index.put(range(900), vectors(900), user_id="ana", space="records")
    await index.put([5000], sentinel()[None], user_id="ana", space="records")
    await index.put(range(900, 1100), vectors(200, 2), user_id="ana", space="records")
    await index.put([5001], sentinel()[None], user_id="ana", space="records")
    assert set(traces(tmp_path, needle)) == {"data_level0.bin", "chroma.sqlite3"}
    await index.drop([*range(1000), 5000, 5001], user_id="ana", space="records")
    assert traces(tmp_path, needle)
    while await index.scrub():
        pass
    assert traces(tmp_path, needle) == []
    assert await index.ids(user_id="ana", space="records") == set(range(1000, 1100))
    await index.aclose()
    assert traces(tmp_path, needle) == []


async def test_the_name_of_a_user_is_in_no_file(tmp_path: Path) -> None:
    index = ChromaIndex(tmp_path / "chroma")
    await index.open("me")
    await index.put([1], vectors(1), user_id="ana.luisa@example.org", space="records")
    await index.aclose()
    assert traces(tmp_path, b"ana.luisa") == []


@pytest.mark.parametrize("died", ["before", "after"])
async def test_a_process_that_died_while_it_scrubbed_loses_nothing(
    tmp_path: Path, died: str
) -> None:
    index = ChromaIndex(tmp_path / "chroma")
    await index.open("me")
    await index.put(range(30), vectors(30), user_id="ana", space="records")
    await index.drop([0], user_id="ana", space="records")
    await index.scrub()
    await index.scrub()
    if died == "after":
        shard = next(index._opened.shards())
        index._client.delete_collection(shard.name)
        left = set(range(1, 17))
    else:
        left = set(range(1, 30))
    await index.aclose()
    again = ChromaIndex(tmp_path / "chroma")
    await again.open("me")
    assert await again.ids(user_id="ana", space="records") == left
    await again.aclose()


def traces(folder: Path, needle: bytes) -> list[str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return [path.name for path in files if needle in path.read_bytes()]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def opened_and_checked(index: ChromaIndex) -> None:
    await index.open("me")
    await index.check()


def damage_level(folder: Path) -> None:
    for path in folder.rglob("data_level0.bin"):
        path.write_bytes(b"\xff" * path.stat().st_size)


def damage_header(folder: Path) -> None:
    for path in folder.rglob("header.bin"):
        path.write_bytes(b"\xff" * path.stat().st_size)


def remove_segments(folder: Path) -> None:
    for path in folder.rglob("*.bin"):
        path.unlink()


def damage_database(folder: Path) -> None:
    path = folder / shards.FILE
    path.write_bytes(b"no database " * 4096)


@pytest.mark.parametrize("damage", [damage_level, damage_header, remove_segments, damage_database])
async def test_damage_is_noticed_before_it_matters(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    folder = tmp_path / "chroma"
    index = ChromaIndex(folder)
    await index.open("me")
    await index.put(range(1100), vectors(1100), user_id="ana", space="records")
    await index.aclose()
    damage(folder)
    again = ChromaIndex(folder)
    with pytest.raises(IndexBroken):
        await opened_and_checked(again)
    await again.discard()
    assert await again.open("me") is None
    await again.put([1], vectors(1), user_id="ana", space="records")
    assert await found(again, vectors(1)[0], "ana") == [1]
    await again.scrub()
    await again.aclose()
    assert names(tmp_path) == ["chroma"]


async def test_a_folder_that_processes_die_in_is_not_opened_again(tmp_path: Path) -> None:
    folder = tmp_path / "chroma"
    index = ChromaIndex(folder)
    await index.open("me")
    with index._at_risk():
        await index.aclose()
        once = (tmp_path / "chroma.writing").read_text()
    (tmp_path / "chroma.writing").write_text(once)
    again = ChromaIndex(folder)
    await again.open("me")
    (tmp_path / "chroma.writing").write_text(str(chroma.DEATHS))
    with pytest.raises(IndexBroken, match="died"):
        await again.open("me")
    await again.discard()
    assert await again.open("me") is None
    await again.aclose()


async def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    for address in ("http://127.0.0.1:9", "folder/chroma"):
        index = ChromaIndex(address)
        with pytest.raises(IndexBroken, match=address):
            await index.open("me")
        await index.aclose()
