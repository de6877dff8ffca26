"""Two memories of the same conversation: arriero's, and plain Chroma over its turns."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from evals.bench.locomo_data import Conversation, Turn, imported
from memory.embeddings import open_embedder
from memory.indexing import open_index
from memory.portable import import_lines
from memory.recall import Recaller, line
from memory.records import USER, Draft
from memory.settings import MemorySettings
from memory.store import Store, open_database

USER_ID = "bench"


@dataclass(frozen=True, slots=True)
class Found:
    """What a memory found for a question.

    Args:
        turns: The turns, the most relevant first.
        seconds: How long that took.
        lines: What a reader is shown of each, where it is not the plain turn.
    """

    turns: Sequence[Turn]
    seconds: float
    lines: Mapping[str, str] = field(default_factory=dict)

    def shown(self, conversation: Conversation, most: int) -> str:
        """Return the first turns for a reader, in the order of the conversation."""
        first = {turn.id for turn in self.turns[:most]}
        inside = [turn for turn in conversation.turns if turn.id in first]
        return "\n".join(self.lines.get(turn.id) or spoken(turn) for turn in inside)


class Side(Protocol):
    """A memory of one conversation."""

    async def find(self, question: str, most: int) -> Found:
        """Return the turns that matter for a question, the most relevant first."""


class Ours:
    """arriero's memory, after the import of a conversation.

    Args:
        conversation: The conversation.
        recaller: What recalls it.
    """

    def __init__(self, conversation: Conversation, recaller: Recaller) -> None:
        self._conversation = conversation
        self._recaller = recaller
        self._turns = {turn.id: turn for turn in conversation.turns}
        self._now = conversation.turns[-1].moment + 86_400

    async def find(self, question: str, most: int) -> Found:
        """Recall, and leave out what is no turn: the user's name, which is remembered, too."""
        began = time.perf_counter()
        found = await self._recaller.recall(question, user_id=USER_ID, now=self._now, limit=most)
        seconds = time.perf_counter() - began
        user = self._conversation.user
        records = [one.record for one in found if one.record.message in self._turns]
        lines = {
            one.message: line(replace(one, speaker=user) if one.speaker == USER else one, self._now)
            for one in records
        }
        return Found([self._turns[one.message] for one in records], seconds, lines)


class Plain:
    """A collection of Chroma with the turns of a conversation, as most programs use it.

    Args:
        conversation: The conversation.
        collection: Its turns.
    """

    def __init__(self, conversation: Conversation, collection: Any) -> None:
        self._turns = {turn.id: turn for turn in conversation.turns}
        self._collection = collection

    async def find(self, question: str, most: int) -> Found:
        """Return the turns that are nearest to the question."""
        return await asyncio.to_thread(self._find, question, most)

    def _find(self, question: str, most: int) -> Found:
        began = time.perf_counter()
        vector = open_embedder().embed([question])[0].tolist()
        found = self._collection.query(query_embeddings=[vector], n_results=most, include=[])
        return Found([self._turns[id_] for id_ in found["ids"][0]], time.perf_counter() - began)


def spoken(turn: Turn) -> str:
    """Return a turn as a reader is shown it: the day, who, and the words."""
    at = datetime.fromisoformat(turn.said)
    return f'- {at.day} {at:%B %Y}: {turn.speaker}: "{turn.text}"'


@asynccontextmanager
async def open_ours(conversation: Conversation, home: Path) -> AsyncIterator[Ours]:
    """Take a conversation in, as one user's memory in a folder of its own."""
    embedder = open_embedder()
    database = open_database(home / "memory.sqlite")
    store = Store(database, embedder)
    index = open_index(store, home, MemorySettings(), embedder)
    lines = (json.dumps(one) for one in imported(conversation))
    await store.add_many([_named(conversation)], user_id=USER_ID)
    await import_lines(store, lines, user_id=USER_ID)
    await index.ready()
    try:
        yield Ours(conversation, Recaller(store, index, embedder))
    finally:
        await index.aclose()
        await database.aclose()


def open_plain(conversation: Conversation) -> Plain:
    """Put a conversation's turns into a collection of Chroma, each as `Speaker: text`."""
    import chromadb
    from chromadb.config import Settings

    texts = [f"{turn.speaker}: {turn.text}" for turn in conversation.turns]
    client = chromadb.EphemeralClient(Settings(anonymized_telemetry=False))
    collection = client.create_collection(
        f"turns-{conversation.id}",
        embedding_function=None,
        configuration={"hnsw": {"space": "cosine"}},
    )
    collection.add(
        ids=[turn.id for turn in conversation.turns],
        embeddings=open_embedder().embed(texts).tolist(),
    )
    return Plain(conversation, collection)


def _named(conversation: Conversation) -> Draft:
    """Return what an assistant knows of its user by the time that he imports a conversation."""
    name = conversation.user
    said = conversation.turns[0].moment
    return Draft(text=f"My name is {name}.", attribute="name", value=name, said=said)
