"""Single-turn function calling on the Berkeley Function-Calling Leaderboard's items.

Items and the AST checker are those of the package `bfcl-eval` (Patil et al., ICML 2025). Each
item is a whole turn of the assistant with the item's functions as its only tools; each function
answers "ok", and every call of the turn counts. The turn is cut when the answer begins. Beside
it stands the server's native function calling on the same model: what it parsed itself, and what
the text holds besides.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from agent.assistant import open_assistant
from agent.events import StepFinished, TextDelta, TurnFinished
from agent.models.base import (
    CallChunk,
    ChatModel,
    EndChunk,
    ModelRequest,
    RawCall,
    TextChunk,
    Usage,
)
from agent.models.calls import check_calls, read_calls
from agent.models.open import open_model
from agent.prompts import SYSTEM
from agent.settings import Settings
from evals.bench.bfcl_data import sample, stand_in_for_providers, tools_of
from evals.bench.recorder import Recorder
from evals.bench.replies import CachedModel
from evals.bench.result import Row, wilson
from tools.schema import spec_of

CATEGORIES = ("simple_python", "multiple", "parallel", "irrelevance")
CHECKED_AS = {"simple_python": "simple"}

Pair = tuple[str, dict[str, Any]]


@dataclass(slots=True)
class Tally:
    """What one contestant did in one category."""

    right: int = 0
    leaked: int = 0
    usage: Usage = field(default_factory=Usage)
    wrong: list[str] = field(default_factory=list)


async def measure(
    spec: str, *, items: int, seed: int, progress: Callable[[str], None], native: bool = True
) -> list[Row]:
    """Return the share solved in each category, with its interval and the cost of a decision.

    Args:
        spec: The model.
        items: Items of each category, drawn at random.
        seed: Seed of the draw.
        progress: Told one line after each item.
        native: Measure the server's native function calling too.
    """
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder), builtin_tools=())
        replies = user_cache_path("arriero", appauthor=False) / "replies"
        model = Recorder(CachedModel(await open_model(spec, settings.models), replies))
        try:
            for category in CATEGORIES:
                drawn = sample(category, items, seed)
                ours, plain, read_back = Tally(), Tally(), Tally()
                # One contestant after the other, so that each finds its prefix in the cache.
                for number, item in enumerate(drawn, 1):
                    await _ours(item, category, model, settings, ours)
                    progress(f"{category} {number}/{len(drawn)}: arriero {ours.right}")
                for number, item in enumerate(drawn if native else (), 1):
                    await _native(item, category, model, plain, read_back)
                    progress(
                        f"{category} {number}/{len(drawn)}: native {plain.right}, "
                        f"read back {read_back.right}"
                    )
                for line in ours.wrong:
                    progress(f"wrong: {line}")
                rows.append(_row(spec, category, "arriero", ours, items))
                if native:
                    rows.append(_row(spec, category, "native", plain, items))
                    rows.append(_row(spec, category, "native, text read back", read_back, items))
        finally:
            await model.aclose()
    return rows


def check(item: dict[str, Any], category: str, calls: list[Pair]) -> str:
    """Return why the calls are wrong by the leaderboard's own checker, or nothing."""
    if category == "irrelevance":
        return f"called {[name for name, _ in calls]}" if calls else ""
    stand_in_for_providers()
    from bfcl_eval.constants.enums import Language
    from bfcl_eval.eval_checker.ast_eval.ast_checker import ast_checker

    output = [{name: arguments} for name, arguments in calls]
    kind = CHECKED_AS.get(category, category)
    verdict = ast_checker(
        item["function"], output, item["answer"], Language.PYTHON, kind, "gorilla-openfunctions-v2"
    )
    return "" if verdict["valid"] else json.dumps(verdict["error"], default=str)


async def _ours(
    item: dict[str, Any], category: str, model: Recorder, settings: Settings, tally: Tally
) -> None:
    model.calls.clear()
    calls: list[Pair] = []
    shown = ""
    async with open_assistant(settings, tools=_tools(item), model=model) as assistant:
        turn = assistant.stream(_question(item), user_id="bench", thread_id=item["id"])
        async with aclosing(turn) as events:
            async for event in events:
                if isinstance(event, StepFinished) and not event.step.error:
                    calls.append((event.step.name, event.step.arguments))
                elif isinstance(event, TextDelta):
                    shown += event.text
                    if len(shown) > 24:
                        break
                elif isinstance(event, TurnFinished):
                    break
    _score(item, category, calls, tally)
    tally.leaked += shown.lstrip().startswith(("{", "[", "```json", "<tool_call>"))
    tally.usage += sum(model.calls[:1], Usage())


async def _native(
    item: dict[str, Any], category: str, model: ChatModel, plain: Tally, read_back: Tally
) -> None:
    specs = tuple(spec_of(tool) for tool in _tools(item))
    request = ModelRequest(
        messages=[
            {"role": "system", "content": SYSTEM},
            {"role": "user", "content": _question(item)},
        ],
        tools=specs,
        max_tokens=512,
    )
    text = ""
    parsed: list[RawCall] = []
    async for chunk in model.stream(request):
        if isinstance(chunk, TextChunk):
            text += chunk.text
        elif isinstance(chunk, CallChunk):
            parsed.extend(chunk.calls)
        elif isinstance(chunk, EndChunk):
            plain.usage += chunk.usage
            read_back.usage += chunk.usage
    own = [(call.name, call.arguments) for call in check_calls(parsed, specs)]
    _score(item, category, own, plain)
    written, _ = read_calls(text, specs)
    every = [(call.name, call.arguments) for call in check_calls([*parsed, *written], specs)]
    _score(item, category, every, read_back)
    plain.leaked += bool(written)


def _score(item: dict[str, Any], category: str, calls: list[Pair], tally: Tally) -> None:
    why = check(item, category, calls)
    tally.right += not why
    if why:
        tally.wrong.append(f"{item['id']}: {why[:200]} {calls}")


def _row(spec: str, category: str, who: str, tally: Tally, items: int) -> Row:
    low, high = wilson(tally.right, items)
    return Row(
        bench=f"bfcl {spec}",
        case=f"{category}: {who}",
        items=items,
        values={
            "solved": tally.right / items,
            "from": low,
            "to": high,
            "leaked": tally.leaked,
            "prompt tokens": tally.usage.prompt_tokens / items,
            "cached": tally.usage.cached_tokens / items,
            "generated": tally.usage.completion_tokens / items,
            "seconds": tally.usage.seconds / items,
        },
    )


def _tools(item: dict[str, Any]) -> list[Any]:
    return tools_of(item["function"], lambda *_: "ok")


def _question(item: dict[str, Any]) -> str:
    text: str = item["question"][0][-1]["content"]
    return text
