"""All tools of an assistant through one door: built-in, given, from a folder, packages and MCP."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.builtin import Builtin, builtin_names
from tools.declared import Declared, declared
from tools.errors import ToolSetupError
from tools.find import FIND, find_tools_tool
from tools.folder import Folder
from tools.mcp_source import McpSource
from tools.offers import Offer, ToolSource, reason_of
from tools.packages import Packages
from tools.schema import spec_of
from tools.settings import ToolSettings
from tools.spec import ToolSpec
from tools.threads import in_thread
from tools.wrap import as_tool, label_of

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

    from memory.documents import Documents
    from tools.select import ToolIndex

__all__ = [
    "Registered",
    "Registry",
    "Toolbox",
    "as_tool",
    "builtin_names",
    "changes",
    "open_registry",
]

# Dots too: the native protocol replaces what a server's function calling does not take.
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,127}")


@dataclass(frozen=True, slots=True)
class Registered:
    """A tool as the assistant knows it.

    Args:
        tool: What is called.
        spec: The tool as a model sees it.
        declared: What it declares of itself.
        origin: Where it comes from.
    """

    tool: BaseTool
    spec: ToolSpec
    declared: Declared
    origin: str

    @property
    def name(self) -> str:
        """The name that the model writes."""
        return self.spec.name

    @property
    def given(self) -> bool:
        """Whether it came from the program that opened the assistant, which vouches for it."""
        return self.origin == "given"


@dataclass(frozen=True, slots=True)
class Toolbox:
    """The tools that a turn may use; fixed once it is built.

    Args:
        tools: The tools by name, in the order in which they are shown.
        problems: What was left out, and why, one sentence each.
    """

    tools: Mapping[str, Registered]
    problems: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Name the tools in the order in which they are shown."""
        return tuple(self.tools)

    @property
    def specs(self) -> tuple[ToolSpec, ...]:
        """The tools as a model sees them."""
        return tuple(one.spec for one in self.tools.values())

    @property
    def core(self) -> tuple[ToolSpec, ...]:
        """Those that are shown however many tools there are."""
        return tuple(one.spec for one in self.tools.values() if one.declared.core)

    def get(self, name: str) -> Registered | None:
        """Return the tool of that name, or None."""
        return self.tools.get(name)


class Registry:
    """Keep the tools of all sources, and notice what changes.

    Args:
        sources: Where tools come from; of two with one name the earlier source's stays.
        settings: Which are not offered, and from how many on they have to be found.
        cache: A folder for what is expensive to make again; None for none.
    """

    def __init__(
        self, sources: Sequence[ToolSource], settings: ToolSettings, cache: Path | None = None
    ) -> None:
        self._sources = sources
        self._off = settings.off
        self._few = settings.shown
        self._cache = cache
        self._index: ToolIndex | None = None
        self._made: dict[int, Registered | str] = {}
        self._offers: dict[int, Offer] = {}
        self.toolbox = Toolbox({})

    async def refresh(self) -> Toolbox:
        """Look for changed tools, and return the toolbox as it is now."""
        changed = [await source.refresh() for source in self._sources]
        if any(changed) or not self._offers:
            self.toolbox = self._build()
        return self.toolbox

    async def rank(self, query: str, limit: int) -> list[str]:
        """Return the names of the tools that fit a request best, the best first.

        Args:
            query: The request, in the user's words or the model's.
            limit: How many at most.
        """
        found: list[str] = await in_thread(self._rank, self.toolbox, query, limit)
        return found

    def _rank(self, toolbox: Toolbox, query: str, limit: int) -> list[str]:
        from memory.embeddings import open_embedder
        from tools.select import ToolIndex

        if self._index is None:
            self._index = ToolIndex(open_embedder(), self._cache)
        known = [
            (one.spec, one.declared.examples) for one in toolbox.tools.values() if one.name != FIND
        ]
        self._index.update(known)
        return self._index.rank(query, limit)

    async def aclose(self) -> None:
        """Close what the tools held open."""
        for source in self._sources:
            await source.aclose()

    def _build(self) -> Toolbox:
        tools: dict[str, Registered] = {}
        problems: list[str] = []
        offers = [offer for source in self._sources for offer in source.offers]
        # An offer is made once: its tool may hold a cache, a connection or a process.
        self._made = {id(one): self._made[id(one)] for one in offers if id(one) in self._made}
        self._offers = {id(one): one for one in offers}
        for offer in offers:
            made = self._made.setdefault(id(offer), _make(offer))
            if isinstance(made, str):
                problems.append(f"{offer.label} was left out: {made}")
                continue
            if made.name in tools and offer.qualified:
                made = _renamed(made, offer.qualified)
            if any(fnmatch.fnmatchcase(made.name, pattern) for pattern in self._off):
                continue
            if made.name in tools:
                taken = tools[made.name].origin
                problems.append(
                    f"{offer.label} was left out: another tool has the same name ({taken})"
                )
                continue
            tools[made.name] = made
        if len(tools) > self._few and FIND not in tools:
            found = find_tools_tool(self.rank, lambda name: self.toolbox.tools[name].spec)
            tools = {FIND: Registered(found, spec_of(found), declared(found), "built-in"), **tools}
        for source in self._sources:
            problems.extend(source.problems)
        return Toolbox(tools, tuple(problems))


def changes(before: Toolbox, now: Toolbox) -> list[str]:
    """Tell in a line each what changed between two toolboxes."""
    come = [name for name in now.names if name not in before.tools]
    gone = [name for name in before.names if name not in now.tools]
    told = [f"New tools: {', '.join(come)}."] if come else []
    told += [f"Tools that are gone: {', '.join(gone)}."] if gone else []
    return told + [problem for problem in now.problems if problem not in before.problems]


async def open_registry(
    settings: ToolSettings,
    home: Path,
    builtin: Sequence[str] | None = None,
    given: Sequence[BaseTool | Callable[..., Any]] = (),
    documents: Documents | None = None,
) -> Registry:
    """Gather the tools: built-in ones, those given, the folder's, packages', MCP servers'.

    Args:
        settings: What every tool obeys, and where tools are looked for.
        home: The folder of everything that arriero keeps.
        builtin: Names of the built-in tools; None means all of them.
        given: Tools, or plain functions with type hints and a docstring.
        documents: The documents of the users, which a built-in tool searches.

    Raises:
        ToolSetupError: A built-in tool was named that does not exist.
    """
    sources: list[ToolSource] = [Builtin(settings, home, builtin, documents), Given(given)]
    sources.append(Folder(settings.folder or home / "tools", must_exist=bool(settings.folder)))
    sources.append(Packages())
    sources.append(McpSource(settings, home))
    registry = Registry(sources, settings, home / "cache")
    try:
        await registry.refresh()
    except BaseException:
        await registry.aclose()
        raise
    return registry


class Given:
    """Tools that the program brings along when it opens the assistant.

    Args:
        items: The tools, or plain functions.
    """

    def __init__(self, items: Sequence[BaseTool | Callable[..., Any]]) -> None:
        self.offers = tuple(
            Offer(label_of(item), lambda item=item: as_tool(item), "given")  # type: ignore[misc]
            for item in items
        )
        self.problems: tuple[str, ...] = ()

    async def refresh(self) -> bool:
        """Tell that nothing changes."""
        return False

    async def aclose(self) -> None:
        """Do nothing: the tools stay the program's."""


def _make(offer: Offer) -> Registered | str:
    """Make a tool, or say why it cannot be had."""
    try:
        tool = offer.make()
        if not NAME.fullmatch(tool.name):
            raise ToolSetupError(
                f"{tool.name!r} is no name that a model can call; "
                "use up to 128 letters, digits, _, . and -"
            )
        if not tool.description.strip():
            raise ToolSetupError(
                "it has no description, and the model would not know when to use it"
            )
        return Registered(tool, spec_of(tool), declared(tool), offer.origin)
    # The tool boundary: a broken tool is named and left out, and the others work.
    except Exception as error:  # noqa: BLE001
        return reason_of(error)


def _renamed(made: Registered, name: str) -> Registered:
    spec = ToolSpec(name, made.spec.description, made.spec.parameters)
    return Registered(made.tool, spec, made.declared, made.origin)
