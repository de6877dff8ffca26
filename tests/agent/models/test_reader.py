"""What is shown while a text arrives, and that its pieces make no difference."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.models import reader as reader_module
from agent.models.calls import StreamReader, read_calls
from tools.literals import Cursor
from tools.spec import ToolSpec

TOOLS = (
    ToolSpec("add", "", {"type": "object", "properties": {"a": {}, "b": {}}}),
    ToolSpec("web_search", "", {"type": "object", "properties": {"query": {"type": "string"}}}),
)
ADD = '{"name": "add", "arguments": {"a": 1, "b": "x"}}'

FRAGMENTS = (
    *(ADD, "add(a=1)", "[add(a=1), add(b=2)]", '{"answer": "use add"}', '{"name": "lookup"'),
    *(
        '{"name": "lookup", "parameters": {}}',
        "{",
        "}",
        "[",
        "]",
        "(",
        ")",
        '"',
        "'",
        "\\",
        ",",
        ";",
    ),
    *("```json\n", "```", "``", "`", "\n", " ", "\n\n  ", "<", ">", "<tool_call>", "</tool_call>"),
    *("<tool", "<|python_tag|>", "<|pyth", "<|eom_id|>", "<function=add>", "</function>", "[TOOL_"),
    *("[TOOL_CALLS]", "Action: add\nAction Input: ", "Action:", "Observation:", "<tool_response>"),
    *("add", "additional", "web_search.call(", 'query="a"', "Words of prose. ", "é😀", "1", "null"),
    *('"name": ', '"arguments": ', "<parameter=a>", "</parameter>", "Long prose, it is. " * 8),
)
texts = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=3), max_size=12).map("".join)


def read_in_pieces(text, cuts):
    reader = StreamReader(TOOLS)
    bounds = [0, *sorted(cuts), len(text)]
    shown = [reader.feed(text[a:b]) for a, b in pairwise(bounds)]
    calls, rest = reader.finish()
    return calls, "".join(shown) + rest


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(texts, st.data())
def test_pieces_make_no_difference(text, data):
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=8))
    whole = read_calls(text, TOOLS)
    assert read_in_pieces(text, cuts) == whole
    assert read_in_pieces(text, range(1, len(text))) == whole


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(texts)
def test_a_text_without_calls_stays_as_it_is(text):
    calls, rest = read_calls(text, TOOLS)
    if not calls:
        assert rest == text
    else:
        assert len(rest) < len(text)
        assert rest == rest.rstrip()


def stream(text):
    """Feed a text by the character; return what was out after each."""
    reader = StreamReader(TOOLS)
    out, seen = "", []
    for char in text:
        out += reader.feed(char)
        seen.append(out)
    return seen


@pytest.mark.parametrize(
    "text",
    [
        "The answer is 3, as [1] says. See {x} and f(x) < 2.\nOr `not`.\n- a list\n- of two",
        "1 + 2 = 3.\n\n[1] A source\n[2] Another",
        "```python\nprint(add_up([1, 2]))\n```\nThat is <b>all</b>.",
        "Write it like `{}` or ``[]``.",
        "{not JSON} at all",
    ],
)
def test_prose_streams_without_delay(text):
    for count, out in enumerate(stream(text), start=1):
        held = text[len(out) : count]
        assert len(held.strip()) <= len("```python"), held


def test_the_start_of_a_mark_is_held_back_and_released():
    text = "Is a <tool_calendar> one, or <|python|>, or <function>? Action at last"
    for count, out in enumerate(stream(text), start=1):
        assert len(text[len(out) : count].strip()) <= len("<|python_tag|>")


@pytest.mark.parametrize(
    ("text", "decided"),
    [
        ('{"answer": "a long answer"}', '{"answer"'),
        ('{"name": "Ada Lovelace", "born": 1815}', '{"name": "Ada Lovelace",'),
        ('{"name": "Ada", "born": 1815, "died": 1852}', '{"name": "Ada", "born":'),
        ('[{"title": "a"}, {"title": "b"}]', '[{"title":'),
        ('["add", 1]', '["'),
        ("adding up is easy, they say", "addi"),
        ('```json\n{"city": "Oslo"}\n```', '```json\n{"city":'),
        ("<tool_call> is a tag of theirs", "<tool_call> is"),
        ('[add] is "a tool" of yours', "[add]"),
    ],
)
def test_text_is_released_as_soon_as_it_cannot_be_a_call(text, decided):
    seen = stream(text)
    assert seen[len(decided) - 2] == ""
    assert seen[len(decided)].strip() != ""


@pytest.mark.parametrize(
    "text",
    [
        ADD,
        "\n" + ADD + "\n",
        f"```json\n{ADD}\n```\n",
        f"<tool_call>\n{ADD}\n</tool_call>",
        '<|python_tag|>web_search.call(query="a")',
        "[add(a=1), add(a=2)]",
        'Action: add\nAction Input: {"a": 1}\nObservation: 3\nFinal Answer: 3',
    ],
)
def test_nothing_of_a_call_is_ever_shown(text):
    reader = StreamReader(TOOLS)
    shown = "".join(reader.feed(char) for char in text)
    calls, rest = reader.finish()
    assert (shown, rest) == ("", "")
    assert calls


def test_the_lead_in_is_shown_before_the_call_is_done():
    seen = stream(f"I add them:\n\n```json\n{ADD}")
    assert seen[-1] == "I add them:"


def test_a_block_behind_which_prose_goes_on_is_released_before_the_end():
    prose = " This is what a call of the tool looks like." * 4
    seen = stream(f"```json\n{ADD}\n```{prose}")
    assert ADD in seen[-1]


def test_a_reader_that_was_fed_nothing_finds_nothing():
    assert StreamReader(TOOLS).finish() == ((), "")


LONG = {
    "prose": "The quick brown fox jumps over it. ",
    "white space": " \n",
    "braces": "{",
    "brackets": "[",
    "backticks": "`",
    "tags": "<tool_call>",
    "keys": '{"arguments": ',
    "fences": "```\n",
    "calls": ADD + "\n",
    "fenced calls": f"```json\n{ADD}\n```\n",
    "letters": "a",
    "quotes": '"',
    "sums": "add(1+",
}


def work(text, monkeypatch):
    """Count the characters that are looked at again each time a piece arrives."""
    count = 0

    class Counting(Cursor):
        def push(self, piece):
            nonlocal count
            super().push(piece)
            count += len(self.text)

    monkeypatch.setattr(reader_module, "Cursor", Counting)
    read_by = StreamReader(TOOLS)
    for at in range(0, len(text), 5):
        read_by.feed(text[at : at + 5])
    read_by.finish()
    return count


@pytest.mark.parametrize("kind", LONG)
def test_no_text_is_read_over_and_over(kind, monkeypatch):
    size = 20_000
    text = (LONG[kind] * size)[:size]
    assert work(text, monkeypatch) < 40 * size
    for opening in ('{"name": "add", "arguments": {"a": "', "```json\n", "<tool_call>", "[add("):
        assert work(opening + text, monkeypatch) < 40 * size


def test_reads_two_megabytes():
    argument = "x" * 2_000_000
    text = f'<tool_call>{{"name": "add", "arguments": {{"a": "{argument}"}}}}</tool_call>'
    reader = StreamReader(TOOLS)
    shown = [reader.feed(text[at : at + 1000]) for at in range(0, len(text), 1000)]
    calls, rest = reader.finish()
    assert calls[0].arguments == {"a": argument}
    assert "".join(shown) + rest == ""
    assert read_calls(argument, TOOLS) == ((), argument)
