"""What is forgotten is in no file of the home folder: not its words, and not its vector."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agent.assistant import JOURNAL, Assistant, open_assistant
from agent.erasing import erase
from agent.models.scripted import ScriptedModel, say
from agent.settings import Settings
from agent.threads import open_threads
from memory.embeddings import open_embedder
from memory.memories import Memories, open_memories
from memory.records import Draft
from memory.settings import MemorySettings
from tools.documents import Reader
from tools.journal import SqliteJournal

SENTINEL = "Zebrafink-7731"
SAID = f"My boat is called {SENTINEL}."
OTHERS = ("My sister Marta plays chess.", "I am allergic to peanuts.", "I like green tea.")
WINDOW = 24
"""Numbers of a vector that are looked for in one piece: pages of a file cut it anywhere."""


def holding(home: Path, texts: Iterable[str]) -> list[tuple[str, str]]:
    """Return the files below a folder that hold some texts or their vectors, and what they hold."""
    found = []
    vectors = open_embedder().embed([*texts])
    for path in home.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            forms = {form: SENTINEL.encode(form) for form in ("utf-8", "utf-16-le", "utf-16-be")}
            folded = content.lower()
            found += [(path.name, form) for form, one in forms.items() if one.lower() in folded]
            for kind in (np.float32, np.float16):
                if any(holds(content, vector, kind) for vector in vectors):
                    found.append((path.name, kind.__name__))
    return sorted(set(found))


def holds(content: bytes, vector: Any, kind: type) -> bool:
    """Tell whether a part of a vector stands in some bytes, or of one very near to it."""
    size = np.dtype(kind).itemsize
    # An index is filled with what the store holds, which is rounded.
    vector, near = np.asarray(vector, np.float16), 2e-5
    for shift in range(size):
        end = shift + (len(content) - shift) // size * size
        numbers = np.nan_to_num(np.frombuffer(content[shift:end], kind), posinf=9, neginf=9, nan=9)
        numbers = np.clip(numbers, -9, 9).astype(np.float32)
        for start in range(0, len(vector) - WINDOW, WINDOW):
            part = np.asarray(vector[start : start + WINDOW], np.float32)
            at = np.flatnonzero(np.abs(numbers[: len(numbers) - WINDOW + 1] - part[0]) < near)
            for step in range(1, WINDOW):
                if not at.size:
                    break
                at = at[np.abs(numbers[at + step] - part[step]) < near]
            if at.size:
                return True
    return False


def filled(home: Path) -> dict[str, bool]:
    """Tell which files with room for vectors hold anything."""
    found = {name: [*home.rglob(name)] for name in ("data_level0.bin", "length.bin")}
    return {
        name: any(any(path.read_bytes()) for path in paths)
        for name, paths in found.items()
        if paths
    }


@asynccontextmanager
async def opened(home: Path, *replies: str) -> AsyncIterator[Assistant]:
    model = ScriptedModel([say(one) for one in replies])
    settings = Settings(home=home, builtin_tools=())
    async with open_assistant(settings, model=model) as assistant:
        yield assistant


async def written(memories: Memories) -> list[str]:
    """Write records, bring them into the index, and return the texts that tell of the sentinel."""
    for text in OTHERS:
        await memories.store.write(Draft(text=text, said=1.7e9), user_id="ana")
    await memories.index.ready()
    return [SAID, SAID.rstrip("."), f"Well, {SAID}"]


@pytest.mark.parametrize("pause", [False, True])
async def test_forgetting_in_a_chat(pause: bool, tmp_path: Path) -> None:
    replies = (f"Noted, {SENTINEL}.", f"It is {SENTINEL}.")
    place = {"user_id": "ana"}
    async with opened(tmp_path, *replies) as assistant:
        memories = assistant.memory
        assert memories is not None
        texts = await written(memories)
        await assistant.ask(SAID, thread_id="1", **place)
        assert await assistant.settled(30)
        await assistant.ask("What is the name of my boat?", thread_id="2", **place)
        await memories.index.ready()
        there = {kind for _, kind in holding(tmp_path, texts)}
        assert there == {"utf-8", "float16", "float32"}
        await assistant.ask(f"Forget that my boat is called {SENTINEL}.", thread_id="3", **place)
        if pause:
            await memories.index.settle()
            assert holding(tmp_path, texts) == []
    assert holding(tmp_path, texts) == []
    async with opened(tmp_path) as assistant:
        assert assistant.memory is not None
        left = await assistant.memory.store.list(user_id="ana")
        assert sorted(one.text for one in left) == sorted(OTHERS)


async def test_what_is_undone_just_before_the_end(tmp_path: Path) -> None:
    async with open_memories(tmp_path, MemorySettings(), open_embedder()) as memories:
        texts = await written(memories)
        draft = Draft(text=SAID, said=1.7e9)
        _, changes = await memories.store.write(draft, user_id="ana")
        await memories.index.ready()
        await memories.undo(changes, user_id="ana")
    assert holding(tmp_path, texts) == []


@pytest.mark.parametrize("way", ["forget", "edit", "undo", "forget_user"])
async def test_forgetting_in_the_store(way: str, tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / JOURNAL)
    async with (
        aclosing(await open_threads(tmp_path)) as threads,
        open_memories(tmp_path, MemorySettings(), open_embedder()) as memories,
    ):
        texts = await written(memories)
        user = {"user_id": "ana"}
        record, changes = await memories.store.write(
            Draft(text=SAID, said=1.7e9, quote=f"Well, {SAID}"), **user
        )
        await memories.index.ready()
        assert {kind for _, kind in holding(tmp_path, texts)} == {"utf-8", "float16", "float32"}
        if way == "forget":
            gone = await memories.forget([record.id], **user)
            home = tmp_path
            kept: dict[str, Any] = {"threads": threads, "journal": journal}
            await erase(gone, **user, home=home, store=memories.store, **kept)
        elif way == "edit":
            await memories.store.edit(record.id, **user, text="My boat has a new name.")
        elif way == "undo":
            await memories.undo(changes, **user)
        else:
            await memories.forget_user(**user)
            texts += OTHERS
        await memories.index.settle()
        assert holding(tmp_path, texts) == []
    await journal.aclose()
    assert holding(tmp_path, texts) == []


async def test_removing_a_document(tmp_path: Path) -> None:
    file, home = tmp_path / "boat.txt", tmp_path / "home"
    file.write_text(SAID)
    async with open_memories(home, MemorySettings(), open_embedder()) as memories:
        await written(memories)
        report = await memories.documents.add(str(file), Reader(), user_id="ana")
        await memories.index.ready()
        assert {kind for _, kind in holding(home, [SAID])} == {"utf-8", "float16", "float32"}
        document = report.told[0].document
        assert document is not None
        await memories.documents.remove([document], user_id="ana")
        await memories.index.settle()
        assert holding(home, [SAID]) == []


async def test_what_another_process_reads_meanwhile_is_gone_when_it_is_closed(
    tmp_path: Path,
) -> None:
    async with open_memories(tmp_path, MemorySettings(), open_embedder()) as memories:
        texts = await written(memories)
        record, _ = await memories.store.write(Draft(text=SAID, said=1.7e9), user_id="ana")
        await memories.index.ready()
        async with open_memories(tmp_path, MemorySettings(), open_embedder()) as others:
            reading = asyncio.Event()
            done = asyncio.Event()
            loop = asyncio.get_running_loop()

            def read(db: Any) -> None:
                # A reader that sees the file as it was keeps the log from being emptied.
                db.execute("select * from records limit 1").fetchall()
                loop.call_soon_threadsafe(reading.set)
                asyncio.run_coroutine_threadsafe(done.wait(), loop).result(20)

            waiting = asyncio.create_task(others.store.database.read(read))
            await reading.wait()
            await memories.forget([record.id], user_id="ana")
            done.set()
            await waiting
        await memories.index.settle()
        await memories.store.list(user_id="ana")
        assert holding(tmp_path, texts) == []


async def test_the_room_for_vectors_to_come_holds_nothing_of_the_past(tmp_path: Path) -> None:
    """Chroma would write there whatever the memory of the process held before."""
    async with open_memories(tmp_path, MemorySettings(), open_embedder()) as memories:
        await written(memories)
        # So few are still in Chroma's log, and none in these files.
        assert filled(tmp_path) == {"data_level0.bin": False, "length.bin": False}
