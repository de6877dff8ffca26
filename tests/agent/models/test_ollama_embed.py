"""Vectors of Ollama's behind the protocol that memory knows."""

from __future__ import annotations

import numpy as np
import pytest

from agent.errors import SettingsError
from agent.models.ollama_embed import embedder_for
from agent.models.settings import ModelSettings
from memory.embeddings import EmbedderError, MiniLM
from tests.doubles.ollama import OllamaDouble


def test_rows_have_unit_length_and_come_in_the_order_of_the_texts(
    ollama_double: OllamaDouble,
) -> None:
    embedder = embedder_for("ollama:nomic-embed-text", ModelSettings())
    texts = [f"text {number}" for number in range(70)]
    rows = embedder.embed(texts)
    assert rows.shape == (70, embedder.dimensions) == (70, 8)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, rtol=1e-5)
    np.testing.assert_allclose(rows[66], embedder.embed(["text 66"])[0], rtol=1e-5)
    assert embedder.name == "ollama:nomic-embed-text"
    assert embedder.embed([]).shape == (0, 8)
    assert embedder.embed([""]).shape == (1, 8)


def test_a_text_longer_than_the_model_reads_is_cut(ollama_double: OllamaDouble) -> None:
    embedder = embedder_for("ollama:nomic-embed-text", ModelSettings())
    assert embedder.embed(["short", "word " * 20_000]).shape == (2, 8)


async def test_it_can_be_asked_from_within_an_event_loop(ollama_double: OllamaDouble) -> None:
    embedder = embedder_for("ollama:nomic-embed-text", ModelSettings())
    assert embedder.embed(["a mule"]).shape == (1, 8)


@pytest.mark.parametrize(("name", "said"), [("nothing-here", "pull"), ("llama3.1:8b", "nomic")])
def test_a_model_that_is_missing_or_cannot_says_what_to_do(
    ollama_double: OllamaDouble, name: str, said: str
) -> None:
    with pytest.raises(EmbedderError) as error:
        embedder_for(f"ollama:{name}", ModelSettings()).embed(["a"])
    assert said in f"{error.value.message} {error.value.hint}"


def test_a_server_that_is_down_is_an_error_of_the_embedder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")
    with pytest.raises(EmbedderError, match="Ollama"):
        embedder_for("ollama:nomic-embed-text", ModelSettings()).embed(["a"])


def test_names_of_embedders() -> None:
    assert isinstance(embedder_for("minilm", ModelSettings()), MiniLM)
    with pytest.raises(SettingsError, match=r"memory\.embeddings"):
        embedder_for("word2vec", ModelSettings())
