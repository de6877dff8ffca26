"""Run turns on checkpointed threads: begin, pick up, close, delete.

One SQLite file holds the checkpoints and the list of threads. Of a thread only the
checkpoints since its last finished turn are kept, so the file grows with the conversation and not
with its square.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import OrderedDict
from collections.abc import Coroutine, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import aiosqlite
from langchain_core.runnables import RunnableConfig
from langgraph.types import Command, Interrupt

from agent import turns
from agent.erasing import Clean, Marks, cleaned, erased, far, near
from agent.errors import StorageError
from agent.events import Answer, Approval, Question, Waiting
from agent.graph import Graph, build
from agent.saver import Saver
from agent.state import Context, Entry, State
from memory.feed import whose
from memory.threads import ThreadList

FILE = "threads.sqlite"
IN_MEMORY = ":memory:"
WAIT, SHORT_WAIT = 10_000, 300
"""Milliseconds that a statement waits for another process, and a cleaning up does."""
KEPT = 64
"""Threads whose conversation is kept in memory behind a turn."""
PATIENCE = 200
"""Times that a database is tried that another process is just making, 50 ms apart."""
UNFINISHED = "Not finished: the turn was cut off while this ran."
UNASKED = "Not run: the user did not answer, and went on with something else."
PRUNE = (
    "delete from {table} where thread_id = ? and checkpoint_ns = '' and checkpoint_id < "
    "(select max(checkpoint_id) from checkpoints where thread_id = ? and checkpoint_ns = '')"
)


@dataclass(frozen=True, slots=True)
class Ran:
    """How far a turn came.

    Args:
        messages: The conversation.
        waiting: What it waits for; empty when the turn has ended.
    """

    messages: list[Entry]
    waiting: tuple[Waiting, ...] = ()


async def open_threads(home: Path | None) -> Threads:
    """Open the threads of a home folder, making it where it is missing.

    Args:
        home: The folder; None keeps them in memory, and they end with the process.

    Raises:
        StorageError: The folder or the file cannot be used.
    """
    path = home / FILE if home is not None else IN_MEMORY
    try:
        if home is not None:
            await asyncio.to_thread(home.mkdir, parents=True, exist_ok=True)
        # Every statement is a transaction of its own: one trip to the database thread each.
        connection = await aiosqlite.connect(path, isolation_level=None)
        try:
            saver, index = Saver(connection), ThreadList(connection)
            await _set_up(connection, saver, index)
        except BaseException:
            await connection.close()
            raise
    except (OSError, sqlite3.Error) as error:
        raise StorageError(
            f"The threads in {path} cannot be opened: {error}.",
            "Check the folder's permissions and free space, or choose another with ARRIERO_HOME.",
        ) from error
    return Threads(connection, saver, index)


async def _set_up(connection: aiosqlite.Connection, saver: Saver, index: ThreadList) -> None:
    """Prepare a database; where another process does so at this moment, wait for it.

    SQLite does not wait by itself while a new database gets its write-ahead log.
    """
    for left in range(PATIENCE, -1, -1):
        try:
            for pragma in (f"busy_timeout={WAIT}", "synchronous=normal", "secure_delete=on"):
                await connection.execute(f"pragma {pragma}")
            await saver.setup()
            await index.setup()
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or not left:
                raise
            await asyncio.sleep(0.05)


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
        self._finished: OrderedDict[tuple[str, str], list[Entry]] = OrderedDict()
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

    async def before(self, *, user_id: str, thread_id: str) -> list[Entry]:
        """Return the conversation that a new turn follows, from memory where it is known."""
        place = (user_id, thread_id)
        if place in self._finished:
            return self._finished[place]
        if not await self._known(*place):
            return []
        return await self.messages(user_id=user_id, thread_id=thread_id)

    async def interrupted(self, *, user_id: str, thread_id: str) -> str | None:
        """Return the text of the thread's last turn if that was cut off, else None."""
        messages, _ = await self._load(user_id, thread_id)
        if turns.finished(messages):
            return None
        return messages[turns.begin(messages)]["content"]

    async def settle(self, text: str | None, ctx: Context) -> bool:
        """Make a thread ready for a turn; tell whether its cut-off turn is to be picked up.

        It is when `text` is None or repeats what the user typed then. With another text the
        cut-off turn is closed as it stands, and its finished calls stay in the conversation.
        """
        place = (ctx.user_id, ctx.thread_id)
        if place in self._finished or not await self._known(*place):
            return False
        before = await self.interrupted(user_id=ctx.user_id, thread_id=ctx.thread_id)
        if before is None:
            return False
        if text is None or text == before:
            return True
        await self._end(ctx, Entry(role="assistant", content="", stop="interrupted"))
        return False

    async def waiting(self, *, user_id: str, thread_id: str) -> tuple[Waiting, ...]:
        """Return what a thread's last turn waits for."""
        key = (user_id, thread_id)
        if key in self._finished or not await self._known(user_id, thread_id):
            return ()
        return tuple(_request(one.value) for one in await self._interrupts(user_id, thread_id))

    async def run(self, said: Entry | None, ctx: Context) -> Ran:
        """Run a turn, or pick up the cut-off one when nothing is `said`."""
        given: State | None = None
        if said is not None:
            given = {"messages": [said], "reason": ""}
            key = {"user_id": ctx.user_id, "thread_id": ctx.thread_id}
            # Both run while the model is at work.
            self._later(self.index.touch(text=said["content"], **key))
            self._later(self._prune(**key))
        return await self._invoke(given, ctx)

    async def answer(self, answers: Mapping[str, Answer], ctx: Context) -> Ran:
        """Go on with a turn that waits.

        Args:
            answers: What the user says, by the id of what is waited for; what is left out is
                waited for again.
            ctx: What the nodes share.
        """
        given = {
            one.id: asdict(answers[one.value["id"]])
            for one in await self._interrupts(ctx.user_id, ctx.thread_id)
            if one.value["id"] in answers
        }
        return await self._invoke(Command(resume=given) if given else None, ctx)

    async def _invoke(self, given: State | Command[Any] | None, ctx: Context) -> Ran:
        place = (ctx.user_id, ctx.thread_id)
        self._finished.pop(place, None)
        config = _config(*place)
        config["recursion_limit"] = 2 * ctx.parts.settings.budget.steps + 10
        state = await self._graph.ainvoke(given, config, context=ctx, durability="sync")
        if interrupts := state.get("__interrupt__"):
            messages, _ = await self._load(*place)
            return Ran(messages, tuple(_request(one.value) for one in interrupts))
        self._finished[place] = state["messages"]
        while len(self._finished) > KEPT:
            self._finished.popitem(last=False)
        return Ran(state["messages"])

    async def close(self, ctx: Context) -> list[Entry]:
        """End a turn that the user stopped with what was answered until then."""
        last = Entry(role="assistant", content=ctx.shown, stop="stopped")
        return await self._end(ctx, last)

    async def delete(self, *, user_id: str, thread_id: str) -> bool:
        """Delete a thread for good; tell whether there was one."""
        await self._saver.adelete_thread(_key(user_id, thread_id))
        self._finished.pop((user_id, thread_id), None)
        return await self.index.delete(user_id=user_id, thread_id=thread_id)

    async def erase(self, told: Marks, *, user_id: str) -> int:
        """Erase what was forgotten from the user's threads; return in how many it stood.

        Args:
            told: What tells that a text repeats it.
            user_id: Whose threads.
        """
        if self._background:
            await asyncio.wait(self._background)
        for place in [one for one in self._finished if one[0] == user_id]:
            del self._finished[place]
        changed: set[str] = set()
        for key in await self._keys(user_id):
            changed |= {key} if await self._erase_in(key, told) else set()
        for thread in await self.index.list(user_id=user_id):
            title = far(told)(thread.title)
            if title != thread.title:
                await self.index.rename(user_id=user_id, thread_id=thread.id, title=title)
                changed.add(_key(user_id, thread.id))
        if changed:
            await self._wipe()
        return len(changed)

    async def delete_user(self, user_id: str) -> int:
        """Delete all threads of a user for good, and return how many there were."""
        if self._background:
            await asyncio.wait(self._background)
        own = {unquote(key.partition("/")[2]) for key in await self._keys(user_id)}
        own |= {thread.id for thread in await self.index.list(user_id=user_id)}
        for thread_id in own:
            await self.delete(user_id=user_id, thread_id=thread_id)
        if own:
            await self._wipe()
        return len(own)

    async def _wipe(self) -> None:
        """Write the file anew: SQLite leaves copies of rows that it has moved between pages.

        Where another process uses the file at this moment, what was deleted is overwritten, and
        its copies go with the next time.
        """
        await self._db.execute_fetchall(f"pragma busy_timeout={SHORT_WAIT}")
        try:
            await self._db.execute_fetchall("vacuum")
            await self._db.execute_fetchall("pragma wal_checkpoint(truncate)")
        except sqlite3.OperationalError:
            return
        finally:
            await self._db.execute_fetchall(f"pragma busy_timeout={WAIT}")

    async def _keys(self, user_id: str) -> list[str]:
        query = "select distinct thread_id from checkpoints where thread_id glob ?"
        # A quoted name holds nothing that a pattern would read otherwise.
        own = await self._db.execute_fetchall(query, (f"{quote(whose(user_id), safe='')}/*",))
        return [str(row[0]) for row in own]

    async def _erase_in(self, key: str, told: Marks) -> bool:
        """Write the checkpoints of a thread anew without what was forgotten."""
        thread_id = unquote(key.partition("/")[2])
        changed = False
        query = "select rowid, type, checkpoint from checkpoints where thread_id = ?"
        for row, kind, blob in list(await self._db.execute_fetchall(query, (key,))):
            kept = self._saver.serde.loads_typed((kind, blob))
            values = kept["channel_values"]
            after = {name: cleaned(value, far(told)) for name, value in values.items()}
            after["messages"] = erased(values.get("messages", []), told, thread_id)
            if after != values:
                kept["channel_values"] = after
                update = "update checkpoints set type = ?, checkpoint = ? where rowid = ?"
                changed = True
                await self._db.execute_fetchall(update, (*self._saver.serde.dumps_typed(kept), row))
        return await self._erase_writes(key, near(told) if changed else far(told)) or changed

    async def _erase_writes(self, key: str, clean: Clean) -> bool:
        changed = False
        query = "select rowid, type, value from writes where thread_id = ?"
        for row, kind, blob in list(await self._db.execute_fetchall(query, (key,))):
            value = self._saver.serde.loads_typed((kind, blob))
            after = cleaned(value, clean)
            if after != value:
                changed = True
                update = "update writes set type = ?, value = ? where rowid = ?"
                await self._db.execute_fetchall(
                    update, (*self._saver.serde.dumps_typed(after), row)
                )
        return changed

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

    async def _interrupts(self, user_id: str, thread_id: str) -> list[Interrupt]:
        snapshot = await self._graph.aget_state(_config(user_id, thread_id))
        return [one for task in snapshot.tasks for one in task.interrupts]

    async def _end(self, ctx: Context, last: Entry) -> list[Entry]:
        """End a turn as it stands; what its open calls have done, the journal knows."""
        place = (ctx.user_id, ctx.thread_id)
        unasked = {one.value["id"] for one in await self._interrupts(*place)}
        messages, pending = await self._load(*place)
        missing = turns.open_calls(messages[turns.begin(messages) :])
        for entry in missing:
            call_id = entry["tool_call_id"]
            scope = ctx.scope(call_id, turns.key(messages, call_id))
            known = await ctx.parts.policy.recorded(entry["name"], scope)
            if known is not None:
                turns.write(entry, known)
            else:
                entry["content"] = entry["error"] = UNASKED if call_id in unasked else UNFINISHED
                entry["origin"] = "trusted"
        added = [*pending, *missing, last]
        values = {"messages": added, "reason": ""}
        await self._graph.aupdate_state(_config(*place), values, as_node="answer")
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


def _request(value: dict[str, Any]) -> Waiting:
    """Read back what an interrupt waits for."""
    if value["kind"] == "question":
        return Question(**{**value, "options": tuple(value["options"])})
    return Approval(**value)


def _key(user_id: str, thread_id: str) -> str:
    """Return a key that no other pair of user and thread has."""
    return f"{quote(whose(user_id), safe='')}/{quote(thread_id, safe='')}"


def _config(user_id: str, thread_id: str) -> RunnableConfig:
    return {"configurable": {"thread_id": _key(user_id, thread_id)}}
