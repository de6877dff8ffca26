"""Processes that write what is remembered, say what was acknowledged, and are killed.

One process loads everything once and makes the others by forking: it reads a line of JSON for each
on its input, and says on its output which process it is, what that tries and what it got, and
that it is dead.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from memory.embeddings import Hashed
from memory.memories import Memories, open_memories
from memory.portable import import_lines
from memory.records import Draft
from memory.settings import MemorySettings
from memory.store import Close
from tools.documents import Reader

USERS = ("ana", "ana/")
SAID = 1_790_000_000.0
EMBEDDER = Hashed(64)


def tell(word: str, **what: Any) -> None:
    """Say something in one piece, also to a reader who outlives this process."""
    os.write(1, f"{word} {json.dumps(what)}\n".encode())


class Victim:
    """Writes without end.

    Args:
        memories: Where.
        seed: Chooses what.
        home: The folder.
    """

    def __init__(self, memories: Memories, seed: int, home: Path) -> None:
        self._memories = memories
        self._random = random.Random(seed)
        self._seed = seed
        self._home = home
        self._number = 0
        self._known: dict[str, list[int]] = {user: [] for user in USERS}

    def text(self) -> str:
        """Return a text with a word that no other has."""
        self._number += 1
        filling = " ".join(self._random.choices(["tea", "boat", "garden", "green", "sister"], k=5))
        return f"I keep q{self._seed}x{self._number}z in the {filling}."

    async def run(self) -> None:
        """Write until the end."""
        for user in USERS:
            found = await self._memories.store.list(user_id=user, limit=10_000)
            self._known[user] = [one.id for one in found]
        works: list[Callable[[str], Awaitable[None]]] = [
            *[self.write] * 4,
            self.bring,
            self.forget,
            self.edit,
            self.document,
        ]
        while True:
            await self._random.choice(works)(self._random.choice(USERS))

    async def write(self, user: str) -> None:
        """Write one record that may end another."""
        text = self.text()
        ends = [Close(one, SAID, "changed") for one in self._some(user, 1)]
        tell("try", op="write", user=user, texts=[text])
        draft = Draft(text=text, said=SAID + self._number)
        record, _ = await self._memories.store.write(draft, user_id=user, closes=ends)
        self._known[user].append(record.id)
        tell("ack", op="write", user=user, ids=[record.id], texts=[text])

    async def bring(self, user: str) -> None:
        """Import several records."""
        texts = [self.text() for _ in range(4)]
        lines = [json.dumps({"message": {"text": one, "said": SAID}}) for one in texts]
        tell("try", op="bring", user=user, texts=texts)
        done = await import_lines(self._memories.store, lines, user_id=user)
        ids = [one.id for one in done.records]
        self._known[user] += ids
        tell("ack", op="bring", user=user, ids=ids, texts=texts)

    async def forget(self, user: str) -> None:
        """Delete some records."""
        ids = self._some(user, 2)
        tell("try", op="forget", user=user, ids=ids)
        await self._memories.forget(ids, user_id=user)
        self._known[user] = [one for one in self._known[user] if one not in ids]
        tell("ack", op="forget", user=user, ids=ids)

    async def edit(self, user: str) -> None:
        """Give a record another text."""
        for one in self._some(user, 1):
            text = self.text()
            tell("try", op="edit", user=user, ids=[one], texts=[text])
            await self._memories.store.edit(one, user_id=user, text=text)
            tell("ack", op="edit", user=user, ids=[one], texts=[text])

    async def document(self, user: str) -> None:
        """Add a document in the place of the one before, or remove it."""
        papers = self._memories.documents
        file = self._home.parent / f"{USERS.index(user)}.txt"
        if self._random.random() < 0.3:
            known = await papers.list(user_id=user)
            tell("try", op="document", user=user, texts=[])
            await papers.remove(known, user_id=user)
            tell("ack", op="document", user=user, texts=[])
            return
        text = self.text()
        file.write_text(text)
        tell("try", op="document", user=user, texts=[text])
        await papers.add(str(file), Reader(), user_id=user)
        tell("ack", op="document", user=user, texts=[text])

    def _some(self, user: str, count: int) -> list[int]:
        known = self._known[user]
        return self._random.sample(known, min(count, len(known))) if len(known) > 6 else []


async def live(home: str, seed: int, mode: str) -> None:
    """Write, and keep the index in step, until this process is killed."""
    async with open_memories(Path(home), MemorySettings(), EMBEDDER) as memories:
        writing = asyncio.create_task(Victim(memories, seed, Path(home)).run())
        while not writing.done():
            if mode == "rebuild":
                tell("rebuild")
                await memories.index.rebuild()
            else:
                await memories.index.ready()
            await asyncio.sleep(0.01)
        await writing


async def hold(home: str) -> None:
    """Be the process that has the index, obey lines from the input, and end with it."""
    async with open_memories(Path(home), MemorySettings(), EMBEDDER) as memories:
        await memories.store.write(Draft(text="I keep bees.", said=SAID), user_id=USERS[0])
        status = await memories.index.ready()
        tell("held", pid=os.getpid(), state=status.state)
        while line := await asyncio.to_thread(sys.stdin.readline):
            asked = json.loads(line)
            if asked["op"] == "write":
                draft = Draft(text=asked["text"], said=SAID)
                record, _ = await memories.store.write(draft, user_id=USERS[0])
                tell("ack", id=record.id)
            elif asked["op"] == "recall":
                found = await memories.recall(asked["text"], user_id=USERS[0], now=SAID)
                tell("found", texts=[one.record.text for one in found])
            else:
                status = await memories.index.ready()
                ids = await memories.index.ids(user_id=USERS[0], space="records")
                tell("index", ids=sorted(ids), state=status.state)


def main() -> None:
    """Fork a process for each line of the input."""
    import chromadb  # noqa: F401 - once for all

    tell("ready")
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if not child:
            tell("born", pid=os.getpid())
            with suppress(KeyboardInterrupt):
                asyncio.run(live(**asked))
            os._exit(1)
        _, status = os.waitpid(child, 0)
        tell("dead", status=status, at=time.time())


if __name__ == "__main__":
    if len(sys.argv) > 1:
        asyncio.run(hold(sys.argv[1]))
    else:
        main()
