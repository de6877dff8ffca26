"""Change what is remembered: edit, take back, pause; no model is needed."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from agent.errors import UsageError
from ui.memory import checked_kind, known, stored
from ui.memory_lines import heading, record_json, told
from ui.session import Options
from ui.terminal import Terminal

if TYPE_CHECKING:
    from memory.changes import Change
    from memory.records import Record

UNDOABLE = frozenset(("added", "strengthened", "closed", "corrected"))
LOOKED_AT = 500
"""Lines of the log among which the last writing is looked for."""
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
NOTHING = ("", "none", "never")
"""What takes a date away."""


def edit(
    name: str, given: dict[str, Any], options: Options, terminal: Terminal, *, as_json: bool
) -> int:
    """Change fields of a memory; the old ones are gone for good.

    Args:
        name: The memory's number.
        given: The fields as they were typed; None for those that stay.
        options: Whose memory it is.
        terminal: Where it is shown.
        as_json: Whether as JSON.

    Raises:
        UsageError: There is no such memory, or a field cannot be so.
    """
    user_id = options.user_id()
    fields = _fields({key: value for key, value in given.items() if value is not None})

    async def change() -> Record:
        async with stored(options) as store:
            (old,) = await known([name], store, user_id)
            since, until = (fields.get(key, getattr(old, key)) for key in ("since", "until"))
            if since is not None and until is not None and until < since:
                raise UsageError("It would end before it begins.", "Look at --since and --until.")
            try:
                return await store.edit(old.id, user_id=user_id, **fields)
            except ValueError as error:
                raise UsageError(str(error)) from error

    record = asyncio.run(change())
    if as_json:
        terminal.json({"memory": record_json(record)})
    else:
        terminal.line(f"#{record.id} {told(record)}")
    return 0


def _fields(given: dict[str, Any]) -> dict[str, Any]:
    if not given:
        raise UsageError("Nothing is to be changed.", 'Say what, such as --text "I live in Rome".')
    if "kind" in given:
        given["kind"] = checked_kind(given["kind"])
    if "subject" in given:
        given["subject"] = " ".join(given["subject"].lower().split()) or "user"
    for name in ("since", "until"):
        if name in given:
            given[name] = _seconds(given[name], f"--{name}")
    return given


def _seconds(text: str, option: str) -> float | None:
    """Read a date, in seconds since the epoch; None for one that is taken away."""
    bare = text.strip().lower()
    if bare in NOTHING:
        return None
    found = _DATE.fullmatch(bare)
    try:
        if found is None:
            return datetime.fromisoformat(bare).timestamp()
        year, month, day = (int(part or 1) for part in found.groups())
        return datetime(year, month, day).astimezone().timestamp()
    except (ValueError, OverflowError, OSError):
        raise UsageError(
            f"{option} is no date: {text!r}.", "Write 2026, 2026-05, 2026-05-31, or none."
        ) from None


def undo(options: Options, terminal: Terminal, *, thread: str | None, as_json: bool) -> int:
    """Take back the last thing that was written, in a thread if one is named.

    Raises:
        UsageError: There is nothing to take back.
    """
    user_id = options.user_id()

    async def take_back() -> tuple[list[Change], dict[int, Record]]:
        async with stored(options) as store:
            log = await store.changes(user_id=user_id, thread_id=thread or "", limit=LOOKED_AT)
            for writing in _writings(log):
                ids = [one.record_id for one in writing]
                before = {one.id: one for one in await store.get(ids, user_id=user_id)}
                done = await store.undo(user_id=user_id, change_ids=[one.id for one in writing])
                if done:
                    return done, before
        return [], {}

    done, before = asyncio.run(take_back())
    if not done:
        where = f" in thread {thread}" if thread else ""
        raise UsageError(
            f"There is nothing to take back{where}.",
            "What was imported or edited is changed with arriero memory forget and edit.",
        )
    if as_json:
        memories = [record_json(one) for one in before.values()]
        terminal.json({"undone": [asdict(one) for one in done], "memories": memories})
        return 0
    for change in done:
        terminal.line(_taken_back(change, before[change.record_id]))
    return 0


def _writings(log: Sequence[Change]) -> Iterator[list[Change]]:
    """Yield what was written together, the newest first: a record, and before it what it ended."""
    writing: list[Change] = []
    for change in log:
        if change.action not in UNDOABLE:
            continue
        if writing and _cause(writing[0]) != _cause(change):
            yield writing
            writing = []
        writing.append(change)
        if change.action in ("added", "strengthened"):
            yield writing
            writing = []
    if writing:
        yield writing


def _cause(change: Change) -> int:
    """Return the record that a change is part of."""
    return change.other_id or change.record_id


def _taken_back(change: Change, record: Record) -> str:
    if change.action == "added":
        return f"Deleted {heading(record)}"
    if change.action == "strengthened":
        return f"Said once less: {heading(record)}"
    return f"Holds again: {heading(record)}"


def pause(paused: bool, options: Options, terminal: Terminal, *, as_json: bool) -> int:
    """Stop remembering what the user says, or go on with it."""
    user_id = options.user_id()

    async def change() -> None:
        async with stored(options) as store:
            await store.pause(paused, user_id=user_id)

    asyncio.run(change())
    if as_json:
        terminal.json({"user": user_id, "paused": paused})
    elif paused:
        terminal.note(f"Nothing that {user_id} says is remembered until: arriero memory resume")
    else:
        terminal.note(f"What {user_id} says is remembered again.")
    return 0
