"""The records of what an answer can rest on, and of the files that a tool made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

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
    """

    id: str
    text: str
    start: int = 0
    end: int = 0


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

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for a checkpoint."""
        return {**asdict(self), "passages": [asdict(one) for one in self.passages]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Source:
        """Return the record of plain data, as `as_dict` gives it."""
        passages = tuple(Passage(**one) for one in data.get("passages", ()))
        return cls(**{**data, "passages": passages})


@dataclass(frozen=True, slots=True)
class File:
    """A file that a tool made for the user.

    Args:
        path: Where it lies on this machine, absolute.
        media_type: Its type, such as `image/png`.
    """

    path: str
    media_type: str
