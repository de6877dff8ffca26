"""What was forgotten is gone from the conversations, and the rest of them stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from prompt_toolkit.history import FileHistory

from agent.erasing import FORGOTTEN, cleaned, erase_logged, erase_typed, erased, far, marks, near
from agent.state import Entry
from memory.records import Record


def record(text: str, *, value: str = "", number: int = 7, **more: str) -> Record:
    return Record(id=number, user_id="ana", text=text, value=value, said=1.0, last_said=1.0, **more)


PIN = record("The alarm code of the house is Zebra-7731", value="Zebra-7731")


@pytest.mark.parametrize(
    "text",
    [
        "Note this: the alarm code of the house is Zebra-7731.",
        "ZEBRA-7731",
        "Your code is zebra-7731, as you told me. Shall I go on?",
        "The alarm code of the house is Zébra-7731",
    ],
)
def test_a_rare_word_of_what_was_forgotten_goes_wherever_it_stands(text: str) -> None:
    assert "7731" not in far(marks([PIN]))(text)


def test_only_the_sentence_goes_and_its_place_is_marked() -> None:
    text = "I love tea. My alarm code is Zebra-7731. It rains today."
    assert far(marks([PIN]))(text) == f"I love tea. {FORGOTTEN} It rains today."


def test_a_common_word_alone_is_no_reason_to_erase_what_others_said() -> None:
    told = marks([record("I live in Paris", value="Paris")])
    page = "Paris is the capital of France. The house was built in 1900."
    assert far(told)(page) == page
    assert "Paris" not in near(told)("You live in Paris, don't you?")


def test_what_has_nothing_to_do_with_it_stays_as_it_is() -> None:
    told = marks([PIN])
    for text in ("", "What is the weather?", "def alarm(): ...", "42 °C, señor"):
        assert far(told)(text) == text


def test_data_of_any_shape_is_cleaned_and_keeps_its_shape() -> None:
    told = marks([PIN])
    data = {"name": "Ana", "rows": [["x", "Zebra-7731 here"], ("y",)], "n": 3, "none": None}
    assert cleaned(data, far(told)) == {
        "name": "Ana",
        "rows": [["x", FORGOTTEN], ["y"]],
        "n": 3,
        "none": None,
    }


def test_the_turn_in_which_it_was_said_and_those_that_used_it_lose_every_trace() -> None:
    told = marks([record("My dog is called Lucky", value="Lucky", thread_id="t", message="0")])
    messages = [
        Entry(role="user", content="My dog is called Lucky. What does he eat?"),
        Entry(role="assistant", content="Lucky eats meat.", raw="Lucky eats meat."),
        Entry(role="user", content="A lucky day, please."),
        Entry(role="assistant", content="Some days are."),
        Entry(role="user", content="And my dog?", recalled=[{"id": 7, "line": "dog Lucky"}]),
        Entry(role="assistant", content="", tool_calls=[
            {"id": "c1", "name": "search", "arguments": {"query": "food for Lucky"}}
        ]),
        Entry(role="tool", content="Nothing on Lucky", tool_call_id="c1", name="search"),
    ]  # fmt: skip
    after = erased(messages, told, "t")
    assert "Lucky" not in str(after[:2]) + str(after[4:])
    assert after[2:4] == messages[2:4]
    assert after[4]["recalled"] == []
    assert after[6]["tool_call_id"] == "c1"
    assert [one["role"] for one in after] == [one["role"] for one in messages]


def test_what_was_typed_is_gone_from_the_prompts_history_file(tmp_path: Path) -> None:
    path = tmp_path / "history"
    history = FileHistory(str(path))
    for typed in ("hello", "my alarm code is\nZebra-7731", "bye"):
        history.append_string(typed)
    erase_typed(path, marks([PIN]))
    assert b"7731" not in path.read_bytes()
    assert list(FileHistory(str(path)).load_history_strings()) == ["bye", "hello"]


def test_a_history_without_it_or_none_at_all_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "history"
    erase_typed(path, marks([PIN]))
    assert not path.exists()
    FileHistory(str(path)).append_string("hello")
    before = path.read_bytes()
    erase_typed(path, marks([PIN]))
    assert path.read_bytes() == before


def test_a_line_of_a_log_goes_and_the_others_stay(tmp_path: Path) -> None:
    path = tmp_path / "arriero.log"
    path.write_text("one\nKeyError: 'zebra-7731'\n  three\n")
    erase_logged(path, marks([PIN]))
    assert path.read_text().splitlines() == ["one", FORGOTTEN, "  three"]


def test_an_argument_that_is_called_name_is_a_text_like_any_other() -> None:
    called = {"id": "c1", "name": "add_contact", "arguments": {"name": "Zebra-7731"}}
    entry = Entry(role="assistant", content="", tool_calls=[called])  # type: ignore[list-item]
    (after,) = erased([entry], marks([PIN]), "t")
    assert after["tool_calls"] == [{**called, "arguments": {"name": FORGOTTEN}}]
