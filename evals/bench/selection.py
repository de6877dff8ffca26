"""Whether the right tool is among those shown, with 200 tools.

The catalogue beside this module has 200 tools of many trades and requests in users' words, all
written for this benchmark by one author: the requests first, then the examples of the tools. How
tools are ranked was tuned on one half of the requests, and the other half is reported. Beside it
stand functions and questions of the Berkeley Function-Calling Leaderboard, which nothing was
tuned on.
"""

from __future__ import annotations

import json
import random
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evals.bench.bfcl_data import sample
from evals.bench.result import Row, wilson
from tools.spec import ToolSpec

if TYPE_CHECKING:
    from memory.embeddings import Embedder, Vectors
    from tools.select import ToolIndex

FOLDER = Path(__file__).parent / "catalogue"
SHOWN = (5, 8, 10, 12)
POOL = 200

Known = list[tuple[ToolSpec, tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class Request:
    """A request, and the tools that it needs.

    Args:
        text: The user's words.
        tools: The names of the tools, one for each part.
    """

    text: str
    tools: tuple[str, ...]

    @property
    def held_back(self) -> bool:
        """Whether it was left out when the ranking was tuned."""
        return bool(zlib.crc32(self.text.encode()) & 1)


class Alike:
    """Finds all texts alike, so that an index ranks by words alone."""

    name = "alike"
    dimensions = 1

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return ones."""
        import numpy as np

        return np.ones((len(texts), 1), np.float32)


def catalogue(*, use: bool = True, examples: int | None = None, every: int = 1) -> Known:
    """Return the catalogue's tools, or less of each.

    Args:
        use: Keep the sentence on when to use it.
        examples: How many examples are kept; None keeps all.
        every: Only each such tool keeps its examples.
    """
    known: Known = []
    for number, one in enumerate(_lines(FOLDER / "tools.jsonl")):
        about = f"{one['description']} {one['use']}" if use else one["description"]
        own = tuple(one["examples"][:examples]) if number % every == 0 else ()
        known.append((ToolSpec(one["name"], about, one["parameters"]), own))
    return known


def requests() -> list[Request]:
    """Return the catalogue's requests."""
    return [Request(one["text"], tuple(one["tools"])) for one in _lines(FOLDER / "requests.jsonl")]


def leaderboard(size: int, seed: int) -> tuple[Known, list[Request]]:
    """Draw functions of the leaderboard, and take the questions that one of them answers."""
    from tools.schema import flatten

    functions, items = leaderboard_items(size, seed)
    known: Known = [
        (ToolSpec(one["name"], one["description"], flatten(one["parameters"])), ())
        for one in functions
    ]
    return known, [Request(item["question"][0][-1]["content"], (right(item),)) for item in items]


def leaderboard_items(size: int, seed: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Draw functions of the leaderboard, and take the items that one of them answers.

    Of several functions of one name the last one's description stands for all.

    Args:
        size: How many functions.
        seed: Seed of the draw.
    """
    every = 10_000
    items = [one for kind in ("simple_python", "multiple") for one in sample(kind, every, seed)]
    functions = {function["name"]: function for item in items for function in item["function"]}
    drawn = random.Random(seed).sample(sorted(functions), size)  # noqa: S311
    return [functions[name] for name in drawn], [one for one in items if right(one) in drawn]


def right(item: dict[str, Any]) -> str:
    """Return the name of the function that answers an item."""
    name: str = next(iter(item["answer"][0]))
    return name


def measure(*, seed: int, progress: Callable[[str], None]) -> list[Row]:
    """Return the share of requests whose tools are all among the first so many, and the times.

    Args:
        seed: Seed of the draw from the leaderboard.
        progress: Told one line after each case.
    """
    from memory.embeddings import Hashed, MiniLM

    minilm = MiniLM()
    minilm.embed(["load"])
    every = requests()
    asked = [one for one in every if one.held_back and len(one.tools) == 1]
    several = [one for one in every if one.held_back and len(one.tools) > 1]
    tuned = [one for one in every if not one.held_back and len(one.tools) == 1]
    pool, questions = leaderboard(POOL, seed)
    whole = catalogue()
    cases: list[tuple[str, Known, list[Request], Embedder, float | None]] = [
        ("catalogue: embedding and words", whole, asked, minilm, None),
        ("catalogue: embedding alone", whole, asked, minilm, 0.0),
        ("catalogue: words alone (BM25)", whole, asked, Alike(), None),
        ("catalogue: hashed words, no model", whole, asked, Hashed(), None),
        ("several parts, all tools", whole, several, minilm, None),
        ("the half tuned on", whole, tuned, minilm, None),
        ("two examples a tool", catalogue(examples=2), asked, minilm, None),
        ("every second tool without examples", catalogue(every=2), asked, minilm, None),
        ("no examples", catalogue(examples=0), asked, minilm, None),
        ("one sentence, no examples", catalogue(use=False, examples=0), asked, minilm, None),
        ("BFCL: embedding and words", pool, questions, minilm, None),
        ("BFCL: embedding alone", pool, questions, minilm, 0.0),
        ("BFCL: words alone (BM25)", pool, questions, Alike(), None),
    ]
    rows = []
    for name, known, wanted, embedder, weight in cases:
        rows.append(_row(name, known, wanted, embedder, weight))
        progress(f"{name}: {rows[-1].values['within 8']:.1%} within 8")
    return rows


def _row(
    case: str, known: Known, wanted: Sequence[Request], embedder: Embedder, weight: float | None
) -> Row:
    from tools.select import WORDS, ToolIndex

    index = ToolIndex(embedder, word_weight=WORDS if weight is None else weight)
    clock, cpu = time.perf_counter(), time.process_time()
    index.update(known)
    clock, cpu = time.perf_counter() - clock, time.process_time() - cpu
    places, seconds = [], []
    for one in wanted:
        began = time.perf_counter()
        places.append(place(index, one, len(known)))
        seconds.append(time.perf_counter() - began)
    seconds.sort()
    values = {f"within {k}": sum(at < k for at in places) / len(wanted) for k in SHOWN}
    low, high = wilson(sum(at < 8 for at in places), len(wanted))
    values |= {
        "8 from": low,
        "8 to": high,
        "index s": clock,
        "index CPU s": cpu,
        "rank p50 ms": seconds[len(seconds) // 2] * 1000,
        "rank p95 ms": seconds[int(len(seconds) * 0.95)] * 1000,
    }
    return Row("selection", case, len(wanted), values)


def place(index: ToolIndex, request: Request, tools: int) -> int:
    """Return the place, from 0, of the last of a request's tools in the ranking."""
    ranked = index.rank(request.text, tools)
    return max(ranked.index(name) for name in request.tools)


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
