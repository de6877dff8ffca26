"""Fixtures for the doubles; `tests/conftest.py` offers them to every test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest

from agent.models.ollama import OllamaModel, open_ollama
from tests.doubles.ollama import OllamaDouble
from tests.doubles.talk import quick

OpenModel = Callable[..., Awaitable[OllamaModel]]


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


@pytest.fixture
async def open_quick(ollama_double: OllamaDouble) -> AsyncIterator[OpenModel]:
    """Opens models on the double with settings that a test can wait for; closes them after it."""
    models: list[OllamaModel] = []

    async def open_one(name: str = "llama3.1:8b", **more: Any) -> OllamaModel:
        models.append(await open_ollama(name, quick(**more)))
        return models[-1]

    yield open_one
    for model in models:
        await model.aclose()
