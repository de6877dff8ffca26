"""Run turns on checkpointed threads: begin, pick up, close, delete.

One SQLite file holds the checkpoints and the list of threads. Of a thread only the
checkpoints since its last finished turn are kept, so the file grows with the conversation and not
with its square.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Coroutine
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiosqlite
from langchain_core.runnables import RunnableConfig

from agent import turns
from agent.errors import StorageError
from agent.graph import Graph, build
from agent.saver import Saver
from agent.state import Context, Entry, State
from memory.threads import ThreadList

FILE = "threads.sqlite"
UNFINISHED = "Not finished: the turn was cut off while this ran."
PRUNE = (
    "delete from {table} where thread_id = ? and checkpoint_ns = '' and checkpoint_id < "
    "(select max(checkpoint_id) from checkpoints where thread_id = ? and checkpoint_ns = '')"
)


async def open_threads(home: Path) -> Threads:
    """Open the threads of a home folder, making it where it is missing.

    Raises:
        StorageError: The folder or the file cannot be used.
    """
    path = home / FILE
    try:
        await asyncio.to_thread(home.mkdir, parents=True, exist_ok=True)
        # Every statement is a transaction of its own: one trip to the database thread each.
        connection = await aiosqlite.connect(path, isolation_level=None)
        try:
            for pragma in ("busy_timeout=10000", "synchronous=normal", "secure_delete=on"):
                await connection.execute(f"pragma {pragma}")
            saver = Saver(connection)
            await saver.setup()
            index = ThreadList(connection)
            await index.setup()
        except BaseException:
            await connection.close()
            raise
    except (OSError, sqlite3.Error) as error:
        raise StorageError(
            f"The threads in {path} cannot be opened: {error}.",
            "Check the folder's permissions and free space, or choose another with ARRIERO_HOME.",
        ) from error
    return Threads(connection, saver, index)


class Threads:
    """The threads of all users in one home folder.

    Args:
        connection: The open database; it belongs to this object.
        saver: The checkpoint saver on that database.
        index: The list of threads on that database.
    """

    def __init__(self, connection: aiosqlite.Connection, saver: Saver, index: ThreadList) -> None:
        self.index = index
        self._db = connection
        self._saver = saver
        self._graph: Graph = build(saver)
        self._finished: set[tuple[str, str]] = set()
        self._background: set[asyncio.Task[None]] = set()

    async def aclose(self) -> None:
        """Finish what runs in the background and close the database."""
        if self._background:
            await asyncio.wait(self._background)
        await self._db.close()

    async def messages(self, *, user_id: str, thread_id: str) -> list[Entry]:
        """Return a thread's whole conversation, finished calls of a cut-off turn included."""
        messages, _ = await self._load(user_id, thread_id)
        return messages

    async def interrupted(self, *, user_id: str, thread_id: str) -> str | None:
        """Return the text of the thread's last turn if that was cut off, else None."""
        messages, _ = await self._load(user_id, thread_id)
        if turns.finished(messages):
            return None
        return messages[turns.begin(messages)]["content"]

    async def settle(self, text: str | None, *, user_id: str, thread_id: str) -> bool:
        """Make a thread ready for a turn; tell whether its cut-off turn is to be picked up.

        It is when `text` is None or repeats what the user typed then. With another text the
        cut-off turn is closed as it stands, and its finished calls stay in the conversation.
        """
        if (user_id, thread_id) in self._finished or not await self._known(user_id, thread_id):
            return False
        before = await self.interrupted(user_id=user_id, thread_id=thread_id)
        if before is None:
            return False
        if text is None or text == before:
            return True
        await self._end(user_id, thread_id, Entry(role="assistant", content="", stop="interrupted"))
        return False

    async def run(
        self, text: str | None, ctx: Context, *, user_id: str, thread_id: str
    ) -> list[Entry]:
        """Run a turn, or pick up the cut-off one when `text` is None; return the conversation."""
        self._finished.discard((user_id, thread_id))
        given: State | None = None
        if text is not None:
            given = {"messages": [Entry(role="user", content=text)], "reason": ""}
            # Both run while the model is at work.
            self._later(self.index.touch(user_id=user_id, thread_id=thread_id, text=text))
            self._later(self._prune(user_id, thread_id))
        config = _config(user_id, thread_id)
        config["recursion_limit"] = 2 * ctx.parts.settings.budget.steps + 10
        state = await self._graph.ainvoke(given, config, context=ctx, durability="sync")
        self._finished.add((user_id, thread_id))
        messages: list[Entry] = state["messages"]
        return messages

    async def close(self, ctx: Context, *, user_id: str, thread_id: str) -> list[Entry]:
        """End a turn that the user stopped with what was answered until then."""
        last = Entry(role="assistant", content=ctx.shown, stop="stopped")
        return await self._end(user_id, thread_id, last)

    async def delete(self, *, user_id: str, thread_id: str) -> bool:
        """Delete a thread for good; tell whether there was one."""
        await self._saver.adelete_thread(_key(user_id, thread_id))
        self._finished.discard((user_id, thread_id))
        return await self.index.delete(user_id=user_id, thread_id=thread_id)

    async def _known(self, user_id: str, thread_id: str) -> bool:
        query = "select 1 from checkpoints where thread_id = ? limit 1"
        return bool(await self._db.execute_fetchall(query, (_key(user_id, thread_id),)))

    async def _load(self, user_id: str, thread_id: str) -> tuple[list[Entry], list[Entry]]:
        """Return the conversation, and those entries at its end that no checkpoint holds yet."""
        snapshot = await self._graph.aget_state(_config(user_id, thread_id))
        pending: list[Entry] = []
        for task in snapshot.tasks:
            result = task.result or {}
            pending.extend(result.get("messages", ()))
        # The latest state has the entries of finished tasks in it already.
        messages: list[Entry] = snapshot.values.get("messages", [])
        return messages, pending

    async def _end(self, user_id: str, thread_id: str, last: Entry) -> list[Entry]:
        messages, pending = await self._load(user_id, thread_id)
        missing = turns.open_calls(messages[turns.begin(messages) :])
        for entry in missing:
            entry["content"] = entry["error"] = UNFINISHED
        added = [*pending, *missing, last]
        values = {"messages": added, "reason": ""}
        await self._graph.aupdate_state(_config(user_id, thread_id), values, as_node="answer")
        return [*messages, *missing, last]

    async def _prune(self, user_id: str, thread_id: str) -> None:
        key = _key(user_id, thread_id)
        for table in ("writes", "checkpoints"):
            await self._db.execute_fetchall(PRUNE.format(table=table), (key, key))

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something off the user's clock; `aclose` waits for it."""
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)


def _key(user_id: str, thread_id: str) -> str:
    """Return a key that no other pair of user and thread has."""
    return f"{quote(user_id, safe='')}/{quote(thread_id, safe='')}"


def _config(user_id: str, thread_id: str) -> RunnableConfig:
    return {"configurable": {"thread_id": _key(user_id, thread_id)}}
