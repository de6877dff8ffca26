"""Grounded answers: arriero against `create_agent` with the same search and page tools.

All paragraphs of HotpotQA's or CLAP NQ's items are pages of one small web on loopback, with a
search over them. A contestant is told the question alone, and has to search, read and cite.
Questions are asked in small batches, of every contestant before the next, so that a run that is
short of time still compares all of them on the same questions.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict
from pathlib import Path

from platformdirs import user_cache_path

from agent.assistant import open_assistant
from agent.errors import UsageError
from agent.models.base import ChatModel
from agent.models.open import open_model
from agent.models.settings import ModelSettings
from agent.settings import Budget, Settings
from evals.bench.grounded_data import Item, load, message
from evals.bench.grounded_peer import (
    SECONDS,
    STEPS,
    TOOLS,
    Ask,
    Reply,
    peers,
)
from evals.bench.grounded_rows import Judged, judge, rows
from evals.bench.replies import CachedModel
from evals.bench.result import Row
from evals.bench.served_chat import REPLY_TOKENS
from evals.web import Web, open_web

CONTEXT = 16_384
"""Tokens of the window, the same for every contestant."""
BATCH = 3
"""Questions that one contestant answers before the next one does."""
BUDGETS = ("step_limit", "token_limit", "time_limit")


async def measure(
    spec: str,
    *,
    data: Path | None,
    name: str,
    style: str,
    items: int,
    seed: int,
    progress: Callable[[str], None],
    peer: bool = True,
    minutes: float = 0.0,
) -> list[Row]:
    """Return how right, how well cited and how dear each contestant's answers are.

    Args:
        spec: The model.
        data: The folder with the sets.
        name: `hotpotqa` or `clapnq`.
        style: How answers of hotpotqa are asked for: `short` or `sentence`.
        items: Questions, drawn at random; of clapnq, as many that cannot be answered besides.
        seed: Seed of the draw.
        progress: Told one line after each question.
        peer: Measure `create_agent` too.
        minutes: Begin no batch after so many minutes; 0 asks all questions.
    """
    if data is None:
        raise UsageError("The benchmark grounded needs its questions.", "Name a folder: --data.")
    asking = load(data, name)
    drawn = asking.sample(items, seed)
    style = style if name == "hotpotqa" else "question"
    cache = user_cache_path("arriero", appauthor=False)
    traces = cache / "traces" / f"grounded-{name}-{style}"
    progress(f"{len(asking.documents)} pages, {len(drawn)} questions; traces: {traces}")
    async with AsyncExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        web = await stack.enter_async_context(open_web(asking.documents))
        model = await open_model(spec, ModelSettings(context=CONTEXT))
        stack.push_async_callback(model.aclose)
        kept = CachedModel(model, cache / "replies")
        asks = {"arriero": await stack.enter_async_context(arriero(kept, web, home / "arriero"))}
        if peer:
            asks |= await peers(model, cache / "replies", web, home, stack)
        judged = await play(asks, drawn, web, style, traces, progress, minutes)
    return rows(f"grounded {name} {style} {spec}", judged)


@asynccontextmanager
async def arriero(model: ChatModel, web: Web, home: Path) -> AsyncIterator[Ask]:
    """Open the whole assistant with nothing but search and page reading, for a web.

    Args:
        model: The model.
        web: What can be searched and read.
        home: A folder for what the assistant keeps.
    """
    settings = Settings(
        home=home,
        builtin_tools=TOOLS,
        models=ModelSettings(context=CONTEXT),
        tools=web.settings(),
        budget=Budget(
            steps=STEPS,
            calls=STEPS * 4,
            tokens=1_000_000,
            seconds=SECONDS,
            answer_tokens=REPLY_TOKENS,
        ),
    )
    async with open_assistant(settings, model=model) as assistant:

        async def ask(name: str, text: str) -> Reply:
            turn = await assistant.ask(text, user_id="bench", thread_id=name)
            return Reply(
                "" if turn.stop_reason in BUDGETS else turn.answer,
                turn.stop_reason,
                turn.usage,
                turn.sources,
                dict(enumerate(turn.sources, start=1)),
                tuple(asdict(step) for step in turn.steps),
            )

        yield ask


async def play(
    asks: Mapping[str, Ask],
    items: Sequence[Item],
    web: Web,
    style: str,
    traces: Path,
    progress: Callable[[str], None],
    minutes: float = 0.0,
) -> dict[str, list[Judged]]:
    """Ask every contestant, batch by batch, and judge what it says.

    Args:
        asks: The contestants by name.
        items: The questions.
        web: Where the answers stand.
        style: How answers are asked for.
        traces: Where every question's trace is written.
        progress: Told one line after each question.
        minutes: Begin no batch after so many minutes; 0 asks all questions.
    """
    judged: dict[str, list[Judged]] = {name: [] for name in asks}
    began = time.monotonic()
    for start in range(0, len(items), BATCH):
        if minutes and time.monotonic() - began > 60 * minutes:
            progress(f"{minutes:g} minutes are over")
            break
        # One contestant after the other, so that each finds its prefix in the cache.
        for name, ask in asks.items():
            for item in items[start : start + BATCH]:
                reply = await _asked(ask, item, style)
                one = judge(item, reply, web)
                judged[name].append(one)
                _keep(traces / name.replace(" ", "_") / f"{item.id}.json", item, one)
                progress(f"{len(judged[name])}/{len(items)} {name}: {one.line}")
    return judged


async def _asked(ask: Ask, item: Item, style: str) -> Reply:
    """Ask one question; whatever a contestant fails with, the others go on."""
    try:
        return await ask(item.id, message(item, style))
    except Exception as error:  # noqa: BLE001 - the turn's boundary: it is a lost question
        return Reply("", f"{type(error).__name__}: {error}")


def _keep(path: Path, item: Item, judged: Judged) -> None:
    record = {
        "question": item.question,
        "gold": item.gold,
        "answerable": item.answerable,
        "supports": sorted(item.supports),
        "values": judged.values,
        **asdict(judged.reply),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record, indent=1, ensure_ascii=False), encoding="utf-8")
