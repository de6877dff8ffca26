"""Run one tool from the command line, as a turn would; no model is needed."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.errors import UsageError
from ui.boundary import WAITING
from ui.session import Options, new_thread
from ui.terminal import Terminal
from ui.tools import find, opened

if TYPE_CHECKING:
    from agent.events import Answer
    from agent.settings import Settings
    from tools.registry import Registered

FAILED = 1
"""Exit code when a tool failed, or was not run because the user said no."""


def run_tool(
    name: str,
    given: str | None,
    options: Options,
    terminal: Terminal,
    *,
    file: str | None = None,
    approve: bool | None,
    as_json: bool,
) -> int:
    """Run one tool as a turn would, and print what came of it.

    Raises:
        UsageError: There is no such tool, or it cannot be given these arguments.
    """
    user_id, settings = options.user_id(), options.settings()
    arguments = _arguments(given, file)

    async def run() -> int:
        async with opened(settings) as toolbox:
            tool = find(name, toolbox)
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


def _arguments(given: str | None, file: str | None) -> dict[str, Any]:
    """Read the arguments from the command line, a file or stdin."""
    option = "--args" if file is None else "--args-file"
    text = _text(file) if file is not None else sys.stdin.read() if given == "-" else given or "{}"
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise UsageError(
            f"{option} is no JSON: {error.msg} at character {error.pos + 1}.",
            'Write an object, such as --args \'{"city": "Lima"}\'.',
        ) from error
    if not isinstance(value, dict):
        raise UsageError(
            f"{option} is no object.", 'Write one, such as --args \'{"city": "Lima"}\'.'
        )
    return value


def _text(file: str) -> str:
    if file == "-":
        return sys.stdin.read()
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise UsageError(f"{file} cannot be read: {reason}.") from error


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
    from tools.secrets import redactor_for

    journal = SqliteJournal(settings.home / JOURNAL)
    call_id = new_thread()
    try:
        policy = Policy(settings.tools, journal, redactor_for(settings.tools))
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
