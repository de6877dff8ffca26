"""Several turns with stateful tools: the contestants' ground, played by a script."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from langchain_core.messages import AIMessage

from agent.models.scripted import ScriptedModel, Step, call, say
from evals.bench.bfcl_data import development, sample
from evals.bench.bfcl_multi import BATCH, STEPS, Played, _batches, arriero, play
from evals.bench.bfcl_world import World
from evals.bench.instant import running
from evals.bench.kept_http import KeptReplies
from evals.bench.read_back import read_back
from tools.spec import ToolSpec

ITEMS = 4


@pytest.fixture(scope="module")
def items() -> list[dict[str, Any]]:
    pytest.importorskip("bfcl_eval", reason="make bench installs it")
    return sample("multi_turn_base", ITEMS, seed=1)


def truth(item: dict[str, Any]) -> list[Step]:
    """Script the ground truth, a call at a time."""
    script: list[Step] = []
    for turn in item["answer"]:
        for text in turn:
            parsed: Any = ast.parse(text, mode="eval").body
            given = {one.arg: ast.literal_eval(one.value) for one in parsed.keywords}
            script.append(call(parsed.func.id, **given))
        script.append(say("That is done."))
    return script


async def run(item: dict[str, Any], script: list[Step], home: Path, *, whole: bool) -> Played:
    return await play(item, arriero(ScriptedModel(script), home), whole=whole)


async def test_the_ground_truth_is_right(items: list[dict[str, Any]], tmp_path: Path) -> None:
    for item in items:
        played = await run(item, truth(item), tmp_path, whole=False)
        assert (played.kind, played.right) == ("", True), played.trace[-1]
        assert played.passed == played.turns
        assert played.calls == sum(len(turn) for turn in item["answer"])


async def test_doing_nothing_is_wrong(items: list[dict[str, Any]], tmp_path: Path) -> None:
    for item in items:
        script = [say("That is done.", repeat=True)]
        played = await run(item, script, tmp_path, whole=False)
        assert (played.right, played.passed, len(played.checked)) == (False, 0, 1)
        assert played.kind == "empty_turn_model_response"


async def test_a_turn_that_failed_fails_the_item_though_the_rest_is_right(
    items: list[dict[str, Any]], tmp_path: Path
) -> None:
    item = next(item for item in items if len(item["answer"]) > 1)
    left_out = [say("That is done."), *truth({"answer": item["answer"][1:]})]
    played = await run(item, left_out, tmp_path, whole=True)
    assert (played.right, played.passed, len(played.checked)) == (False, 0, played.turns)


async def test_more_steps_than_allowed_fail_the_item(
    items: list[dict[str, Any]], tmp_path: Path
) -> None:
    item = next(item for item in items if "TravelAPI" in item["involved_classes"])
    script = [
        call("compute_exchange_rate", base_currency="USD", target_currency="RMB", value=value)
        for value in range(STEPS + 1)
    ]
    played = await run(item, [*script, say("Enough.")], tmp_path, whole=True)
    assert (played.kind, played.right, len(played.checked)) == ("step_limit", False, 1)


def test_only_names_reach_the_executor(items: list[dict[str, Any]]) -> None:
    world = World(items[0])
    world.begin()
    (tool, *_) = world.tools()
    answer = world._call(tool.name, {"x=print(1) or y": 1})
    assert "not the name of an argument" in answer
    assert world.turns == [[]]


async def test_a_servers_reply_is_fetched_once(tmp_path: Path) -> None:
    body = {"messages": [{"role": "user", "content": "add three times"}]}
    texts = []
    with running() as url:
        for address in (url, "http://127.0.0.1:9/v1"):
            kept = KeptReplies(httpx.AsyncHTTPTransport(), tmp_path, "model")
            async with httpx.AsyncClient(transport=kept) as http:
                reply = await http.post(f"{address}/chat/completions", json=body)
            texts.append(json.dumps(reply.json()))
            assert [cost.calls for cost in kept.calls] == [1]
    assert texts[0] == texts[1]


def test_items_of_the_development_are_held_out() -> None:
    pytest.importorskip("bfcl_eval", reason="make bench installs it")
    known = development("multi_turn_base", 16)
    assert known >= {item["id"] for item in sample("multi_turn_base", 11, seed=1)}
    others = sample("multi_turn_base", 60, seed=2, without=known)
    assert len(others) == 60
    assert not known & {item["id"] for item in others}


def test_every_set_of_tools_has_its_turn_before_one_comes_again() -> None:
    items = [{"id": at, "involved_classes": ["A"]} for at in range(BATCH + 1)]
    items.insert(1, {"id": 9, "involved_classes": ["B"]})
    batches = [[item["id"] for item in batch] for batch in _batches(items)]
    assert batches == [[*range(BATCH)], [9], [BATCH]]


def test_a_call_that_was_written_as_text_is_read_back() -> None:
    water = ToolSpec(
        "water",
        "Water a bed.",
        {"type": "object", "properties": {"bed": {"type": "string"}}, "required": ["bed"]},
    )
    text = '```json\n{"name": "water", "arguments": {"bed": "roses"}}\n```'
    (made,) = read_back(AIMessage(text), [water], 2).tool_calls
    assert made["type"] == "tool_call"
    assert (made["name"], made["args"], made["id"]) == ("water", {"bed": "roses"}, "read_2_0")
    assert read_back(AIMessage("All is done."), [water], 2).content == "All is done."
