"""Calls that are made again, and replies that are cut off, through the whole machine."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from langchain_core.tools import ToolException

from agent.assistant import open_assistant
from agent.events import Turn
from agent.models.scripted import ScriptedModel, Step, call, say
from agent.settings import Settings
from tools.settings import ToolSettings


class Shelf:
    """Tools that keep things on a shelf, and note what they were asked for."""

    def __init__(self) -> None:
        self.things: list[str] = []
        self.asked: list[str] = []

    def list_things(self) -> str:
        """List what lies on the shelf."""
        self.asked.append("list")
        return ", ".join(self.things) or "nothing"

    def put(self, thing: str) -> str:
        """Put a thing on the shelf.

        Args:
            thing: What to put there.
        """
        self.asked.append(thing)
        self.things.append(thing)
        return "done"

    def send_letter(self, to: str) -> str:
        """Send a letter.

        Args:
            to: Who gets it.
        """
        self.asked.append(to)
        return "sent"

    def find_thing(self, name: str) -> str:
        """Find a thing.

        Args:
            name: What to find.
        """
        self.asked.append(name)
        if name == "break":
            raise ToolException("The shelf is locked.")
        return json.dumps({"error": f"there is no {name}"})


async def turn_of(
    home: Path, steps: Sequence[Step], shelf: Shelf, protocol: str = "native"
) -> Turn:
    model = ScriptedModel(steps)
    settings = Settings(
        home=home,
        builtin_tools=(),
        tools=ToolSettings(approval="never"),
        protocol=protocol,  # type: ignore[arg-type]
    )
    tools = [shelf.list_things, shelf.put, shelf.send_letter, shelf.find_thing]
    async with open_assistant(settings, tools=tools, model=model) as assistant:
        turn = await assistant.ask("Go on.", user_id="ana", thread_id="t")
    model.assert_finished()
    return turn


async def test_what_was_done_well_is_answered_when_it_is_asked_for_again(tmp_path: Path) -> None:
    shelf = Shelf()
    again = call("put", thing="cup")
    turn = await turn_of(tmp_path, [again, again, say("The cup is there.")], shelf)
    assert shelf.asked == ["cup"]
    assert (turn.answer, turn.stop_reason) == ("The cup is there.", "answered")
    assert [step.error for step in turn.steps] == [""]
    assert turn.usage.calls == 3


async def test_what_a_call_changed_can_be_read_anew(tmp_path: Path) -> None:
    shelf = Shelf()
    look = call("list_things")
    turn = await turn_of(tmp_path, [look, call("put", thing="cup"), look, say("A cup.")], shelf)
    assert shelf.asked == ["list", "cup", "list"]
    assert [step.output for step in turn.steps] == ["nothing", "done", "cup"]


async def test_nothing_is_sent_twice(tmp_path: Path) -> None:
    shelf = Shelf()
    send = call("send_letter", to="Mia")
    await turn_of(tmp_path, [send, call("put", thing="cup"), send, say("Done.")], shelf)
    assert shelf.asked == ["Mia", "cup"]


async def test_reading_in_between_allows_no_repetition(tmp_path: Path) -> None:
    shelf = Shelf()
    put = call("put", thing="cup")
    await turn_of(tmp_path, [put, call("list_things"), put, say("Done.")], shelf)
    assert shelf.asked == ["cup", "list"]


async def test_a_call_that_found_nothing_is_refused_with_a_hint_and_then_ends_the_turn(
    tmp_path: Path,
) -> None:
    shelf = Shelf()
    again = call("find_thing", name="cup")
    turn = await turn_of(tmp_path, [again, again, again, say("There is none.")], shelf)
    assert shelf.asked == ["cup"]
    assert (turn.stop_reason, turn.answer) == ("repeated_calls", "There is none.")
    assert "already made" in turn.steps[1].error


async def test_a_call_that_failed_may_be_made_once_more(tmp_path: Path) -> None:
    shelf = Shelf()
    again = call("find_thing", name="break")
    turn = await turn_of(tmp_path, [again, again, again, say("It is locked.")], shelf)
    assert shelf.asked == ["break", "break"]
    assert turn.stop_reason == "repeated_calls" or "already made" in turn.steps[-1].error


async def test_a_call_that_was_cut_off_is_not_asked_for_again_as_it_was(tmp_path: Path) -> None:
    cut = say('{"closest_tool": "put", "fits": "yes", "calls": [{"put": {"th', finish="length")
    answer = say(json.dumps({"closest_tool": None, "answer": "I could not."}))
    turn = await turn_of(tmp_path, [cut, answer], Shelf(), protocol="prompted")
    assert (turn.answer, turn.stop_reason, turn.usage.calls) == ("I could not.", "invalid_calls", 2)
