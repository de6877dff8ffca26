"""Control sequences never reach the terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.text import Stripper, one_line, plain


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ("a\x1b[31mred\x1b[0m b", "ared b"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://x.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]52;c;ZXZpbA==\x07paste", "paste"),
        ("\x1bPq#0;2\x1b\\after", "after"),
        ("\x1bcreset", "reset"),
        ("\x1b(Bset", "set"),
        ("\x9b31mold", "31mold"),
        ("one\r\ntwo\rthree", "one\ntwothree"),
        ("tab\tline\n", "tab\tline\n"),
        ("bell\x07 back\x08 del\x7f", "bell back del"),
        ("señor 日本 🦙", "señor 日本 🦙"),
        ("half \ud83e pair", "half  pair"),
    ],
)
def test_plain_keeps_text_and_drops_control(given, left):
    assert plain(given) == left


def test_a_sequence_split_over_pieces_is_dropped_whole():
    stripper = Stripper()
    pieces = [
        stripper.feed(piece) for piece in ("a\x1b", "[3", "1mb\x1b]0;ti", "tle\x07c\r", "\nd")
    ]
    assert "".join([*pieces, stripper.finish()]) == "abc\nd"


def test_a_sequence_that_never_ends_does_not_hold_the_text_for_ever():
    stripper = Stripper()
    assert "word" in stripper.feed("\x1b]" + "word " * 2000)


@given(st.lists(st.text(st.sampled_from("ab\x1b[]0;m\x07\\\r\n")), max_size=8))
def test_pieces_never_let_an_escape_through(pieces):
    stripper = Stripper()
    shown = "".join([*(stripper.feed(piece) for piece in pieces), stripper.finish()])
    assert not set(shown) & {"\x1b", "\x07", "\r"}


def test_one_line_folds_and_cuts():
    assert one_line(" a\n\n b\x1b[1m ") == "a b"
    assert one_line("x" * 50, 10) == "x" * 9 + "…"
