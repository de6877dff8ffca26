"""Check the tools, and whether the search engines can be reached."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ui.doctor import Check
from ui.text import one_line

if TYPE_CHECKING:
    from agent.settings import Settings
    from tools.settings import ToolSettings

PATIENCE = 3.0
"""Seconds that one search engine is given."""


async def check_tools(settings: Settings) -> list[Check]:
    """Check that the tools of the settings can be set up."""
    from tools.errors import ToolSetupError
    from tools.registry import open_registry

    try:
        registry = await open_registry(settings.tools, settings.home, settings.builtin_tools)
    except ToolSetupError as error:
        return [Check("tools", "problem", error.message, error.hint)]
    await registry.aclose()
    toolbox = registry.toolbox
    checks = [Check("tools", "problem", problem) for problem in toolbox.problems]
    return [Check("tools", "ok", ", ".join(toolbox.names) or "none"), *checks]


async def check_search(settings: ToolSettings) -> list[Check]:
    """Search with every engine of the settings, side by side."""
    names = ("searxng",) if settings.search.searxng_url else settings.search.backends
    answers = await asyncio.gather(*(_probe(name, settings) for name in names))
    reasons: dict[str, list[str]] = {}
    for name, problem in zip(names, answers, strict=True):
        reasons.setdefault(problem, []).append(name)
    answering = reasons.pop("", [])
    silent = "; ".join(f"{', '.join(who)}: {problem}" for problem, who in reasons.items())
    if not answering:
        mend = "Check the connection to the internet; everything but web search works without it."
        found = f"no engine answers ({silent or 'none is set'})"
        return [Check("search", "problem", found, mend)]
    told = f"{', '.join(answering)} answered"
    return [Check("search", "ok", f"{told}; passed over: {silent}" if silent else told)]


async def _probe(name: str, settings: ToolSettings) -> str:
    """Search with one engine alone and return what went wrong, or nothing."""
    from tools.errors import SearchError, ToolSetupError
    from tools.search.engine import open_engine

    alone = settings.search.model_copy(update={"backends": (name,), "timeout": PATIENCE})
    try:
        found = await open_engine(alone, settings.net).search("llama", 1)
    except (SearchError, ToolSetupError) as error:
        return one_line(str(error).removeprefix(f"{name}: "), 120)
    return "" if found else "nothing found"
