"""Tools in the prompt: the verdict read from the odds, answers streamed out of their JSON."""

from __future__ import annotations

import json
import math
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.models.base import (
    Chunk,
    EndChunk,
    Message,
    ModelRequest,
    TextChunk,
    TokenLogprobs,
    Usage,
)
from agent.models.grammar import answer_grammar, decision_grammar, decision_schema
from agent.models.prompted import MANY, Prompted
from agent.models.protocol import Decision, Sampling
from agent.models.reply import ReplyReader, StringReader
from agent.models.scripted import ScriptedModel, Step, say
from tools.spec import ToolSpec

ADD = ToolSpec(
    "math.add",
    "Add two integers.",
    {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
        "required": ["a"],
    },
)
ASKED: list[Message] = [{"role": "user", "content": "What is 20 + 3?"}]
YES = {
    "closest_tool": "math.add",
    "fits": "yes",
    "how_many": 1,
    "calls": [{"math.add": {"a": 20, "b": 3}}],
}


def odds(yes: float) -> tuple[TokenLogprobs, ...]:
    """Return the alternatives at a verdict whose "yes" has this probability."""
    top = ((" yes", math.log(yes)), (" no", math.log(1 - yes)))
    return (TokenLogprobs(' "yes', top),)


class Fixed(ScriptedModel):
    """Reply with fixed chunks, and to whatever follows with an answer."""

    def __init__(self, chunks: Sequence[Chunk]) -> None:
        super().__init__([], grammar=True, logprobs=True)
        self._chunks = [chunks, [TextChunk('It is 23."}'), EndChunk("stop", Usage())]]

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Chunk, None]:
        for chunk in self._chunks.pop(0):
            yield chunk


async def decided(
    steps: Sequence[Step],
    bar: float = 3.0,
    tools: Sequence[ToolSpec] = (),
    **options: bool,
) -> tuple[list[str], Decision, ScriptedModel]:
    answer_only = options.pop("answer_only", False)
    offered = tools or [ADD]
    model = ScriptedModel(steps, **options)
    protocol = Prompted(bar=bar)
    prompt = protocol.render("Be kind.", ASKED, offered)
    pieces: list[str] = []
    async for piece in protocol.decide(
        model, prompt, offered, Sampling(256), answer_only=answer_only
    ):
        if isinstance(piece, Decision):
            decision = piece
        else:
            pieces.append(piece)
    model.assert_finished()
    return pieces, decision, model


async def test_a_call_is_read_and_nothing_of_it_is_shown() -> None:
    pieces, decision, model = await decided([say(json.dumps(YES))])
    assert pieces == []
    (made,) = decision.calls
    assert (made.name, made.arguments, made.problem) == ("math.add", {"a": 20, "b": 3}, "")
    assert decision.raw == json.dumps(YES)
    assert model.requests[0].schema == decision_schema([ADD])
    assert model.requests[0].tools == ()


async def test_an_answer_streams_out_of_its_string() -> None:
    text = 'It is "23".\nTab\t, back\\slash, ünïcode and 🐑'
    reply = json.dumps({"closest_tool": None, "answer": text})
    pieces, decision, _ = await decided([say(reply)])
    assert "".join(pieces) == decision.text == text
    assert len(pieces) > 3
    assert decision.calls == ()


async def test_an_unsure_yes_becomes_an_answer_over_the_same_prompt() -> None:
    unsure = say(json.dumps(YES), logprobs=odds(0.8), behind='"fits":')
    rest = say('It is 23."}')
    pieces, decision, model = await decided([unsure, rest], grammar=True, logprobs=True)
    assert "".join(pieces) == "It is 23."
    assert decision.calls == ()
    first, second = model.requests
    assert second.prefill == '{"closest_tool": null, "answer": "'
    assert second.messages == first.messages
    assert second.grammar == answer_grammar()
    assert decision.raw == second.prefill + 'It is 23."}'
    assert model.interrupted == 1


async def test_a_sure_yes_is_called_in_one_request() -> None:
    sure = say(json.dumps(YES), logprobs=odds(0.99), behind='"fits":')
    _, decision, model = await decided([sure], grammar=True, logprobs=True)
    assert [made.name for made in decision.calls] == ["math.add"]
    assert model.requests[0].grammar == decision_grammar([ADD])


async def test_plain_text_in_place_of_json_is_an_answer() -> None:
    pieces, decision, _ = await decided([say("It is 23, of course.")], schema=False)
    assert "".join(pieces) == "It is 23, of course."
    assert decision.calls == ()


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "math.add", "arguments": {"a": 20, "b": 3}}',
        '```json\n{"name": "math.add", "arguments": {"a": 20, "b": 3}}\n```',
        '{"calls": [{"name": "math.add", "arguments": {"a": "20", "b": 3}}]}',
    ],
)
async def test_calls_in_any_other_form_are_read_too(text: str) -> None:
    pieces, decision, _ = await decided([say(text)], schema=False)
    assert pieces == []
    assert [made.arguments for made in decision.calls] == [{"a": 20, "b": 3}]


async def test_an_answer_alone_can_be_asked_for() -> None:
    pieces, decision, model = await decided(
        [say('It is 23."}')], grammar=True, logprobs=True, answer_only=True
    )
    assert "".join(pieces) == "It is 23."
    assert decision.calls == ()
    assert model.requests[0].prefill == '{"closest_tool": null, "answer": "'


async def test_broken_json_is_never_shown() -> None:
    pieces, decision, _ = await decided([say('{"closest_tool": "math.add", "fits": "yes", "ca')])
    assert pieces == []
    assert decision.text == ""


def test_the_prompt_repeats_replies_as_they_were_and_keeps_its_prefix() -> None:
    protocol = Prompted()
    raw = json.dumps(YES)
    said: Message = {
        "role": "assistant",
        "content": "",
        "raw": raw,
        "tool_calls": [{"id": "c1", "name": "math.add", "arguments": {"a": 20, "b": 3}}],
    }
    result: Message = {"role": "tool", "content": "23", "tool_call_id": "c1", "name": "math.add"}
    short = protocol.render("Be kind.", ASKED, [ADD])
    long = protocol.render("Be kind.", [*ASKED, said, result], [ADD])
    assert long[: len(short)] == short
    assert long[2] == {"role": "assistant", "content": raw}
    assert long[3]["role"] == "user"
    assert "23" in long[3]["content"]
    assert "- a (integer, required)" in short[0]["content"]


@pytest.mark.parametrize(("named", "called"), [(0.5, 0), (0.98, 0), (0.9999, 1)])
async def test_with_many_tools_it_counts_how_surely_one_was_named(
    named: float, called: int
) -> None:
    tools = [ADD, *(replace(ADD, name=f"math.{number}") for number in range(MANY - 1))]
    top = ((' "', math.log(named)), (" null", math.log(1 - named)))
    head, verdict, tail = '{"closest_tool":', ' "math.add", "fits":', json.dumps(YES)
    chunks = [
        TextChunk(head),
        TextChunk(verdict, (TokenLogprobs(' "', top),)),
        TextChunk(tail[len(head + verdict) :], odds(0.9)),
        EndChunk("stop", Usage()),
    ]
    for offered, wanted in ((tools, called), ([ADD], 0)):
        model = Fixed(chunks)
        protocol = Prompted(bar=2.3)
        prompt = protocol.render("Be kind.", ASKED, offered)
        async for piece in protocol.decide(model, prompt, offered, Sampling(256)):
            if isinstance(piece, Decision):
                assert len(piece.calls) == wanted


@pytest.mark.parametrize(
    ("content", "error", "failed"),
    [
        ('{"error": "no such bed"}', "", True),
        ("no such bed", "no such bed", True),
        ('{"error": null, "bed": 3}', "", False),
        ('{"error": "cut', "", False),
        ("23", "", False),
    ],
)
def test_a_result_that_failed_is_marked(content: str, error: str, failed: bool) -> None:
    result = {"role": "tool", "content": content, "tool_call_id": "c1", "name": "math.add"}
    if error:
        result["error"] = error
    (_, asked) = Prompted().render("Be kind.", [*ASKED, cast("Message", result)], [ADD])
    mark = " (failed)" if failed else ""
    assert asked["content"].endswith(f"Result of math.add{mark}:\n{content}")


def test_an_array_has_a_limit() -> None:
    many = {"type": "object", "properties": {"of": {"type": "array", "items": {"type": "number"}}}}
    assert '(num (", " num){0,63})?' in decision_grammar([ToolSpec("sum", "Add up.", many)])


@given(st.text(max_size=80), st.integers(1, 5))
def test_a_string_is_decoded_however_it_is_cut(text: str, width: int) -> None:
    reader = StringReader()
    written = json.dumps(text) + ', "more": 1}'
    inside = written[1:]
    shown = "".join(reader.feed(inside[at : at + width]) for at in range(0, len(inside), width))
    assert shown == text.encode("utf-8", "replace").decode("utf-8") or "\ufffd" in shown
    assert reader.closed


@given(
    st.dictionaries(st.text(max_size=8), st.one_of(st.text(max_size=8), st.integers()), max_size=3),
    st.text(max_size=40),
    st.integers(1, 7),
)
def test_the_answer_is_found_behind_whatever_else_stands_in_the_object(
    others: dict[str, object], answer: str, width: int
) -> None:
    others.pop("answer", None)
    written = json.dumps(
        {**others, "nested": {"answer": "no", "list": ["answer"]}, "answer": answer}
    )
    reader = ReplyReader([ADD])
    shown = "".join(reader.feed(written[at : at + width]) for at in range(0, len(written), width))
    assert shown == answer or "\ufffd" in shown
    assert reader.finish() == ((), "")
