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
    from tools.registry import open_toolbox

    try:
        toolbox = open_toolbox(settings.tools, settings.builtin_tools)
    except ToolSetupError as error:
        return [Check("tools", "problem", error.message, error.hint)]
    await toolbox.aclose()
    checks = [Check("tools", "problem", problem) for problem in toolbox.problems]
    return [Check("tools", "ok", ", ".join(toolbox.names) or "none"), *checks]


async def check_search(settings: ToolSettings) -> list[Check]:
    """Ask every search engine of the settings the same thing, side by side."""
    names = settings.search.backends
    answers = await asyncio.gather(*(_probe(name) for name in names))
    reasons: dict[str, list[str]] = {}
    for name, problem in zip(names, answers, strict=True):
        reasons.setdefault(problem, []).append(name)
    answering = reasons.pop("", [])
    silent = "; ".join(f"{problem}: {', '.join(who)}" for problem, who in reasons.items())
    if not answering:
        mend = "Check the connection to the internet; everything but web search works without it."
        found = f"no engine answers ({silent or 'none is set'})"
        return [Check("search", "problem", found, mend)]
    told = f"{', '.join(answering)} answered"
    return [Check("search", "ok", f"{told}; passed over ({silent})" if silent else told)]


async def _probe(name: str) -> str:
    """Search with one engine and return what went wrong, or nothing."""
    from ddgs import DDGS
    from ddgs.exceptions import DDGSException

    def search() -> bool:
        with DDGS(timeout=int(PATIENCE)) as engine:
            return bool(engine.text("llama", max_results=1, backend=name))

    try:
        async with asyncio.timeout(PATIENCE + 1):
            return "" if await asyncio.to_thread(search) else "no results"
    except TimeoutError:
        return "too slow"
    except DDGSException as error:
        # Its text is the name of a failure and the failure's own words.
        return one_line(str(error).partition(":")[0], 60) or type(error).__name__
