"""The outer edge of the command line: every failure becomes a message and an exit code."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TextIO

from agent.errors import ArrieroError
from ui.terminal import Terminal

STOPPED = 130
"""Exit code after Ctrl-C: 128 and the number of the signal, as shells count."""
WAITING = 7
"""Exit code when the turn waits for the user's approval or answer."""
PIPE_CLOSED = 141
"""Exit code when whoever read stdout went away: 128 and the number of SIGPIPE."""
COMPLETION = "_ARRIERO_COMPLETE"
"""The variable by which a shell asks for completions, which typer ends with SystemExit."""
LOG_BYTES = 1_000_000
"""Size at which the log is begun anew; the old one is kept beside it."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A failure as the user is told about it."""

    kind: str
    message: str
    hint: str
    code: int


class Stopped(Exception):
    """Say that the user stopped the command with Ctrl-C; what was there is printed already."""


def run(command: Callable[[], int], arguments: Sequence[str], terminal: Terminal) -> int:
    """Run a command and return its exit code; no exception gets past here.

    Args:
        command: What to run.
        arguments: The command line, read for `--json` alone: with it a failure is told as one
            JSON object on stdout.
        terminal: Where a failure is told.
    """
    try:
        code = command()
        terminal.stdout.flush()
        return code
    except BrokenPipeError:
        _silence(terminal.stdout)
        return PIPE_CLOSED
    except SystemExit:
        if COMPLETION in os.environ:
            raise
        # So rich ends a command whose reader went away.
        _silence(terminal.stdout)
        return PIPE_CLOSED
    except (KeyboardInterrupt, Stopped):
        failure = Failure("Stopped", "Stopped.", "", STOPPED)
    except ArrieroError as error:
        failure = Failure(error.kind, error.message, error.hint, error.exit_code)
    except Exception as error:  # noqa: BLE001 - the outer edge: one line for the user, the rest logged
        failure = _foreign(error)
    return _tell(failure, "--json" in _options(arguments), terminal)


def _options(arguments: Sequence[str]) -> Sequence[str]:
    return arguments[: arguments.index("--")] if "--" in arguments else arguments


def _tell(failure: Failure, as_json: bool, terminal: Terminal) -> int:
    try:
        if as_json:
            told = {"kind": failure.kind, "message": failure.message, "hint": failure.hint}
            terminal.json({"error": told})
        else:
            terminal.fail(failure.message, failure.hint)
    except BrokenPipeError:
        _silence(terminal.stdout)
    return failure.code


def _foreign(error: Exception) -> Failure:
    """Put an exception that is not ours into words.

    The classes are known by name: importing them would load their packages for every command.
    """
    from typer import Abort, TyperException

    kind = type(error).__name__
    if isinstance(error, TyperException):
        context = getattr(error, "ctx", None)
        hint = f"Try `{context.command_path} --help`." if context else "Try `arriero --help`."
        return Failure("UsageError", error.format_message(), hint, error.exit_code)
    if isinstance(error, Abort | EOFError):
        return Failure("Stopped", "Stopped: the input ended.", "", STOPPED)
    if kind == "ToolSetupError":
        return Failure(kind, str(error), str(getattr(error, "hint", "")), 2)
    return _unexpected(error)


def _unexpected(error: Exception) -> Failure:
    from tools.secrets import Redactor, secret_values

    hide = Redactor(secret_values()).text
    trace = hide("".join(traceback.format_exception(error)))
    if os.environ.get("ARRIERO_DEBUG"):
        sys.stderr.write(trace)
    first = hide(str(error)).splitlines()[:1]
    message = ": ".join([f"Something unexpected happened: {type(error).__name__}", *first])
    try:
        path = write_log(trace)
    except OSError as unwritable:
        reason = unwritable.strerror or unwritable
        hint = f"The log could not be written ({reason}); ARRIERO_DEBUG=1 prints all of it."
    else:
        hint = f"All of it is in {path}."
    return Failure(type(error).__name__, message, hint, 1)


def write_log(text: str) -> Path:
    """Append text to the log in the home folder and return the log's path."""
    from agent.settings import default_home

    path = default_home() / "logs" / "arriero.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LOG_BYTES:
        path.replace(path.with_suffix(".log.1"))
    stamp = datetime.now().astimezone().isoformat(timespec="seconds")
    with path.open("a", encoding="utf-8", errors="backslashreplace") as log:
        log.write(f"--- {stamp}\n{text}\n")
    return path


def _silence(stream: TextIO) -> None:
    """Point a broken pipe at nothing, so that Python's own flush at exit stays silent."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except (OSError, ValueError):
        return
