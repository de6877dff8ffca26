"""How a turn begins: with what the user says, with his answers, or where it was cut off."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from agent.errors import UsageError
from agent.events import Answer, Waiting
from agent.recalling import recalled
from agent.shown import choose
from agent.state import Context, Entry

if TYPE_CHECKING:
    from agent.remembering import Remembering
    from agent.threads import Ran, Threads


Approver = Callable[[Waiting], Awaitable[Answer]]
"""Answers what a turn waits for, so that it goes on at once."""


async def asked(waiting: Sequence[Waiting], approve: Approver, ctx: Context) -> dict[str, Answer]:
    """Ask the approver; the time that the user takes is not the turn's."""
    clock = asyncio.get_running_loop().time
    began = clock()
    given = {one.id: await approve(one) for one in waiting}
    ctx.deadline += clock() - began
    return given


async def begin(
    text: str | None,
    answers: Mapping[str, Answer],
    ctx: Context,
    threads: Threads,
    remembering: Remembering | None,
) -> Ran:
    """Begin a turn, pick up a cut-off one, or go on with one that waited.

    Args:
        text: What the user says; None for nothing new.
        answers: What he answers, by the id of what the turn waits for.
        ctx: The turn.
        threads: Where it runs.
        remembering: What reads the message for what lasts; None for nothing.

    Raises:
        UsageError: There is nothing to begin, or an answer fits nothing.
    """
    waiting = await threads.waiting(user_id=ctx.user_id, thread_id=ctx.thread_id)
    if text is not None and waiting and all(one.kind == "question" for one in waiting):
        answers = {one.id: Answer("reply", text=text) for one in waiting}
    if answers:
        check_answers(answers, waiting)
        return await threads.answer(answers, ctx)
    if await threads.settle(text, ctx):
        if not waiting:
            ctx.notice("resumed", "The turn that was cut off is finished now.")
        return await threads.run(None, ctx)
    if text is None:
        raise UsageError("There is no interrupted turn in this thread.", "Type a new message.")
    before = await threads.before(user_id=ctx.user_id, thread_id=ctx.thread_id)
    if remembering is not None:
        remembering.note(text, before, user_id=ctx.user_id, thread_id=ctx.thread_id)
    return await threads.run(await _said(text, before, ctx), ctx)


async def _said(text: str, before: Sequence[Entry], ctx: Context) -> Entry:
    """Return the user's message, with what is remembered for it and the tools that fit it."""
    said = Entry(role="user", content=text)
    if kept := await recalled(text, before, ctx):
        said["recalled"] = kept
    if names := await choose(text, before, ctx.parts):
        said["tools"] = names
    return said


def check_answers(answers: Mapping[str, Answer], waiting: Sequence[Waiting]) -> None:
    """Refuse answers that fit nothing.

    Raises:
        UsageError: One is for something that is not waited for, or of the wrong kind.
    """
    kinds = {one.id: one.kind for one in waiting}
    for call_id, answer in answers.items():
        if call_id not in kinds:
            asked = ", ".join(kinds) or "nothing"
            raise UsageError(
                f"Nothing waits for an answer to {call_id!r}.", f"What waits: {asked}."
            )
        if (kinds[call_id] == "question") != (answer.decision == "reply"):
            fitting = "reply" if kinds[call_id] == "question" else "approve, edit, reject or always"
            raise UsageError(
                f"{answer.decision!r} is no answer to this {kinds[call_id]}.", f"Use {fitting}."
            )
