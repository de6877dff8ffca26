"""Settings of the tools and of the way out to the network."""

from __future__ import annotations

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


class ToolSettings(BaseModel):
    """What every tool obeys."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    timeout: float = Field(default=30.0, gt=0)
    """Seconds that one tool call may take."""
    output_chars: int = Field(default=6000, ge=200)
    """Characters of one tool's output that the model is shown; the rest is cut, with a note."""
    net: NetSettings = NetSettings()
    """Limits of every request to the outside."""
    search: SearchSettings = SearchSettings()
    """How the web is searched."""
