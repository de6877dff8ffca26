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
    indexer.start()
    while (await indexer.status()).behind != 0:
        await asyncio.sleep(0.01)
    # It waits for the next writing now.
    await asyncio.sleep(0.2)
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
