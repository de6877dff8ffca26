"""Settings of the tools and of the way out to the network."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class NetSettings(BaseModel):
    """Limits of every request to the outside."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    timeout: float = Field(default=15.0, gt=0)
    """Seconds for one request, redirects included."""
    max_bytes: int = Field(default=5_000_000, gt=0)
    """Bytes of a body after decompression; what is longer is refused."""
    max_redirects: int = Field(default=5, ge=0)
    """Redirects that are followed; each target is checked anew."""
    allow_hosts: tuple[str, ...] = ()
    """Hosts (`name` or `name:port`) in one's own network that may be reached all the same."""
    robots: bool = True
    """Whether pages are left unread when their site's robots.txt asks for it."""
    per_host: int = Field(default=6, ge=1)
    """Requests to one host at a time, by default as many as a browser makes; further ones wait."""
    user_agent: str = "arriero/0.1 (personal assistant)"
    """What pages are told about who reads them."""


class SearchSettings(BaseModel):
    """How the web is searched."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    engines: tuple[str, ...] = ()
    """Engines in the order of preference: `searxng`, `bing`, `google`, `brave`, `tavily`, `ddgs`
    (all of `backends`), `ddgs:NAME`, `wikipedia`, `gdelt`, `arxiv`, `langchain:NAME`; one without
    its key is passed over. Nothing means all that are set up, without `ddgs` beside a SearXNG."""
    region: str = "us-en"
    """Region and language of results, as ddgs names them; `wt-wt` means all."""
    language: str = Field(default="", pattern="^([a-z]{2,3})?$")
    """Language of results, in two letters; nothing means that of `region`."""
    safe_search: Literal["off", "moderate", "strict"] = "moderate"
    """How much of what is not for children is left out."""
    depth: Literal["quick", "normal", "deep"] = "normal"
    """How deep is searched: `quick` shows what the engines say of each page, `normal` reads the
    best pages and searches once more where something is missing, `deep` goes on for several
    rounds."""
    results: int = Field(default=10, ge=1, le=20)
    """Results that a search works with."""
    pages: int = Field(default=6, ge=1, le=20)
    """Pages of one search that are read, side by side."""
    read_seconds: float = Field(default=4.0, gt=0)
    """Seconds that reading pages may take; of one that has not come by then, only what the
    engine says of it is used."""
    shown_chars: int = Field(default=3600, ge=400)
    """Characters of passages that one search shows the model."""
    bridges: int = Field(default=4, ge=0, le=10)
    """Names from the first pages that are searched for besides, where these do not hold all of
    the question."""
    timeout: float = Field(default=8.0, gt=0)
    """Seconds that a search may take; an engine that has not answered by then is passed over."""
    enough: float = Field(default=1.5, gt=0)
    """Seconds after which two engines' answers are enough; one is, after twice that time."""
    at_once: int = Field(default=3, ge=1)
    """Engines that are asked side by side; each that fails is replaced by the next."""
    backends: tuple[str, ...] = ("duckduckgo", "brave", "mojeek", "yahoo", "startpage", "bing")
    """ddgs engines in the order of preference; `bing` is there for news and images alone."""
    searxng_url: str = ""
    """Address of a SearXNG of your own, searched in place of ddgs; its JSON format must be on."""
    google_key: SecretStr = SecretStr("")
    """Key of Google's Programmable Search JSON API."""
    google_cx: str = ""
    """Id of the Programmable Search engine that Google searches with."""
    brave_key: SecretStr = SecretStr("")
    """Key of the Brave Search API."""
    tavily_key: SecretStr = SecretStr("")
    """Key of the Tavily API."""
    fresh_minutes: float = Field(default=10.0, ge=0)
    """Minutes for which news, prices, scores and the weather are answered from the cache."""
    fresh_days: float = Field(default=3.0, ge=0)
    """Days for which everything else is answered from the cache."""
    cache_days: float = Field(default=30.0, ge=0)
    """Days for which answers are kept, to stand in when no engine answers; 0 keeps none."""
    cache_entries: int = Field(default=2000, ge=1)
    """Answers that are kept at most."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """The keys that are set, for whoever keeps them out of logs."""
        keys = (self.google_key, self.brave_key, self.tavily_key)
        return tuple(key.get_secret_value() for key in keys if key.get_secret_value())


class PythonSettings(BaseModel):
    """What Python code that the model wrote may take."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    seconds: float = Field(default=20.0, gt=0)
    """Seconds that one run may take, on the clock and of the processor."""
    memory_mb: int = Field(default=1024, ge=64)
    """Megabytes of memory."""
    file_mb: int = Field(default=20, ge=1)
    """Megabytes of all files that a run may leave."""


class FileSettings(BaseModel):
    """The workspace folder."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    workspace: Path | None = None
    """A folder of your own to work in, the same for every user; nothing means one for each user in
    the home folder."""
    max_bytes: int = Field(default=1_000_000, gt=0)
    """Bytes of a file that is read or written."""


class WikipediaSettings(BaseModel):
    """Which encyclopedia is read."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    url: str = "https://{language}.wikipedia.org"
    """The wiki's address; `{language}` is replaced."""
    language: str = "en"
    """Language where the model names none."""


class WeatherSettings(BaseModel):
    """Where the weather comes from."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    url: str = "https://api.open-meteo.com"
    """Address of an Open-Meteo server's forecast API."""
    geocoding_url: str = "https://geocoding-api.open-meteo.com"
    """Address of an Open-Meteo server's geocoding API."""
    units: Literal["metric", "us"] = "metric"
    """Units where the model names none: `metric` (°C, km/h, mm) or `us` (°F, mph, inch)."""


class ToolSettings(BaseModel):
    """What every tool obeys."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    timeout: float = Field(default=30.0, gt=0)
    """Seconds that one tool call may take."""
    output_chars: int = Field(default=6000, ge=200)
    """Characters of one tool's output that the model is shown; the rest is cut, with a note."""
    approval: Literal["ask", "never"] = "ask"
    """Who decides on side effects: `ask` asks the user, `never` runs every call unasked, for
    evaluations in a world that cannot be harmed."""
    allow: tuple[str, ...] = ()
    """Names or patterns (`mail.*`) of tools whose side effects need no approval; what follows from
    untrusted text is asked all the same."""
    off: tuple[str, ...] = ()
    """Names or patterns of tools that are not offered, wherever they come from."""
    shown: int = Field(default=24, ge=1)
    """Tools that the model is shown at once; of more, those that fit the request."""
    folder: Path | None = None
    """The folder of your own tools; nothing means `tools` in the home folder."""
    mcp: tuple[Path, ...] = ()
    """Files with `mcpServers`; nothing means `mcp.json` in the home folder."""
    net: NetSettings = NetSettings()
    """Limits of every request to the outside."""
    search: SearchSettings = SearchSettings()
    """How the web is searched."""
    python: PythonSettings = PythonSettings()
    """What Python code that the model wrote may take."""
    files: FileSettings = FileSettings()
    """The workspace folder."""
    wikipedia: WikipediaSettings = WikipediaSettings()
    """Which encyclopedia is read."""
    weather: WeatherSettings = WeatherSettings()
    """Where the weather comes from."""
