"""The built-in tools."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tools.errors import ToolSetupError
from tools.net import Net
from tools.offers import Offer
from tools.settings import ToolSettings

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

    from memory.documents import Documents

SEARCH_DOCUMENTS = "search_documents"
"""The tool that is only there with the documents that it searches."""


class Builtin:
    """Offer the built-in tools.

    Args:
        settings: What every tool obeys.
        home: The folder of everything that arriero keeps.
        wanted: Names of those to offer; None means all of them.
        documents: The documents of the users; without them there is no tool to search them.

    Raises:
        ToolSetupError: One was named that does not exist.
    """

    def __init__(
        self,
        settings: ToolSettings,
        home: Path,
        wanted: Sequence[str] | None = None,
        documents: Documents | None = None,
    ) -> None:
        self._net = Net(settings.net)
        self.offers = tuple(
            Offer(name, partial(_MAKERS[name], settings, self._net, home), "built-in")
            for name in _known(wanted)
        )
        if documents is not None and (wanted is None or SEARCH_DOCUMENTS in wanted):
            make = partial(_search_documents, settings, documents)
            self.offers += (Offer(SEARCH_DOCUMENTS, make, "built-in"),)
        self.problems: tuple[str, ...] = ()

    async def refresh(self) -> bool:
        """Tell that nothing changes."""
        return False

    async def aclose(self) -> None:
        """Close the way out."""
        await self._net.aclose()


def builtin_names() -> tuple[str, ...]:
    """Name the built-in tools in the order in which they are shown."""
    return tuple(_MAKERS)


def _known(wanted: Sequence[str] | None) -> list[str]:
    """Return the wanted names in their own order, without doubles."""
    chosen = list(_MAKERS) if wanted is None else wanted
    unknown = [name for name in chosen if name not in (*_MAKERS, SEARCH_DOCUMENTS)]
    if unknown:
        raise ToolSetupError(
            f"There is no built-in tool named {', '.join(repr(name) for name in unknown)}.",
            f"The built-in tools are: {', '.join(_MAKERS)}.",
        )
    return [name for name in _MAKERS if name in chosen]


def _calculator(settings: ToolSettings, net: Net, home: Path) -> BaseTool:
    from tools.calculator import calculator_tool

    return calculator_tool()


def _clock(settings: ToolSettings, net: Net, home: Path) -> BaseTool:
    from tools.clock import clock_tool

    return clock_tool()


def _web_search(settings: ToolSettings, net: Net, home: Path) -> BaseTool:
    from tools.search.engine import open_engine
    from tools.search.tool import web_search_tool

    engine = open_engine(settings.search, settings.net, home)
    return web_search_tool(settings.search, engine, net)


def _read_page(settings: ToolSettings, net: Net, home: Path) -> BaseTool:
    from tools.page import read_page_tool

    return read_page_tool(net, settings.output_chars)


def _convert(settings: ToolSettings, net: Net, home: Path) -> BaseTool:
    from tools.convert import convert_tool

    return convert_tool()


def _python(settings: ToolSettings, net: Net, home: Path) -> BaseTool:
    from tools.python.tool import python_tool

    return python_tool(settings, home)


def _files(settings: ToolSettings, net: Net, home: Path) -> BaseTool:
    from tools.files import files_tool

    return files_tool(settings, home)


def _wikipedia(settings: ToolSettings, net: Net, home: Path) -> BaseTool:
    from tools.wikipedia import wikipedia_tool

    return wikipedia_tool(settings, net)


def _weather(settings: ToolSettings, net: Net, home: Path) -> BaseTool:
    from tools.weather import weather_tool

    return weather_tool(settings, net)


def _ask_user(settings: ToolSettings, net: Net, home: Path) -> BaseTool:
    from tools.ask_user import ask_user_tool

    return ask_user_tool()


def _search_documents(settings: ToolSettings, documents: Documents) -> BaseTool:
    from tools.own_documents import search_documents_tool

    return search_documents_tool(documents, settings.search.shown_chars)


_MAKERS: dict[str, Callable[[ToolSettings, Net, Path], BaseTool]] = {
    "calculator": _calculator,
    "clock": _clock,
    "convert": _convert,
    "web_search": _web_search,
    "read_page": _read_page,
    "wikipedia": _wikipedia,
    "weather": _weather,
    "python": _python,
    "files": _files,
    "ask_user": _ask_user,
}
