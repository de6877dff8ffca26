"""Fixtures for the doubles; `tests/conftest.py` offers them to every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.doubles.ollama import OllamaDouble


@pytest.fixture
def ollama_double(monkeypatch: pytest.MonkeyPatch) -> Iterator[OllamaDouble]:
    """A double of Ollama at OLLAMA_HOST; a step that nobody asked for fails the test."""
    double = OllamaDouble()
    double.start()
    monkeypatch.setenv("OLLAMA_HOST", double.url)
    try:
        yield double
    finally:
        double.close()
    double.assert_finished()
