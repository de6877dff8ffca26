"""kill -9 in the middle of a turn: nothing typed is lost, and what had finished stays done."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agent.assistant import open_assistant
from agent.events import TurnFinished
from agent.models.base import RawCall
from agent.models.scripted import ScriptedModel, call, calls, say
from agent.settings import Settings

# Runs one turn in which `first` finishes and `second` kills the process.
VICTIM = """
import asyncio, os, sys
from pathlib import Path
from agent.assistant import open_assistant
from agent.models.base import RawCall
from agent.models.scripted import ScriptedModel, call, calls
from agent.settings import Settings
from tools.registry import as_tool

home, mode = Path(sys.argv[1]), sys.argv[2]
finished = asyncio.Event()

async def first(n: int) -> str:
    \"\"\"Do it.

    Args:
        n: A number.
    \"\"\"
    with (home / "runs").open("a") as file:
        file.write(f"first {n}\\n")
    return f"result {n}"

async def second() -> str:
    \"\"\"Die.\"\"\"
    if mode == "parallel":
        # Until the sibling's result is on disk; it is written as soon as that has returned.
        import sqlite3
        while not sqlite3.connect(home / "threads.sqlite").execute(
            "select count(*) from writes where channel = 'messages' and task_path like '%push%'"
        ).fetchone()[0]:
            await asyncio.sleep(0.01)
    os.kill(os.getpid(), 9)

async def main():
    one, two = RawCall("first", {"n": 7}), RawCall("second", {})
    steps = [calls(one, two)] if mode == "parallel" else [calls(one), calls(two)]
    settings = Settings(home=home, builtin_tools=())
    told = [first, second if mode == "undeclared" else as_tool(second, risk="reads")]
    async with open_assistant(settings, tools=told, model=ScriptedModel(steps)) as a:
        await a.ask("precious words", user_id="ana", thread_id="t")

asyncio.run(main())
"""


def crashed(home: Path, mode: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", VICTIM, str(home), mode], capture_output=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


def tools(home: Path) -> list[Any]:
    async def first(n: int) -> str:
        """Do it.

        Args:
            n: A number.
        """
        with (home / "runs").open("a") as file:
            file.write(f"first {n}\n")
        return f"result {n}"

    async def second() -> str:
        """Do it."""
        return "survived"

    return [first, second]


async def test_a_side_effect_that_was_cut_off_is_not_done_again(tmp_path: Path) -> None:
    crashed(tmp_path, "undeclared")
    model = ScriptedModel([say("It is not known.", match=has("result 7", "not done again"))])
    settings = Settings(home=tmp_path, builtin_tools=())
    async with open_assistant(settings, tools=tools(tmp_path), model=model) as assistant:
        events = [e async for e in assistant.resume(user_id="ana", thread_id="t")]
        done = await assistant.side_effects(user_id="ana")
        others = await assistant.side_effects(user_id="eva")
    assert isinstance(events[-1], TurnFinished)
    assert [step.output for step in events[-1].turn.steps] == ["result 7", ""]
    assert "not known whether it took effect" in events[-1].turn.steps[1].error
    assert [(one.tool, one.state) for one in done] == [("second", "begun"), ("first", "done")]
    assert others == []


def has(*texts: str) -> Any:
    def matches(messages: Sequence[Any]) -> bool:
        whole = str([m["content"] for m in messages])
        return all(text in whole for text in texts)

    return matches


async def test_parallel_calls_the_finished_one_is_kept_and_the_other_runs(tmp_path: Path) -> None:
    crashed(tmp_path, "parallel")
    model = ScriptedModel([say("Done.", match=has("precious words", "result 7", "survived"))])
    settings = Settings(home=tmp_path, builtin_tools=())
    async with open_assistant(settings, tools=tools(tmp_path), model=model) as assistant:
        assert await assistant.interrupted(user_id="ana", thread_id="t") == "precious words"
        events = [e async for e in assistant.resume(user_id="ana", thread_id="t")]
    assert isinstance(events[-1], TurnFinished)
    assert events[-1].turn.answer == "Done."
    assert [step.name for step in events[-1].turn.steps] == ["first", "second"]
    assert (tmp_path / "runs").read_text() == "first 7\n"


async def test_asking_the_same_again_goes_on_where_it_was(tmp_path: Path) -> None:
    crashed(tmp_path, "serial")
    model = ScriptedModel([say("Done.", match=has("result 7", "survived"))])
    settings = Settings(home=tmp_path, builtin_tools=())
    async with open_assistant(settings, tools=tools(tmp_path), model=model) as assistant:
        turn = await assistant.ask("precious words", user_id="ana", thread_id="t")
        history = await assistant.history(user_id="ana", thread_id="t")
    assert turn.answer == "Done."
    assert [m["content"] for m in history if m["role"] == "user"] == ["precious words"]
    assert (tmp_path / "runs").read_text() == "first 7\n"


async def test_another_message_keeps_the_words_and_reuses_the_finished_call(
    tmp_path: Path,
) -> None:
    crashed(tmp_path, "parallel")
    model = ScriptedModel(
        [
            calls(RawCall("first", {"n": 7}), match=has("precious words", "result 7", "go on")),
            say("Done."),
        ]
    )
    settings = Settings(home=tmp_path, builtin_tools=())
    async with open_assistant(settings, tools=tools(tmp_path), model=model) as assistant:
        turn = await assistant.ask("go on", user_id="ana", thread_id="t")
        assert await assistant.interrupted(user_id="ana", thread_id="t") is None
    assert turn.steps[0].output == "result 7"
    assert (tmp_path / "runs").read_text() == "first 7\n"
    model.assert_finished()


async def test_a_finished_call_of_a_complete_turn_runs_again_in_a_new_one(tmp_path: Path) -> None:
    model = ScriptedModel([call("first", n=7), say("a"), call("first", n=7), say("b")])
    settings = Settings(home=tmp_path, builtin_tools=())
    async with open_assistant(settings, tools=tools(tmp_path), model=model) as assistant:
        await assistant.ask("one", user_id="ana", thread_id="t")
        await assistant.ask("two", user_id="ana", thread_id="t")
    assert (tmp_path / "runs").read_text() == "first 7\nfirst 7\n"
