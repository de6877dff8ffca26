"""What memory adds to the time until the first word of an answer.

The model is a server that answers at once. One assistant neither recalls nor remembers; the other
does both, in a home folder with as many records as are asked for, of as many users. Their turns
alternate. Messages say something that lasts, so that each turn is also noted and read behind its
answer; the next turn begins at once, while that goes on.
"""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from agent.assistant import Assistant, open_assistant
from agent.events import TextDelta
from agent.settings import Settings
from evals.bench.instant import running
from evals.bench.result import Row
from memory.memories import Memories
from memory.records import Draft
from memory.settings import MemorySettings

USERS = 1000
WARM_UP = 10
TURNS = 100
PLACES = tuple("Lima Cusco Puno Tacna Piura Ica Oslo Bergen Rome Turin Paris Lyon Graz".split())  # noqa: SIM905
THINGS = tuple("tea coffee chess rowing opera jazz hiking cheese olives novels".split())  # noqa: SIM905
FORMS = (
    "I live in {place} and like {thing} since year {year}",
    "My sister in {place} gave me {thing} in {year}",
    "In {year} I worked in {place} as a seller of {thing}",
    "I do not like {thing} from {place} since {year}",
)
ASKED = (
    "I met a friend of {thing} in {place} last week, tell me something nice",
    "Where in {place} did I use to go for {thing}?",
    "My neighbour from {place} plays {thing} with me, what do you say?",
)


async def measure(records: int = 100_000, seed: int = 1) -> list[Row]:
    """Return p50 and p95 of the milliseconds to the first word, without and with memory.

    Args:
        records: Records in the home folder.
        seed: Of what stands in them.
    """
    draw = random.Random(seed)  # noqa: S311 - no secret
    with running() as url, tempfile.TemporaryDirectory() as folder:
        model = f"openai:instant@{url}"
        off = MemorySettings(recall=False, write="none")
        plain = Settings(home=Path(folder, "off"), builtin_tools=(), model=model, memory=off)
        full = Settings(home=Path(folder, "on"), builtin_tools=(), model=model)
        async with open_assistant(plain) as without, open_assistant(full) as with_it:
            assert with_it.memory is not None  # noqa: S101 - for the type checker; it is on
            await fill(with_it.memory, records, draw)
            await with_it.memory.index.ready()
            times: dict[str, list[float]] = {"without memory": [], "with memory": []}
            given = 0
            for turn in range(TURNS + WARM_UP):
                user = f"user {turn % USERS}"
                text = sentence(draw, ASKED)
                for name, assistant in (("without memory", without), ("with memory", with_it)):
                    seconds, recalled = await first_word(assistant, text, user, f"t{turn}")
                    if turn >= WARM_UP:
                        times[name].append(seconds * 1000)
                        given += recalled
    return [_row(name, records, values, times["without memory"]) for name, values in times.items()]


async def fill(memories: Memories, records: int, draw: random.Random) -> None:
    """Write records of many users, each with vectors around its user's own."""
    each = max(records // USERS, 1)
    noise = np.random.default_rng(1)
    length = 384
    for user in range(min(USERS, records)):
        said = time.time() - 86_400 * 30
        drafts = [Draft(text=f"{sentence(draw, FORMS)} ({at})", said=said) for at in range(each)]
        vectors = noise.standard_normal((each, length)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        await memories.store.add_many(drafts, user_id=f"user {user}", vectors=vectors)


def sentence(draw: random.Random, forms: tuple[str, ...]) -> str:
    """Return a sentence of one of some forms."""
    return draw.choice(forms).format(
        place=draw.choice(PLACES), thing=draw.choice(THINGS), year=draw.randint(1980, 2025)
    )


async def first_word(
    assistant: Assistant, text: str, user_id: str, thread_id: str
) -> tuple[float, int]:
    """Return the seconds to the first word of a turn, and how many memories it was given."""
    begin = time.perf_counter()
    seconds = 0.0
    given = 0
    async for event in assistant.stream(text, user_id=user_id, thread_id=thread_id):
        if isinstance(event, TextDelta) and not seconds:
            seconds = time.perf_counter() - begin
        given += event.__class__.__name__ == "Recalled"
    return seconds, given


def _row(name: str, records: int, values: list[float], reference: list[float]) -> Row:
    def at(times: list[float], share: float) -> float:
        ordered = sorted(times)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)]

    figures = {"p50 ms": statistics.median(values), "p95 ms": at(values, 0.95)}
    figures["p50 added ms"] = statistics.median(values) - statistics.median(reference)
    figures["p95 added ms"] = at(values, 0.95) - at(reference, 0.95)
    return Row("memory-turn", f"{name}, {records:,} records", len(values), figures)
