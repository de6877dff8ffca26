"""Reads the user's documents where they are: files, folders and addresses."""

from __future__ import annotations

import hashlib
import os
import stat
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from memory.reading import Listing, Reading, Unreadable, is_address
from tools.article import ACCEPT
from tools.errors import NetError
from tools.net import Net
from tools.readable import SNIFFED, Readable, binary, readable
from tools.sections import CUT, MOST_PIECES, blocks, pieces
from tools.threads import in_thread

FILE_BYTES = 100_000_000
"""Bytes of the largest file that is read."""
TEXT_BYTES = 20_000_000
"""Bytes of the largest file that is read as plain text."""
MOST_FILES = 20_000
TITLE_CHARS = 200
JUNK = frozenset(
    ("node_modules", "__pycache__", "site-packages", "venv", "env", "target", "dist", "build",
     "bower_components", "vendor", "$RECYCLE.BIN", "System Volume Information", "Thumbs.db")
)  # fmt: skip
"""Folders and files that others have made, beside all that are hidden."""
_TYPES = (
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document,text/markdown,text/csv"
)


class Reader:
    """Read documents from the disk and from the web.

    Args:
        net: The way out; without one no address is read.
    """

    def __init__(self, net: Net | None = None) -> None:
        self._net = net

    async def read(self, place: str) -> Reading:
        """Read a file or an address.

        Raises:
            Unreadable: It cannot be read; the error says why.
        """
        if is_address(place):
            return await self._fetched(place)
        read: Reading = await in_thread(read_file, place)
        return read

    async def files(self, folder: str) -> Listing:
        """Find the files below a folder, without what is hidden and what others have made.

        Raises:
            Unreadable: There is no such folder, or it cannot be listed.
        """
        found: Listing = await in_thread(list_files, folder)
        return found

    async def _fetched(self, url: str) -> Reading:
        if self._net is None:
            raise Unreadable("address", "Addresses cannot be read here.")
        try:
            page = await self._net.fetch(url, accept=f"{ACCEPT},{_TYPES}", robots=True)
        except NetError as error:
            raise Unreadable("address", error.reason) from error
        name = PurePosixPath(unquote(urlsplit(page.url).path)).name
        read: Readable = await in_thread(readable, name, page.body, page=page)
        title = read.title or name or urlsplit(page.url).netloc
        made: Reading = await in_thread(_reading, url, title, page.body, read)
        return made


def read_file(place: str) -> Reading:
    """Read a file.

    Raises:
        Unreadable: It cannot be read; the error says why.
    """
    path = Path(place)
    try:
        # A pipe would be waited for.
        if not stat.S_ISREG(path.stat().st_mode):
            raise Unreadable("type", "It is no file.")
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            start = file.read(SNIFFED)
            if binary(start):
                raise Unreadable("type", "It holds no text, only binary data.")
            packed = start.startswith((b"%PDF-", b"PK\x03\x04"))
            most = FILE_BYTES if packed else TEXT_BYTES
            if status.st_size > most:
                size = f"{status.st_size / 1e6:,.0f} MB"
                raise Unreadable("too_big", f"It has {size}; {most / 1e6:,.0f} are the most.")
            data = start + file.read(most + 1 - len(start))
    except FileNotFoundError as error:
        raise Unreadable("missing", "There is no such file.") from error
    except OSError as error:
        raise Unreadable("denied", f"It cannot be opened: {error.strerror or error}.") from error
    read = readable(path.name, data)
    return _reading(str(path), read.title or path.name, data, read, status.st_mtime)


def _reading(place: str, title: str, data: bytes, read: Readable, modified: float = 0.0) -> Reading:
    """Put together what was read of a place, cut into passages."""
    text = read.text
    if read.kind == "code":
        made = blocks(text.content)
    else:
        # A link into a page leads to the very words that stand on it.
        made = pieces(text, language=read.language, context=not is_address(place))
    if not made:
        raise Unreadable("no_text", "It holds no text.")
    return Reading(
        place=place,
        title=" ".join(title.split())[:TITLE_CHARS],
        kind=read.kind,
        digest=hashlib.sha256(data).hexdigest(),
        size=len(data),
        modified=modified,
        language=read.language,
        pages=read.pages,
        pieces=made,
        remark=CUT if read.cut or len(made) >= MOST_PIECES else "",
    )


def list_files(folder: str) -> Listing:
    """Find the files below a folder; links to other folders are not followed.

    Raises:
        Unreadable: There is no such folder, or it cannot be listed.
    """
    skipped: Counter[str] = Counter()
    try:
        os.scandir(folder).close()
    except FileNotFoundError as error:
        raise Unreadable("missing", "There is no such folder.") from error
    except OSError as error:
        raise Unreadable("denied", f"It cannot be listed: {error.strerror or error}.") from error
    found: list[str] = []
    for path in _below(folder, skipped):
        if len(found) >= MOST_FILES:
            skipped[f"beyond {MOST_FILES:,} files"] += 1
        else:
            found.append(path)
    return Listing(tuple(found), dict(skipped))


def _below(folder: str, skipped: Counter[str]) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            inside = sorted(entries, key=lambda entry: entry.name)
    except OSError:
        skipped["closed folders"] += 1
        return
    for entry in inside:
        if entry.name.startswith((".", "~$")):
            skipped["hidden"] += 1
        elif entry.name in JUNK or entry.name.endswith((".egg-info", ".pyc")):
            skipped["made by programs"] += 1
        elif entry.is_dir(follow_symlinks=False):
            yield from _below(entry.path, skipped)
        elif entry.is_file():
            yield entry.path
        else:
            skipped["no files"] += 1
