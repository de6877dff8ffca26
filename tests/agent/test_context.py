"""The window: nothing that must stay is cut, everything fits, and the prefix holds still."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.context import fit, size
from agent.errors import InputTooLong
from agent.models.meter import Meter, estimate
from agent.state import Entry

METER = Meter()


def user(text: str) -> Entry:
    return Entry(role="user", content=text)


def said(text: str) -> Entry:
    return Entry(role="assistant", content=text, stop="answered")


def called(number: int) -> Entry:
    call = {"id": f"c{number}", "name": "read_page", "arguments": {"url": "https://x.example"}}
    return Entry(role="assistant", content="", tool_calls=[call])


def result(number: int, text: str) -> Entry:
    return Entry(role="tool", content=text, tool_call_id=f"c{number}", name="read_page")


def talk(turns: int, length: int = 300) -> list[Entry]:
    messages = []
    for number in range(turns):
        messages += [user(f"question {number} " + "a" * length), said("b" * length)]
    return messages


def test_a_short_conversation_is_sent_whole() -> None:
    messages = [*talk(3), user("and now?")]
    fitted = fit(messages, "system", context=4096, answer=512, meter=METER)
    assert fitted.messages == messages
    assert fitted.left_out == ""


def test_oldest_turns_go_first_and_are_reported() -> None:
    messages = [*talk(40), user("and now?")]
    fitted = fit(messages, "system", context=2048, answer=512, meter=METER)
    assert fitted.messages[-1] == messages[-1]
    assert fitted.messages == messages[-len(fitted.messages) :]
    assert fitted.messages[0]["role"] == "user"
    gone = (len(messages) - len(fitted.messages)) // 2
    assert f"{gone} earlier turns" in fitted.left_out


def test_the_prefix_holds_still_between_hops() -> None:
    starts = []
    messages = talk(20)
    for number in range(20):
        messages += [user(f"more {number} " + "a" * 300), said("b" * 300)]
        fitted = fit([*messages, user("?")], "system", context=4096, answer=512, meter=METER)
        starts.append(fitted.messages[0]["content"][:14])
    changes = sum(a != b for a, b in itertools.pairwise(starts))
    assert 1 <= changes <= 4


def test_long_tool_output_of_earlier_turns_is_shortened_before_turns_are_dropped() -> None:
    messages = [user("read it"), called(1), result(1, "x" * 9000), said("read"), user("go on")]
    fitted = fit(messages, "system", context=2048, answer=512, meter=METER)
    assert len(fitted.messages) == 5
    assert "characters left out" in fitted.messages[2]["content"]
    assert "1 tool result" in fitted.left_out
    assert messages[2]["content"] == "x" * 9000


def test_output_of_the_running_turn_is_squeezed_and_every_call_keeps_its_result() -> None:
    messages = [user("read all")]
    for number in range(4):
        messages += [called(number), result(number, "word " * 2000)]
    fitted = fit(messages, "system", context=3000, answer=512, meter=METER)
    kept = [m for m in fitted.messages if m["role"] == "tool"]
    assert len(kept) == 4
    assert sum(size(m, METER) for m in fitted.messages) < 2500


def test_a_turn_that_cannot_fit_is_refused_with_what_to_do() -> None:
    with pytest.raises(InputTooLong) as caught:
        fit([user("1 " * 5000)], "system", context=2048, answer=512, meter=METER)
    assert "ARRIERO_MODELS__CONTEXT" in caught.value.hint


TEXT = st.text(st.sampled_from("ab c1{漢🙂\n"), max_size=600)


@given(
    st.lists(st.tuples(TEXT, st.lists(TEXT, max_size=3), TEXT), max_size=12),
    TEXT,
    st.lists(TEXT, max_size=4),
)
def test_whatever_the_conversation_it_fits_and_keeps_the_users_turn(
    earlier: list[tuple[str, list[str], str]], question: str, outputs: list[str]
) -> None:
    messages: list[Entry] = []
    number = 0
    for asked, read, replied in earlier:
        messages.append(user(asked))
        for text in read:
            messages += [called(number), result(number, text)]
            number += 1
        messages.append(said(replied))
    messages.append(user(question))
    for text in outputs:
        messages += [called(number), result(number, text)]
        number += 1
    fitted = fit(messages, "system", context=2048, answer=512, meter=METER)
    assert fitted.tokens <= 2048 - 512
    assert user(question) in fitted.messages
    asked_for = {c["id"] for m in fitted.messages for c in m.get("tool_calls", ())}
    answered = {m["tool_call_id"] for m in fitted.messages if m["role"] == "tool"}
    assert asked_for == answered
    if len(fitted.messages) < len(messages):
        assert fitted.left_out


def test_estimates_are_not_below_what_tokenizers_count() -> None:
    # Real counts of Llama 3's and Qwen 2.5's tokenizers, whichever is higher.
    counted = {"Hello, world!": 4, "1234567890": 10, "你好，世界": 4, "def f(x):\n    return x": 9}
    for text, tokens in counted.items():
        assert estimate(text) >= tokens


def test_the_meter_learns_upwards_at_once_and_ignores_small_differences() -> None:
    meter = Meter()
    meter.learn(1000, 1240)
    assert meter.tokens("a" * 3000) >= 1240
    before = meter.scale
    meter.learn(1240, 1180)
    assert meter.scale == before
    meter.learn(1240, 400)
    assert meter.scale < before * 0.5
