"""Sources have one number within a turn, for the model, the checks and the reader."""

from __future__ import annotations

from typing import Any

from agent import turns
from agent.numbering import CITE, EARLIER, numbered
from agent.state import Entry
from tools.sources import Passage, Source


def source(name: str, *texts: str, snippet: str = "") -> Source:
    passages = tuple(Passage(f"p{at}", text) for at, text in enumerate(texts, 1))
    return Source(name.title(), f"https://{name}.example/", snippet, passages)


def user(text: str) -> Entry:
    return Entry(role="user", content=text)


def tool(content: str, *sources: Source, looked_up: str = "", **more: Any) -> Entry:
    entry = Entry(role="tool", content=content, tool_call_id="1", name="web_search", **more)
    if sources:
        entry["sources"] = [one.as_dict() for one in sources]
    if looked_up:
        entry["looked_up"] = looked_up
    return entry


def answer(text: str, *places: str) -> Entry:
    """Return an answer whose sentences rest on passages, `NUMBER:ID` each."""
    citation = {"sentence": text, "passages": list(places)}
    return Entry(role="assistant", content=text, stop="answered", citations=[citation])


def contents(*entries: Entry) -> list[str]:
    """Return what the model is told, without the line that asks it to cite."""
    return [entry["content"].removesuffix(f"\n{CITE}") for entry in numbered(entries)]


LLAMA = source("llama", "A llama carries loads.", "It spits.")
LIMA = source("lima", "Lima is a city.")
CUSCO = source("cusco", "Cusco is older.")


def test_the_first_search_keeps_its_numbers() -> None:
    text = "[1] Llama\nA llama.\n\n[2] Lima\nA city."
    assert contents(user("?"), tool(text, LLAMA, LIMA)) == ["?", text]


def test_a_second_search_goes_on_counting_and_knows_what_it_found_before() -> None:
    first = tool("[1] Llama\n\n[2] Lima", LLAMA, LIMA)
    second = tool("[1] Cusco\n\n[2] Llama", CUSCO, LLAMA)
    told = contents(user("?"), first, second)
    assert told[2] == "[3] Cusco\n\n[1] Llama"
    assert [one.title for one in turns.sources([first, second])] == ["Llama", "Lima", "Cusco"]


def test_numbers_begin_anew_with_each_turn() -> None:
    told = contents(
        user("one"), tool("[1] Llama", LLAMA), answer("So."), user("two"), tool("[1] Lima", LIMA)
    )
    assert told[-1] == "[1] Lima"


def test_a_number_within_a_line_or_of_no_source_is_left_alone() -> None:
    text = "[1] Lima\nIt says [1] here.\n[7] of nothing."
    told = contents(user("?"), tool("[1] Llama", LLAMA), tool(text, LIMA))
    assert told[2] == "[2] Lima\nIt says [1] here.\n[7] of nothing."


def test_a_tool_that_numbers_nothing_is_told_which_number_it_has() -> None:
    told = contents(user("?"), tool("A llama carries loads.", LLAMA), tool("Cold.", LIMA, LLAMA))
    assert told[1] == "A llama carries loads.\nSource: [1] Llama"
    assert told[2] == "Cold.\nSource: [2] Lima; [1] Llama"


def test_a_page_that_is_named_twice_has_one_number() -> None:
    told = contents(user("?"), tool("[1] Llama\n\n[2] Llama again\n\n[3] Lima", LLAMA, LLAMA, LIMA))
    assert told[1] == "[1] Llama\n\n[1] Llama again\n\n[2] Lima"


def test_errors_and_outputs_without_sources_stay_as_they_are() -> None:
    failed = tool("[1] is wrong", LLAMA, error="[1] is wrong")
    assert contents(user("?"), tool("409.5"), failed)[1:] == ["409.5", "[1] is wrong"]


def test_of_an_earlier_look_up_only_what_the_answer_rests_on_is_left() -> None:
    found = tool("[1] Llama\nA llama.\n\n[2] Lima\nA city.", LLAMA, LIMA, looked_up="q")
    told = contents(user("?"), found, answer("It spits [1].", "1:p2"), user("thanks"))
    assert told[1] == f"{EARLIER}\n[1] Llama: It spits."


def test_of_an_earlier_look_up_that_nothing_rests_on_no_text_is_left() -> None:
    found = tool("[1] Llama\nA llama.", LLAMA, looked_up="q")
    told = contents(user("?"), found, answer("I do not know."), user("thanks"))
    assert told[1] == EARLIER


def test_the_snippet_stands_for_a_page_that_was_not_read() -> None:
    unread = source("llama", snippet="A llama carries loads.")
    found = tool("[1] Llama\nA llama carries loads.", unread, looked_up="q")
    told = contents(user("?"), found, answer("It does [1].", "1:p1"), user("thanks"))
    assert told[1] == f"{EARLIER}\n[1] Llama: A llama carries loads."


def test_what_the_model_searched_for_itself_stays_whole() -> None:
    found = tool("[1] Llama\nA llama.", LLAMA)
    told = contents(user("?"), found, answer("It spits [1].", "1:p2"), user("thanks"))
    assert told[1] == "[1] Llama\nA llama."


def test_the_running_turn_is_never_shortened() -> None:
    found = tool("[1] Llama\nA llama.", LLAMA, looked_up="q")
    assert contents(user("?"), found)[1] == "[1] Llama\nA llama."


def test_two_earlier_turns_do_not_mix_what_they_cite() -> None:
    one = tool("[1] Llama\nx\n\n[2] Lima\ny", LLAMA, LIMA, looked_up="q")
    two = tool("[1] Cusco\nz\n\n[2] Llama\nx", CUSCO, LLAMA, looked_up="r")
    told = contents(
        user("a"), one, answer("Lima [2].", "2:p1"),
        user("b"), two, answer("Cusco [1].", "1:p1"),
        user("c"),
    )  # fmt: skip
    assert told[1] == f"{EARLIER}\n[2] Lima: Lima is a city."
    assert told[4] == f"{EARLIER}\n[1] Cusco: Cusco is older."


def test_the_conversation_itself_is_not_changed() -> None:
    found = tool("[1] Lima", LIMA)
    messages = [user("?"), tool("[1] Llama", LLAMA), found]
    numbered(messages)
    assert found["content"] == "[1] Lima"


def test_the_model_is_asked_to_cite_what_has_a_number() -> None:
    told = numbered([user("?"), tool("[1] Llama", LLAMA), tool("409.5")])
    assert told[1]["content"] == f"[1] Llama\n{CITE}"
    assert told[2]["content"] == "409.5"
