"""Each fault of the double ends in the right error or in a whole reply."""

import pytest

from agent.errors import (
    ModelMissing,
    ModelTimeout,
    ModelUnfit,
    ServerBusy,
    ServerFault,
)
from agent.models.base import RawCall
from agent.models.ollama import pull
from tests.doubles.fixtures import OpenModel
from tests.doubles.ollama import OllamaDouble
from tests.doubles.ollama_reply import HUGE
from tests.doubles.ollama_script import FAULTS, SPEECH
from tests.doubles.talk import ADD, failure, gather, quick


def test_all_faults_are_there() -> None:
    assert sorted(FAULTS) == list(range(1, 22))


async def test_1_slow_first_token_times_out(
    ollama_double: OllamaDouble, open_quick: OpenModel
) -> None:
    ollama_double.fault(1)
    error = await failure(await open_quick(first_byte=0.3), ModelTimeout)
    assert "no first byte for 0.3 seconds" in str(error)
    assert error.transient


async def test_2_stall_times_out_between_tokens(
    ollama_double: OllamaDouble, open_quick: OpenModel
) -> None:
    ollama_double.fault(2)
    error = await failure(await open_quick(between=0.3), ModelTimeout)
    assert "no next piece for 0.3 seconds" in str(error)
    await ollama_double.until(lambda: ollama_double.chats[-1].disconnected)


async def test_2_stall_may_be_longer_where_a_call_is_held_back(
    ollama_double: OllamaDouble, open_quick: OpenModel
) -> None:
    ollama_double.fault(2)
    error = await failure(await open_quick(between=0.1), ModelTimeout, tools=(ADD,))
    assert "no next piece for 0.3 seconds" in str(error)


@pytest.mark.parametrize("name", ["reset", "fin"])
@pytest.mark.parametrize("after", [0, 3])
async def test_3_broken_connection(
    ollama_double: OllamaDouble, open_quick: OpenModel, name: str, after: int
) -> None:
    ollama_double.fault(name, after=after)
    error = await failure(await open_quick(), ServerFault)
    assert "broke off before the answer was whole" in str(error)
    assert error.transient


async def test_4_server_error_keeps_the_servers_words(
    ollama_double: OllamaDouble, open_quick: OpenModel
) -> None:
    ollama_double.fault(4)
    error = await failure(await open_quick(), ServerFault)
    assert "status 500: llama runner process has terminated" in str(error)
    assert error.transient


async def test_5_full_queue_is_busy(ollama_double: OllamaDouble, open_quick: OpenModel) -> None:
    ollama_double.fault(5)
    error = await failure(await open_quick(), ServerBusy)
    assert error.transient
    assert "OLLAMA_NUM_PARALLEL" in error.hint


async def test_6_missing_model_goes_by_the_name_that_was_asked_for(
    ollama_double: OllamaDouble, open_quick: OpenModel
) -> None:
    model = await open_quick()
    ollama_double.fault(6)
    error = await failure(model, ModelMissing)
    assert error.message == "Ollama has no model 'llama3.1:8b'."
    assert error.hint.startswith("Fetch it with `arriero pull llama3.1:8b`")


async def test_6_model_removed_meanwhile(
    ollama_double: OllamaDouble, open_quick: OpenModel
) -> None:
    model = await open_quick()
    ollama_double.world.models.clear()
    error = await failure(model, ModelMissing)
    assert error.message == "Ollama has no model 'llama3.1:8b'."
    assert len(ollama_double.chats) == 1


async def test_6_derived_model_removed_meanwhile_is_derived_again(
    ollama_double: OllamaDouble, open_quick: OpenModel
) -> None:
    model = await open_quick()
    del ollama_double.world.models["arriero-llama3.1:8b"]
    ollama_double.reply("Here I am again.")
    assert (await gather(model))[0] == "Here I am again."
    assert "arriero-llama3.1:8b" in ollama_double.world.models


async def test_7_malformed_line_is_told(ollama_double: OllamaDouble, open_quick: OpenModel) -> None:
    ollama_double.fault("malformed_line")
    error = await failure(await open_quick(), ServerFault)
    assert "cannot be read" in str(error)
    assert len(str(error)) < 300


async def test_7_blank_lines_are_skipped(
    ollama_double: OllamaDouble, open_quick: OpenModel
) -> None:
    ollama_double.fault("blank_line")
    text, _, end = await gather(await open_quick())
    assert (text, end.finish) == (SPEECH, "stop")


async def test_8_error_inside_the_stream(
    ollama_double: OllamaDouble, open_quick: OpenModel
) -> None:
    ollama_double.fault(8)
    error = await failure(await open_quick(), ServerFault)
    assert "unexpected EOF" in str(error)
    assert error.transient


async def test_9_string_arguments_pass_to_the_reader(
    ollama_double: OllamaDouble, open_quick: OpenModel
) -> None:
    ollama_double.fault("string_arguments", calls=[("add", {"a": 1})])
    _, calls, end = await gather(await open_quick(), tools=(ADD,))
    assert calls == [RawCall("add", '{"a": 1}', "call_00000000")]
    assert end.finish == "tool_calls"


async def test_9_missing_arguments_pass_to_the_reader(
    ollama_double: OllamaDouble, open_quick: OpenModel
) -> None:
    ollama_double.fault("missing_arguments", calls=[("add", {"a": 1})])
    _, calls, _ = await gather(await open_quick(), tools=(ADD,))
    assert calls == [RawCall("add", None, "call_00000000")]


async def test_10_unknown_tool_passes_to_the_reader(
    ollama_double: OllamaDouble, open_quick: OpenModel
) -> None:
    ollama_double.fault(10)
    _, calls, _ = await gather(await open_quick(), tools=(ADD,))
    assert [call.name for call in calls] == ["no_such_tool"]


async def test_11_empty_reply_is_whole(ollama_double: OllamaDouble, open_quick: OpenModel) -> None:
    ollama_double.fault(11)
    text, calls, end = await gather(await open_quick())
    assert (text, calls, end.finish) == ("", [], "stop")


async def test_12_truncated_json_stays_text(
    ollama_double: OllamaDouble, open_quick: OpenModel
) -> None:
    ollama_double.fault(12)
    text, calls, _ = await gather(await open_quick(), tools=(ADD,))
    assert text.startswith('{"name": "add"')
    assert calls == []


async def test_13_length_is_told(ollama_double: OllamaDouble, open_quick: OpenModel) -> None:
    ollama_double.fault(13)
    text, _, end = await gather(await open_quick())
    assert end.finish == "length"
    assert SPEECH.startswith(text)


async def test_14_duplicate_call_is_passed_on_once(
    ollama_double: OllamaDouble, open_quick: OpenModel
) -> None:
    ollama_double.fault("duplicate_call", calls=[("add", {"a": 1, "b": 2})])
    _, calls, _ = await gather(await open_quick(), tools=(ADD,))
    assert [(call.name, call.arguments) for call in calls] == [("add", {"a": 1, "b": 2})]


async def test_14_second_done_line_costs_nothing(
    ollama_double: OllamaDouble, open_quick: OpenModel
) -> None:
    ollama_double.fault("two_done_lines")
    text, _, end = await gather(await open_quick())
    assert text == SPEECH
    assert end.usage.calls == 1
    assert end.usage.prompt_tokens == ollama_double.chats[-1].seen["prompt_tokens"]


async def test_15_huge_answer_passes(ollama_double: OllamaDouble, open_quick: OpenModel) -> None:
    ollama_double.fault(15)
    text, _, end = await gather(await open_quick())
    assert (len(text), end.finish) == (HUGE, "stop")


async def test_16_split_characters_are_whole(
    ollama_double: OllamaDouble, open_quick: OpenModel
) -> None:
    ollama_double.fault("split_character", text="Zwölf Mulis 🐴 – ohne Mühe.")
    text, _, _ = await gather(await open_quick())
    assert text == "Zwölf Mulis 🐴 – ohne Mühe."


async def test_16_invalid_bytes_are_replaced(
    ollama_double: OllamaDouble, open_quick: OpenModel
) -> None:
    ollama_double.fault("invalid_bytes", text="One two three four")
    text, _, end = await gather(await open_quick())
    assert text.count("\ufffd") == 3
    assert text.replace("\ufffd", "") == "One two three four"
    assert end.finish == "stop"


@pytest.mark.parametrize("name", ["load", "unload"])
async def test_17_load_without_a_reply_is_asked_again(
    ollama_double: OllamaDouble, open_quick: OpenModel, name: str
) -> None:
    ollama_double.fault(name)
    ollama_double.reply("Here I am.")
    text, _, _ = await gather(await open_quick())
    assert text == "Here I am."
    assert len(ollama_double.chats) == 2


async def test_17_load_again_and_again_is_a_fault(
    ollama_double: OllamaDouble, open_quick: OpenModel
) -> None:
    ollama_double.fault(17, times=2)
    error = await failure(await open_quick(), ServerFault)
    assert "gives no reply" in str(error)
    assert len(ollama_double.chats) == 2


async def test_18_swapped_model_is_noticed(
    ollama_double: OllamaDouble, open_quick: OpenModel
) -> None:
    ollama_double.reply("One.")
    ollama_double.reply("Two.")
    model = await open_quick()
    await gather(model)
    assert await model.changed() is None
    ollama_double.fault(18)
    await gather(model)
    note = await model.changed()
    assert note is not None
    assert "no longer the model" in note
    assert await model.changed() is None


async def test_18_a_model_that_was_derived_anew_is_no_change(
    ollama_double: OllamaDouble, open_quick: OpenModel
) -> None:
    await open_quick()
    ollama_double.world.models["llama3.1:8b"].version += 1
    model = await open_quick()
    ollama_double.reply("One.", times=2)
    await gather(model)
    ollama_double.world.loaded.clear()
    await gather(model)
    assert await model.changed() is None


async def test_18_an_ordinary_reload_is_no_change(
    ollama_double: OllamaDouble, open_quick: OpenModel
) -> None:
    ollama_double.reply("One.", times=2)
    model = await open_quick()
    await gather(model)
    ollama_double.world.loaded.clear()
    await gather(model)
    assert await model.changed() is None


async def test_19_no_tools_lets_the_caller_change_the_protocol(
    ollama_double: OllamaDouble,
    open_quick: OpenModel,
) -> None:
    ollama_double.fault(19)
    error = await failure(await open_quick(), ModelUnfit, tools=(ADD,))
    assert not error.transient
    assert "--protocol prompted" in error.hint


@pytest.mark.parametrize("name", ["pull_error", "pull_cut"])
async def test_20_broken_pull_goes_on_where_it_stopped(
    ollama_double: OllamaDouble, name: str
) -> None:
    ollama_double.fault(name)
    lines = [line async for line in pull("llama3.2:3b", quick(), pause=0)]
    layer = [line.completed for line in lines if line.total]
    assert layer == sorted(layer)
    assert layer.count(0) == 1
    assert lines[-1].status == "success"
    assert any("going on" in line.status for line in lines)


async def test_21_stream_without_its_end_is_no_answer(
    ollama_double: OllamaDouble, open_quick: OpenModel
) -> None:
    ollama_double.fault(21)
    error = await failure(await open_quick(), ServerFault)
    assert "broke off before the answer was whole" in str(error)
    assert error.transient


async def test_a_reply_that_ends_for_no_reason_is_no_answer(
    ollama_double: OllamaDouble, open_quick: OpenModel
) -> None:
    ollama_double.reply("Half an ans", fault="no_reason")
    error = await failure(await open_quick(), ServerFault)
    assert "without saying why" in str(error)
