"""The model is asked about sentences that rest on their meaning, and about no others."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.attribution import Citation
from agent.entailment import MOST, PROBLEM, confirmed
from agent.errors import ModelMissing
from agent.models.base import TokenLogprobs, Usage
from agent.models.scripted import ScriptedModel, fail, say
from tests.doubles.looking import grounded, opening
from tools.sources import Passage, Source

WOOL = Passage("p1", "Llama wool is soft and holds little lanolin.")
SOURCES = [Source("Llama", "https://llamas.example/", passages=(WOOL,))]


def citation(sentence: str, *sources: int) -> Citation:
    return Citation(sentence, "supported", sources, tuple(f"{one}:p1" for one in sources), sources)


def asked(model: ScriptedModel) -> list[str]:
    return [request.messages[-1]["content"] for request in model.requests]


async def test_a_sentence_that_the_model_does_not_find_in_its_passage_is_not_supported() -> None:
    model = ScriptedModel([say("no"), say("yes")])
    wrong, right = citation("The wool is never soft.", 1), citation("The wool is very soft.", 1)
    (first, second), usage = await confirmed(model, [wrong, right], SOURCES)
    assert (first.verdict, first.sources, first.given, first.problem) == (
        "unsupported", (), (1,), PROBLEM,
    )  # fmt: skip
    assert second == right
    assert usage.calls == 2
    assert asked(model)[0].startswith("Passage:\nLlama. Llama wool is soft")
    assert "Statement: The wool is never soft." in asked(model)[0]


@pytest.mark.parametrize(
    "one",
    [
        citation("A llama carries loads of 30 kg.", 1),
        citation("It opened on 3 May.", 1),
        citation("Soft wool.", 1),
        Citation("Nothing is cited here at all.", "uncited"),
    ],
)
async def test_what_was_compared_exactly_or_cites_nothing_is_not_asked_about(one: Citation) -> None:
    model = ScriptedModel([])
    assert await confirmed(model, [one], SOURCES) == ((one,), Usage())


async def test_only_a_few_sentences_of_an_answer_are_asked_about() -> None:
    model = ScriptedModel([say("yes")] * MOST)
    many = [citation(f"The wool of llama {name} is soft.", 1) for name in "abcdefg"]
    assert (await confirmed(model, many, SOURCES))[0] == tuple(many)
    assert len(model.requests) == MOST


@pytest.mark.parametrize(("lead", "verdict"), [(-0.5, "supported"), (-2.0, "unsupported")])
async def test_where_odds_are_reported_only_a_clear_no_counts(lead: float, verdict: str) -> None:
    odds = (TokenLogprobs("no", (("no", -0.1), ("yes", -0.1 + lead))),)
    model = ScriptedModel([say("no", logprobs=odds)], logprobs=True)
    ((one,), _) = await confirmed(model, [citation("The wool is very soft.", 1)], SOURCES)
    assert one.verdict == verdict


async def test_a_turn_keeps_what_the_model_made_of_its_answer(tmp_path: Path) -> None:
    answer = "The museum was opened by Ana Rojas [1]."
    steps = [grounded(answer, 1), say("no", match=lambda told: "Statement:" in told[-1]["content"])]
    async with opening(tmp_path, steps) as it:
        turn = await it.ask("Who opened the Museum of Tarma?")
    assert turn.answer == answer
    ((one),) = turn.citations
    assert (one.verdict, one.problem) == ("unsupported", PROBLEM)
    assert turn.usage.calls >= 2


async def test_check_words_asks_no_model(tmp_path: Path) -> None:
    steps = [grounded("The museum was opened by Ana Rojas [1].", 1)]
    async with opening(tmp_path, steps, check="words") as it:
        turn = await it.ask("Who opened the Museum of Tarma?")
    assert turn.citations[0].verdict == "supported"


async def test_an_answer_stands_when_the_model_fails_behind_it(tmp_path: Path) -> None:
    broken = fail(
        ModelMissing("it was removed"), match=lambda told: "Statement:" in told[-1]["content"]
    )
    steps = [grounded("The museum was opened by Ana Rojas [1].", 1), broken]
    async with opening(tmp_path, steps) as it:
        turn = await it.ask("Who opened the Museum of Tarma?")
    assert (turn.stop_reason, turn.citations[0].verdict) == ("answered", "supported")
