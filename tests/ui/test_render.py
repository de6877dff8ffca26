"""What a turn's events become: in a pipe, as a stream, as JSON, and drawn on a terminal."""

import io
import json
from typing import get_args

import pytest

from agent.events import (
    AnswerReset,
    Memory,
    Notice,
    Step,
    StepFinished,
    StepStarted,
    StopReason,
    TextDelta,
    Turn,
    TurnFinished,
    TurnStarted,
)
from agent.models.base import Usage
from tools.sources import Source
from ui.live import LiveView, markdown, split_blocks
from ui.render import STOPS, RecordView, StreamView, WholeView, step_line
from ui.terminal import Terminal


class Screen(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self):
        return True


def pipes():
    return Terminal(io.StringIO(), io.StringIO())


def play(view, *events):
    for event in events:
        view.show(event)
    view.end()


def finished(answer, **given):
    return TurnFinished(Turn(answer, **given))


CALL = Step("c1", "calculator", {"expression": "17.5% of 2340"}, output="409.5", seconds=0.004)
STARTED = TurnStarted("ana", "t1", "scripted:x")


def with_a_step(answer="It is 409.5."):
    return (
        STARTED,
        TextDelta("Let me calculate."),
        StepStarted("c1", "calculator", dict(CALL.arguments)),
        StepFinished(CALL),
        TextDelta(answer[:5]),
        TextDelta(answer[5:]),
        finished(answer, steps=(CALL,)),
    )


def test_a_pipe_gets_the_answer_alone():
    terminal = pipes()
    play(WholeView(terminal), *with_a_step())
    assert terminal.stdout.getvalue() == "It is 409.5.\n"
    assert terminal.stderr.getvalue() == (
        "✓ calculator(expression='17.5% of 2340') → 409.5 (4 ms)\n"
    )


def test_a_pipe_never_sees_text_that_was_taken_back():
    terminal = pipes()
    play(
        WholeView(terminal),
        STARTED,
        TextDelta("Half an ans"),
        AnswerReset("the connection broke"),
        TextDelta("Whole."),
        finished("Whole."),
    )
    assert terminal.stdout.getvalue() == "Whole.\n"


def test_a_stream_says_that_the_answer_begins_anew():
    terminal = pipes()
    play(
        StreamView(terminal),
        STARTED,
        TextDelta("Half an ans"),
        AnswerReset("the connection broke"),
        TextDelta("Whole."),
        finished("Whole."),
    )
    assert terminal.stdout.getvalue() == (
        "Half an ans\n[begun anew: the connection broke]\nWhole.\n"
    )


def test_a_stream_shows_an_answer_that_was_not_streamed():
    terminal = pipes()
    play(StreamView(terminal), STARTED, TextDelta("Four"), finished("Four and five."))
    assert terminal.stdout.getvalue() == "Four and five.\n"


def test_a_stream_replaces_an_answer_that_was_revised():
    terminal = pipes()
    play(StreamView(terminal), STARTED, TextDelta("Four."), finished("Five."))
    assert terminal.stdout.getvalue().endswith("]\nFive.\n")


def test_quiet_prints_neither_steps_nor_notices():
    terminal = Terminal(io.StringIO(), io.StringIO(), quiet=True)
    play(WholeView(terminal), Notice("context", "Left out 3 messages."), *with_a_step())
    assert terminal.stderr.getvalue() == ""


def test_json_is_one_object_with_the_names_of_the_record():
    terminal = pipes()
    turn = Turn(
        answer="Sí ✓ \x9b\u2028",
        sources=(Source("T", "https://x.example/", "s"),),
        steps=(CALL,),
        memories=(Memory(3, "I like tea", "2026-05-12", why="meaning", used=True),),
        usage=Usage(calls=2, prompt_tokens=10, completion_tokens=3),
        notices=("n",),
        user_id="ana",
        thread_id="t1",
        model="scripted:x",
    )
    play(RecordView(terminal), STARTED, TextDelta("Sí"), TurnFinished(turn))
    written = terminal.stdout.getvalue()
    assert written.isascii()
    assert written.count("\n") == 1
    told = json.loads(written)
    assert told["answer"] == turn.answer
    assert told["steps"][0]["arguments"] == {"expression": "17.5% of 2340"}
    source = {"title": "T", "url": "https://x.example/", "snippet": "s", "kind": "web"}
    assert told["sources"][0].items() >= {**source, "number": 1, "passages": []}.items()
    assert told["memories"] == [
        {
            **{"id": 3, "text": "I like tea", "said": "2026-05-12", "ended": ""},
            **{"why": "meaning", "used": True},
        }
    ]
    assert set(told) == {
        *("answer", "sources", "steps", "memories", "usage", "stop_reason", "notices"),
        *("user_id", "thread_id", "model", "waiting", "basis", "citations", "conflicts"),
        "searches",
    }


def test_every_way_to_end_has_its_words():
    assert set(STOPS) == set(get_args(StopReason))


@pytest.mark.parametrize("reason", [reason for reason in STOPS if reason != "answered"])
def test_an_answer_that_is_not_whole_is_marked(reason):
    terminal = pipes()
    play(WholeView(terminal), STARTED, finished("So far", stop_reason=reason, thread_id="t"))
    assert terminal.stdout.getvalue() == "So far\n"
    assert terminal.stderr.getvalue() == STOPS[reason].format(thread="t") + "\n"


def test_an_empty_answer_is_named():
    terminal = pipes()
    play(WholeView(terminal), STARTED, finished(""))
    assert terminal.stdout.getvalue() == ""
    assert "no answer" in terminal.stderr.getvalue()


def test_control_sequences_of_model_and_tools_are_stripped():
    terminal = pipes()
    bad = Step("c", "x\x1b[2J", {"a": "\x1b]0;t\x07"}, error="\x1b[31mno\nway")
    play(
        StreamView(terminal),
        TextDelta("a\x1b"),
        TextDelta("[31mb"),
        StepFinished(bad),
        Notice("tools", "\x1b[1mn"),
        finished("c\x1b[0m", sources=(Source("t\x1b[1m", "https://x\x07"),)),
    )
    assert "\x1b" not in terminal.stdout.getvalue() + terminal.stderr.getvalue()
    assert "ab" in terminal.stdout.getvalue()
    assert "no way" in terminal.stderr.getvalue()


def test_nothing_is_read_as_markup():
    terminal = pipes()
    play(WholeView(terminal), Notice("model", "[bold]x[/bold] :llama:"), finished("[red]y[/red]"))
    assert terminal.stderr.getvalue() == "[bold]x[/bold] :llama:\n"
    assert terminal.stdout.getvalue() == "[red]y[/red]\n"


def test_sources_follow_the_answer_under_their_numbers():
    terminal = pipes()
    sources = (Source("One", "https://one.example/"), Source("Two", "https://two.example/"))
    play(WholeView(terminal), finished("As [1] says.", sources=sources))
    assert terminal.stdout.getvalue() == (
        "As [1] says.\n\nSources:\n[1] One\n    https://one.example/\n"
        "[2] Two\n    https://two.example/\n"
    )


def test_a_failed_step_says_why_in_one_line():
    step = Step(
        "c", "read_page", {"url": "https://x.example"}, error="It is\nnot there.", seconds=2
    )
    assert step_line(step) == "✗ read_page(url='https://x.example'): It is not there. (2.0 s)"


def drawn(*events):
    terminal = Terminal(Screen(), io.StringIO())
    play(LiveView(terminal), *events)
    return terminal.stdout.getvalue()


def test_a_terminal_shows_markdown_drawn(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    answer = "# Llamas\n\nThey are **strong**.\n\n```python\nprint(1)\n\nprint(2)\n```\n"
    shown = drawn(*(TextDelta(letter) for letter in answer), finished(answer))
    assert "**" not in shown.splitlines()[-1]
    assert "\x1b[1mstrong" in shown
    assert "Llamas" in shown


def test_markdown_keeps_html_and_shows_addresses():
    terminal = pipes()
    terminal.show(markdown("Use `list<int>` or vector<int>, see [here](https://x.example/a)."))
    shown = terminal.stdout.getvalue()
    assert "vector<int>" in shown
    assert "https://x.example/a" in shown


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("one line", ""),
        ("one\n\ntwo", "one\n\n"),
        ("one\n\ntwo\n\n", "one\n\ntwo\n\n"),
        ("```\na\n\nb\n", ""),
        ("```\na\n\nb\n```\n\nc", "```\na\n\nb\n```\n\n"),
        ("````\n```\n\n````\n\nx", "````\n```\n\n````\n\n"),
        ("~~~\n```\n\n~~~\n\nx", "~~~\n```\n\n~~~\n\n"),
    ],
)
def test_blocks_are_cut_outside_of_fences(text, whole):
    assert split_blocks(text) == (whole, text[len(whole) :])
