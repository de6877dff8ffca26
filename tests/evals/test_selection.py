"""The benchmark of tool choice: its data, its arithmetic, and the share that is promised."""

from __future__ import annotations

import json
import re

import pytest

from evals.bench import selection
from evals.bench.selection import Alike, Request, catalogue, place, requests
from memory.embeddings import open_embedder
from tools.select import ToolIndex


def plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def test_there_are_200_tools_and_two_requests_for_each() -> None:
    known, asked = catalogue(), requests()
    names = [spec.name for spec, _ in known]
    assert len(names) == len(set(names)) == 200
    single = [one.tools[0] for one in asked if len(one.tools) == 1]
    assert len(single) >= 400
    assert all(single.count(name) >= 2 for name in names)
    assert {name for one in asked for name in one.tools} == set(names)


def test_no_request_is_one_of_the_examples() -> None:
    examples = {plain(text) for _, several in catalogue() for text in several}
    assert not [one.text for one in requests() if plain(one.text) in examples]
    texts = [plain(one.text) for one in requests()]
    assert len(texts) == len(set(texts))


def test_about_half_of_the_requests_are_held_back() -> None:
    share = sum(one.held_back for one in requests()) / len(requests())
    assert 0.4 < share < 0.6


def test_less_of_a_tool_can_be_kept() -> None:
    assert all(len(examples) == 2 for _, examples in catalogue(examples=2))
    with_some = [bool(examples) for _, examples in catalogue(every=2)]
    assert with_some == [True, False] * 100
    assert all("Use it" not in spec.description for spec, _ in catalogue(use=False))
    json.dumps([spec.parameters for spec, _ in catalogue()])


def test_the_place_of_a_request_is_that_of_its_last_tool() -> None:
    index = ToolIndex(open_embedder("hashed"))
    index.update(catalogue()[:20])
    ranked = index.rank("when does it get dark", 20)
    asked = Request("when does it get dark", (ranked[3], ranked[7]))
    assert place(index, asked, 20) == 7


def test_without_meaning_only_words_count() -> None:
    index = ToolIndex(Alike())
    index.update(catalogue())
    assert index.rank("sunrise and sunset", 1) == ["sun_times"]


def test_the_right_tool_is_among_ten_for_95_of_100_held_back_requests() -> None:
    index = ToolIndex(open_embedder())
    index.update(catalogue())
    asked = [one for one in requests() if one.held_back and len(one.tools) == 1]
    places = [place(index, one, 200) for one in asked]
    assert len(asked) >= 200
    assert sum(at < 10 for at in places) / len(places) >= 0.95
    assert sum(at < 8 for at in places) / len(places) >= 0.93


def test_the_pool_of_the_leaderboard_holds_the_right_function_of_each_question() -> None:
    pytest.importorskip("bfcl_eval")
    known, asked = selection.leaderboard(50, seed=3)
    names = {spec.name for spec, _ in known}
    assert len(names) == 50
    assert asked
    assert all(set(one.tools) <= names for one in asked)
