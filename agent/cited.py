"""What an answer rests on: its citations checked against the turn's sources, and said so."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from agent import turns, words
from agent.attribution import Checker
from agent.citations import Citer
from agent.conflicts import conflicts
from agent.entailment import confirmed
from agent.errors import ModelError
from agent.events import Basis, Cited
from agent.lookup import language_of, looked_up
from agent.nodes.own import without_own
from agent.recalling import given
from tools.sources import Source

if TYPE_CHECKING:
    from agent.state import Context, Entry


class Check:
    """The check of an answer's citations while it is streamed.

    Args:
        sources: What it can cite, in the order of their numbers.
        question: What it answers.
        earlier: Whether the sources are those of an earlier turn: an answer that has nothing to
            do with them need not be supported by them.
    """

    def __init__(self, sources: Sequence[Source], question: str, *, earlier: bool) -> None:
        from memory.embeddings import open_embedder

        self._earlier = earlier
        self._question = question
        self._sources = sources
        self._embedder = open_embedder()
        self._citer = Citer(Checker(sources, self._embedder), question)

    def feed(self, text: str) -> str:
        """Take a piece, and return what can be shown by now."""
        return self._citer.feed(text)

    def finish(self) -> str:
        """Return what was held back."""
        return self._citer.finish()

    def found(self) -> Cited:
        """Return what the check has found."""
        citations = self._citer.citations
        if self._earlier:
            citations = [one for one in citations if one.sources or one.given]
        return Cited(
            tuple(citations),
            tuple(conflicts(citations, self._sources, self._embedder, self._question)),
        )


def check_of(messages: Sequence[Entry]) -> Check | None:
    """Return the check for the answer of the last turn, if it has anything to cite."""
    sources = turns.citable(messages)
    if not any(source.texts for source in sources):
        return None
    turn = messages[turns.begin(messages) :]
    question = next((one["looked_up"] for one in turn if one.get("looked_up")), turn[0]["content"])
    return Check(sources, question, earlier=not turns.sources(turn))


async def confirm(messages: Sequence[Entry], ctx: Context) -> None:
    """Ask the model about the citations of an answer that rest on their meaning, time allowing."""
    found = ctx.checked
    if ctx.parts.settings.check != "model" or not any(one.sources for one in found.citations):
        return
    try:
        async with asyncio.timeout_at(ctx.deadline):
            judged, usage = await confirmed(
                ctx.parts.model, found.citations, turns.citable(messages)
            )
    except (TimeoutError, ModelError):  # the answer stands, checked by its words
        return
    ctx.unbooked += usage
    ctx.checked = replace(found, citations=judged)


def tell_checked(entry: Entry, messages: Sequence[Entry], ctx: Context) -> None:
    """Keep with the answer of a turn what its check has found, and tell the user."""
    found = ctx.checked
    if found.citations:
        entry["citations"] = [asdict(one) for one in found.citations]
        entry["conflicts"] = [asdict(one) for one in found.conflicts]
        ctx.emit(found)
    start = turns.begin(messages)
    basis = _basis(entry, messages[start:], found)
    if basis in ("conversation", "model") and not turns.searches(messages[start:]):
        # A question of fact about somebody whom the user told of is answered so, too.
        remembered = given(messages, start, entry["content"])
        basis = "memory" if any(one.used for one in remembered) else basis
    entry["basis"] = basis


def lead(turn: Sequence[Entry]) -> str:
    """Return what an answer has to begin with, because searching went badly; mostly nothing."""
    turn = without_own(turn)
    searches = turns.searches(turn)
    others = (one for one in turn if one["role"] == "tool" and not one.get("searches"))
    if not searches or any(not one.get("error") for one in others):
        return ""
    language = language_of(turn[0]["content"])
    if any(source.texts for source in turns.sources(turn)):
        if all(one.stale for one in searches):
            age = words.span(max(one.age for one in searches), language)
            return words.STALE[language].format(age=age)
        return ""
    failed = all(one.error for one in searches)
    return (words.NOT_LOOKED_UP if failed else words.NOTHING_FOUND)[language]


def _basis(entry: Entry, turn: Sequence[Entry], found: Cited) -> Basis:
    cited = {number for one in found.citations for number in one.sources}
    if cited:
        sources: Sequence[Source] = turns.citable(turn)
        kinds = {sources[number - 1].kind for number in cited if number <= len(sources)}
        return "memory" if kinds == {"memory"} else "sources"
    if entry["content"].strip() in words.NOT_IN_SOURCES.values():
        return "nothing"
    searched = turns.searches(turn)
    if not searched and any(one["role"] == "tool" and not one.get("error") for one in turn):
        return "tools"
    asked = looked_up(turn[0]["content"], first=True)
    return "model" if searched or asked else "conversation"
