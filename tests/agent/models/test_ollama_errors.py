"""What goes wrong beside the double's numbered faults, and stopping in the middle."""

import asyncio

import pytest

from agent.errors import (
    ContextTooLong,
    ModelMissing,
    ModelUnfit,
    ServerDown,
    ServerFault,
)
from agent.models.base import ModelRequest
from agent.models.ollama import open_ollama
from agent.models.settings import ModelSettings
from tests.doubles.fixtures import OpenModel
from tests.doubles.ollama import OllamaDouble
from tests.doubles.talk import ADD, failure, gather, quick, user


async def test_server_down_says_how_to_start_it() -> None:
    settings = quick(host="127.0.0.1:9")
    with pytest.raises(ServerDown) as caught:
        await open_ollama("llama3.1:8b", settings)
    assert "http://127.0.0.1:9" in caught.value.message
    assert "ollama serve" in caught.value.hint
    assert "llamacpp:qwen2.5-coder-1.5b" in caught.value.hint


async def test_server_that_goes_down_between_two_turns(
    ollama_double: OllamaDouble, open_quick: OpenModel
) -> None:
    model = await open_quick()
    ollama_double.close()
    error = await failure(model, ServerDown)
    assert "ollama serve" in error.hint


async def test_missing_model_names_what_is_there(
    ollama_double: OllamaDouble, open_quick: OpenModel
) -> None:
    await open_quick()
    with pytest.raises(ModelMissing) as caught:
        await open_ollama("llama3.1:70b", quick())
    assert caught.value.message == "Ollama has no model 'llama3.1:70b'."
    assert "arriero pull llama3.1:70b" in caught.value.hint
    assert "llama3.1:8b" in caught.value.hint
    assert "nomic" not in caught.value.hint
    assert "arriero-" not in caught.value.hint


async def test_embedding_model_is_refused_at_once(ollama_double: OllamaDouble) -> None:
    with pytest.raises(ModelUnfit, match="cannot chat"):
        await open_ollama("nomic-embed-text", quick())


async def test_tools_for_a_model_without_them(
    ollama_double: OllamaDouble, open_quick: OpenModel
) -> None:
    model = await open_quick("llama3:8b", derive=False)
    assert not model.info.tools
    error = await failure(model, ModelUnfit, tools=(ADD,))
    assert "llama3:8b" in str(error)


async def test_prompt_beyond_the_window_is_refused(
    ollama_double: OllamaDouble, open_quick: OpenModel
) -> None:
    ollama_double.reply("never said", times=None)
    model = await open_quick(context=1024)
    with pytest.raises(ContextTooLong) as caught:
        await gather(model, user("mule " * 2000))
    assert "ARRIERO_MODELS__CONTEXT" in caught.value.hint


async def test_answer_that_fills_the_window_ends_with_length(
    ollama_double: OllamaDouble, open_quick: OpenModel
) -> None:
    ollama_double.reply("mule " * 2000)
    model = await open_quick(context=1024)
    text, _, end = await gather(model)
    assert end.finish == "length"
    assert text


async def test_wrong_option_type_is_not_tried_again(
    ollama_double: OllamaDouble, open_quick: OpenModel
) -> None:
    ollama_double.reply("never said", times=None)
    model = await open_quick()
    error = await failure(model, ServerFault, max_tokens="many")
    assert 'option "num_predict" must be of type integer' in str(error)
    assert not error.transient


async def test_closed_stream_stops_the_server_within_a_second(
    ollama_double: OllamaDouble,
    open_quick: OpenModel,
) -> None:
    ollama_double.fault(2)
    model = await open_quick()
    stream = model.stream(ModelRequest(messages=(user("hi"),)))
    await anext(stream)
    await stream.aclose()
    await ollama_double.until(lambda: ollama_double.chats[-1].disconnected, seconds=1.0)
    ollama_double.reply("Next.")
    assert (await gather(model))[0] == "Next."


async def test_cancelled_wait_for_the_first_token_stops_the_server_too(
    ollama_double: OllamaDouble, open_quick: OpenModel
) -> None:
    ollama_double.fault(1)
    asking = asyncio.ensure_future(gather(await open_quick()))
    await ollama_double.until(lambda: ollama_double.chats)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await ollama_double.until(lambda: ollama_double.chats[-1].disconnected, seconds=1.0)


def test_defaults_wait_minutes_for_a_load_but_not_for_ever() -> None:
    timeouts = ModelSettings().timeouts
    assert timeouts.first_byte >= 300
    assert timeouts.between_tokens <= 120
