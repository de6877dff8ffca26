"""Check everything that an answer needs, and name for each problem what mends it."""

from __future__ import annotations

import asyncio
import importlib
import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ui.session import Options
from ui.terminal import Terminal

if TYPE_CHECKING:
    from agent.settings import Settings

State = Literal["ok", "note", "problem"]
MARKS: dict[State, tuple[str, str]] = {
    "ok": ("✓", "green"),
    "note": ("•", "yellow"),
    "problem": ("✗", "bold red"),
}
PACKAGES = ("agent", "tools", "memory", "ui", "evals")
ROOM = 1_000_000_000
"""Bytes that should be free in the home folder."""


@dataclass(frozen=True, slots=True)
class Check:
    """What was found of one thing.

    Args:
        name: What was looked at.
        state: `ok`, `note` for what works all the same, or `problem`.
        found: What was found, in one sentence.
        mend: The command or the step that mends it.
    """

    name: str
    state: State
    found: str
    mend: str = ""


def doctor(options: Options, terminal: Terminal, *, as_json: bool) -> int:
    """Check everything, print what was found, and return 1 if there are problems."""
    checks = asyncio.run(examine(options.settings()))
    problems = sum(check.state == "problem" for check in checks)
    if as_json:
        terminal.json({"checks": [asdict(check) for check in checks], "problems": problems})
        return 1 if problems else 0
    for check in checks:
        mark, style = MARKS[check.state]
        terminal.out.print(f"{mark} {check.name}: {check.found}", style=style)
        if check.mend:
            terminal.line(f"    → {check.mend}")
    if problems:
        terminal.note("1 problem." if problems == 1 else f"{problems} problems.")
    return 1 if problems else 0


async def examine(settings: Settings) -> list[Check]:
    """Run all checks, the slow ones side by side."""
    from ui.doctor_memory import check_memory
    from ui.doctor_models import check_model
    from ui.doctor_tools import check_search, check_tools

    model, tools, search, memory = await asyncio.gather(
        check_model(settings),
        check_tools(settings),
        check_search(settings),
        check_memory(settings),
    )
    here = [check_layout(), check_home(settings.home), check_room(settings.home)]
    return [*here, *model, *tools, *search, *memory]


def check_layout(names: Sequence[str] = PACKAGES) -> Check:
    """Check that all packages come from one place: their names are common ones."""
    parents = {
        name: {Path(folder).resolve().parent for folder in importlib.import_module(name).__path__}
        for name in names
    }
    distinct = set().union(*parents.values())
    if len(distinct) == 1:
        return Check("packages", "ok", f"all five lie in {distinct.pop()}")
    told = ", ".join(f"{name} in {', '.join(map(str, sorted(at)))}" for name, at in parents.items())
    return Check(
        "packages",
        "problem",
        f"they come from different places: {told}",
        "Install arriero into an environment of its own: python -m venv .venv",
    )


def existing(folder: Path) -> Path:
    """Return the folder itself, or the nearest one above it that is there."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder


def check_home(home: Path) -> Check:
    """Check that the home folder can be written, without leaving anything there."""
    nearest = existing(home)
    if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
        made = "" if nearest == home else ", made at first use"
        return Check("home", "ok", f"{home}{made}")
    return Check(
        "home",
        "problem",
        f"{home} cannot be written",
        "Mend its permissions, or choose another folder with ARRIERO_HOME or --home.",
    )


def check_room(home: Path) -> Check:
    """Check that there is room for threads and memories."""
    from ui.progress import size

    nearest = existing(home)
    free = shutil.disk_usage(nearest).free
    if free >= ROOM:
        return Check("disk", "ok", f"{size(free)} free at {nearest}")
    return Check(
        "disk", "problem", f"only {size(free)} free at {nearest}", "Free some space there."
    )
