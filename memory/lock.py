"""A lock file: one process at a time has what it stands for, and the others can tell which one."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

# Windows keeps others from reading bytes that are locked: far behind what is written in the file.
_FAR = 1 << 20


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that has a lock.

    Args:
        pid: Its number.
        host: The machine on which it runs.
        since: When it took the lock, in seconds since the epoch.
    """

    pid: int
    host: str
    since: float


class LockFile:
    """A lock that the operating system takes back when its process dies, however that happens.

    Args:
        path: The file; it stays there when the lock is given back.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    @property
    def held(self) -> bool:
        """Whether this object has the lock."""
        return self._handle is not None

    def take(self) -> bool:
        """Take the lock if nobody has it, without waiting; tell whether it is had now."""
        if self.held:
            return True
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        if not _lock(handle):
            os.close(handle)
            return False
        holder = Holder(os.getpid(), socket.gethostname(), time.time())
        os.ftruncate(handle, 0)
        os.write(handle, json.dumps(asdict(holder)).encode())
        self._handle = handle
        return True

    def holder(self) -> Holder | None:
        """Return who has the lock, as far as the file tells."""
        with suppress(OSError, ValueError, TypeError):
            return Holder(**json.loads(self._path.read_text(encoding="utf-8")))
        return None

    def release(self) -> None:
        """Give the lock back; nothing happens if it is not had."""
        if self._handle is None:
            return
        with suppress(OSError):
            os.ftruncate(self._handle, 0)
        # What locked the file ends with it.
        os.close(self._handle)
        self._handle = None


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> bool:
        os.lseek(handle, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        os.lseek(handle, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def _lock(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
