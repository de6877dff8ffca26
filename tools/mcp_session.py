"""One life of an MCP server: from its start to its end, in a task of its own."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, suppress
from datetime import timedelta
from importlib import metadata
from typing import Any, TypeVar, cast

import anyio
from mcp import types
from mcp.client.session import ClientSession
from mcp.shared.exceptions import McpError
from mcp.shared.message import MessageMetadata, SessionMessage
from mcp.shared.session import ProgressFnT, RequestResponder
from pydantic import BaseModel, Field, ValidationError

from tools.errors import ToolSetupError
from tools.mcp_config import ServerEntry
from tools.mcp_http import open_http
from tools.mcp_stdio import LastWords, Reading, Writing, open_process
from tools.settings import NetSettings

MAX_PAGES = 100
# Seconds in which a server must take the word that a call is no longer wanted.
CANCEL_SECONDS = 5.0
# Seconds in which a session must be closed before it is broken off.
CLOSE_SECONDS = 5.0
Answer = TypeVar("Answer", bound=BaseModel)
Incoming = (
    RequestResponder[types.ServerRequest, types.ClientResult] | types.ServerNotification | Exception
)


class Ended(Exception):
    """Say that a server ended before it answered.

    Args:
        unsent: Whether it surely did not carry out what it was asked for.
    """

    def __init__(self, *, unsent: bool) -> None:
        super().__init__("the server ended")
        self.unsent = unsent


class CallResult(BaseModel):
    """What a call gave; its content is read block by block, so that one odd block spoils none."""

    content: list[Any] = Field(default_factory=list)
    structuredContent: Any = None
    isError: bool | None = False


class _Page(BaseModel):
    tools: list[Any]
    nextCursor: str | None = None


class _Session(ClientSession):
    """The SDK's session, which also says when it ends and when a call is no longer wanted."""

    def __init__(self, reading: Reading, writing: Writing, changed: Callable[[], None]) -> None:
        super().__init__(
            reading,
            writing,
            message_handler=self._handle,
            client_info=types.Implementation(name="arriero", version=_version()),
        )
        self._changed = changed
        self._telling: set[asyncio.Task[None]] = set()
        self.pending: set[object] = set()
        self.unsent: set[object] = set()
        self.over = False
        self.nonsense: Callable[[], None] = lambda: None

    async def send_request(
        self,
        request: types.ClientRequest,
        result_type: type[Answer],
        request_read_timeout_seconds: timedelta | None = None,
        metadata: MessageMetadata = None,
        progress_callback: ProgressFnT | None = None,
    ) -> Answer:
        """Send a request and wait for its answer.

        Raises:
            Ended: The server ended before it answered.
            McpError: The server answered with an error.
        """
        number = self._request_id  # the one that the SDK gives to what is sent next
        self.pending.add(number)
        try:
            return await super().send_request(
                request, result_type, request_read_timeout_seconds, metadata, progress_callback
            )
        except asyncio.CancelledError:
            if not isinstance(request.root, types.InitializeRequest):
                self._tell_cancelled(number)
            raise
        except McpError as error:
            if self.over and error.error.code == types.CONNECTION_CLOSED:
                raise Ended(unsent=number in self.unsent) from error
            raise
        except (anyio.ClosedResourceError, anyio.BrokenResourceError) as error:
            raise Ended(unsent=True) from error
        finally:
            self.pending.discard(number)

    async def call(self, name: str, arguments: dict[str, Any]) -> CallResult:
        """Call a tool."""
        params = types.CallToolRequestParams(name=name, arguments=arguments)
        request = types.CallToolRequest(params=params)
        return await self.send_request(types.ClientRequest(request), CallResult)

    async def list_all(self) -> tuple[list[types.Tool], list[str]]:
        """List the tools of all pages; return them, and what is wrong with others."""
        tools: dict[str, types.Tool] = {}
        faults: list[str] = []
        capabilities = self.get_server_capabilities()
        cursor: str | None = None
        for _ in range(MAX_PAGES if capabilities and capabilities.tools else 0):
            params = types.PaginatedRequestParams(cursor=cursor) if cursor else None
            request = types.ListToolsRequest(params=params)
            page = await self.send_request(types.ClientRequest(request), _Page)
            for given in page.tools:
                try:
                    tool = types.Tool.model_validate(given)
                except ValidationError as error:
                    name = given.get("name") if isinstance(given, dict) else given
                    first = error.errors(include_url=False)[0]
                    where = ".".join(str(part) for part in first["loc"])
                    faults.append(f"its tool {str(name)[:80]!r} is wrong: {where}: {first['msg']}")
                    continue
                tools.setdefault(tool.name, tool)
            if not page.nextCursor or page.nextCursor == cursor:
                break
            cursor = page.nextCursor
        return list(tools.values()), faults

    def end(self) -> None:
        """Tell all that wait for an answer that there will be none."""
        self.over = True
        for number, stream in list(self._response_streams.items()):
            error = types.ErrorData(code=types.CONNECTION_CLOSED, message="Connection closed")
            with suppress(anyio.WouldBlock, anyio.ClosedResourceError, anyio.BrokenResourceError):
                stream.send_nowait(types.JSONRPCError(jsonrpc="2.0", id=number, error=error))

    async def aclose(self) -> None:
        """Stop telling the server what is no longer wanted."""
        for task in self._telling:
            task.cancel()
        if self._telling:
            await asyncio.wait(self._telling)

    def _tell_cancelled(self, number: int) -> None:
        if self.over:
            return
        task = asyncio.create_task(self._cancel(number))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _cancel(self, number: int) -> None:
        params = types.CancelledNotificationParams(
            requestId=number, reason="the caller no longer waits for it"
        )
        note = types.ClientNotification(types.CancelledNotification(params=params))
        with suppress(TimeoutError, anyio.ClosedResourceError, anyio.BrokenResourceError):
            async with asyncio.timeout(CANCEL_SECONDS):
                await self.send_notification(note)

    async def _handle(self, message: Incoming) -> None:
        if isinstance(message, types.ServerNotification):
            if isinstance(message.root, types.ToolListChangedNotification):
                self._changed()
        # An answer to a call that was cancelled comes as a RuntimeError.
        elif isinstance(message, Exception) and not isinstance(message, RuntimeError):
            self.nonsense()


class _Known:
    """Let through what the SDK's session knows; it would tell the log of everything else."""

    def __init__(self, inner: Reading, writing: Writing, ended: Callable[[], None]) -> None:
        self._inner = inner
        self._writing = writing
        self._ended = ended

    async def __aenter__(self) -> _Known:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._inner.close()

    def __aiter__(self) -> AsyncIterator[SessionMessage | Exception]:
        return self._messages()

    async def _messages(self) -> AsyncIterator[SessionMessage | Exception]:
        async for message in self._inner:
            if isinstance(message, Exception) or await self._is_known(message.message.root):
                yield message
        self._ended()

    async def _is_known(self, root: Any) -> bool:
        if isinstance(root, types.JSONRPCNotification):
            return _fits(types.ServerNotification, root)
        if isinstance(root, types.JSONRPCRequest) and not _fits(types.ServerRequest, root):
            error = types.ErrorData(code=types.METHOD_NOT_FOUND, message="Method not found")
            answer = types.JSONRPCError(jsonrpc="2.0", id=root.id, error=error)
            with suppress(anyio.ClosedResourceError, anyio.BrokenResourceError):
                await self._writing.send(SessionMessage(types.JSONRPCMessage(answer)))
            return False
        # The ids are numbers that we gave; others answer nothing of ours.
        return not (isinstance(root.id, str) and not root.id.isdecimal())


def _fits(kind: type[BaseModel], root: BaseModel) -> bool:
    try:
        kind.model_validate(root.model_dump(by_alias=True, mode="json", exclude_none=True))
    except ValidationError:
        return False
    return True


class Connection:
    """A running server with an open session.

    The task that opens the session is the one that closes it, as the SDK needs it; calls come
    from any other.

    Args:
        entry: The server.
        settings: Limits of requests to the outside.
        changed: Is called when the server says that its tools changed.
    """

    def __init__(
        self, entry: ServerEntry, settings: NetSettings, changed: Callable[[], None]
    ) -> None:
        self._entry = entry
        self._settings = settings
        self._changed = changed
        self._session: _Session | None = None
        self._words = LastWords()
        self._runs: Callable[[], bool] = lambda: True
        self._over = asyncio.Event()
        self._started = asyncio.Event()
        self._reason = ""
        self.tools: list[types.Tool] = []
        self.faults: list[str] = []
        self.answered = False
        self.settled = False
        self._began = time.monotonic()
        # Not within the scope of the call that happens to start it.
        self._task = asyncio.get_running_loop().create_task(
            self._run(), name=f"mcp {entry.name}", context=contextvars.Context()
        )

    @property
    def usable(self) -> bool:
        """Whether calls can be made."""
        return self._started.is_set() and not self._over.is_set() and self._runs()

    @property
    def age(self) -> float:
        """Seconds since it was begun."""
        return time.monotonic() - self._began

    @property
    def reason(self) -> str:
        """Why it ended, once it has."""
        return "; ".join(part for part in (self._reason, str(self._words)) if part) or "it ended"

    async def wait(self) -> None:
        """Wait until calls can be made, or the server has ended."""
        started = asyncio.ensure_future(self._started.wait())
        try:
            await asyncio.wait((started, self._task), return_when=asyncio.FIRST_COMPLETED)
        finally:
            started.cancel()

    async def call(self, name: str, arguments: dict[str, Any]) -> CallResult:
        """Call a tool.

        Raises:
            Ended: The server ended before it answered.
            McpError: The server answered with an error.
        """
        if self._session is None or not self.usable:
            self._end("")
            raise Ended(unsent=True)
        try:
            result = await self._session.call(name, arguments)
        except Ended:
            self._end("")
            raise
        except McpError:
            self.answered = True
            raise
        self.answered = True
        return result

    async def list_again(self) -> None:
        """List the tools anew; they stay as they are where that fails."""
        if self._session is None or not self.usable:
            return
        with suppress(Ended, McpError, TimeoutError, ValidationError):
            async with asyncio.timeout(self._entry.start_timeout):
                self.tools, self.faults = await self._session.list_all()

    async def aclose(self) -> None:
        """End the server."""
        self._end("it was closed")
        await asyncio.wait((self._task,), timeout=CLOSE_SECONDS)
        if not self._task.done():
            self._task.cancel()
            await asyncio.wait((self._task,))

    async def _run(self) -> None:
        seconds = self._entry.start_timeout
        try:
            async with self._open() as (reading, writing):
                known = cast(Reading, _Known(reading, writing, lambda: self._end("")))
                async with _Session(known, writing, self._changed) as session:
                    self._session = session
                    session.nonsense = lambda: self._end("it sent what is no message")
                    if self._over.is_set():
                        return
                    try:
                        async with asyncio.timeout(seconds):
                            await session.initialize()
                            self.tools, self.faults = await session.list_all()
                        self._started.set()
                        await self._over.wait()
                    finally:
                        await session.aclose()
        # The tool boundary: whatever goes wrong with a server is told, and the others work.
        except Exception as error:  # noqa: BLE001
            self._end(_reason(error, seconds))
        finally:
            self._end("")

    def _open(self) -> AbstractAsyncContextManager[tuple[Reading, Writing]]:
        _quiet()
        if self._entry.url:
            return open_http(self._entry, self._settings, self._broken)
        return open_process(self._entry, self._words, self._watch)

    def _watch(self, runs: Callable[[], bool]) -> None:
        self._runs = runs

    def _broken(self, reason: str, asked: object, unsent: bool) -> None:
        session = self._session
        if session is None or asked not in session.pending:
            return  # nobody waits for it
        if unsent:
            session.unsent.add(asked)
        self._end(reason)

    def _end(self, reason: str) -> None:
        """Note the end; the first reason counts."""
        if not self._over.is_set():
            self._reason = reason
            self._over.set()
        if self._session is not None:
            self._session.end()


def _reason(error: BaseException, seconds: float) -> str:
    """Say why a server could not be started or went away."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, Ended):
        return ""
    if isinstance(error, TimeoutError):
        return f"it did not list its tools within {seconds:g} seconds (`initTimeout` of its entry)"
    if isinstance(error, ToolSetupError):
        return error.message
    if isinstance(error, McpError):
        return f"it answered with an error: {error}"[:300]
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


def _quiet() -> None:
    """Keep the SDK's log off the terminal of a program that has not set up logging."""
    logger = logging.getLogger("mcp")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())


def _version() -> str:
    try:
        return metadata.version("arriero")
    except metadata.PackageNotFoundError:
        return "0"
