"""The wrapper around tools: whatever a tool does, the turn gets a text or a reason."""

from __future__ import annotations

import asyncio
import dataclasses
import subprocess
import sys
import threading
import time
from datetime import date
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool, InjectedToolCallId, StructuredTool, ToolException, tool
from pydantic import BaseModel, Field

from tests.doubles.calls import run
from tools.policy import Outcome
from tools.registry import as_tool
from tools.settings import ToolSettings
from tools.sources import Source

SETTINGS = ToolSettings(timeout=5.0)


async def call(item: Any, settings: ToolSettings = SETTINGS, /, **arguments: Any) -> Outcome:
    return await run(as_tool(item), arguments, "call-1", settings)


async def returned(value: Any) -> Outcome:
    async def give() -> Any:
        """Give."""
        return value

    return await call(give)


class Colour(Enum):
    RED = "red"


class Model(BaseModel):
    name: str
    size: float = 1.5


@dataclasses.dataclass
class Record:
    day: date
    path: Path


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("as it is\n", "as it is\n"),
        ("", "(empty)"),
        (None, "done"),
        (3, "3"),
        (0.5, "0.5"),
        (True, "true"),
        (float("nan"), "NaN"),
        ({"größe": [1, 2]}, '{"größe":[1,2]}'),
        ([1, "a", None], '[1,"a",null]'),
        ((1, 2), "[1,2]"),
        ({"a"}, '["a"]'),
        (Model(name="é"), '{"name":"é","size":1.5}'),
        ([Model(name="x")], '[{"name":"x","size":1.5}]'),
        (Record(date(2026, 1, 2), Path("/x")), '{"day":"2026-01-02","path":"/x"}'),
        (Colour.RED, '"red"'),
        (Decimal("0.10"), '"0.10"'),
        ([{"type": "text", "text": "one"}, {"type": "text", "text": "two"}], "one\ntwo"),
        (
            [{"type": "text", "text": "see"}, {"type": "image", "data": "…"}],
            "see\n(image left out)",
        ),
        ("broken \ud800 surrogate", "broken ? surrogate"),
    ],
)
async def test_any_value_becomes_text(value: Any, text: str) -> None:
    outcome = await returned(value)
    assert (outcome.output, outcome.error) == (text, "")


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"\x00\x01", "2 bytes, which cannot be shown as text"),
        (object(), "a object, which cannot be shown as text"),
        ({"f": lambda: 0}, "a function, which cannot be shown as text"),
    ],
)
async def test_what_cannot_be_shown_is_an_error(value: Any, reason: str) -> None:
    outcome = await returned(value)
    assert outcome.output == ""
    assert reason in outcome.error


async def test_a_value_that_contains_itself_is_an_error() -> None:
    ring: list[Any] = []
    ring.append(ring)
    assert (await returned(ring)).error


async def test_long_output_is_cut_with_a_note() -> None:
    outcome = await call(lambda_tool("word " * 4000), ToolSettings(output_chars=1000))
    assert outcome.output.endswith("… 19,001 characters left out")
    assert outcome.output.startswith("word word")
    assert len(outcome.output) < 1050


def lambda_tool(value: Any) -> BaseTool:
    def give() -> Any:
        """Give."""
        return value

    return as_tool(give)


async def test_sources_are_taken_from_the_artifact() -> None:
    source = Source("Title", "https://example.org/", "text")

    @tool(response_format="content_and_artifact")
    def look() -> tuple[str, list[Any]]:
        """Look."""
        return "seen", [source, {"url": "https://b.example/", "title": "B", "content": "c"}, 7]

    outcome = await call(look)
    assert outcome.output == "seen"
    assert outcome.sources == (source, Source("B", "https://b.example/", "c"))


async def test_a_tool_that_forgets_its_artifact_is_told_of_plainly() -> None:
    @tool(response_format="content_and_artifact")
    def look() -> str:
        """Look."""
        return "seen"

    assert "content and artifact" in (await call(look)).error


@tool
def order(dish: str, count: int, size: Literal["small", "large"] = "small") -> str:
    """Order a dish."""
    return f"{count} {size} {dish}"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "`dish` is missing; `count` is missing"),
        ({"dish": "soup"}, "`count` is missing"),
        ({"dish": "soup", "count": "many"}, "`count` was 'many'"),
        ({"dish": "soup", "count": 1.5}, "`count` was 1.5"),
        ({"dish": "soup", "count": float("nan")}, "`count` was nan"),
        ({"dish": None, "count": 1}, "`dish` was None"),
        ({"dish": ["soup"], "count": 1}, "`dish` was ['soup']"),
        ({"dish": "x" * 10, "count": "y" * 9999}, "…"),
        ({"dish": "soup", "count": 1, "size": "huge"}, "`size` was 'huge'"),
    ],
)
async def test_wrong_arguments_are_told_with_the_right_ones(
    arguments: dict[str, Any], message: str
) -> None:
    outcome = await run(order, arguments, "1", SETTINGS)
    assert message in outcome.error
    assert outcome.error.startswith("Wrong arguments for order: ")
    assert "It takes `dish` (string), `count` (integer), `size` (one of small, large" in (
        outcome.error
    )
    assert len(outcome.error) < 900


async def test_defaults_are_kept_and_arguments_coerced() -> None:
    assert (
        await run(order, {"dish": "soup", "count": "2"}, "1", SETTINGS)
    ).output == "2 small soup"


@pytest.mark.parametrize(
    ("raised", "message"),
    [
        (
            ToolException("The shop is closed. Ask for another."),
            "The shop is closed. Ask for another.",
        ),
        (ValueError("bad\n  thing"), "work failed: ValueError: bad thing"),
        (KeyError("k"), "work failed: KeyError: 'k'"),
        (RuntimeError(), "work failed: RuntimeError"),
        (StopIteration(3), "work failed: RuntimeError: "),
        (AssertionError("no"), "work failed: AssertionError: no"),
        (ExceptionGroup("many", [OSError("disk")]), "work failed: OSError: disk"),
        (RecursionError("deep"), "work failed: RecursionError: deep"),
        (SystemExit(2), "work tried to end the program"),
        (ValueError("x" * 99_999), "characters left out"),
    ],
)
@pytest.mark.parametrize("kind", ["sync", "async", "framed"])
async def test_an_exception_becomes_an_error(
    raised: BaseException, message: str, kind: str
) -> None:
    def work() -> str:
        """Work."""
        raise raised

    async def work_later() -> str:
        """Work."""
        raise raised

    class Framed(BaseTool):
        name: str = "work"
        description: str = "Work."

        def _run(self) -> str:
            raise raised

    made: dict[str, Any] = {"sync": work, "framed": Framed()}
    item = made.get(kind) or StructuredTool.from_function(coroutine=work_later, name="work")
    outcome = await call(item)
    assert message in outcome.error
    assert "\n" not in outcome.error.split("\n… ")[0]
    assert len(outcome.error) < 900


async def test_an_async_tool_is_stopped_when_its_time_is_up() -> None:
    stopped = asyncio.Event()

    async def sleep() -> str:
        """Sleep."""
        try:
            await asyncio.sleep(60)
        finally:
            stopped.set()
        return "late"

    outcome = await call(sleep, ToolSettings(timeout=0.05))
    assert outcome.error.startswith("sleep had no answer after 0.05 seconds and was given up.")
    assert stopped.is_set()
    assert 0.05 <= outcome.seconds < 2


async def test_a_blocking_tool_is_left_behind_when_its_time_is_up() -> None:
    release = threading.Event()

    def block() -> str:
        """Block."""
        release.wait(20)
        return "late"

    outcome = await call(block, ToolSettings(timeout=0.05))
    release.set()
    assert "may still be running" in outcome.error
    assert outcome.seconds < 2


def test_a_tool_that_hangs_does_not_hold_up_the_programs_end() -> None:
    code = (
        "import asyncio, time\n"
        "from tests.doubles.calls import run\n"
        "from tools.settings import ToolSettings\n"
        "def hang():\n"
        "    'Hang.'\n"
        "    time.sleep(60)\n"
        "print(asyncio.run(run(hang, {}, '1', ToolSettings(timeout=0.05))).error)\n"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    assert "may still be running" in done.stdout


async def test_a_tool_that_will_not_be_cancelled_is_left_behind() -> None:
    release = asyncio.Event()

    async def stubborn() -> str:
        """Stay."""
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue
        return "late"

    outcome = await call(stubborn, ToolSettings(timeout=0.05))
    assert "given up" in outcome.error
    assert outcome.seconds < 2
    release.set()
    await asyncio.sleep(0)


async def test_a_tool_that_is_cancelled_from_within_is_an_error() -> None:
    async def fall() -> str:
        """Fall."""
        raise asyncio.CancelledError

    assert "broke off" in (await call(fall)).error


async def test_cancelling_the_turn_cancels_the_tool() -> None:
    started, stopped = asyncio.Event(), asyncio.Event()

    async def sleep() -> str:
        """Sleep."""
        started.set()
        try:
            await asyncio.sleep(60)
        finally:
            stopped.set()
        return "late"

    task = asyncio.create_task(call(sleep))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(stopped.wait(), 1)


async def test_blocking_tools_run_side_by_side_however_many() -> None:
    everybody = threading.Barrier(20, timeout=10)

    def meet() -> str:
        """Meet the others."""
        everybody.wait()
        return "met"

    outcomes = await asyncio.gather(*(call(meet) for _ in range(20)))
    assert {outcome.output for outcome in outcomes} == {"met"}


async def test_the_loop_stays_free_while_a_tool_blocks() -> None:
    def block() -> str:
        """Block."""
        time.sleep(0.2)
        return "done"

    task = asyncio.create_task(call(block))
    beats = 0
    while not task.done():
        beats += 1
        await asyncio.sleep(0.01)
    assert beats >= 5


class Arguments(BaseModel):
    amount: int = Field(description="How many")


class OwnTool(BaseTool):
    name: str = "own"
    description: str = "Own."
    args_schema: Any = Arguments

    def _run(self, amount: int) -> str:
        return f"sync {amount}"


class OwnAsyncTool(OwnTool):
    async def _arun(self, amount: int) -> str:
        return f"async {amount}"


async def test_tool_classes_work_with_and_without_an_async_method() -> None:
    assert (await call(OwnTool(), amount=2)).output == "sync 2"
    assert (await call(OwnAsyncTool(), amount="3")).output == "async 3"
    assert "`amount` is missing" in (await call(OwnAsyncTool())).error


async def test_a_tool_with_a_json_schema_is_called_with_what_was_given() -> None:
    async def remote(**arguments: Any) -> Any:
        return arguments

    made = StructuredTool(
        name="remote",
        description="Remote.",
        coroutine=remote,
        args_schema={"type": "object", "properties": {"q": {"type": "string"}}},
    )
    assert (await call(made, q="x", n=1)).output == '{"q":"x","n":1}'


async def test_injected_arguments_are_given() -> None:
    @tool
    def who(call_id: Annotated[str, InjectedToolCallId], config: RunnableConfig) -> str:
        """Say who called."""
        return f"{call_id} {type(config).__name__}"

    assert (await call(who)).output == "call-1 dict"


async def test_a_tools_own_handling_of_errors_is_used() -> None:
    @tool
    def fussy() -> str:
        """Fuss."""
        raise ToolException("raw")

    fussy.handle_tool_error = "Try the other shop."
    outcome = await call(fussy)
    assert (outcome.output, outcome.error) == ("", "Try the other shop.")


async def test_a_function_that_hands_on_a_coroutine_is_awaited() -> None:
    async def inner() -> str:
        return "inner"

    def outer() -> Any:
        """Hand on."""
        return inner()

    assert (await call(outer)).output == "inner"
