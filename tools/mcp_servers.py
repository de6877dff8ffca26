"""MCP servers as a source of tools: started once, kept open, started again when they die."""

from __future__ import annotations

import asyncio
import contextvars
import os
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcp import types
from mcp.shared.exceptions import McpError
from pydantic import ValidationError

from tools.errors import ToolSetupError
from tools.mcp_config import Configuration, ServerEntry, read_files
from tools.mcp_connection import Connection
from tools.mcp_session import CallResult, Ended
from tools.mcp_tools import as_tool
from tools.settings import NetSettings, ToolSettings

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

# Seconds before the next start after so many failures in a row; the last one for all further.
DELAYS = (0.0, 0.0, 1.0, 5.0, 30.0, 120.0, 300.0)
# Failures in a row after which a server that once worked is named, and its tools are taken away.
PATIENCE = 3
# Seconds after which a session that ends was no failure, though nothing was asked of it.
LONG = 60.0
_ODD = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True, eq=False)
class ServedTool:
    """A tool and the server that has it.

    Args:
        server: The server's name, in the characters that a tool's name may have.
        tool: The tool.
    """

    server: str
    tool: BaseTool


class McpServers:
    """Run the servers that files name, and offer their tools.

    All of it belongs to one event loop.

    Args:
        files: Files with `mcpServers`.
        settings: What every tool obeys; files that it names must exist.
    """

    def __init__(self, files: Sequence[Path], settings: ToolSettings) -> None:
        self._files = tuple(files)
        self._must_exist = bool(settings.mcp)
        self._net = settings.net
        self._stamps: object = None
        self._configuration = Configuration({}, ())
        self._servers: dict[str, _Server] = {}
        self._lock = asyncio.Lock()
        self._seen: tuple[tuple[ServedTool, ...], tuple[str, ...]] = ((), ())

    @property
    def tools(self) -> tuple[ServedTool, ...]:
        """The tools, server by server in the order of the files."""
        return self._seen[0]

    @property
    def problems(self) -> tuple[str, ...]:
        """What cannot be had, why, and what mends it, one sentence each."""
        return self._seen[1]

    async def refresh(self) -> bool:
        """Read changed files, start and stop servers, and list tools that changed.

        A server that could not be started is tried again beside, so that nobody waits for it.

        Returns:
            Whether the tools or the problems changed.
        """
        async with self._lock:
            await self._follow_files()
            await asyncio.gather(*(server.refresh() for server in self._servers.values()))
            tools = tuple(one for server in self._servers.values() for one in server.tools)
            problems = list(self._configuration.problems)
            for server in self._servers.values():
                problems.extend(server.problems)
            seen = (tools, tuple(problems))
            changed = seen != self._seen
            self._seen = seen
            return changed

    async def aclose(self) -> None:
        """End all servers."""
        async with self._lock:
            servers, self._servers = self._servers, {}
            self._stamps = None
            self._seen = ((), ())
            await asyncio.gather(*(server.aclose() for server in servers.values()))

    async def _follow_files(self) -> None:
        stamps = [_stamp(file) for file in self._files]
        if stamps == self._stamps:
            return
        self._stamps = stamps
        self._configuration = read_files(self._files, os.environ, must_exist=self._must_exist)
        wanted = self._configuration.servers
        before, self._servers = self._servers, {}
        for name, entry in wanted.items():
            kept = before.get(name)
            if kept is not None and kept.entry == entry:
                self._servers[name] = before.pop(name)
            else:
                self._servers[name] = _Server(entry, self._net)
        await asyncio.gather(*(server.aclose() for server in before.values()))


class _Server:
    """One server through all of its lives."""

    def __init__(self, entry: ServerEntry, net: NetSettings) -> None:
        self.entry = entry
        self._net = net
        self._slug = _ODD.sub("_", entry.name).strip("_") or "server"
        self._connection: Connection | None = None
        self._starting: asyncio.Task[None] | None = None
        self._stale = False
        self._closed = False
        self._served: dict[str, tuple[types.Tool, ServedTool]] = {}
        self._faults: list[str] = []
        self._worked = False
        self._given_up = False
        self._failures = 0
        self._not_before = 0.0
        self._reason = ""

    @property
    def tools(self) -> tuple[ServedTool, ...]:
        """Its tools; none while it cannot be had."""
        return () if self._given_up else tuple(one for _, one in self._served.values())

    @property
    def problems(self) -> tuple[str, ...]:
        """Why it cannot be had, and what is wrong with its tools."""
        if self._given_up:
            return (f"{self.entry.label} cannot be had: {_sentence(self._reason)}",)
        return tuple(f"{self.entry.label}: {_sentence(fault)}" for fault in self._faults)

    async def refresh(self) -> None:
        """Start it if it never was, list its tools if they changed, try again what failed."""
        if self._connection is None:
            await asyncio.shield(self._begin())
        elif self._given_up:
            if time.monotonic() >= self._not_before:
                self._begin()
        elif self._stale:
            self._stale = False
            await self._connection.list_again()
            self._take(self._connection)

    async def call(self, name: str, arguments: dict[str, Any]) -> CallResult:
        """Call a tool, on a server that is started again if it has died.

        Raises:
            ToolException: The server could not be had, refused the call, or ended during it.
        """
        from langchain_core.tools import ToolException

        said = f"The MCP server {self.entry.name}"
        for _ in range(2):
            connection = await self._connected()
            try:
                result = await connection.call(name, arguments)
            except Ended as end:
                self._settle(connection)
                if end.unsent:  # it had gone unnoticed: once more, with a new one
                    continue
                raise ToolException(
                    f"{said} ended during the call; it is not known whether {name} took effect. "
                    "It is started again with the next call; check what was done before you "
                    "repeat anything that changes something."
                ) from ConnectionError(connection.reason)
            except McpError as error:
                raise ToolException(f"{said} refused the call of {name}: {error}") from error
            except ValidationError as error:
                raise ToolException(
                    f"{said} answered the call of {name} with what is no result; it is not known "
                    "whether it took effect."
                ) from error
            return result
        raise ToolException(
            f"{said} cannot be reached: {_sentence(self._reason)} {name} was not called."
        ) from ConnectionError(self._reason)

    async def aclose(self) -> None:
        """End it, and start it no more."""
        self._closed = True
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.wait((self._starting,))
        if self._connection is not None:
            await self._connection.aclose()

    async def _connected(self) -> Connection:
        """Return a connection that can be used, opened if need be.

        Raises:
            ToolException: There is none, and this is not the time to try.
        """
        from langchain_core.tools import ToolException

        connection = self._connection
        if self._starting is None and connection is not None and connection.usable:
            return connection
        if self._starting is None:
            wait = self._not_before - time.monotonic()
            if wait > 0 or self._closed:
                after = f" It is tried again in {wait:.0f} seconds." if wait > 0 else ""
                raise ToolException(
                    f"The MCP server {self.entry.name} is not running: {_sentence(self._reason)}"
                    f"{after} Answer without it."
                )
        await asyncio.shield(self._begin())
        if self._connection is None or not self._connection.usable:
            raise ToolException(
                f"The MCP server {self.entry.name} could not be started again: "
                f"{_sentence(self._reason)} Answer without it."
            )
        return self._connection

    def _begin(self) -> asyncio.Task[None]:
        """Start it, once for all who need it."""
        if self._starting is None:
            self._starting = asyncio.get_running_loop().create_task(
                self._start(), context=contextvars.Context()
            )
            self._starting.add_done_callback(self._begun)
        return self._starting

    def _begun(self, _: asyncio.Task[None]) -> None:
        self._starting = None

    async def _start(self) -> None:
        if self._connection is not None:
            await self._connection.aclose()
            self._settle(self._connection)
        self._stale = False
        self._connection = connection = Connection(self.entry, self._net, self._note_change)
        await connection.wait()
        if not connection.usable:
            await connection.aclose()
            self._settle(connection)
            return
        self._worked = True
        self._given_up = False
        self._take(connection)

    def _settle(self, ended: Connection) -> None:
        """Count a session that ended and was no use; a server that keeps on so is given up."""
        if ended.settled:
            return
        ended.settled = True
        self._reason = ended.reason
        if ended.answered or ended.age > LONG:
            self._failures = 0
            return
        self._failures += 1
        self._given_up = self._failures >= (PATIENCE if self._worked else 1)
        delay = DELAYS[min(self._failures, len(DELAYS) - 1)]
        self._not_before = time.monotonic() + delay

    def _note_change(self) -> None:
        self._stale = True

    def _take(self, connection: Connection) -> None:
        """Take over the tools that are listed; one that is the same stays the same object."""
        wanted = self.entry.tools
        before, self._served, self._faults = self._served, {}, list(connection.faults)
        listed = {tool.name: tool for tool in connection.tools}
        for name, tool in listed.items():
            if wanted is not None and name not in wanted:
                continue
            kept = before.get(name)
            if kept is not None and kept[0] == tool:
                self._served[name] = kept
                continue
            try:
                made = as_tool(self.entry, tool, self.call)
            except (ToolSetupError, ValueError) as error:
                self._faults.append(f"its tool {name!r} was left out: {str(error)[:200]}")
                continue
            self._served[name] = (tool, ServedTool(self._slug, made))
        for key, names in (("tools", wanted or ()), ("policy", self.entry.policy)):
            self._faults.extend(
                f"`{key}` names {name!r}, which is no tool of it"
                for name in names
                if name not in listed
            )


def _stamp(file: Path) -> tuple[int, ...] | None:
    try:
        stat = file.stat()
    except OSError:
        return None
    return (stat.st_mtime_ns, stat.st_size, stat.st_ino)


def _sentence(reason: str) -> str:
    text = " ".join(reason.split()) or "it ended"
    return text if text.endswith((".", "!", "?")) else f"{text}."
