"""What a run may take, as limits of the process."""

from __future__ import annotations

import resource

from tools.python.kernel import Unprotected

OPEN_FILES = 64
THREADS = 32
ENTRIES = 500
"""Files and folders that a run may make."""
STACK = 8 * 2**20
MB = 2**20


def limit(seconds: float, memory_mb: int, file_mb: int) -> None:
    """Limit this process for good.

    Args:
        seconds: Of the processor, over all threads.
        memory_mb: Of address space.
        file_mb: Of one file.

    Raises:
        Unprotected: A limit is not in force.
    """
    whole = max(1, int(seconds) + (seconds > int(seconds)))
    wanted = {
        # First a signal that can be told from others, a second later the end.
        resource.RLIMIT_CPU: (whole, whole + 1),
        resource.RLIMIT_AS: (memory_mb * MB, memory_mb * MB),
        resource.RLIMIT_FSIZE: (file_mb * MB, file_mb * MB),
        resource.RLIMIT_NOFILE: (OPEN_FILES, OPEN_FILES),
        resource.RLIMIT_STACK: (STACK, STACK),
        # 1 stands for no dump at all; 0 would still hand one to a program that collects them.
        resource.RLIMIT_CORE: (1, 1),
        resource.RLIMIT_MEMLOCK: (0, 0),
        resource.RLIMIT_MSGQUEUE: (0, 0),
        resource.RLIMIT_NICE: (0, 0),
        resource.RLIMIT_RTPRIO: (0, 0),
    }
    for which, (soft, hard) in wanted.items():
        _, top = resource.getrlimit(which)
        # What is lower already stays: nobody but root may raise it.
        hard = hard if top == resource.RLIM_INFINITY else min(hard, top)
        resource.setrlimit(which, (min(soft, hard), hard))
        if resource.getrlimit(which)[1] != hard:
            raise Unprotected("the limits of the process could not be set")
