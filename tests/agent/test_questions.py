"""A tool asks the user something, and the turn goes on with what the user says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agent.assistant import open_assistant
from agent.models.base import RawCall
from agent.models.scripted import ScriptedModel, Step, call, calls, say
from agent.settings import Settings
from tools.errors import Question


async def which(day: str) -> str:
    """Ask which day is meant.

    Args:
        day: What the user called it.
    """
    raise Question(f"Which {day}?", ("this week", "next week"))


async def ask(home: Path, text: str, steps: list[Step]) -> Any:
    """Say something to an assistant that is opened afresh."""
    settings = Settings(home=home, builtin_tools=())
    model = ScriptedModel(steps)
    async with open_assistant(settings, tools=[which], model=model) as assistant:
        turn = await assistant.ask(text, user_id="ana", thread_id="t")
    model.assert_finished()
    return turn


async def test_the_next_message_is_the_answer(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, builtin_tools=())
    model = ScriptedModel([call("which", day="Monday"), say("Next Monday it is.")])
    async with open_assistant(settings, tools=[which], model=model) as assistant:
        turn = await assistant.ask("Book Monday", user_id="ana", thread_id="t")
        assert turn.stop_reason == "question"
        assert turn.answer == "Which Monday?"
        assert turn.waiting[0].options == ("this week", "next week")
        turn = await assistant.ask("next week", user_id="ana", thread_id="t")
        assert (turn.stop_reason, turn.answer) == ("answered", "Next Monday it is.")
        assert turn.steps[0].output == "next week"
        assert await assistant.waiting(user_id="ana", thread_id="t") == ()


async def test_a_question_outlives_the_process(tmp_path: Path) -> None:
    turn = await ask(tmp_path, "Book Monday", [call("which", day="Monday")])
    assert turn.stop_reason == "question"
    turn = await ask(tmp_path, "this week", [say("Booked.")])
    assert (turn.answer, turn.steps[0].output) == ("Booked.", "this week")


async def test_two_questions_at_once_are_both_answered(tmp_path: Path) -> None:
    both = [RawCall("which", {"day": "Monday"}), RawCall("which", {"day": "Friday"})]
    turn = await ask(tmp_path, "Book both", [calls(*both)])
    assert [one.text for one in turn.waiting] == ["Which Monday?", "Which Friday?"]
    assert turn.stop_reason == "question"
    turn = await ask(tmp_path, "next week", [say("Both are booked.")])
    assert [step.output for step in turn.steps] == ["next week", "next week"]
    assert turn.answer == "Both are booked."
