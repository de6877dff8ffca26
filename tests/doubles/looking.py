"""An assistant with nothing but web search, on a small web on loopback, with a scripted model."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from agent.assistant import Assistant, open_assistant
from agent.events import Event, Turn, TurnFinished
from agent.models.scripted import Matcher, ScriptedModel, Step, say
from agent.settings import Budget, Settings
from evals.web import Document, Web, open_web

TARMA = Document(
    "Museum of Tarma",
    "The Museum of Tarma was opened in 1951 by Ana Rojas.\n"
    "The Museum of Tarma closed in 2003 after an earthquake.",
    "2021-03-04",
)
LARCO = Document("Larco Museum", "The Larco Museum in Lima holds 45,000 vessels of clay.")
LLAMA = Document("Llama", "A llama lives for about twenty years and carries loads of 30 kg.")
DOCUMENTS = (TARMA, LARCO, LLAMA)
OPENED = "When was the Museum of Tarma opened?"
RIGHT = "The Museum of Tarma was opened in 1951"


@dataclass
class Opened:
    """An assistant, the web that it sees, and the model that it asks."""

    assistant: Assistant
    web: Web
    model: ScriptedModel

    async def events(self, text: str) -> list[Event]:
        stream = self.assistant.stream(text, user_id="ana", thread_id="t")
        return [event async for event in stream]

    async def ask(self, text: str) -> Turn:
        return await self.assistant.ask(text, user_id="ana", thread_id="t")

    @property
    def queries(self) -> list[str]:
        """What the search was asked, in the order of arrival."""
        parts = [urlsplit(one) for one in self.web.asked]
        return [parse_qs(one.query)["q"][0] for one in parts if one.path == "/search"]

    @property
    def pages(self) -> list[str]:
        """The pages that were read."""
        return [one for one in self.web.asked if re.match(r"/\d", one)]

    @property
    def prompts(self) -> list[str]:
        """The last message of each request that gives the model sources."""
        last = [one.messages[-1]["content"] for one in self.model.requests]
        return [one for one in last if one.startswith("Sources (")]


@asynccontextmanager
async def opening(
    home: Path,
    steps: Sequence[Step],
    documents: Sequence[Document] = DOCUMENTS,
    *,
    tools: Sequence[Any] = (),
    search: dict[str, Any] | None = None,
    budget: Budget | None = None,
    look_up: Literal["facts", "model"] = "facts",
    check: Literal["words", "model"] = "model",
    model: ScriptedModel | None = None,
    **options: Any,
) -> AsyncIterator[Opened]:
    """Open an assistant; at the end no step may be left.

    Args:
        home: Its folder.
        steps: What the model does.
        documents: What stands on the pages of the web.
        tools: Tools besides web search.
        search: Settings of the search that differ.
        budget: The budget of a turn.
        look_up: The setting of that name.
        check: The setting of that name.
        model: The model, in the place of one that follows the steps.
        options: Of `ScriptedModel`.
    """
    model = model or ScriptedModel(steps, **options)
    async with open_web(documents) as web:
        made = web.settings()
        searching = made.search.model_copy(update=search or {})
        settings = Settings(
            home=home,
            builtin_tools=("web_search", "search_documents"),
            tools=made.model_copy(update={"search": searching}),
            look_up=look_up,
            check=check,
            budget=budget or Budget(),
        )
        async with open_assistant(settings, tools=tools, model=model) as assistant:
            yield Opened(assistant, web, model)
    model.assert_finished()


def given(*held: str) -> Matcher:
    """Match a request for an answer from sources that hold some words."""
    return lambda told: (
        told[-1]["content"].startswith("Sources (")
        and all(one in told[-1]["content"] for one in held)
    )


def grounded(answer: str, *sources: int, answered: bool = True, held: Sequence[str] = ()) -> Step:
    """Answer from sources in the form that is asked for."""
    reply = {"sources": list(sources), "answered": "yes" if answered else "no", "answer": answer}
    return say(json.dumps(reply), match=given(*held))


def absent() -> Step:
    """Say, as often as it is asked, that the sources do not hold the answer."""
    reply = {"sources": [], "answered": "no", "answer": "Not in the sources."}
    return say(json.dumps(reply), match=given(), repeat=True)


def judged(verdict: str, **options: Any) -> Step:
    """Say whether passages hold the answer."""
    return say(verdict, match=lambda told: told[0]["content"].startswith("You judge"), **options)


def prepared(**reply: Any) -> Step:
    """Write a question anew, or name searches."""
    return say(json.dumps(reply), match=lambda told: told[0]["content"].startswith("You prepare"))


def turn_of(events: Sequence[Event]) -> Turn:
    last = events[-1]
    assert isinstance(last, TurnFinished)
    return last.turn


def asked_for(*held: str) -> Matcher:
    """Match a request in which the model decides by itself, behind some words."""
    return lambda told: (
        told[0]["content"].startswith("You are arriero")
        and all(any(one in message["content"] for message in told) for one in held)
    )
