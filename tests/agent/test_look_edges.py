"""What must hold at the edges of looking something up: time, cost, keys, tools and languages."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from agent.events import Searched
from agent.models.scripted import say
from agent.settings import Budget
from evals.web import Document
from tests.doubles.looking import (
    DOCUMENTS,
    OPENED,
    RIGHT,
    absent,
    grounded,
    judged,
    opening,
    prepared,
    turn_of,
)

DIRECTOR = "Who is the director of the Museum of Tarma?"
SKY = Document(
    "Sky", "The sky is blue because air scatters short waves of light more than long ones."
)
KEY = "sk-proj-Aa11Bb22Cc33Dd44Ee55"


async def test_a_tool_of_ones_own_that_does_not_fit_changes_nothing(tmp_path: Path) -> None:
    async def add_entry(text: str) -> str:
        """Add an entry to the user's diary.

        Args:
            text: What is written.
        """
        return "added"

    async with opening(tmp_path, [grounded(f"{RIGHT} [1].", 1)], tools=[add_entry]) as it:
        assert (await it.ask(OPENED)).basis == "sources"
        assert it.queries == [OPENED]


async def test_the_cost_of_every_question_to_the_model_is_booked(tmp_path: Path) -> None:
    script = [
        judged("yes", repeat=True),
        grounded("", answered=False),
        prepared(queries=["Museum of Tarma staff"]),
        grounded("", answered=False),
    ]
    async with opening(tmp_path, script) as it:
        turn = await it.ask(DIRECTOR)
    assert turn.usage.calls == len(it.model.requests)


@pytest.mark.parametrize(
    "question", ["¿Cuándo se inauguró el museo de Tarma?", "When was the Museum of Tarma opened?"]
)
async def test_a_model_that_hangs_over_a_search_ends_with_the_turns_time(
    tmp_path: Path, question: str
) -> None:
    never = say(
        "", gate=asyncio.Event(), match=lambda told: told[0]["content"].startswith("You prepare")
    )
    steps = [judged("no", repeat=True), absent(), never]
    async with opening(tmp_path, steps, budget=Budget(seconds=2.0)) as it:
        async with asyncio.timeout(8):
            turn = await it.ask(question)
    assert turn.stop_reason in ("time_limit", "answered")


async def test_a_key_that_was_typed_is_in_no_event_of_the_search(tmp_path: Path) -> None:
    steps = [judged("no", repeat=True), absent(), prepared(queries=[])]
    async with opening(tmp_path, steps) as it:
        events = await it.events(f"Which user of the Museum of Tarma has the key {KEY}?")
    assert any(isinstance(event, Searched) for event in events)
    assert [type(event).__name__ for event in events if KEY in str(event)] == []


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (
            "¿Por qué es azul el cielo?",
            "El cielo es azul porque el aire dispersa más las ondas cortas de la luz [1].",
        ),
        ("Warum ist der Himmel blau?", "Die Luft streut kurze Wellen des Lichts stärker [1]."),
    ],
)
async def test_a_page_in_english_answers_a_question_in_another_language(
    tmp_path: Path, question: str, answer: str
) -> None:
    steps = [
        prepared(question=question, english="Why is the sky blue?"),
        judged("yes", repeat=True),
        grounded(answer, 1),
    ]
    async with opening(tmp_path, steps, [SKY, *DOCUMENTS]) as it:
        turn = turn_of(await it.events(question))
    assert turn.basis in ("sources", "model")
    assert turn.answer.startswith(answer.removesuffix(" [1]."))
