"""Two processes on one home folder: the second is told so, and both go on working."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from memory.indexing import IndexHeld
from memory.memories import open_memories
from memory.records import Draft
from memory.settings import MemorySettings
from tests.memory.victim import EMBEDDER, SAID, USERS

ROOT = Path(__file__).parents[2]
ANA = USERS[0]


class Owner:
    """Another process, which has the index.

    Args:
        process: The process.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.pid = process.pid

    def told(self) -> dict[str, Any]:
        """Return what it says next."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the owner is gone"
        what: dict[str, Any] = json.loads(line.partition(" ")[2])
        return what

    def ask(self, op: str, text: str = "") -> dict[str, Any]:
        """Let it do something, and return what it says."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"op": op, "text": text}) + "\n")
        self._process.stdin.flush()
        return self.told()

    def kill(self) -> None:
        """End it without a warning."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(20)

    def close(self) -> None:
        """End it as a user does."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        running = self._process.poll() is None
        self._process.stdin.close()
        assert self._process.wait(20) == 0 or not running
        self._process.stdout.close()


@contextmanager
def owner_of(home: Path) -> Iterator[Owner]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.memory.victim", str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    owner = Owner(process)
    try:
        assert owner.told() == {"pid": process.pid, "state": "open"}
        yield owner
    finally:
        if process.poll() is None and sys.exc_info()[0]:
            process.kill()
            process.wait(20)
        owner.close()


def settings() -> MemorySettings:
    return MemorySettings()


async def test_the_second_is_told_who_has_the_index_and_both_see_what_both_write(
    tmp_path: Path,
) -> None:
    with owner_of(tmp_path) as owner:
        async with open_memories(tmp_path, settings(), EMBEDDER) as memories:
            status = await memories.index.ready()
            assert status.state == "held"
            assert status.holder is not None
            assert (status.holder.pid, status.holder.host) == (owner.pid, socket.gethostname())
            assert f"in use by process {owner.pid} on {socket.gethostname()}" in status.note
            assert "nothing that it remembers is lost" in status.note
            with pytest.raises(IndexHeld, match=f"process {owner.pid}"):
                await memories.index.rebuild()

            assert owner.ask("write", "My cat is called Mirliton.")
            found = await memories.recall("What is my cat called?", user_id=ANA, now=SAID)
            assert "My cat is called Mirliton." in [one.record.text for one in found]

            draft = Draft(text="My parrot is called Farfadet.", said=SAID)
            record, _ = await memories.store.write(draft, user_id=ANA)
            asked = owner.ask("recall", "What is my parrot called?")
            assert "My parrot is called Farfadet." in asked["texts"]

            # The owner brings what the second writes and deletes into the index.
            assert record.id in owner.ask("index")["ids"]
            await memories.forget([record.id], user_id=ANA)
            assert "My parrot is called Farfadet." not in owner.ask("recall", "my parrot")["texts"]
            assert record.id not in owner.ask("index")["ids"]


async def test_many_writes_of_both_at_once_are_all_kept(tmp_path: Path) -> None:
    with owner_of(tmp_path) as owner:
        async with open_memories(tmp_path, settings(), EMBEDDER) as memories:
            theirs: list[int] = []

            def write() -> None:
                theirs.extend(owner.ask("write", f"I own bike {n}.")["id"] for n in range(40))

            writing = asyncio.create_task(asyncio.to_thread(write))
            mine = []
            for number in range(40):
                draft = Draft(text=f"I own boat {number}.", said=SAID)
                record, _ = await memories.store.write(draft, user_id=ANA)
                mine.append(record.id)
            await writing
            kept = await memories.store.list(user_id=ANA, limit=1000)
            assert len(kept) == 81
            assert {one.id for one in kept} >= {*mine, *theirs}
            assert await memories.store.database.check() == []
            assert owner.ask("index")["ids"] == sorted(one.id for one in kept)
    # The owner is gone, and so is its lock.
    async with open_memories(tmp_path, settings(), EMBEDDER) as memories:
        status = await memories.index.ready()
        assert (status.state, status.records, status.note) == ("open", 81, "")


async def test_the_second_becomes_the_owner_when_the_first_one_ends(tmp_path: Path) -> None:
    async with open_memories(tmp_path, settings(), EMBEDDER) as memories:
        with owner_of(tmp_path):
            assert (await memories.index.ready()).state == "held"
            draft = Draft(text="My parrot is called Farfadet.", said=SAID)
            record, _ = await memories.store.write(draft, user_id=ANA)
        status = await memories.index.ready()
        assert (status.state, status.behind, status.note) == ("open", 0, "")
        assert record.id in await memories.index.ids(user_id=ANA, space="records")


async def test_an_owner_that_was_killed_is_in_nobodys_way(tmp_path: Path) -> None:
    with owner_of(tmp_path) as owner:
        kept = owner.ask("write", "My cat is called Mirliton.")["id"]
        owner.kill()
    # What it has left says that it has the index.
    assert str(owner.pid) in (tmp_path / "chroma.lock").read_text()
    async with open_memories(tmp_path, settings(), EMBEDDER) as memories:
        status = await memories.index.ready()
        assert (status.state, status.note, status.holder) == ("open", "", None)
        assert str(os.getpid()) in (tmp_path / "chroma.lock").read_text()
        assert kept in await memories.index.ids(user_id=ANA, space="records")
        assert await memories.store.database.check() == []
