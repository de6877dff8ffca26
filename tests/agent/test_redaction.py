"""Secrets stand in no event, in no log and not in the journal."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from agent.assistant import open_assistant
from agent.events import StepFinished, StepStarted
from agent.models.scripted import ScriptedModel, call, say
from agent.settings import Settings

KEY = "correct-horse-battery"
TOKEN = "ghp_" + "a1B2" * 9


async def log_in(password: str, note: str) -> str:
    """Log in.

    Args:
        password: The password.
        note: Anything.
    """
    return f"Welcome; your key is {KEY} and your token {TOKEN}."


async def test_no_event_and_no_file_of_records_holds_a_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("FARM_API_KEY", KEY)
    caplog.set_level(logging.INFO)
    model = ScriptedModel([call("log_in", password="hunter2", note=f"with {KEY}"), say("In.")])
    settings = Settings(home=tmp_path, builtin_tools=())
    async with open_assistant(settings, tools=[log_in], model=model) as assistant:
        events = [e async for e in assistant.stream("log in", user_id="ana", thread_id="t")]
        (record,) = await assistant.side_effects(user_id="ana")
    steps = [event for event in events if isinstance(event, StepStarted | StepFinished)]
    assert len(steps) == 2
    for told in (str(steps), str(record), caplog.text):
        assert KEY not in told
        assert TOKEN not in told
        assert "hunter2" not in told
    assert not any(one.encode() in kept(tmp_path) for one in (KEY, TOKEN, "hunter2"))


def kept(home: Path) -> bytes:
    return b"".join(path.read_bytes() for path in home.glob("journal*"))


async def test_keys_of_search_engines_stay_out_of_events(tmp_path: Path) -> None:
    def repeat(text: str) -> str:
        """Repeat a text."""
        return text

    key = "BSAordinarylookingkey"
    settings = Settings(home=tmp_path, builtin_tools=(), tools={"search": {"brave_key": key}})
    model = ScriptedModel([call("repeat", text=key), say("Done.")])
    async with open_assistant(settings, tools=[repeat], model=model) as assistant:
        events = [e async for e in assistant.stream("go", user_id="ana", thread_id="t")]
    assert key not in "".join(str(event) for event in events)
