"""The benchmark of the store of memory, with few records."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from evals.bench import memory_store, memory_store_data
from evals.bench.memory_store import Figures


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def here(work: Callable[[Path, int, int], Figures], count: int, seed: int) -> Figures:
        folder = tmp_path / work.__name__
        folder.mkdir()
        return work(folder, count, seed) | {"load": 0.0}

    monkeypatch.setattr(memory_store, "_apart", here)
    monkeypatch.setattr(memory_store, "ADDED", 3)
    monkeypatch.setattr(memory_store_data, "QUESTIONS", 12)


@pytest.mark.usefixtures("small")
def test_every_case_has_its_times_and_the_index_finds_what_is_there() -> None:
    rows = {row.case: row.values for row in memory_store.measure([60])}
    assert all("p50 ms" in values for case, values in rows.items() if not case.endswith("size"))
    assert rows["60: search in the index"]["found"] == 1
    assert rows["60: search"]["found"] == 1
    assert rows["60: recall"]["p50 ms"] > 0
    assert rows["60: size"]["bytes a record"] > 0


def test_the_same_seed_makes_the_same_vectors_and_questions() -> None:
    texts = {(1, 0): "I like a b c d e f g here", (2, 0): "I like h i j k l m n here"}
    first, second = (list(memory_store_data.questions(texts, 3)) for _ in range(2))
    assert [(user, text) for user, text, _ in first] == [(user, text) for user, text, _ in second]
    assert (first[0][2] == second[0][2]).all()
