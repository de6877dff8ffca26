"""Settings of the tools and of the way out to the network."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


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
    per_host: int = Field(default=2, ge=1)
    """Requests to one host at a time; further ones wait for their turn."""
    user_agent: str = "arriero/0.1 (personal assistant)"
    """What pages are told about who reads them."""


class SearchSettings(BaseModel):
    """How the web is searched."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    region: str = "us-en"
    """Region and language of results, as ddgs names them."""
    results: int = Field(default=5, ge=1, le=20)
    """Results that a search gives the model."""
    timeout: float = Field(default=8.0, gt=0)
    """Seconds that one search engine may take."""
    backends: tuple[str, ...] = ("duckduckgo", "brave", "mojeek", "yahoo", "startpage", "wikipedia")
    """ddgs engines in the order of preference; a slow or blocked one is passed over."""
    searxng_url: str = ""
    """Address of a SearXNG of your own, searched in place of ddgs; its JSON format must be on."""


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
