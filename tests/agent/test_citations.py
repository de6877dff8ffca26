"""An answer's marks: checked, put right, and told apart from everything else that has brackets."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.citations import Checker, Citation, Citer, conflicts
from evals.bench.citations import cases, figures, play
from memory.embeddings import open_embedder
from tools.sources import Passage, Source

QUESTION = "When did the Mora Bridge open?"
BRIDGE = Source(
    "Mora Bridge",
    "https://example.org/bridge",
    passages=(
        Passage(
            "p1", "The Mora Bridge is a steel bridge in Portavela. It was opened on 5 May 1932."
        ),
        Passage("p2", "The bridge is 324 metres long. Dr. Karl Weber designed it."),
    ),
    date="2015-03-02",
)
CITY = Source(
    "Portavela",
    "https://example.org/city",
    passages=(Passage("p1", "Portavela is a port city. It was founded in 1571 by Tomas Arce."),),
)
SURVEY = Source(
    "Mora Bridge survey",
    "https://example.org/survey",
    passages=(Passage("p1", "The bridge is 330 metres long."),),
    date="2022-06-15",
)
CHECKER = Checker([BRIDGE, CITY])


def cited(text: str, sizes: tuple[int, ...] = ()) -> tuple[str, list[Citation]]:
    """Put a text through a filter, in pieces of these lengths and the rest at once."""
    citer = Citer(CHECKER, QUESTION)
    shown, at = "", 0
    for size in sizes:
        shown += citer.feed(text[at : at + size])
        at += size
    return shown + citer.feed(text[at:]) + citer.finish(), citer.citations


@pytest.mark.parametrize(
    ("given_text", "shown"),
    [
        ("It opened in 1932 [1].", "It opened in 1932 [1]."),
        ("It opened in 1932.[1] Good.", "It opened in 1932 [1]. Good."),
        ("It opened in 1932. [1]", "It opened in 1932 [1]."),
        ("It opened in 1932【1】.", "It opened in 1932 [1]."),
        ("It opened in 1932 [^1].", "It opened in 1932 [1]."),
        ("It opened in 1932 (source 1).", "It opened in 1932 [1]."),
        ("It opened in 1932 [Source 1].", "It opened in 1932 [1]."),
        ("It opened in 1932 [1, 2].", "It opened in 1932 [1]."),
        ("It opened [1] in 1932.", "It opened in 1932 [1]."),
        ("The Mora Bridge opened in 1932 [2].", "The Mora Bridge opened in 1932 [1]."),
        ("The Mora Bridge opened in 1932.", "The Mora Bridge opened in 1932 [1]."),
        ("The Mora Bridge opened in 1932 [9].", "The Mora Bridge opened in 1932 [1]."),
        ("The Mora Bridge opened in 1934 [1].", "The Mora Bridge opened in 1934 [1]."),
        ("The zoo has 40 elephants [9].", "The zoo has 40 elephants."),
        ("- It opened in 1932 [2]\n- Hi", "- It opened in 1932 [1]\n- Hi"),
        ("Dr. Karl Weber designed it.", "Dr. Karl Weber designed it [1]."),
        ("| Year |\n|---|\n| 1932 [2] |\n", "| Year |\n|---|\n| 1932 [1] |\n"),
        ("According to [1], it opened in 1932.", "According to [1], it opened in 1932."),
    ],
)
def test_marks_take_one_form(given_text: str, shown: str) -> None:
    assert cited(given_text)[0] == shown


@pytest.mark.parametrize(
    "text",
    [
        "Hello! How are you?\n\n",
        "```python\na[1] = b[2]  # opened in 1932.\n```\n",
        "~~~\nx[1]\n~~~\n",
        "Use `a[1]` here?",
        "# Head [1]\n",
        "See [the page](https://example.org/a[1]) or [1](https://example.org)?",
        "Is it x[0] or (see below)?",
        "Sources:\n[1] Mora Bridge\n[2] Portavela",
    ],
)
def test_what_is_no_claim_and_no_mark_stays_as_it_is(text: str) -> None:
    assert cited(text)[0] == text


def test_a_wrong_number_is_told() -> None:
    _, (citation,) = cited("The Mora Bridge opened in 1934 [1].")
    assert citation.verdict == "unsupported"
    assert citation.problem == "the year 1934 is not in [1]"
    assert citation.given == (1,)
    assert citation.sources == ()


def test_an_invented_source_is_told() -> None:
    _, (citation,) = cited("The zoo has 40 elephants [9].")
    assert (citation.verdict, citation.given) == ("unsupported", (9,))
    assert citation.problem.startswith("[9] does not exist")


def test_the_passage_is_named() -> None:
    _, (citation,) = cited("The bridge is 324 metres long.")
    assert (citation.verdict, citation.passages) == ("added", ("1:p2",))


def test_every_sentence_is_told_of() -> None:
    _, found = cited("Sure! It opened in 1932 [2]. Portavela was founded in 1571 [2]. More?")
    assert [one.verdict for one in found] == ["uncited", "corrected", "supported", "uncited"]


def test_text_is_not_held_back_longer_than_it_must_be() -> None:
    citer = Citer(CHECKER, QUESTION)
    assert citer.feed("The Mora Bridge opened in 1932") == "The Mora Bridge opened in 1932"
    assert citer.feed(".") == ""
    assert citer.feed(" ") == ""
    assert citer.feed("That") == " [1]. That"
    assert citer.feed(" is [see") == " is [see"


def test_without_sources_nothing_changes() -> None:
    text = "The list a[1] has 3.5 items.  It was made in 1990!\n\n| a | b |\n- x (source of it)"
    citer = Citer(Checker([]), QUESTION)
    assert citer.feed(text) + citer.finish() == text
    assert {one.verdict for one in citer.citations} == {"uncited"}


@given(st.text(alphabet="aB1.!? \n|-`#*(\"')", max_size=60))
def test_text_without_marks_and_sources_is_kept_to_the_byte(text: str) -> None:
    citer = Citer(Checker([]), QUESTION)
    assert "".join(map(citer.feed, text)) + citer.finish() == text


PIECES = st.sampled_from(
    ["It opened in 1932", " [1]", "[2]", ".", " ", "\n", "- ", "| ", " |\n", "```", "`", "[9]",
     "(source 1)", "Dr. ", "3.5", "! ", "The city ", "was founded in 1571", "【1】", "[1](x)", "[",
     "(so", "\n\n", "## ", "e.g. ", "\"", "[1", ", 2]", "1. ", "~~~\n"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES, max_size=14), st.lists(st.integers(1, 9), max_size=30))
def test_pieces_of_any_length_give_the_same(pieces: list[str], sizes: list[int]) -> None:
    text = "".join(pieces)
    whole = cited(text)
    assert cited(text, tuple(sizes)) == whole
    assert cited(text, (1,) * len(text)) == whole


def test_sources_that_differ_are_shown_newest_first() -> None:
    checker = Checker([BRIDGE, CITY, SURVEY])
    citer = Citer(checker, "How long is the Mora Bridge?")
    citer.feed("The Mora Bridge is 324 metres long [1].")
    citer.finish()
    (found,) = conflicts(citer.citations, checker.sources)
    assert [(number, date) for number, date, _ in found.said] == [
        (3, "2022-06-15"),
        (1, "2015-03-02"),
    ]


@pytest.fixture(scope="module")
def rows() -> dict[str, dict[str, float]]:
    open_embedder().embed(["warm"])
    played = [(case, play(case)) for case in cases()]
    return {row.case: row.values for row in figures(played)}


@pytest.mark.parametrize(
    ("case", "right", "recall", "precision"),
    [
        ("dev all", 0.95, 0.95, 0.95),
        ("dev number", 0.95, 0.95, 0.95),
        ("dev name", 0.95, 0.95, 0.95),
        ("dev index", 0.95, 0.95, 0.95),
        ("dev meaning", 0.9, 0.9, 0.85),
        ("held all", 0.8, 0.82, 0.85),
        ("held number", 0.95, 0.95, 0.95),
        ("held index", 0.95, 0.95, 0.85),
    ],
)
def test_written_cases(
    rows: dict[str, dict[str, float]], case: str, right: float, recall: float, precision: float
) -> None:
    values = rows[case]
    assert values["all right"] >= right
    assert values["recall"] >= recall
    assert values["precision"] >= precision
