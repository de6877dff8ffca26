"""A tool as a model sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool as a model sees it.

    Args:
        name: The name that the model writes.
        description: What the tool does and when to use it.
        parameters: A JSON Schema of type `object`, flat and without `$ref`.
    """

    name: str
    description: str
    parameters: Mapping[str, Any]
