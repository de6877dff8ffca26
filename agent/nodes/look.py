"""Look: search for a question of fact at once, and answer it from what was found.

Both take the place of a decision of the model on its tools. Where they do not apply, they return
None, and the model decides.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any, Literal, TypeVar

from agent import turns, words
from agent.answerable import CLEAR, holds, likeness, near, odds, sure_of
from agent.errors import InputTooLong, ModelError
from agent.events import StopReason
from agent.grounding import Grounded, best, prompt, read, shown
from agent.lookup import Lookup, dated, language_of, looked_up
from agent.models.base import Usage
from agent.models.calls import Call
from agent.models.protocol import Decision
from agent.models.table import grounding_bar
from agent.nodes.decide import Screen, decide, sampling_of
from agent.nodes.own import only_own, search_own, without_own
from agent.recalling import wishes
from agent.rewriting import follow_ups, standalone
from agent.state import Context, Entry
from tools.ranking import words as content_words
from tools.sources import Source
from tools.threads import in_thread

T = TypeVar("T")
SEARCH = "web_search"
Found = Literal["no", "perhaps", "yes"]
"""Whether sources hold an answer."""
FITTING = 0.4
"""Likeness to a request from which on a tool that somebody has added goes before the web."""
ROUNDS = {"quick": 1, "normal": 2, "deep": 4}
"""Rounds of searching, by depth."""
QUERIES = {"quick": 1, "normal": 2, "deep": 4}
"""Searches in one further round, by depth."""
CHARS_PER_TOKEN = 2.5
"""Characters of a passage that surely fit into a token of the window."""


async def look(messages: Sequence[Entry], ctx: Context) -> Decision | None:
    """Return the searches that a turn begins with, or None where the model decides."""
    start = turns.begin(messages)
    if ctx.parts.settings.look_up != "facts" or len(messages) > start + 1:
        return None
    own = await search_own(messages[start]["content"], messages[start], ctx)
    return own or await _web(messages, ctx, first=True)


async def _web(messages: Sequence[Entry], ctx: Context, *, first: bool) -> Decision | None:
    """Return the searches of the web for a turn's question, or None where the model decides.

    A question that was put in other words is looked for in the user's documents again, unless they
    were searched before.
    """
    settings, start = ctx.parts.settings, turns.begin(messages)
    # What is asked of somebody whom the user told of is not for the web.
    if any(one["why"] == "name" for one in messages[start].get("recalled", ())):
        return None
    asked = looked_up(messages[start]["content"], first=start == 0)
    if asked is None or not await _fits(messages[start]["content"], ctx):
        return None
    question, english = await _worded(asked, messages[:start], ctx)
    if first and (asked.leaning or english):
        own = await search_own(question if asked.leaning else english, messages[start], ctx)
        if own is not None:
            return own
    queries = [question]
    if settings.tools.search.depth == "deep":
        most = QUERIES["deep"] - 1
        asking = follow_ups(ctx.parts.model, question, "", [question], most)
        if (told := await _in_time(asking, ctx)) is not None:
            ctx.unbooked += told[1]
            queries += told[0]
    return _searches(queries, question, english=english, news=asked.news)


async def ground(messages: Sequence[Entry], ctx: Context) -> tuple[Decision, StopReason] | None:
    """Answer from what was looked up, search on for what is missing, or leave it to the model.

    Raises:
        ModelError: The model failed for good.
        InputTooLong: The question does not fit the window.
    """
    turn = messages[turns.begin(messages) :]
    asked = [entry for entry in turn if entry["role"] == "assistant"]
    sources = turns.sources(turn)
    if not asked or not all(one.get("looked_up") for one in asked):
        return None
    own = only_own(turn)
    if not any(source.texts for source in turns.sources(turn if own else without_own(turn))):
        return await _on(messages, ctx) if own else None
    first = next((one for one in asked if not only_own([one])), asked[0])
    question, spent = first["looked_up"], Usage()
    english = first["tool_calls"][0]["arguments"].get("english", "")
    holding = await _answerable(english or question, sources, ctx)
    if holding == "no" and english:
        holding = await _answerable(question, sources, ctx)
    if holding != "no":
        answer = partial(_answer, question, sources, holding == "yes")
        decision, stop = await decide(messages, ctx, once=answer)
        if decision.text or stop != "answered":
            return decision, stop
        spent = decision.usage
    if own:
        ctx.unbooked += spent
        return await _on(messages, ctx)
    if more := await _further(question, turn, sources, ctx):
        return replace(more, usage=spent), "answered"
    language = language_of(turn[0]["content"])
    text = words.NOT_IN_SOURCES[language]
    ctx.show(text)
    return Decision(text, (), text, "stop", spent), "answered"


async def _on(messages: Sequence[Entry], ctx: Context) -> tuple[Decision, StopReason] | None:
    """Go on with a turn after the user's documents did not hold the answer."""
    decision = await _web(messages, ctx, first=False)
    return (decision, "answered") if decision else None


async def _fits(text: str, ctx: Context) -> bool:
    """Tell whether searching the web is what fits, and not a tool that somebody has added."""
    tool = ctx.toolbox.get(SEARCH)
    if tool is None or tool.origin != "built-in":
        return False
    if all(one.origin == "built-in" for one in ctx.toolbox.tools.values()):
        return True
    from memory.embeddings import open_embedder

    fitting = await ctx.parts.registry.rank(text, 1)
    first = ctx.toolbox.get(fitting[0]) if fitting else None
    if first is None or first.origin == "built-in":
        return True
    # The best of tools that do not fit at all is no reason to know less.
    about = [first.spec.description, *first.declared.examples]
    near_it: float = await in_thread(likeness, text, about, open_embedder())
    return near_it < FITTING


async def _in_time(asking: Coroutine[Any, Any, T], ctx: Context) -> T | None:
    """Wait for what the model is asked; None says that the turn's time is over."""
    try:
        async with asyncio.timeout_at(ctx.deadline):
            return await asking
    except TimeoutError:
        return None


async def _worded(asked: Lookup, before: Sequence[Entry], ctx: Context) -> tuple[str, str]:
    """Return the question as it can be understood alone, and in English if it is not."""
    if not asked.leaning and asked.language == "en":
        return asked.question, ""
    asking = standalone(
        ctx.parts.model,
        asked.question,
        before if asked.leaning else (),
        language=asked.language,
        today=date.today(),
    )
    if (told := await _in_time(asking, ctx)) is None:
        return asked.question, ""
    question, english, usage = told
    ctx.unbooked += usage
    return (question if asked.leaning else asked.question), english


def _searches(
    queries: Sequence[str], question: str, *, english: str = "", news: bool = False
) -> Decision:
    """Return the decision to search."""
    calls = []
    for number, query in enumerate(queries):
        arguments = {"query": dated(query, date.today())}
        if news:
            arguments["kind"] = "news"
        if english and number == 0:
            arguments["english"] = english
        calls.append(Call(f"look_{number}", SEARCH, arguments))
    return Decision("", tuple(calls), "", "tool_calls", Usage(), looked_up=question)


async def _answerable(question: str, sources: Sequence[Source], ctx: Context) -> Found:
    """Tell whether sources hold the answer; where nothing can tell, the answer itself will."""
    from memory.embeddings import EmbedderError, open_embedder

    try:
        found = await in_thread(near, question, sources, open_embedder())
    except EmbedderError:
        return "perhaps"
    surely = sure_of(question, found.likeness)
    if surely is not None:
        return "yes" if surely else "no"
    try:
        async with asyncio.timeout_at(ctx.deadline):
            lead, usage = await odds(ctx.parts.model, question, found.passages)
    except TimeoutError:
        return "perhaps"
    except ModelError as error:
        if not error.transient:
            raise
        return "perhaps"
    ctx.unbooked += usage
    if lead is None:
        return "perhaps"
    if not holds(question, found.likeness, lead):
        return "no"
    return "yes" if holds(question, found.likeness, lead, CLEAR) else "perhaps"


async def _answer(
    question: str,
    sources: Sequence[Source],
    clear: bool,
    messages: Sequence[Entry],
    ctx: Context,
) -> Decision:
    """Ask once for an answer from sources; a decision without text says that they hold none."""
    parts = ctx.parts
    info, limit = parts.model.info, sampling_of(ctx, 0).max_tokens
    said = looked_up(messages[turns.begin(messages)]["content"], first=True)
    asking = f"{question} {said.how}" if said and said.how else question
    room = int((info.context - limit - 600) * CHARS_PER_TOKEN) - len(question)
    if room < 0:
        raise InputTooLong("The question does not fit the model's window.", "Ask it shorter.")
    shown_chars = parts.settings.tools.search.shown_chars
    fitting = best(question, sources, min(room, shown_chars * 3 // 2))
    wanted = "\n".join([parts.settings.instructions, *wishes(messages)]).strip()
    asked = prompt(asking, fitting, date.today(), info, wanted)
    screen = Screen(messages, ctx)
    done: Grounded | None = None
    sampling = sampling_of(ctx, sum(parts.meter.tokens(one["content"]) for one in asked))
    bar = 0.0 if clear else grounding_bar(info)
    async with aclosing(read(parts.model, asked, sampling, bar)) as pieces:
        async for piece in pieces:
            if isinstance(piece, Grounded):
                done = piece
            else:
                screen.feed(piece)
    assert done is not None  # noqa: S101 - for the type checker; a reply ends with one
    text = screen.finish() if done.answered else ""
    return Decision(text, (), text, done.finish, done.usage, complete=True)


async def _further(
    question: str, turn: Sequence[Entry], sources: Sequence[Source], ctx: Context
) -> Decision | None:
    """Return further searches for what is missing, as long as there are rounds left."""
    depth = ctx.parts.settings.tools.search.depth
    tried = [
        call["arguments"].get("query", "") for entry in turn for call in entry.get("tool_calls", ())
    ]
    if turns.decisions(without_own(turn)) >= ROUNDS[depth]:
        return None
    found = shown(best(question, sources, 1500))
    asking = follow_ups(ctx.parts.model, question, found, tried, QUERIES[depth])
    if (told := await _in_time(asking, ctx)) is None:
        return None
    queries, usage = told
    ctx.unbooked += usage
    known = [set(content_words(query)) for query in tried]
    new = [query for query in queries if not any(set(content_words(query)) <= k for k in known)]
    return _searches(new[: QUERIES[depth]], question) if new else None
