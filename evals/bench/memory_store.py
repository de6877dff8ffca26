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
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evals.bench.result import Row

if TYPE_CHECKING:
    from memory.embeddings import Vectors
    from memory.index import Hit
    from memory.indexing import Indexer
    from memory.store import Store

USERS = 1000
QUESTIONS = 300
ADDED = 200
DIMENSIONS = 384
BATCH = 100
"""Records of one user that are written at once: those of many users lie between each other."""
KIND = "planted-1"
Figures = dict[str, float]


def measure(
    records: Sequence[int], *, seed: int = 1, progress: Callable[[str], None] = lambda _: None
) -> list[Row]:
    """Return the figures of each size, of ours and of Chroma as it comes.

    Args:
        records: How many records there are of all users together.
        seed: Seed of everything that is made up.
        progress: Is told what is being done.
    """
    rows = []
    for count in records:
        progress(f"{count:,} records: ours")
        ours = _apart(_ours, count, seed)
        progress(f"{count:,} records: {ours}")
        progress(f"{count:,} records: Chroma as it comes")
        raw = _apart(_raw, count, seed)
        progress(f"{count:,} records: {raw}")
        ratios = {
            f"{name} / Chroma's": ours[name] / raw[name]
            for name in ("search p50 ms", "search p95 ms", "add p50 ms", "bytes a record")
        }
        recall = "recall without embedding p50 ms"
        ratios[f"{recall} / Chroma's search"] = ours[recall] / raw["search p50 ms"]
        note = f"{_users(count)} users; {ours.pop('load'):.1f} processes at work before"
        raw_note = f"k = 10; {raw.pop('load'):.1f} processes at work before"
        rows += [
            Row("memory-store", f"{count} records", QUESTIONS, ours | ratios, note),
            Row("memory-store", f"{count} records, Chroma as it comes", QUESTIONS, raw, raw_note),
        ]
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


def _users(count: int) -> int:
    return min(USERS, max(count // 10, 1))


def _name(user: int) -> str:
    return f"user-{user:04d}"


def _vectors(user: int, begin: int, count: int, seed: int) -> Vectors:
    """Return vectors of a user around a direction of his own, as an array [count, dimensions]."""
    import numpy as np

    middle = np.random.default_rng([seed, user]).normal(size=DIMENSIONS)
    own = np.random.default_rng([seed, user, begin]).normal(size=(count, DIMENSIONS))
    rows = (own + 0.6 * middle).astype(np.float32)
    unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def _words() -> list[str]:
    """Return made-up words; the first ones are the frequent ones."""
    signs = random.Random(7)  # noqa: S311
    parts = [f"{a}{b}" for a in "bdfgklmnprstvz" for b in "aeiou"]
    return list(dict.fromkeys("".join(signs.choices(parts, k=3)) for _ in range(6000)))


def _sentence(draw: random.Random, words: Sequence[str]) -> str:
    """Return ten words, frequent and rare ones as in a language (Zipf 1935)."""
    places = (int(len(words) ** draw.random()) - 1 for _ in range(7))
    return f"I like {' '.join(words[at] for at in places)} here"


def _batches(count: int) -> Iterator[tuple[int, int, int]]:
    """Go through users and parts of their records, as (user, first, how many)."""
    each = count // _users(count)
    for begin in range(0, each, BATCH):
        for user in range(_users(count)):
            yield user, begin, min(BATCH, each - begin)


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
    found: Figures = {"fill s": time.perf_counter() - begin, "sqlite bytes": _bytes(folder)}
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

    draw, words, texts = random.Random(seed), _words(), {}  # noqa: S311
    for user, begin, size in _batches(count):
        said = [_sentence(draw, words) for _ in range(size)]
        drafts = [Draft(text=text, said=float(begin + at)) for at, text in enumerate(said)]
        vectors = _vectors(user, begin, size, seed)
        await store.add_many(drafts, user_id=_name(user), vectors=vectors)
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
    await _searches("index", index, store, texts, seed)
    found |= await _searches("index", index, store, texts, seed)
    found["rss MB with the whole index loaded"] = _rss()
    await index.aclose()
    return found


def _questions(texts: dict[tuple[int, int], str], seed: int) -> Iterator[tuple[str, str, Vectors]]:
    """Ask for records: the user, the words and a vector near the record's."""
    import numpy as np

    draw = random.Random(seed + 1)  # noqa: S311
    for user, begin in draw.choices(sorted(texts), k=QUESTIONS):
        words = texts[user, begin].split()
        vector = _vectors(user, begin, 1, seed)[0]
        vector = vector + 0.4 * _vectors(user, begin + 1, 1, seed + 1)[0]
        near: Vectors = (vector / np.linalg.norm(vector)).astype(np.float32)
        yield _name(user), f"What did I say about {words[3]}, {words[5]} and {words[7]}?", near


async def _searches(
    name: str, index: Indexer, store: Store, texts: dict[tuple[int, int], str], seed: int
) -> Figures:
    """Search by vectors alone."""
    seconds, agreed = [], []
    for user, _, vector in _questions(texts, seed):
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
    for user, text, vector in _questions(texts, seed + 100):
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

    draw, words = random.Random(seed + 2), _words()  # noqa: S311
    users = draw.choices(sorted(texts), k=ADDED)

    async def add(user: int, at: int, vectors: Vectors | None) -> None:
        draft = Draft(text=_sentence(draw, words), said=float(at))
        await store.write(draft, user_id=_name(user), vectors=vectors)

    given = [
        await _timed(add(user, at, _vectors(user, at, 1, seed + 3)))
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
        for user, _, vector in _questions(texts, seed):
            begin = time.perf_counter()
            collection.query(query_embeddings=[vector], n_results=10, where={"user": user})
            seconds.append(time.perf_counter() - begin)
        found |= _spread("search", seconds)
    added = []
    draw = random.Random(seed + 2)  # noqa: S311
    for at, (whose, _) in enumerate(draw.choices(sorted(texts), k=ADDED)):
        vector = _vectors(whose, at, 1, seed + 3)
        begin = time.perf_counter()
        collection.upsert(
            ids=[str(number + at)], embeddings=vector, metadatas=[{"user": _name(whose)}]
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
    for user, begin, size in _batches(count):
        texts[user, begin] = "I like " + "nothing " * 8
        rows.append(_vectors(user, begin, size, seed))
        users += [_name(user)] * size
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
