"""MCP servers as a source of tools."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tools.offers import Offer
from tools.settings import ToolSettings

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

    from tools.mcp_servers import McpServers, ServedTool

FILE = "mcp.json"


class McpSource:
    """Offer the tools of the servers that `mcpServers` files name.

    The MCP library is loaded only where such a file exists.

    Args:
        settings: Which files, and what every tool obeys.
        home: The folder in which `mcp.json` is looked for where no file is named.
    """

    def __init__(self, settings: ToolSettings, home: Path) -> None:
        self._settings = settings
        self._files = settings.mcp or (home / FILE,)
        self._servers: McpServers | None = None
        self._served: dict[ServedTool, Offer] = {}

    @property
    def offers(self) -> tuple[Offer, ...]:
        """The tools, server by server."""
        return tuple(self._served.values())

    @property
    def problems(self) -> tuple[str, ...]:
        """Servers that cannot be had, and why."""
        return self._servers.problems if self._servers else ()

    async def refresh(self) -> bool:
        """Start and stop servers as the files say, and list tools that changed."""
        if self._servers is None:
            if not self._settings.mcp and not self._files[0].exists():
                return False
            from tools.mcp_servers import McpServers

            self._servers = McpServers(self._files, self._settings)
        changed = await self._servers.refresh()
        if changed:
            self._served = {
                one: self._served.get(one) or _offer(one) for one in self._servers.tools
            }
        return changed

    async def aclose(self) -> None:
        """End the servers."""
        if self._servers is not None:
            await self._servers.aclose()


def _offer(served: ServedTool) -> Offer:
    name = f"{served.server}.{served.tool.name}"
    return Offer(name, partial(_same, served.tool), f"mcp {served.server}", qualified=name)


def _same(tool: BaseTool) -> BaseTool:
    return tool
