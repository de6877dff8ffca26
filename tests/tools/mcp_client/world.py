"""Servers of our own, and what is needed to watch them."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tools.mcp_servers import McpServers
from tools.settings import ToolSettings

SERVERS = Path(__file__).with_name("servers")


def bare(*modes: str, **more: Any) -> dict[str, Any]:
    """Return the entry of a server on the bare protocol."""
    args = ["-S", "-E", str(SERVERS / "bare.py"), *modes]
    return {"command": sys.executable, "args": args, **more}


def sdk(name: str, *args: str, **more: Any) -> dict[str, Any]:
    """Return the entry of a server on the SDK."""
    return {"command": sys.executable, "args": [str(SERVERS / f"{name}.py"), *args], **more}


async def until(condition: Callable[[], Any], seconds: float = 15.0) -> Any:
    """Wait for a condition, and return what it gave."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it did not come about"
        await asyncio.sleep(0.01)
    return found


def is_gone(pid: int) -> bool:
    """Tell whether a process has ended; one that nobody has collected yet has."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except (ProcessLookupError, FileNotFoundError):
        return True


class World:
    """A file of servers, and those that run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "mcp.json"
        self.servers = McpServers([self.file], ToolSettings(mcp=(self.file,)))

    def write(self, **entries: dict[str, Any]) -> None:
        self.file.write_text(json.dumps({"mcpServers": entries}))

    async def open(self, **entries: dict[str, Any]) -> McpServers:
        self.write(**entries)
        assert await self.servers.refresh()
        return self.servers

    @property
    def names(self) -> list[str]:
        return [f"{one.server}.{one.tool.name}" for one in self.servers.tools]

    def tool(self, name: str) -> Any:
        return next(
            one.tool
            for one in self.servers.tools
            if name in (one.tool.name, f"{one.server}.{one.tool.name}")
        )

    async def call(self, name: str, **arguments: Any) -> str:
        text, _ = await self.tool(name).coroutine(**arguments)
        return str(text)
