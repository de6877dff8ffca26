"""The inside: confine this process, see that it is confined, and run the code.

Only light modules are imported here: a run starts in a few hundredths of a second.
"""

from __future__ import annotations

import errno
import os
import sys

from tools.python import kernel, landlock, limits, notebook, readable, seccomp
from tools.python.kernel import Unprotected
from tools.python.syscalls import number

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ctypes
    from typing import Any

REPORT_BYTES = 8000


def main() -> None:
    """Read the job from the input, run its code confined, report, and end."""
    import marshal

    # From the process that starts this one; nothing is ever unmarshalled in the other direction.
    job = marshal.loads(sys.stdin.buffer.read())  # noqa: S302
    report = job["report"]
    try:
        _forget_origins(job)
        confine(job)
    except (Unprotected, OSError) as error:
        _tell(report, "refused", str(error))
        os._exit(1)
    _tell(report, "ready", "")
    if job["readable"]:
        readable.install(job["read"], job["write"])
    try:
        word, text = notebook.run(job["code"], job["memory_mb"], job["file_mb"])
    except MemoryError:
        word, text = "memory", ""
    _tell(report, word, text)
    os._exit(0)


def confine(job: dict[str, Any]) -> None:
    """Put every layer in force, and see that it is.

    Raises:
        Unprotected: A layer is missing.
    """
    library = kernel.libc()
    limits.limit(job["seconds"], job["memory_mb"], job["file_mb"])
    kernel.drop_capabilities(library)
    kernel.no_new_privileges(library)
    # Last of what concerns rights: a change of them would undo it.
    kernel.die_with(library, job["parent"])
    landlock.restrict(library, job["read"], job["write"])
    seccomp.install(library, os.getpid())
    _try_to_get_out(library, job["sealed"])


def _try_to_get_out(library: ctypes.CDLL, sealed: str) -> None:
    """Do what must fail; a layer that is installed but not in force is found here.

    Args:
        library: The C library.
        sealed: A file beside the scratch folder that this user may read and write.

    Raises:
        Unprotected: Something worked.
    """
    machine = kernel.machine()
    # A domain, a process and a program that would each fail otherwise, but with another error.
    calls = {"socket": (1, 1, 0), "kill": (os.getppid(), 0, 0), "execve": (0, 0, 0)}
    for name, arguments in calls.items():
        result = kernel.call(library, number(name, machine), *arguments)
        if result != -errno.EPERM:
            raise Unprotected(f"the system call {name} is not forbidden ({result})")
    for flags in (os.O_RDONLY, os.O_WRONLY):
        try:
            os.close(os.open(sealed, flags))
        except PermissionError:
            continue
        raise Unprotected("files outside of the scratch folder are not out of reach")


def _forget_origins(job: dict[str, Any]) -> None:
    """Set the paths and the input to what the code may see."""
    sys.path[:] = job["path"]
    sys.argv[:] = ["code"]
    sys.orig_argv[:] = ["python"]
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)


def _tell(report: int, word: str, text: str) -> None:
    os.write(report, f"{word}\n{text}".encode("utf-8", "replace")[:REPORT_BYTES] + b"\0")
