"""Fixtures of all tests."""

from tests.doubles.fixtures import ollama_double

__all__ = ["ollama_double"]
