"""Numbers of Linux's system calls, on the two machines that are known here."""

from __future__ import annotations

MACHINES = {"x86_64": 0, "aarch64": 1}
"""Which of a call's two numbers holds on which machine."""
NONE = -1
"""The number of a call that a machine does not have."""
NEWEST = 470
"""Calls after this one were not there when the list was written; they are said to be unknown."""

ALLOWED = {
    # Data of files that are open.
    "read": (0, 63),
    "write": (1, 64),
    "readv": (19, 65),
    "writev": (20, 66),
    "pread64": (17, 67),
    "pwrite64": (18, 68),
    "preadv": (295, 69),
    "pwritev": (296, 70),
    "preadv2": (327, 286),
    "pwritev2": (328, 287),
    "lseek": (8, 62),
    "close": (3, 57),
    "close_range": (436, 436),
    "dup": (32, 23),
    "dup2": (33, NONE),
    "dup3": (292, 24),
    "pipe": (22, NONE),
    "pipe2": (293, 59),
    "sendfile": (40, 71),
    "copy_file_range": (326, 285),
    "fsync": (74, 82),
    "fdatasync": (75, 83),
    "fallocate": (285, 47),
    "ftruncate": (77, 46),
    "fadvise64": (221, 223),
    "flock": (73, 32),
    # Waiting for them.
    "poll": (7, NONE),
    "ppoll": (271, 73),
    "select": (23, NONE),
    "pselect6": (270, 72),
    "epoll_create": (213, NONE),
    "epoll_create1": (291, 20),
    "epoll_ctl": (233, 21),
    "epoll_wait": (232, NONE),
    "epoll_pwait": (281, 22),
    "eventfd": (284, NONE),
    "eventfd2": (290, 19),
    # Paths; what may be changed there is for Landlock to say.
    "stat": (4, NONE),
    "lstat": (6, NONE),
    "fstat": (5, 80),
    "newfstatat": (262, 79),
    "statx": (332, 291),
    "statfs": (137, 43),
    "fstatfs": (138, 44),
    "access": (21, NONE),
    "faccessat": (269, 48),
    "faccessat2": (439, 439),
    "readlink": (89, NONE),
    "readlinkat": (267, 78),
    "getdents": (78, NONE),
    "getdents64": (217, 61),
    "getcwd": (79, 17),
    "chdir": (80, 49),
    "fchdir": (81, 50),
    "mkdir": (83, NONE),
    "mkdirat": (258, 34),
    "rmdir": (84, NONE),
    "unlink": (87, NONE),
    "unlinkat": (263, 35),
    "rename": (82, NONE),
    "renameat": (264, 38),
    "renameat2": (316, 276),
    "umask": (95, 166),
    # Memory.
    "mmap": (9, 222),
    "munmap": (11, 215),
    "mprotect": (10, 226),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "msync": (26, 227),
    "brk": (12, 214),
    # Threads, and looking at the scheduler.
    "futex": (202, 98),
    "set_robust_list": (273, 99),
    "rseq": (334, 293),
    "set_tid_address": (218, 96),
    "membarrier": (324, 283),
    "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123),
    "sched_getparam": (143, 121),
    "sched_getscheduler": (145, 120),
    "sched_get_priority_max": (146, 125),
    "sched_get_priority_min": (147, 126),
    # Who the process is.
    "getpid": (39, 172),
    "gettid": (186, 178),
    "getppid": (110, 173),
    "getuid": (102, 174),
    "geteuid": (107, 175),
    "getgid": (104, 176),
    "getegid": (108, 177),
    "getgroups": (115, 158),
    "getresuid": (118, 148),
    "getresgid": (120, 150),
    "getpgrp": (111, NONE),
    "getpgid": (121, 155),
    "getsid": (124, 156),
    "capget": (125, 90),
    # The machine and its clocks.
    "uname": (63, 160),
    "sysinfo": (99, 179),
    "getrusage": (98, 165),
    "times": (100, 153),
    "getrlimit": (97, 163),
    "getcpu": (309, 168),
    "getrandom": (318, 278),
    "time": (201, NONE),
    "gettimeofday": (96, 169),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "nanosleep": (35, 101),
    "clock_nanosleep": (230, 115),
    "alarm": (37, NONE),
    "pause": (34, NONE),
    "setitimer": (38, 103),
    "getitimer": (36, 102),
    "restart_syscall": (219, 128),
    # Signals that the process gets, and its end.
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "rt_sigpending": (127, 136),
    "rt_sigsuspend": (130, 133),
    "rt_sigtimedwait": (128, 137),
    "sigaltstack": (131, 132),
    "wait4": (61, 260),
    "waitid": (247, 95),
    "exit": (60, 93),
    "exit_group": (231, 94),
}
"""What a run may call with whatever arguments."""

LOOKED_AT = {
    "open": (2, NONE),
    "openat": (257, 56),
    "clone": (56, 220),
    "clone3": (435, 435),
    "fcntl": (72, 25),
    "ioctl": (16, 29),
    "prctl": (157, 167),
    "prlimit64": (302, 261),
    "tgkill": (234, 131),
}
"""What a run may call with some arguments."""

USED = {
    "socket": (41, 198),
    "kill": (62, 129),
    "execve": (59, 221),
    "seccomp": (317, 277),
    "capset": (126, 91),
}
"""What is called before it is forbidden, or to see that it is."""


def number(name: str, machine: str) -> int:
    """Return the number of a call on a machine, or `NONE`.

    Raises:
        KeyError: The call is not known here.
    """
    return {**ALLOWED, **LOOKED_AT, **USED}[name][MACHINES[machine]]
