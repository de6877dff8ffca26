"""Nobody ever reads or changes what is another user's, whatever he is called and asks for."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from memory.chroma import ChromaIndex
from memory.documents import Documents
from memory.embeddings import Hashed, open_embedder
from memory.exact import MemoryIndex
from memory.inbox import Message
from memory.indexing import Indexer
from memory.kept import KeptIndex
from memory.memories import Memories
from memory.portable import export_lines, import_lines
from memory.recall import Recaller
from memory.records import Draft
from memory.schema import FILE
from memory.settings import MemorySettings
from memory.store import Close, Store, open_database
from tests.memory.paths import NOW, PATHS, Try, World, names
from tools.documents import Reader

EXAMPLES, STEPS = 100, 100
SOME = Draft(text="I live in Rome.", said=NOW)
MESSAGE = Message(text="I live in Rome.", said=NOW)
VECTOR = np.eye(1, 64, dtype=np.float32)[0]
TABLES = {
    "records": "select user_id, r.id, r.* from records r join users using (owner)",
    "inbox": "select user_id, i.* from inbox i join users using (owner)",
    "changes": "select user_id, c.* from changes c join users using (owner)",
    "vectors": "select user_id, place, vector from vectors join users on owner = place >> 32",
    "users": "select user_id, owner, paused, records, passages from users",
    "documents": "select * from (select user_id, * from documents)",
    "passages": "select user_id, id, document_id, text, vector from passages",
}
tries = st.builds(
    Try,
    st.sampled_from(list(PATHS)),
    st.integers(0, 5),
    st.integers(0, 119),
    st.lists(st.integers(0, 40), min_size=1, max_size=3).map(tuple),
)
plans = st.lists(tries, min_size=STEPS, max_size=STEPS)


def state(world: World) -> dict[str, list[Any]]:
    """Return what the file holds of each user, read past all that is under test."""
    found: dict[str, list[Any]] = {user: [] for user in world.users}
    if (world.home / FILE).exists():
        with closing(sqlite3.connect(world.home / FILE)) as db:
            for table, query in TABLES.items():
                for row in db.execute(query):
                    found[row[0]].append((table, *row[1:]))
    return found


def check_seen(world: World, one: Try, seen: object) -> None:
    """Fail where an answer holds the word of another user."""
    told = repr(seen).casefold()
    own = world.word(one.who)
    others = {world.word(at) for at in range(len(world.users))} - {own}
    assert not [word for word in others if word.casefold() in told], (one, world.users, told)
    world.ran[one.path] += 1
    if own.casefold() in told:
        world.ran[f"{one.path}, answered"] += 1


async def attempt(world: World, one: Try) -> Any:
    """Do one operation; return its answer, or what it was refused with."""
    user = world.users[one.who % len(world.users)]
    try:
        return await PATHS[one.path](world, user, one)
    except (LookupError, ValueError) as error:
        return str(error)


@asynccontextmanager
async def opened(home: Path, index: KeptIndex) -> AsyncIterator[Memories]:
    """Open what is remembered with an index that is asked from the first record on."""
    embedder = Hashed(64)
    store = Store(open_database(home / FILE), embedder)
    indexer = Indexer(store, index, embedder=embedder, delay=0, exact=0)
    memories = Memories(store, indexer, embedder, MemorySettings())
    try:
        yield memories
    finally:
        await indexer.aclose()
        await store.aclose()


async def check_plan(
    users: Sequence[str], plan: Sequence[Try], home: Path, index: KeptIndex, ran: Counter[str]
) -> None:
    async with opened(home, index) as memories:
        world = World(memories, home, users, ran)
        before = state(world)
        for one in plan:
            user = users[one.who % len(users)]
            theirs = {
                row[1]
                for other in users
                if other != user
                for row in before[other]
                if row[0] == "records"
            }
            ran["guessed another's"] += bool(theirs & set(one.ids))
            check_seen(world, one, await attempt(world, one))
            after = state(world)
            for other in users:
                if other != user and before[other] != after[other]:
                    raise AssertionError(f"{one} of {user!r} changed what is {other!r}'s")
            before = after


def test_ten_thousand_operations_of_random_users(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    ran: Counter[str] = Counter()

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(names, plans, st.integers(1, 8))
    def check(users: list[str], plan: list[Try], kind: int) -> None:
        home = tmp_path / "home"
        shutil.rmtree(home, ignore_errors=True)
        shutil.rmtree(tmp_path / "papers", ignore_errors=True)
        # Chroma takes its time.
        index: KeptIndex = ChromaIndex(home / "chroma") if kind == 8 else MemoryIndex()
        ran["with Chroma"] += kind == 8
        asyncio.run(check_plan(users, plan, home, index, ran))

    check()
    done = {name: number for name, number in ran.items() if name in PATHS}
    for name, number in sorted(ran.items()):
        record_property(name, number)
    assert sum(done.values()) >= EXAMPLES * STEPS
    assert set(done) == set(PATHS)

    # It is not for want of anything to see, or of tries.
    assert all(ran[f"{name}, answered"] for name in ("get", "recall", "export", "index", "exact"))
    assert ran["search_documents, answered"]
    assert ran["guessed another's"] > STEPS


CALLS: dict[str, Callable[[Memories], Any]] = {
    "Store.write": lambda m: m.store.write(SOME, user_id=""),
    "Store.add_many": lambda m: m.store.add_many([SOME], user_id=""),
    "Store.restore": lambda m: m.store.restore([], user_id=""),
    "Store.strengthen": lambda m: m.store.strengthen(1, user_id="", said=NOW),
    "Store.close": lambda m: m.store.close([], user_id=""),
    "Store.edit": lambda m: m.store.edit(1, user_id="", text="x"),
    "Store.delete": lambda m: m.store.delete([1], user_id=""),
    "Store.undo": lambda m: m.store.undo(user_id="", change_ids=[1]),
    "Store.changes": lambda m: m.store.changes(user_id=""),
    "Store.get": lambda m: m.store.get([1], user_id=""),
    "Store.list": lambda m: m.store.list(user_id=""),
    "Store.same": lambda m: m.store.same("x", user_id=""),
    "Store.words": lambda m: m.store.words("x", user_id=""),
    "Store.exact": lambda m: m.store.exact(VECTOR, user_id="", limit=3),
    "Store.use": lambda m: m.store.use([1], user_id="", at=NOW),
    "Store.rest": lambda m: m.store.rest([1], user_id=""),
    "Store.count": lambda m: m.store.count(user_id=""),
    "Store.subjects": lambda m: m.store.subjects(user_id=""),
    "Store.state": lambda m: m.store.state(user_id=""),
    "Store.pause": lambda m: m.store.pause(True, user_id=""),
    "Store.note": lambda m: m.store.note(MESSAGE, user_id=""),
    "Store.inbox": lambda m: m.store.inbox(user_id=""),
    "Store.tried": lambda m: m.store.tried(1, user_id=""),
    "Store.done": lambda m: m.store.done([1], user_id=""),
    "Store.forget_user": lambda m: m.store.forget_user(user_id=""),
    "Memories.recall": lambda m: m.recall("Where do I live?", user_id=""),
    "Memories.instructions": lambda m: m.instructions(user_id=""),
    "Memories.hear": lambda m: m.hear(MESSAGE, user_id="", ask=None),
    "Memories.keep": lambda m: m.keep(MESSAGE, user_id=""),
    "Memories.forget": lambda m: m.forget([1], user_id=""),
    "Memories.forget_user": lambda m: m.forget_user(user_id=""),
    "Memories.last_written": lambda m: m.last_written(user_id=""),
    "Memories.undo": lambda m: m.undo([], user_id=""),
    "Documents.any": lambda m: m.documents.any(user_id=""),
    "Documents.list": lambda m: m.documents.list(user_id=""),
    "Documents.folders": lambda m: m.documents.folders(user_id=""),
    "Documents.find": lambda m: m.documents.find("1", user_id=""),
    "Documents.passages": lambda m: m.documents.passages(1, user_id=""),
    "Documents.add": lambda m: m.documents.add(__file__, Reader(), user_id=""),
    "Documents.refresh": lambda m: m.documents.refresh(Reader(), user_id=""),
    "Documents.check": lambda m: m.documents.check(Reader(), user_id=""),
    "Documents.remove": lambda m: m.documents.remove([], user_id=""),
    "Documents.search": lambda m: m.documents.search("x", user_id=""),
    "Indexer.search": lambda m: m.index.search(VECTOR, user_id="", space="records", limit=3),
    "Indexer.ids": lambda m: m.index.ids(user_id="", space="records"),
    "Indexer.put": lambda m: m.index.put([1], VECTOR[None], user_id="", space="records"),
    "Indexer.drop": lambda m: m.index.drop([1], user_id="", space="records"),
    "Indexer.forget_user": lambda m: m.index.forget_user(user_id=""),
    "export_lines": lambda m: anext(export_lines(m.store, user_id="")),
    "import_lines": lambda m: import_lines(m.store, [], user_id=""),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("written", [False, True])
async def test_nothing_is_read_or_written_without_a_user(
    name: str, written: bool, tmp_path: Path
) -> None:
    async with opened(tmp_path, MemoryIndex()) as memories:
        if written:
            await memories.store.write(SOME, user_id="ana")
        with pytest.raises(ValueError, match="user"):
            await CALLS[name](memories)


async def test_what_is_anothers_takes_nobodys_place(tmp_path: Path) -> None:
    async with opened(tmp_path, MemoryIndex()) as memories:
        mine, _ = await memories.store.write(SOME, user_id="ana")
        theirs, _ = await memories.store.write(SOME, user_id="ana/")
        end = [Close(mine.id, NOW, "changed")]
        (change,) = await memories.store.close(end, user_id="ana", by=theirs.id)
        assert change.other_id == 0
        assert (await memories.store.get([mine.id], user_id="ana"))[0].closed_by == 0


async def test_half_a_character_is_nobody(tmp_path: Path) -> None:
    """A name that SQLite cannot hold must not stand for one that it can."""
    async with opened(tmp_path, ChromaIndex(tmp_path / "chroma")) as memories:
        await memories.store.write(SOME, user_id="?")
        await memories.index.ready()
        with pytest.raises(ValueError, match="surrogates"):
            await memories.store.write(SOME, user_id="\ud800")
        index = memories.index._index
        assert await index.ids(user_id="?", space="records") == {1}
        with pytest.raises(ValueError, match="surrogates"):
            await index.ids(user_id="\ud800", space="records")


async def test_vectors_that_are_kept_ready_tell_nothing_of_who_asked_for_them(
    tmp_path: Path,
) -> None:
    embedder = open_embedder()
    said = "The Qzabaro is moored at pier nine."
    database = open_database(tmp_path / FILE)
    store = Store(database, embedder)
    await store.write(replace(SOME, text=said), user_id="ana")
    papers = Documents(store, None, embedder)
    recaller = Recaller(store, MemoryIndex(), embedder)
    assert await recaller.recall(said, user_id="ana", now=NOW, everything=True) != []
    # The very words are kept ready now; whoever says them is told nothing.
    assert await recaller.recall(said, user_id="Ana", now=NOW, everything=True) == []
    (tmp_path / "a.txt").write_text(said)
    await papers.add(str(tmp_path / "a.txt"), Reader(), user_id="ana")
    assert len(await papers.search(said, user_id="ana")) == 1
    assert await papers.search(said, user_id="ana ") == []
    # His passages are kept ready, too: not after they are gone, and not for the next one.
    await store.forget_user(user_id="ana")
    assert await papers.search(said, user_id="ana") == []
    await store.aclose()
