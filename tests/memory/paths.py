"""Every path by which what is remembered can be read or written, as operations of random users.

What a user says carries a word of his own. An operation guesses ids and names whatever it likes,
those of others included.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from memory.inbox import Message
from memory.memories import Memories
from memory.portable import export_lines, import_lines
from memory.records import Draft
from memory.schema import FILE
from memory.shards import SHARDS, digest
from memory.store import Close
from tools.documents import Reader

NOW = 1_790_000_000.0
WORDS = ("Qzabaro", "Qzebelin", "Qzibosk", "Qzobundi", "Qzubrath", "Qzydarno")
"""The word of each user, which nobody else says."""
SAID = (
    "I live in {own}.",
    "I moved to {own} in May.",
    "My sister {own} plays chess.",
    "I like {own} tea.",
    "Always call me {own}.",
    "I work at {own} as a nurse.",
    "My dog is called {own}.",
    "I was born in {own} in 1980.",
    "I no longer live in {own}.",
    # Two users may well say the same.
    "I like green tea.",
    "I live in Rome.",
)
ASKED = (
    "Where do I live?",
    "What do I like?",
    "What is the name of my dog, {own}?",
    "What do you know of {other}?",
    "Does my sister {other} play chess?",
    "tea {own} {other}",
    "Where did I live before?",
)


def neighbours(name: str, count: int) -> list[str]:
    """Return names that fall into the same collection of the index as another one."""
    place = int(digest(name)[:8], 16) % SHARDS["records"]
    found: list[str] = []
    number = 0
    while len(found) < count:
        if int(digest(f"u{number}")[:8], 16) % SHARDS["records"] == place:
            found.append(f"u{number}")
        number += 1
    return found


FAMILIES = (
    ("ana", "Ana", "ANA", "an", "ana ", " ana", "ana\n", "ana\0", "ana.", "ána", "a\u0301na"),
    ("ana", "ana/", "ana/t", "/ana", "ana%2Ft", "ana/../eva", "..", ".", "ana\\", "ana|t"),
    ("ana", "ana*", "*", "a?a", "?", "[ana]", "an[a-z]", "ana%", "a%", "%", "an_", "_", "___"),
    ("straße", "STRASSE", "strasse", "ı", "i", "I", "İ", "ﬁn", "fin", "K", "k", "K"),
    ("ana'", "ana''", '"ana"', "'; drop table records; --", "ana' or '1'='1", "0", "1", "1.0"),
    ("user", "everybody", "null", "None", "ana:t", "thread:t", "😀", "😀😀", "\U0001f468\u200d"),
    ("ana", *neighbours("ana", 4)),
)
"""Names that a careless comparison would take for each other."""

names = st.sampled_from(FAMILIES).flatmap(
    lambda family: st.tuples(
        st.lists(st.sampled_from(family), min_size=2, max_size=4, unique=True),
        st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)),
    ).map(lambda drawn: list(dict.fromkeys([*drawn[0], *drawn[1]]))[: len(WORDS)])
)
"""Between two and six users."""


@dataclass(frozen=True, slots=True)
class Try:
    """What an operation is given: numbers that it reads as it needs.

    Args:
        path: The name of the operation.
        who: Whose operation it is.
        what: Chooses texts and options.
        ids: Guessed ids, of whomever.
    """

    path: str
    who: int
    what: int
    ids: tuple[int, ...]


@dataclass(slots=True)
class World:
    """A home folder with what is remembered of some users.

    Args:
        memories: What is remembered.
        home: The folder.
        users: Their names.
        ran: How often each operation ran, and how often it had an answer.
    """

    memories: Memories
    home: Path
    users: Sequence[str]
    ran: Counter[str]
    clock: float = NOW

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Read the file past all that is under test."""
        if not (self.home / FILE).exists():
            return []
        with closing(sqlite3.connect(self.home / FILE)) as db:
            return db.execute(query, values).fetchall()

    def texts(self, table: str, ids: Iterable[int]) -> list[Any]:
        """Return what stands behind ids, whosever it is."""
        wanted = list(ids)
        marks = ", ".join("?" * len(wanted))
        return self.rows(f"select text from {table} where id in ({marks})", wanted)

    def word(self, who: int) -> str:
        """Return the word of a user."""
        return WORDS[who % len(self.users)]

    def fill(self, template: str, one: Try) -> str:
        """Return a text of a user's."""
        return template.format(own=self.word(one.who), other=self.word(one.who + 1 + one.what % 3))

    def said(self, one: Try) -> str:
        """Return something that a user says."""
        return self.fill(SAID[one.what % len(SAID)], one)

    def asked(self, one: Try) -> str:
        """Return something that a user asks."""
        return self.fill(ASKED[one.what % len(ASKED)], one)

    def draft(self, one: Try) -> Draft:
        """Return something that a user says, as the store takes it."""
        self.clock += 60
        scope = ("", "", "", "thread:t", "project:p")[one.what % 5]
        subject = ("user", "user", "sister", "dog")[one.what % 4]
        return Draft(
            text=self.said(one),
            said=self.clock,
            subject=subject,
            attribute=("home", "", "likes")[one.what % 3],
            thread_id=f"t{one.what % 3}",
            message=str(one.what % 4),
            quote=f"Well, {self.said(one)}",
            kind=("fact", "preference", "instruction")[one.what % 3],  # type: ignore[arg-type]
            scope=scope,
        )


Path_ = Callable[[World, str, Try], Awaitable[Any]]
PATHS: dict[str, Path_] = {}


def path(work: Path_) -> Path_:
    """Add an operation."""
    PATHS[work.__name__] = work
    return work


@path
async def write(world: World, user_id: str, one: Try) -> Any:
    closes = [Close(id_, world.clock, "changed") for id_ in one.ids]
    return await world.memories.store.write(world.draft(one), user_id=user_id, closes=closes)


@path
async def write_many(world: World, user_id: str, one: Try) -> Any:
    drafts = [world.draft(one) for _ in range(1 + one.what % 3)]
    return await world.memories.store.add_many(drafts, user_id=user_id)


@path
async def hear(world: World, user_id: str, one: Try) -> Any:
    said = Message(text=world.said(one), said=world.clock, thread_id="t", message="0")
    world.clock += 60
    return await world.memories.hear(said, user_id=user_id, ask=None)


@path
async def keep(world: World, user_id: str, one: Try) -> Any:
    said = Message(text=world.said(one), said=world.clock, thread_id="t", message="1")
    return await world.memories.keep(said, user_id=user_id)


@path
async def strengthen(world: World, user_id: str, one: Try) -> Any:
    return await world.memories.store.strengthen(one.ids[0], user_id=user_id, said=world.clock)


@path
async def close(world: World, user_id: str, one: Try) -> Any:
    ends = [Close(id_, world.clock, ("changed", "corrected")[one.what % 2]) for id_ in one.ids]  # type: ignore[arg-type]
    return await world.memories.store.close(ends, user_id=user_id, by=one.ids[-1])


@path
async def edit(world: World, user_id: str, one: Try) -> Any:
    return await world.memories.store.edit(one.ids[0], user_id=user_id, text=world.said(one))


@path
async def forget(world: World, user_id: str, one: Try) -> Any:
    return await world.memories.forget(one.ids, user_id=user_id)


@path
async def undo(world: World, user_id: str, one: Try) -> Any:
    return await world.memories.store.undo(user_id=user_id, change_ids=one.ids)


@path
async def undo_last(world: World, user_id: str, one: Try) -> Any:
    last = await world.memories.last_written(user_id=user_id)
    return last, await world.memories.undo(last[: one.what % 2], user_id=user_id)


@path
async def log(world: World, user_id: str, one: Try) -> Any:
    store = world.memories.store
    lines = [
        *await store.changes(user_id=user_id),
        *await store.changes(user_id=user_id, record_id=one.ids[0]),
        *await store.changes(user_id=user_id, thread_id="t1", message="1"),
    ]
    ids = [id_ for line in lines for id_ in (line.record_id, line.other_id)]
    return lines, world.texts("records", ids)


@path
async def get(world: World, user_id: str, one: Try) -> Any:
    return await world.memories.store.get(range(1, 60), user_id=user_id)


@path
async def listed(world: World, user_id: str, one: Try) -> Any:
    wanted: list[dict[str, Any]] = [
        {},
        {"kinds": ("fact", "instruction")},
        {"subject": "sister"},
        {"thread_id": "t1"},
        {"scopes": ("", "thread:t")},
        {"ended": True},
        {"order": "importance", "offset": 1},
    ]
    return await world.memories.store.list(user_id=user_id, **wanted[one.what % len(wanted)])


@path
async def words(world: World, user_id: str, one: Try) -> Any:
    store = world.memories.store
    hits = await store.words(world.asked(one), user_id=user_id)
    return hits, await store.get([hit.id for hit in hits], user_id=user_id)


@path
async def exact(world: World, user_id: str, one: Try) -> Any:
    (vector,) = world.memories.documents._embedder.embed([world.asked(one)])
    ids = one.ids if one.what % 2 else None
    store = world.memories.store
    hits = await store.exact(vector, user_id=user_id, limit=50, ids=ids)
    passages = await store.exact(vector, user_id=user_id, limit=50, space="passages", ids=ids)
    found = (hit.id for hit in hits), (hit.id for hit in passages)
    return world.texts("records", found[0]), world.texts("passages", found[1])


@path
async def index(world: World, user_id: str, one: Try) -> Any:
    (vector,) = world.memories.documents._embedder.embed([world.asked(one)])
    place = {"user_id": user_id, "space": "records"}
    hits = await world.memories.index.search(vector, **place, limit=50)  # type: ignore[arg-type]
    ids = {*(hit.id for hit in hits), *await world.memories.index.ids(**place)}  # type: ignore[arg-type]
    return world.texts("records", ids)


@path
async def settle_index(world: World, user_id: str, one: Try) -> Any:
    if one.what % 8:
        return await world.memories.index.status()
    return await (world.memories.index.rebuild if one.what % 16 else world.memories.index.ready)()


@path
async def meddle_with_index(world: World, user_id: str, one: Try) -> Any:
    place = {"user_id": user_id, "space": ("records", "passages")[one.what % 2]}
    (vector,) = world.memories.documents._embedder.embed([world.asked(one)])
    await world.memories.index.put(one.ids[:1], vector[None], **place)  # type: ignore[arg-type]
    await world.memories.index.drop(one.ids, **place)  # type: ignore[arg-type]


@path
async def rest_of_store(world: World, user_id: str, one: Try) -> Any:
    store = world.memories.store
    await store.use(one.ids, user_id=user_id, at=world.clock)
    await store.rest(one.ids, user_id=user_id, dormant=bool(one.what % 2))
    await store.pause(bool(one.what % 2), user_id=user_id)
    return [
        await store.state(user_id=user_id),
        await store.same(world.said(one), user_id=user_id),
        await store.subjects(user_id=user_id),
        await store.count(user_id=user_id),
    ]


@path
async def recall(world: World, user_id: str, one: Try) -> Any:
    return await world.memories.recall(
        world.asked(one),
        user_id=user_id,
        thread_id=("", "t", "t1")[one.what % 3],
        now=world.clock,
        everything=bool(one.what % 2),
        seen=one.ids,
    )


@path
async def instructions(world: World, user_id: str, one: Try) -> Any:
    memories = world.memories
    return [
        await memories.instructions(user_id=user_id, thread_id="t"),
        await memories._recaller.profile(user_id=user_id),
    ]


@path
async def inbox(world: World, user_id: str, one: Try) -> Any:
    store = world.memories.store
    message = Message(text=world.said(one), said=world.clock, thread_id="t", message="0")
    await store.note(message, user_id=user_id)
    await store.tried(one.ids[0], user_id=user_id)
    await store.done(one.ids, user_id=user_id)
    return await store.inbox(user_id=user_id)


@path
async def export(world: World, user_id: str, one: Try) -> Any:
    return [json.loads(line) async for line in export_lines(world.memories.store, user_id=user_id)]


@path
async def import_(world: World, user_id: str, one: Try) -> Any:
    store = world.memories.store
    lines = [line async for line in export_lines(store, user_id=user_id)][:4]
    # Ids and whose it was in another file must lead nowhere.
    lines += [json.dumps({"text": world.said(one), "said": world.clock, "id": one.ids[0]})]
    if one.what % 2:
        await world.memories.forget(one.ids, user_id=user_id)
    return await import_lines(store, lines, user_id=user_id)


@path
async def add_document(world: World, user_id: str, one: Try) -> Any:
    mine = world.home.parent / "papers" / f"{one.who % len(world.users)}-{one.what % 3}.txt"
    mine.parent.mkdir(exist_ok=True)
    mine.write_text(f"{world.said(one)} The notice is three months. {world.word(one.who)}.\n")
    shared = mine.parent / "shared.txt"
    shared.write_text("The rent is due on the first. Tea is served at five.\n")
    place = mine if one.what % 4 else shared
    return await world.memories.documents.add(str(place), Reader(), user_id=user_id)


@path
async def documents(world: World, user_id: str, one: Try) -> Any:
    papers = world.memories.documents
    return [
        await papers.any(user_id=user_id),
        await papers.list(user_id=user_id),
        await papers.folders(user_id=user_id),
        await papers.find(str(one.ids[0]), user_id=user_id),
        [await papers.passages(id_, user_id=user_id) for id_ in range(1, 8)],
    ]


@path
async def search_documents(world: World, user_id: str, one: Try) -> Any:
    asked = ("notice months", "rent tea", world.asked(one))[one.what % 3]
    return await world.memories.documents.search(asked, user_id=user_id)


@path
async def remove_document(world: World, user_id: str, one: Try) -> Any:
    papers = world.memories.documents
    whose = world.users[(one.who + one.what) % len(world.users)]
    # Those of another user as often as not.
    found = await papers.list(user_id=whose)
    await papers.remove(found[: 1 + one.what % 2], user_id=user_id)


@path
async def refresh_documents(world: World, user_id: str, one: Try) -> Any:
    papers = world.memories.documents
    report = await papers.refresh(Reader(), user_id=user_id)
    return report, await papers.check(Reader(), user_id=user_id)


@path
async def forget_user(world: World, user_id: str, one: Try) -> Any:
    # Now and then, or there would be little to see.
    if one.what % 8 == 0:
        return await world.memories.forget_user(user_id=user_id)
    return await world.memories.store.count(user_id=user_id)
