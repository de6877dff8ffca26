"""The scripted model, in code and from a file."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from agent.errors import ContextTooLong, ModelUnfit, ServerBusy, ServerFault, UsageError
from agent.models.base import (
    CallChunk,
    ChatModel,
    Chunk,
    EndChunk,
    Message,
    ModelRequest,
    RawCall,
    TextChunk,
    TokenLogprobs,
)
from agent.models.script_file import load
from agent.models.scripted import (
    ScriptedModel,
    ScriptError,
    call,
    calls,
    fail,
    say,
    says,
)
from tools.spec import ToolSpec

ADD = ToolSpec("add", "Add.", {"type": "object", "properties": {}})


def asks(text: str) -> list[Message]:
    return [{"role": "user", "content": text}]


async def run(model: ChatModel, text: str = "hi", **options: Any) -> list[Chunk]:
    return [chunk async for chunk in model.stream(ModelRequest(asks(text), **options))]


def end_of(chunks: Sequence[Chunk]) -> EndChunk:
    assert isinstance(chunks[-1], EndChunk)
    return chunks[-1]


async def test_steps_are_taken_in_order_and_text_comes_in_pieces() -> None:
    model = ScriptedModel([say("Hello, dear reader."), call("add", a=1), say("Done.")])
    assert isinstance(model, ChatModel)
    first = await run(model)
    assert len(first) > 2
    assert "".join(chunk.text for chunk in first[:-1] if isinstance(chunk, TextChunk)) == (
        "Hello, dear reader."
    )
    assert (await run(model, tools=[ADD]))[0] == CallChunk((RawCall("add", {"a": 1}, "call_1"),))
    assert end_of(await run(model)).finish == "stop"
    model.assert_finished()
    assert len(model.requests) == 3


async def test_several_calls_get_an_id_each() -> None:
    model = ScriptedModel([calls(RawCall("add", {}), RawCall("add", {}, "own"), RawCall("x", "{"))])
    chunks = await run(model, tools=[ADD])
    assert isinstance(chunks[0], CallChunk)
    assert [one.id for one in chunks[0].calls] == ["call_1", "own", "call_2"]
    assert end_of(chunks).finish == "tool_calls"


async def test_matchers_pick_their_requests() -> None:
    steps = [say("weather!", match=says("weather")), say("anything"), say("again", repeat=True)]
    model = ScriptedModel(steps)
    answers = []
    for text in ("hello", "the weather?", "x", "y"):
        chunks = await run(model, text)
        answers.append("".join(one.text for one in chunks if isinstance(one, TextChunk)))
    assert answers == ["anything", "weather!", "again", "again"]
    model.assert_finished()


async def test_unused_steps_and_missing_steps_fail() -> None:
    model = ScriptedModel([say("one"), call("add")])
    with pytest.raises(ScriptError, match=r"never used: \"one\", call\(add\)"):
        model.assert_finished()
    empty = ScriptedModel([])
    with pytest.raises(ScriptError, match="no step is left for request 1"):
        await run(empty, "what now")
    with pytest.raises(ScriptError, match="what now"):
        empty.assert_finished()


async def test_a_call_to_a_request_without_tools_fails() -> None:
    with pytest.raises(ScriptError, match="offers none"):
        await run(ScriptedModel([call("add")]))


async def test_errors_come_behind_their_text() -> None:
    model = ScriptedModel([fail(ServerFault("gone", transient=True), after="Half")])
    seen: list[Chunk] = []

    async def listen() -> None:
        async for chunk in model.stream(ModelRequest(asks("hi"))):
            seen.append(chunk)

    with pytest.raises(ServerFault):
        await listen()
    assert seen == [TextChunk("Half")]


async def test_a_gate_holds_the_answer_and_closing_is_noted() -> None:
    gate = asyncio.Event()
    model = ScriptedModel([say("A long answer that is stopped.", gate=gate)])
    async with aclosing(model.stream(ModelRequest(asks("hi")))) as chunks:
        first = asyncio.ensure_future(anext(chunks))
        await asyncio.sleep(0)
        assert not first.done()
        gate.set()
        assert await first == TextChunk("A long a")
    assert model.interrupted == 1
    await model.aclose()
    assert model.closed


async def test_prefixes_are_found_in_the_cache_and_costs_are_the_same_each_time() -> None:
    costs = []
    for _ in range(2):
        model = ScriptedModel([say("12345678", repeat=True)])
        talk = asks("x" * 400)
        first = end_of([one async for one in model.stream(ModelRequest(talk))]).usage
        talk += [{"role": "assistant", "content": "12345678"}, *asks("more")]
        second = end_of([one async for one in model.stream(ModelRequest(talk))]).usage
        costs.append((first.prompt_tokens, first.cached_tokens, second.cached_tokens))
        assert first.completion_tokens == 2
        assert await model.count_tokens(talk) == second.prompt_tokens
    assert costs[0] == costs[1]
    assert costs[0][1] == 0
    assert costs[0][2] >= 100


async def test_limits_and_stop_strings_cut_as_a_server_does() -> None:
    model = ScriptedModel([say("0123456789", repeat=True)])
    cut = await run(model, max_tokens=1)
    assert cut[0] == TextChunk("0123")
    assert end_of(cut).finish == "length"
    stopped = await run(model, stop=["5"])
    assert stopped[0] == TextChunk("01234")
    assert end_of(stopped).finish == "stop"


async def test_alternatives_come_with_the_first_piece_when_asked_for() -> None:
    token = TokenLogprobs("yes", (("yes", -0.1), ("no", -2.0)))
    model = ScriptedModel([say("yes", logprobs=(token,), repeat=True)], logprobs=True)
    assert (await run(model, logprobs=2))[0] == TextChunk("yes", (token,))
    assert (await run(model))[0] == TextChunk("yes")


@pytest.mark.parametrize(
    "options",
    [{"tools": [ADD]}, {"schema": {}}, {"grammar": "root ::= x"}, {"logprobs": 1}],
)
async def test_a_model_takes_only_what_it_says_it_takes(options: dict[str, Any]) -> None:
    model = ScriptedModel([say("x")], tools=False, schema=False)
    with pytest.raises(ModelUnfit):
        await run(model, **options)


async def test_a_prompt_beyond_the_window_is_refused() -> None:
    with pytest.raises(ContextTooLong):
        await run(ScriptedModel([say("x")], context=10), "word " * 50)


def write(tmp_path: Path, found: Any) -> str:
    path = tmp_path / "script.json"
    path.write_text(found if isinstance(found, str) else json.dumps(found), encoding="utf-8")
    return str(path)


async def test_a_script_file_says_the_same(tmp_path: Path) -> None:
    steps = [
        {"text": "Rain.", "match": "weather"},
        {"calls": [{"name": "add", "arguments": {"a": 1}}]},
        {"error": "ServerBusy", "message": "full", "hint": "wait", "transient": True},
        {"text": "Always.", "repeat": True, "delay": 0},
    ]
    model = load(write(tmp_path, {"identity": "tiny", "context": 2048, "steps": steps}))
    assert (model.info.identity, model.info.context) == ("tiny", 2048)
    assert model.info.spec.startswith("scripted:")
    assert (await run(model, tools=[ADD]))[0] == CallChunk((RawCall("add", {"a": 1}, "call_1"),))
    assert (await run(model, "the weather"))[0] == TextChunk("Rain.")
    with pytest.raises(ServerBusy) as caught:
        await run(model)
    assert (caught.value.message, caught.value.hint, caught.value.transient) == (
        "full",
        "wait",
        True,
    )
    assert (await run(model))[0] == TextChunk("Always.")


async def test_a_bare_list_is_a_script_too(tmp_path: Path) -> None:
    assert (await run(load(write(tmp_path, [{"text": "Hello."}]))))[0] == TextChunk("Hello.")


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ("{", "no JSON"),
        ({"step": []}, "neither a list"),
        ([1], "step 1 is no object"),
        ([{"txt": "x"}], "unknown field 'txt'"),
        ([{"text": 3}], "'text' in step 1"),
        ([{"delay": True}], "'delay' in step 1"),
        ([{"calls": [{"arguments": {}}]}], "no name"),
        ([{"error": "Oops"}], "does not exist: Oops"),
        ([{"error": "annotations"}], "does not exist"),
        ({"steps": [], "contxt": 1}, "unknown field 'contxt'"),
        ({"steps": [], "context": "big"}, "'context' in the script"),
    ],
)
def test_a_wrong_script_says_where(tmp_path: Path, found: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        load(write(tmp_path, found))


def test_a_missing_script_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        load(str(tmp_path / "none.json"))
