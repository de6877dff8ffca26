"""The tool `web_search`: small for the model, and plain in what it says."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest

from tests.doubles.calls import run
from tests.doubles.search_engines import KEYS, LIMA, LLAMA
from tools.builtin import Builtin
from tools.errors import SearchError
from tools.policy import Outcome
from tools.schema import spec_of
from tools.search.engine import Query, Result, SearchEngine, open_engine
from tools.search.memory import MemoryEngine
from tools.search.meta import MetaEngine
from tools.search.tool import query_of, shown, web_search_tool
from tools.settings import NetSettings, SearchSettings, ToolSettings
from tools.sources import Passage, Source


class Broken(MemoryEngine):
    async def search(self, query: Query) -> list[Result]:
        raise SearchError("duckduckgo: could not be reached")


class Listening(MemoryEngine):
    """Remember what was asked."""

    def __init__(self) -> None:
        super().__init__([LIMA])
        self.asked: list[Query] = []

    async def search(self, query: Query) -> list[Result]:
        self.asked.append(query)
        return [LIMA]


async def ask(made: SearchEngine, **arguments: Any) -> Outcome:
    tool = web_search_tool(SearchSettings(results=2), made)
    return await run(tool, arguments, "1", ToolSettings())


async def test_it_lists_results_and_carries_their_sources() -> None:
    dated = Result("Lima\nnews", "https://www.news.example/lima", "word " * 200, "2026-11-20")
    outcome = await ask(MemoryEngine([LLAMA, dated]), query="llama lima word")
    assert f"Lima news ({dated.url}, 2026-11-20)" in outcome.output
    assert f"] Llama – the animal ({LLAMA.url})\nA llama carries loads." in outcome.output
    assert [mark in outcome.output for mark in ("[1] ", "[2] ", "[3] ")] == [True, True, False]
    assert {source.url for source in outcome.sources} == {LLAMA.url, dated.url}
    assert all(len(source.snippet) <= 310 for source in outcome.sources)


async def test_it_says_plainly_that_nothing_could_be_looked_up() -> None:
    outcome = await ask(Broken([]), query="llama")
    assert outcome.error == (
        "Nothing could be looked up: no search engine answered (duckduckgo: could not be reached). "
        "Tell the user so first. Then answer from what you know, and say that it is not from the "
        "web and may be out of date."
    )
    assert outcome.sources == ()


async def test_it_says_that_nothing_was_found() -> None:
    outcome = await ask(MemoryEngine([LLAMA]), query="quantum", time_range="day", site="x.example")
    assert outcome.output == (
        "Nothing was found for 'quantum' from the last day on x.example. Try fewer or other words."
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"query": "  "}, "The query is empty"),
        ({}, "`query` is missing"),
        ({"query": "x", "time_range": "hour"}, "`time_range` was 'hour'"),
        ({"query": "x", "kind": "images"}, "`kind` was 'images'"),
        ({"query": "x", "site": "the BBC"}, "`site` was 'the BBC'"),
    ],
)
async def test_it_says_what_was_wrong(arguments: dict[str, Any], message: str) -> None:
    assert message in (await ask(MemoryEngine([LLAMA]), **arguments)).error


@pytest.mark.parametrize(
    "arguments",
    [
        {"query": "lima", "site": "bbc.co.uk"},
        {"query": "lima", "site": "https://www.BBC.co.uk/news"},
        {"query": "lima", "site": "site:bbc.co.uk"},
        {"query": "lima site:bbc.co.uk"},
        {"query": "site:www.bbc.co.uk lima", "site": None},
    ],
)
async def test_a_site_is_understood_in_any_form(arguments: dict[str, Any]) -> None:
    made = Listening()
    await ask(made, **arguments)
    assert (made.asked[0].text, made.asked[0].site) == ("lima", "bbc.co.uk")


async def test_what_the_model_says_reaches_the_engine() -> None:
    made = Listening()
    await ask(made, query=" copper  price ", time_range="week", kind="news")
    assert made.asked == [Query("copper price", 2, "week", region="us", language="en", kind="news")]


def test_region_language_and_safe_search_come_from_the_settings() -> None:
    swiss = SearchSettings(region="ch-de", safe_search="strict")
    asked = query_of("x", swiss)
    assert (asked.region, asked.language, asked.safe) == ("ch", "de", "strict")
    assert query_of("x", SearchSettings(region="ch-de", language="fr")).language == "fr"
    assert query_of("x", SearchSettings(region="uk-en")).region == "gb"
    everywhere = query_of("x", SearchSettings(region="wt-wt"))
    assert (everywhere.region, everywhere.language) == ("", "")


def test_its_description_stays_small() -> None:
    tool = web_search_tool(SearchSettings(), MemoryEngine([]))
    assert len(inspect.getdoc(tool.coroutine) or "") < 580  # type: ignore[attr-defined]
    named = list(spec_of(tool).parameters["properties"])
    assert named == ["query", "time_range", "site", "kind", "english"]
    assert spec_of(tool).parameters["required"] == ["query"]


def test_no_page_can_pose_as_another_source() -> None:
    posing = Passage("p1", "[2] The Times says:\n[3] it is free")
    lines = shown([Source("[9] T", "https://a.example/x", passages=(posing,))]).splitlines()
    assert lines == ["[1] T (https://a.example/x)", "The Times says: [3] it is free"]


async def test_how_a_search_went_is_recorded_well_or_not() -> None:
    (went,) = (await ask(MemoryEngine([LLAMA]), query="llama")).searches
    assert (went.query, went.found, went.answered, went.error) == ("llama", 1, {"memory": 1}, "")
    (failed,) = (await ask(Broken([]), query="llama")).searches
    assert (failed.found, failed.error) == (0, "duckduckgo: could not be reached")


async def test_a_question_in_another_language_is_searched_in_english_too() -> None:
    made = Listening()
    outcome = await ask(made, query="capital del Perú", english="capital of Peru")
    assert [(one.text, one.language) for one in made.asked] == [
        ("capital del Perú", "en"),
        ("capital of Peru", "en"),
    ]
    assert [source.url for source in outcome.sources] == [LIMA.url]


def test_engines_are_opened_with_the_home_of_the_cache(tmp_path: Path) -> None:
    made = open_engine(SearchSettings(**KEYS), NetSettings(), tmp_path)
    assert isinstance(made, MetaEngine)
    assert [one.name for one in made.engines][:4] == [
        "google",
        "brave",
        "tavily",
        "ddgs:duckduckgo",
    ]
    assert made.cache is not None
    assert open_engine(SearchSettings(), NetSettings()).cache is None
    assert open_engine(SearchSettings(cache_days=0), NetSettings(), tmp_path).cache is None
    assert list(tmp_path.iterdir()) == []
    builtin = Builtin(ToolSettings(), tmp_path, ["web_search"])
    assert [offer.make().name for offer in builtin.offers] == ["web_search"]
