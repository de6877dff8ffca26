"""One life of an MCP server: from its start to its end, in a task of its own."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any, cast

from mcp import types
from mcp.shared.exceptions import McpError
from pydantic import ValidationError

from tools.errors import ToolSetupError
from tools.mcp_config import ServerEntry
from tools.mcp_http import open_http
from tools.mcp_session import CallResult, Ended, Known, Session
from tools.mcp_stdio import LastWords, Reading, Writing, open_process
from tools.settings import NetSettings

# Seconds in which a session must be closed before it is broken off.
CLOSE_SECONDS = 5.0


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
        self._session: Session | None = None
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
                known = cast(Reading, Known(reading, writing, lambda: self._end("")))
                async with Session(known, writing, self._changed) as session:
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
