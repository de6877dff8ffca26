"""Writes a new tool: a working example with its own test and its own evaluation case."""

from __future__ import annotations

import json
import keyword
import sys
from collections.abc import Collection
from pathlib import Path

from tools.errors import ToolSetupError

_SHADOWS = frozenset((*sys.stdlib_module_names, "agent", "tools", "memory", "ui", "evals"))
"""Names of modules that a file in the folder would hide from its test."""

TOOL = '''"""The tool {name}: change everything below to what you need."""

# What the tool may do: reads, writes, runs_code, spends or sends. Everything but reads asks first.
POLICY = {{
    "{name}": {{
        "risk": "reads",
        "cache_seconds": 60,
        "examples": ["How many llamas are there?", "Have we got any alpacas?"],
    }}
}}

_NUMBERS = {{"llama": 12, "alpaca": 7, "mule": 3}}


def {name}(animal: str) -> str:
    """Tell how many animals of a kind there are. Use it for every question about their number.

    Args:
        animal: The kind, in the singular, such as "llama".
    """
    number = _NUMBERS.get(animal.strip().lower().removesuffix("s"))
    if number is None:
        # What is raised is told to the model: say what was wrong, and what would be right.
        raise ValueError(f"There is no {{animal!r}}. There are: {{', '.join(_NUMBERS)}}.")
    return f"There are {{number}} of the kind {{animal}}."
'''
TEST = '''"""Tests the tool {name}: run `pytest` in this folder."""

import asyncio
import tempfile
from pathlib import Path

from agent.assistant import open_assistant
from agent.models.scripted import ScriptedModel, call, say
from agent.settings import Settings

FOLDER = Path(__file__).parent


def turn_of(*steps):
    """Run one turn whose model follows a script, with the tools of this folder."""

    async def run():
        with tempfile.TemporaryDirectory() as home:
            settings = Settings(home=home, builtin_tools=(), tools={{"folder": FOLDER}})
            async with open_assistant(settings, model=ScriptedModel(list(steps))) as assistant:
                return await assistant.ask("How many?", user_id="test", thread_id="t")

    return asyncio.run(run())


def test_it_tells_the_number():
    turn = turn_of(call("{name}", animal="llama"), say("Twelve."))
    assert turn.steps[0].output == "There are 12 of the kind llama."


def test_it_says_what_there_is_instead():
    turn = turn_of(call("{name}", animal="camel"), say("There are none."))
    assert "llama, alpaca, mule" in turn.steps[0].error
'''
CASE = {
    "cases": [
        {
            "request": "How many llamas are there?",
            "tool": "{name}",
            "arguments": {"animal": "llama"},
        }
    ]
}


def write_tool(
    name: str, folder: Path, *, force: bool = False, taken: Collection[str] = ()
) -> tuple[str, list[Path]]:
    """Write a tool, its test and its evaluation case; return the tool's name and the files.

    Args:
        name: The files' name, and the tool's unless that is taken.
        folder: Where to write; made where it is missing.
        force: Replace files that are there.
        taken: Names of other tools.

    Raises:
        ToolSetupError: The name is none for a function, or a file is there already.
    """
    if not name.isidentifier() or keyword.iskeyword(name) or name.startswith(("_", "test_")):
        raise ToolSetupError(
            f"{name!r} is no name for a tool.",
            "Use letters, digits and _, such as stock_level, and no word of Python's own.",
        )
    if name in _SHADOWS:
        raise ToolSetupError(
            f"{name!r} is no name for a tool's file: a module that others import has it.",
            f"Choose another, such as my_{name}.",
        )
    tool = f"my_{name}" if name in taken else name
    texts = {
        folder / f"{name}.py": TOOL.format(name=tool),
        folder / f"test_{name}.py": TEST.format(name=tool),
        folder / f"{name}.eval.json": json.dumps(CASE, indent=2).replace("{name}", tool) + "\n",
    }
    there = [path.name for path in texts if path.exists()]
    if there and not force:
        raise ToolSetupError(
            f"{', '.join(there)} is there already in {folder}.",
            "Choose another name, or replace it with --force.",
        )
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
    return tool, list(texts)
