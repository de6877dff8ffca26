"""kill -9 at random points of writes and rebuilds: what was acknowledged is there, and no more.

ARRIERO_KILLS says how often; 20 where it says nothing.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest

from memory.memories import Memories, open_memories
from memory.records import Record
from memory.settings import MemorySettings
from tests.memory.victim import EMBEDDER, USERS

KILLS = int(os.environ.get("ARRIERO_KILLS", "20"))
HOMES = 4
"""Folders that are begun anew; each is killed over again and again."""
ROOT = Path(__file__).parents[2]
WORD = re.compile(r"q\d+x\d+z")
T = TypeVar("T")


class Nursery:
    """Makes processes that write, and kills them."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.memory.victim"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        assert self.line()[0] == "ready"

    def line(self) -> tuple[str, dict[str, Any]]:
        """Return the next line of what is said."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the process is gone"
        word, _, what = line.partition(" ")
        return word, json.loads(what)

    def killed(self, home: Path, seed: int, mode: str) -> list[tuple[str, dict[str, Any]]]:
        """Let a process write and kill it at a random moment; return all that it said."""
        chance = random.Random(seed)
        # Some die while they open the files.
        wanted = 0 if chance.random() < 0.15 else chance.randint(1, 60)
        delay = chance.uniform(0, 0.5 if not wanted else 0.02)
        assert self._process.stdin is not None
        asked = {"home": str(home), "seed": seed, "mode": mode}
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        word, born = self.line()
        assert word == "born"
        said: list[tuple[str, dict[str, Any]]] = []
        acknowledged = begun = 0
        while acknowledged < wanted or (mode == "rebuild" and wanted and not begun):
            said.append(self.line())
            assert said[-1][0] != "dead", said
            acknowledged += said[-1][0] == "ack"
            begun += said[-1][0] == "rebuild"
        time.sleep(delay)
        os.kill(born["pid"], signal.SIGKILL)
        while (told := self.line())[0] != "dead":
            said.append(told)
        assert os.WTERMSIG(told[1]["status"]) == signal.SIGKILL
        return said

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    made = Nursery()
    yield made
    made.close()


@dataclass
class Expected:
    """What was acknowledged.

    Args:
        records: The texts of each user's records.
        documents: The text of each user's document.
        gone: Words of what was deleted.
        open: What was tried and not acknowledged.
    """

    records: dict[str, dict[int, str]] = field(default_factory=lambda: {one: {} for one in USERS})
    documents: dict[str, str] = field(default_factory=lambda: dict.fromkeys(USERS, ""))
    gone: set[str] = field(default_factory=set)
    open: dict[str, Any] = field(default_factory=dict)

    def take(self, said: list[tuple[str, dict[str, Any]]]) -> None:
        """Read what a process has said."""
        self.open = {}
        for word, what in said:
            if word == "try":
                self.open = what
            elif word == "ack":
                self.open = {}
                self._done(what)

    def _done(self, what: Mapping[str, Any]) -> None:
        own = self.records[what["user"]]
        if what["op"] == "document":
            self.documents[what["user"]] = "".join(what["texts"])
        elif what["op"] == "forget":
            self.gone |= {own.pop(id_) for id_ in what["ids"]}
        else:
            for id_, text in zip(what["ids"], what["texts"], strict=True):
                if id_ in own:
                    self.gone.add(own[id_])
                own[id_] = text


def check_records(expected: Expected, user: str, found: list[Record]) -> None:
    """Compare a user's records with what was acknowledged; what was open is done or not."""
    own, there = expected.records[user], {one.id: one.text for one in found}
    tried = expected.open if expected.open.get("user") == user else {}
    texts, ids = set(tried.get("texts", ())), set(tried.get("ids", ()))
    for id_, text in own.items():
        if there.get(id_) != text:
            assert id_ in ids, f"the acknowledged record {id_} of {user} is {there.get(id_)!r}"
            assert there.get(id_) in (texts or {None})
    new = [there[id_] for id_ in there if id_ not in own]
    assert set(new) <= texts
    assert len(new) in (0, len(texts)), "a part of what was written at once is there"
    if tried.get("op") == "forget":
        left = ids & set(there)
        assert left in (set(), ids), "a part of what was deleted at once is gone"
    expected.gone |= {text for id_, text in own.items() if there.get(id_) != text}
    expected.records[user] = there


async def check_document(expected: Expected, user: str, memories: Memories) -> set[int]:
    """Compare a user's document with what was acknowledged; return the ids of its passages."""
    documents = await memories.documents.list(user_id=user)
    passages = [
        one
        for document in documents
        for one in await memories.documents.passages(document.id, user_id=user)
    ]
    tried = expected.open if expected.open.get("user") == user else {}
    possible = {expected.documents[user]}
    if tried.get("op") == "document":
        possible.add("".join(tried["texts"]))
    text = "".join(one.text for one in passages).strip()
    assert text in possible
    expected.gone |= possible - {text, ""}
    expected.documents[user] = text
    if text:
        (word,) = WORD.findall(text)
        assert await memories.documents.search(word, user_id=user)
    return {one.id for one in passages}


async def check_index(memories: Memories, user: str, records: set[int], passages: set[int]) -> None:
    """The index holds what the store holds, and nothing else."""
    assert await memories.index.ids(user_id=user, space="records") == records
    assert await memories.index.ids(user_id=user, space="passages") == passages


async def check(home: Path, expected: Expected) -> None:
    """Open the folder again, and compare everything with what was acknowledged."""
    async with open_memories(home, MemorySettings(), EMBEDDER) as memories:
        store = memories.store
        ids: dict[str, set[int]] = {}
        passages: dict[str, set[int]] = {}
        if store.database.exists():
            assert await store.database.check() == []
        for user in USERS:
            found = await store.list(user_id=user, limit=100_000)
            check_records(expected, user, found)
            ids[user] = {one.id for one in found}
            assert await store.count(user_id=user) == len(found)
            for id_, text in some(expected.records[user].items()):
                (word,) = WORD.findall(text)
                assert [hit.id for hit in await store.words(word, user_id=user)] == [id_]
            passages[user] = await check_document(expected, user, memories)
        for text in some(sorted(expected.gone)):
            for user in USERS:
                assert await store.words(WORD.findall(text)[0], user_id=user) == []
        status = await memories.index.ready()
        if not store.database.exists():
            return
        assert (status.state, status.behind) == ("open", 0)
        for user in USERS:
            await check_index(memories, user, ids[user], passages[user])
        assert status.records == sum(map(len, ids.values()))
        assert status.passages == sum(map(len, passages.values()))
        hits = await near(memories, expected)
        assert hits == [next(iter(own), 0) for own in expected.records.values()]
    left = holding(expected.gone, home)
    assert not left, f"deleted text is still in {left}"


def some(things: Iterable[T]) -> list[T]:
    """Return a few of many, and always the last ones."""
    every = list(things)
    return [*random.Random(len(every)).sample(every, min(len(every), 10)), *every[-10:]]


async def near(memories: Memories, expected: Expected) -> list[int]:
    """Return what the index alone finds nearest to the first record of each user."""
    found = []
    for user, own in expected.records.items():
        (vector,) = EMBEDDER.embed([next(iter(own.values()), "")])
        place: dict[str, Any] = {"user_id": user, "space": "records", "limit": 1}
        hits = await memories.index._index.search(vector, **place)
        found += [hit.id for hit in hits] or [0]
    return found


def holding(texts: set[str], home: Path) -> list[tuple[str, str]]:
    """Return the files below a folder in which a word of some texts stands."""
    words = {word.encode() for text in texts for word in WORD.findall(text)}
    return [
        (path.name, word.decode())
        for path in home.rglob("*")
        if path.is_file()
        for content in [path.read_bytes()]
        for word in words
        if word in content
    ]


@pytest.mark.parametrize("number", range(HOMES))
async def test_what_was_acknowledged_is_there_and_the_index_is_equal_to_it(
    number: int, nursery: Nursery, tmp_path: Path
) -> None:
    home, expected = tmp_path / "home", Expected()
    opened = 0
    for kill in range(number, KILLS, HOMES):
        mode = "rebuild" if kill // HOMES % 3 == 2 else "write"
        said = nursery.killed(home, kill + 1, mode)
        expected.take(said)
        opened += bool(said)
        await check(home, expected)
    assert opened
    assert any(expected.records.values())
