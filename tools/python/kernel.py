"""Calls to the Linux kernel for which Python has no words."""

from __future__ import annotations

import ctypes
import os
import sys

from tools.python.syscalls import MACHINES, number

PR_SET_PDEATHSIG = 1
PR_GET_SECCOMP = 21
PR_SET_NO_NEW_PRIVS = 38
PR_GET_NO_NEW_PRIVS = 39
SIGKILL = 9


class Unprotected(Exception):
    """Say that a layer of protection is missing, as half a sentence."""


def machine() -> str:
    """Name the machine as the tables of system calls do.

    Raises:
        Unprotected: It is no Linux machine that is known here.
    """
    if not sys.platform.startswith("linux"):
        raise Unprotected(f"it needs Linux, and this is {sys.platform}")
    name = os.uname().machine
    if name not in MACHINES or sys.maxsize <= 2**32 or sys.byteorder != "little":
        raise Unprotected(f"it needs x86_64 or aarch64 in 64 bits, and this is {name}")
    return name


def libc() -> ctypes.CDLL:
    """Return the C library of this process."""
    library = ctypes.CDLL(None, use_errno=True)
    library.syscall.restype = ctypes.c_long
    return library


def call(library: ctypes.CDLL, which: int, *arguments: object) -> int:
    """Make a system call; return what it gave, or the negative errno.

    Whole numbers are passed at their full width: a C vararg `int` leaves the upper half undefined.
    """
    wide = [ctypes.c_long(item) if isinstance(item, int) else item for item in arguments]
    result = int(library.syscall(ctypes.c_long(which), *wide))
    return result if result >= 0 else -ctypes.get_errno()


def prctl(library: ctypes.CDLL, option: int, value: int = 0) -> int:
    """Set or read something of this process; return what it gave, or the negative errno."""
    zero = ctypes.c_ulong(0)
    result = int(library.prctl(option, ctypes.c_ulong(value), zero, zero, zero))
    return result if result >= 0 else -ctypes.get_errno()


def die_with(library: ctypes.CDLL, parent: int) -> None:
    """Let this process be killed when its parent ends, however that ends.

    Raises:
        Unprotected: The kernel does not do it, or the parent has ended already.
    """
    if prctl(library, PR_SET_PDEATHSIG, SIGKILL) < 0 or os.getppid() != parent:
        raise Unprotected("the process could not be tied to the one that started it")


def drop_capabilities(library: ctypes.CDLL) -> None:
    """Give up every capability, so that root is a user like any other.

    Raises:
        Unprotected: Some are left.
    """

    class Header(ctypes.Structure):
        _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))

    header = Header(0x20080522, 0)
    nothing = (ctypes.c_uint32 * 6)()
    call(library, number("capset", machine()), ctypes.byref(header), ctypes.byref(nothing))
    left = (ctypes.c_uint32 * 6)()
    got = call(library, number("capget", machine()), ctypes.byref(header), ctypes.byref(left))
    if got < 0 or any(left):
        raise Unprotected("the rights of an administrator could not be given up")


def no_new_privileges(library: ctypes.CDLL) -> None:
    """Let no program that is started ever gain rights.

    Raises:
        Unprotected: The kernel does not do it.
    """
    prctl(library, PR_SET_NO_NEW_PRIVS, 1)
    if prctl(library, PR_GET_NO_NEW_PRIVS) != 1:
        raise Unprotected("the kernel does not know no_new_privs")
