"""Memories: kept for good, found by their words, each user's alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from memory.simple import CHARS, FILE, Memories


@pytest.fixture
async def memories(tmp_path: Path) -> Memories:
    return Memories(tmp_path / FILE)


def holding(folder: Path, words: bytes) -> list[str]:
    return [path.name for path in folder.iterdir() if words in path.read_bytes()]


async def test_what_was_said_is_found_by_other_forms_of_its_words(memories: Memories) -> None:
    await memories.remember("My sister Ana lives in Córdoba.", user_id="eva", source="test")
    await memories.remember("I am allergic to peanuts.", user_id="eva", source="test")
    found = await memories.recall("Where is Ana living? CORDOBA", user_id="eva")
    assert [one.text for one in found] == ["My sister Ana lives in Córdoba."]
    await memories.aclose()


async def test_saying_it_again_strengthens_the_one_memory(memories: Memories) -> None:
    for text in ("I like tea.", "i like  TEA", "I like tea!"):
        kept = await memories.remember(text, user_id="eva", source="test")
    assert kept.times == 3
    assert len(await memories.recall("", user_id="eva")) == 1
    await memories.aclose()


async def test_nobody_finds_or_forgets_what_is_anothers(memories: Memories) -> None:
    kept = await memories.remember("The code is 4711.", user_id="eva", source="test")
    assert await memories.recall("code", user_id="ana") == []
    assert not await memories.forget(kept.id, user_id="ana")
    assert await memories.forget(kept.id, user_id="eva")
    assert await memories.recall("code", user_id="eva") == []
    await memories.aclose()


async def test_memories_outlast_the_process_and_leave_no_trace_when_forgotten(
    tmp_path: Path,
) -> None:
    first = Memories(tmp_path / FILE)
    kept = await first.remember("The sentinel is zanahoria9.", user_id="eva", source="test")
    await first.aclose()
    second = Memories(tmp_path / FILE)
    assert len(await second.recall("sentinel", user_id="eva")) == 1
    await second.forget(kept.id, user_id="eva")
    await second.remember("Another one.", user_id="eva", source="test")
    assert holding(tmp_path, b"zanahoria9") == []
    await second.aclose()
    assert holding(tmp_path, b"zanahoria9") == []


@pytest.mark.parametrize("query", ['"', "a OR b NEAR(", "*", "te' --", "\x00", "AND"])
async def test_no_query_is_wrong(memories: Memories, query: str) -> None:
    await memories.remember("tea AND coffee", user_id="eva", source="test")
    await memories.recall(query, user_id="eva")
    await memories.aclose()


async def test_what_is_no_memory_is_refused(memories: Memories, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="empty"):
        await memories.remember(" \n", user_id="eva", source="test")
    with pytest.raises(ValueError, match="at most"):
        await memories.remember("x" * (CHARS + 1), user_id="eva", source="test")
    assert await memories.recall("x", user_id="eva") == []
    assert holding(tmp_path, b"") == []
