"""All search engines by name: which the settings want, and which of them have what they need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tools.errors import ToolSetupError
from tools.search.engine import SearchEngine
from tools.settings import NetSettings, SearchSettings

Maker = Callable[[SearchSettings, NetSettings], SearchEngine]
DDGS, DDGS_PREFIX, LANGCHAIN_PREFIX = "ddgs", "ddgs:", "langchain:"


@dataclass(frozen=True, slots=True)
class Entry:
    """An engine that the settings want.

    Args:
        name: Its name.
        make: Makes it.
        needs: The fields of the settings that it cannot do without.
        note: What its user should know before setting it up.
    """

    name: str
    make: Maker
    needs: tuple[str, ...] = ()
    note: str = ""

    def missing(self, settings: SearchSettings) -> tuple[str, ...]:
        """Name the settings that are wanting, such as `tools.search.brave_key`."""
        return tuple(f"tools.search.{name}" for name in self.needs if not _set(settings, name))


def wanted(settings: SearchSettings) -> list[Entry]:
    """Return the engines that the settings want, whether or not they have what they need.

    Raises:
        ToolSetupError: One of the names is none.
    """
    entries: dict[str, Entry] = {}
    for name in settings.engines or automatic(settings):
        for entry in _entries(name, settings):
            entries.setdefault(entry.name, entry)
    return list(entries.values())


def offered(settings: SearchSettings, net: NetSettings) -> list[SearchEngine]:
    """Return the engines of the settings that have what they need, the preferred one first.

    Raises:
        ToolSetupError: The settings name an engine that does not exist or cannot be had.
    """
    return [one.make(settings, net) for one in wanted(settings) if not one.missing(settings)]


def automatic(settings: SearchSettings) -> Sequence[str]:
    """Name the engines where the settings name none.

    A SearXNG of one's own is there so that nobody else learns who searches: the public engines
    are not asked beside it.
    """
    public = () if settings.searxng_url else (DDGS,)
    return ("searxng", "google", "brave", "tavily", *public, "wikipedia", "gdelt", "arxiv")


def _entries(name: str, settings: SearchSettings) -> list[Entry]:
    if name == DDGS:
        return [_public(backend) for backend in settings.backends]
    if name.startswith(DDGS_PREFIX):
        return [_public(name.removeprefix(DDGS_PREFIX))]
    if name.startswith(LANGCHAIN_PREFIX):
        return [Entry(name, lambda settings, net: _community(name, settings))]
    if name not in _ENTRIES:
        known = ", ".join((*_ENTRIES, DDGS, "ddgs:NAME", "langchain:NAME"))
        raise ToolSetupError(
            f"There is no search engine named {name!r} (tools.search.engines).",
            f"The engines are: {known}.",
        )
    return [_ENTRIES[name]]


def _set(settings: SearchSettings, name: str) -> bool:
    value = getattr(settings, name)
    return bool(value.get_secret_value() if hasattr(value, "get_secret_value") else value)


def _public(backend: str) -> Entry:
    def make(settings: SearchSettings, net: NetSettings) -> SearchEngine:
        from tools.search.ddgs_engine import DdgsEngine

        return DdgsEngine(backend, settings)

    return Entry(f"{DDGS_PREFIX}{backend}", make)


def _community(name: str, settings: SearchSettings) -> SearchEngine:
    from tools.search.community import CommunityEngine

    return CommunityEngine(name.removeprefix(LANGCHAIN_PREFIX), settings)


def _searxng(settings: SearchSettings, net: NetSettings) -> SearchEngine:
    from tools.search.searxng import SearxngEngine

    return SearxngEngine(settings.searxng_url, settings, net)


def _bing(settings: SearchSettings, net: NetSettings) -> SearchEngine:
    from tools.search.searxng import SearxngEngine

    return SearxngEngine(settings.searxng_url, settings, net, engine="bing")


def _google(settings: SearchSettings, net: NetSettings) -> SearchEngine:
    from tools.search.google import GoogleEngine

    return GoogleEngine(settings, net)


def _brave(settings: SearchSettings, net: NetSettings) -> SearchEngine:
    from tools.search.brave import BraveEngine

    return BraveEngine(settings, net)


def _tavily(settings: SearchSettings, net: NetSettings) -> SearchEngine:
    from tools.search.tavily import TavilyEngine

    return TavilyEngine(settings, net)


def _wikipedia(settings: SearchSettings, net: NetSettings) -> SearchEngine:
    from tools.search.encyclopedia import WikipediaEngine

    return WikipediaEngine(settings, net)


def _arxiv(settings: SearchSettings, net: NetSettings) -> SearchEngine:
    from tools.search.arxiv import ArxivEngine

    return ArxivEngine(settings, net)


def _gdelt(settings: SearchSettings, net: NetSettings) -> SearchEngine:
    from tools.search.gdelt import GdeltEngine

    return GdeltEngine(settings, net)


_ENTRIES = {
    entry.name: entry
    for entry in (
        Entry("searxng", _searxng, ("searxng_url",), "it is the only way to Bing, too"),
        Entry(
            "bing",
            _bing,
            ("searxng_url",),
            "Bing is asked through SearXNG: Microsoft has no search interface of its own any more",
        ),
        Entry(
            "google",
            _google,
            ("google_key", "google_cx"),
            "Google takes no new customers for this interface and ends it on 1 January 2027",
        ),
        Entry("brave", _brave, ("brave_key",)),
        Entry("tavily", _tavily, ("tavily_key",)),
        Entry("wikipedia", _wikipedia),
        Entry("gdelt", _gdelt),
        Entry("arxiv", _arxiv),
    )
}
