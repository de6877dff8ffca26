"""The store of memory alone: recall and add at several sizes, beside Chroma as it comes.

Every user has the same number of records: sentences of made-up words, with vectors around a
direction of the user's own. A question names words of one record, and its vector lies near that
record's, so that words and meaning both have something to find; the time of embedding the question
with the real model is part of a recall, and told apart. Chroma as it comes is one collection of
all vectors, asked with a filter for the user. Each side runs in a process of its own.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evals.bench.memory_store_data import (
    DIMENSIONS,
    QUESTIONS,
    batches,
    name_of,
    questions,
    sentence,
    vectors_of,
    vocabulary,
)
from evals.bench.result import Row

if TYPE_CHECKING:
    from memory.embeddings import Vectors
    from memory.index import Hit
    from memory.indexing import Indexer
    from memory.store import Store

ADDED = 200
KIND = "planted-1"
Figures = dict[str, float]
TIMED = {
    "recall": "search",
    "recall without embedding": "search",
    "search": "search",
    "search in the index": "search",
    "add": "add",
    "add with embedding": "add",
}
"""What is timed of ours, and which time of Chroma as it comes stands beside it. A search compares
all vectors of a user with few of them, and asks the index otherwise; it is asked in any case for
the figures of the index."""
SIZES = ("bytes a record", "rss MB", "rss MB, index loaded", "fill s", "index s", "open s")


def measure(
    records: Sequence[int],
    *,
    seed: int = 1,
    peer: bool = True,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Row]:
    """Return the figures of each size, of ours and of Chroma as it comes.

    Args:
        records: How many records there are of all users together.
        seed: Seed of everything that is made up.
        peer: Whether Chroma as it comes is measured, which takes much longer to fill.
        progress: Is told what is being done.
    """
    rows = []
    for count in records:
        progress(f"{count:,} records: ours")
        ours = _apart(_ours, count, seed)
        progress(f"{count:,} records: {ours}")
        raw: Figures = {}
        if peer:
            progress(f"{count:,} records: Chroma as it comes")
            raw = _apart(_raw, count, seed)
            progress(f"{count:,} records: {raw}")
        rows += _rows(f"{count:,}", ours, raw)
    return rows


def _rows(size: str, ours: Figures, raw: Figures) -> list[Row]:
    """Return a row for each thing that was timed, beside what Chroma as it comes takes."""
    rows = []
    note = f"{ours['load']:.1f} processes at work before"
    for case, theirs in TIMED.items():
        values = {f"p{at} ms": ours[f"{case} p{at} ms"] for at in (50, 95)}
        values |= {
            f"p{at} / Chroma's": ours[f"{case} p{at} ms"] / raw[f"{theirs} p{at} ms"]
            for at in (50, 95)
            if raw
        }
        if f"{case} found" in ours:
            values["found"] = ours[f"{case} found"]
        items = ADDED if case.startswith("add") else QUESTIONS
        rows.append(Row("memory-store", f"{size}: {case}", items, values, note))
    sizes = {name: value for name, value in ours.items() if name in SIZES}
    rows.append(Row("memory-store", f"{size}: size", QUESTIONS, sizes, note))
    if not raw:
        return rows
    values = {f"p{at} ms": raw[f"search p{at} ms"] for at in (50, 95)}
    values |= {name: value for name, value in raw.items() if name in SIZES}
    note = f"k = 10; {raw['load']:.1f} processes at work before"
    rows.append(Row("memory-store", f"{size}: Chroma as it comes, query", QUESTIONS, values, note))
    values = {f"p{at} ms": raw[f"add p{at} ms"] for at in (50, 95)}
    rows.append(Row("memory-store", f"{size}: Chroma as it comes, add", ADDED, values, note))
    return rows


class Planted:
    """Takes as long as the real embedder, and returns vectors that were made before."""

    name = KIND
    dimensions = DIMENSIONS

    def __init__(self) -> None:
        from memory.embeddings import MiniLM

        self._real = MiniLM()
        self.known: dict[str, Vectors] = {}
        self.seconds: list[float] = []

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return a row for each text."""
        import numpy as np

        begin = time.perf_counter()
        made = self._real.embed(texts)
        self.seconds.append(time.perf_counter() - begin)
        rows = [self.known.get(text, row) for text, row in zip(texts, made, strict=True)]
        stacked: Vectors = np.stack(rows)
        return stacked


def _apart(work: Callable[[Path, int, int], Figures], count: int, seed: int) -> Figures:
    """Do something in a process of its own and in a folder of its own."""
    context = multiprocessing.get_context("spawn")
    with (
        tempfile.TemporaryDirectory(prefix="memory-store-") as folder,
        ProcessPoolExecutor(1, mp_context=context) as pool,
    ):
        # What else runs on the machine at the time is in all figures.
        load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
        return pool.submit(work, Path(folder), count, seed).result() | {"load": load}


def _ours(folder: Path, count: int, seed: int) -> Figures:
    return asyncio.run(_measured(folder, count, seed))


async def _measured(folder: Path, count: int, seed: int) -> Figures:
    from memory.indexing import open_index
    from memory.settings import MemorySettings
    from memory.store import FILE, Store, open_database

    embedder = Planted()
    store = Store(open_database(folder / FILE), embedder)
    begin = time.perf_counter()
    texts = await _fill(store, count, seed)
    found: Figures = {"fill s": time.perf_counter() - begin}
    found |= await _chroma(store, folder, texts, seed)
    found["bytes a record"] = _bytes(folder) / count
    index = open_index(store, folder, MemorySettings(), embedder)
    begin = time.perf_counter()
    await index.ready()
    found["open s"] = time.perf_counter() - begin
    found |= await _searches("search", index, store, texts, seed)
    found |= await _recalls(store, index, embedder, texts, seed)
    found |= await _adds(store, embedder, texts, seed)
    found["rss MB"] = _rss()
    await index.aclose()
    await store.aclose()
    return found


async def _fill(store: Store, count: int, seed: int) -> dict[tuple[int, int], str]:
    """Write all records; return the texts of some, by user and number."""
    from memory.records import Draft

    draw, words, texts = random.Random(seed), vocabulary(), {}  # noqa: S311
    for user, begin, size in batches(count):
        said = [sentence(draw, words) for _ in range(size)]
        drafts = [Draft(text=text, said=float(begin + at)) for at, text in enumerate(said)]
        vectors = vectors_of(user, begin, size, seed)
        await store.add_many(drafts, user_id=name_of(user), vectors=vectors)
        texts[user, begin] = said[0]
    return texts


async def _chroma(
    store: Store, folder: Path, texts: dict[tuple[int, int], str], seed: int
) -> Figures:
    """Fill the index, and search it for every user however few records he has."""
    from memory.chroma import ChromaIndex
    from memory.indexing import FOLDER, Indexer

    index = Indexer(store, ChromaIndex(folder / FOLDER), delay=1e9, exact=0)
    begin = time.perf_counter()
    await index.rebuild()
    found = {"index s": time.perf_counter() - begin}
    await _searches("search in the index", index, store, texts, seed)
    found |= await _searches("search in the index", index, store, texts, seed)
    found["rss MB, index loaded"] = _rss()
    await index.aclose()
    return found


async def _searches(
    name: str, index: Indexer, store: Store, texts: dict[tuple[int, int], str], seed: int
) -> Figures:
    """Search by vectors alone."""
    seconds, agreed = [], []
    for user, _, vector in questions(texts, seed):
        begin = time.perf_counter()
        hits = await index.search(vector, user_id=user, space="records", limit=10)
        seconds.append(time.perf_counter() - begin)
        exact = await store.exact(vector, user_id=user, limit=10)
        agreed.append(len(_ids(hits) & _ids(exact)) / max(len(exact), 1))
    return _spread(name, seconds) | {f"{name} found": statistics.mean(agreed)}


def _ids(hits: Sequence[Hit]) -> set[int]:
    return {hit.id for hit in hits}


async def _recalls(
    store: Store,
    index: Indexer,
    embedder: Planted,
    texts: dict[tuple[int, int], str],
    seed: int,
) -> Figures:
    """Recall as a turn does, the embedding of the question included, and told apart."""
    from memory.recall import Recaller

    recaller = Recaller(store, index, embedder)
    seconds, alone, right = [], [], []
    for user, text, vector in questions(texts, seed + 100):
        embedder.known[text] = vector
        embedder.seconds.clear()
        begin = time.perf_counter()
        found = await recaller.recall(text, user_id=user, now=time.time())
        seconds.append(time.perf_counter() - begin)
        alone.append(seconds[-1] - sum(embedder.seconds))
        right.append(bool(found))
    return (
        _spread("recall", seconds)
        | _spread("recall without embedding", alone)
        | {"recall gave something": statistics.mean(right)}
    )


async def _adds(
    store: Store, embedder: Planted, texts: dict[tuple[int, int], str], seed: int
) -> Figures:
    """Write single records, each of them safe on the disk before the next."""
    from memory.records import Draft

    draw, words = random.Random(seed + 2), vocabulary()  # noqa: S311
    users = draw.choices(sorted(texts), k=ADDED)

    async def add(user: int, at: int, vectors: Vectors | None) -> None:
        draft = Draft(text=sentence(draw, words), said=float(at))
        await store.write(draft, user_id=name_of(user), vectors=vectors)

    given = [
        await _timed(add(user, at, vectors_of(user, at, 1, seed + 3)))
        for at, (user, _) in enumerate(users)
    ]
    embedder.known.clear()
    embedded = [await _timed(add(user, at, None)) for at, (user, _) in enumerate(users)]
    return _spread("add", given) | _spread("add with embedding", embedded)


async def _timed(work: Awaitable[None]) -> float:
    begin = time.perf_counter()
    await work
    return time.perf_counter() - begin


def _raw(folder: Path, count: int, seed: int) -> Figures:
    """Measure Chroma as it comes."""
    import chromadb
    from chromadb.config import Settings

    client: Any = chromadb.PersistentClient(
        str(folder / "raw"), settings=Settings(anonymized_telemetry=False)
    )
    collection = client.create_collection(
        "memories", configuration={"hnsw": {"space": "cosine"}}, embedding_function=None
    )
    begin = time.perf_counter()
    texts, number = _raw_fill(collection, count, seed)
    found: Figures = {"index s": time.perf_counter() - begin}
    found["bytes a record"] = _bytes(folder) / count
    for _ in range(2):
        seconds = []
        for user, _, vector in questions(texts, seed):
            begin = time.perf_counter()
            collection.query(query_embeddings=[vector], n_results=10, where={"user": user})
            seconds.append(time.perf_counter() - begin)
        found |= _spread("search", seconds)
    added = []
    draw = random.Random(seed + 2)  # noqa: S311
    for at, (whose, _) in enumerate(draw.choices(sorted(texts), k=ADDED)):
        vector = vectors_of(whose, at, 1, seed + 3)
        begin = time.perf_counter()
        collection.upsert(
            ids=[str(number + at)], embeddings=vector, metadatas=[{"user": name_of(whose)}]
        )
        added.append(time.perf_counter() - begin)
    found |= _spread("add", added) | {"rss MB": _rss()}
    client.close()
    return found


def _raw_fill(collection: Any, count: int, seed: int) -> tuple[dict[tuple[int, int], str], int]:
    """Fill a collection with the same vectors, by thousands."""
    import numpy as np

    texts, number = {}, 0
    rows: list[Any] = []
    users: list[str] = []
    for user, begin, size in batches(count):
        texts[user, begin] = "I like " + "nothing " * 8
        rows.append(vectors_of(user, begin, size, seed))
        users += [name_of(user)] * size
        if len(users) >= 1000:
            _upsert(collection, number, np.concatenate(rows), users)
            number += len(users)
            rows, users = [], []
    if users:
        _upsert(collection, number, np.concatenate(rows), users)
    return texts, number + len(users)


def _upsert(collection: Any, number: int, rows: Vectors, users: Sequence[str]) -> None:
    collection.upsert(
        ids=[str(number + at) for at in range(len(users))],
        embeddings=rows,
        metadatas=[{"user": user} for user in users],
    )


def _spread(name: str, seconds: Sequence[float]) -> Figures:
    ordered = sorted(seconds)
    return {
        f"{name} p50 ms": statistics.median(ordered) * 1000,
        f"{name} p95 ms": ordered[int(len(ordered) * 0.95)] * 1000,
    }


def _bytes(folder: Path) -> float:
    return float(sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()))


def _rss() -> float:
    """Return the memory of this process, in megabytes; 0 where the system does not tell."""
    if sys.platform != "linux":
        return 0.0
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0
