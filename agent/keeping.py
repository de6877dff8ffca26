"""Do at once what the user says of memory: "remember that …", "forget …".

No model is asked. What is forgotten is deleted for good, here from the store and, when the turn
has ended, from the conversations as well (`agent.erasing`); the answer does not repeat it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from langgraph.types import interrupt

from agent import turns, words
from agent.events import Memory, Question, Remembered
from agent.lookup import language_of
from agent.models.base import Usage
from agent.models.protocol import Decision
from agent.state import Context, Entry
from memory.records import Record
from tools.ranking import words as content_words

if TYPE_CHECKING:
    from memory.commands import Command

QUESTION = "forget_all"
"""The id of the question whether everything is to be forgotten."""


async def obey(messages: Sequence[Entry], ctx: Context) -> Decision | None:
    """Return the answer to a command about memory; None where the model has to answer.

    A message that asks for something else besides is obeyed, too, and the model answers it.
    """
    start = turns.begin(messages)
    if ctx.parts.memory is None or len(messages) > start + 1:
        return None
    from memory.commands import command_of
    from memory.database import MemoryDamaged

    text = messages[start]["content"]
    command = command_of(text)
    if command is None:
        return None
    language = language_of(text)
    try:
        said = await _done(command, str(start), language, ctx)
    except MemoryDamaged as error:
        said = f"{error.message} {error.hint}".strip()
    if command.rest:
        ctx.notice("memory", said)
        return None
    ctx.show(said)
    return Decision(said, (), said, "stop", Usage(), complete=True)


async def _done(command: Command, message: str, language: str, ctx: Context) -> str:
    """Carry out a command, and return what is said of it."""
    if command.kind == "remember":
        return await _remember(command.statement, message, language, ctx)
    memory = ctx.parts.memory
    assert memory is not None  # noqa: S101 - for the type checker; `obey` has looked
    if command.kind == "forget":
        found = await _meant(command.statement, ctx)
        gone = await memory.forget([one.id for one in found], user_id=ctx.user_id)
    else:
        number = await memory.store.count(user_id=ctx.user_id)
        if number and not _agreed(number, language):
            return words.KEPT_ALL[language]
        every = await memory.store.list(user_id=ctx.user_id, limit=number)
        gone = await memory.forget([one.id for one in every], user_id=ctx.user_id)
    if not gone:
        return words.NOTHING_TO_FORGET[language]
    ctx.erase += gone
    ctx.emit(Remembered(forgotten=tuple(one.id for one in gone)))
    return words.FORGOTTEN[language].format(number=len(gone))


async def _remember(statement: str, message: str, language: str, ctx: Context) -> str:
    memory = ctx.parts.memory
    assert memory is not None  # noqa: S101 - for the type checker; `obey` has looked
    if memory.settings.write == "none":
        return words.MEMORY_OFF[language]
    from memory.inbox import Message

    heard = Message(
        user_id=ctx.user_id,
        thread_id=ctx.thread_id,
        message=message,
        text=statement,
        said=time.time(),
        scope=memory.scope,
    )
    try:
        taken = await memory.keep(heard, user_id=ctx.user_id)
    except ValueError as error:
        ctx.emit(Remembered(refused=str(error)))
        return words.NOT_KEPT[language].format(reason=error)
    kept = [one.record for one in taken if one.record]
    refused = " ".join(dict.fromkeys(one.reason for one in taken if one.record is None))
    ctx.emit(Remembered(kept=tuple(memory_of(one) for one in kept), refused=refused))
    known = all(one.outcome == "strengthened" for one in taken)
    said = (words.KNOWN if known else words.REMEMBERED)[language]
    lines = [said.format(text="; ".join(one.text for one in kept))] if kept else []
    lines += [words.NOT_KEPT[language].format(reason=refused)] if refused else []
    return " ".join(lines)


def memory_of(record: Record) -> Memory:
    """Return a record as faces show it."""
    return Memory(record.id, record.text, ended=record.ended)


def _agreed(number: int, language: str) -> bool:
    """Ask whether everything is to be forgotten; the turn waits for the answer."""
    options = words.YES_NO[language]
    asked = Question(QUESTION, words.FORGET_ALL[language].format(number=number), options)
    answer = interrupt({**asdict(asked), "options": list(options)})
    said = str(answer.get("text", "")).strip().lower().strip(" .!")
    return answer["decision"] == "reply" and said.split(",")[0].split(" ")[0] == options[0]


async def _meant(statement: str, ctx: Context) -> list[Record]:
    """Return the records that a user wants forgotten: those that say what he names."""
    memory = ctx.parts.memory
    assert memory is not None  # noqa: S101 - for the type checker; `obey` has looked
    found = await memory.recall(
        statement, user_id=ctx.user_id, thread_id=ctx.thread_id, limit=20, everything=True
    )
    named = set(content_words(statement)) - _PERSONS
    return [one.record for one in found if named and _names(one.record, named)]


def _names(record: Record, named: set[str]) -> bool:
    """Tell whether a record says all that is named, or is about it."""
    own = set(content_words(f"{record.text} {record.subject} {record.attribute} {record.value}"))
    return len(named & own) >= max(1, round(0.75 * len(named)))


_PERSONS = frozenset(content_words("I me my mine we our us you your that about what said told"))
