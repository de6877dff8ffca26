"""All faults of an Ollama server, through the whole assistant, under either protocol.

Each ends in a recovered turn or in an error that says what to do; none hangs, and none gives a
partial answer as if it were whole.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from agent.assistant import open_assistant
from agent.errors import ArrieroError, ModelMissing, ServerBusy, ServerFault
from agent.events import Turn
from agent.models.ollama_admin import pull
from agent.settings import Settings
from tests.doubles.ollama import OllamaDouble
from tests.doubles.ollama_reply import HUGE
from tests.doubles.ollama_script import FAULTS, SPEECH
from tests.doubles.talk import quick

WELL = "All nine mules are well."
PATIENCE = 20.0
"""Seconds after which a turn counts as hanging."""


def add(a: int, b: int) -> int:
    """Add two integers.

    Args:
        a: The first one.
        b: The second one.
    """
    return a + b


async def turn_of(
    home: Path, protocol: str, text: str = "How are the mules?", silence: float = 0.4
) -> Turn:
    settings = Settings(
        model="ollama:llama3.1:8b",
        home=home,
        builtin_tools=(),
        models=quick(first_byte=silence, between=silence),
        protocol=protocol,  # type: ignore[arg-type]
    )
    async with asyncio.timeout(PATIENCE), open_assistant(settings, tools=[add]) as assistant:
        return await assistant.ask(text, user_id="ana", thread_id="t")


RECOVERED = [
    "slow_first_token",
    "stall",
    "reset",
    "fin",
    "server_error",
    "malformed_line",
    "in_band_error",
    "empty",
    "load",
    "unload",
    "no_tools",
    "no_done",
    "no_reason",
]
WHOLE = ["blank_line", "two_done_lines", "split_character", "invalid_bytes", "duplicate_call"]
TO_THE_MODEL = ["string_arguments", "missing_arguments", "unknown_tool", "truncated_json"]
OTHERS = ["queue_full", "model_missing", "length", "swapped", "huge", "pull_error", "pull_cut"]


def test_every_fault_has_its_test() -> None:
    every = {name for names in FAULTS.values() for name in names}
    assert every == {*RECOVERED, *WHOLE, *TO_THE_MODEL, *OTHERS}


@pytest.mark.parametrize("protocol", ["native", "prompted"])
@pytest.mark.parametrize("fault", RECOVERED)
async def test_a_passing_fault_is_recovered_from(
    ollama_double: OllamaDouble, tmp_path: Path, fault: str, protocol: str
) -> None:
    if (fault, protocol) == ("no_tools", "prompted"):
        pytest.skip("tools are not sent under this protocol")
    ollama_double.fault(fault)
    ollama_double.reply(WELL, times=None)
    turn = await turn_of(tmp_path, protocol)
    assert (turn.answer, turn.stop_reason) == (WELL, "answered")


@pytest.mark.parametrize("protocol", ["native", "prompted"])
@pytest.mark.parametrize("fault", ["stall", "reset", "fin", "no_done", "no_reason", "empty"])
async def test_a_lasting_fault_is_an_error_and_never_a_partial_answer(
    ollama_double: OllamaDouble, tmp_path: Path, fault: str, protocol: str
) -> None:
    ollama_double.fault(fault, times=None)
    with pytest.raises(ArrieroError) as caught:
        await turn_of(tmp_path, protocol)
    assert caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("protocol", ["native", "prompted"])
@pytest.mark.parametrize("fault", WHOLE)
async def test_an_oddity_does_not_spoil_the_answer(
    ollama_double: OllamaDouble, tmp_path: Path, fault: str, protocol: str
) -> None:
    if fault == "duplicate_call":
        ollama_double.fault(fault, calls=[("add", {"a": 1, "b": 2})])
        ollama_double.reply(WELL, times=None)
        turn = await turn_of(tmp_path, protocol)
        assert [step.output for step in turn.steps] == ["3"]
        return
    ollama_double.fault(fault)
    turn = await turn_of(tmp_path, protocol)
    if fault == "invalid_bytes":
        assert "\ufffd" in turn.answer
    elif fault == "split_character":
        assert "\ufffd" not in turn.answer
    else:
        assert turn.answer == SPEECH
    assert turn.stop_reason == "answered"
    assert turn.usage.calls == 1


@pytest.mark.parametrize("protocol", ["native", "prompted"])
@pytest.mark.parametrize("fault", TO_THE_MODEL)
async def test_a_bad_call_is_mended_or_told_to_the_model(
    ollama_double: OllamaDouble, tmp_path: Path, fault: str, protocol: str
) -> None:
    ollama_double.fault(fault)
    ollama_double.reply(WELL, times=None)
    turn = await turn_of(tmp_path, protocol)
    assert turn.answer == WELL
    assert "{" not in turn.answer
    for step in turn.steps:
        assert step.output or step.error


async def test_a_full_queue_says_to_wait(ollama_double: OllamaDouble, tmp_path: Path) -> None:
    ollama_double.fault("queue_full", times=None)
    with pytest.raises(ServerBusy) as caught:
        await turn_of(tmp_path, "native")
    assert caught.value.hint


async def test_a_missing_model_says_how_to_pull_it(
    ollama_double: OllamaDouble, tmp_path: Path
) -> None:
    ollama_double.fault("model_missing", times=None)
    with pytest.raises(ModelMissing) as caught:
        await turn_of(tmp_path, "native")
    assert "arriero pull llama3.1:8b" in caught.value.hint


@pytest.mark.parametrize("protocol", ["native", "prompted"])
async def test_two_megabytes_are_taken_up_to_the_limit_and_marked_as_cut(
    ollama_double: OllamaDouble, tmp_path: Path, protocol: str
) -> None:
    ollama_double.fault("huge")
    turn = await turn_of(tmp_path, protocol, silence=10.0)
    assert len(turn.answer) > HUGE // 2
    assert turn.stop_reason == "length"


async def test_an_answer_that_was_cut_is_marked(
    ollama_double: OllamaDouble, tmp_path: Path
) -> None:
    ollama_double.fault("length")
    turn = await turn_of(tmp_path, "native")
    assert turn.stop_reason == "length"


async def test_a_model_swapped_behind_its_name_answers_and_the_user_is_told(
    ollama_double: OllamaDouble, tmp_path: Path
) -> None:
    ollama_double.reply(WELL, times=None)
    settings = Settings(model="ollama:llama3.1:8b", home=tmp_path, builtin_tools=(), models=quick())
    async with open_assistant(settings) as assistant:
        first = await assistant.ask("How are the mules?", user_id="ana", thread_id="t")
        ollama_double.fault("swapped")
        second = await assistant.ask("And now?", user_id="ana", thread_id="t")
    assert first.answer == second.answer == WELL
    assert not any("no longer the model" in notice for notice in first.notices)
    assert any("no longer the model" in notice for notice in second.notices)


@pytest.mark.parametrize("fault", ["pull_error", "pull_cut"])
async def test_a_pull_that_breaks_off_is_resumed(ollama_double: OllamaDouble, fault: str) -> None:
    ollama_double.fault(fault)
    progress = [step async for step in pull("llama3.2:3b", quick())]
    assert progress[-1].status == "success"


async def test_a_decision_in_json_is_read_under_the_prompted_protocol(
    ollama_double: OllamaDouble, tmp_path: Path
) -> None:
    decision = {"closest_tool": "add", "fits": "yes", "calls": [{"add": {"a": 20, "b": 3}}]}
    ollama_double.reply(json.dumps(decision), leak=True)
    ollama_double.reply(json.dumps({"closest_tool": None, "answer": 'It is\n"23" \u2014 ok.'}))
    turn = await turn_of(tmp_path, "prompted")
    assert turn.answer == 'It is\n"23" \u2014 ok.'
    assert [step.output for step in turn.steps] == ["23"]
    assert ollama_double.chats[0].body["format"]["anyOf"]
    assert "tools" not in ollama_double.chats[0].body


async def test_a_server_that_dies_is_an_error_that_names_its_address(
    ollama_double: OllamaDouble, tmp_path: Path
) -> None:
    ollama_double.fault("reset", after=0, times=None)
    with pytest.raises(ServerFault, match=r"127\.0\.0\.1"):
        await turn_of(tmp_path, "native")
