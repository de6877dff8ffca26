"""Closing at any moment: it ends at once, whatever is under way."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from memory.exact import MemoryIndex
from memory.indexing import Indexer
from memory.records import Draft
from memory.schema import FILE
from memory.store import Store, open_database
from tests.memory.victim import EMBEDDER, SAID


@pytest.mark.parametrize("steps", range(6))
async def test_closing_right_behind_what_was_deleted_does_not_wait(
    steps: int, tmp_path: Path
) -> None:
    store = Store(open_database(tmp_path / FILE), EMBEDDER)
    record, _ = await store.write(Draft(text="I keep bees.", said=SAID), user_id="ana")
    indexer = Indexer(store, MemoryIndex(), embedder=EMBEDDER, delay=0)
    await indexer.ready()
    indexer.start()
    # It has nothing to do, and waits for the next writing.
    await asyncio.sleep(0.3)
    await store.delete([record.id], user_id="ana")
    await indexer.drop([record.id], user_id="ana", space="records")
    for _ in range(steps):
        await asyncio.sleep(0)
    begin = asyncio.get_running_loop().time()
    closing = asyncio.create_task(indexer.aclose())
    await asyncio.wait([closing], timeout=10)
    assert closing.done()
    assert asyncio.get_running_loop().time() - begin < 4
    await store.aclose()
