"""List and make tools, and show what they have done; no model is needed."""

from __future__ import annotations

import asyncio
import difflib
import json
import shlex
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, redirect_stdout
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.errors import UsageError
from ui.session import Options
from ui.terminal import Terminal
from ui.text import one_line, plain

if TYPE_CHECKING:
    from agent.settings import Settings
    from tools.registry import Registered, Toolbox


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Toolbox]:
    """Open the tools; what they print meanwhile goes to stderr.

    Raises:
        UsageError: A built-in tool was named that does not exist.
    """
    from tools.errors import ToolSetupError
    from tools.registry import open_registry

    # Packages print when they are imported, and what a tool calls prints when it runs.
    with redirect_stdout(sys.stderr):
        try:
            registry = await open_registry(settings.tools, settings.home, settings.builtin_tools)
        except ToolSetupError as error:
            raise UsageError(error.message, error.hint) from error
        try:
            yield registry.toolbox
        finally:
            await registry.aclose()


def find(name: str, toolbox: Toolbox) -> Registered:
    """Return the tool of a name.

    Raises:
        UsageError: There is none.
    """
    tool = toolbox.get(name)
    if tool is None:
        close = difflib.get_close_matches(name, toolbox.names, 1)
        meant = f" Did you mean {close[0]}?" if close else ""
        raise UsageError(f"There is no tool {name}.{meant}", "arriero tools list names them.")
    return tool


def list_tools(options: Options, terminal: Terminal, *, as_json: bool) -> int:
    """List the tools, and what was left out."""
    settings = options.settings()

    async def read() -> Toolbox:
        async with opened(settings) as toolbox:
            return toolbox

    toolbox = asyncio.run(read())
    rows = [_row(tool, settings) for tool in toolbox.tools.values()]
    places = {"folder": str(folder_of(settings)), "mcp": [str(path) for path in _mcp(settings)]}
    if as_json:
        terminal.json({"tools": rows, "problems": list(toolbox.problems), **places})
        return 0
    terminal.show(_table(rows))
    for problem in toolbox.problems:
        terminal.note(problem, style="yellow")
    terminal.note(f"Tool folder: {places['folder']}")
    terminal.note(f"MCP servers: {', '.join(places['mcp'])}")
    return 0


def _row(tool: Registered, settings: Settings) -> dict[str, Any]:
    from tools.approval import why_ask
    from tools.declared import RiskBy
    from tools.taint import Heard

    by = tool.declared.risk
    calls = [{by.argument: case} for case in by.cases] if isinstance(by, RiskBy) else []
    risks = [tool.declared.risk_of(tool.name, call) for call in ({}, *calls)]
    return {
        "name": tool.name,
        "origin": tool.origin,
        "risk": " or ".join(dict.fromkeys(risks)),
        "declared": by is not None,
        "asks": any(why_ask(tool, call, settings.tools, heard=Heard("")) for call in ({}, *calls)),
        "description": " ".join(tool.spec.description.split("\n\n")[0].split()),
    }


def _table(rows: list[dict[str, Any]]) -> Any:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading in ("tool", "from", "risk", "", "what it does"):
        table.add_column(heading)
    for row in rows:
        risk = row["risk"] + ("" if row["declared"] else "?")
        told = one_line(row["description"], 90)
        asks = "asks" if row["asks"] else ""
        table.add_row(plain(row["name"]), plain(row["origin"]), risk, asks, told)
    return table


def new_tool(
    name: str, options: Options, terminal: Terminal, *, folder: Path | None, force: bool
) -> int:
    """Write a new tool with its test and its evaluation case."""
    from tools.builtin import builtin_names
    from tools.errors import ToolSetupError
    from tools.scaffold import write_tool

    settings = options.settings()
    place = folder or folder_of(settings)
    try:
        tool, files = write_tool(name, place, force=force, taken=builtin_names())
    except ToolSetupError as error:
        raise UsageError(error.message, error.hint) from error
    except OSError as error:
        raise UsageError(f"{place} cannot be written: {error.strerror}.") from error
    for path in files:
        terminal.line(str(path))
    if tool != name:
        terminal.note(f"A built-in tool is called {name}, so this one is called {tool}.")
    checked = name if folder is None else shlex.quote(str(files[0]))
    terminal.note(f"Change {files[0].name}, then: arriero tools check {checked}")
    if folder is None:
        terminal.note(f'Try it: arriero tools run {tool} --args \'{{"animal": "llama"}}\'')
    return 0


def show_journal(
    options: Options, terminal: Terminal, *, thread: str | None, number: int, as_json: bool
) -> int:
    """Show what calls with side effects have done for the user."""
    from agent.assistant import JOURNAL
    from tools.journal import Record, SqliteJournal

    user_id, settings = options.user_id(), options.settings()

    async def read() -> list[Record]:
        journal = SqliteJournal(settings.home / JOURNAL)
        try:
            return await journal.records(user_id=user_id, thread_id=thread, limit=number)
        finally:
            await journal.aclose()

    records = asyncio.run(read())
    if as_json:
        terminal.json({"journal": [asdict(record) for record in records]})
    elif not records:
        terminal.note("No tool has done anything yet but read.")
    for record in () if as_json else records:
        when = datetime.fromtimestamp(record.begun).astimezone().strftime("%Y-%m-%d %H:%M:%S")
        state = "cut off" if record.state == "begun" else record.state
        call = one_line(f"{record.tool} {json.dumps(record.arguments, ensure_ascii=False)}", 120)
        terminal.line(f"{when}  {record.risk:9}  {state:7}  {call}  ({record.thread_id})")
    return 0


def folder_of(settings: Settings) -> Path:
    """Return where the tool folder is, or would be."""
    return settings.tools.folder or settings.home / "tools"


def _mcp(settings: Settings) -> tuple[Path, ...]:
    return settings.tools.mcp or (settings.home / "mcp.json",)
