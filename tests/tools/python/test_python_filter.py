"""The filter of system calls, on machines that are not at hand too, and what is done without it."""

from __future__ import annotations

import errno
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tools.errors import ToolSetupError
from tools.python import landlock, runner, scratch, seccomp
from tools.python.runner import Job
from tools.python.syscalls import ALLOWED, LOOKED_AT, MACHINES, NONE
from tools.python.tool import require_protection

PID = 4321
EPERM, ENOSYS = (seccomp.ERRNO | number for number in (errno.EPERM, errno.ENOSYS))
# Calls of aarch64 that must not get through.
DANGEROUS = {
    "mknodat": 33, "symlinkat": 36, "linkat": 37, "umount2": 39, "mount": 40, "pivot_root": 41,
    "truncate": 45, "chroot": 51, "fchmod": 52, "fchmodat": 53, "fchownat": 54, "fchown": 55,
    "splice": 76, "utimensat": 88, "acct": 89, "capset": 91, "personality": 92, "unshare": 97,
    "kexec_load": 104, "init_module": 105, "timer_create": 107, "clock_settime": 112,
    "ptrace": 117, "kill": 129, "tkill": 130, "setuid": 146, "setsid": 157, "sethostname": 161,
    "setrlimit": 164, "settimeofday": 170, "mq_open": 180, "shmget": 194, "socket": 198,
    "socketpair": 199, "bind": 200, "connect": 203, "sendto": 206, "add_key": 217,
    "keyctl": 219, "execve": 221, "perf_event_open": 241, "open_by_handle_at": 265, "setns": 268,
    "process_vm_readv": 270, "finit_module": 273, "seccomp": 277, "memfd_create": 279, "bpf": 280,
    "execveat": 281, "userfaultfd": 282, "io_uring_setup": 425, "pidfd_open": 434,
}  # fmt: skip


def judge(machine: str, number: int, *arguments: int, architecture: int | None = None) -> int:
    """Run the filter as the kernel would."""
    given = seccomp.ARCHITECTURES[machine] if architecture is None else architecture
    words = {0: number, 4: given}
    for position, value in enumerate((*arguments, *[0] * 6)[:6]):
        words[16 + 8 * position] = value & 0xFFFFFFFF
        words[20 + 8 * position] = value >> 32 & 0xFFFFFFFF
    lines = seccomp.program(machine, PID)
    held = at = 0
    while True:
        code, true, false, constant = lines[at]
        at += 1
        if code == 0x06:
            return constant
        if code == 0x20:
            held = words[constant]
        elif code == 0x54:
            held &= constant
        else:
            at += true if (held == constant if code == 0x15 else held >= constant) else false


@pytest.mark.parametrize("machine", MACHINES)
def test_what_is_on_the_list_is_allowed(machine: str) -> None:
    for name, numbers in ALLOWED.items():
        if (number := numbers[MACHINES[machine]]) != NONE:
            assert judge(machine, number) == seccomp.ALLOW, name


@pytest.mark.parametrize("machine", MACHINES)
def test_everything_else_is_not(machine: str) -> None:
    known = {numbers[MACHINES[machine]] for numbers in {**ALLOWED, **LOOKED_AT}.values()}
    for number in {*range(471)} - known:
        assert judge(machine, number) == EPERM, number
    assert judge(machine, 471) == judge(machine, 999) == ENOSYS
    assert judge(machine, 0x40000000 + 39) == EPERM


def test_the_other_machine_has_its_own_numbers() -> None:
    for name, number in DANGEROUS.items():
        assert judge("aarch64", number) == EPERM, name
    assert judge("aarch64", 220, 0x3D0F00) == seccomp.ALLOW  # clone, as threads are made
    assert judge("aarch64", 220, 17) == EPERM  # as processes are
    assert judge("aarch64", 56, 0, 0, 0o1000) == EPERM  # openat, truncating without writing
    assert judge("aarch64", 56, 0, 0, 0o1101) == seccomp.ALLOW
    assert judge("aarch64", 131, PID, 1, 6) == seccomp.ALLOW  # tgkill of itself
    assert judge("aarch64", 131, PID + 1, 1, 6) == EPERM
    assert judge("aarch64", 261, 0, 7, 0, 0) == seccomp.ALLOW  # prlimit64 that reads
    assert judge("aarch64", 261, 0, 7, 1 << 32, 0) == EPERM
    assert judge("aarch64", 435) == ENOSYS


@pytest.mark.parametrize("machine", MACHINES)
def test_another_calling_convention_ends_the_process(machine: str) -> None:
    assert judge(machine, 39, architecture=0x40000003) == seccomp.KILL


@pytest.mark.parametrize(
    ("module", "function", "why"),
    [
        ("seccomp", "install", "the system call socket is not forbidden"),
        ("landlock", "restrict", "files outside of the scratch folder are not out of reach"),
        ("limits", "limit", ""),
    ],
)
def test_a_run_without_a_layer_is_refused(
    module: str, function: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not why:
        change = "def no(*_): raise child.Unprotected('the limits could not be set')"
        why = "the limits could not be set"
    else:
        change = "no = lambda *_: None"
    start = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        f"from tools.python import child, {module}\n{change}\n"
        f"{module}.{function} = no\nchild.main()"
    )
    monkeypatch.setattr(runner, "_START", start)
    with closing(scratch.make()) as place:
        outcome = runner.run(Job("print('ran')"), place)
    assert outcome.end == "refused"
    assert why in outcome.text
    assert outcome.output == ""


def test_a_run_that_cannot_start_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "_START", "raise SystemExit('no such thing')")
    with closing(scratch.make()) as place:
        outcome = runner.run(Job("print('ran')"), place)
    assert outcome.end == "refused"
    assert "no such thing" in outcome.text


def test_no_tool_on_another_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(ToolSetupError, match="it needs Linux, and this is darwin"):
        require_protection()


@pytest.mark.parametrize(
    ("module", "function", "gives", "why"),
    [
        (landlock, "version", 0, "the kernel has no Landlock"),
        (seccomp, "available", False, "the kernel does not filter system calls"),
    ],
)
def test_no_tool_on_an_old_kernel(
    module: Any, function: str, gives: Any, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, function, lambda _: gives)
    with pytest.raises(ToolSetupError, match=why) as caught:
        require_protection()
    assert "Linux 5.13" in caught.value.hint


@pytest.mark.parametrize("version", [1, 2, 3, 4, 5, 6])
def test_an_older_landlock_is_enough(
    version: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    canary = tmp_path / "canary"
    canary.write_text("unchanged")
    start = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from tools.python import child, landlock\n"
        f"landlock.version = lambda _: min({version}, landlock.call(_, 444, None, 0, 1))\n"
        "child.main()"
    )
    monkeypatch.setattr(runner, "_START", start)
    code = f"""
import os, socket
def refused(attempt, *arguments):
    try: attempt(*arguments)
    except PermissionError: return True
path = {str(canary)!r}
open('a', 'w').write('x'); os.rename('a', 'b'); os.mkdir('c')
[refused(open, path), refused(open, path, 'w'), refused(os.truncate, path, 0),
 refused(os.open, path, os.O_TRUNC), refused(os.remove, path), refused(os.chmod, path, 0o777),
 refused(socket.socket), refused(os.kill, os.getppid(), 0), refused(os.fork),
 refused(os.link, path, 'd'), os.listdir() == ['c', 'b'] or os.listdir() == ['b', 'c']]"""
    with closing(scratch.make()) as place:
        outcome = runner.run(Job(code, readable=False), place)
    assert outcome.output == f"{[True] * 11}\n", outcome
    assert canary.read_text() == "unchanged"
