"""The files that a run may touch, as a Landlock ruleset.

Landlock knows more in each version: files since the first, moving between folders since the
second, truncating since the third, TCP since the fourth, device ioctls since the fifth, abstract
sockets and signals since the sixth. What an old one does not know is forbidden by the seccomp
filter all the same, so the first version is enough.
"""

from __future__ import annotations

import ctypes
import os
import stat

from tools.python.kernel import Unprotected, call

CREATE, ADD_RULE, RESTRICT = 444, 445, 446  # the same on every machine

_EXECUTE, _WRITE, _READ, _LIST = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REMOVE_DIR, _REMOVE_FILE, _MAKE_DIR, _MAKE_FILE = 1 << 4, 1 << 5, 1 << 7, 1 << 8
_MOVE, _TRUNCATE = 1 << 13, 1 << 14
# How many rights on files each version knows.
_KNOWN = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_FILE_RIGHTS = _EXECUTE | _WRITE | _READ | _TRUNCATE

_LOOK = _READ | _LIST
# No links, sockets, pipes or devices: nothing that another process could trip over later.
_WORK = (
    _LOOK | _WRITE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_FILE | _MOVE | _TRUNCATE
)  # fmt: skip


def version(library: ctypes.CDLL) -> int:
    """Return the version of Landlock, 0 where there is none."""
    return max(0, call(library, CREATE, None, 0, 1))


def restrict(library: ctypes.CDLL, read: list[str], write: list[str]) -> None:
    """Confine this process to some files and folders from now on; there is no way back.

    Args:
        library: The C library.
        read: What may be read; what does not exist is passed over.
        write: What may be changed too.

    Raises:
        Unprotected: The kernel does not do it.
    """
    abi = version(library)
    if abi < 1:
        raise Unprotected("the kernel has no Landlock")
    rights = (1 << _KNOWN.get(abi, _KNOWN[5])) - 1
    attributes = (ctypes.c_uint64 * 3)(rights, 0b11 if abi >= 4 else 0, 0b11 if abi >= 6 else 0)
    size = 8 if abi < 4 else 16 if abi < 6 else 24
    ruleset = call(library, CREATE, ctypes.byref(attributes), size, 0)
    if ruleset < 0:
        raise Unprotected(f"the kernel made no Landlock ruleset ({ruleset})")
    try:
        for path in read:
            _allow(library, ruleset, path, _LOOK & rights)
        for path in write:
            _allow(library, ruleset, path, _WORK & rights)
        if (result := call(library, RESTRICT, ruleset, 0)) != 0:
            raise Unprotected(f"the kernel did not apply the Landlock ruleset ({result})")
    finally:
        os.close(ruleset)


def _allow(library: ctypes.CDLL, ruleset: int, path: str, rights: int) -> None:
    class Beneath(ctypes.Structure):
        _pack_ = 1
        _fields_ = (("rights", ctypes.c_uint64), ("descriptor", ctypes.c_int32))

    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        rule = Beneath(rights if folder else rights & _FILE_RIGHTS, descriptor)
        result = call(library, ADD_RULE, ruleset, 1, ctypes.byref(rule), 0)
    finally:
        os.close(descriptor)
    if result != 0:
        raise Unprotected(f"the kernel did not take a Landlock rule ({result})")
