"""How what is remembered is shown: tables, lines and JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ui.text import one_line, plain

if TYPE_CHECKING:
    from rich.table import Table

    from memory.changes import Change
    from memory.records import Record

WIDTH = 200
"""Characters of a memory's text in a list."""
SOURCES = {
    "chat": "in a conversation",
    "command": "because you asked for it",
    "import": "with an import",
    "mcp": "through an MCP client",
    "summary": "as the summary of a thread",
    "edit": "by hand",
}
ACTIONS = {
    "added": "remembered",
    "strengthened": "said again",
    "closed": "ended",
    "corrected": "put right",
    "edited": "edited",
    "reopened": "holds again",
}


def record_json(record: Record) -> dict[str, Any]:
    """Return a record as JSON has it: all fields but whose it is."""
    told = asdict(record)
    del told["user_id"]
    return told


def table(records: Sequence[Record], reasons: Sequence[str] = ()) -> Table:
    """Draw a list of records, with the reason why each was found where there is one."""
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=None, pad_edge=False)
    drawn.add_column("id", no_wrap=True, justify="right")
    for name in ("since", "kind", *(("found by",) if reasons else ())):
        drawn.add_column(name, no_wrap=True)
    drawn.add_column("what")
    for at, record in enumerate(records):
        begun = day(record.said if record.since is None else record.since)
        reason = [reasons[at]] if reasons else []
        drawn.add_row(str(record.id), begun, record.kind, *reason, Text(told(record)))
    return drawn


def told(record: Record) -> str:
    """Return a record's text in one line, with what limits it."""
    text = one_line(record.text, WIDTH)
    if record.speaker != "user":
        text = f"{one_line(record.speaker, 40)}: {text}"
    if marks := _marks(record):
        text = f"{text} ({', '.join(marks)})"
    return text


def _marks(record: Record) -> list[str]:
    marks = []
    if record.ended == "corrected":
        marks.append("was wrong")
    elif record.ended or record.until is not None:
        until = f"until {day(record.until)}" if record.until is not None else "no longer"
        marks.append(until)
    if record.dormant:
        marks.append("dormant")
    if record.scope:
        marks.append(f"only in {one_line(record.scope.replace(':', ' '), 40)}")
    return marks


def heading(record: Record) -> str:
    """Return a record's number and text."""
    return f"#{record.id} {quoted(record.text)}"


def quoted(text: str) -> str:
    """Return a text in quotes, in one line."""
    return f"“{one_line(text, WIDTH)}”"


def described(record: Record) -> list[str]:
    """Return all that is kept of a record, a line each."""
    fields: dict[str, str] = {
        "text": plain(record.text).replace("\n", "\n            "),
        "kind": record.kind,
        "about": _named(record.subject),
        record.attribute or "value": record.value,
        "said": f"{moment(record.said)} by {_named(record.speaker)}",
        "since": _day_or(record.since),
        "until": _day_or(record.until),
        "ended": _end(record),
        "said again": f"{times(record.times)}, last on {day(record.last_said)}"
        if record.times > 1
        else "",
        "used": f"{times(record.used)}, last on {day(record.last_used)}" if record.used else "",
        "from": _place(record),
        "quote": plain(record.quote).replace("\n", " ") if record.quote != record.text else "",
        "used in": record.scope.replace(":", " ", 1) or "all threads",
        "importance": f"{record.importance:.2f}",
        "confidence": f"{record.confidence:.2f}",
        "dormant": "yes: only found when asked for" if record.dormant else "",
    }
    lines = [f"{one_line(name, 40):<11} {value}" for name, value in fields.items() if value]
    return [f"{'id':<11} {record.id}", *lines]


def _end(record: Record) -> str:
    by = f" by #{record.closed_by}" if record.closed_by else ""
    if record.ended == "corrected":
        return f"put right{by}"
    return (f"replaced{by}" if by else "no longer holds") if record.ended else ""


def origin(record: Record) -> list[str]:
    """Tell who said a record, when, where and in which words."""
    who = "You" if record.speaker == "user" else one_line(record.speaker, 40)
    lines = [f"{who} said it on {moment(record.said)}, {_place(record)}."]
    if record.quote and record.quote != record.text:
        lines.append(f"The words were: {quoted(record.quote)}")
    if record.times > 1:
        lines.append(f"It was said {times(record.times)}, last on {day(record.last_said)}.")
    if record.used:
        lines.append(f"Answers used it {times(record.used)}, last on {day(record.last_used)}.")
    else:
        lines.append("No answer has used it.")
    return lines


def happening(change: Change, record_id: int) -> str:
    """Return a line of the log, as seen from one record."""
    what = ACTIONS[change.action]
    if change.record_id != record_id:
        what = f"#{change.record_id} {what} by it"
    elif change.other_id:
        what = f"{what} by #{change.other_id}"
    return f"{moment(change.at)}  {what}{_where(change.thread_id, change.message)}"


def _place(record: Record) -> str:
    source = SOURCES.get(record.source, one_line(record.source, 40))
    return f"{source}{_where(record.thread_id, record.message)}"


def _where(thread_id: str, message: str) -> str:
    thread = f", thread {one_line(thread_id, 60)}" if thread_id else ""
    return f"{thread}, message {one_line(message, 60)}" if thread and message else thread


def times(number: int) -> str:
    """Return how often something was."""
    return "once" if number == 1 else f"{number:,} times"


def _named(name: str) -> str:
    return "you" if name == "user" else one_line(name, 60)


def _day_or(seconds: float | None) -> str:
    return "" if seconds is None else day(seconds)


def day(seconds: float | None) -> str:
    """Return the day of a time, as in 2026-11-24."""
    found = _local(seconds)
    return found.date().isoformat() if found else "?"


def moment(seconds: float) -> str:
    """Return a time to the minute."""
    found = _local(seconds)
    return found.strftime("%Y-%m-%d %H:%M") if found else "?"


def _local(seconds: float | None) -> datetime | None:
    """Return a time here; None for one that no calendar knows."""
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds).astimezone()
    except (OverflowError, ValueError, OSError):
        return None
