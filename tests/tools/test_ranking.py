"""Ranking by words: the formula, and inputs of which there is hardly anything."""

from __future__ import annotations

import math
import time

import pytest

from tools.ranking import scores, words


def test_words_lose_case_accents_endings_and_empty_words() -> None:
    assert words("The CAFÉS of Lima are closing") == ["caf", "lima", "clos"]


def test_a_score_follows_the_formula() -> None:
    # Two documents of two and four words; "wool" stands in one of them, twice.
    found = scores("wool", ["llama herd", "wool wool soft lama"])
    weight = math.log(1 + (2 - 1 + 0.5) / (1 + 0.5))
    assert found[0] == 0.0
    assert found[1] == pytest.approx(weight * 2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 * 4 / 3)))


def test_a_rare_word_counts_more_than_a_common_one() -> None:
    texts = ["llama wool", "llama milk", "llama meat", "sheep vicuna"]
    found = scores("llama vicuna", texts)
    assert max(range(4), key=found.__getitem__) == 3


@pytest.mark.parametrize(
    ("query", "texts"),
    [
        ("llama", []),
        ("", ["llama"]),
        ("the of", ["llama"]),
        ("llama", [""]),
        ("llama", ["", "", ""]),
        ("?!", ["?!", "llama"]),
        ("zebra", ["llama"]),
    ],
)
def test_what_shares_no_word_scores_nothing(query: str, texts: list[str]) -> None:
    found = scores(query, texts)
    assert found == [0.0] * len(texts)
    assert all(type(score) is float for score in found)


def test_a_single_text_that_fits_scores_something() -> None:
    assert scores("llama", ["a llama"])[0] > 0.0


def test_a_thousand_short_texts_are_ranked_at_once() -> None:
    texts = [
        f"Llama number {n} carries {n % 7} bags of wool to town {n % 13}." for n in range(1000)
    ]
    started = time.monotonic()
    found = scores("Which llama carries wool to town 12?", texts)
    assert time.monotonic() - started < 2
    assert len(set(found)) > 1
