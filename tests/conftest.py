"""Fixtures of all tests."""

from tests.doubles.fixtures import ollama_double, open_quick

__all__ = ["ollama_double", "open_quick"]
