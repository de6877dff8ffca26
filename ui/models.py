"""List models and fetch them."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from agent.errors import ModelError, UsageError
from ui.progress import Downloads, size
from ui.session import Options
from ui.terminal import Terminal
from ui.text import one_line

if TYPE_CHECKING:
    from rich.table import Table

    from agent.models.settings import ModelSettings
    from agent.settings import Settings


@dataclass(frozen=True, slots=True)
class Row:
    """A model in the list.

    Args:
        spec: What opens it.
        size: Bytes of its weights.
        there: Whether they are on this machine's disk, or in its Ollama.
        auto: Whether `auto` would take it.
        about: Its capabilities or its licence and what it is good for.
    """

    spec: str
    size: int
    there: bool
    auto: bool
    about: str


def list_models(options: Options, terminal: Terminal, *, as_json: bool) -> int:
    """List what Ollama holds and what the embedded catalogue offers."""
    settings = options.settings()
    rows, down = asyncio.run(_rows(settings.models))
    if as_json:
        terminal.json({"models": [asdict(row) for row in rows], "model": settings.model})
        return 0
    if down:
        terminal.note(down, style="yellow")
    terminal.show(_table(rows))
    terminal.note("* is what auto takes; arriero pull NAME fetches what is not there.")
    return 0


async def _rows(settings: ModelSettings) -> tuple[list[Row], str]:
    """Return all models, and why those of Ollama are missing, if they are."""
    from agent.models.ollama import list_models as held
    from agent.models.open import DEFAULT_EMBEDDED, choose_ollama

    down = ""
    rows: list[Row] = []
    auto = f"llamacpp:{DEFAULT_EMBEDDED}"
    try:
        entries = await held(settings)
    except ModelError as error:
        down = error.message
    else:
        chosen = await choose_ollama(settings)
        auto = f"ollama:{chosen[0]}" if chosen else auto
        for entry in entries:
            spec = f"ollama:{entry.name}"
            told = ", ".join(entry.capabilities)
            rows.append(Row(spec, entry.size, True, spec == auto, told))
    return [*rows, *_catalogue(settings, auto)], down


def _catalogue(settings: ModelSettings, auto: str) -> list[Row]:
    from agent.models.catalogue import CATALOGUE
    from agent.models.weights import is_ready

    rows = []
    for entry in CATALOGUE:
        spec = f"llamacpp:{entry.name}"
        there = is_ready(entry, settings)
        about = f"{entry.licence}. {entry.note}"
        rows.append(Row(spec, entry.size, there, spec == auto, about))
    return rows


def _table(rows: list[Row]) -> Table:
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=None, pad_edge=False)
    drawn.add_column("", no_wrap=True)
    drawn.add_column("model", no_wrap=True)
    drawn.add_column("size", justify="right", no_wrap=True)
    drawn.add_column("there", no_wrap=True)
    drawn.add_column("about")
    for row in rows:
        mark, there = "*" if row.auto else "", "yes" if row.there else "no"
        about = Text(one_line(row.about, 200))
        drawn.add_row(mark, Text(one_line(row.spec)), size(row.size), there, about)
    return drawn


def pull(name: str, options: Options, terminal: Terminal, *, as_json: bool) -> int:
    """Fetch a model into Ollama, or weights of the catalogue into the weights folder.

    Raises:
        UsageError: The name belongs to nothing that can be fetched.
        ModelError: Ollama is down, or its library has no such model.
        WeightsError: The weights cannot be had.
    """
    settings = options.settings()
    with Downloads(terminal) as downloads:
        spec, where = asyncio.run(_pull(name, settings, downloads))
    if as_json:
        terminal.json({"model": spec, "path": where})
    else:
        terminal.note(f"{spec} is there{f': {where}' if where else ''}.")
    return 0


async def _pull(name: str, settings: Settings, downloads: Downloads) -> tuple[str, str]:
    """Return the spec of what was fetched, and its path where that is known."""
    kind, colon, rest = name.partition(":")
    if kind == "llamacpp" and colon:
        return await _pull_weights(rest, settings.models, downloads)
    if kind in ("openai", "scripted", "auto"):
        raise UsageError(
            f"{name} cannot be fetched.",
            "arriero pull takes a model of Ollama's library, or llamacpp:NAME of the catalogue.",
        )
    name = rest if kind == "ollama" and rest else name
    from agent.models.ollama import pull as pull_ollama

    async for progress in pull_ollama(name, settings.models):
        if progress.total:
            downloads(progress.completed, progress.total, f"{name}: {progress.status}")
        else:
            downloads.step(f"{name}: {progress.status}")
    return f"ollama:{name}", ""


async def _pull_weights(
    name: str, settings: ModelSettings, downloads: Downloads
) -> tuple[str, str]:
    from agent.models.catalogue import CATALOGUE, find
    from agent.models.weights import fetch

    entry = find(name)
    if entry is None:
        known = ", ".join(f"llamacpp:{entry.name}" for entry in CATALOGUE)
        raise UsageError(f"The catalogue has no {name}.", f"It has {known}.")
    path = await fetch(entry.name, settings, downloads)
    return f"llamacpp:{entry.name}", str(path)
