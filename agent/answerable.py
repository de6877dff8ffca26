"""Whether sources hold the answer to a question: likeness in meaning, and the model's judgement.

A small model finds an answer in anything. Two things tell better than its own word: how near the
question is to the nearest sentence of the sources, and how sure the model is of "yes" when it is
asked nothing but whether the best passages say what the question asks for. The second counts as
the logarithm of the odds of "yes" against "no", where the server reports them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.models.base import (
    ChatModel,
    EndChunk,
    Message,
    ModelRequest,
    TextChunk,
    TokenLogprobs,
    Usage,
)
from agent.models.prompted import ALTERNATIVES
from tools.passages import sentences
from tools.ranking import words
from tools.search.bridges import asked_for
from tools.sources import Source

if TYPE_CHECKING:
    from memory.embeddings import Embedder

SYSTEM = (
    "You judge whether a passage answers a question. Many passages are about the same topic but do "
    "not say what is asked. Reply with yes or no."
)
TASK = "Does the passage say exactly what the question asks for? Reply yes or no."
GRAMMAR = 'root ::= "yes" | "no"'
SENTENCES = 16
"""Sentences whose meaning is compared, those that share most words with the question."""
SENTENCE_CHARS = 300
PASSAGES = 2
"""Passages that the model judges by, the nearest ones."""
PASSAGE_CHARS = 900
"""Characters of them together."""
COMPARED = 10


@dataclass(frozen=True, slots=True)
class Near:
    """How near sources are to a question.

    Args:
        likeness: The cosine of the question and the nearest sentence, between -1 and 1.
        passages: The nearest passages, each with its title in front.
    """

    likeness: float
    passages: str


def near(question: str, sources: Sequence[Source], embedder: Embedder) -> Near:
    """Return how near sources are to a question. It takes a tenth of a second or so.

    Raises:
        EmbedderError: The model of meanings cannot be loaded.
    """
    held = [(source.title, text) for source in sources for text in source.texts]
    cut = [(title, text[a:b]) for title, text in held for a, b in sentences(text)]
    asked = set(words(question))
    cut.sort(key=lambda one: -len(asked & set(words(f"{one[0]} {one[1]}"))))
    said = [text[:SENTENCE_CHARS] for _, text in cut[:SENTENCES]]
    whole = [f"{title}. {text}" for title, text in held[:COMPARED]]
    vectors = embedder.embed([question, *said, *(text[:SENTENCE_CHARS] for text in whole)])
    cosines = vectors[1:] @ vectors[0]
    likeness = max((float(one) for one in cosines[: len(said)]), default=0.0)
    order = sorted(range(len(whole)), key=lambda at: -float(cosines[len(said) + at]))
    best = "\n".join(whole[at] for at in order[:PASSAGES])
    return Near(likeness, best[:PASSAGE_CHARS])


def likeness(text: str, others: Sequence[str], embedder: Embedder) -> float:
    """Return the cosine of a text and the nearest of others."""
    vectors = embedder.embed([text, *others])
    return max((float(one) for one in vectors[1:] @ vectors[0]), default=0.0)


async def odds(model: ChatModel, question: str, passages: str) -> tuple[float | None, Usage]:
    """Ask whether passages answer a question; returns and raises what `asked_yes_or_no` does."""
    asked = f"Passage:\n{passages}\n\nQuestion: {question}\n\n{TASK}"
    return await asked_yes_or_no(model, SYSTEM, asked)


async def asked_yes_or_no(model: ChatModel, system: str, asked: str) -> tuple[float | None, Usage]:
    """Ask a model for a yes or a no.

    Returns:
        The logarithm of the odds of "yes", plus or minus 1 where the server reports none, and
        None where the reply is neither; and what the model call cost.

    Raises:
        ModelError: The model failed.
    """
    messages: list[Message] = [
        {"role": "system", "content": system},
        {"role": "user", "content": asked},
    ]
    info = model.info
    request = ModelRequest(
        messages=messages,
        grammar=GRAMMAR if info.grammar else None,
        max_tokens=2 if info.grammar else 8,
        seed=0,
        logprobs=ALTERNATIVES if info.logprobs else 0,
    )
    text, lead, usage = "", None, Usage()
    async with aclosing(model.stream(request)) as chunks:
        async for chunk in chunks:
            if isinstance(chunk, EndChunk):
                usage = chunk.usage
            elif isinstance(chunk, TextChunk):
                text += chunk.text
                if lead is None:
                    lead = next((one for token in chunk.logprobs if (one := _lead(token))), None)
    if lead is None:
        said = text.strip().lower()
        lead = 1.0 if said.startswith("yes") else -1.0 if said.startswith("no") else None
    return lead, usage


def _lead(token: TokenLogprobs) -> float | None:
    """Return the logarithm of the odds of "yes" at a token, None where it is of something else."""
    mass = {"yes": 0.0, "no": 0.0}
    for text, value in token.top:
        word = text.strip().lower()
        if word in mass:
            mass[word] += math.exp(value)
    if sum(mass.values()) < 0.01:
        return None
    return math.log((mass["yes"] + 1e-6) / (mass["no"] + 1e-6))


WEIGHTS = (-8.75, 14.0, 1.4, 0.24)
"""Of a logistic regression on questions with and without an answer in what was found for them:
the constant, and the weights of likeness, odds, and the words of the question."""
MOST_WORDS = 12
"""Words of a question that count: one that joins several facts is near to none of them."""
JOINED_WORDS = 9
"""Words of its own from which on a question surely joins several facts."""
JOINED_LIKENESS = 0.42
"""How near its sources are to such a question at least."""
_COMPARING = re.compile(
    r"\b(?:both|or|same|older|younger|longer|larger|bigger|more|most|first|earlier|later|further|"
    r"either|neither|than|between|and)\b",
    re.IGNORECASE,
)
CLEAR = 1.0
"""The odds from which on the answer itself need not be doubted."""
SURE = 1.6
"""The odds that a model gives at most, either way; what is decided beyond them needs no asking."""


def holds(question: str, likeness: float, lead: float, least: float = 0.0) -> bool:
    """Tell whether sources hold an answer.

    Args:
        question: The question.
        likeness: Of `near`.
        lead: Of `odds`.
        least: The logarithm of the odds that they do, from which on they count as doing so.
    """
    constant, by_likeness, by_lead, by_words = WEIGHTS
    count = min(len(set(words(question))), MOST_WORDS)
    lead = max(-SURE, min(SURE, lead))
    return constant + by_likeness * likeness + by_lead * lead + by_words * count >= least


def joins(question: str) -> bool:
    """Tell whether a question compares two things or joins facts: no one passage answers it."""
    named = {name for name in asked_for(question) if len(name) > 2}
    return len(set(words(question))) >= JOINED_WORDS or (
        len(named) > 1 and _COMPARING.search(question) is not None
    )


def sure_of(question: str, likeness: float) -> bool | None:
    """Tell whether sources hold an answer where no odds could change it, else None."""
    if joins(question):
        return likeness >= JOINED_LIKENESS
    if holds(question, likeness, -SURE):
        return True
    return None if holds(question, likeness, SURE) else False
