"""Fixtures of the search engines' tests."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest

from tests.doubles.search_engines import Clock, to_loopback
from tests.doubles.site import Site


@pytest.fixture
async def engines(site: Site, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    """Send every host that ddgs asks to the test's own server, as a path of that name."""
    to_loopback(site, monkeypatch)
    yield site
    # A search leaves slower engines behind in their threads; none may ask the next test's server.
    while any(thread.name == "tool" for thread in threading.enumerate()):
        await site.close()
        await asyncio.sleep(0.005)


@pytest.fixture
def clock() -> Clock:
    return Clock()
