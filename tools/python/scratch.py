"""The scratch folder of a run: made empty, watched, gone through and deleted.

The code may have filled it with anything. Nothing in it is followed, opened blindly or trusted to
have a sensible name, depth or number.
"""

from __future__ import annotations

import fcntl
import os
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PREFIX = "arriero-python-"
# Seconds after which a folder that nobody holds was left behind by a process that was killed.
STALE = 60.0


@dataclass(frozen=True)
class Scratch:
    """The folder of one run.

    Args:
        path: Around everything.
        lock: A descriptor that shows that the folder is in use, as long as it is open.
    """

    path: Path
    lock: int

    @property
    def work(self) -> Path:
        """The folder that the code runs in."""
        return self.path / "work"

    @property
    def temporary(self) -> Path:
        """The folder of what is not for the user: settings and caches of libraries."""
        return self.path / "tmp"

    @property
    def sealed(self) -> Path:
        """A file that must be out of the code's reach."""
        return self.path / "sealed"

    def close(self) -> None:
        """Delete the folder."""
        remove(self.path)
        os.close(self.lock)


def make() -> Scratch:
    """Make an empty scratch folder."""
    path = Path(os.path.realpath(tempfile.mkdtemp(prefix=PREFIX)))
    scratch = Scratch(path, _hold(path))
    scratch.work.mkdir()
    scratch.temporary.mkdir()
    scratch.sealed.touch()
    return scratch


def _hold(path: Path) -> int:
    """Lock a folder for as long as the descriptor is open.

    Raises:
        OSError: Another process holds it, or it is no folder.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def sweep() -> None:
    """Delete the scratch folders that killed processes of this user left behind."""
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            status = path.lstat()
            if status.st_uid != os.getuid() or time.time() - status.st_mtime < STALE:
                continue
            descriptor = _hold(path)
        except OSError:
            continue
        remove(path)
        os.close(descriptor)


def remove(root: Path) -> None:
    """Delete a folder, however deep it is: folders inside of folders are moved up first."""
    moved = 0
    while folders := _clear(root):
        for folder in folders:
            for inner in _clear(folder):
                with suppress(OSError):
                    inner.rmdir()  # most are empty
                    continue
                moved += 1
                inner.chmod(0o700)  # else its user could not move it
                inner.rename(root / f".deep-{os.getpid()}-{moved}")
            folder.rmdir()
    root.rmdir()


def _clear(folder: Path) -> list[Path]:
    """Delete what is no folder; return the folders."""
    folder.chmod(0o700)
    with os.scandir(folder) as entries:
        found = [(Path(entry.path), entry.is_dir(follow_symlinks=False)) for entry in entries]
    for path, is_folder in found:
        if not is_folder:
            path.unlink()
    return [path for path, is_folder in found if is_folder]


def walk(root: Path, most: int) -> Iterator[os.DirEntry[str]]:
    """Go through a folder, at most so many entries; what has gone in the meantime is passed over.

    Raises:
        OSError: A folder cannot be looked into: nobody may read it, or it lies too deep.
    """
    waiting = [str(root)]
    while waiting:
        with suppress(FileNotFoundError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if most <= 0:
                    return
                most -= 1
                yield entry
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)


def usage(root: Path, most: int) -> tuple[int, int]:
    """Count the entries of a folder, at most so many, and the bytes of its files.

    Where something is hidden, the most is counted.
    """
    count = size = 0
    try:
        for entry in walk(root, most):
            with suppress(FileNotFoundError):
                status = entry.stat(follow_symlinks=False)
                count += 1
                if stat.S_ISREG(status.st_mode):
                    size += max(status.st_size, status.st_blocks * 512)
    except OSError:
        return most, size
    return count, size


def files(root: Path, most: int) -> list[Path]:
    """List the plain files of a folder, among at most so many entries, by their names."""
    found = walk(root, most)
    return sorted(Path(entry.path) for entry in found if entry.is_file(follow_symlinks=False))


def content(path: Path, most: int) -> bytes | None:
    """Read a file, or return None where it is no plain file or has more bytes than that."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags)
    except OSError:
        return None
    with open(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1 or status.st_size > most:
            return None
        return file.read(most)
