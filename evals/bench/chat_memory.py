"""What of ordinary chat is kept: precision and recall over messages of which few hold a fact.

A record is right if it holds all strings of a fact of the message that it came from; a second one
of the same fact is not. A fact is found if a record of its message holds it. What was said before
must add nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from evals.bench.result import Row, wilson
from evals.bench.stories import lines, moment, open_ask, open_memory

USER = "bench"


async def measure(
    spec: str, *, chosen: str, items: int, progress: Callable[[str], None]
) -> list[Row]:
    """Tell the messages, and return how much of what is kept is right, and of what is right kept.

    Args:
        spec: The model; `none` for rules alone.
        chosen: `dev`, `more` or `held_out`.
        items: Messages, from the first on; 0 for all.
        progress: Told how far it is.
    """
    messages = lines("chat", chosen)[: items or None]
    kept: list[list[str]] = []
    async with open_ask(spec) as ask, open_memory(ask) as memory:
        began = time.monotonic()
        for number, message in enumerate(messages, 1):
            said = moment(message["said"]) + number
            kept.append(await memory.tell(message["text"], said, USER, f"m{number}"))
            if number % 50 == 0:
                progress(f"{number}/{len(messages)} messages, {ask.calls} model calls")
        spent = time.monotonic() - began
    scored = [score(texts, one["facts"]) for texts, one in zip(kept, messages, strict=True)]
    stored, right = sum(map(len, kept)), sum(one[0] for one in scored)
    facts, found = sum(len(one["facts"]) for one in messages), sum(one[1] for one in scored)
    bench = f"chat-memory {chosen} {spec}"
    repeats = sum(
        len(texts) for texts, one in zip(kept, messages, strict=True) if one.get("repeat")
    )
    cost = {"model calls": float(ask.calls), "model s": ask.seconds, "s": spent}
    return [
        _share(bench, "precision", right, stored),
        _share(bench, "recall", found, facts),
        Row(bench, "cost", len(messages), cost | {"added by repeats": float(repeats)}),
    ]


def score(texts: Sequence[str], facts: Sequence[Sequence[str]]) -> tuple[int, int]:
    """Return how many records of a message are right, and how many of its facts they hold."""
    lowered = [text.lower() for text in texts]
    holds: list[list[int]] = [
        [n for n, text in enumerate(lowered) if all(one.lower() in text for one in fact)]
        for fact in facts
    ]
    right: set[int] = set()
    for numbers in holds:
        right |= set(numbers[:1])
    return len(right), sum(map(bool, holds))


def _share(bench: str, case: str, hits: int, of: int) -> Row:
    low, high = wilson(hits, of)
    values: dict[str, Any] = {"share": hits / of if of else 0.0, "low": low, "high": high}
    return Row(bench, case, of, values)
