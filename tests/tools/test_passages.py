"""Passages: whole sentences in the order of the text, and the right ones first for a query."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory.embeddings import EmbedderError
from tools.passages import PASSAGE_CHARS, SENTENCE_CHARS, passages, rank, sentences

if TYPE_CHECKING:
    from memory.embeddings import Vectors

PROSE = " ".join(f"The llama number {n} carries a load over the Andes." for n in range(90))


def texts(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


def test_sentences_are_found_in_characters() -> None:
    text = "Größe ist ñ 5. Mr. Smith ging heim.\n\n  Überschrift\nZeile 🐪 drei! Und mehr?  "
    assert texts(text) == [
        "Größe ist ñ 5.",
        "Mr. Smith ging heim.",
        "Überschrift",
        "Zeile 🐪 drei!",
        "Und mehr?",
    ]


def test_a_long_sentence_is_cut_between_words() -> None:
    parts = texts("llama " * 500)
    assert all(len(part) <= SENTENCE_CHARS for part in parts)
    assert " ".join(parts).split() == ["llama"] * 500
    assert [len(part) for part in texts("x" * 1500)] == [700, 700, 100]


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet=st.sampled_from("aZé. \n|!?🐪\ud800\u2028\t"), max_size=2000))
def test_passages_cover_any_text_in_order_and_within_bounds(text: str) -> None:
    made = passages(text)
    assert "".join("".join(text[one.start : one.end].split()) for one in made) == "".join(
        text.split()
    )
    assert [one.id for one in made] == [f"p{number}" for number in range(1, len(made) + 1)]
    for one in made:
        assert one.text == " ".join(one.text.split()) != ""
        assert one.end - one.start <= SENTENCE_CHARS


def test_passages_are_whole_sentences() -> None:
    made = passages(PROSE)
    assert len(made) > 8
    for one in made:
        assert one.text.startswith("The llama")
        assert one.text.endswith("Andes.")
        assert len(one.text) <= PASSAGE_CHARS
        assert PROSE[one.start : one.end] == one.text


def test_a_passage_ends_with_its_paragraph_and_a_heading_stays_with_what_follows() -> None:
    paragraph = "A llama carries much. " * 14
    text = f"{paragraph}\nFeeding\n{paragraph}\nShort one.\nShort two."
    made = [one.text for one in passages(text)]
    assert made[0] == paragraph.strip()
    assert made[1] == f"Feeding {paragraph.strip()}"
    assert made[2] == "Short one. Short two."


def test_a_table_is_kept_together_with_its_header() -> None:
    rows = "\n".join(f"Herd {n} | {n * 3} animals | pasture {n}" for n in range(40))
    made = passages(f"Text before it, which is a sentence.\nHerd | Size | Place\n{rows}\nAfter it.")
    assert made[0].text == "Text before it, which is a sentence."
    assert made[-1].text == "After it."
    for one in made[1:-1]:
        assert one.text.startswith("Herd | Size | Place; Herd ")
        assert len(one.text) <= PASSAGE_CHARS
    assert sum(one.text.count("animals") for one in made) == 40


def test_a_huge_text_is_cut_off() -> None:
    started = time.monotonic()
    assert len(passages("A short sentence. " * 300_000, most=20)) == 20
    assert len(passages("“" * 1_000_000)) == 400
    assert time.monotonic() - started < 8


@pytest.mark.parametrize("text", ["", "\n\n", "  \t "])
def test_nothing_has_no_passages(text: str) -> None:
    assert passages(text) == []
    assert rank("llama", []) == []


def test_words_in_common_rank_first() -> None:
    found = rank("gestation of the llama", ["Weather in Lima.", "The gestation takes 11 months."])
    assert found[1] > found[0]


def test_meaning_decides_where_no_word_is_shared() -> None:
    found = rank("What do llamas eat?", ["Prices rose in May.", "The animals feed on grass."])
    assert found[1] > found[0]


def test_what_has_nothing_to_do_with_the_query_scores_nothing() -> None:
    assert rank("quantum chromodynamics", ["The museum opens at ten."]) == [0.0]
    assert rank(" ", ["The museum opens at ten."]) == [0.0]


class Broken:
    """An embedder whose model is not there."""

    name = "broken"
    dimensions = 1

    def embed(self, texts: Sequence[str]) -> Vectors:
        raise EmbedderError("gone")


def test_words_rank_alone_where_no_model_is_there() -> None:
    texts = ["Weather in Lima.", "The gestation takes 11 months."]
    assert rank("gestation", texts, embedder=Broken()) == [0.0, 1.0]
