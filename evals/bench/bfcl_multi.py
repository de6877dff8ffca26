"""Several turns with stateful tools: arriero against `create_agent` on the same server.

`create_agent` plays twice: as it is, and with the calls read back that it wrote as text.

Items, classes and checker are those of the leaderboard's category `multi_turn_base` (package
`bfcl-eval`). Both contestants get the same tools on instances of their own, the same window, the
same limit of twenty steps a turn and temperature 0; an item counts when every turn passes. A turn
that fails cannot be made good, so an item is left there unless it is to be played whole. Items
are played in small batches, by every contestant before the next, so that a run that is short of
time still compares all of them on the same items.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from agent import turns
from agent.assistant import open_assistant
from agent.errors import ArrieroError
from agent.models.base import ChatModel, Usage
from agent.models.open import open_model
from agent.models.settings import ModelSettings
from agent.prompts import SYSTEM
from agent.settings import Budget, Settings
from evals.bench.bfcl_data import development, sample, stand_in_for_providers
from evals.bench.bfcl_world import Checked, World
from evals.bench.replies import CachedModel
from evals.bench.result import Row, wilson
from evals.bench.served_chat import REPLY_TOKENS, chat_on
from tools.settings import ToolSettings

CATEGORY = "multi_turn_base"
CONTEXT = 16_384
"""Tokens of the window: the longest item with its tools and results fits."""
SHOWN = 64
"""Tools up to which all are shown, as the contestants show them; no item has more."""
STEPS = 20
"""Steps with calls in one turn; at one more the leaderboard fails the whole item."""
READ_BACK = "create_agent, text read back"
SECONDS = 3600.0
BATCH = 3
"""Items that one contestant plays before the next one does."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a contestant did with one message of the user.

    Args:
        answer: What it said in the end.
        stop: Why it stopped; `step_limit` fails the item.
        usage: What its model calls cost.
        replies: What the model wrote, reply by reply.
    """

    answer: str
    stop: str
    usage: Usage
    replies: tuple[str, ...] = ()


Ask = Callable[[str], Awaitable[Asked]]
Open = Callable[[World], AbstractAsyncContextManager[Ask]]


@dataclass(slots=True)
class Played:
    """One item, played by one contestant.

    Args:
        item: The item's name.
        turns: Turns that the item has.
        right: Whether the whole item passes the leaderboard's checker.
        checked: How each turn that was played ended.
        calls: Tool calls that were run.
        usage: What the model calls cost.
        kind: What kind of failure ended it; empty when it is right.
        trace: All that was said, called and returned, turn by turn.
    """

    item: str
    turns: int
    right: bool = False
    checked: list[Checked] = field(default_factory=list)
    calls: int = 0
    usage: Usage = field(default_factory=Usage)
    kind: str = ""
    trace: list[dict[str, Any]] = field(default_factory=list)

    @property
    def passed(self) -> int:
        """Count the turns that passed before the first that failed."""
        wrong = [at for at, one in enumerate(self.checked) if not one.right]
        return min([*wrong, len(self.checked)])


async def measure(
    spec: str,
    *,
    items: int,
    seed: int,
    progress: Callable[[str], None],
    peer: bool = True,
    whole: bool = False,
    held_out: int = 0,
    minutes: float = 0.0,
) -> list[Row]:
    """Return the share of items and turns solved by each contestant, and what they cost.

    Args:
        spec: The model.
        items: Items, drawn at random.
        seed: Seed of the draw.
        progress: Told one line after each item.
        peer: Measure `create_agent` too.
        whole: Play on behind a turn that failed.
        held_out: Leave out what draws of up to so many items with seed 1 contain: the items
            that the assistant was developed on.
        minutes: Begin no batch after so many minutes; 0 plays all items.
    """
    drawn = sample(CATEGORY, items, seed, without=development(CATEGORY, held_out))
    began = time.monotonic()
    cache = user_cache_path("arriero", appauthor=False)
    traces = cache / "traces" / spec.rpartition(":")[2]
    progress(f"traces: {traces}")
    results: dict[str, list[Played]] = {}
    async with AsyncExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        model = await open_model(spec, ModelSettings(context=CONTEXT))
        stack.push_async_callback(model.aclose)
        openers = {"arriero": arriero(CachedModel(model, cache / "replies"), home)}
        if peer:
            for name, read_back in (("create_agent", False), (READ_BACK, True)):
                openers[name] = await create_agent_on(
                    model, cache / "replies", stack, read_back=read_back
                )
        for batch in _batches(drawn):
            if minutes and time.monotonic() - began > 60 * minutes:
                progress(f"{minutes:g} minutes are over")
                break
            # One contestant after the other, so that each finds its prefix in the cache.
            for name, opener in openers.items():
                done = results.setdefault(name, [])
                for item in batch:
                    played = await play(item, opener, whole=whole)
                    done.append(played)
                    _keep(traces / name.replace(" ", "_") / f"{item['id']}.json", played)
                    progress(_line(name, done, items))
    return [_row(spec, name, done) for name, done in results.items()]


def arriero(model: ChatModel, home: Path) -> Open:
    """Return what opens the whole assistant on an item's tools."""
    settings = Settings(
        home=home,
        builtin_tools=(),
        models=ModelSettings(context=CONTEXT),
        tools=ToolSettings(approval="never", shown=SHOWN),
        budget=Budget(
            steps=STEPS + 1,
            calls=STEPS * 10,
            tokens=1_000_000,
            seconds=SECONDS,
            answer_tokens=REPLY_TOKENS,
        ),
    )

    @asynccontextmanager
    async def opened(world: World) -> AsyncIterator[Ask]:
        async with open_assistant(settings, tools=world.tools(), model=model) as assistant:

            async def ask(text: str) -> Asked:
                key = {"user_id": "bench", "thread_id": world.item["id"]}
                turn = await assistant.ask(text, **key)
                said = await assistant.history(**key)
                replies = [
                    entry.get("raw") or entry["content"]
                    for entry in said[turns.begin(said) :]
                    if entry["role"] == "assistant"
                ]
                return Asked(turn.answer, turn.stop_reason, turn.usage, tuple(replies))

            yield ask

    return opened


async def create_agent_on(
    model: ChatModel, folder: Path, stack: AsyncExitStack, *, read_back: bool = False
) -> Open:
    """Return what opens langchain's `create_agent` on the server of a model.

    Args:
        model: The model.
        folder: Where its replies are kept.
        stack: Closes the connection.
        read_back: Whether calls are read out of the text of replies that call nothing.
    """
    from langchain.agents import create_agent
    from langgraph.errors import GraphRecursionError
    from openai import OpenAIError

    chat, made = await stack.enter_async_context(
        chat_on(model, folder, read_back=read_back, seconds=SECONDS)
    )

    @asynccontextmanager
    async def opened(world: World) -> AsyncIterator[Ask]:
        agent = create_agent(chat, world.tools(), system_prompt=SYSTEM)
        messages: list[Any] = []

        async def ask(text: str) -> Asked:
            nonlocal messages
            made.clear()
            asked = [*messages, {"role": "user", "content": text}]
            # Each step takes two of langgraph's, and the answer one more.
            limits: Any = {"recursion_limit": 2 * STEPS + 2}
            answer, stop, replies = "", "answered", ()
            try:
                state = await agent.ainvoke({"messages": asked}, limits)
                said, messages = len(messages) + 1, state["messages"]
                answer = messages[-1].text
                replies = tuple(one.text for one in messages[said:] if one.type == "ai")
            except GraphRecursionError:
                stop = "step_limit"
            except OpenAIError as error:
                stop = f"{type(error).__name__}: {error}"
            return Asked(answer, stop, sum(made, Usage()), replies)

        yield ask

    return opened


async def play(item: dict[str, Any], opener: Open, *, whole: bool) -> Played:
    """Play one item, turn by turn, and check each."""
    stand_in_for_providers()
    world = World(item)
    played = Played(item["id"], len(item["question"]))
    try:
        async with opener(world) as ask:
            for _ in item["question"]:
                if not await _turn(world, ask, played) or (played.kind and not whole):
                    break
        played.right = not played.kind and bool(world.verdict()["valid"])
        if not played.right:
            played.kind = played.kind or "verdict"
    finally:
        world.close()
    return played


async def _turn(world: World, ask: Ask, played: Played) -> bool:
    """Play one turn; tell whether the item can go on."""
    text = world.begin()
    try:
        asked = await ask(text)
    except ArrieroError as error:
        asked = Asked("", f"{error.kind}: {error.message}", Usage())
    checked = world.check()
    played.checked.append(checked)
    played.usage += asked.usage
    played.calls += len(world.turns[-1])
    played.trace.append(
        {
            "user": text,
            "calls": [
                [call, result]
                for (call,), result in zip(world.turns[-1], world.results[-1], strict=True)
            ],
            "replies": asked.replies,
            "answer": asked.answer,
            "stop": asked.stop,
            "wanted": world.item["answer"][len(world.turns) - 1],
            "why": checked.why,
            "usage": asdict(asked.usage),
        }
    )
    over = asked.stop == "step_limit" or ": " in asked.stop
    if over:
        played.kind = played.kind or asked.stop.split(":")[0]
    elif not checked.right:
        played.kind = played.kind or checked.why.split()[0].rpartition(":")[2]
    return not over


def _batches(items: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Put a few items with the same tools together: they share the prompt's prefix.

    Every set of tools has its turn before one comes again.
    """
    alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for item in items:
        alike.setdefault(tuple(item["involved_classes"]), []).append(item)
    rows = [
        [found[at : at + BATCH] for at in range(0, len(found), BATCH)] for found in alike.values()
    ]
    return [batch for row in zip_longest(*rows) for batch in row if batch]


def _line(name: str, done: Sequence[Played], items: int) -> str:
    last = done[-1]
    right = sum(one.right for one in done)
    return (
        f"{len(done)}/{items} {name}: {right} right; {last.item}: {last.passed} of {last.turns} "
        f"turns, {last.calls} calls, {last.usage.seconds:.0f} s {last.kind}"
    )


def _keep(path: Path, played: Played) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(played), indent=1, ensure_ascii=False), encoding="utf-8")


def _row(spec: str, name: str, done: Sequence[Played]) -> Row:
    right, n = sum(one.right for one in done), len(done)
    low, high = wilson(right, n)
    usage = sum((one.usage for one in done), Usage())
    count = sum(len(one.checked) for one in done)
    kinds = Counter(one.kind for one in done if one.kind)
    return Row(
        bench=f"bfcl_multi {spec}",
        case=f"{CATEGORY}: {name}",
        items=n,
        values={
            "solved": right / n,
            "from": low,
            "to": high,
            "turns passed": sum(one.passed for one in done) / sum(one.turns for one in done),
            "turns played": count,
            "state right": sum(check.state for one in done for check in one.checked) / count,
            "tool calls": sum(one.calls for one in done) / n,
            "model calls": usage.calls / n,
            "prompt tokens": usage.prompt_tokens / n,
            "cached": usage.cached_tokens / n,
            "generated": usage.completion_tokens / n,
            "seconds": usage.seconds / n,
        },
        notes=", ".join(f"{kind} {count}" for kind, count in kinds.most_common(5)),
    )
