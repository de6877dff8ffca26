"""The records of what an answer can rest on, and of the files that a tool made."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """A page, search result or document that a tool read.

    Args:
        title: Its title, or its address where it has none.
        url: Its address.
        snippet: The passage that was read, cut to a few hundred characters.
    """

    title: str
    url: str
    snippet: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return plain data for a checkpoint."""
        return {"title": self.title, "url": self.url, "snippet": self.snippet}


@dataclass(frozen=True, slots=True)
class File:
    """A file that a tool made for the user.

    Args:
        path: Where it lies on this machine, absolute.
        media_type: Its type, such as `image/png`.
    """

    path: str
    media_type: str
