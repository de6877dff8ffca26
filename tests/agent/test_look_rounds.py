"""Looking up in several rounds, languages and depths, and what a crash leaves of it."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from agent import words
from agent.errors import ServerFault
from agent.events import Event, Searched, StepFinished, StepStarted, TextDelta
from agent.models.base import Message
from agent.models.scripted import fail, say
from agent.nodes import look
from evals.web import Document, open_web
from tests.doubles.looking import (
    DOCUMENTS,
    OPENED,
    RIGHT,
    TARMA,
    absent,
    given,
    grounded,
    judged,
    opening,
    prepared,
    turn_of,
)
from ui.cited import link

DIRECTOR = "Who is the director of the Museum of Tarma?"
ROJAS = Document(
    "Pedro Quispe",
    "Pedro Quispe became the director of the Museum of Tarma in 1999, and stayed for four years.",
)


def kinds(events: Sequence[Event]) -> list[type]:
    return [type(event) for event in events]


def sources_in(prompt: str) -> dict[str, str]:
    """Return the titles of the sources in a prompt by their numbers."""
    head = prompt.partition("Question: ")[0]
    return dict(re.findall(r"^\[(\d+)\] ([^\n(]+?)(?: \([^)]*\))?$", head, re.MULTILINE))


async def test_what_no_source_holds_is_said_so_after_a_further_round(tmp_path: Path) -> None:
    script = [judged("no", repeat=True), absent(), prepared(queries=["Museum of Tarma staff"])]
    async with opening(tmp_path, script) as it:
        events = await it.events(DIRECTOR)
        assert it.queries == [DIRECTOR, "Museum of Tarma staff"]
    turn = turn_of(events)
    assert turn.answer == words.NOT_IN_SOURCES["en"]
    assert (turn.basis, turn.citations, turn.stop_reason) == ("nothing", (), "answered")
    assert "".join(e.text for e in events if isinstance(e, TextDelta)) == turn.answer
    assert len(turn.searches) == 2


@pytest.mark.parametrize("verdict", ["yes", "no"])
async def test_where_likeness_does_not_decide_the_model_is_asked_whether_they_hold_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verdict: str
) -> None:
    monkeypatch.setattr(look, "sure_of", lambda question, likeness: None)
    monkeypatch.setattr(look, "holds", lambda question, likeness, lead, least=0.0: lead > 0)
    script = [judged(verdict), grounded(f"{RIGHT} [1].", 1)]
    if verdict == "no":
        script[1] = prepared(queries=[])
    async with opening(tmp_path, script) as it:
        turn = await it.ask(OPENED)
    told = it.model.requests[0].messages[-1]["content"]
    assert told.startswith("Passage:\nMuseum of Tarma. ")
    assert f"Question: {OPENED}" in told
    assert turn.basis == {"yes": "sources", "no": "nothing"}[verdict]


async def test_a_model_that_finds_no_answer_in_the_sources_is_believed(tmp_path: Path) -> None:
    script = [
        judged("yes", repeat=True),
        grounded("Not in the sources.", answered=False),
        prepared(queries=["Museum of Tarma staff"]),
        grounded("This is not in the sources.", answered=True),
    ]
    async with opening(tmp_path, script) as it:
        events = await it.events(DIRECTOR)
    turn = turn_of(events)
    assert (turn.answer, turn.basis) == (words.NOT_IN_SOURCES["en"], "nothing")
    assert [e.text for e in events if isinstance(e, TextDelta)] == [turn.answer]


async def test_it_is_said_in_the_language_of_the_question(tmp_path: Path) -> None:
    question = "Wer ist der Direktor des Museums von Tarma?"
    script = [
        prepared(question=question, english=DIRECTOR),
        judged("no", repeat=True),
        absent(),
        prepared(queries=[]),
    ]
    async with opening(tmp_path, script) as it:
        assert (await it.ask(question)).answer == words.NOT_IN_SOURCES["de"]


async def test_a_further_round_finds_it_and_the_numbers_stay(tmp_path: Path) -> None:
    script = [
        judged("yes", repeat=True),
        grounded("", answered=False, held=[DIRECTOR]),
        prepared(queries=["Pedro Quispe"]),
        grounded("Pedro Quispe took over as head in 1999 [3].", 3, held=["as head"]),
    ]
    far = Document("Pedro Quispe", "In 1999 Pedro Quispe took over as head.")
    async with opening(tmp_path, script, [*DOCUMENTS, far]) as it:
        turn = await it.ask(DIRECTOR)
        assert it.queries == [DIRECTOR, "Pedro Quispe"]
    first, second = map(sources_in, it.prompts)
    assert first == {"1": "Museum of Tarma", "2": "Larco Museum"}
    assert second == {**first, "3": "Pedro Quispe"}
    assert [source.title for source in turn.sources] == list(second.values())
    assert (turn.citations[0].verdict, turn.citations[0].sources) == ("supported", (3,))


async def test_further_searches_that_say_the_same_are_not_made(tmp_path: Path) -> None:
    again = prepared(queries=["director museum TARMA", "of Tarma"])
    script = [judged("no", repeat=True), absent(), again]
    async with opening(tmp_path, script) as it:
        assert (await it.ask(DIRECTOR)).basis == "nothing"
        assert it.queries == [DIRECTOR]


async def test_a_follow_up_is_written_out_and_searched(tmp_path: Path) -> None:
    script = [
        grounded(f"{RIGHT} [1].", 1),
        prepared(question="When did the Museum of Tarma close?"),
        judged("yes", repeat=True),
        grounded("It closed in 2003 after an earthquake [1].", 1, held=["When did the Museum"]),
    ]
    async with opening(tmp_path, script) as it:
        await it.ask(OPENED)
        turn = await it.ask("and when did it close?")
        assert it.queries == [OPENED, "When did the Museum of Tarma close?"]
    asked = next(one for one in it.model.requests if "prepare" in one.messages[0]["content"])
    told = asked.messages[-1]["content"]
    assert f"User: {OPENED}" in told
    assert f"Assistant: {RIGHT} [1]." in told
    assert "User: and when did it close?" in told
    assert turn.answer == "It closed in 2003 after an earthquake [1]."
    assert turn.usage.calls == len(it.model.requests) - 1


async def test_a_follow_up_that_the_model_cannot_write_out_is_searched_as_it_is(
    tmp_path: Path,
) -> None:
    broken = fail(
        ServerFault("The connection broke off.", transient=True),
        match=lambda told: told[0]["content"].startswith("You prepare"),
    )
    script = [
        grounded(f"{RIGHT} [1].", 1),
        broken,
        judged("yes", repeat=True),
        grounded("It closed in 2003 after an earthquake [1].", 1),
    ]
    async with opening(tmp_path, script) as it:
        await it.ask(OPENED)
        turn = await it.ask("and when did it close, that museum of Tarma?")
        assert it.queries[1] == "and when did it close, that museum of Tarma?"
    assert turn.basis == "sources"


async def test_a_question_in_spanish_is_searched_in_spanish_and_english(tmp_path: Path) -> None:
    question = "¿Cuándo se inauguró el museo de Tarma?"
    script = [
        prepared(question=question, english=OPENED),
        judged("yes", repeat=True),
        grounded("El museo de Tarma se inauguró en 1951 [1].", 1),
    ]
    async with opening(tmp_path, script) as it:
        turn = await it.ask(question)
        assert set(it.queries[:2]) == {question, OPENED}
    assert turn.answer == "El museo de Tarma se inauguró en 1951 [1]."
    assert (turn.basis, turn.citations[0].sources) == ("sources", (1,))
    assert turn.steps[0].arguments == {"query": question, "english": OPENED}


async def test_quick_reads_no_page(tmp_path: Path) -> None:
    script = [judged("yes", repeat=True), grounded(f"{RIGHT} [1].", 1)]
    async with opening(tmp_path, script, search={"depth": "quick"}) as it:
        turn = await it.ask(OPENED)
        assert it.pages == []
    assert turn.searches[0].read == ()
    assert (turn.answer, turn.basis) == (f"{RIGHT} [1].", "sources")
    assert turn.citations[0].verdict == "supported"
    assert link(turn, 1) == turn.sources[0].url


async def test_quick_does_not_search_again(tmp_path: Path) -> None:
    script = [judged("no", repeat=True), absent()]
    async with opening(tmp_path, script, search={"depth": "quick"}) as it:
        assert (await it.ask(DIRECTOR)).basis == "nothing"
        assert it.queries == [DIRECTOR]


async def test_deep_searches_the_parts_of_a_question_side_by_side(tmp_path: Path) -> None:
    parts = ["Museum of Tarma opened", "llama age", "Larco vessels"]
    question = "When was the Museum of Tarma opened, and how old does a llama get?"
    answer = f"{RIGHT} [1]. A llama lives for about twenty years [1]."
    script = [
        prepared(queries=parts),
        judged("yes", repeat=True),
        grounded(answer, 1),
    ]
    async with opening(tmp_path, script, search={"depth": "deep", "bridges": 0}) as it:
        events = await it.events(question)
        assert sorted(it.queries) == sorted([question, *parts])
    order = [one for one in kinds(events) if one in (StepStarted, StepFinished)]
    assert order == [StepStarted] * 4 + [StepFinished] * 4
    assert sum(isinstance(event, Searched) for event in events) == 4
    turn = turn_of(events)
    titles = [source.title for source in turn.sources]
    assert len(titles) == len(set(titles))
    told = sources_in(it.prompts[0])
    assert [told[str(number)] for number in range(1, len(told) + 1)] == titles
    held = [titles[one.sources[0] - 1] for one in turn.citations]
    assert held == ["Museum of Tarma", "Llama"]


async def test_deep_goes_on_for_four_rounds_and_no_longer(tmp_path: Path) -> None:
    script = [prepared(queries=[]), judged("no", repeat=True), absent()]
    script += [prepared(queries=[f"museum Tarma {word}"]) for word in ("staff", "boss", "owner")]
    async with opening(tmp_path, script, search={"depth": "deep", "bridges": 0}) as it:
        turn = await it.ask(DIRECTOR)
        assert len(it.queries) == 4
    assert (turn.basis, len(turn.searches)) == ("nothing", 4)


async def test_news_are_searched_for_as_news(tmp_path: Path) -> None:
    script = [judged("yes", repeat=True), grounded("The Museum of Tarma closed in 2003 [1].", 1)]
    async with opening(tmp_path, script) as it:
        await it.ask("news about the Museum of Tarma")
        assert "categories=news" in it.web.asked[0]


VICTIM = """
import asyncio, os, sys
from pathlib import Path
from agent.assistant import open_assistant
from agent.models.scripted import ScriptedModel, say
from agent.settings import Settings
from tools.settings import NetSettings, SearchSettings, ToolSettings

home, host, question = Path(sys.argv[1]), sys.argv[2], sys.argv[3]

def die(told):
    os.kill(os.getpid(), 9)

async def main():
    search = SearchSettings(engines=("searxng",), searxng_url=f"http://{host}")
    tools = ToolSettings(search=search, net=NetSettings(allow_hosts=(host,)))
    settings = Settings(home=home, builtin_tools=("web_search",), tools=tools)
    async with open_assistant(settings, model=ScriptedModel([say("", match=die)])) as a:
        await a.ask(question, user_id="ana", thread_id="t")

asyncio.run(main())
"""


async def test_a_crash_between_search_and_answer_does_not_search_again(tmp_path: Path) -> None:
    async with open_web(DOCUMENTS) as web:
        victim = await asyncio.create_subprocess_exec(
            sys.executable, "-c", VICTIM, str(tmp_path), web.hosts[0], OPENED,
            stderr=asyncio.subprocess.PIPE, env={**os.environ, "PYTHONWARNINGS": "default"},
        )  # fmt: skip
        _, said = await victim.communicate()
        assert victim.returncode == -signal.SIGKILL, said.decode()
        searched = list(web.asked)
        assert any(one.startswith("/search") for one in searched)
    async with opening(tmp_path, [grounded(f"{RIGHT} [1].", 1)]) as it:
        events = [e async for e in it.assistant.resume(user_id="ana", thread_id="t")]
        assert it.web.asked == []
    turn = turn_of(events)
    assert (turn.answer, turn.basis) == (f"{RIGHT} [1].", "sources")
    assert turn.searches[0].read
    assert turn.sources[0].title == TARMA.title


@pytest.mark.parametrize("reply", ["maybe", ""])
async def test_a_judgement_that_says_neither_leaves_it_to_the_answer(
    tmp_path: Path, reply: str
) -> None:
    def asked(told: Sequence[Message]) -> bool:
        return told[0]["content"].startswith("You judge")

    script = [say(reply, match=asked, repeat=True), grounded("Pedro Quispe [1].", 1)]
    async with opening(tmp_path, script, [TARMA, ROJAS]) as it:
        turn = await it.ask(DIRECTOR)
    assert it.prompts
    assert given()(it.model.requests[-1].messages)
    assert turn.basis == "sources"
