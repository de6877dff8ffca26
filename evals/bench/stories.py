"""Whether memory is right about what changed: written stories, told step by step and then asked of.

Each story is told in messages of different days, which go through extraction and consolidation as a
conversation's would; then its questions are put to recall. An answer is right if the best record
holds one of the strings that it has to, and no record that is given as true holds one that is not
so any more. A record that denies something does not give it as true.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from platformdirs import user_cache_path

from agent.asking import ask_of
from agent.errors import UsageError
from agent.models.open import open_model
from agent.models.settings import ModelSettings
from evals.bench.replies import CachedModel
from evals.bench.result import Row, wilson
from memory.consolidate import Consolidator
from memory.embeddings import Embedder, open_embedder
from memory.extract import Ask, extract
from memory.inbox import Message
from memory.index import Hit, Space
from memory.people import alike
from memory.recall import Recalled, Recaller
from memory.store import FILE, Store, open_database

if TYPE_CHECKING:
    from memory.embeddings import Vectors

CATALOGUE = Path(__file__).parent / "catalogue"
CONTEXT = 4096
"""Tokens of the model's window."""
DAY = 86_400.0
Story = dict[str, Any]


@dataclass(slots=True)
class Counted:
    """A model that is asked, and how often it was.

    Args:
        ask: The model; None for none.
        calls: How often it was asked.
        seconds: How long its answers took; those that were kept from an earlier run take none.
    """

    ask: Ask | None
    calls: int = 0
    seconds: float = 0.0

    async def __call__(self, system: str, prompt: str, schema: Any, *, max_tokens: int) -> Any:
        """Ask, and count."""
        if self.ask is None:
            return None
        self.calls += 1
        began = time.monotonic()
        reply = await self.ask(system, prompt, schema, max_tokens=max_tokens)
        self.seconds += time.monotonic() - began
        return reply


class StoreIndex:
    """The store's own vectors, searched one by one, in place of an index."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def search(self, vector: Vectors, *, user_id: str, space: Space, limit: int) -> list[Hit]:
        """Return the user's nearest, the nearest first."""
        return await self.store.exact(vector, user_id=user_id, limit=limit, space=space)

    async def put(
        self, ids: Sequence[int], vectors: Vectors, *, user_id: str, space: Space
    ) -> None:
        """Do nothing: the store has them already."""

    async def drop(self, ids: Sequence[int], *, user_id: str, space: Space) -> None:
        """Do nothing: what the store has not is not found."""

    async def ids(self, *, user_id: str, space: Space) -> set[int]:
        """Return none."""
        return set()

    async def wipe(self) -> None:
        """Do nothing."""

    async def aclose(self) -> None:
        """Do nothing."""


@dataclass(frozen=True, slots=True)
class Memory:
    """The parts of memory, put together as the assistant does.

    Args:
        store: The truth.
        consolidator: Takes statements in.
        recaller: Finds them again.
        ask: The model, counted.
    """

    store: Store
    consolidator: Consolidator
    recaller: Recaller
    ask: Counted

    async def tell(self, text: str, said: float, user_id: str, message: str = "") -> list[str]:
        """Let a user say something; return the texts of the records that were added."""
        model = self.ask if self.ask.ask else None
        known = [one for one in await self.store.subjects(user_id=user_id) if one != "user"]
        told = Message(user_id=user_id, text=text, said=said, message=message)
        kept = []
        for draft in await extract(told, model, known=known):
            taken = await self.consolidator.take(draft, user_id=user_id, ask=model)
            if taken.record and taken.outcome not in ("strengthened", "refused"):
                kept.append(taken.record.text)
        return kept


@asynccontextmanager
async def open_memory(ask: Counted) -> AsyncIterator[Memory]:
    """Open a memory in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        embedder: Embedder = open_embedder("minilm")
        store = Store(open_database(Path(folder) / FILE), embedder)
        index = StoreIndex(store)
        try:
            consolidator = Consolidator(store, index, embedder)
            yield Memory(store, consolidator, Recaller(store, index, embedder), ask)
        finally:
            await store.database.aclose()


@asynccontextmanager
async def open_ask(spec: str) -> AsyncIterator[Counted]:
    """Open a model to be asked; `none` goes without. Its replies are kept by what was asked."""
    if spec == "none":
        yield Counted(None)
        return
    model = await open_model(spec, ModelSettings(context=CONTEXT))
    try:
        folder = user_cache_path("arriero", appauthor=False) / "replies"
        yield Counted(ask_of(CachedModel(model, folder)))
    finally:
        await model.aclose()


def lines(name: str, chosen: str) -> list[dict[str, Any]]:
    """Read the items of a set.

    Raises:
        UsageError: There is no such set.
    """
    ends = {"dev": "", "more": "_more", "held_out": "_held_out"}
    if chosen not in ends:
        raise UsageError(f"There is no set {chosen}.", "Use --set dev, more or held_out.")
    path = CATALOGUE / f"{name}{ends[chosen]}.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def moment(day: str) -> float:
    """Return noon of a day, in seconds since the epoch."""
    return datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC).timestamp()


async def measure(
    spec: str, *, chosen: str, items: int, progress: Callable[[str], None]
) -> list[Row]:
    """Tell the stories, ask, and return the shares of stories and questions that are right.

    Args:
        spec: The model; `none` for rules alone.
        chosen: `dev`, `more` or `held_out`.
        items: Stories, from the first on; 0 for all.
        progress: Told how far it is.
    """
    stories = lines("stories", chosen)[: items or None]
    played: list[tuple[Story, list[bool]]] = []
    async with open_ask(spec) as ask, open_memory(ask) as memory:
        began = time.monotonic()
        for number, story in enumerate(stories, 1):
            played.append((story, await play(memory, story)))
            if number % 10 == 0:
                progress(f"{number}/{len(stories)} stories, {ask.calls} model calls")
        spent = time.monotonic() - began
    bench = f"stories {chosen} {spec}"
    groups = {"all": played}
    for name in dict.fromkeys(story["group"] for story, _ in played):
        groups[name] = [one for one in played if one[0]["group"] == name]
    rows = [_row(bench, name, group) for name, group in groups.items()]
    cost = {"model calls": float(ask.calls), "model s": ask.seconds, "s": spent}
    return [*rows, Row(bench, "cost", len(stories), cost)]


async def play(memory: Memory, story: Story) -> list[bool]:
    """Tell one story and ask its questions; return which answers are right."""
    user = story["id"]
    for number, step in enumerate(story["steps"], 1):
        await memory.tell(step["text"], moment(step["said"]), user, f"m{number}")
    now = moment(story["steps"][-1]["said"]) + DAY
    right = []
    for question in story["questions"]:
        found = await memory.recaller.recall(question["text"], user_id=user, now=now)
        right.append(judge(found, question))
    return right


def judge(found: Sequence[Recalled], question: dict[str, Any]) -> bool:
    """Tell whether recall gives the answer first, and nothing outdated as true."""
    if not found or not _holds(found[0].record.text, question["any"]):
        return False
    subject = found[0].record.subject
    true = [
        one.record
        for one in found
        if one.record.current and not one.record.negated and alike(one.record.subject, subject)
    ]
    return not any(_holds(record.text, question["none"]) for record in true)


def _holds(text: str, strings: Sequence[str]) -> bool:
    return any(string.lower() in text.lower() for string in strings)


def _row(bench: str, name: str, group: Sequence[tuple[Story, list[bool]]]) -> Row:
    whole = sum(all(right) for _, right in group)
    answers = [one for _, right in group for one in right]
    low, high = wilson(whole, len(group))
    values = {"stories right": whole / len(group), "low": low, "high": high}
    return Row(bench, name, len(group), values | {"answers right": sum(answers) / len(answers)})
