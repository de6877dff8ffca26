"""Ask the user in the terminal: before a call with side effects, and what a tool asks back."""

from __future__ import annotations

import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any, assert_never

from agent.events import Answer, Approval, Question, Waiting
from tools.threads import in_thread
from ui.terminal import Terminal
from ui.text import one_line, plain

Read = Callable[[str, str], Awaitable[str]]
"""Reads a line: takes a prompt and the text that stands there to be edited; raises EOFError."""
Asker = Callable[[Waiting], Awaitable[Answer | None]]
"""Returns what the user says, or None where the turn shall go on waiting."""

CHOICES = "[y] yes  [n] no  [e] edit  [a] always in this thread"
MOST = 400
"""Characters of one argument that are shown."""


def asker(terminal: Terminal, read: Read) -> Asker:
    """Return what asks the user on a terminal."""

    async def ask(request: Waiting) -> Answer | None:
        try:
            match request:
                case Question():
                    return await _reply(request, terminal, read)
                case Approval():
                    return await _decide(request, terminal, read)
                case _:
                    assert_never(request)
        except (EOFError, KeyboardInterrupt):
            return None

    return ask


async def approve_all(request: Waiting) -> Answer | None:
    """Approve every call; a question goes on waiting."""
    return Answer("approve") if isinstance(request, Approval) else None


async def reject_all(request: Waiting) -> Answer | None:
    """Reject every call; a question goes on waiting."""
    return Answer("reject") if isinstance(request, Approval) else None


def describe(request: Waiting) -> list[str]:
    """Return the lines that tell what a turn waits for."""
    if isinstance(request, Question):
        options = [f"  {number}. {one_line(o)}" for number, o in enumerate(request.options, 1)]
        return [plain(request.text), *options]
    lines = [f"{one_line(request.tool)} waits for your approval. {one_line(request.reason, 300)}"]
    for name, value in request.arguments.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        lines.append(f"  {one_line(name)}: {one_line(text, MOST)}")
    if request.problem:
        lines.append(f"The arguments do not fit: {one_line(request.problem, 300)}")
    return lines


async def _decide(request: Approval, terminal: Terminal, read: Read) -> Answer:
    _tell(request, terminal)
    while True:
        said = (await read(f"{CHOICES} > ", "")).strip()
        match said.lower():
            case "y" | "yes":
                return Answer("approve")
            case "a" | "always":
                return Answer("always")
            case "e" | "edit":
                if (arguments := await _edited(request, terminal, read)) is not None:
                    return Answer("edit", arguments)
            case "n" | "no":
                why = (await read("Why (may stay empty) > ", "")).strip()
                return Answer("reject", text=why)
            case "":
                continue
            case _:
                terminal.err.print(CHOICES)


async def _edited(request: Approval, terminal: Terminal, read: Read) -> dict[str, Any] | None:
    """Let the user edit the arguments as JSON; return None if what is left is none."""
    before = json.dumps(request.arguments, ensure_ascii=False)
    text = await read("Arguments > ", before)
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        terminal.err.print(f"That is no JSON: {error.msg} at character {error.pos + 1}.")
        return None
    if not isinstance(value, dict):
        terminal.err.print('The arguments are an object, such as {"name": "value"}.')
        return None
    return value


async def _reply(request: Question, terminal: Terminal, read: Read) -> Answer:
    _tell(request, terminal)
    while not (said := (await read("Your answer > ", "")).strip()):
        pass
    if said.isdigit() and 1 <= int(said) <= len(request.options):
        said = request.options[int(said) - 1]
    return Answer("reply", text=said)


def _tell(request: Waiting, terminal: Terminal) -> None:
    for number, line in enumerate(describe(request)):
        terminal.err.print(plain(line), style="bold yellow" if not number else "")


async def read_line(prompt: str, default: str) -> str:
    """Read a line from the terminal, or from a pipe, where nothing stands there to be edited."""
    if not sys.stdin.isatty():
        line: str = await in_thread(sys.stdin.readline)
        if not line:
            raise EOFError
        return plain(line)
    from prompt_toolkit import PromptSession
    from prompt_toolkit.output.defaults import create_output

    session: PromptSession[str] = PromptSession(output=create_output(stdout=sys.stderr))
    return await session.prompt_async(prompt, default=default)
