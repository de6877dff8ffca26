"""The client of OpenAI-compatible servers, against a double on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from typing import Any

import pytest

from agent.errors import (
    ContextTooLong,
    ModelError,
    ModelMissing,
    ModelTimeout,
    ModelUnfit,
    ServerBusy,
    ServerDown,
    ServerFault,
    Unauthorized,
    UsageError,
)
from agent.models import openai, openai_server
from agent.models.base import (
    CallChunk,
    Chunk,
    EndChunk,
    Message,
    ModelInfo,
    ModelRequest,
    RawCall,
    TextChunk,
    TokenLogprobs,
)
from agent.models.openai import OpenAIModel, open_openai
from agent.models.settings import ModelSettings, Timeouts
from agent.models.wire import client
from tests.doubles.http import Exchange, Reply
from tests.doubles.openai import (
    CHAT,
    OpenAIDouble,
    body,
    delta,
    events,
    finish,
    raw,
    refusal,
    usage,
)
from tools.spec import ToolSpec

ADD = ToolSpec("add", "Add two integers.", {"type": "object", "properties": {}})
HELLO: list[Message] = [{"role": "user", "content": "Hello, who are you?"}]
QUICK = Timeouts(connect=2, first_byte=2, between_tokens=0.2)


@pytest.fixture
def server() -> Iterator[OpenAIDouble]:
    double = OpenAIDouble()
    double.start()
    yield double
    double.close()
    assert double.problems == []


@pytest.fixture
async def model(server: OpenAIDouble) -> AsyncIterator[OpenAIModel]:
    info = ModelInfo("openai:m@x", "openai", "m", "m", 8192, grammar=True, logprobs=True)
    made = OpenAIModel(info, client(server.url + "/v1", QUICK), QUICK, "llama.cpp")
    yield made
    await made.aclose()


async def run(model: OpenAIModel, request: ModelRequest | None = None) -> list[Chunk]:
    return [chunk async for chunk in model.stream(request or ModelRequest(HELLO))]


def text_of(chunks: list[Chunk]) -> str:
    return "".join(chunk.text for chunk in chunks if isinstance(chunk, TextChunk))


async def test_text_streams_and_ends_with_what_it_cost(
    server: OpenAIDouble, model: OpenAIModel
) -> None:
    server.serve(CHAT, events(delta("Hel"), delta("lo"), finish(), usage(20, 2, cached=15)))
    *texts, end = await run(model)
    assert texts == [TextChunk("Hel"), TextChunk("lo")]
    assert isinstance(end, EndChunk)
    assert end.finish == "stop"
    assert (end.usage.calls, end.usage.prompt_tokens, end.usage.cached_tokens) == (1, 20, 15)
    assert end.usage.completion_tokens == 2


async def test_llama_cpp_timings_tell_what_the_cache_gave(
    server: OpenAIDouble, model: OpenAIModel
) -> None:
    timings = {"cache_n": 90, "prompt_n": 10, "predicted_n": 3}
    server.serve(CHAT, events(delta("Hi"), finish(timings=timings)))
    end = (await run(model))[-1]
    assert isinstance(end, EndChunk)
    assert (end.usage.prompt_tokens, end.usage.cached_tokens) == (100, 90)
    assert end.usage.completion_tokens == 3


async def test_a_server_without_usage_is_charged_by_length(
    server: OpenAIDouble, model: OpenAIModel
) -> None:
    server.serve(CHAT, events(delta("a"), delta("b"), finish()))
    end = (await run(model, ModelRequest([{"role": "user", "content": "x" * 400}])))[-1]
    assert isinstance(end, EndChunk)
    assert (end.usage.prompt_tokens, end.usage.completion_tokens) == (100, 2)


async def test_comments_pings_and_reasoning_are_passed_over(
    server: OpenAIDouble, model: OpenAIModel
) -> None:
    noise = (b": ping", b"event: message", b"\r", delta(None, reasoning_content="Let me think"))
    server.serve(CHAT, events(*noise, delta("Yes"), finish(), end="eof"))
    assert text_of(await run(model)) == "Yes"


async def test_a_reply_that_was_not_streamed_is_read_all_the_same(
    server: OpenAIDouble, model: OpenAIModel
) -> None:
    whole = {"choices": [{"message": {"content": "All at once"}, "finish_reason": "stop"}]}
    server.serve(CHAT, body(whole))
    assert text_of(await run(model)) == "All at once"


@pytest.mark.parametrize(
    "pieces",
    [
        [  # in pieces, as OpenAI sends them
            [{"index": 0, "id": "c1", "function": {"name": "add", "arguments": ""}}],
            [{"index": 0, "function": {"arguments": '{"a": 1'}}],
            [{"index": 1, "id": "c2", "function": {"name": "mul", "arguments": "{}"}}],
            [{"index": 0, "function": {"arguments": "}"}}],
        ],
        [  # whole and without an index
            [{"id": "c1", "function": {"name": "add", "arguments": '{"a": 1}'}}],
            [{"id": "c2", "function": {"name": "mul", "arguments": "{}"}}],
        ],
        [  # all of them with index 0
            [{"index": 0, "id": "c1", "function": {"name": "add", "arguments": '{"a": 1}'}}],
            [{"index": 0, "id": "c2", "function": {"name": "mul", "arguments": "{}"}}],
        ],
        [  # the name in every piece
            [{"index": 0, "id": "c1", "function": {"name": "add", "arguments": '{"a": '}}],
            [{"index": 0, "id": "c1", "function": {"name": "add", "arguments": "1}"}}],
            [{"index": 1, "id": "c2", "function": {"name": "mul", "arguments": "{}"}}],
        ],
    ],
)
async def test_calls_are_put_together(
    server: OpenAIDouble, model: OpenAIModel, pieces: list[Any]
) -> None:
    sent = [delta(tool_calls=piece) for piece in pieces]
    server.serve(CHAT, events(*sent, finish("tool_calls")))
    chunks = await run(model, ModelRequest(HELLO, tools=[ADD]))
    assert chunks[0] == CallChunk((RawCall("add", '{"a": 1}', "c1"), RawCall("mul", "{}", "c2")))
    assert isinstance(chunks[1], EndChunk)
    assert chunks[1].finish == "tool_calls"


async def test_two_calls_without_index_or_id_stay_two(
    server: OpenAIDouble, model: OpenAIModel
) -> None:
    calls = [{"function": {"name": "add", "arguments": {"a": n}}} for n in (1, 2)]
    server.serve(CHAT, events(delta(tool_calls=calls), finish("stop")))
    chunks = await run(model, ModelRequest(HELLO, tools=[ADD]))
    assert chunks[0] == CallChunk((RawCall("add", {"a": 1}), RawCall("add", {"a": 2})))


async def test_alternatives_of_a_token_are_reported(
    server: OpenAIDouble, model: OpenAIModel
) -> None:
    token = {"token": "yes", "top_logprobs": [{"token": "Yes", "logprob": -0.5}]}
    piece = delta("yes")
    piece["choices"][0]["logprobs"] = {"content": [token]}
    server.serve(CHAT, events(piece, finish()))
    chunks = await run(model, ModelRequest(HELLO, logprobs=1, grammar='root ::= "yes" | "no"'))
    assert chunks[0] == TextChunk("yes", (TokenLogprobs("yes", (("Yes", -0.5),)),))
    sent = server.asked()[0]
    assert (sent["logprobs"], sent["top_logprobs"]) == (True, 1)
    assert sent["grammar"] == 'root ::= "yes" | "no"'


async def test_the_request_says_everything(server: OpenAIDouble, model: OpenAIModel) -> None:
    server.serve(CHAT, events(delta("x"), finish()))
    schema = {"type": "object"}
    request = ModelRequest(
        HELLO, schema=schema, max_tokens=5, temperature=0.5, seed=7, stop=["\n"], prefill="I am"
    )
    await run(model, request)
    sent = server.asked()[0]
    assert sent["model"] == "m"
    assert sent["stream_options"] == {"include_usage": True}
    assert sent["response_format"]["json_schema"]["schema"] == schema
    assert sent["response_format"]["json_schema"]["strict"] is True
    assert (sent["max_tokens"], sent["temperature"], sent["seed"]) == (5, 0.5, 7)
    assert sent["stop"] == ["\n"]
    assert sent["messages"][-1] == {"role": "assistant", "content": "I am"}
    assert "tools" not in sent


async def test_calls_and_results_go_in_the_servers_own_form(
    server: OpenAIDouble, model: OpenAIModel
) -> None:
    server.serve(CHAT, events(delta("3"), finish()))
    talk: list[Message] = [
        *HELLO,
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"id": "c1", "name": "add", "arguments": {"a": "ü"}}],
        },
        {"role": "tool", "content": "3", "tool_call_id": "c1", "name": "add"},
    ]
    await run(model, ModelRequest(talk, tools=[ADD]))
    sent = server.asked()[0]
    assert sent["tools"][0]["function"]["name"] == "add"
    call = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a": "ü"}'}}
    assert sent["messages"][1]["tool_calls"] == [call]
    assert sent["messages"][2] == {"role": "tool", "content": "3", "tool_call_id": "c1"}


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (refusal(401, "Incorrect API key"), Unauthorized, "OPENAI_API_KEY"),
        (refusal(403, "No"), Unauthorized, "ARRIERO_MODELS__API_KEY"),
        (refusal(400, "request too big", "exceed_context_size_error"), ContextTooLong, "window"),
        (refusal(400, "maximum context length is 8 tokens"), ContextTooLong, "window"),
        (refusal(400, '"auto" tool choice requires a parser'), ModelUnfit, "--protocol prompted"),
        (refusal(400, "temperature is wrong"), ServerFault, "temperature is wrong"),
        (refusal(429, "slow down", Retry_After="7"), ServerBusy, "7 seconds"),
        (refusal(503, "overloaded"), ServerBusy, "overloaded"),
        (refusal(500, "boom"), ServerFault, "boom"),
        (raw(502, b"<html>Bad\n gateway</html>"), ServerFault, "Bad gateway"),
    ],
)
async def test_refusals_become_errors_that_say_what_to_do(
    server: OpenAIDouble, model: OpenAIModel, answer: Any, kind: type[ModelError], words: str
) -> None:
    server.serve(CHAT, answer)
    with pytest.raises(kind) as caught:
        await run(model, ModelRequest(HELLO, tools=[ADD]))
    assert type(caught.value) is kind
    assert words in f"{caught.value.message} {caught.value.hint}"
    assert caught.value.transient is (server.journal[0].status in (429, 500, 502, 503))


async def test_a_missing_model_names_those_that_are_there(
    server: OpenAIDouble, model: OpenAIModel
) -> None:
    server.serve(CHAT, refusal(404, "The model `m` does not exist"))
    server.serve("/v1/models", body({"data": [{"id": "llama-3.1-8b"}, {"id": "other"}]}))
    with pytest.raises(ModelMissing) as caught:
        await run(model)
    assert "llama-3.1-8b, other" in caught.value.hint


async def test_an_address_without_a_service_says_so(
    server: OpenAIDouble, model: OpenAIModel
) -> None:
    with pytest.raises(ServerFault, match="404") as caught:
        await run(model)
    assert "/v1" in caught.value.hint


@pytest.mark.parametrize("end", ["eof", "done", "close", "reset"])
async def test_a_reply_without_a_finish_reason_is_never_taken_for_whole(
    server: OpenAIDouble, model: OpenAIModel, end: str
) -> None:
    server.serve(CHAT, events(delta("Half an ans"), end=end))
    with pytest.raises(ServerFault) as caught:
        await run(model)
    assert caught.value.transient


async def hang_up(exchange: Exchange, reply: Reply) -> None:
    reply.break_off(reset=True)


async def test_a_connection_that_the_server_had_closed_is_tried_again_once(
    server: OpenAIDouble, model: OpenAIModel
) -> None:
    server.serve(CHAT, hang_up, events(delta("Here"), finish()))
    assert text_of(await run(model)) == "Here"
    server.serve(CHAT, hang_up)
    with pytest.raises(ServerFault):
        await run(model)
    assert len(server.asked()) == 4


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ({"error": {"message": "slot lost", "code": 500}}, ServerFault),
        ({"error": {"message": "too long", "type": "exceed_context_size_error", "code": 400}},
         ContextTooLong),
        ({"error": "out of memory"}, ServerFault),
        (b"data: {not json", ServerFault),
        (b"data: [1]", ServerFault),
        (b"error: {\"message\": \"x\"}", ServerFault),
        (finish("content_filter"), ServerFault),
        (finish("abort"), ServerFault),
    ],
)  # fmt: skip
async def test_errors_inside_a_stream_are_raised(
    server: OpenAIDouble, model: OpenAIModel, event: Any, kind: type[ModelError]
) -> None:
    server.serve(CHAT, events(delta("Half"), event))
    with pytest.raises(kind):
        await run(model)


async def test_a_stall_ends_with_a_timeout(server: OpenAIDouble, model: OpenAIModel) -> None:
    server.serve(CHAT, events(delta("Half"), end="stall"))
    with pytest.raises(ModelTimeout):
        await run(model)


async def test_closing_the_stream_hangs_up(server: OpenAIDouble, model: OpenAIModel) -> None:
    server.serve(CHAT, events(delta("One"), end="stall"))
    async with aclosing(model.stream(ModelRequest(HELLO))) as chunks:
        assert await anext(chunks) == TextChunk("One")
    await server.until(lambda: server.journal[0].disconnected, seconds=1)


async def test_a_model_that_is_loading_is_waited_for(
    server: OpenAIDouble, model: OpenAIModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openai, "_POLL", 0.01)
    loading = refusal(503, "Loading model", "unavailable_error")
    server.serve(CHAT, loading, loading, events(delta("There"), finish()))
    assert text_of(await run(model)) == "There"


async def test_a_model_that_loads_for_ever_is_given_up(
    server: OpenAIDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openai, "_POLL", 0.01)
    server.serve(CHAT, refusal(503, "Loading model", "unavailable_error"))
    info = ModelInfo("s", "openai", "m", "m", 8192)
    short = Timeouts(first_byte=1.5)
    model = OpenAIModel(info, client(server.url + "/v1", short), short)
    with pytest.raises(ModelTimeout, match="loading"):
        await run(model)
    await model.aclose()


@pytest.mark.parametrize(
    "request_",
    [
        ModelRequest(HELLO, tools=[ADD]),
        ModelRequest(HELLO, grammar="root ::= x"),
        ModelRequest(HELLO, logprobs=2),
        ModelRequest(HELLO, schema={"type": "object"}),
    ],
)
async def test_what_a_model_cannot_do_is_refused_before_it_is_sent(
    server: OpenAIDouble, request_: ModelRequest
) -> None:
    info = ModelInfo("s", "openai", "m", "m", 8192, tools=False, schema=False)
    model = OpenAIModel(info, client(server.url + "/v1", QUICK), QUICK)
    with pytest.raises(ModelUnfit):
        await run(model, request_)
    await model.aclose()
    assert server.journal == []


PROPS = {
    "default_generation_settings": {"n_ctx": 4096},
    "model_path": "/models/Qwen2.5-Coder-1.5B-Instruct-Q4_K_M.gguf",
    "chat_template_caps": {"supports_tools": False},
}


async def test_llama_cpp_tells_window_weights_and_abilities(server: OpenAIDouble) -> None:
    server.serve("/props", body(PROPS))
    server.serve("/apply-template", body({"prompt": "<s>hello"}))
    server.serve("/tokenize", body({"tokens": [1, 2, 3]}))
    model = await open_openai("anything", server.url, ModelSettings())
    info = model.info
    assert (info.context, info.identity) == (4096, "qwen2.5-coder-1.5b")
    assert (info.tools, info.grammar, info.logprobs) == (False, True, True)
    assert info.spec == f"openai:anything@{server.url}/v1"
    assert await model.count_tokens(HELLO) == 3
    asked = server.asked("/tokenize")[0]
    assert asked == {"content": "<s>hello", "add_special": True, "parse_special": True}
    await model.aclose()


async def test_vllm_tells_its_window_and_continues_a_started_reply(server: OpenAIDouble) -> None:
    entry = {
        "id": "chat",
        "root": "meta-llama/Llama-3.1-8B-Instruct",
        "owned_by": "vllm",
        "max_model_len": 16384,
    }
    server.serve("/v1/models", body({"data": [{"id": "other"}, entry]}))
    server.serve(CHAT, events(delta("!"), finish()))
    model = await open_openai("chat", server.url + "/v1/", ModelSettings())
    assert (model.info.context, model.info.identity) == (16384, "llama-3.1-8b")
    assert model.info.grammar is False
    assert await model.count_tokens(HELLO) is None
    await run(model, ModelRequest(HELLO, prefill="Well"))
    assert server.asked()[0]["continue_final_message"] is True
    await model.aclose()


async def test_a_server_that_tells_nothing_gets_what_the_settings_say(
    server: OpenAIDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-env")
    model = await open_openai("Some-Model-Instruct", server.url, ModelSettings(context=2048))
    assert (model.info.context, model.info.identity) == (2048, "some-model")
    await model.aclose()
    assert {exchange.headers["authorization"] for exchange in server.journal} == {"Bearer sk-env"}


async def test_a_key_in_the_settings_goes_before_the_variable(
    server: OpenAIDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-env")
    settings = ModelSettings.model_validate({"api_key": "sk-own"})
    await (await open_openai("m", server.url, settings)).aclose()
    assert server.journal[0].headers["authorization"] == "Bearer sk-own"


async def test_opening_waits_for_a_server_that_loads(
    server: OpenAIDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openai_server, "_POLL", 0.01)
    loading = refusal(503, "Loading model", "unavailable_error")
    server.serve("/props", loading, body(PROPS))
    server.serve("/health", loading, loading, body({"status": "ok"}))
    model = await open_openai("m", server.url, ModelSettings())
    assert model.info.context == 4096
    await model.aclose()


async def test_nothing_at_the_address_is_said_at_once() -> None:
    with pytest.raises(ServerDown):
        await open_openai("m", "http://127.0.0.1:9/v1", ModelSettings())


@pytest.mark.parametrize("url", ["127.0.0.1:8080", "ftp://x/v1", "http://", "nonsense"])
async def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="address"):
        await open_openai("m", url, ModelSettings())


@pytest.mark.parametrize("url", ["http://h:1", "http://h:1/", "http://h:1/v1/chat/completions"])
def test_addresses_are_completed(url: str) -> None:
    assert openai_server.address(url) == "http://h:1/v1"
