"""A lock between processes that a dead process cannot keep."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO

_POLL = 0.2
"""Seconds between two tries."""


@asynccontextmanager
async def locked(path: Path, waiting: Callable[[], None]) -> AsyncIterator[None]:
    """Hold the lock on the file `path`; the system frees it when the process ends.

    Args:
        path: The lock file; it stays behind, empty.
        waiting: Called again and again while another process holds the lock.
    """
    with path.open("ab") as file:
        while not _try(file):
            waiting()
            await asyncio.sleep(_POLL)
        try:
            yield
        finally:
            _free(file)


if sys.platform == "win32":
    import msvcrt

    def _try(file: BinaryIO) -> bool:
        try:
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _free(file: BinaryIO) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try(file: BinaryIO) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _free(file: BinaryIO) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
