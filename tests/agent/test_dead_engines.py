"""Searching when engines are blocked, late, puzzling or dead: the turn ends well all the same."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from agent import words
from agent.assistant import Assistant, open_assistant
from agent.events import Event, Searched, StepFinished, TextDelta
from agent.models.scripted import ScriptedModel, Step, say
from agent.settings import Budget, Settings
from tests.doubles.looking import asked_for, grounded, judged, turn_of
from tests.doubles.search_engines import BY_NAME, CAPTCHA, KEYS, hang
from tests.doubles.site import Site
from tests.tools.conftest import site
from tests.tools.search.conftest import engines
from tools.search import catalogue
from tools.search.cache import PLACE
from tools.search.engine import Result
from tools.settings import NetSettings, SearchSettings, ToolSettings
from ui import doctor_tools

__all__ = ["engines", "site"]

DUCK, MOJEEK, BRAVE, FINE = "ddgs:duckduckgo", "ddgs:mojeek", "ddgs:brave", "searxng"
FOUR = (DUCK, MOJEEK, BRAVE, FINE)
QUESTION = "When was the city of Lima founded?"
ANSWER = "The city of Lima was founded in 1535 [1]."
SECRET = [key for name, key in KEYS.items() if name.endswith("_key")]
DEADLINE = 30.0
"""Seconds that a turn may take here."""


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_tools, "PATIENCE", 1.0)


def settings(site: Site, home: Path, **given: Any) -> Settings:
    host = f"127.0.0.1:{site.port}"
    search = {"engines": FOUR, "searxng_url": f"{site.url}/searxng", "timeout": 2.0, **given}
    return Settings(
        home=home,
        builtin_tools=("web_search",),
        tools=ToolSettings(
            search=SearchSettings(**search), net=NetSettings(allow_hosts=(host,), robots=False)
        ),
        budget=Budget(seconds=DEADLINE),
    )


@asynccontextmanager
async def opening(made: Settings, steps: Sequence[Step]) -> AsyncIterator[Assistant]:
    model = ScriptedModel(steps)
    async with open_assistant(made, model=model) as assistant:
        yield assistant
    model.assert_finished()


async def events_of(assistant: Assistant, text: str = QUESTION) -> list[Event]:
    return [event async for event in assistant.stream(text, user_id="ana", thread_id="t")]


def searched(events: Sequence[Event]) -> Searched:
    (found,) = [event for event in events if isinstance(event, Searched)]
    return found


def shown(events: Sequence[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def break_three(engines: Site) -> None:
    engines.page(BY_NAME[DUCK].path, "", status=202)
    engines.raw(BY_NAME[MOJEEK].path, hang)
    engines.page(BY_NAME[BRAVE].path, CAPTCHA)


def serve_lima(engines: Site) -> Result:
    """Let the fine engine find a page, and serve that page."""
    text = (
        "The city of Lima was founded in 1535 by Francisco Pizarro. " + "It lies on the coast. " * 9
    )
    url = engines.page("/lima", f"<html><title>Lima</title><body><p>{text}</p></body></html>")
    lima = Result("Lima", url, "The city of Lima was founded in 1535.")
    BY_NAME[FINE].serve(engines, lima)
    return lima


def keys_in(home: Path) -> list[str]:
    """Return the keys that stand in what the assistant keeps."""
    kept = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    return [key for key in SECRET if key.encode() in kept]


def reasons(search: Any) -> dict[str, str]:
    return {**search.resting, **search.failed}


def assert_three_are_named(found: dict[str, str]) -> None:
    assert {DUCK, MOJEEK, BRAVE} <= set(found)
    assert "202" in found[DUCK]
    assert "no answer in" in found[MOJEEK]
    assert "puzzle" in found[BRAVE]


async def test_three_dead_engines_and_one_that_lives(engines: Site, tmp_path: Path) -> None:
    """The whole way: a question, four engines of which one answers, a cited answer, doctor."""
    break_three(engines)
    lima = serve_lima(engines)
    made = settings(engines, tmp_path)
    began = time.monotonic()
    async with opening(made, [judged("yes", repeat=True), grounded(ANSWER, 1)]) as assistant:
        events = await events_of(assistant)
    assert time.monotonic() - began < DEADLINE
    turn = turn_of(events)
    assert (turn.answer, turn.basis, turn.stop_reason) == (ANSWER, "sources", "answered")
    assert [source.url for source in turn.sources] == [lima.url]
    assert turn.citations[0].verdict == "supported"
    search = searched(events).search
    assert_three_are_named(reasons(search))
    assert (search.answered, search.read, search.error) == ({FINE: 1}, (lima.url,), "")
    assert turn.searches == (search,)
    checks = {check.name: check for check in await doctor_tools.check_search(made)}
    assert checks["search"].state == "ok"
    assert FINE in checks["search"].found
    assert "left alone since" in checks[f"search {DUCK}"].found
    assert "left alone since" in checks[f"search {BRAVE}"].found
    assert checks[f"search {FINE}"].found.startswith("live")
    assert checks["search cache"].found.startswith("1 answer")


async def test_four_dead_engines_end_with_the_honest_sentence(
    engines: Site, tmp_path: Path
) -> None:
    break_three(engines)
    engines.page(BY_NAME[FINE].path, "", status=503)
    made = settings(engines, tmp_path)
    script = [say("Lima was founded in 1535.", match=asked_for("Nothing could be looked up"))]
    began = time.monotonic()
    async with opening(made, script) as assistant:
        events = await events_of(assistant)
    assert time.monotonic() - began < DEADLINE
    turn = turn_of(events)
    assert turn.answer == f"{words.NOT_LOOKED_UP['en']}Lima was founded in 1535."
    assert shown(events) == turn.answer
    assert (turn.basis, turn.sources, turn.stop_reason) == ("model", (), "answered")
    search = searched(events).search
    assert_three_are_named(reasons(search))
    assert "503" in reasons(search)[FINE]
    assert search.error
    (step,) = [event.step for event in events if isinstance(event, StepFinished)]
    assert step.error.startswith("Nothing could be looked up")
    checks = {check.name: check for check in await doctor_tools.check_search(made)}
    assert checks["search"].state == "problem"
    assert "left alone since" in checks[f"search {FINE}"].found
    assert checks["search cache"].found == "empty"


@pytest.mark.parametrize(
    ("question", "language"),
    [("¿Quién fundó Lima?", "es"), ("Wer hat die Stadt Lima gegründet?", "de")],
)
async def test_the_honest_sentence_is_in_the_language_of_the_question(
    engines: Site, tmp_path: Path, question: str, language: str
) -> None:
    for name in FOUR:
        engines.page(BY_NAME[name].path, "", status=503)
    english = json.dumps({"question": question, "english": "Who founded Lima?"})
    script = [
        say(english, match=lambda told: told[0]["content"].startswith("You prepare")),
        say("Francisco Pizarro.", match=asked_for()),
    ]
    async with opening(settings(engines, tmp_path), script) as assistant:
        turn = turn_of(await events_of(assistant, question))
    assert turn.answer == f"{words.NOT_LOOKED_UP[language]}Francisco Pizarro."


async def test_the_next_turn_asks_no_engine_that_rests(engines: Site, tmp_path: Path) -> None:
    for name in (DUCK, MOJEEK, BRAVE):
        engines.page(BY_NAME[name].path, "", status=429)
    engines.page(BY_NAME[FINE].path, "", status=503)
    script = [say("In 1535.", match=asked_for(), repeat=True)]
    async with opening(settings(engines, tmp_path), script) as assistant:
        await events_of(assistant)
        asked = len(engines.requests)
        events = await events_of(assistant, "Who founded the city of Cusco?")
        assert len(engines.requests) == asked
    assert set(searched(events).search.resting) == set(FOUR)
    assert turn_of(events).answer.startswith(words.NOT_LOOKED_UP["en"])


async def test_nothing_found_is_said_before_the_models_own_words(
    engines: Site, tmp_path: Path
) -> None:
    for name in FOUR:
        BY_NAME[name].serve(engines)
    script = [say("I think in 1535.", match=asked_for("Nothing was found"))]
    async with opening(settings(engines, tmp_path), script) as assistant:
        events = await events_of(assistant)
    turn = turn_of(events)
    assert turn.answer == f"{words.NOTHING_FOUND['en']}I think in 1535."
    assert turn.basis == "model"
    assert searched(events).search.found == 0


async def test_a_copy_that_stands_in_is_called_so(engines: Site, tmp_path: Path) -> None:
    serve_lima(engines)
    made = settings(engines, tmp_path, engines=(FINE,))
    async with opening(made, [judged("yes", repeat=True), grounded(ANSWER, 1)]) as assistant:
        await events_of(assistant)
    with sqlite3.connect(tmp_path / PLACE) as database:
        database.execute("update answers set at = at - ?", (5 * 86_400,))
    database.close()
    engines.page(BY_NAME[FINE].path, "", status=503)
    async with opening(made, [judged("yes", repeat=True), grounded(ANSWER, 1)]) as assistant:
        events = await events_of(assistant)
    turn = turn_of(events)
    assert turn.answer == f"{words.STALE['en'].format(age='5 days')}{ANSWER}"
    assert shown(events) == turn.answer
    search = searched(events).search
    assert (search.stale, search.cached, round(search.age / 86_400)) == (True, True, 5)
    assert "503" in reasons(search)[FINE]
    assert turn.basis == "sources"


async def test_a_fresh_copy_is_not_called_old(engines: Site, tmp_path: Path) -> None:
    serve_lima(engines)
    made = settings(engines, tmp_path, engines=(FINE,))
    script = [judged("yes", repeat=True), grounded(ANSWER, 1)]
    async with opening(made, script) as assistant:
        await events_of(assistant)
    engines.page(BY_NAME[FINE].path, "", status=503)
    async with opening(made, [judged("yes", repeat=True), grounded(ANSWER, 1)]) as assistant:
        events = await events_of(assistant)
    assert turn_of(events).answer == ANSWER
    search = searched(events).search
    assert (search.stale, search.cached) == (False, True)


async def test_a_key_of_an_engine_is_in_no_event(
    engines: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("google", "brave", "tavily"):
        case = BY_NAME[name]
        key = KEYS[f"{name}_key"]
        engines.page(case.path, json.dumps({"error": {"message": f"bad {key}"}}), status=403)
        entry = catalogue.Entry(name, lambda made, net, case=case: case.make(engines, made))
        monkeypatch.setitem(catalogue._ENTRIES, name, entry)
    made = settings(engines, tmp_path, engines=("google", "brave", "tavily"), **KEYS)
    script = [say("In 1535.", match=asked_for())]
    async with opening(made, script) as assistant:
        events = await events_of(assistant)
    assert set(searched(events).search.failed) == {"google", "brave", "tavily"}
    assert not [key for key in SECRET if key in str(events)]
    assert not keys_in(tmp_path)


async def test_a_search_that_hangs_ends_with_its_deadline_and_not_the_turns(
    engines: Site, tmp_path: Path
) -> None:
    for name in FOUR:
        engines.raw(BY_NAME[name].path, hang)
    made = settings(engines, tmp_path, timeout=0.5)
    began = time.monotonic()
    async with opening(made, [say("In 1535.", match=asked_for())]) as assistant:
        async with asyncio.timeout(DEADLINE):
            events = await events_of(assistant)
    assert time.monotonic() - began < 10
    assert turn_of(events).answer.startswith(words.NOT_LOOKED_UP["en"])
    assert all("no answer in" in why for why in searched(events).search.failed.values())
