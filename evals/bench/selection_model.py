"""What choosing among 200 tools costs a model, against showing it the right one and four others.

Items are single questions of the Berkeley Function-Calling Leaderboard, checked by its AST
checker. Each is a turn of the assistant with five tools, the right one among them, and again with
200, of which the assistant itself chooses some. A call of `find_tools` is no mistake.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from agent.assistant import Assistant, open_assistant
from agent.events import StepFinished, TextDelta, TurnFinished
from agent.models.base import Usage
from agent.models.open import open_model
from agent.settings import Settings
from evals.bench.bfcl import Pair, check
from evals.bench.bfcl_data import tools_of
from evals.bench.recorder import Recorder
from evals.bench.replies import CachedModel
from evals.bench.result import Row, wilson
from evals.bench.selection import POOL, leaderboard_items, right
from tools.find import FIND
from tools.settings import ToolSettings

FIVE = "the right one and four others"
CHOSEN = 8
ANSWER = 24
"""Characters of text behind which an answer is under way, and no call follows."""


async def measure(
    spec: str, *, items: int, seed: int, progress: Callable[[str], None]
) -> list[Row]:
    """Return the shares solved with five tools and with those chosen of 200, on the same items.

    Args:
        spec: The model.
        items: How many questions, drawn at random.
        seed: Seed of the draws.
        progress: Told one line after each turn.
    """
    functions, drawn = draw(items, seed)
    chosen = f"{CHOSEN} of {POOL}, chosen by the request"
    solved: dict[str, list[bool]] = {FIVE: [], chosen: []}
    usage = {case: Usage() for case in solved}
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        replies = user_cache_path("arriero", appauthor=False) / "replies"
        model = Recorder(CachedModel(await open_model(spec, _settings(home).models), replies))
        try:
            async with open_assistant(
                _settings(home / "all", CHOSEN), tools=_tools(functions), model=model
            ) as all_tools:
                for number, item in enumerate(drawn, 1):
                    few = _tools(five(item, functions, seed))
                    async with open_assistant(
                        _settings(home / "few"), tools=few, model=model
                    ) as assistant:
                        await _play(assistant, item, model, solved[FIVE], usage, FIVE, progress)
                    await _play(all_tools, item, model, solved[chosen], usage, chosen, progress)
                    progress(f"{number}/{len(drawn)}: {[sum(one) for one in solved.values()]}")
        finally:
            await model.aclose()
    return [_row(spec, case, solved, usage[case]) for case in solved]


def draw(items: int, seed: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the 200 functions, and single questions whose function is described as there."""
    functions, found = leaderboard_items(POOL, seed)
    fitting = [
        one for one in found if len(one["function"]) == 1 and one["function"][0] in functions
    ]
    return functions, random.Random(seed).sample(fitting, min(items, len(fitting)))  # noqa: S311


def five(item: dict[str, Any], functions: list[dict[str, Any]], seed: int) -> list[dict[str, Any]]:
    """Return the right function among four others, in an order of chance."""
    lot = random.Random(f"{seed} {item['id']}")  # noqa: S311
    others = [one for one in functions if one["name"] != right(item)]
    return lot.sample([*item["function"], *lot.sample(others, 4)], 5)


async def _play(
    assistant: Assistant,
    item: dict[str, Any],
    model: Recorder,
    solved: list[bool],
    usage: dict[str, Usage],
    case: str,
    progress: Callable[[str], None],
) -> None:
    model.calls.clear()
    calls: list[Pair] = []
    text = ""
    question = item["question"][0][-1]["content"]
    turn = assistant.stream(question, user_id="bench", thread_id=f"{item['id']} {case}")
    async with aclosing(turn) as events:
        async for event in events:
            if isinstance(event, StepFinished) and not event.step.error:
                calls.append((event.step.name, event.step.arguments))
            elif isinstance(event, TextDelta):
                text += event.text
                if len(text) > ANSWER:
                    break
            elif isinstance(event, TurnFinished):
                break
    made = [(name, arguments) for name, arguments in calls if name != FIND]
    why = check(item, "simple_python", made)
    solved.append(not why)
    usage[case] += sum(model.calls, Usage())
    if why:
        progress(f"wrong: {case}: {item['id']}: {why[:200]} {calls}")


def _row(spec: str, case: str, solved: dict[str, list[bool]], usage: Usage) -> Row:
    own, five_right = solved[case], solved[FIVE]
    low, high = wilson(sum(own), len(own))
    pairs = list(zip(own, five_right, strict=True))
    values = {
        "solved": sum(own) / len(own),
        "from": low,
        "to": high,
        "only here": float(sum(here and not there for here, there in pairs)),
        "only with five": float(sum(there and not here for here, there in pairs)),
        "prompt tokens": usage.prompt_tokens / len(own),
        "cached": usage.cached_tokens / len(own),
        "seconds": usage.seconds / len(own),
    }
    return Row(f"selection {spec}", case, len(own), values)


def _settings(home: Path, chosen: int = 5) -> Settings:
    # One more is shown than is chosen: find_tools.
    tools = ToolSettings(shown=chosen + 1, approval="never")
    return Settings(home=home, builtin_tools=(), tools=tools)


def _tools(functions: list[dict[str, Any]]) -> list[Any]:
    return tools_of(functions, lambda *_: "ok")
