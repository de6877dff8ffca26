"""The system calls that a run may make, as a seccomp filter.

An allow list, because a deny list forgets: the kernel gets new calls every year, and each of them
would be open until somebody thinks of it. What numpy, pandas and matplotlib need is small and does
not change: files, memory, threads, clocks. Paths are not looked at here (a filter cannot follow
pointers): what may be opened, Landlock says; what Landlock does not watch, such as chmod, truncate
and utime, is not on the list.

A call that is not on the list gives EPERM. One that is newer than the list gives ENOSYS, as does
clone3, whose flags a filter cannot see: C libraries then fall back on the older call.
"""

from __future__ import annotations

import ctypes
import errno

from tools.python.kernel import PR_GET_SECCOMP, Unprotected, call, machine, prctl
from tools.python.syscalls import ALLOWED, LOOKED_AT, MACHINES, NEWEST, NONE, number

Instruction = tuple[int, int, int, int]
"""Code, jump where true, jump where false, constant."""

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
X32_BIT = 0x40000000
KILL = 0x80000000
ALLOW = 0x7FFF0000
ERRNO = 0x00050000

_LOAD, _AND, _RETURN = 0x20, 0x54, 0x06
_EQUAL, _AT_LEAST = 0x15, 0x35

# Flags of clone: a thread shares memory and signal handlers, and has no namespace, no tracer,
# no parent and no descriptor of its own.
_THREAD = 0x100 | 0x800 | 0x10000
_NO_THREAD = 0x7E020000 | 0x1000 | 0x2000 | 0x8000 | 0x800000
_O_ACCMODE, _O_TRUNC = 0o3, 0o1000
# F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, locks, F_DUPFD_CLOEXEC. Not F_SETOWN, which sends
# signals to others.
_FCNTL = (0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 1030)
# Is it a terminal, how large is it, how much is there to read, close on exec.
_IOCTL = (0x5401, 0x5413, 0x541B, 0x5450, 0x5451)
# Names of threads and of memory, and reading that there is a filter.
_PRCTL = (15, 16, 0x53564D41, PR_GET_SECCOMP)


def program(name: str, pid: int) -> list[Instruction]:
    """Write the filter for a machine.

    Args:
        name: `x86_64` or `aarch64`.
        pid: The process that may signal itself.
    """
    lines: list[Instruction] = [
        (_LOAD, 0, 0, 4),
        (_EQUAL, 1, 0, ARCHITECTURES[name]),
        (_RETURN, 0, 0, KILL),
        (_LOAD, 0, 0, 0),
        (_AT_LEAST, 0, 1, X32_BIT),  # the third calling convention of x86_64 skips other filters
        (_RETURN, 0, 0, ERRNO | errno.EPERM),
    ]
    for numbers in ALLOWED.values():
        if (which := numbers[MACHINES[name]]) != NONE:
            lines += [(_EQUAL, 0, 1, which), (_RETURN, 0, 0, ALLOW)]
    for call_name, check in _checks(pid).items():
        if (which := number(call_name, name)) != NONE:
            lines += [(_EQUAL, 0, len(check), which), *check]
    lines += [
        (_AT_LEAST, 0, 1, NEWEST + 1),
        (_RETURN, 0, 0, ERRNO | errno.ENOSYS),
        (_RETURN, 0, 0, ERRNO | errno.EPERM),
    ]
    return lines


def _checks(pid: int) -> dict[str, list[Instruction]]:
    """Write what is looked at in each of the calls whose arguments matter."""
    # Truncating needs no right of Landlock before its third version, so it must be a write.
    checks = {
        "open": _unless(1, _O_TRUNC | _O_ACCMODE, _O_TRUNC),
        "openat": _unless(2, _O_TRUNC | _O_ACCMODE, _O_TRUNC),
        "clone": _only(0, _THREAD | _NO_THREAD, (_THREAD,)),
        "clone3": [(_RETURN, 0, 0, ERRNO | errno.ENOSYS)],
        "fcntl": _only(1, 0xFFFFFFFF, _FCNTL),
        "ioctl": _only(1, 0xFFFFFFFF, _IOCTL),
        "prctl": _only(0, 0xFFFFFFFF, _PRCTL),
        "prlimit64": _only_null(2),
        "tgkill": _only(0, 0xFFFFFFFF, (pid,)),  # abort() signals its own process
    }
    assert checks.keys() == LOOKED_AT.keys()  # noqa: S101 - the two tables belong together
    return checks


def _load(argument: int, *, upper: bool = False) -> Instruction:
    return (_LOAD, 0, 0, 16 + 8 * argument + (4 if upper else 0))


def _only(argument: int, mask: int, values: tuple[int, ...]) -> list[Instruction]:
    """Allow a call when the lower half of an argument, masked, is one of some values."""
    lines = [_load(argument), (_AND, 0, 0, mask)]
    for value in values:
        lines += [(_EQUAL, 0, 1, value), (_RETURN, 0, 0, ALLOW)]
    return [*lines, (_RETURN, 0, 0, ERRNO | errno.EPERM)]


def _unless(argument: int, mask: int, value: int) -> list[Instruction]:
    """Allow a call except when the lower half of an argument, masked, is a value."""
    return [
        _load(argument),
        (_AND, 0, 0, mask),
        (_EQUAL, 0, 1, value),
        (_RETURN, 0, 0, ERRNO | errno.EPERM),
        (_RETURN, 0, 0, ALLOW),
    ]


def _only_null(argument: int) -> list[Instruction]:
    """Allow a call when an argument is a null pointer."""
    return [
        _load(argument),
        (_EQUAL, 0, 3, 0),
        _load(argument, upper=True),
        (_EQUAL, 0, 1, 0),
        (_RETURN, 0, 0, ALLOW),
        (_RETURN, 0, 0, ERRNO | errno.EPERM),
    ]


def available(library: ctypes.CDLL) -> bool:
    """Say whether the kernel filters system calls."""
    kill = ctypes.c_uint32(KILL)
    get_action_available = 2
    which = number("seccomp", machine())
    return call(library, which, get_action_available, 0, ctypes.byref(kill)) == 0


def install(library: ctypes.CDLL, pid: int) -> None:
    """Filter the calls of this process from now on; there is no way back.

    Raises:
        Unprotected: The kernel does not do it.
    """

    class Line(ctypes.Structure):
        _fields_ = (
            ("code", ctypes.c_uint16),
            ("true", ctypes.c_uint8),
            ("false", ctypes.c_uint8),
            ("constant", ctypes.c_uint32),
        )

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_uint16), ("lines", ctypes.POINTER(Line)))

    name = machine()
    lines = program(name, pid)
    filled = (Line * len(lines))(*(Line(*line) for line in lines))
    loaded = Program(len(lines), filled)
    set_mode_filter, all_threads = 1, 1
    which = number("seccomp", name)
    result = call(library, which, set_mode_filter, all_threads, ctypes.byref(loaded))
    if result != 0 or prctl(library, PR_GET_SECCOMP) != 2:
        raise Unprotected(f"the kernel did not take the filter of system calls ({result})")
