"""The items of the Berkeley Function-Calling Leaderboard, and its package without its SDKs."""

from __future__ import annotations

import importlib.util
import json
import random
import sys
from collections.abc import Container, Iterable, Sequence
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from agent.errors import MissingExtra


def sample(
    category: str, items: int, seed: int, *, without: Container[str] = ()
) -> list[dict[str, Any]]:
    """Draw items of a category, with their ground truth under `answer`.

    Args:
        category: The category.
        items: Items to draw.
        seed: Seed of the draw.
        without: Names of items to leave out.
    """
    base = folder()
    (path,) = base.glob(f"BFCL_v[0-9]_{category}.json")
    found = [item for item in lines(path) if item["id"] not in without]
    truth = base / "possible_answer" / path.name
    answers = {a["id"]: a["ground_truth"] for a in lines(truth)} if truth.exists() else {}
    for item in found:
        item["answer"] = answers.get(item["id"])
    return random.Random(seed).sample(found, min(items, len(found)))  # noqa: S311


def development(category: str, items: int) -> set[str]:
    """Return the names of all items in draws of up to so many items with seed 1.

    A larger draw does not begin with a smaller one.
    """
    draws = (sample(category, size, 1) for size in range(1, items + 1))
    return {item["id"] for draw in draws for item in draw}


def class_functions(classes: Iterable[str]) -> list[dict[str, Any]]:
    """Return the descriptions of the functions of some stateful classes, in their order."""
    from bfcl_eval.constants.executable_backend_config import MULTI_TURN_FUNC_DOC_FILE_MAPPING

    docs = folder() / "multi_turn_func_doc"
    return [one for name in classes for one in lines(docs / MULTI_TURN_FUNC_DOC_FILE_MAPPING[name])]


def tools_of(functions: Sequence[dict[str, Any]], run: Any) -> list[Any]:
    """Make tools of described functions, with plain JSON Schema for their arguments.

    Args:
        functions: Descriptions as the leaderboard has them.
        run: Called with (name, arguments) when a tool is called; its text is the output.
    """
    from langchain_core.tools import StructuredTool

    from tools.schema import flatten

    def one(function: dict[str, Any]) -> StructuredTool:
        name = function["name"]

        async def call(**arguments: Any) -> str:
            text: str = run(name, arguments)
            return text

        return StructuredTool(
            name=name,
            description=function["description"],
            args_schema=flatten(function["parameters"]),
            coroutine=call,
        )

    return [one(function) for function in functions]


def stand_in_for_providers() -> None:
    """Let the checkers be imported without the SDKs of a dozen providers.

    The module that lists the leaderboard's models imports every provider's client. The checkers
    read one thing of it: whether a model writes underscores for dots in names, which ours do not.
    """
    name = "bfcl_eval.constants.model_config"
    if name in sys.modules:
        return
    module = ModuleType(name)
    vars(module)["MODEL_CONFIG_MAPPING"] = _Anything()
    sys.modules[name] = module


class _Anything(dict[str, SimpleNamespace]):
    """Know every model."""

    def __missing__(self, name: str) -> SimpleNamespace:
        return SimpleNamespace(underscore_to_dot=False)


def folder() -> Path:
    """Return where the package keeps its items.

    Raises:
        MissingExtra: It is not installed.
    """
    spec = importlib.util.find_spec("bfcl_eval")
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtra(
            "The package bfcl-eval is not installed.",
            "make bench installs it; by hand: "
            "pip install --no-deps -r evals/bench/requirements.txt",
        )
    return Path(next(iter(spec.submodule_search_locations))) / "data"


def lines(path: Path) -> list[dict[str, Any]]:
    """Read a file of one JSON object a line."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
