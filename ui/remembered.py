"""Tell what is remembered: what an answer used, and what was written down or forgotten."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from agent.events import Recalled, Remembered, Turn
from ui.text import one_line

if TYPE_CHECKING:
    from memory.consolidate import Taken
    from memory.records import Record


def used_lines(turn: Turn) -> list[str]:
    """Tell which memories an answer uses, and how each is taken back."""
    return [
        f"Remembered, and used: {_quoted(one.text)} ({_when(one.said, one.ended)}#{one.id})"
        for one in turn.memories
        if one.used
    ]


def changed_lines(event: Recalled | Remembered) -> list[str]:
    """Tell what was recalled for an answer, or written down at the user's word."""
    if isinstance(event, Recalled):
        number = len(event.memories)
        return [f"Recalled {number} {'memory' if number == 1 else 'memories'}"]
    lines = [f"Remembered as #{one.id}: {_quoted(one.text)}" for one in event.kept]
    if event.forgotten:
        lines.append(f"Deleted: {', '.join(f'#{number}' for number in event.forgotten)}")
    return lines


def written_lines(taken: Iterable[Taken]) -> list[str]:
    """Tell what was remembered of a message, and what it took the place of."""
    lines = []
    for one in taken:
        if one.record is None or one.outcome == "strengthened":
            continue
        closed = [f"#{change.record_id}" for change in one.changes if change.action in CLOSING]
        instead = f", in the place of {', '.join(closed)}" if closed else ""
        lines.append(f"Remembered as #{one.record.id}: {_quoted(one.record.text)}{instead}")
    return lines


def record_line(record: Record) -> str:
    """Tell of a record in one line."""
    past = "" if record.current else f" [{record.ended}]"
    return f"#{record.id} {_quoted(record.text)}{past}"


CLOSING = ("closed", "corrected")


def _quoted(text: str) -> str:
    return f"“{one_line(text, 200)}”"


def _when(said: str, ended: str) -> str:
    return f"{said}, " + (f"{ended}, " if ended else "")
