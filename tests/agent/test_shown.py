"""Which of many tools the model is shown, turn by turn, and how it reaches the others."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from agent.assistant import Assistant, open_assistant
from agent.models.base import ModelRequest
from agent.models.examples import calls as decided
from agent.models.scripted import ScriptedModel, Step, call, say
from agent.settings import Settings
from agent.shown import MORE
from tools.find import FIND

_THINGS = (
    "roses tulips bees cheese whales comets volcanoes violins chess poems trains bridges coffee "
    "bread glaciers owls knots stamps kites tea maps coins clocks candles pearls carpets saddles "
    "drums masks wolves mushrooms apples horses ferries tunnels lamps mirrors swords shells herbs"
)
THINGS = tuple(_THINGS.split(" "))
SHOWN = 12


def lexicon(thing: str) -> Callable[..., Any]:
    """Return a tool that knows about one kind of things."""

    async def about(detail: str) -> str:
        return f"{thing}: {detail}"

    about.__name__ = f"get_{thing}"
    about.__doc__ = f"Tell facts about {thing}.\n\nArgs:\n    detail: What is asked of {thing}."
    return about


@asynccontextmanager
async def opened(
    home: Path, steps: Sequence[Step], many: int = len(THINGS), protocol: str = "prompted"
) -> AsyncIterator[tuple[Assistant, ScriptedModel]]:
    model = ScriptedModel(steps, context=32_768)
    settings = Settings.model_validate(
        {"home": home, "builtin_tools": (), "protocol": protocol, "tools": {"shown": SHOWN}}
    )
    given = [lexicon(thing) for thing in THINGS[:many]]
    async with open_assistant(settings, tools=given, model=model) as assistant:
        yield assistant, model
    model.assert_finished()


def wanted(protocol: str, tool: str, **arguments: str) -> Step:
    """Call a tool the way the protocol has it."""
    if protocol == "native":
        return call(tool, **arguments)
    return say(json.dumps(decided(tool, arguments)))


async def ask(assistant: Assistant, text: str) -> Any:
    return await assistant.ask(text, user_id="ana", thread_id="t")


def front(request: ModelRequest) -> str:
    return str(request.messages[0]["content"])


def described(text: object) -> set[str]:
    return {thing for thing in THINGS if f"## get_{thing}" in str(text)}


def users(request: ModelRequest) -> list[str]:
    return [str(one["content"]) for one in request.messages if one["role"] == "user"]


async def test_only_tools_that_fit_are_described_and_behind_the_question(tmp_path: Path) -> None:
    async with opened(tmp_path, [say("They buzz.")]) as (assistant, model):
        turn = await ask(assistant, "What do bees eat?")
    (request,) = model.requests
    assert turn.answer == "They buzz."
    assert f"## {FIND}" in front(request)
    assert described(front(request)) == set()
    (asked,) = users(request)
    assert asked.startswith(f"What do bees eat?\n\n{MORE}\n\n## get_bees\n")
    assert len(described(asked)) == SHOWN - 1


async def test_the_front_stays_and_a_later_turn_adds_only_new_tools(tmp_path: Path) -> None:
    steps = [say("Nectar."), say("Krakatoa."), say("Pollen.")]
    async with opened(tmp_path, steps) as (assistant, model):
        for text in (
            "What do the bees in my garden eat in winter?",
            "Which of the volcanoes on earth was the loudest ever?",
            "What do the bees in my garden eat in winter?",
        ):
            await ask(assistant, text)
    one, two, three = model.requests
    assert front(one) == front(two) == front(three)
    # What was sent once is sent again to the byte, or the server reads all of it anew.
    assert list(two.messages[: len(one.messages)]) == list(one.messages)
    assert list(three.messages[: len(two.messages)]) == list(two.messages)
    first, second, again = users(three)
    assert "bees" in described(first)
    assert "volcanoes" in described(first) | described(second)
    assert not described(first) & described(second)
    assert again == "What do the bees in my garden eat in winter?"


async def test_a_short_follow_up_keeps_to_the_matter(tmp_path: Path) -> None:
    steps = [say("At night."), say("Mice.")]
    async with opened(tmp_path, steps) as (assistant, model):
        await ask(assistant, "When do owls hunt?")
        await ask(assistant, "And what?")
    first, second = users(model.requests[-1])
    assert "owls" in described(first)
    assert "owls" not in described(second)


async def test_a_tool_that_was_shown_can_be_called(tmp_path: Path) -> None:
    steps = [wanted("prompted", "get_bees", detail="food"), say("Nectar.")]
    async with opened(tmp_path, steps) as (assistant, _):
        turn = await ask(assistant, "What do bees eat?")
    assert [(one.name, one.output) for one in turn.steps] == [("get_bees", "bees: food")]


@pytest.mark.parametrize("protocol", ["prompted", "native"])
async def test_a_tool_that_was_not_shown_is_found_and_called(tmp_path: Path, protocol: str) -> None:
    steps = [
        wanted(protocol, FIND, query="facts about swords"),
        wanted(protocol, "get_swords", detail="length"),
        say("Long."),
    ]
    async with opened(tmp_path, steps, protocol=protocol) as (assistant, model):
        turn = await ask(assistant, "What do bees eat?")
    first, second, third = model.requests
    assert "swords" not in described(first.messages)
    assert all(one.name != "get_swords" for one in first.tools)
    assert [one.error for one in turn.steps] == ["", ""]
    assert turn.steps[1].output == "swords: length"
    if protocol == "native":
        assert "get_swords" in [one.name for one in second.tools]
        assert second.tools[: len(first.tools)] == first.tools
    else:
        assert "swords" in described(second.messages[-1]["content"])
        assert list(third.messages[: len(first.messages)]) == list(first.messages)


async def test_a_tool_that_was_found_stays_known_in_later_turns(tmp_path: Path) -> None:
    steps = [
        wanted("prompted", FIND, query="facts about swords"),
        say("I can tell you about swords."),
        wanted("prompted", "get_swords", detail="length"),
        say("Long."),
    ]
    async with opened(tmp_path, steps) as (assistant, _):
        await ask(assistant, "What do bees eat?")
        turn = await ask(assistant, "What do bees drink?")
    assert [(one.name, one.error) for one in turn.steps] == [("get_swords", "")]


async def test_a_tool_that_nobody_knows_is_told_with_those_there_are(tmp_path: Path) -> None:
    steps = [wanted("prompted", "get_dragons", detail="fire"), say("I do not know.")]
    async with opened(tmp_path, steps) as (assistant, _):
        turn = await ask(assistant, "What do bees eat?")
    (step,) = turn.steps
    assert "get_dragons" in step.error
    assert "get_bees" in step.error
    assert FIND in step.error


async def test_native_calling_gets_the_same_tools_as_a_list(tmp_path: Path) -> None:
    async with opened(tmp_path, [say("Nectar.")], protocol="native") as (assistant, model):
        await ask(assistant, "What do bees eat?")
    (request,) = model.requests
    assert [one.name for one in request.tools][:2] == [FIND, "get_bees"]
    assert len(request.tools) == SHOWN
    assert users(request) == ["What do bees eat?"]


@pytest.mark.parametrize(("many", "chosen"), [(SHOWN, False), (SHOWN + 1, True)])
async def test_few_tools_all_stand_in_front(tmp_path: Path, many: int, chosen: bool) -> None:
    async with opened(tmp_path, [say("Nectar.")], many=many) as (assistant, model):
        await ask(assistant, "What do bees eat?")
    (request,) = model.requests
    assert (f"## {FIND}" in front(request)) is chosen
    assert described(front(request)) == (set() if chosen else set(THINGS[:many]))
    assert (users(request) != ["What do bees eat?"]) is chosen
