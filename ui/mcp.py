"""arriero as an MCP server: its abilities for any MCP client."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from agent.errors import ArrieroError, UsageError
from ui.memory import embedder_of, found_for
from ui.memory_lines import day, times, told
from ui.session import Options, new_thread
from ui.terminal import Terminal
from ui.text import plain
from ui.version import version

if TYPE_CHECKING:
    from mcp.server.fastmcp import FastMCP

    from agent.assistant import Assistant
    from agent.events import Turn
    from agent.settings import Settings
    from memory.records import Record

HOST = "127.0.0.1"
ABOUT = (
    "arriero is the user's own assistant on this machine. `ask` lets it answer with its own tools; "
    "`search` and `read_page` read the web; `remember` and `recall` keep what the user wants kept."
)
SOURCE = "mcp"


def serve(options: Options, terminal: Terminal, *, port: int | None = None) -> int:
    """Serve until the client leaves, and return the exit code.

    Args:
        options: Whose assistant it is, and with which settings.
        terminal: Where notices go; stdout belongs to the protocol.
        port: Serve streamable HTTP on this port of the loopback address, 0 for any that is free;
            None serves stdio.
    """
    user_id, settings = options.user_id(), options.settings()
    abilities = Abilities(settings, user_id, terminal)
    asyncio.run(_serve(abilities, terminal, port))
    return 0


async def _serve(abilities: Abilities, terminal: Terminal, port: int | None) -> None:
    async with abilities.opened():
        server = build(abilities)
        if port is None:
            with _own_stdout():
                await server.run_stdio_async()
            return
        token = secrets.token_urlsafe(24)
        with _listen(port) as listener:
            port = listener.getsockname()[1]
            terminal.note(f"Serving MCP at http://{HOST}:{port}/mcp", style="")
            terminal.note(f"Header: Authorization: Bearer {token}", style="")
            await _http(server, token, listener)


@contextmanager
def _own_stdout() -> Iterator[None]:
    """Keep stdout for the protocol: what libraries print would stand between its lines."""
    before, kept = sys.stdout, os.dup(1)
    os.dup2(2, 1)
    sys.stdout = os.fdopen(os.dup(kept), "w", encoding="utf-8")
    try:
        yield
    finally:
        sys.stdout = before
        os.dup2(kept, 1)
        os.close(kept)


async def _http(server: FastMCP, token: str, listener: socket.socket) -> None:
    """Serve over HTTP to those who know the token."""
    import uvicorn

    app = server.streamable_http_app()
    wanted = f"Bearer {token}".encode()

    async def guarded(scope: Any, receive: Any, send: Any) -> None:
        given = dict(scope.get("headers", ())).get(b"authorization", b"")
        if scope["type"] != "http" or secrets.compare_digest(given, wanted):
            await app(scope, receive, send)
            return
        headers = [(b"content-type", b"text/plain"), (b"www-authenticate", b"Bearer")]
        await send({"type": "http.response.start", "status": 401, "headers": headers})
        await send({"type": "http.response.body", "body": b"The token is missing or wrong.\n"})

    config = uvicorn.Config(guarded, host=HOST, log_level="warning", lifespan="on")
    await uvicorn.Server(config).serve([listener])


def _listen(port: int) -> socket.socket:
    """Listen on a port of the loopback address.

    Raises:
        UsageError: It is taken.
    """
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise UsageError(f"Port {port} is taken.", "Choose another with --port.") from error
    listener.listen()
    return listener


class Abilities:
    """What the server's tools do, for one user.

    The model is loaded with the first question; searching and remembering need none.

    Args:
        settings: What to run with.
        user_id: Whose assistant it is.
        terminal: Where notices go.
    """

    def __init__(self, settings: Settings, user_id: str, terminal: Terminal) -> None:
        self._settings = settings
        self._user_id = user_id
        self._terminal = terminal
        self._stack = AsyncExitStack()
        self._assistant: Assistant | None = None
        self._opening = asyncio.Lock()

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Open what every tool needs, and close at the end all that was opened."""
        from memory.memories import open_memories
        from tools.builtin import Builtin
        from tools.journal import MemoryJournal
        from tools.policy import Policy
        from tools.registry import Registry
        from tools.secrets import redactor_for

        settings = self._settings
        async with self._stack:
            self._memories = await self._stack.enter_async_context(
                open_memories(settings.home, settings.memory, embedder_of(settings))
            )
            reading = Builtin(settings.tools, settings.home, ("web_search", "read_page"))
            self._registry = Registry([reading], settings.tools)
            self._stack.push_async_callback(self._registry.aclose)
            await self._registry.refresh()
            self._policy = Policy(settings.tools, MemoryJournal(), redactor_for(settings.tools))
            yield

    async def ask(self, question: str, thread: str) -> str:
        """Let the assistant answer."""
        assistant = await self._opened_assistant()
        thread_id = thread.strip() or new_thread()
        turn = await assistant.ask(question, user_id=self._user_id, thread_id=thread_id)
        return answer_text(turn)

    async def use(self, name: str, arguments: dict[str, Any]) -> str:
        """Run one of the reading tools."""
        from mcp.server.fastmcp.exceptions import ToolError

        from tools.scope import Scope

        tool = self._registry.toolbox.get(name)
        if tool is None:
            raise ToolError(" ".join(self._registry.toolbox.problems) or f"{name} is switched off.")
        call_id = new_thread()
        scope = Scope(self._user_id, SOURCE, call_id, call_id)
        outcome = await self._policy.run(tool, arguments, scope)
        if outcome.error:
            raise ToolError(outcome.error)
        return outcome.output

    async def remember(self, text: str) -> str:
        """Keep a text."""
        from mcp.server.fastmcp.exceptions import ToolError

        from memory.inbox import Message

        if self._settings.memory.write == "none":
            raise ToolError("Nothing is remembered here: the user has set memory.write to none.")
        message = Message(text=text, said=time.time())
        try:
            with _told():
                taken = await self._memories.keep(message, user_id=self._user_id, source=SOURCE)
        except ValueError as error:
            raise ToolError(str(error)) from error
        if refused := [one.reason for one in taken if one.record is None]:
            raise ToolError(" ".join(dict.fromkeys(refused)))
        return "\n".join(_kept(one.record) for one in taken if one.record is not None)

    async def recall(self, query: str, limit: int) -> str:
        """Find what was kept."""
        limit = max(1, min(limit, 50))
        with _told():
            if query.strip():
                found = await found_for(query, self._memories, user_id=self._user_id, limit=limit)
                records = [one.record for one in found]
            else:
                records = await self._memories.store.list(
                    user_id=self._user_id,
                    scopes=self._memories.scopes(),
                    ended=False,
                    limit=limit,
                )
        lines = [f"- {told(one)} (said on {day(one.said)})" for one in records]
        return "\n".join(lines) or "Nothing is remembered about that."

    async def _opened_assistant(self) -> Assistant:
        from agent.assistant import open_assistant

        async with self._opening:
            if self._assistant is None:
                self._assistant = await self._stack.enter_async_context(
                    open_assistant(self._settings)
                )
                for note in self._assistant.model.info.notes:
                    self._terminal.note(note)
            return self._assistant


def build(abilities: Abilities) -> FastMCP:
    """Make the server."""
    from mcp.server.fastmcp import FastMCP
    from mcp.server.fastmcp.exceptions import ToolError
    from mcp.types import ToolAnnotations

    server = FastMCP("arriero", instructions=ABOUT, log_level="WARNING")
    # The library would tell clients its own version.
    server._mcp_server.version = version()
    reads = ToolAnnotations(readOnlyHint=True, openWorldHint=True)
    own = ToolAnnotations(readOnlyHint=True, openWorldHint=False)
    keeps = ToolAnnotations(
        readOnlyHint=False, destructiveHint=False, idempotentHint=True, openWorldHint=False
    )
    acts = ToolAnnotations(readOnlyHint=False, destructiveHint=False, openWorldHint=True)

    @server.tool(annotations=acts, structured_output=False)
    async def ask(
        question: Annotated[str, Field(description="The question, or what is to be done.")],
        thread: Annotated[
            str, Field(description="A conversation to go on with; empty begins a new one.")
        ] = "",
    ) -> str:
        """Ask the assistant; it answers with sources, and uses its own tools."""
        try:
            return await abilities.ask(question, thread)
        except ArrieroError as error:
            raise ToolError(f"{error.message} {error.hint}".strip()) from error

    @server.tool(annotations=reads, structured_output=False)
    async def search(
        query: Annotated[str, Field(description="A few words to search the web for.")],
    ) -> str:
        """Search the web: titles, addresses and snippets."""
        return await abilities.use("web_search", {"query": query})

    @server.tool(annotations=reads, structured_output=False)
    async def read_page(
        url: Annotated[str, Field(description="The full address, starting with https://.")],
        find: Annotated[
            str, Field(description="Words to find; only the passages about them are returned.")
        ] = "",
    ) -> str:
        """Read the text of a web page."""
        return await abilities.use("read_page", {"url": url, "find": find})

    @server.tool(annotations=keeps, structured_output=False)
    async def remember(
        text: Annotated[str, Field(description="What to remember, as one plain sentence.")],
    ) -> str:
        """Remember something for the user, for good."""
        return await abilities.remember(text)

    @server.tool(annotations=own, structured_output=False)
    async def recall(
        query: Annotated[str, Field(description="What it is about; empty lists the newest.")] = "",
        limit: Annotated[int, Field(description="How many at most.", ge=1, le=50)] = 5,
    ) -> str:
        """Find what the user asked to be remembered."""
        return await abilities.recall(query, limit)

    return server


def answer_text(turn: Turn) -> str:
    """Return a turn as text: the answer, its sources, and what it waits for."""
    from ui.approve import describe
    from ui.cited import basis_line, sources_text
    from ui.render import STOPS

    parts = [turn.answer.strip()]
    for request in turn.waiting:
        if request.kind == "approval":
            parts.append("\n".join(describe(request)))
    if told := STOPS[turn.stop_reason]:
        parts.append(told.format(thread=turn.thread_id))
    parts.append(basis_line(turn))
    parts.append(sources_text(turn))
    parts.append(f"(thread {turn.thread_id})")
    return plain("\n\n".join(part for part in parts if part))


@contextmanager
def _told() -> Iterator[None]:
    """Tell the client what is wrong with the database."""
    from mcp.server.fastmcp.exceptions import ToolError

    from memory.database import DatabaseError

    try:
        yield
    except DatabaseError as error:
        raise ToolError(f"{error.message} {error.hint}".strip()) from error


def _kept(record: Record) -> str:
    again = f" (said {times(record.times)})" if record.times > 1 else ""
    return f"Remembered{again}: {told(record)}"
