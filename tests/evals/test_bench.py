"""The benchmarks' own arithmetic, storage and servers."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from agent.models.base import Chunk, EndChunk, ModelRequest, Usage
from agent.models.scripted import ScriptedModel, say
from evals.bench import overhead, prefix
from evals.bench.__main__ import main
from evals.bench.instant import running
from evals.bench.recorder import Recorder
from evals.bench.replies import CachedModel
from evals.bench.result import Row, keep, show, wilson

REQUEST = ModelRequest(messages=[{"role": "user", "content": "hello"}])


def test_wilsons_interval_is_the_published_one() -> None:
    # Newcombe 1998, table I: 81 of 263.
    low, high = wilson(81, 263)
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(30, 30)[1] == pytest.approx(1.0)


def test_reuse_is_measured_against_what_the_call_before_left() -> None:
    calls = [
        Usage(calls=1, prompt_tokens=1000, completion_tokens=20),
        Usage(calls=1, prompt_tokens=1100, cached_tokens=1020, completion_tokens=30),
        Usage(calls=1, prompt_tokens=1200, cached_tokens=565),
    ]
    row = prefix.row(calls, "case")
    assert row.values["reusable tokens"] == 1020 + 1130
    assert row.values["reused share"] == pytest.approx((1020 + 565) / (1020 + 1130))


async def gather(model: CachedModel | Recorder) -> list[Chunk]:
    return [chunk async for chunk in model.stream(REQUEST)]


async def test_a_reply_is_asked_for_once_and_then_replayed(tmp_path: Path) -> None:
    inner = ScriptedModel([say("Good morning to you all.")])
    model = CachedModel(inner, tmp_path)
    first = await gather(model)
    assert await gather(model) == first
    assert len(inner.requests) == 1


async def test_a_reply_that_was_cut_off_is_not_kept_but_its_cost_is_noted(tmp_path: Path) -> None:
    inner = ScriptedModel([say("Good morning to you all."), say("Good morning.")])
    recorder = Recorder(CachedModel(inner, tmp_path))
    stream = recorder.stream(REQUEST)
    await anext(stream)
    await stream.aclose()
    assert list(tmp_path.iterdir()) == []  # noqa: ASYNC240
    chunks = await gather(recorder)
    assert isinstance(chunks[-1], EndChunk)
    assert recorder.calls == [chunks[-1].usage]


async def test_both_agents_are_measured_on_the_same_instant_server() -> None:
    rows = await overhead.measure(turns=2)
    assert {row.case.split(": ")[0] for row in rows} == {"plain", "three tools"}
    reference = next(row for row in rows if row.case == "plain: create_agent, stored")
    assert reference.values["p50 ratio"] == 1.0
    assert all(row.values["p50 ms"] > 0 for row in rows)


def test_the_instant_server_answers_in_its_own_process() -> None:
    import httpx

    with running() as url:
        body = {"messages": [{"role": "user", "content": "add three times"}]}
        message = httpx.post(f"{url}/chat/completions", json=body, trust_env=False).json()
        assert len(message["choices"][0]["message"]["tool_calls"]) == 3
        assert httpx.get(f"{url}/models", trust_env=False).status_code == 404


def test_rows_are_shown_and_kept_line_by_line(tmp_path: Path) -> None:
    row = Row("bench", "a case", 30, {"solved": 0.9667})
    out = io.StringIO()
    show([row], Console(file=out, width=80))
    assert "0.967" in out.getvalue()
    path = tmp_path / "results" / "history.jsonl"
    keep([row], path)
    keep([row], path)
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [record["values"] for record in records] == [{"solved": 0.9667}] * 2


def test_an_unknown_benchmark_is_refused_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["speling"])
    assert caught.value.code == 2
    assert "startup, overhead, prefix, selection" in capsys.readouterr().err
