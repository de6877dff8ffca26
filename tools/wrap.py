"""Makes a tool of a plain typed function."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from tools.declared import declare
from tools.errors import ToolSetupError

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool


def as_tool(item: BaseTool | Callable[..., Any], **policy: Any) -> BaseTool:
    """Make a tool of a plain typed function; a tool stays as it is.

    Args:
        item: The function or tool.
        policy: What it declares of itself, see `tools.declared.Declared`: `risk="sends"`, ….

    Raises:
        ToolSetupError: The thing is neither, the function lacks what a model must be told, or the
            policy is wrong.
    """
    from langchain_core.tools import BaseTool, StructuredTool

    if not isinstance(item, BaseTool):
        if not callable(item) or isinstance(item, type):
            raise ToolSetupError(f"{item!r} is neither a tool nor a function")
        if not inspect.getdoc(item):
            raise ToolSetupError("it has no docstring, and the model would not know when to use it")
        way = "coroutine" if inspect.iscoroutinefunction(item) else "func"
        item = StructuredTool.from_function(**{way: item}, parse_docstring=True)  # type: ignore[arg-type]
    return declare(item, **policy) if policy else item


def with_policies(item: BaseTool | Callable[..., Any], policies: Mapping[str, Any]) -> BaseTool:
    """Make a tool, and attach to it what a file's `POLICY` says of it.

    Raises:
        ToolSetupError: It cannot be a tool, or the policy says something wrong.
    """
    tool = as_tool(item)
    policy = policies.get(tool.name)
    if policy is None:
        return tool
    if not isinstance(policy, Mapping):
        raise ToolSetupError(f"POLICY[{tool.name!r}] must be a dictionary")
    return declare(tool, **policy)


def label_of(item: Any) -> str:
    """Name what a tool is to be made of, before it is one."""
    return str(getattr(item, "name", None) or getattr(item, "__name__", None) or repr(item)[:80])
