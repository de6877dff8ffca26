"""The SDK's session with a server, told of what it keeps to itself: ends and cancelled calls."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import timedelta
from importlib import metadata
from typing import Any, TypeVar

import anyio
from mcp import types
from mcp.client.session import ClientSession
from mcp.shared.exceptions import McpError
from mcp.shared.message import MessageMetadata, SessionMessage
from mcp.shared.session import ProgressFnT, RequestResponder
from pydantic import BaseModel, Field, ValidationError

from tools.mcp_stdio import Reading, Writing

MAX_PAGES = 100
# Seconds in which a server must take the word that a call is no longer wanted.
CANCEL_SECONDS = 5.0
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


class Session(ClientSession):
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


class Known:
    """Let through what the SDK's session knows; it would tell the log of everything else."""

    def __init__(self, inner: Reading, writing: Writing, ended: Callable[[], None]) -> None:
        self._inner = inner
        self._writing = writing
        self._ended = ended

    async def __aenter__(self) -> Known:
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


def _version() -> str:
    try:
        return metadata.version("arriero")
    except metadata.PackageNotFoundError:
        return "0"
