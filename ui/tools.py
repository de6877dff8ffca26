"""List, make, check, run and explain tools; no model is needed."""

from __future__ import annotations

import asyncio
import difflib
import json
import shlex
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.errors import UsageError
from ui.boundary import WAITING
from ui.session import Options, new_thread
from ui.terminal import Terminal
from ui.text import one_line, plain

if TYPE_CHECKING:
    from agent.events import Answer
    from agent.settings import Settings
    from tools.check import Finding
    from tools.registry import Registered, Toolbox

FAILED = 1
"""Exit code when a tool failed, or a file has errors."""
COLOURS = {"error": "red", "warning": "yellow", "hint": "dim"}


@asynccontextmanager
async def _toolbox(settings: Settings) -> AsyncIterator[Toolbox]:
    from tools.errors import ToolSetupError
    from tools.registry import open_registry

    try:
        registry = await open_registry(settings.tools, settings.home, settings.builtin_tools)
    except ToolSetupError as error:
        raise UsageError(error.message, error.hint) from error
    try:
        yield registry.toolbox
    finally:
        await registry.aclose()


def list_tools(options: Options, terminal: Terminal, *, as_json: bool) -> int:
    """List the tools, and what was left out."""
    settings = options.settings()

    async def read() -> Toolbox:
        async with _toolbox(settings) as toolbox:
            return toolbox

    toolbox = asyncio.run(read())
    rows = [_row(tool, settings) for tool in toolbox.tools.values()]
    places = {"folder": str(_folder(settings)), "mcp": [str(path) for path in _mcp(settings)]}
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
    from tools.taint import Heard

    risk = tool.declared.risk_of(tool.name, {})
    return {
        "name": tool.name,
        "origin": tool.origin,
        "risk": risk,
        "declared": tool.declared.risk is not None,
        "asks": bool(why_ask(tool, {}, settings.tools, heard=Heard(""))),
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
    place = folder or _folder(settings)
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


def check_tools(wanted: str | None, options: Options, terminal: Terminal, *, as_json: bool) -> int:
    """Check a file, or all files of the tool folder."""
    settings = options.settings()
    paths = _paths(wanted, _folder(settings))

    async def check() -> list[Finding]:
        from tools.builtin import builtin_names
        from tools.check import check_file

        return [one for path in paths for one in await check_file(path, builtin_names())]

    found = asyncio.run(check())
    errors = any(one.level == "error" for one in found)
    if as_json:
        terminal.json(
            {"files": [str(path) for path in paths], "findings": list(map(asdict, found))}
        )
    else:
        for one in found:
            mend = f" {one.mend}" if one.mend else ""
            text = f"{one.level}: {one.where}: {one.what}.{mend}"
            terminal.out.print(plain(one_line(text, 500)), style=COLOURS[one.level])
        files = ", ".join(path.name for path in paths)
        terminal.note(f"{files}: {'something is wrong' if errors else 'fine'}.", style="")
    return FAILED if errors else 0


def _paths(wanted: str | None, folder: Path) -> list[Path]:
    """Return the files that are meant: a file, a folder, or a tool's name in the tool folder."""
    if wanted is not None:
        for path in (Path(wanted), folder / wanted, folder / f"{wanted}.py"):
            if path.is_file():
                return [path]
        if not Path(wanted).is_dir():
            raise UsageError(f"There is no file {wanted}.", f"The tool folder is {folder}.")
        folder = Path(wanted)
    paths = [
        path for path in sorted(folder.glob("*.py")) if not path.name.startswith(("_", "test_"))
    ]
    if not paths:
        raise UsageError(f"There is no tool file in {folder}.", "Write one: arriero tools new NAME")
    return paths


def run_tool(
    name: str,
    given: str,
    options: Options,
    terminal: Terminal,
    *,
    approve: bool | None,
    as_json: bool,
) -> int:
    """Run one tool as a turn would, and print what came of it."""
    user_id, settings = options.user_id(), options.settings()
    arguments = _arguments(given)

    async def run() -> int:
        async with _toolbox(settings) as toolbox:
            tool = _find(name, toolbox)
            checked = _checked(tool, arguments)
            answer = await _ask(tool, checked, settings, terminal, approve, as_json=as_json)
            if answer is None:
                return WAITING
            if answer.decision == "reject":
                terminal.note("It was not run.", style="yellow")
                return FAILED
            edited = answer.arguments if answer.decision == "edit" else None
            final = checked if edited is None else _checked(tool, edited)
            return await _call(tool, final, user_id, settings, terminal, as_json=as_json)

    return asyncio.run(run())


def _arguments(given: str) -> dict[str, Any]:
    text = sys.stdin.read() if given == "-" else given
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise UsageError(
            f"--args is no JSON: {error.msg} at character {error.pos + 1}.",
            'Write an object, such as --args \'{"city": "Lima"}\'.',
        ) from error
    if not isinstance(value, dict):
        raise UsageError("--args is no object.", 'Write one, such as --args \'{"city": "Lima"}\'.')
    return value


def _find(name: str, toolbox: Toolbox) -> Registered:
    tool = toolbox.get(name)
    if tool is None:
        close = difflib.get_close_matches(name, toolbox.names, 1)
        meant = f" Did you mean {close[0]}?" if close else ""
        raise UsageError(f"There is no tool {name}.{meant}", "arriero tools list names them.")
    return tool


def _checked(tool: Registered, arguments: dict[str, Any]) -> dict[str, Any]:
    from tools.schema import validate

    checked, problems = validate(arguments, tool.spec.parameters)
    if problems:
        raise UsageError(f"{'; '.join(problems)}.", f"See: arriero tools schema {tool.name}")
    return checked


async def _ask(
    tool: Registered,
    arguments: dict[str, Any],
    settings: Settings,
    terminal: Terminal,
    approve: bool | None,
    *,
    as_json: bool,
) -> Answer | None:
    """Return the user's answer, where one is needed; None if nobody can be asked."""
    from agent.events import Answer, Approval
    from tools.approval import why_ask
    from tools.taint import Heard
    from ui.approve import asker, describe, read_line

    why = why_ask(tool, arguments, settings.tools, heard=Heard(""))
    if not why or approve:
        return Answer("approve")
    if approve is False:
        return Answer("reject")
    risk = tool.declared.risk_of(tool.name, arguments)
    request = Approval("1", tool.name, arguments, risk, why)
    if sys.stdin.isatty() and terminal.stderr.isatty() and not as_json:
        return await asker(terminal, read_line)(request)
    for line in describe(request):
        terminal.note(line, style="yellow")
    terminal.note("It was not run. Approve it with --yes.", style="yellow")
    return None


async def _call(
    tool: Registered,
    arguments: dict[str, Any],
    user_id: str,
    settings: Settings,
    terminal: Terminal,
    *,
    as_json: bool,
) -> int:
    from agent.assistant import JOURNAL
    from tools.errors import Question
    from tools.journal import SqliteJournal
    from tools.policy import Policy
    from tools.scope import Scope
    from tools.secrets import Redactor, secret_values

    journal = SqliteJournal(settings.home / JOURNAL)
    call_id = new_thread()
    try:
        policy = Policy(settings.tools, journal, Redactor(secret_values()))
        scope = Scope(user_id, "tools run", call_id, f"tools run/{call_id}")
        outcome = await policy.run(tool, arguments, scope)
    except Question as question:
        terminal.line(question.text)
        return WAITING
    finally:
        await journal.aclose()
    if as_json:
        terminal.json({"name": tool.name, "arguments": arguments, **asdict(outcome)})
    elif outcome.error:
        terminal.fail(outcome.error)
    else:
        terminal.line(outcome.output)
        for source in outcome.sources:
            terminal.note(f"source: {source.title} {source.url}")
        for file in outcome.files:
            terminal.note(f"file: {file.path}")
        terminal.note(f"({outcome.seconds:.2f} s)")
    return FAILED if outcome.error else 0


def show_schema(name: str, options: Options, terminal: Terminal, *, as_json: bool) -> int:
    """Show what each protocol tells a model of a tool."""
    from agent.models.grammar import decision_grammar
    from agent.models.meter import Meter
    from agent.models.protocol import Native
    from tools.describe import describe

    settings = options.settings()

    async def read() -> Registered:
        async with _toolbox(settings) as toolbox:
            return _find(name, toolbox)

    spec = asyncio.run(read()).spec
    (sent,) = Native().sent((spec,))
    function = {
        "name": sent.name,
        "description": sent.description,
        "parameters": dict(sent.parameters),
    }
    native = {"type": "function", "function": function}
    prompt, grammar, meter = describe(spec), decision_grammar((spec,)), Meter()
    tokens = {"native": meter.tokens(json.dumps(native)), "prompted": meter.tokens(prompt)}
    if as_json:
        told = {"native": native, "prompted": prompt, "grammar": grammar, "tokens": tokens}
        terminal.json(told)
        return 0
    terminal.line(f"native: what the server is sent, about {tokens['native']} tokens\n")
    terminal.line(json.dumps(native, indent=2, ensure_ascii=False))
    terminal.line(f"\nprompted: what stands in the prompt, about {tokens['prompted']} tokens\n")
    terminal.line(prompt)
    terminal.line("\nprompted: the grammar of a decision with this tool alone\n")
    terminal.line(grammar)
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


def _folder(settings: Settings) -> Path:
    return settings.tools.folder or settings.home / "tools"


def _mcp(settings: Settings) -> tuple[Path, ...]:
    return settings.tools.mcp or (settings.home / "mcp.json",)
