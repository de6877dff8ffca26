"""See what a run takes that no limit of the kernel counts, and whether its time is over."""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tools.python import limits
from tools.python.scratch import usage

Excess = Literal["stopped", "seconds", "threads", "files"]
"""Why a run must be ended: nobody waits for it any more, or it took too much."""

LOOK = 0.05
"""Seconds between two looks."""


@dataclass
class Watch:
    """Watch one run.

    Args:
        pid: The process.
        folder: Its scratch folder.
        seconds: What it may take on the clock.
        file_mb: Megabytes of all files together.
        stop: Set when nobody waits for it any more.
    """

    pid: int
    folder: Path
    seconds: float
    file_mb: int
    stop: threading.Event

    def __post_init__(self) -> None:
        self._deadline = time.monotonic() + self.seconds
        self._next = time.monotonic() + LOOK

    def look(self) -> Excess | None:
        """Return why the run must be ended, or None; cheap enough to ask often."""
        now = time.monotonic()
        if self.stop.is_set():
            return "stopped"
        if now > self._deadline:
            return "seconds"
        if now < self._next:
            return None
        self._next = now + LOOK
        with suppress(OSError):
            if len(os.listdir(f"/proc/{self.pid}/task")) > limits.THREADS:
                return "threads"
        return self.last_look(_deleted(self.pid))

    def last_look(self, hidden: int = 0) -> Excess | None:
        """Look at the files alone: all that is left of a run that has ended.

        Args:
            hidden: Bytes that are in no folder.
        """
        # Its two folders and the sealed file count too.
        count, size = usage(self.folder, limits.ENTRIES + 4)
        return (
            "files" if count > limits.ENTRIES or size + hidden > self.file_mb * limits.MB else None
        )


def _deleted(pid: int) -> int:
    """Count the bytes of files that a process has deleted and still holds open."""
    size = 0
    with suppress(OSError):
        for name in os.listdir(f"/proc/{pid}/fd"):
            with suppress(OSError):
                status = os.stat(f"/proc/{pid}/fd/{name}")
                size += status.st_blocks * 512 if status.st_nlink == 0 else 0
    return size
