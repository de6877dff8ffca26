"""What goes over the wire: one window, one prefix, messages as the server takes them."""

import asyncio
import json
from itertools import pairwise
from typing import Any

import pytest

from agent.errors import SettingsError
from agent.models.base import CallChunk, Message, ModelRequest, TextChunk
from agent.models.ollama_chat import Reply, as_ollama
from tests.doubles.fixtures import OpenModel
from tests.doubles.ollama import OllamaDouble
from tests.doubles.talk import ADD, CLOCK, gather, user

SYSTEM: Message = {"role": "system", "content": "You are arriero. " * 20}


async def converse(double: OllamaDouble, open_quick: OpenModel, turns: int) -> list[Any]:
    """Hold a conversation with a tool call in every turn and return the requests."""
    model = await open_quick()
    history: list[Message] = [SYSTEM]
    for turn in range(turns):
        double.reply(calls=[("add", {"a": turn, "b": 1})])
        double.reply(f"It is {turn + 1}.")
        history.append(user(f"What is {turn} plus 1?"))
        _, calls, _ = await gather(model, *history, tools=(ADD, CLOCK))
        record = {"id": f"c{turn}", "name": "add", "arguments": calls[0].arguments}
        history.append({"role": "assistant", "content": "", "tool_calls": [record]})
        result = {"role": "tool", "content": str(turn + 1), "name": "add"}
        history.append({**result, "tool_call_id": f"c{turn}"})
        text, _, _ = await gather(model, *history, tools=(ADD, CLOCK), max_tokens=100 + turn)
        history.append({"role": "assistant", "content": text, "raw": text})
    return double.chats


async def test_window_never_changes_and_nothing_reloads(
    ollama_double: OllamaDouble, open_quick: OpenModel
) -> None:
    chats = await converse(ollama_double, open_quick, 3)
    assert len(chats) == 6
    assert {chat.body["options"]["num_ctx"] for chat in chats} == {8192}
    assert (ollama_double.world.loads, ollama_double.world.reloads) == (1, 0)


async def test_prefix_holds_byte_for_byte(
    ollama_double: OllamaDouble, open_quick: OpenModel
) -> None:
    chats = await converse(ollama_double, open_quick, 3)
    for earlier, later in pairwise(chats):
        assert later.seen["prompt"].startswith(earlier.seen["prompt"].removesuffix("<assistant>"))
        assert later.seen["cached"] >= 0.95 * earlier.seen["prompt_tokens"]
        same = json.dumps(earlier.body["tools"]) == json.dumps(later.body["tools"])
        assert same, "the same tools in the same order, byte for byte"


async def test_the_stock_template_would_lose_the_prefix(
    ollama_double: OllamaDouble, open_quick: OpenModel
) -> None:
    model = await open_quick(derive=False)
    ollama_double.reply("One.")
    ollama_double.reply("Two.")
    history = [SYSTEM, user("First?")]
    await gather(model, *history, tools=(ADD, CLOCK))
    history += [{"role": "assistant", "content": "One."}, user("Second?")]
    await gather(model, *history, tools=(ADD, CLOCK))
    first, second = ollama_double.chats
    assert second.seen["cached"] < 0.8 * first.seen["prompt_tokens"]


async def test_fixed_parts_of_every_request(
    ollama_double: OllamaDouble, open_quick: OpenModel
) -> None:
    model = await open_quick(keep_alive="1h", context=4096, seed=7)
    ollama_double.reply("Yes.", times=2)
    await gather(model)
    await gather(model, temperature=0.5, seed=3, stop=("\n",), max_tokens=5)
    plain, tuned = (chat.body for chat in ollama_double.chats)
    assert plain["options"] == {"num_ctx": 4096, "num_predict": -1, "temperature": 0.0, "seed": 7}
    assert tuned["options"] == {
        "num_ctx": 4096,
        "num_predict": 5,
        "temperature": 0.5,
        "seed": 3,
        "stop": ["\n"],
    }
    for body in (plain, tuned):
        assert (body["keep_alive"], body["stream"]) == ("1h", True)
        assert (body["truncate"], body["shift"]) == (False, False)
        assert "tools" not in body
        assert "format" not in body
        assert "think" not in body


@pytest.mark.parametrize(("given", "sent"), [("-1", -1), ("300", 300), ("5m", "5m")])
async def test_keep_alive_in_bare_seconds(
    ollama_double: OllamaDouble, open_quick: OpenModel, given: str, sent: object
) -> None:
    ollama_double.reply("Yes.")
    await gather(await open_quick(keep_alive=given))
    assert ollama_double.chats[-1].body["keep_alive"] == sent


async def test_keep_alive_that_is_no_duration_is_told_at_once(
    ollama_double: OllamaDouble, open_quick: OpenModel
) -> None:
    with pytest.raises(SettingsError, match="'forever', which is no duration"):
        await open_quick(keep_alive="forever")
    assert ollama_double.journal == []


async def test_schema_goes_as_format_and_never_with_tools(
    ollama_double: OllamaDouble, open_quick: OpenModel
) -> None:
    ollama_double.reply('{"ok":true}')
    schema = {"type": "object", "properties": {"ok": {"type": "boolean"}}}
    await gather(await open_quick(), schema=schema)
    body = ollama_double.chats[-1].body
    assert body["format"] == schema
    with pytest.raises(ValueError, match="exclude each other"):
        ModelRequest(messages=(user("hi"),), tools=(ADD,), schema=schema)


async def test_prefill_is_a_started_assistant_turn(
    ollama_double: OllamaDouble, open_quick: OpenModel
) -> None:
    ollama_double.reply(" yes.")
    await gather(await open_quick(), user("Is it?"), prefill="I say")
    chat = ollama_double.chats[-1]
    assert chat.body["messages"][-1] == {"role": "assistant", "content": "I say"}
    assert chat.seen["prompt"].endswith("<assistant>I say")


async def test_logprobs_are_asked_for_where_the_server_knows_them(
    ollama_double: OllamaDouble, open_quick: OpenModel
) -> None:
    ollama_double.reply("Yes.", times=2)
    await gather(await open_quick(), logprobs=50)
    assert ollama_double.chats[-1].body["top_logprobs"] == 20, "it refuses more"
    ollama_double.version = "0.9.1"
    old = await open_quick()
    assert not old.info.logprobs
    await gather(old, logprobs=5)
    assert "logprobs" not in ollama_double.chats[-1].body


async def test_usage_counts_what_the_server_counted(
    ollama_double: OllamaDouble, open_quick: OpenModel
) -> None:
    ollama_double.reply("One two.")
    _, _, end = await gather(await open_quick(), user("Count."))
    usage = end.usage
    assert usage.calls == 1
    assert usage.prompt_tokens == ollama_double.chats[-1].seen["prompt_tokens"]
    assert usage.completion_tokens == 4
    assert usage.cached_tokens == 0
    assert usage.seconds > 0


async def test_two_requests_at_once_are_both_answered(
    ollama_double: OllamaDouble, open_quick: OpenModel
) -> None:
    model = await open_quick()
    ollama_double.reply("A.", pattern="first")
    ollama_double.reply("B.", pattern="second")
    answers = await asyncio.gather(gather(model, user("first")), gather(model, user("second")))
    assert [text for text, _, _ in answers] == ["A.", "B."]


def test_calls_are_sent_as_calls_when_tools_go_along() -> None:
    record = {"id": "c1", "name": "add", "arguments": {"a": 1}}
    messages: list[Message] = [
        {"role": "assistant", "content": "See:", "tool_calls": [record], "raw": "See: {…}"},
        {"role": "tool", "content": "1", "name": "add", "tool_call_id": "c1"},
        {"role": "assistant", "content": "One.", "raw": " One."},
    ]
    called, result, answer = as_ollama(messages, native=True)
    assert called["content"] == "See:"
    assert called["tool_calls"] == [
        {"id": "c1", "function": {"name": "add", "arguments": {"a": 1}}}
    ]
    assert result == {"role": "tool", "content": "1", "tool_name": "add", "tool_call_id": "c1"}
    assert answer == {"role": "assistant", "content": " One."}


def test_calls_are_sent_as_they_were_written_when_no_tools_go_along() -> None:
    record = {"id": "c1", "name": "add", "arguments": {"a": 1}}
    message: Message = {
        "role": "assistant",
        "content": "",
        "tool_calls": [record],
        "raw": '{"name": "add", "arguments": {"a": 1}}',
    }
    (sent,) = as_ollama([message], native=False)
    assert sent == {"role": "assistant", "content": message["raw"]}


def test_assistant_messages_in_a_row_keep_all_calls() -> None:
    records = [{"id": f"c{n}", "name": "add", "arguments": {"a": n}} for n in range(2)]
    messages: list[Message] = [
        {"role": "assistant", "content": "One.", "tool_calls": records[:1]},
        {"role": "assistant", "content": "", "tool_calls": records[1:]},
    ]
    (sent,) = as_ollama(messages, native=True)
    assert sent["content"] == "One."
    assert [call["id"] for call in sent["tool_calls"]] == ["c0", "c1"]


def test_character_halves_in_two_lines_are_joined() -> None:
    reply = Reply("here")
    first = reply.take({"message": {"content": "a\ud83d"}, "done": False})
    second = reply.take({"message": {"content": "\ude00b"}, "done": False})
    last = reply.take({"message": {"content": "\ud83d"}, "done": True, "done_reason": "stop"})
    assert [chunk.text for chunk in (*first, *second, *last) if isinstance(chunk, TextChunk)] == [
        "a",
        "😀b",
        "\ufffd",
    ]


def test_calls_of_any_shape_reach_the_reader() -> None:
    reply = Reply("here")
    calls = [None, {}, {"function": {"name": "add"}}, {"id": 3, "function": {"arguments": [1]}}]
    (chunk,) = reply.take({"message": {"tool_calls": calls}})
    assert isinstance(chunk, CallChunk)
    assert [(call.name, call.arguments) for call in chunk.calls] == [
        ("", None),
        ("add", None),
        ("", [1]),
    ]


def test_logprobs_of_a_line_are_read() -> None:
    top = [{"token": "yes", "logprob": -0.1}, {"token": "no", "logprob": -2.5}]
    line = {
        "message": {"content": "yes"},
        "logprobs": [{"token": "yes", "logprob": -0.1, "top_logprobs": top}],
    }
    (chunk,) = Reply("here").take(line)
    assert isinstance(chunk, TextChunk)
    (one,) = chunk.logprobs
    assert (one.text, one.top) == ("yes", (("yes", -0.1), ("no", -2.5)))
