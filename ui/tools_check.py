"""Check tool files, and try their evaluation cases with a model."""

from __future__ import annotations

import asyncio
import json
import shlex
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.errors import UsageError
from ui.session import Options
from ui.terminal import Terminal
from ui.text import one_line, plain
from ui.tools import folder_of, opened

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

    from agent.settings import Settings
    from agent.trial import Trial
    from tools.cases import Case
    from tools.finding import Finding

FAILED = 1
"""Exit code when a file has errors."""
COLOURS = {"error": "red", "warning": "yellow", "hint": "dim"}


def check_tools(
    wanted: str | None, options: Options, terminal: Terminal, *, run: bool, as_json: bool
) -> int:
    """Check a file, or all files of the tool folder; with a model, try their cases, too.

    Args:
        wanted: A file, a folder, or a tool file's name in the tool folder; None for the folder.
        options: With a model in them, the cases are asked of it.
        terminal: Where findings are printed.
        run: Call in the cases what has side effects, too.
        as_json: Print one JSON object.

    Raises:
        UsageError: There is nothing to check.
        ModelError: The model failed.
    """
    settings = options.settings()
    paths = _paths(wanted, folder_of(settings))
    found = asyncio.run(_findings(paths, settings, run=run))
    errors = any(one.level == "error" for one in found)
    trials: list[dict[str, Any]] = []
    if not as_json:
        for one in found:
            mend = f" {one.mend}" if one.mend else ""
            text = f"{one.level}: {one.where}: {one.what.rstrip('.')}.{mend}"
            terminal.out.print(plain(one_line(text, 500)), style=COLOURS[one.level])
        files = ", ".join(path.name for path in paths)
        terminal.note(f"{files}: {'something is wrong' if errors else 'fine'}.", style="")
    if options.model and not errors:
        trials = asyncio.run(_try(paths, settings, terminal, as_json=as_json))
    if as_json:
        told = {"files": [str(path) for path in paths], "findings": list(map(asdict, found))}
        terminal.json(told | ({"trials": trials} if options.model else {}))
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


async def _findings(paths: Sequence[Path], settings: Settings, *, run: bool) -> list[Finding]:
    from tools.check import check_file

    found = []
    async with opened(settings) as toolbox:
        for path in paths:
            own = f"file {path.name}"
            others = [one for one in toolbox.tools.values() if one.origin != own]
            found.extend(await check_file(path, others, run=run))
    return found


async def _try(
    paths: Sequence[Path], settings: Settings, terminal: Terminal, *, as_json: bool
) -> list[dict[str, Any]]:
    """Ask the model for its first decision on each case, and tell what it would call."""
    from agent.trial import open_trial
    from tools.cases import read_cases
    from ui.progress import Downloads

    told = []
    with redirect_stdout(sys.stderr), Downloads(terminal) as downloads:
        given = [tool for path in _strangers(paths, settings) for tool in await _made(path)]
        async with open_trial(settings, given, downloads) as trial:
            downloads.close()
            for path in paths:
                for case in read_cases(path):
                    told.append(await _asked(trial, case, path))
                    if not as_json:
                        _print(told[-1], terminal)
            name = trial.model.info.spec
    if not as_json:
        right = sum(one["right"] for one in told)
        terminal.note(f"{name}: {right} of {len(told)} cases right.", style="")
    return told


def _strangers(paths: Sequence[Path], settings: Settings) -> list[Path]:
    """Return the files that do not lie in the tool folder."""
    folder = folder_of(settings).resolve()
    return [path for path in paths if path.resolve().parent != folder]


async def _made(path: Path) -> list[BaseTool]:
    from tools.folder import read_file

    offers, _ = await read_file(path)
    return [offer.make() for offer in offers]


async def _asked(trial: Trial, case: Case, path: Path) -> dict[str, Any]:
    calls = await trial.calls(case.request)
    made = [{"tool": one.name, "arguments": one.arguments} for one in calls]
    if case.tool:
        right = len(calls) == 1 and case.fits(calls[0].name, calls[0].arguments)
    else:
        right = not calls
    wanted = {"tool": case.tool or None, "arguments": case.arguments}
    return {
        "file": path.name,
        "request": case.request,
        "expected": wanted,
        "calls": made,
        "right": right,
    }


def _print(told: dict[str, Any], terminal: Terminal) -> None:
    calls = "; ".join(_call(one) for one in told["calls"]) or "an answer without a call"
    wanted = "" if told["right"] else f", not {_call(told['expected'])}"
    mark, style = ("✓", "green") if told["right"] else ("✗", "yellow")
    text = f"{mark} {shlex.quote(told['request'])}: {calls}{wanted}"
    terminal.out.print(plain(one_line(text, 500)), style=style)


def _call(one: dict[str, Any]) -> str:
    if not one["tool"]:
        return "an answer without a call"
    return f"{one['tool']}({json.dumps(one['arguments'], ensure_ascii=False)})"
