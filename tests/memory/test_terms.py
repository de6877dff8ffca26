"""Words as they are searched: alike for all their forms, different for each user."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from memory.terms import digest, fold, hashed, stems


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("I LIVE in Córdoba!", "i live in cordoba"),
        ("Straße", "STRASSE"),
        ("한국어", "한국어"),
        ("", " \n…"),
        ("half \ud83d", "half"),
    ],
)
def test_texts_of_the_same_words_fold_to_the_same(one: str, other: str) -> None:
    assert fold(one) == fold(other)
    assert digest(one, b"salt") == digest(other, b"salt")


def test_forms_of_a_word_share_a_stem() -> None:
    assert len(set(stems("live lives living lived"))) == 1
    assert stems("tea coffee") != stems("coffee tea")


def test_text_without_blanks_is_cut_into_pairs() -> None:
    assert stems("東京都に") == ["東京", "京都", "都に"]
    assert stems("猫") == ["猫"]
    assert stems("iPhone東京15") == ["iphon", "東京", "15"]


def test_a_term_is_short_unreadable_and_its_users_own() -> None:
    (mine,), (same,), (other,) = (
        hashed(text, salt) for text, salt in (("living", b"a"), ("Lives", b"a"), ("living", b"b"))
    )
    assert mine == same != other
    assert len(mine) == 10
    assert mine.isascii()
    assert mine.islower() or mine.isdigit()


def test_threads_do_not_mix_up_words() -> None:
    texts = [f"word{number}ing runs happily {number}" for number in range(400)]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(stems, texts))
    assert together == [stems(text) for text in texts]
