"""A limit of requests to one host at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from weakref import WeakKeyDictionary


@dataclass(slots=True)
class _Host:
    """The turns of one host, and how many hold one or wait for it."""

    turns: asyncio.Semaphore
    users: int = 0


class PerHost:
    """Let at most so many pass at a time for each host; the others wait.

    Only hosts that somebody is using are remembered, for each event loop by itself, because
    waiting belongs to one loop.

    Args:
        limit: How many may pass at a time.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._loops: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, _Host]] = (
            WeakKeyDictionary()
        )

    @asynccontextmanager
    async def turn(self, name: str) -> AsyncIterator[None]:
        """Wait for a turn, and hold it while the block runs."""
        hosts = self._loops.setdefault(asyncio.get_running_loop(), {})
        host = hosts.setdefault(name, _Host(asyncio.Semaphore(self._limit)))
        host.users += 1
        try:
            async with host.turns:
                yield
        finally:
            host.users -= 1
            if not host.users:
                del hosts[name]

    def __len__(self) -> int:
        return sum(len(hosts) for hosts in self._loops.values())
