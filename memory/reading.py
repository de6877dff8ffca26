"""What is read of a document before it is kept, and who reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

DocumentKind = Literal["pdf", "docx", "html", "markdown", "text", "code", "table", "json", "folder"]
"""What a document is, by its content; a folder holds the others and has no text of its own."""
UnreadableCause = Literal[
    "missing", "denied", "empty", "encrypted", "damaged", "no_text", "too_big", "type", "address"
]
"""Why a document cannot be read, in one word for programs."""


class Unreadable(Exception):
    """Say why a document cannot be read.

    Args:
        cause: What is in the way, in one word for programs.
        reason: What is in the way, in one sentence for the user and the model.
    """

    def __init__(self, cause: UnreadableCause, reason: str) -> None:
        super().__init__(reason)
        self.cause: UnreadableCause = cause
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Piece:
    """A passage of a document: a few sentences, rows of a table, or lines of a program.

    Args:
        name: The passage's name within its document, such as `p3`.
        text: What it says, with the heading above it in front where it does not begin with one.
        start: Where it begins in the document's readable text, in characters.
        end: Where it ends.
        page: The page on which it begins, from 1 on; 0 where there are none.
    """

    name: str
    text: str
    start: int
    end: int
    page: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was read of a file or an address.

    Args:
        place: The absolute path of the file, or the address.
        title: Its title, or its name where it has none.
        kind: What it is.
        digest: What tells its content from any other of its size.
        size: Bytes that it has.
        modified: When it was changed last, in seconds since the epoch; 0.0 where nobody knows.
        language: Its language in two letters, or an empty string.
        pages: How many pages it has; 0 where there are none.
        pieces: Its passages in their order.
        remark: What the user has to know of the reading, such as that it was cut; mostly empty.
    """

    place: str
    title: str
    kind: DocumentKind
    digest: str
    size: int = 0
    modified: float = 0.0
    language: str = ""
    pages: int = 0
    pieces: Sequence[Piece] = ()
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """The files below a folder.

    Args:
        files: Their absolute paths in a stable order.
        skipped: How many were passed over, by reason.
    """

    files: Sequence[str]
    skipped: Mapping[str, int] = field(default_factory=dict)


class DocumentReader(Protocol):
    """Reads documents where they are."""

    async def read(self, place: str) -> Reading:
        """Read a file or an address.

        Raises:
            Unreadable: It cannot be read; the error says why.
        """

    async def files(self, folder: str) -> Listing:
        """Find the files below a folder, without what is hidden and what others have made.

        Raises:
            Unreadable: There is no such folder, or it cannot be listed.
        """


def is_address(place: str) -> bool:
    """Tell whether a place is an address of the web and no file."""
    return place.lower().startswith(("http://", "https://"))
