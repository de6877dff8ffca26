"""Check the tools, and whether the search engines can be reached."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ui.doctor import Check
from ui.text import one_line

if TYPE_CHECKING:
    from agent.settings import Settings
    from tools.search.cache import Holdings
    from tools.search.checkup import Checkup
    from tools.settings import SearchSettings

PATIENCE = 3.0
"""Seconds that one search engine is given."""
ROOM = 160
MENDS = {
    "key": "Mend or renew what it needs, or take it out of tools.search.engines.",
    "blocked": "It mends itself with time; a SearXNG of your own or a key is not blocked so soon "
    "(tools.search.searxng_url, tools.search.brave_key).",
    "slow": "Put faster engines before it in tools.search.engines, or raise tools.search.enough.",
    "unreachable": "Check the connection to the internet, and the address of a server of your own.",
    "malformed": "Its answers have changed their shape: update arriero, or leave it out.",
}


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


async def check_search(settings: Settings) -> list[Check]:
    """Search with every engine of the settings, side by side, and look at what was kept."""
    from tools.errors import ToolSetupError
    from tools.search.checkup import checkup

    search = settings.tools.search
    try:
        found, holdings = await checkup(search, settings.tools.net, settings.home, PATIENCE)
    except ToolSetupError as error:
        return [Check("search", "problem", error.message, error.hint)]
    engines = [_engine(one) for one in found]
    return [_search(found), *engines, _cache(holdings, search)]


def _search(found: Sequence[Checkup]) -> Check:
    """Tell whether the web can be searched at all."""
    answering = [one.name for one in found if one.state in ("live", "slow")]
    reasons: dict[str, list[str]] = {}
    for one in found:
        if one.state == "failed":
            reasons.setdefault(one_line(one.why, ROOM), []).append(one.name)
    silent = "; ".join(f"{', '.join(who)}: {why}" for why, who in reasons.items())
    if not answering:
        mend = "Check the connection to the internet; everything but web search works without it."
        return Check("search", "problem", f"no engine answers ({silent or 'none is set'})", mend)
    told = f"{', '.join(answering)} answered"
    return Check("search", "ok", f"{told}; passed over: {silent}" if silent else told)


def _engine(one: Checkup) -> Check:
    """Tell how one engine does."""
    name, note = f"search {one.name}", f"; {one.note}" if one.note else ""
    if one.state == "needs":
        variables = " and ".join(_variable(setting) for setting in one.missing)
        mend = f"Set {variables}; every other engine works without."
        return Check(name, "note", f"needs {' and '.join(one.missing)}{note}", mend)
    if one.state == "slow":
        return Check(name, "note", f"slow: {one.seconds:.1f} s{note}", MENDS["slow"])
    if one.state == "live":
        again = " again, and is not left alone any longer" if one.health else ""
        return Check(name, "ok", f"live{again}: {one.seconds:.1f} s{note}")
    mend = MENDS.get(one.kind or "", "")
    why = one_line(one.why, 2 * ROOM)
    if one.health is None:
        return Check(name, "note", f"{one.kind or 'failed'}: {why}{note}", mend)
    since, until = _time(one.health.since), _time(one.health.until)
    told = f"{why}; left alone since {since}, asked again from {until}"
    return Check(name, "note", f"{one.kind or 'failed'}: {told}{note}", mend)


def _cache(holdings: Holdings, settings: SearchSettings) -> Check:
    """Tell what is kept of earlier searches."""
    from tools.search.cache import PLACE
    from tools.search.freshness import span

    if not settings.cache_days:
        return Check("search cache", "ok", "off (tools.search.cache_days)")
    if not holdings.entries:
        return Check("search cache", "ok", "empty")
    ages = f"from {span(holdings.oldest)} to {span(holdings.newest)} old"
    size = f"{max(1, holdings.size // 1000):,} kB"
    answers = "1 answer" if holdings.entries == 1 else f"{holdings.entries:,} answers"
    return Check(
        "search cache",
        "ok",
        f"{answers}, {ages}, {size}; delete {PLACE} in the home folder to forget them",
    )


def _variable(setting: str) -> str:
    return "ARRIERO_" + setting.upper().replace(".", "__")


def _time(seconds: float) -> str:
    return time.strftime("%H:%M", time.localtime(seconds))
