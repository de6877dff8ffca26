"""The records of what an answer can rest on, and of the files that a tool made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal
from urllib.parse import quote

Kind = Literal["web", "document", "memory"]
"""Where a source comes from: the web, a document of the user's, or what was remembered."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A few sentences of a source.

    Args:
        id: The passage's name within its source, such as `p3`.
        text: The sentences, on one line.
        start: Where they begin in the source's readable text, in characters.
        end: Where they end.
        page: The page of a document on which they begin, from 1 on; 0 where there are none.
    """

    id: str
    text: str
    start: int = 0
    end: int = 0
    page: int = 0


@dataclass(frozen=True, slots=True)
class Source:
    """A page, search result or document that a tool read.

    Args:
        title: Its title, or its address where it has none.
        url: Its address.
        snippet: The passage that was read, cut to a few hundred characters.
        passages: The passages that a model was shown; none where only the snippet is known.
        date: The day on which it was published, as YYYY-MM-DD, or an empty string.
        language: Its language in two letters, or an empty string.
        kind: Where it comes from.
    """

    title: str
    url: str
    snippet: str = ""
    passages: tuple[Passage, ...] = ()
    date: str = ""
    language: str = ""
    kind: Kind = "web"

    @property
    def texts(self) -> tuple[str, ...]:
        """What was read of it: the passages, or else the snippet."""
        return tuple(one.text for one in self.passages) or ((self.snippet,) if self.snippet else ())

    def passage(self, name: str) -> str:
        """Return the text of a passage by its id, empty where there is none."""
        return next((one.text for one in self.passages if one.id == name), "")

    def link(self, passage: str = "") -> str:
        """Return the address, and where in the page a passage stands as a text fragment.

        The form of the fragment is that of the WICG's "URL Fragment Text Directives"; of a PDF it
        is the page's number (RFC 8118).

        Args:
            passage: The passage's id; nothing, or one that is unknown, leads to the page.
        """
        page = next((one.page for one in self.passages if one.id == passage), 0)
        if page and "#" not in self.url:
            return f"{self.url}#page={page}"
        words = self.passage(passage).strip(" …").split()
        if not words or not self.url.startswith(("http://", "https://")):
            return self.url
        parts = [words[:5], words[-5:]] if len(words) > 10 else [words]
        fragment = ",".join(quote(" ".join(part), safe="").replace("-", "%2D") for part in parts)
        return f"{self.url}{'' if '#' in self.url else '#'}:~:text={fragment}"

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for a checkpoint."""
        return {**asdict(self), "passages": [asdict(one) for one in self.passages]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Source:
        """Return the record of plain data, as `as_dict` gives it."""
        passages = tuple(Passage(**one) for one in data.get("passages", ()))
        return cls(**{**data, "passages": passages})


@dataclass(frozen=True, slots=True)
class Search:
    """How a search of the web went.

    Args:
        query: What was searched for.
        found: Results that there were.
        answered: Engines that answered, with the number of their results.
        failed: Engines that failed, with the reason.
        resting: Engines that were left alone because they had failed before, with the reason.
        cached: Whether the results had been kept from an earlier search.
        stale: Whether they are older than they should be, because no engine answered.
        age: Seconds since they came from the engines.
        read: The addresses of the pages that were read.
        unread: The addresses of those that could not be read, with the reason.
        also: What else was searched for, to fill a gap.
        error: Why there is nothing at all; mostly empty.
        seconds: Wall-clock seconds of searching and reading.
    """

    query: str
    found: int = 0
    answered: Mapping[str, int] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)
    resting: Mapping[str, str] = field(default_factory=dict)
    cached: bool = False
    stale: bool = False
    age: float = 0.0
    read: tuple[str, ...] = ()
    unread: Mapping[str, str] = field(default_factory=dict)
    also: tuple[str, ...] = ()
    error: str = ""
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for a checkpoint."""
        return {**asdict(self), "read": list(self.read), "also": list(self.also)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Search:
        """Return the record of plain data, as `as_dict` gives it."""
        return cls(**{**data, "read": tuple(data["read"]), "also": tuple(data["also"])})


@dataclass(frozen=True, slots=True)
class File:
    """A file that a tool made for the user.

    Args:
        path: Where it lies on this machine, absolute.
        media_type: Its type, such as `image/png`.
    """

    path: str
    media_type: str
