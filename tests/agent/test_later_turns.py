"""What a turn that reads nothing makes of the sources of the turn before it."""

from __future__ import annotations

from pathlib import Path

from agent.models.scripted import say
from tests.doubles.looking import OPENED, RIGHT, grounded, opening


async def test_small_talk_has_no_sources_and_needs_none(tmp_path: Path) -> None:
    steps = [
        grounded(f"{RIGHT} [1].", 1),
        say("It is 409.5 in all."),
        say("Hello! How can I help?"),
    ]
    async with opening(tmp_path, steps) as it:
        await it.ask(OPENED)
        for text in ("Add 400 and 9.5.", "hi"):
            turn = await it.ask(text)
            assert (turn.sources, turn.citations, turn.basis) == ((), (), "conversation")


async def test_what_was_read_before_can_still_be_cited(tmp_path: Path) -> None:
    steps = [grounded(f"{RIGHT} [1].", 1), say(f"I said that {RIGHT.lower()} [1].")]
    async with opening(tmp_path, steps) as it:
        first = await it.ask(OPENED)
        turn = await it.ask("What did you just say?")
    assert turn.sources == first.sources
    assert [one.sources for one in turn.citations] == [(1,)]
