"""Say why in words when the code tries what it may not.

This is a courtesy to the model, which can then do something else. It is no protection: code can
get around a hook inside of its own interpreter. Then the kernel refuses, with fewer words.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

NETWORK = (
    "There is no network in here: no web page, machine or service can be reached. Put the data "
    "into the code, or get it with another tool first."
)
PROGRAMS = (
    "No other programs or processes can be started in here, and nothing can be installed. Do it "
    "in Python itself, in this one process."
)
READ = (
    "Only files of the scratch folder, which starts empty, can be read in here, not {}. Put the "
    "data into the code, or get it with another tool first."
)
WRITE = "Only the scratch folder can be written in here, not {}. Use a plain name: 'result.csv'."
LINKS = "Links, pipes and devices cannot be made in here. Write a plain file."
MODES = "Modes, owners and times of files cannot be changed in here, and need not be."
SIGNALS = "No signals can be sent from in here."
LIMITS = "Limits cannot be changed from in here."
NATIVE = "C libraries and system calls cannot be called in here. Use Python, or numpy."

_NETWORK = (
    "socket.__new__ socket.connect socket.bind socket.sendto socket.sendmsg socket.getaddrinfo "
    "socket.gethostbyname socket.gethostbyaddr socket.getnameinfo urllib.Request "
    "http.client.connect ftplib.connect smtplib.connect imaplib.open poplib.connect "
    "telnetlib.Telnet.open nntplib.connect webbrowser.open"
)
_PROGRAMS = (
    "subprocess.Popen os.system os.exec os.posix_spawn os.spawn os.fork os.forkpty pty.spawn"
)
_MODES = "os.chmod os.chown os.utime os.setxattr os.removexattr"
_FIXED = {
    **dict.fromkeys(_NETWORK.split(), NETWORK),
    **dict.fromkeys(_PROGRAMS.split(), PROGRAMS),
    **dict.fromkeys(("os.link", "os.symlink"), LINKS),
    **dict.fromkeys(_MODES.split(), MODES),
    **dict.fromkeys(("os.kill", "os.killpg"), SIGNALS),
    **dict.fromkeys(("resource.setrlimit", "resource.prlimit"), LIMITS),
}
_READS = ("os.listdir", "os.scandir")
_WRITES = ("os.mkdir", "os.remove", "os.rmdir", "os.truncate", "os.rename")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def install(read: list[str], write: list[str]) -> None:
    """Answer attempts to get out with the reason why that does not work.

    Args:
        read: Files and folders that may be read.
        write: Those that may be changed too.
    """
    places = _Places(tuple(read), tuple(write))
    checks: dict[str, Callable[..., None]] = {
        **{event: _refusal(text) for event, text in _FIXED.items()},
        **dict.fromkeys(_READS, places.read),
        **dict.fromkeys(_WRITES, places.write),
        "open": places.open,
        "import": places.load,
        "ctypes.dlopen": lambda name: places.load(None, name),
        "ctypes.dlsym": _may_call,
    }

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if (check := checks.get(event)) is not None:
            check(*arguments)

    sys.addaudithook(hook)


class _Places:
    """Checks of what may be read, written and loaded, each for the arguments of an event."""

    def __init__(self, read: tuple[str, ...], write: tuple[str, ...]) -> None:
        self._read, self._write = read + write, write
        self._folders = tuple(f"{path}/" for path in read)

    def read(self, path: Any = None, *rest: Any) -> None:
        text = _text(path)
        if text is None or (text.startswith(self._folders) and ".." not in text):
            return
        if not _inside(text, self._read):
            raise PermissionError(READ.format(_short(text)))

    def write(self, *paths: Any) -> None:
        for text in map(_text, paths):
            if text is not None and not _inside(text, self._write):
                raise PermissionError(WRITE.format(_short(text)))

    def open(self, path: Any, mode: Any, flags: Any) -> None:
        if isinstance(flags, int) and flags & _WRITING:
            self.write(path)
        else:
            self.read(path)

    def load(self, name: Any, file: Any = None, *rest: Any) -> None:
        text = _text(file)
        if text is not None and (_inside(text, self._write) or not _inside(text, self._read)):
            raise PermissionError(NATIVE)


def _refusal(text: str) -> Callable[..., None]:
    def refuse(*arguments: Any) -> None:
        raise PermissionError(text)

    return refuse


def _may_call(library: Any, name: Any) -> None:
    # Python's own functions are found in the same way, and modules look some of them up.
    if not str(name).startswith(("Py", "_Py")):
        raise PermissionError(NATIVE)


def _text(path: Any) -> str | None:
    """Return a path as text, or None where it is none: a descriptor, or something made up."""
    try:
        return os.fsdecode(path)
    except TypeError:
        return None


def _inside(path: str, folders: tuple[str, ...]) -> bool:
    try:
        real = os.path.realpath(path)
    except (OSError, ValueError):
        return True  # nothing that exists; the attempt itself says what is wrong with it
    return any(real == folder or real.startswith(f"{folder}/") for folder in folders)


def _short(path: str) -> str:
    return repr(path if len(path) <= 80 else f"{path[:79]}…")
