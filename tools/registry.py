"""The tools of an assistant, built-in and brought along, through one door."""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from tools.errors import ToolSetupError
from tools.schema import spec_of
from tools.settings import ToolSettings
from tools.spec import ToolSpec

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

    from tools.net import Net

# Dots too: the native protocol replaces what a server's function calling does not take.
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,127}")


@dataclass(frozen=True)
class Toolbox:
    """The tools that a turn may use; fixed once it is built.

    Args:
        tools: The tools by name, in the order in which they are shown.
        specs: The same tools as a model sees them.
        problems: What was left out, and why, one sentence each.
    """

    tools: Mapping[str, BaseTool]
    specs: tuple[ToolSpec, ...]
    problems: tuple[str, ...] = ()
    closers: tuple[Callable[[], Awaitable[None]], ...] = field(default=(), repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        """Name the tools in the order in which they are shown."""
        return tuple(self.tools)

    def get(self, name: str) -> BaseTool | None:
        """Return the tool of that name, or None."""
        return self.tools.get(name)

    async def aclose(self) -> None:
        """Close the connections that the tools held open."""
        for close in self.closers:
            await close()


def open_toolbox(
    settings: ToolSettings,
    builtin: Sequence[str] | None = None,
    extra: Sequence[BaseTool | Callable[..., Any]] = (),
) -> Toolbox:
    """Build the toolbox: built-in tools first, then the others in the order given.

    Args:
        settings: What every tool obeys.
        builtin: Names of the built-in tools; None means all of them.
        extra: Tools, or plain functions with type hints and a docstring.

    Raises:
        ToolSetupError: A built-in tool was named that does not exist.
    """
    from tools.net import Net

    net = Net(settings.net)
    makers = _builtin_makers(settings, net, _known(builtin))
    makers += [(_label(item), partial(as_tool, item)) for item in extra]
    tools: dict[str, BaseTool] = {}
    specs: list[ToolSpec] = []
    problems: list[str] = []
    for label, make in makers:
        try:
            tool = make()
            spec = _checked_spec(tool, tools)
        # The tool boundary: a broken tool is named and left out, and the others work.
        except Exception as error:  # noqa: BLE001
            problems.append(f"{label} was left out: {_reason(error)}")
            continue
        tools[tool.name] = tool
        specs.append(spec)
    return Toolbox(tools, tuple(specs), tuple(problems), (net.aclose,))


def as_tool(item: BaseTool | Callable[..., Any]) -> BaseTool:
    """Make a tool of a plain typed function; a tool stays as it is.

    Raises:
        ToolSetupError: The thing is neither, or the function lacks what a model must be told.
    """
    from langchain_core.tools import BaseTool, StructuredTool

    if isinstance(item, BaseTool):
        return item
    if not callable(item) or isinstance(item, type):
        raise ToolSetupError(f"{item!r} is neither a tool nor a function")
    if not inspect.getdoc(item):
        raise ToolSetupError("it has no docstring, and the model would not know when to use it")
    way = "coroutine" if inspect.iscoroutinefunction(item) else "func"
    return StructuredTool.from_function(**{way: item}, parse_docstring=True)  # type: ignore[arg-type]


def builtin_names() -> tuple[str, ...]:
    """Name the built-in tools in the order in which they are shown."""
    return tuple(_MAKERS)


def _known(builtin: Sequence[str] | None) -> list[str]:
    """Return the wanted built-in names in their own order, without doubles."""
    wanted = _MAKERS if builtin is None else builtin
    unknown = [name for name in wanted if name not in _MAKERS]
    if unknown:
        raise ToolSetupError(
            f"There is no built-in tool named {', '.join(repr(name) for name in unknown)}.",
            f"The built-in tools are: {', '.join(_MAKERS)}.",
        )
    return [name for name in _MAKERS if name in wanted]


def _builtin_makers(
    settings: ToolSettings, net: Net, names: Sequence[str]
) -> list[tuple[str, Callable[[], BaseTool]]]:
    return [(name, partial(_MAKERS[name], settings, net)) for name in names]


def _calculator(settings: ToolSettings, net: Net) -> BaseTool:
    from tools.calculator import calculator_tool

    return calculator_tool()


def _clock(settings: ToolSettings, net: Net) -> BaseTool:
    from tools.clock import clock_tool

    return clock_tool()


def _web_search(settings: ToolSettings, net: Net) -> BaseTool:
    from tools.search.engine import open_engine
    from tools.search.tool import web_search_tool

    return web_search_tool(settings.search, open_engine(settings.search, settings.net))


def _read_page(settings: ToolSettings, net: Net) -> BaseTool:
    from tools.page import read_page_tool

    return read_page_tool(net, settings.output_chars)


_MAKERS: dict[str, Callable[[ToolSettings, Net], BaseTool]] = {
    "calculator": _calculator,
    "clock": _clock,
    "web_search": _web_search,
    "read_page": _read_page,
}


def _label(item: Any) -> str:
    return str(getattr(item, "name", None) or getattr(item, "__name__", None) or repr(item)[:80])


def _checked_spec(tool: BaseTool, taken: Mapping[str, BaseTool]) -> ToolSpec:
    """Return the tool as a model sees it.

    Raises:
        ToolSetupError: Its name cannot be used.
    """
    if not NAME.fullmatch(tool.name):
        raise ToolSetupError(
            f"{tool.name!r} is no name that a model can call; "
            "use up to 128 letters, digits, _, . and -"
        )
    if tool.name in taken:
        raise ToolSetupError("another tool has the same name")
    if not tool.description.strip():
        raise ToolSetupError("it has no description, and the model would not know when to use it")
    return spec_of(tool)


def _reason(error: Exception) -> str:
    if isinstance(error, ToolSetupError):
        return error.message
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]
