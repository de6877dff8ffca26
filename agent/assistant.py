"""Put the parts together and run turns: read this file first.

async with open_assistant(Settings()) as assistant:
    turn = await assistant.ask("What is 17.5% of 2340?", user_id="ana", thread_id="t1")
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from agent import turns
from agent.errors import UsageError
from agent.events import Event, Turn, TurnFinished, TurnStarted
from agent.guards import check_input
from agent.models.base import ChatModel, Watched
from agent.settings import Settings
from agent.state import Context, Entry, Parts
from agent.threads import Threads, open_threads
from memory.threads import ThreadInfo
from tools.registry import Toolbox

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.tools import BaseTool

Key = tuple[str, str]
Progress = Callable[[int, int, str], None]


@asynccontextmanager
async def open_assistant(
    settings: Settings | None = None,
    *,
    tools: Sequence[BaseTool | Callable[..., Any]] = (),
    model: ChatModel | BaseChatModel | None = None,
    progress: Progress | None = None,
) -> AsyncIterator[Assistant]:
    """Open the model, the tools and the threads, and put them together.

    Args:
        settings: What to run with; nothing means variables, the settings file and defaults.
        tools: Tools beside the built-in ones: langchain tools or typed functions.
        model: A model that is already open; it stays the caller's. Nothing opens
            `settings.model`.
        progress: Called with (bytes done, bytes in all, what) while weights are fetched.

    Raises:
        ArrieroError: A part cannot be had; the message says which and what to do.
    """
    settings = settings or Settings()
    threads = await open_threads(settings.home)
    try:
        parts = await _assemble(settings, tools, model, progress)
        try:
            yield Assistant(parts, threads)
        finally:
            await parts.toolbox.aclose()
            if model is None:
                await parts.model.aclose()
    finally:
        await threads.aclose()


async def _assemble(
    settings: Settings,
    tools: Sequence[BaseTool | Callable[..., Any]],
    model: ChatModel | BaseChatModel | None,
    progress: Progress | None,
) -> Parts:
    from agent.models.open import as_chat_model, open_model
    from agent.models.table import protocol_for
    from agent.prompts import system_prompt
    from tools.registry import open_toolbox

    toolbox = open_toolbox(settings.tools, settings.builtin_tools, tools)
    if model is None:
        chat = await open_model(settings.model, settings.models, progress=progress)
    else:
        chat = as_chat_model(model)
    return Parts(
        settings=settings,
        model=chat,
        protocol=protocol_for(chat.info, settings.protocol),
        toolbox=toolbox,
        system=system_prompt(settings.instructions),
    )


class Assistant:
    """Run turns of any user and thread; made by `open_assistant`."""

    def __init__(self, parts: Parts, threads: Threads) -> None:
        self._parts = parts
        self._threads = threads
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
        return self._parts.toolbox

    @property
    def protocol(self) -> str:
        """The name of the way in which tools are shown to the model."""
        return self._parts.protocol.name

    async def ask(self, text: str, *, user_id: str, thread_id: str) -> Turn:
        """Run one turn and return its record.

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
        step. Closing the iterator stops the model; what was answered until then is kept.

        Raises:
            UsageError: The text is empty or does not fit the window.
            ModelError: The model failed.
        """
        text = check_input(text)
        async with aclosing(self._events(text, (user_id, thread_id))) as events:
            async for event in events:
                yield event

    async def resume(self, *, user_id: str, thread_id: str) -> AsyncGenerator[Event, None]:
        """Finish a turn that a crash or a failing model cut off; finished calls do not run again.

        Raises:
            UsageError: The thread's last turn is complete.
            ModelError: The model failed.
        """
        async with aclosing(self._events(None, (user_id, thread_id))) as events:
            async for event in events:
                yield event

    async def stop(self, *, user_id: str, thread_id: str) -> bool:
        """Stop the running turn of a thread; its stream ends with what was answered so far."""
        task = self._running.get((user_id, thread_id))
        return task is not None and task.cancel()

    async def interrupted(self, *, user_id: str, thread_id: str) -> str | None:
        """Return the text of the thread's last turn if that was cut off, else None."""
        return await self._threads.interrupted(user_id=user_id, thread_id=thread_id)

    async def threads(self, *, user_id: str) -> list[ThreadInfo]:
        """Return the user's threads, the newest first."""
        return await self._threads.index.list(user_id=user_id)

    async def history(self, *, user_id: str, thread_id: str) -> list[Entry]:
        """Return the whole conversation of a thread."""
        return await self._threads.messages(user_id=user_id, thread_id=thread_id)

    async def delete_thread(self, *, user_id: str, thread_id: str) -> bool:
        """Delete a thread for good; tell whether there was one."""
        return await self._threads.delete(user_id=user_id, thread_id=thread_id)

    async def _events(self, text: str | None, key: Key) -> AsyncGenerator[Event, None]:
        queue: asyncio.Queue[Event | None] = asyncio.Queue()
        task = asyncio.create_task(self._turn(text, key, queue.put_nowait))
        task.add_done_callback(lambda _: queue.put_nowait(None))
        try:
            while (event := await queue.get()) is not None:
                yield event
            yield TurnFinished(task.result())
        finally:
            if not task.done():
                task.cancel()
                await asyncio.wait([task])

    async def _turn(self, text: str | None, key: Key, emit: Callable[[Event], None]) -> Turn:
        lock = self._locks.setdefault(key, asyncio.Lock())
        async with lock:
            task = asyncio.current_task()
            assert task is not None  # noqa: S101 - for the type checker; a coroutine has a task
            self._running[key] = task
            try:
                return await self._run(text, key, emit)
            finally:
                del self._running[key]

    async def _run(self, text: str | None, key: Key, emit: Callable[[Event], None]) -> Turn:
        user_id, thread_id = key
        parts, threads = self._parts, self._threads
        budget = parts.settings.budget
        deadline = asyncio.get_running_loop().time() + budget.seconds
        ctx = Context(parts=parts, deadline=deadline, emit=emit)
        emit(TurnStarted(user_id, thread_id, parts.model.info.spec))
        if await threads.settle(text, user_id=user_id, thread_id=thread_id):
            text = None
            ctx.notice("resumed", "The turn that was cut off is finished now.")
        elif text is None:
            raise UsageError("There is no interrupted turn in this thread.", "Type a new message.")
        try:
            messages = await threads.run(text, ctx, user_id=user_id, thread_id=thread_id)
        except asyncio.CancelledError:
            messages = await threads.close(ctx, user_id=user_id, thread_id=thread_id)
        if isinstance(parts.model, Watched) and (change := await parts.model.changed()):
            ctx.notice("model", change)
        return turns.fold(
            messages,
            user_id=user_id,
            thread_id=thread_id,
            model=parts.model.info.spec,
            notices=ctx.notices,
        )
