"""Answers are kept in a file that nobody else reads, within a number and an age."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.doubles.search_engines import LIMA, LLAMA, Clock
from tools.search.breaker import Health
from tools.search.cache import DAY, Holdings, SearchCache
from tools.search.engine import Query, Result
from tools.search.freshness import HOUR, lifetime, span
from tools.settings import SearchSettings

FOUND = Result("T", "https://x.example/", "S", "2026-09-01", ("one", "two"), "https://i.example/")
PRIVATE = Query("clinics for a rare illness")


@pytest.fixture
def cache(tmp_path: Path, clock: Clock) -> SearchCache:
    return SearchCache(tmp_path / "home", SearchSettings(cache_entries=3), clock)


async def test_what_is_kept_comes_back_with_its_age(cache: SearchCache, clock: Clock) -> None:
    assert await cache.get(PRIVATE) is None
    await cache.put(PRIVATE, [FOUND, LIMA])
    clock.now += 90
    kept = await cache.get(PRIVATE)
    assert kept is not None
    assert (kept.results, kept.age) == ((FOUND, LIMA), 90)
    same = Query("  Clinics for a  RARE illness", limit=9)
    assert await cache.get(same) == kept


@pytest.mark.parametrize(
    "other",
    [
        {"text": "clinics"}, {"time_range": "day"}, {"site": "x.example"}, {"region": "de"},
        {"language": "de"}, {"safe": "off"}, {"kind": "news"},
    ],
)  # fmt: skip
async def test_another_question_has_another_answer(cache: SearchCache, other: Any) -> None:
    await cache.put(PRIVATE, [FOUND])
    assert await cache.get(Query(**{"text": PRIVATE.text, **other})) is None


async def test_nobody_else_can_read_the_file_and_no_query_stands_in_it(cache: SearchCache) -> None:
    cache.path.parent.mkdir(parents=True)
    cache.path.touch(mode=0o644)
    await cache.put(PRIVATE, [FOUND])
    assert stat.S_IMODE(cache.path.stat().st_mode) == 0o600
    assert b"illness" not in cache.path.read_bytes()


async def test_the_oldest_make_room(cache: SearchCache, clock: Clock) -> None:
    for number in range(5):
        await cache.put(Query(f"q{number}"), [FOUND])
        clock.now += 10
    kept = [number for number in range(5) if await cache.get(Query(f"q{number}"))]
    assert kept == [2, 3, 4]
    held = await cache.holdings()
    assert (held.entries, held.oldest, held.newest) == (3, 30, 10)
    assert held.size > 0


async def test_what_is_too_old_is_gone(cache: SearchCache, clock: Clock) -> None:
    await cache.put(PRIVATE, [FOUND])
    clock.now += 31 * DAY
    assert await cache.get(PRIVATE) is None
    await cache.put(Query("other"), [FOUND])
    assert (await cache.holdings()).entries == 1


async def test_clearing_leaves_nothing_behind(cache: SearchCache) -> None:
    await cache.clear()
    assert not cache.path.exists()
    await cache.put(PRIVATE, [Result("Findable", "https://x.example/")])
    await cache.save_health({"one": Health(1)})
    assert b"Findable" in cache.path.read_bytes()
    await cache.clear()
    assert b"Findable" not in cache.path.read_bytes()
    assert (await cache.holdings()).entries == 0
    assert await cache.load_health() == {}


async def test_looking_makes_no_file(cache: SearchCache) -> None:
    assert await cache.get(PRIVATE) is None
    assert await cache.holdings() == Holdings()
    assert await cache.load_health() == {}
    assert not cache.path.parent.parent.exists()


async def test_a_damaged_file_is_begun_anew(cache: SearchCache) -> None:
    cache.path.parent.mkdir(parents=True)
    cache.path.write_bytes(b"this is no database" * 100)
    assert await cache.get(PRIVATE) is None
    await cache.put(PRIVATE, [FOUND])
    assert (await cache.get(PRIVATE)).results == (FOUND,)  # type: ignore[union-attr]


@pytest.mark.parametrize("text", ["[1]", '{"a": 1}', "no", '[{"title": "x"}]'])
async def test_a_damaged_entry_is_none(cache: SearchCache, text: str) -> None:
    await cache.put(PRIVATE, [FOUND])
    with sqlite3.connect(cache.path) as database:
        database.execute("update answers set results = ?", (text,))
    database.close()
    assert await cache.get(PRIVATE) is None


async def test_a_place_that_cannot_be_written_stops_nothing(tmp_path: Path, clock: Clock) -> None:
    home = tmp_path / "home"
    home.write_text("a file")
    cache = SearchCache(home, SearchSettings(), clock)
    await cache.put(PRIVATE, [FOUND])
    assert await cache.get(PRIVATE) is None
    assert await cache.holdings() == Holdings()


async def test_how_engines_did_is_known_to_the_next_process(
    cache: SearchCache, tmp_path: Path
) -> None:
    health = Health(2, 0, 100.0, 200.0, "blocked", trying=True)
    await cache.save_health({"ddgs:duckduckgo": health})
    again = SearchCache(tmp_path / "home", SearchSettings())
    known = await again.load_health()
    assert known == {"ddgs:duckduckgo": Health(2, 0, 100.0, 200.0, "blocked")}


MINUTES, DAYS = 600.0, 3 * DAY


@pytest.mark.parametrize(
    ("query", "seconds"),
    [
        (Query("capital of Peru"), DAYS),
        (Query("llama height"), DAYS),
        (Query("Who wrote Ulysses?"), DAYS),
        (Query("capital of Peru", kind="news"), MINUTES),
        (Query("peru", time_range="day"), MINUTES),
        (Query("peru", time_range="week"), HOUR),
        (Query("peru", time_range="month"), 6 * HOUR),
        (Query("peru", time_range="year"), DAYS),
        (Query("Price of copper"), MINUTES),
        (Query("weather in Lima"), MINUTES),
        (Query("who won the match yesterday?"), MINUTES),
        (Query("LATEST Python release"), MINUTES),
        (Query("precio del cobre hoy"), MINUTES),
        (Query("Wetter Berlin"), MINUTES),
        (Query("scores of Mozart operas"), MINUTES),
        (Query("pricey towns"), DAYS),
    ],
)
def test_news_pass_sooner_than_facts(query: Query, seconds: float) -> None:
    assert lifetime(query, SearchSettings()) == seconds


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(5, "less than a minute"), (60, "1 minute"), (7300, "2 hours"), (86_400, "1 day"),
     (1e6, "11 days")],
)  # fmt: skip
def test_ages_are_told_in_words(seconds: float, words: str) -> None:
    assert span(seconds) == words


async def test_llama_survives(cache: SearchCache) -> None:
    await cache.put(Query("größte 🦙"), [LLAMA])
    assert (await cache.get(Query("GRÖSSTE 🦙"))).results == (LLAMA,)  # type: ignore[union-attr]
