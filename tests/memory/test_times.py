"""Expressions of time: what spans they are, relative to the moment at which they were said."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from memory.dating import dated
from memory.times import FOREVER, Time, times_in

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC).timestamp()
"""A Tuesday."""


def one(text: str) -> Time:
    (found,) = times_in(text, NOW, zone=UTC)
    assert text[found.start : found.end] == found.words
    return found


def days(text: str) -> tuple[str, str]:
    found = one(text)
    return _day(found.since), _day(found.until)


def _day(moment: float) -> str:
    if abs(moment) == FOREVER:
        return "ever"
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d")


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("What did I do last summer?", "2026-06-01", "2026-09-01"),
        ("We skied this winter", "2026-12-01", "2027-03-01"),
        ("I moved to Rome in May", "2026-05-01", "2026-06-01"),
        ("It was in December", "2025-12-01", "2026-01-01"),
        ("I met her two weeks ago", "2026-11-07", "2026-11-14"),
        ("She left a couple of years ago", "2024-01-01", "2025-01-01"),
        ("I went there yesterday", "2026-11-23", "2026-11-24"),
        ("on 3 May 2023 I married", "2023-05-03", "2023-05-04"),
        ("May 3rd, 2023 was the day", "2023-05-03", "2023-05-04"),
        ("It was 2023-05-08", "2023-05-08", "2023-05-09"),
        ("last Friday we ate out", "2026-11-20", "2026-11-21"),
        ("the party is next Friday", "2026-11-27", "2026-11-28"),
        ("last weekend", "2026-11-21", "2026-11-23"),
        ("I was born in the 1990s", "1990-01-01", "2000-01-01"),
        ("in the last three months", "2026-08-01", "2026-11-25"),
        ("in two weeks I fly", "2026-12-05", "2026-12-12"),
        ("last Christmas", "2025-12-24", "2025-12-27"),
        ("I worked there from 2019 to 2021", "2019-01-01", "2022-01-01"),
        ("between May and July I was ill", "2026-05-01", "2026-08-01"),
        ("el verano pasado fui a Lima", "2026-06-01", "2026-09-01"),
        ("me mudé hace dos semanas", "2026-11-07", "2026-11-14"),
        ("vor zwei Wochen war ich da", "2026-11-07", "2026-11-14"),
        ("letzten Sommer in Wien", "2026-06-01", "2026-09-01"),
        ("Hier j'ai vu un film", "2026-11-23", "2026-11-24"),
        ("il y a trois mois", "2026-08-01", "2026-09-01"),
        ("l'année dernière", "2025-01-01", "2026-01-01"),
        ("há dois anos", "2024-01-01", "2025-01-01"),
        ("due settimane fa", "2026-11-07", "2026-11-14"),
    ],
)
def test_an_expression_is_the_span_that_people_mean(text: str, since: str, until: str) -> None:
    assert days(text) == (since, until)


def test_what_is_to_come_is_read_ahead() -> None:
    assert days("I'm going to Oslo in May") == ("2027-05-01", "2027-06-01")
    assert days("We will meet on 3 February") == ("2027-02-03", "2027-02-04")


def test_since_and_until_are_open_at_one_end() -> None:
    since = one("I have lived in Berlin since 2020")
    assert (since.begins, _day(since.since), since.until) == (True, "2020-01-01", FOREVER)
    before = one("Where did I live before 2024?")
    assert (before.ends, before.since, _day(before.until)) == (True, -FOREVER, "2024-01-01")
    assert _day(one("after 2020 it was quiet").since) == "2021-01-01"
    assert one("seit Mai 2021 wohne ich hier").begins


@pytest.mark.parametrize(
    "text",
    [
        "I may go there",
        "Can you march on?",
        "What is 3+4?",
        "She is a woman of 40",
        "It costs 2000 euros",
        "the fall of the wall",
        "Ich wohne hier",
        "Il a été malade",
        "thanks!",
        "",
    ],
)
def test_words_that_are_no_time_are_none(text: str) -> None:
    assert times_in(text, NOW, zone=UTC) == []


def test_a_moment_is_in_its_span_and_spans_meet() -> None:
    may = one("in May 2026")
    assert may.holds(datetime(2026, 5, 31, 23, tzinfo=UTC).timestamp())
    assert not may.holds(datetime(2026, 6, 1, tzinfo=UTC).timestamp())
    year = one("in 2026")
    assert may.meets(year.since, year.until)
    assert not may.meets(may.until, FOREVER)


def test_relative_words_are_told_as_dates() -> None:
    said = datetime(2023, 5, 8, 14, tzinfo=UTC).timestamp()
    assert dated("I was at the lake yesterday", said, zone=UTC) == [("yesterday", "7 May 2023")]
    assert dated("We met two weeks ago", said, zone=UTC) == [
        ("two weeks ago", "the week of 24 April 2023")
    ]
    assert dated("I painted it last year", said, zone=UTC) == [("last year", "2022")]
    assert dated("I fly next month", said, zone=UTC) == [("next month", "June 2023")]
    assert dated("It was in May 2021", said, zone=UTC) == []
