"""A folder that a model works in: every file is opened so that no link leads out of it.

Where the system can open a name relative to an open folder, a path is walked folder by folder, and
no step follows a link, so that nothing can be swapped between a check and its use. Elsewhere
(Windows) the path is resolved and compared, which leaves a gap for somebody who changes links at
just that moment.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

Parts = Sequence[str]
CAN_WALK = os.open in os.supports_dir_fd and hasattr(os, "O_NOFOLLOW")
_COMMON = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_CAREFUL = _COMMON | getattr(os, "O_NOFOLLOW", 0)
# A FIFO or a terminal must neither hold the opening up nor take over the process.
_AT_ONCE = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
_KINDS = (
    (stat.S_ISLNK, "a link, and links are not followed"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class WorkspaceError(Exception):
    """Say why a file could not be had, in one sentence."""


class NoSuchFile(WorkspaceError):
    """Say that nothing of that name exists."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file or folder of the workspace.

    Args:
        path: Its path from the workspace on, with /.
        folder: Whether it is a folder.
        size: Bytes of a file.
    """

    path: str
    folder: bool
    size: int


class Workspace(Protocol):
    """Reach files below one folder, and none outside of it."""

    root: Path

    def entries(self, parts: Parts) -> list[Found]:
        """List a folder by name; what is neither a plain file nor a folder is left out.

        Raises:
            WorkspaceError: It is no folder, or leads out.
        """

    def read(self, parts: Parts, limit: int) -> bytes:
        """Read a file of at most `limit` bytes.

        Raises:
            WorkspaceError: It is no plain file, too big, or leads out.
        """

    def write(self, parts: Parts, data: bytes) -> None:
        """Write a file in one piece, making the folders above it.

        Raises:
            WorkspaceError: Something else is in its place, or it leads out.
        """


def open_workspace(root: Path, *, walk: bool = CAN_WALK) -> Workspace:
    """Return the workspace in a folder, which is made if need be.

    Args:
        root: The folder; it may itself be reached through links.
        walk: Whether paths are walked folder by folder rather than resolved.

    Raises:
        WorkspaceError: The folder cannot be made.
    """
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        whole = root.resolve(strict=True)
    except OSError as error:
        raise WorkspaceError(f"The workspace cannot be opened ({error.strerror}).") from error
    return Walked(whole) if walk else Resolved(whole)


class Walked:
    """Walk each path from the open workspace on, one folder at a time, without following links.

    Args:
        root: The folder, resolved.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def entries(self, parts: Parts) -> list[Found]:
        """List a folder by name."""
        with self._folder(parts) as folder:
            found = []
            for name in os.listdir(folder):
                with suppress(FileNotFoundError):
                    seen = os.stat(name, dir_fd=folder, follow_symlinks=False)
                    found.append((name, seen))
        return _listed(parts, found)

    def read(self, parts: Parts, limit: int) -> bytes:
        """Read a file of at most `limit` bytes."""
        with self._folder(parts[:-1]) as folder, _told(parts):
            _check_file(parts, os.stat(parts[-1], dir_fd=folder, follow_symlinks=False))
            return _read(parts, os.open(parts[-1], _CAREFUL | _AT_ONCE, dir_fd=folder), limit)

    def write(self, parts: Parts, data: bytes) -> None:
        """Write a file in one piece, making the folders above it."""
        draft = _draft()
        with self._folder(parts[:-1], make=True) as folder, _told(parts):
            mode = None
            with suppress(FileNotFoundError):
                before = os.stat(parts[-1], dir_fd=folder, follow_symlinks=False)
                mode = stat.S_IMODE(_check_file(parts, before).st_mode)
            flags = _CAREFUL | os.O_CREAT | os.O_EXCL | os.O_WRONLY
            try:
                _fill(os.open(draft, flags, 0o666, dir_fd=folder), data, mode)
                # The name itself is replaced, whatever it has come to stand for in the meantime.
                os.replace(draft, parts[-1], src_dir_fd=folder, dst_dir_fd=folder)
            except BaseException:
                with suppress(OSError):
                    os.unlink(draft, dir_fd=folder)
                raise
            os.fsync(folder)

    @contextmanager
    def _folder(self, parts: Parts, *, make: bool = False) -> Iterator[int]:
        """Open a folder below the workspace."""
        flags = _CAREFUL | os.O_RDONLY | os.O_DIRECTORY
        with _told(()):
            opened = os.open(self.root, flags)
        try:
            for number, name in enumerate(parts, start=1):
                with _told(parts[:number]):
                    if make:
                        with suppress(FileExistsError):
                            os.mkdir(name, 0o777, dir_fd=opened)
                    inner = os.open(name, flags, dir_fd=opened)
                os.close(opened)
                opened = inner
            yield opened
        finally:
            os.close(opened)


class Resolved:
    """Resolve each path, and refuse it where it has turned into another one.

    Args:
        root: The folder, resolved.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def entries(self, parts: Parts) -> list[Found]:
        """List a folder by name."""
        folder = self._checked(parts)
        with _told(parts):
            found = []
            for name in os.listdir(folder):
                with suppress(FileNotFoundError):
                    found.append((name, os.lstat(folder / name)))
        return _listed(parts, found)

    def read(self, parts: Parts, limit: int) -> bytes:
        """Read a file of at most `limit` bytes."""
        path = self._checked(parts)
        with _told(parts):
            _check_file(parts, os.lstat(path))
            return _read(parts, os.open(path, _CAREFUL | _AT_ONCE), limit)

    def write(self, parts: Parts, data: bytes) -> None:
        """Write a file in one piece, making the folders above it."""
        for number in range(1, len(parts)):
            folder = self._checked(parts[:number])
            with _told(parts[:number]), suppress(FileExistsError):
                os.mkdir(folder)
        path = self._checked(parts)
        draft = path.with_name(_draft())
        with _told(parts):
            with suppress(FileNotFoundError):
                _check_file(parts, os.lstat(path))
            flags = _CAREFUL | os.O_CREAT | os.O_EXCL | os.O_WRONLY
            try:
                _fill(os.open(draft, flags, 0o666), data, None)
                os.replace(draft, path)
            except BaseException:
                with suppress(OSError):
                    os.unlink(draft)
                raise

    def _checked(self, parts: Parts) -> Path:
        path = self.root.joinpath(*parts)
        # Case is left to the system: what counts is that no link was on the way.
        if os.path.normcase(os.path.realpath(path)) != os.path.normcase(path):
            raise WorkspaceError(f"{_name(parts)} is {_KINDS[0][1]}.")
        return path


def _listed(parts: Parts, found: Sequence[tuple[str, os.stat_result]]) -> list[Found]:
    above = "".join(f"{part}/" for part in parts)
    return [
        Found(above + name, stat.S_ISDIR(seen.st_mode), seen.st_size)
        for name, seen in sorted(found, key=lambda one: (one[0].casefold(), one[0]))
        if not name.startswith(".")
        and name.isprintable()
        and (stat.S_ISDIR(seen.st_mode) or (stat.S_ISREG(seen.st_mode) and seen.st_nlink == 1))
    ]


def _check_file(parts: Parts, seen: os.stat_result) -> os.stat_result:
    """Refuse what is no plain file with one single name."""
    name = _name(parts)
    if stat.S_ISDIR(seen.st_mode):
        raise WorkspaceError(f"{name} is a folder, not a file. Use action list for a folder.")
    if not stat.S_ISREG(seen.st_mode):
        kind = next((word for test, word in _KINDS if test(seen.st_mode)), "no plain file")
        raise WorkspaceError(f"{name} is {kind}. Only plain files can be used.")
    if seen.st_nlink > 1:
        raise WorkspaceError(
            f"{name} has a second name (a hard link), which may lie outside of the workspace, so "
            "it is left alone. Use another file."
        )
    return seen


def _read(parts: Parts, opened: int, limit: int) -> bytes:
    with os.fdopen(opened, "rb") as file:
        seen = _check_file(parts, os.fstat(file.fileno()))
        data = file.read(limit + 1)
    if len(data) > limit:
        size = max(seen.st_size, len(data))
        raise WorkspaceError(
            f"{_name(parts)} has {size:,} bytes; files up to {limit:,} bytes can be read."
        )
    return data


def _fill(opened: int, data: bytes, mode: int | None) -> None:
    """Write a new file and wait until the disk has it."""
    with os.fdopen(opened, "wb") as file:
        if mode is not None:
            os.fchmod(file.fileno(), mode & 0o777)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _draft() -> str:
    return f".arriero-{secrets.token_hex(8)}"


def _name(parts: Parts) -> str:
    return repr("/".join(parts)) if parts else "the workspace"


_REASONS = {
    errno.ELOOP: "is a link, and links are not followed.",
    errno.EMLINK: "is a link, and links are not followed.",
    errno.ENAMETOOLONG: "is too long a name. Use a shorter one.",
    errno.EACCES: "must not be touched: the system denies it.",
    errno.EPERM: "must not be touched: the system denies it.",
    errno.ENOSPC: "was not written: the disk is full.",
    errno.EROFS: "was not written: the disk is read-only.",
    errno.ENXIO: "is a socket or a pipe. Only plain files can be used.",
}


@contextmanager
def _told(parts: Parts) -> Iterator[None]:
    """Turn what the system says into a sentence."""
    name = _name(parts)
    try:
        yield
    except FileNotFoundError as error:
        raise NoSuchFile(f"There is no {name}.") from error
    except NotADirectoryError as error:
        # With O_NOFOLLOW a link to a folder ends here as well.
        raise WorkspaceError(f"{name} is a file or a link, not a folder.") from error
    except IsADirectoryError as error:
        raise WorkspaceError(f"{name} is a folder, not a file.") from error
    except OSError as error:
        reason = _REASONS.get(error.errno or 0, f"cannot be used ({error.strerror}).")
        raise WorkspaceError(f"{name} {reason}") from error
