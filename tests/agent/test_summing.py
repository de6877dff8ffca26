"""Threads that have been quiet for a week are summed up from the user's own words."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from agent.asking import ask_of
from agent.assistant import Assistant, open_assistant
from agent.models.base import Message
from agent.models.scripted import ScriptedModel, Step, say
from agent.settings import Settings
from agent.summing import TURNS, WEEK, sum_up
from agent.threads import FILE

SUMMARY = "The user planned a walk to the salt mines of Maras."


def summing(told: list[Message] | tuple[Message, ...]) -> bool:
    return told[0]["content"].startswith("You write down")


def summary(text: str = SUMMARY, **more: object) -> Step:
    return say(json.dumps({"summary": text}), match=summing, **more)  # type: ignore[arg-type]


@asynccontextmanager
async def planned(home: Path, *steps: Step) -> AsyncIterator[tuple[Assistant, ScriptedModel]]:
    """An assistant with one thread of some turns."""
    turns = [say(f"Reply {number} of mine.") for number in range(TURNS)]
    model = ScriptedModel([*turns, *steps])
    async with open_assistant(Settings(home=home, builtin_tools=()), model=model) as assistant:
        for number in range(TURNS):
            await assistant.ask(f"Salt mines, part {number}", user_id="ana", thread_id="t")
        yield assistant, model
    model.assert_finished()


def age(home: Path, seconds: float) -> None:
    """Make all threads look as old as that."""
    with sqlite3.connect(home / FILE) as db:
        db.execute("update threads set updated = ?", (time.time() - seconds,))
    db.close()


async def summed(assistant: Assistant, model: ScriptedModel) -> int:
    assert assistant.memory is not None
    return await sum_up(assistant._threads, assistant.memory, ask_of(model))


async def test_a_quiet_thread_is_summed_up_once(tmp_path: Path) -> None:
    async with planned(tmp_path, summary()) as (assistant, model):
        assert await summed(assistant, model) == 0
        age(tmp_path, WEEK + 60)
        assert await summed(assistant, model) == 1
        assert await summed(assistant, model) == 0
        assert assistant.memory is not None
        (one,) = await assistant.memory.store.list(user_id="ana", kinds=("summary",))
    assert (one.text, one.thread_id, one.source) == (SUMMARY, "t", "summary")
    asked = model.requests[-1].messages[-1]["content"]
    assert "Salt mines, part 0" in asked
    # What the assistant said itself is no source of memories.
    assert "of mine" not in asked


async def test_a_thread_that_went_on_gets_a_new_summary_in_the_place_of_the_old(
    tmp_path: Path,
) -> None:
    later = "The user planned a walk, and booked a guide."
    steps = [summary(), say("Booked."), summary(later)]
    async with planned(tmp_path, *steps) as (assistant, model):
        age(tmp_path, WEEK + 60)
        await summed(assistant, model)
        await assistant.ask("Book a guide", user_id="ana", thread_id="t")
        age(tmp_path, WEEK + 60)
        assert await summed(assistant, model) == 1
        assert assistant.memory is not None
        found = await assistant.memory.store.list(user_id="ana", kinds=("summary",))
    assert [one.text for one in found] == [later]


async def test_nothing_is_summed_up_for_a_user_who_has_paused(tmp_path: Path) -> None:
    async with planned(tmp_path) as (assistant, model):
        age(tmp_path, WEEK + 60)
        assert assistant.memory is not None
        await assistant.memory.store.pause(True, user_id="ana")
        assert await summed(assistant, model) == 0


async def test_a_model_that_says_nothing_of_use_leaves_the_thread_for_later(
    tmp_path: Path,
) -> None:
    async with planned(tmp_path, say("no idea", match=summing), summary()) as (assistant, model):
        age(tmp_path, WEEK + 60)
        assert await summed(assistant, model) == 0
        assert await summed(assistant, model) == 1
