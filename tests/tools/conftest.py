"""Fixtures of the tools' tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.doubles.site import Site


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    made = Site(0)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    await made.close()
    server.close()
    await server.wait_closed()
