"""Vectors from an embedding model of Ollama's, for what expects them at once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import TYPE_CHECKING

from agent.errors import ContextTooLong, ModelError, SettingsError
from agent.models.ollama_admin import embed
from agent.models.settings import ModelSettings
from memory.embeddings import Embedder, EmbedderError, open_embedder

if TYPE_CHECKING:
    from memory.embeddings import Vectors

PREFIX = "ollama:"
SHORT = 600
"""Characters that texts are cut to which are longer than the model reads."""


def embedder_for(name: str, settings: ModelSettings) -> Embedder:
    """Return the embedder of a name, such as `minilm` or `ollama:nomic-embed-text`.

    Raises:
        SettingsError: There is none of that name.
    """
    if name.startswith(PREFIX) and name != PREFIX:
        return OllamaEmbedder(name.removeprefix(PREFIX), settings)
    try:
        return open_embedder(name)
    except EmbedderError as error:
        raise SettingsError(
            f"memory.embeddings: {error.message}", f"{error.hint} Or ollama:NAME."
        ) from error


class OllamaEmbedder:
    """Let an Ollama server make the vectors.

    Args:
        model: The embedding model's name, such as `nomic-embed-text`.
        settings: Where the server is.
    """

    def __init__(self, model: str, settings: ModelSettings) -> None:
        self.name = f"{PREFIX}{model}"
        ollama = settings.ollama.model_copy(update={"embedding_model": model})
        self._settings = settings.model_copy(update={"ollama": ollama})
        self._length = 0
        self._lock = Lock()
        # The caller may stand in an event loop, in which no other can be run.
        self._thread = ThreadPoolExecutor(1, "ollama-embed")

    @property
    def dimensions(self) -> int:
        """Tell the length of a vector; the server is asked for one the first time.

        Raises:
            EmbedderError: The server does not answer.
        """
        if not self._length:
            self.embed(["length"])
        return self._length

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one row of unit length for each text.

        Raises:
            EmbedderError: The server is down, or lacks the model.
        """
        import numpy as np

        if not texts:
            return np.zeros((0, self._length), np.float32)
        # An empty text has no vector of its own.
        rows = self._thread.submit(self._asked, [text or " " for text in texts]).result()
        vectors = np.asarray(rows, np.float32)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        self._length = vectors.shape[1]
        found: Vectors = (vectors / np.where(lengths > 0, lengths, 1.0)).astype(np.float32)
        return found

    def _asked(self, texts: Sequence[str]) -> list[list[float]]:
        with self._lock:
            try:
                try:
                    return asyncio.run(embed(texts, self._settings))
                except ContextTooLong:
                    short = [text[:SHORT] for text in texts]
                    return asyncio.run(embed(short, self._settings))
            except ModelError as error:
                raise EmbedderError(error.message, error.hint) from error
