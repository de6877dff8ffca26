"""The toolbox: built-in and other tools through one door, broken ones named and left out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from langchain_core.tools import BaseTool, tool

from tests.doubles.calls import run
from tools.errors import ToolSetupError
from tools.registry import Toolbox, builtin_names, open_registry
from tools.settings import SearchSettings, ToolSettings


def weather(city: str) -> str:
    """Tell the weather in a city.

    Args:
        city: Its name.
    """
    return f"Sun in {city}."


async def later(city: str) -> str:
    """Tell the weather of tomorrow."""
    return f"Rain in {city}."


@tool("echo")
def echo(text: str) -> str:
    """Say it again."""
    return text


async def open_toolbox(
    settings: ToolSettings, builtin: list[str] | None = None, given: Any = ()
) -> Toolbox:
    registry = await open_registry(settings, Path("/nonexistent/home"), builtin, given)
    await registry.aclose()
    return registry.toolbox


async def test_all_built_in_tools_load_without_a_setting() -> None:
    box = await open_toolbox(ToolSettings())
    assert box.names == builtin_names()
    assert [spec.name for spec in box.specs] == list(box.names)
    assert box.problems == ()
    for spec in box.specs:
        assert spec.description
        properties: dict[str, Any] = spec.parameters["properties"]
        assert all(item.get("description") for item in properties.values()), spec.name


async def test_built_in_tools_are_chosen_by_name() -> None:
    assert (await open_toolbox(ToolSettings(), ["clock", "calculator"])).names == (
        "calculator",
        "clock",
    )
    assert (await open_toolbox(ToolSettings(), [])).names == ()
    with pytest.raises(ToolSetupError) as caught:
        await open_toolbox(ToolSettings(), ["calculater", "clock"])
    assert "'calculater'" in caught.value.message
    assert "calculator, clock, convert, web_search, read_page" in caught.value.hint


async def test_functions_and_tools_are_taken_in_the_order_given() -> None:
    box = await open_toolbox(ToolSettings(), ["clock"], [weather, echo, later])
    assert box.names == ("clock", "weather", "echo", "later")
    spec = box.specs[1]
    assert spec.description == "Tell the weather in a city."
    assert spec.parameters["properties"]["city"]["description"] == "Its name."
    for name, text in (("weather", "Sun in Lima."), ("later", "Rain in Lima.")):
        found = box.get(name)
        assert found is not None
        assert (await run(found, {"city": "Lima"}, "1", ToolSettings())).output == text
    assert box.get("nothing") is None


async def test_what_cannot_be_a_tool_is_named_and_left_out() -> None:
    def silent(city: str) -> str:
        return city

    def clock() -> str:
        """Tell the time in another way."""
        return ""

    class Odd(BaseTool):
        name: str = "has spaces"
        description: str = "Odd."

        def _run(self) -> str:
            return ""

    class Blank(Odd):
        name: str = "blank"
        description: str = ""

    def untypable(thing: UnknownType) -> str:  # type: ignore[name-defined]  # noqa: F821
        """Take what nobody knows."""
        return ""

    box = await open_toolbox(
        ToolSettings(),
        ["clock"],
        [silent, clock, Odd(), Blank(), untypable, 7, weather],  # type: ignore[list-item]
    )
    assert box.names == ("clock", "weather")
    assert len(box.problems) == 6
    for problem, words in zip(
        box.problems,
        ["no docstring", "another tool has the same name", "no name that a model can call",
         "no description", "untypable was left out", "neither a tool nor a function"],
        strict=True,
    ):  # fmt: skip
        assert words in problem


async def test_a_wrong_search_setting_leaves_out_the_search_alone() -> None:
    settings = ToolSettings(search=SearchSettings(searxng_url="localhost"))
    box = await open_toolbox(settings)
    assert box.names == tuple(name for name in builtin_names() if name != "web_search")
    assert "searxng_url is 'localhost'" in box.problems[0]


def test_opening_the_toolbox_loads_no_heavy_library() -> None:
    code = (
        "import asyncio, sys; from pathlib import Path; from tools.registry import open_registry; "
        "from tools.settings import ToolSettings; "
        "asyncio.run(open_registry(ToolSettings(), Path('/nonexistent'))); "
        "print([m for m in ('ddgs', 'trafilatura', 'primp', 'lxml', 'mcp', 'pint', 'numpy') "
        "if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
