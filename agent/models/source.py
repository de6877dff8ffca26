"""What the sources of weights have in common."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from agent.errors import WeightsError

Progress = Callable[[int, int, str], None]
"""Told of a download: bytes that are there, bytes in all, and what is being done."""

_SPARE = 32 << 20
"""Bytes that stay free on the disk."""
_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


class SourceDown(Exception):
    """Say why a source did not deliver; the next one is tried.

    Args:
        reason: A clause for the user, without a full stop.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def human(size: float) -> str:
    """Write bytes as people read them: 1.1 GB."""
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def check_space(folder: Path, needed: int) -> None:
    """Refuse to begin what would not fit on the disk.

    Args:
        folder: Where it would be written.
        needed: Bytes at the peak, beside what is there already.

    Raises:
        WeightsError: There is not enough room.
    """
    free = shutil.disk_usage(folder).free
    if free < needed + _SPARE:
        raise disk_full(folder, needed + _SPARE, free)


def disk_full(folder: Path, needed: int, free: int) -> WeightsError:
    """Say that the disk has no room."""
    return WeightsError(
        f"The disk of {folder} is too full: {human(needed)} are needed, {human(free)} are free.",
        "Make room, or keep weights elsewhere: set ARRIERO_MODELS__LLAMACPP__WEIGHTS_DIR.",
    )


def is_full(error: OSError) -> bool:
    """Tell whether an error means that the disk, or the user's share of it, is full."""
    return error.errno in _FULL


def flush(file: BinaryIO) -> None:
    """Bring what was written to the disk."""
    file.flush()
    os.fsync(file.fileno())


def write_whole(path: Path, text: str) -> None:
    """Write a small file such that it is either the old one or the new one, never half."""
    part = path.with_name(path.name + ".new")
    with part.open("wb") as file:
        file.write(text.encode())
        flush(file)
    part.replace(path)
