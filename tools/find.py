"""Reaches the tools that the model is not shown."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from tools.declared import declare
from tools.describe import describe
from tools.spec import ToolSpec

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

FIND = "find_tools"
MOST = 5
"""Tools that one search gives."""


def find_tools_tool(
    rank: Callable[[str, int], Awaitable[list[str]]], spec: Callable[[str], ToolSpec]
) -> BaseTool:
    """Return the search among all tools as a tool.

    Args:
        rank: Returns the names of the best tools for a query, at most so many.
        spec: Returns the tool of a name.
    """
    from langchain_core.tools import StructuredTool, ToolException

    async def find_tools(query: str) -> tuple[str, list[ToolSpec]]:
        """Look for a tool that can do something, when none of those you see can do it.

        Args:
            query: What is to be done, in a few words, such as "send an e-mail".
        """
        if not query.strip():
            raise ToolException("The query is empty. Say in a few words what is to be done.")
        found = [spec(name) for name in await rank(query, MOST)]
        if not found:
            return "There is no such tool.", []
        listed = "\n\n".join(describe(one) for one in found)
        return f"You can call these tools now:\n\n{listed}", found

    tool = StructuredTool.from_function(
        coroutine=find_tools, parse_docstring=True, response_format="content_and_artifact"
    )
    return declare(tool, risk="reads", core=True)
