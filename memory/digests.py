"""What tells that nobody but Chroma wrote its files, and that it finished doing so.

Chroma trusts them: one damaged byte can make a search find nothing, or end the process. So a digest
of each file is kept beside them, renewed whenever Chroma has written, and compared before use.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from threading import Lock

from memory.kept import IndexBroken

FILE = "arriero.json"
_BLOCK = 1 << 20
# How hnswlib, which Chroma writes its vectors with, begins a file: its format, an offset, the room
# that there is, the vectors that there are, and the bytes of each.
_HEADER = struct.Struct("<iQQQQ")
_VERSION = 1
_LENGTH = 4


class Digests:
    """The digests of the files of a Chroma folder's segments.

    Args:
        folder: The folder; a segment is a folder in it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()
        self._known: dict[str, dict[str, int]] = self._read()
        self._seen: dict[str, tuple[object, ...]] = {}

    def check(self, segment: str) -> None:
        """Compare a segment's files, which Chroma has not opened yet, with what they should be.

        Raises:
            IndexBroken: They differ.
        """
        with self._lock:
            if segment in self._seen:
                return
            seen = self._signature(segment)
            if self._digests(segment) != self._known.get(segment, {}):
                raise IndexBroken(f"Files in {self._folder / segment} are not as they were left.")
            self._seen[segment] = seen

    def renew(self, segment: str) -> None:
        """Take a segment's files as they are now, if Chroma has just written them."""
        if self._seen.get(segment) == self._signature(segment):
            return
        with self._lock:
            _blank(self._folder / segment)
            self._seen[segment] = self._signature(segment)
            self._known[segment] = self._digests(segment)
            self._write()

    def keep(self, segments: Collection[str]) -> None:
        """Let go of what is known of all other segments."""
        with self._lock:
            if gone := set(self._known) - set(segments):
                for segment in gone:
                    del self._known[segment]
                    self._seen.pop(segment, None)
                self._write()

    def _files(self, segment: str) -> list[Path]:
        with suppress(OSError):
            return sorted(path for path in (self._folder / segment).iterdir() if path.is_file())
        return []

    def _signature(self, segment: str) -> tuple[object, ...]:
        found: list[object] = []
        for path in self._files(segment):
            with suppress(OSError):
                stat = path.stat()
                found.append((path.name, stat.st_size, stat.st_mtime_ns))
        return tuple(found)

    def _digests(self, segment: str) -> dict[str, int]:
        return {path.name: _crc(path) for path in self._files(segment)}

    def _read(self) -> dict[str, dict[str, int]]:
        with suppress(OSError, ValueError):
            said = json.loads((self._folder / FILE).read_text(encoding="utf-8"))
            return said if isinstance(said, dict) else {}
        return {}

    def _write(self) -> None:
        path = self._folder / FILE
        new = path.with_suffix(".new")
        new.write_text(json.dumps(self._known), encoding="utf-8")
        new.replace(path)


def _blank(folder: Path) -> None:
    """Write zeros over the room that a segment's files have for vectors that are still to come.

    Chroma writes there what the process's memory held before: forgotten vectors, or texts.
    """
    with suppress(OSError, struct.error):
        version, _, _, count, size = _HEADER.unpack_from((folder / "header.bin").read_bytes())
        if version != _VERSION:
            return
        for name, each in (("data_level0.bin", size), ("length.bin", _LENGTH)):
            path = folder / name
            if (rest := path.stat().st_size - count * each) > 0:
                with path.open("r+b") as file:
                    file.seek(count * each)
                    file.write(bytes(rest))


def _crc(path: Path) -> int:
    total = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            total = zlib.crc32(block, total)
    return total
