"""Let the model say whether a passage says what a sentence says, where words alone cannot tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from agent.answerable import asked_yes_or_no
from agent.attribution import Citation
from agent.claims import read
from agent.models.base import ChatModel, Usage
from tools.sources import Source

SYSTEM = (
    "You check whether a passage says what a statement says. A statement that is only about the "
    "same topic, that adds something, or that turns something around is not said by the passage. "
    "Reply with yes or no."
)
TASK = "Does the passage say exactly this? Reply yes or no."
MOST = 3
"""Sentences of one answer that the model is asked about."""
PASSAGE_CHARS = 900
BAR = -0.9
"""The logarithm of the odds of "yes" below which a sentence counts as not supported."""
PROBLEM = "the source does not say this, as the model reads it"


async def confirmed(
    model: ChatModel, citations: Sequence[Citation], sources: Sequence[Source]
) -> tuple[tuple[Citation, ...], Usage]:
    """Return the citations after the model has judged those that rest on their meaning.

    Numbers and dates were compared exactly; a sentence that has one needs no second judgement.

    Args:
        model: The model.
        citations: What the check by words and closeness of meaning has found.
        sources: The sources in the order of their numbers.

    Raises:
        ModelError: The model failed.
    """
    usage = Usage()
    judged: list[Citation] = []
    left = MOST
    for one in citations:
        if left and one.sources and len(one.sources) == 1 and _by_meaning(one):
            left -= 1
            asked = f"Passage:\n{_passage(one, sources)}\n\nStatement: {one.sentence}\n\n{TASK}"
            lead, cost = await asked_yes_or_no(model, SYSTEM, asked)
            usage += cost
            if lead is not None and lead < BAR:
                one = replace(one, verdict="unsupported", sources=(), passages=(), problem=PROBLEM)
        judged.append(one)
    return tuple(judged), usage


def _by_meaning(citation: Citation) -> bool:
    claim = read(citation.sentence)
    return len(citation.sentence.split()) > 3 and not (claim.numbers or claim.dates)


def _passage(citation: Citation, sources: Sequence[Source]) -> str:
    """Return the passage that a citation names, with the title of its source in front."""
    number, name = citation.places[0]
    source = sources[number - 1]
    text = source.passage(name) or source.snippet
    return f"{source.title}. {text}"[:PASSAGE_CHARS]
