"""How much of a conversation's prompts the server takes from its prefix cache.

A conversation of ten turns with all built-in tools on offer runs on the embedded model. Each call
could reuse all that the call before it read and wrote; llama.cpp's own count tells what it did.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Sequence
from pathlib import Path

from agent.models.base import Usage
from evals.bench.recorder import Recorder
from evals.bench.result import Row

TALK = (
    "Hello! I am planning a garden.",
    "What is 12.5 times 8? Use the calculator.",
    "Name two vegetables that grow in the shade.",
    "Which of the two is easier?",
    "What is 17.5% of 2340? Use the calculator.",
    "What time is it in Lima?",
    "Thanks! Give me a name for the garden.",
    "Another one, please.",
    "How much is 3 bags at 14.90 each? Use the calculator.",
    "Say goodbye in one sentence.",
)


async def measure(spec: str) -> list[Row]:
    """Return the share of reusable prompt tokens that were reused, over ten turns.

    Args:
        spec: The embedded model to run.
    """
    from agent.assistant import open_assistant
    from agent.models.open import open_model
    from agent.settings import Settings

    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder), builtin_tools=None)
        model = Recorder(await open_model(spec, settings.models))
        async with open_assistant(settings, model=model) as assistant:
            for text in TALK:
                await assistant.ask(text, user_id="bench", thread_id="talk")
            protocol = assistant.protocol
        await model.aclose()
    return [row(model.calls, f"{spec}, {protocol} protocol")]


def row(calls: Sequence[Usage], case: str) -> Row:
    """Compare what was reused with what the call before had read and written."""
    reusable = reused = prompt = 0
    for before, call in itertools.pairwise(calls):
        could = min(before.prompt_tokens + before.completion_tokens, call.prompt_tokens - 1)
        reusable += could
        reused += min(call.cached_tokens, could)
        prompt += call.prompt_tokens
    return Row(
        bench="prefix",
        case=case,
        items=len(calls),
        values={
            "reused share": reused / reusable if reusable else 0.0,
            "reusable tokens": reusable,
            "prompt tokens": prompt,
        },
        notes="items are model calls in ten turns",
    )
