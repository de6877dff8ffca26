"""From the start of a search to the first token of the answer, beside the critical path.

The search and every page of a small web on loopback take 300 ms. A model that answers at once
searches, where that is left to it, and then answers, so that all of the way is measured that is
not the model's. The critical path is one search and then five pages side by side, with plain
httpx, in turn with it. Every run asks other words and finds other pages, so that no cache helps.
"""

from __future__ import annotations

import asyncio
import json
import math
import random
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from agent.assistant import Assistant, open_assistant
from agent.events import StepStarted, TextDelta
from agent.models.base import Message, RawCall
from agent.models.scripted import ScriptedModel, Step, calls, say
from agent.settings import Settings
from evals.bench.result import Row
from evals.web import Document, Web, open_web

if TYPE_CHECKING:
    import httpx

DELAY = 0.3
PAGES = 5
PARAGRAPHS = 20
RUNS = 10
SEARCH = "web_search"
ANSWER = "It is in a valley, as the page says [1]."
_PLACES = ("Arvel", "Bosham", "Cerrin", "Dunmore", "Elvaston", "Farrow", "Galdera", "Hestin")
_KINDS = ("bridge", "lighthouse", "mill", "harbour", "library")
_WHO = ("An engineer", "The council", "A miller", "The widow", "A painter", "The guild", "A crew")
_DID = ("measured", "repaired", "drew", "sold", "described", "insured", "praised", "rebuilt")
_WHAT = ("the gate", "a stair", "the roof", "old stones", "a ledger", "the lamp", "two boats")
_WHEN = ("in spring", "after the flood", "before the war", "for a year", "by night", "at last")


async def measure(runs: int = RUNS) -> list[Row]:
    """Return p50 and p95 for pages of five hosts and of one, with the critical path beside them.

    Args:
        runs: Searches that count; one more goes before them.
    """
    return [await _on(hosts, runs) for hosts in (PAGES, 1)]


async def _on(hosts: int, runs: int) -> Row:
    """Measure with the pages spread over so many hosts, which count as hosts."""
    import httpx

    topics = [f"{_PLACES[at % len(_PLACES)]}{'abcdefgh'[at // 8 % 8]}" for at in range(runs + 1)]
    documents = [page(topic, number) for topic in topics for number in range(PAGES)]
    ours: list[float] = []
    paths: list[float] = []
    read: list[int] = []
    searches: list[int] = []
    with tempfile.TemporaryDirectory() as home:
        async with (
            open_web(documents, delay=DELAY, hosts=hosts) as web,
            open_assistant(settings(web, Path(home)), model=model(topics)) as assistant,
            httpx.AsyncClient(trust_env=False) as http,
        ):
            for topic in topics:
                paths.append(await critical_path(http, web, topic))
                web.asked.clear()
                ours.append(await first_token(assistant, topic))
                read.append(sum(target[1:2].isdigit() for target in web.asked))
                searches.append(sum(target.startswith("/search") for target in web.asked))
    counts = {"searches": statistics.mean(searches[1:]), "pages read": statistics.mean(read[1:])}
    return _row(hosts, ours[1:], paths[1:], counts)


def settings(web: Web, home: Path) -> Settings:
    """Return settings with nothing but search and page reading, for a web."""
    return Settings(home=home, builtin_tools=(SEARCH, "read_page"), tools=web.settings())


def model(topics: Sequence[str]) -> ScriptedModel:
    """Return a model that searches where it is asked what to do, and answers from what was found.

    Where sources are put before it, its answer has the form that is asked for then.
    """
    steps: list[Step] = [
        calls(RawCall(SEARCH, {"query": query(topic)}), match=_decides) for topic in topics
    ]
    found = {"sources": [1], "answered": "yes", "answer": ANSWER}
    return ScriptedModel(
        [
            say("yes", match=_judged, repeat=True),
            say(json.dumps(found), match=_grounded, repeat=True),
            *steps,
            say(ANSWER, repeat=True),
        ]
    )


def _judged(messages: Sequence[Message]) -> bool:
    return messages[-1]["content"].startswith("Passage")


def _grounded(messages: Sequence[Message]) -> bool:
    return messages[-1]["role"] == "user" and messages[-1]["content"].startswith("Sources")


def _decides(messages: Sequence[Message]) -> bool:
    return messages[-1]["role"] == "user"


def query(topic: str) -> str:
    """Return a question that only the topic's pages share a word with."""
    return f"Where is {topic}?"


def page(topic: str, number: int) -> Document:
    """Write a page of several KB about a topic."""
    draw = random.Random(f"{topic} {number}")  # noqa: S311 - a draw of words is no secret
    thing = _KINDS[number % len(_KINDS)]

    def sentence() -> str:
        parts = [draw.choice(words) for words in (_WHO, _DID, _WHAT, _WHEN)]
        return f"{' '.join(parts)}, {draw.randrange(2, 90)} times."

    lines = [f"The {thing} of {topic} is in valley {draw.randrange(2, 90)}."]
    lines += [" ".join(sentence() for _ in range(5)) for _ in range(PARAGRAPHS - 1)]
    return Document(f"The {thing} of {topic}", "\n".join(lines))


async def first_token(assistant: Assistant, topic: str) -> float:
    """Return the seconds from the start of the search to the first piece of the answer."""
    began = 0.0
    took = math.nan
    async for event in assistant.stream(query(topic), user_id="bench", thread_id=topic):
        if isinstance(event, StepStarted) and event.name == SEARCH:
            began = time.perf_counter()
        elif isinstance(event, TextDelta) and began and math.isnan(took):
            took = time.perf_counter() - began
    return took


async def critical_path(http: httpx.AsyncClient, web: Web, topic: str) -> float:
    """Return the seconds of one search and of the pages that it finds, side by side."""
    began = time.perf_counter()
    asked = {"q": query(topic), "format": "json"}
    found = (await http.get(f"{web.searxng_url}/search", params=asked)).json()["results"][:PAGES]
    await asyncio.gather(*(http.get(one["url"]) for one in found))
    return time.perf_counter() - began


def _row(
    hosts: int, ours: Sequence[float], paths: Sequence[float], counts: Mapping[str, float]
) -> Row:
    more = [own - path for own, path in zip(ours, paths, strict=True)]
    middle, reference = statistics.median(ours), statistics.median(paths)
    return Row(
        bench="latency",
        case=f"search and {PAGES} pages of {hosts} host{'s' * (hosts > 1)}, {DELAY:g} s each",
        items=len(ours),
        values={
            "p50 s": middle,
            "p95 s": _p95(ours),
            "path p50 s": reference,
            "path p95 s": _p95(paths),
            "more p50 s": statistics.median(more),
            "more p95 s": _p95(more),
            "ratio p50": middle / reference,
            **counts,
        },
    )


def _p95(values: Sequence[float]) -> float:
    """Return the 95th percentile by nearest rank."""
    return sorted(values)[math.ceil(0.95 * len(values)) - 1]
