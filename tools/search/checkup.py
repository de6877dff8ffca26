"""Looks at every search engine of the settings, and tells how each of them does."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tools.errors import SearchError, ToolSetupError
from tools.search.breaker import Health
from tools.search.cache import Holdings, SearchCache
from tools.search.catalogue import Entry, wanted
from tools.search.engine import EngineError, FailureKind, Kind, Query, SearchEngine
from tools.search.meta import MetaEngine
from tools.settings import NetSettings, SearchSettings

State = Literal["live", "slow", "needs", "failed"]


@dataclass(frozen=True, slots=True)
class Checkup:
    """How one engine does.

    Args:
        name: Its name.
        state: Whether it answers, answers slowly, lacks a setting, or failed.
        why: What is wrong; empty for one that answers.
        kind: What is wrong in one word, where it is known.
        seconds: Seconds that its answer took.
        missing: Settings that it lacks.
        note: What its user should know.
        health: What was known of it before, where its breaker was open.
    """

    name: str
    state: State
    why: str = ""
    kind: FailureKind | None = None
    seconds: float = 0.0
    missing: tuple[str, ...] = ()
    note: str = ""
    health: Health | None = None


async def checkup(
    settings: SearchSettings, net: NetSettings, home: Path, patience: float
) -> tuple[list[Checkup], Holdings]:
    """Search with each engine of the settings alone, side by side; tell what the cache holds.

    An engine that answers is not left alone any longer.

    Args:
        settings: How the web is searched.
        net: Limits of the requests.
        home: The folder of everything that arriero keeps; nothing is made there.
        patience: Seconds that one engine is given.

    Raises:
        ToolSetupError: The settings name an engine that does not exist.
    """
    limits = settings.model_copy(update={"timeout": patience})
    cache = SearchCache(home, settings)
    entries = wanted(settings)
    meta, broken = _opened(entries, limits, net, cache)
    health = await meta.health()
    engines = {engine.name: engine for engine in meta.engines}

    async def look(entry: Entry) -> Checkup:
        if missing := entry.missing(settings):
            return Checkup(entry.name, "needs", missing=missing, note=entry.note)
        if entry.name in broken:
            return Checkup(entry.name, "failed", broken[entry.name])
        state, known = health[entry.name]
        found = await _probed(engines[entry.name], entry.note, known if state == "open" else None)
        if found.health and found.state != "failed":
            await meta.answers_again(entry.name)
        elif found.state == "live" and found.seconds > settings.enough:
            return Checkup(entry.name, "slow", seconds=found.seconds, note=entry.note)
        return found

    found = await asyncio.gather(*(look(entry) for entry in entries))
    return list(found), await cache.holdings()


def _opened(
    entries: list[Entry], settings: SearchSettings, net: NetSettings, cache: SearchCache
) -> tuple[MetaEngine, dict[str, str]]:
    """Make the engines that can be made, and tell why the others cannot."""
    engines, broken = [], {}
    for entry in entries:
        if entry.missing(settings):
            continue
        try:
            engines.append(entry.make(settings, net))
        except ToolSetupError as error:
            broken[entry.name] = f"{error.message} {error.hint}".strip()
    return MetaEngine(engines, settings, cache), broken


async def _probed(engine: SearchEngine, note: str, health: Health | None) -> Checkup:
    """Search with one engine."""
    started = time.perf_counter()
    try:
        kind: Kind = "text" if "text" in engine.kinds else "news"
        found = await engine.search(Query("llama", 1, kind=kind, language="en"))
    except EngineError as error:
        return Checkup(engine.name, "failed", error.why, error.kind, note=note, health=health)
    except SearchError as error:
        return Checkup(engine.name, "failed", error.reason, note=note, health=health)
    if not found:
        return Checkup(engine.name, "failed", "nothing found", note=note, health=health)
    seconds = time.perf_counter() - started
    return Checkup(engine.name, "live", seconds=seconds, note=note, health=health)
