"""Remember: read what the user said for what lasts, after the answer and off the user's clock.

A message is noted on the disk when its turn begins, and read when no turn runs; a new turn goes
first, and the reading begins anew behind it. What a crash leaves unread is read after the next
start. Only the user's own words are read.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

from agent.asking import ask_of
from agent.events import Memory
from agent.models.base import ChatModel
from agent.state import Entry
from agent.summing import sum_up
from memory.commands import command_of
from memory.consolidate import Taken
from memory.database import MemoryDamaged
from memory.embeddings import EmbedderError
from memory.extract import worth_reading
from memory.inbox import Message
from memory.memories import Memories

if TYPE_CHECKING:
    from agent.threads import Threads

Key = tuple[str, str]
TRIES = 3
"""How often a message is read whose reading fails, before it is let go."""
WAITED = 120.0
"""Seconds after which a message is read even while turns run."""
IDLE = 30.0
"""Seconds without a turn after which memory is tidied and quiet threads are summed up."""
STALE = 180 * 86_400.0
"""Seconds after which what never mattered is only found when asked for."""
BEFORE_CHARS = 400
"""Characters of the assistant's words before a message that are noted with it."""


class Remembering:
    """Read messages for what lasts, one after the other, while nobody waits for an answer.

    Args:
        memories: Where it is kept.
        model: The model that is asked what rules cannot tell.
        threads: The conversations, of which the quiet ones are summed up.
    """

    def __init__(self, memories: Memories, model: ChatModel, threads: Threads) -> None:
        self._memories = memories
        self._threads = threads
        self._ask = ask_of(model)
        self._turns = 0
        self._task: asyncio.Task[None] | None = None
        self._written: dict[Key, list[Taken]] = defaultdict(list)
        self._closed = False
        self._tidying: asyncio.Task[None] | None = None
        self._writing: set[asyncio.Task[None]] = set()

    def note(self, text: str, before: Sequence[Entry], *, user_id: str, thread_id: str) -> None:
        """Note a message that is to be read when its turn has ended; it is not waited for.

        Args:
            text: The message.
            before: The conversation before it.
            user_id: Who said it.
            thread_id: The thread in which it was said.
        """
        memories = self._memories
        if memories.settings.write != "all":
            return
        spoken = [one["content"] for one in before if one["role"] == "assistant"]
        message = Message(
            user_id=user_id,
            thread_id=thread_id,
            message=str(len(before)),
            text=text,
            said=time.time(),
            scope=memories.scope,
            before=spoken[-1][-BEFORE_CHARS:] if spoken else "",
        )
        self._later(self._noted(message))

    def used(self, memories: Sequence[Memory], *, user_id: str) -> None:
        """Count what an answer has used; it is not waited for."""
        if ids := [one.id for one in memories if one.used]:
            self._later(self._memories.store.use(ids, user_id=user_id, at=time.time()))

    async def _noted(self, message: Message) -> None:
        # Beside the event loop: a long message takes milliseconds, and its answer is waited for.
        if not await asyncio.to_thread(_lasting, message.text):
            return
        store, user_id = self._memories.store, message.user_id
        if not (await store.state(user_id=user_id)).paused:
            await store.note(message, user_id=user_id)

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(_quietly(work))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Give way while a turn runs."""
        self._turns += 1
        self._stop_tidying()
        if self._task is not None and not await self._urgent():
            self._task.cancel()
        try:
            yield
        finally:
            self._turns -= 1
            if not self._turns:
                self.begin()

    def begin(self) -> None:
        """Read what is noted, in the background."""
        self._stop_tidying()
        before = self._task
        if self._closed or (before and not before.done() and not before.cancelling()):
            return
        self._task = asyncio.create_task(self._read(before))
        self._task.add_done_callback(self._rest)

    async def settled(self, seconds: float) -> bool:
        """Wait until everything is read, for so long at most; tell whether it is."""
        self.begin()
        if self._task is None:
            return True
        done, _ = await asyncio.wait([self._task], timeout=seconds)
        return bool(done)

    def written(self, *, user_id: str, thread_id: str) -> list[Taken]:
        """Return what was written for a thread since this was asked last."""
        return self._written.pop((user_id, thread_id), [])

    async def aclose(self) -> None:
        """Stop reading; what is left is read after the next start."""
        self._closed = True
        running = [one for one in (self._task, self._tidying) if one is not None]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, *self._writing, return_exceptions=True)

    def _rest(self, done: asyncio.Task[None]) -> None:
        """Tidy up some time after all is read."""
        if not self._closed and not self._turns and not done.cancelled():
            self._stop_tidying()
            self._tidying = asyncio.create_task(self._tidy())

    def _stop_tidying(self) -> None:
        if self._tidying is not None:
            self._tidying.cancel()
            self._tidying = None

    async def _urgent(self) -> bool:
        """Tell whether a message has waited so long that turns do not go first any more."""
        with suppress(MemoryDamaged):
            waiting = await self._memories.store.inbox(limit=1)
            return bool(waiting) and time.time() - waiting[0].said > WAITED
        return False

    async def _read(self, before: asyncio.Task[None] | None) -> None:
        if earlier := [one for one in (before, *self._writing) if one is not None]:
            await asyncio.wait(earlier)
        try:
            while waiting := await self._memories.store.inbox(limit=20):
                for message in waiting:
                    await self._take(message)
        except (MemoryDamaged, sqlite3.Error, OSError):
            return  # told to the user by the next recall; what is noted stays

    async def _tidy(self) -> None:
        await asyncio.sleep(IDLE)
        await self._memories.store.tidy(before=time.time() - STALE)
        if self._memories.settings.summaries:
            await sum_up(self._threads, self._memories, self._ask)

    async def _take(self, message: Message) -> None:
        """Read one message; one that fails again and again is let go."""
        store, user_id = self._memories.store, message.user_id
        if message.tries >= TRIES or self._memories.settings.write != "all":
            await store.done([message.id], user_id=user_id)
            return
        try:
            taken = await self._memories.hear(message, user_id=user_id, ask=self._ask)
        except (EmbedderError, ValueError):
            await store.tried(message.id, user_id=user_id)
            return
        await store.done([message.id], user_id=user_id)
        self._written[user_id, message.thread_id] += [one for one in taken if one.record]


def _lasting(text: str) -> bool:
    """Tell whether a message may hold something to remember beside what it orders."""
    if not worth_reading(text):
        return False
    command = command_of(text)
    return command is None or (command.kind == "remember" and command.rest)


async def _quietly(work: Coroutine[Any, Any, None]) -> None:
    """Write what nobody waits for; that a file is damaged is told by the next recall."""
    with suppress(MemoryDamaged, sqlite3.Error, OSError):
        await work
