"""All engines as one: side by side, breakers, cache, and an honest end, over real connections."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.doubles.calls import run
from tests.doubles.search_engines import (
    BY_NAME,
    CAPTCHA,
    LIMA,
    LLAMA,
    Clock,
    drop,
    hang,
    noted,
    settings,
)
from tests.doubles.site import Site
from tools.errors import SearchError
from tools.search.breaker import PAUSES
from tools.search.cache import DAY, SearchCache
from tools.search.engine import Query, Result
from tools.search.memory import MemoryEngine
from tools.search.meta import Found, MetaEngine
from tools.search.tool import query_of, web_search_tool

DUCK, MOJEEK, BRAVE, FINE = "ddgs:duckduckgo", "ddgs:mojeek", "ddgs:brave", "searxng"
FOUR = (DUCK, MOJEEK, BRAVE, FINE)
Opener = Callable[..., MetaEngine]


@pytest.fixture
def opened(engines: Site, tmp_path: Path, clock: Clock) -> Opener:
    """Open engines by name, with a cache unless `kept` is false."""

    def make(*names: str, kept: bool = True, **given: Any) -> MetaEngine:
        made = settings(engines, **{"timeout": 30.0, "enough": 1.0, **given})
        cache = SearchCache(tmp_path, made, clock) if kept else None
        return MetaEngine([BY_NAME[name].make(engines, made) for name in names], made, cache, clock)

    return make


def times(site: Site, name: str) -> int:
    """Count how often an engine was asked."""
    return sum(one.path.partition("?")[0] == BY_NAME[name].path for one in site.requests)


def counts(site: Site, *names: str) -> list[int]:
    return [times(site, name) for name in names]


def break_three(site: Site) -> None:
    site.page(BY_NAME[DUCK].path, "", status=202)
    site.raw(BY_NAME[MOJEEK].path, hang)
    site.page(BY_NAME[BRAVE].path, CAPTCHA)


def mend_three(site: Site) -> None:
    for name in (DUCK, MOJEEK, BRAVE):
        BY_NAME[name].serve(site, LLAMA, LIMA)


async def test_three_broken_engines_and_one_fine(engines: Site, opened: Opener) -> None:
    break_three(engines)
    BY_NAME[FINE].serve(engines, LLAMA, LIMA)
    started = time.monotonic()
    found = await opened(*FOUR).find(Query("llama"))
    assert time.monotonic() - started < 20
    assert [result.url for result in found.results] == [LLAMA.url, LIMA.url]
    assert found.results[0].engines == (FINE,)
    assert set(found.failed) == {DUCK, MOJEEK, BRAVE}
    assert "202" in found.failed[DUCK]
    assert "no answer in" in found.failed[MOJEEK]
    assert "puzzle" in found.failed[BRAVE]


async def test_broken_engines_are_left_alone_until_they_have_recovered(
    engines: Site, opened: Opener, clock: Clock
) -> None:
    break_three(engines)
    BY_NAME[FINE].serve(engines, LIMA)
    made = opened(*FOUR)
    await made.find(Query("first"))
    assert counts(engines, *FOUR) == [1, 1, 1, 1]
    second = await made.find(Query("second"))
    assert counts(engines, *FOUR) == [1, 1, 1, 2]
    assert set(second.resting) == {DUCK, MOJEEK, BRAVE}
    mend_three(engines)
    clock.now += max(PAUSES.values()) + 1
    third = await made.find(Query("third"))
    assert counts(engines, *FOUR) == [2, 2, 2, 2] or counts(engines, *FOUR) == [2, 2, 2, 3]
    assert third.failed == {}
    assert {state for state, _ in (await made.health()).values()} == {"closed"}


async def test_an_engine_that_fails_its_trial_is_left_alone_for_longer(
    engines: Site, opened: Opener, clock: Clock
) -> None:
    engines.page(BY_NAME[DUCK].path, "", status=429)
    BY_NAME[FINE].serve(engines, LIMA)
    made = opened(DUCK, FINE)
    for number, expected in ((1, 60), (2, 120), (3, 240)):
        await made.find(Query(f"q{number}"))
        state, health = (await made.health())[DUCK]
        assert (state, health.until - clock.now) == ("open", expected)
        clock.now = health.until


async def test_the_next_process_leaves_them_alone_too(engines: Site, opened: Opener) -> None:
    engines.page(BY_NAME[DUCK].path, "", status=429)
    BY_NAME[FINE].serve(engines, LIMA)
    await opened(DUCK, FINE).find(Query("first"))
    assert (await opened(DUCK, FINE).find(Query("second"))).failed == {}
    assert counts(engines, DUCK, FINE) == [1, 2]


async def test_a_refused_key_is_tried_again_by_the_next_process(
    engines: Site, opened: Opener
) -> None:
    engines.page(BY_NAME["brave"].path, "", status=401)
    BY_NAME[FINE].serve(engines, LIMA)
    made = opened("brave", FINE)
    await made.find(Query("first"))
    await made.find(Query("second"))
    assert times(engines, "brave") == 1
    BY_NAME["brave"].serve(engines, LLAMA)
    assert "brave" in (await opened("brave", FINE).find(Query("third"))).answered


async def test_a_repeated_question_asks_nobody(engines: Site, opened: Opener, clock: Clock) -> None:
    BY_NAME[FINE].serve(engines, LLAMA, LIMA)
    made = opened(FINE)
    first = await made.find(Query("Height of a llama"))
    clock.now += 2 * DAY
    again = await made.find(Query(" height of a LLAMA ", limit=1))
    assert times(engines, FINE) == 1
    assert again.cached
    assert not again.stale
    assert again.results == first.results[:1]
    clock.now += 2 * DAY
    assert not (await made.find(Query("height of a llama"))).cached


async def test_news_are_asked_for_anew_after_minutes(
    engines: Site, opened: Opener, clock: Clock
) -> None:
    BY_NAME[FINE].serve(engines, LIMA)
    made = opened(FINE)
    await made.find(Query("peru", kind="news"))
    clock.now += 300
    assert (await made.find(Query("peru", kind="news"))).cached
    clock.now += 400
    assert not (await made.find(Query("peru", kind="news"))).cached
    assert times(engines, FINE) == 2


async def test_a_stale_copy_stands_in_when_all_engines_fail(
    engines: Site, opened: Opener, clock: Clock
) -> None:
    BY_NAME[FINE].serve(engines, LIMA)
    made = opened(DUCK, FINE)
    engines.page(BY_NAME[DUCK].path, "", status=429)
    tool = web_search_tool(settings(engines), made)
    assert (await run(tool, {"query": "weather lima"})).output.startswith("[1] Lima")
    engines.page(BY_NAME[FINE].path, "", status=503)
    clock.now += 3 * 3600
    outcome = await run(tool, {"query": "Weather Lima"})
    assert outcome.output.startswith(
        "No search engine answers now. These results are a copy from 3 hours ago: say so in the "
        "answer.\n\n[1] Lima (https://places.example/lima)"
    )
    assert [source.url for source in outcome.sources] == [LIMA.url]
    found = await made.find(query_of("weather lima", settings(engines)))
    assert (found.stale, found.age) == (True, 3 * 3600)


async def test_all_dead_ends_within_the_deadline_with_the_honest_sentence(
    engines: Site, opened: Opener
) -> None:
    break_three(engines)
    engines.page(BY_NAME[FINE].path, "", status=500)
    made = opened(*FOUR, timeout=2.0)
    started = time.monotonic()
    outcome = await run(web_search_tool(settings(engines), made), {"query": "llama"})
    assert time.monotonic() - started < 6
    assert outcome.output == ""
    assert outcome.sources == ()
    assert outcome.error.startswith("Nothing could be looked up: no search engine answered (")
    assert "ddgs:mojeek: no answer in 2" in outcome.error
    assert outcome.error.endswith(
        "Tell the user so first. Then answer from what you know, and say that it is not from the "
        "web and may be out of date."
    )
    with pytest.raises(SearchError):
        await made.find(Query("other"))
    assert counts(engines, *FOUR) == [1, 1, 1, 1]


async def test_the_connection_of_ones_own_is_soon_tried_again(
    engines: Site, opened: Opener, clock: Clock
) -> None:
    for name in (DUCK, FINE):
        engines.raw(BY_NAME[name].path, drop)
    made = opened(DUCK, FINE)
    for number in range(3):
        with pytest.raises(SearchError, match="could not be reached"):
            await made.find(Query(f"q{number}"))
        clock.now += 6
    BY_NAME[FINE].serve(engines, LIMA)
    BY_NAME[DUCK].serve(engines, LIMA)
    assert (await made.find(Query("again"))).results


async def test_engines_are_asked_side_by_side_and_merged(engines: Site, opened: Opener) -> None:
    """Each of the first three answers only when all three have been asked."""
    gate = asyncio.Event()
    for name in FOUR:
        BY_NAME[name].serve(engines, LIMA, LLAMA, after=gate)
    BY_NAME[FINE].serve(engines, Result("Lima", LIMA.url + "/?utm_source=x", "Short."), after=gate)
    events = [noted(engines, BY_NAME[name].path) for name in (DUCK, MOJEEK, BRAVE)]
    task = asyncio.create_task(opened(*FOUR, enough=10.0).find(Query("llama")))
    await asyncio.gather(*(event.wait() for event in events))
    assert counts(engines, *FOUR) == [1, 1, 1, 0]
    gate.set()
    found = await task
    assert [(r.url, r.engines) for r in found.results] == [
        (LIMA.url, (DUCK, MOJEEK, BRAVE)),
        (LLAMA.url, (DUCK, MOJEEK, BRAVE)),
    ]
    assert times(engines, FINE) == 0


async def test_two_answers_are_enough(engines: Site, opened: Opener) -> None:
    engines.raw(BY_NAME[DUCK].path, hang)
    BY_NAME[MOJEEK].serve(engines, LIMA)
    BY_NAME[FINE].serve(engines, LLAMA)
    made = opened(DUCK, MOJEEK, FINE)
    started = time.monotonic()
    found = await made.find(Query("llama"))
    assert time.monotonic() - started < 20
    assert {result.url for result in found.results} == {LIMA.url, LLAMA.url}
    # Late once is forgiven, and twice is not.
    assert (await made.health())[DUCK][0] == "closed"
    await made.find(Query("llama again"))
    assert (await made.health())[DUCK][0] == "open"


async def test_slow_engines_get_company(engines: Site, opened: Opener) -> None:
    for name in (DUCK, MOJEEK, BRAVE):
        engines.raw(BY_NAME[name].path, hang)
    BY_NAME[FINE].serve(engines, LIMA)
    started = time.monotonic()
    found = await opened(*FOUR, enough=0.2).find(Query("llama"))
    assert time.monotonic() - started < 20
    assert [result.url for result in found.results] == [LIMA.url]


async def test_an_engine_that_is_always_empty_is_left_alone(engines: Site, opened: Opener) -> None:
    BY_NAME[DUCK].serve(engines)
    BY_NAME["wikipedia"].serve(engines)
    BY_NAME[FINE].serve(engines, LIMA)
    made = opened(DUCK, "wikipedia", FINE)
    for number in range(2):
        assert (await made.find(Query(f"q{number}"))).results
    health = await made.health()
    assert health[DUCK][0] == "open"
    # One for a single site has nothing on most questions.
    assert health["wikipedia"][0] == "closed"


async def test_nothing_found_is_not_a_failure(engines: Site, opened: Opener) -> None:
    BY_NAME[DUCK].serve(engines)
    BY_NAME[FINE].serve(engines)
    engines.page(BY_NAME[BRAVE].path, "", status=429)
    made = opened(DUCK, FINE, BRAVE)
    found = await made.find(Query("xyzzy"))
    assert found.results == ()
    assert (await made.health())[DUCK][0] == "closed"
    outcome = await run(web_search_tool(settings(engines), made), {"query": "xyzzy"})
    assert outcome.output == (
        "Nothing was found for 'xyzzy'. 1 of the search engines did not answer, so there may be "
        "more. Try fewer or other words."
    )


async def test_a_query_goes_only_to_engines_that_can_keep_its_limits(
    engines: Site, opened: Opener
) -> None:
    for name in (*FOUR, "wikipedia", "arxiv"):
        BY_NAME[name].serve(engines, Result("L", "https://en.wikipedia.org/wiki/L"), LIMA)
    made = opened(MOJEEK, FINE, "wikipedia", "arxiv", at_once=9)
    assert (await made.find(Query("a", time_range="day"))).asked == (FINE, "arxiv")
    on_wiki = await made.find(Query("a", site="en.wikipedia.org"))
    assert on_wiki.asked == ("wikipedia", MOJEEK, FINE)
    assert [result.title for result in on_wiki.results] == ["L"]
    assert (await made.find(Query("a", kind="news"))).asked == (FINE,)
    with pytest.raises(SearchError, match="can search by that time or site"):
        await opened(MOJEEK, kept=False).find(Query("a", time_range="day"))
    with pytest.raises(SearchError, match="can search for news"):
        await opened(MOJEEK, kept=False).find(Query("a", kind="news"))
    with pytest.raises(SearchError, match="has what it needs"):
        await opened(kept=False).find(Query("a"))


async def test_cancelling_a_search_ends_it_at_once(engines: Site, opened: Opener) -> None:
    engines.raw(BY_NAME[FINE].path, hang)
    event = noted(engines, BY_NAME[FINE].path)
    made = opened(FINE)
    task = asyncio.create_task(made.find(Query("x")))
    await event.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await made.health())[FINE][0] == "closed"


async def test_a_trial_that_is_cancelled_is_made_again(
    engines: Site, opened: Opener, clock: Clock
) -> None:
    engines.page(BY_NAME[DUCK].path, "", status=429)
    engines.page(BY_NAME[FINE].path, "", status=429)
    made = opened(DUCK, FINE)
    with pytest.raises(SearchError):
        await made.find(Query("first"))
    clock.now += 3600
    engines.raw(BY_NAME[FINE].path, hang)
    event = noted(engines, BY_NAME[FINE].path)
    task = asyncio.create_task(made.find(Query("second")))
    await event.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    for name in (DUCK, FINE):
        BY_NAME[name].serve(engines, LIMA)
    assert set((await made.find(Query("third"))).answered) == {DUCK, FINE}


async def test_without_a_cache_every_question_is_asked(engines: Site, opened: Opener) -> None:
    BY_NAME[FINE].serve(engines, LIMA)
    made = opened(FINE, kept=False)
    assert await made.search(Query("x")) == list((await made.find(Query("x"))).results)
    assert times(engines, FINE) == 2


class Odd(MemoryEngine):
    """An engine that raises what it is given."""

    def __init__(self, error: Exception) -> None:
        super().__init__([])
        self._error = error

    async def search(self, query: Query) -> list[Result]:
        raise self._error


async def test_an_engine_of_others_may_fail_in_its_own_words(engines: Site) -> None:
    good = MemoryEngine([LIMA])
    good.name = "good"
    made = MetaEngine([Odd(SearchError("broken")), good], settings(engines))
    found = await made.find(Query("lima"))
    assert isinstance(found, Found)
    assert found.failed == {"memory": "broken"}
    with pytest.raises(ZeroDivisionError):  # a fault in the code is not hidden
        await MetaEngine([Odd(ZeroDivisionError())], settings(engines)).find(Query("x"))
