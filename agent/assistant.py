"""Put the parts together and run turns: read this file first.

async with open_assistant(Settings()) as assistant:
    turn = await assistant.ask("What is 17.5% of 2340?", user_id="ana", thread_id="t1")
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from agent import turns
from agent.beginning import Approver, asked, begin
from agent.erasing import erase
from agent.events import (
    Answer,
    Event,
    Turn,
    TurnFinished,
    TurnStarted,
    UserNeeded,
    Waiting,
    redacted,
)
from agent.guards import check_input
from agent.models.base import ChatModel, Watched
from agent.settings import Settings
from agent.state import Context, Entry, Parts
from agent.threads import Ran, Threads, open_threads
from memory.feed import whose
from memory.records import Record as Remembered
from memory.threads import ThreadInfo
from tools.journal import Journal, Record, SqliteJournal
from tools.own_documents import offered
from tools.registry import Toolbox, changes
from tools.secrets import redactor_for

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.tools import BaseTool

    from agent.remembering import Remembering
    from memory.consolidate import Taken
    from memory.memories import Memories

Key = tuple[str, str]
Progress = Callable[[int, int, str], None]
JOURNAL = "journal.sqlite"


@asynccontextmanager
async def open_assistant(
    settings: Settings | None = None,
    *,
    tools: Sequence[BaseTool | Callable[..., Any]] = (),
    model: ChatModel | BaseChatModel | None = None,
    approve: Approver | None = None,
    journal: Journal | None = None,
    progress: Progress | None = None,
) -> AsyncIterator[Assistant]:
    """Open the model, the tools and the threads, and put them together.

    Args:
        settings: What to run with; nothing means variables, the settings file and defaults.
        tools: Tools beside the built-in ones: langchain tools or typed functions.
        model: A model that is already open; it stays the caller's. Nothing opens
            `settings.model`.
        approve: Asked before calls with side effects, and when a tool has a question; without it
            a turn ends there with `stop_reason` `approval` or `question`, and `resume` goes on.
        journal: Where side effects are written down; nothing means a file in the home folder.
        progress: Called with (bytes done, bytes in all, what) while weights are fetched.

    Raises:
        ArrieroError: A part cannot be had; the message says which and what to do.
    """
    from agent.models.ollama_embed import embedder_for
    from agent.models.open import as_chat_model, open_model
    from agent.models.table import protocol_for
    from agent.prompts import system_prompt
    from agent.remembering import Remembering
    from memory.memories import open_memories
    from tools.policy import Policy
    from tools.registry import open_registry

    settings = settings or Settings()
    async with AsyncExitStack() as stack:
        threads = await open_threads(settings.home)
        stack.push_async_callback(threads.aclose)
        kept = journal or SqliteJournal(settings.home / JOURNAL)
        stack.push_async_callback(kept.aclose)
        embedder = embedder_for(settings.memory.embeddings, settings.models)
        memories = await stack.enter_async_context(
            open_memories(settings.home, settings.memory, embedder)
        )
        registry = await open_registry(
            settings.tools, settings.home, settings.builtin_tools, tools, memories.documents
        )
        stack.push_async_callback(registry.aclose)
        if model is None:
            chat = await open_model(settings.model, settings.models, progress=progress)
            stack.push_async_callback(chat.aclose)
        else:
            chat = as_chat_model(model)
        redactor = redactor_for(settings.tools)
        parts = Parts(
            settings=settings,
            model=chat,
            protocol=protocol_for(chat.info, settings.protocol),
            registry=registry,
            policy=Policy(settings.tools, kept, redactor),
            system=system_prompt(settings.instructions),
            redactor=redactor,
            memory=memories,
        )
        remembering = Remembering(memories, chat, threads)
        stack.push_async_callback(remembering.aclose)
        assistant = Assistant(parts, threads, kept, remembering, approve)
        stack.push_async_callback(assistant.aclose)
        yield assistant


class Assistant:
    """Run turns of any user and thread; made by `open_assistant`."""

    def __init__(
        self,
        parts: Parts,
        threads: Threads,
        journal: Journal,
        remembering: Remembering | None = None,
        approve: Approver | None = None,
    ) -> None:
        self._parts = parts
        self._threads = threads
        self._journal = journal
        self._remembering = remembering
        self._approve = approve
        self._temporary: Assistant | None = None
        self._running: dict[Key, asyncio.Task[Turn]] = {}
        self._locks: WeakValueDictionary[Key, asyncio.Lock] = WeakValueDictionary()

    @property
    def settings(self) -> Settings:
        """What the assistant runs with."""
        return self._parts.settings

    @property
    def model(self) -> ChatModel:
        """The model that answers."""
        return self._parts.model

    @property
    def toolbox(self) -> Toolbox:
        """The tools, and what was wrong with those that were left out."""
        return self._parts.registry.toolbox

    @property
    def protocol(self) -> str:
        """The name of the way in which tools are shown to the model."""
        return self._parts.protocol.name

    async def ask(self, text: str, *, user_id: str, thread_id: str) -> Turn:
        """Run one turn and return its record.

        Where the thread waits for the answer to a question, the text is that answer.

        Raises:
            UsageError: The text is empty or does not fit the window.
            ModelError: The model failed. What the user typed is kept; asking the same again in
                the same thread goes on from there.
        """
        async for event in self.stream(text, user_id=user_id, thread_id=thread_id):
            if isinstance(event, TurnFinished):
                return event.turn
        raise AssertionError("a stream ends with TurnFinished or raises")

    async def stream(
        self, text: str, *, user_id: str, thread_id: str
    ) -> AsyncGenerator[Event, None]:
        """Run one turn and yield its events, `TurnFinished` last.

        Text that is streamed before a step is a remark; the answer is what follows the last
        step. Closing the iterator stops the model; what was answered until then is kept. Where
        the thread waits for the answer to a question, the text is that answer.

        Raises:
            UsageError: The text is empty or does not fit the window.
            ModelError: The model failed.
        """
        text = check_input(text)
        async with aclosing(self._events(text, (user_id, thread_id), {})) as events:
            async for event in events:
                yield event

    async def resume(
        self, *, user_id: str, thread_id: str, answers: Mapping[str, Answer] | None = None
    ) -> AsyncGenerator[Event, None]:
        """Finish a turn that waits for the user, or that a crash or a failing model cut off.

        Calls that had finished do not run again, and a side effect that was cut off is not begun
        a second time.

        Args:
            user_id: Whose thread it is.
            thread_id: The thread.
            answers: What the user says, by the id of what the turn waits for.

        Raises:
            UsageError: The thread's last turn is complete, or nothing waits for an answer.
            ModelError: The model failed.
        """
        async with aclosing(self._events(None, (user_id, thread_id), answers or {})) as events:
            async for event in events:
                yield event

    async def stop(self, *, user_id: str, thread_id: str) -> bool:
        """Stop the running turn of a thread; its stream ends with what was answered so far."""
        task = self._running.get((whose(user_id), thread_id))
        return task is not None and task.cancel()

    async def interrupted(self, *, user_id: str, thread_id: str) -> str | None:
        """Return the text of the thread's last turn if that was cut off, else None."""
        return await self._threads.interrupted(user_id=user_id, thread_id=thread_id)

    async def waiting(self, *, user_id: str, thread_id: str) -> tuple[Waiting, ...]:
        """Return what the thread's last turn waits for: approvals and questions."""
        return await self._threads.waiting(user_id=user_id, thread_id=thread_id)

    async def side_effects(
        self, *, user_id: str, thread_id: str | None = None, limit: int = 100
    ) -> list[Record]:
        """Return what calls with side effects have done for a user, the newest first."""
        return await self._journal.records(user_id=user_id, thread_id=thread_id, limit=limit)

    async def threads(self, *, user_id: str) -> list[ThreadInfo]:
        """Return the user's threads, the newest first."""
        return await self._threads.index.list(user_id=user_id)

    async def history(self, *, user_id: str, thread_id: str) -> list[Entry]:
        """Return the whole conversation of a thread."""
        return await self._threads.messages(user_id=user_id, thread_id=thread_id)

    @property
    def memory(self) -> Memories | None:
        """What is remembered of the users; None for temporary threads."""
        return self._parts.memory

    async def temporary(self) -> Assistant:
        """Return the assistant for temporary threads, which leave nothing behind.

        It has the same model and tools. Its threads are kept in memory until this assistant is
        closed; it is given nothing that is remembered, and remembers nothing.
        """
        from tools.journal import MemoryJournal
        from tools.policy import Policy

        if self._temporary is None:
            journal = MemoryJournal()
            policy = Policy(self.settings.tools, journal, self._parts.redactor)
            parts = replace(self._parts, policy=policy, memory=None)
            threads = await open_threads(None)
            self._temporary = Assistant(parts, threads, journal, approve=self._approve)
        return self._temporary

    async def forget(self, ids: Sequence[int], *, user_id: str) -> int:
        """Delete memories for good, wherever they stand; return how many there were.

        They go from the store, its index, the user's conversations and the journal.
        """
        whose(user_id)
        if self.memory is None:
            return 0
        gone = await self.memory.forget(ids, user_id=user_id)
        await self._erase(gone, user_id)
        return len(gone)

    async def settled(self, seconds: float) -> bool:
        """Wait until what was said is read for what lasts; tell whether it is in time."""
        return self._remembering is None or await self._remembering.settled(seconds)

    def written(self, *, user_id: str, thread_id: str) -> list[Taken]:
        """Return what was remembered of a thread since this was asked last."""
        whose(user_id)
        if self._remembering is None:
            return []
        return self._remembering.written(user_id=user_id, thread_id=thread_id)

    async def aclose(self) -> None:
        """Let go of temporary threads."""
        if self._temporary is not None:
            await self._temporary._threads.aclose()
            self._temporary = None

    async def delete_thread(self, *, user_id: str, thread_id: str) -> bool:
        """Delete a thread for good; tell whether there was one."""
        await self._journal.forget(user_id=user_id, thread_id=thread_id)
        return await self._threads.delete(user_id=user_id, thread_id=thread_id)

    async def _events(
        self, text: str | None, key: Key, answers: Mapping[str, Answer]
    ) -> AsyncGenerator[Event, None]:
        whose(key[0])
        queue: asyncio.Queue[Event | None] = asyncio.Queue()

        def emit(event: Event) -> None:
            queue.put_nowait(redacted(event, self._parts.redactor))

        task = asyncio.create_task(self._turn(text, key, answers, emit))
        task.add_done_callback(lambda _: queue.put_nowait(None))
        try:
            while (event := await queue.get()) is not None:
                yield event
            yield redacted(TurnFinished(task.result()), self._parts.redactor)
        finally:
            if not task.done():
                task.cancel()
                await asyncio.wait([task])

    async def _turn(
        self,
        text: str | None,
        key: Key,
        answers: Mapping[str, Answer],
        emit: Callable[[Event], None],
    ) -> Turn:
        lock = self._locks.setdefault(key, asyncio.Lock())
        giving_way = self._remembering.turn() if self._remembering else nullcontext()
        async with lock, giving_way:
            task = asyncio.current_task()
            assert task is not None  # noqa: S101 - for the type checker; a coroutine has a task
            self._running[key] = task
            try:
                return await self._run(text, key, answers, emit)
            finally:
                del self._running[key]

    async def _run(
        self,
        text: str | None,
        key: Key,
        answers: Mapping[str, Answer],
        emit: Callable[[Event], None],
    ) -> Turn:
        user_id, thread_id = key
        parts, threads = self._parts, self._threads
        deadline = asyncio.get_running_loop().time() + parts.settings.budget.seconds
        before = parts.registry.toolbox
        toolbox = await parts.registry.refresh()
        documents = parts.memory.documents if parts.memory else None
        own = await offered(toolbox, documents, user_id)
        ctx = Context(parts, user_id, thread_id, own, deadline, emit)
        emit(TurnStarted(user_id, thread_id, parts.model.info.spec))
        for told in changes(before, toolbox):
            ctx.notice("tools", told)
        try:
            ran = await begin(text, answers, ctx, threads, self._remembering)
            while ran.waiting and self._approve is not None:
                given = await asked(ran.waiting, self._approve, ctx)
                ran = await threads.answer(given, ctx)
        except asyncio.CancelledError:
            ran = Ran(await threads.close(ctx))
        await self._erase(ctx.erase, user_id)
        for request in ran.waiting:
            emit(UserNeeded(request))
        if isinstance(parts.model, Watched) and (change := await parts.model.changed()):
            ctx.notice("model", change)
        turn = turns.fold(
            ran.messages,
            user_id=user_id,
            thread_id=thread_id,
            model=parts.model.info.spec,
            notices=ctx.notices,
            waiting=ran.waiting,
        )
        if self._remembering is not None:
            self._remembering.used(turn.memories, user_id=user_id)
        return turn

    async def _erase(self, gone: Sequence[Remembered], user_id: str) -> None:
        """Erase what was forgotten from everything else that is kept."""
        if self.memory is None or not gone:
            return
        await erase(
            gone,
            user_id=user_id,
            home=self.settings.home,
            threads=self._threads,
            journal=self._journal,
            store=self.memory.store,
        )
        self.memory.index.nudge()
