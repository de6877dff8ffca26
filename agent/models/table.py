"""Which protocol a model gets: a table of measured results, looked up by the model's identity."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agent.errors import UsageError
from agent.models.base import ModelInfo
from agent.models.prompted import Prompted
from agent.models.protocol import Native, Text, ToolProtocol


@dataclass(frozen=True, slots=True)
class Row:
    """One measured family of models.

    Args:
        pattern: Regular expression for the whole identity.
        protocol: The protocol that did best.
        bar: For `prompted`: the least logarithm of the odds that a tool fits.
        measured: What was measured, and by whom.
        grounding: The least logarithm of the odds that sources hold an answer.
    """

    pattern: str
    protocol: str
    bar: float
    measured: str
    grounding: float = 0.0


TABLE = (
    Row(
        r"qwen2\.5-coder-1\.5b.*",
        "prompted",
        2.3,
        "`make bench`, BFCL single turn and CLAP NQ: docs/evaluators.md",
        grounding=3.7,
    ),
    Row(
        r"qwen2\.5-coder-0\.5b.*",
        "prompted",
        2.3,
        "`make bench`, BFCL single turn: docs/evaluators.md",
    ),
    Row(r"smollm2-135m.*", "prompted", 0.0, "`make bench`, BFCL single turn: docs/evaluators.md"),
    Row(
        r"(arriero-)?llama-?3(\.[0-9])?\b.*",
        "prompted",
        0.0,
        "BFCL v3, February 2025: Llama-3.1-8B 50.9 prompted, 27.6 native; 70B 54.2 and 27.1",
    ),
)
"""Rows in the order of precedence; a model that is in none gets native calls where its server
offers them."""


def protocol_for(info: ModelInfo, wanted: str) -> ToolProtocol:
    """Return the protocol for a model: the wanted one, or for `auto` that of the table.

    Raises:
        UsageError: `native` is wanted of a server that does not offer it.
    """
    row = _row(info)
    if wanted == "auto":
        wanted = row.protocol if row else "native" if info.tools else "prompted"
    if wanted == "text":
        return Text()
    if wanted == "prompted":
        return Prompted(bar=row.bar if row else 0.0)
    if not info.tools:
        raise UsageError(
            f"{info.name} has no function calling of its own.",
            "Choose --protocol prompted, or leave it at auto.",
        )
    return Native()


def grounding_bar(info: ModelInfo) -> float:
    """Return how sure a model must be that sources hold an answer, as the logarithm of the odds."""
    row = _row(info)
    return row.grounding if row else 0.0


def _row(info: ModelInfo) -> Row | None:
    return next((row for row in TABLE if re.fullmatch(row.pattern, info.identity)), None)


def fallback(protocol: ToolProtocol) -> ToolProtocol | None:
    """Return the protocol for a server that refuses native calls, if there is another."""
    return Prompted() if isinstance(protocol, Native) and not isinstance(protocol, Text) else None
