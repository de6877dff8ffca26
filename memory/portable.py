"""Memory in an open format, JSON Lines: what a user takes along, and what he brings.

The first line says what the file is: `{"arriero": "memory", "version": 1}`. Each other line is a
record with all its fields but whose it is, or a message of a conversation:

    {"message": {"text": "I moved to Rome.", "speaker": "user", "said": "2026-05-12T09:30:00Z",
                 "thread": "t1", "id": "m1"}}

A message becomes a record in its own words; only `text` and `said` must be there. A file of
messages only needs no first line.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from memory import rows, terms
from memory.records import CHARS, USER, Draft, Record

if TYPE_CHECKING:
    from memory.store import Store

VERSION = 1
_PAGE = 1000
_MOST = 2**62
_KINDS: dict[str, type | tuple[type, ...]] = {
    "str": str,
    "bool": bool,
    "int": int,
    "float": (int, float),
    "float | None": (int, float, type(None)),
    "Kind": str,
    "Ended": str,
}
_TYPES = {
    one.name: _KINDS[str(one.type)]
    for one in (*fields(Draft), *fields(Record))
    if one.name != "user_id"
}
_END = re.compile(r"(?<=[.!?…。！？])\s+|\n+")


class ImportRefused(ValueError):
    """Say which line of a file cannot be imported, and that nothing was."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of an import.

    Args:
        records: What was added.
        known: How many lines told what was already there.
    """

    records: Sequence[Record]
    known: int


async def export_lines(store: Store, *, user_id: str) -> AsyncIterator[str]:
    """Yield the lines of a user's memory, each with its line end."""
    count = await store.count(user_id=user_id)
    head = {"arriero": "memory", "version": VERSION, "records": count}
    yield f"{json.dumps(head)}\n"
    offset = 0
    while page := await store.list(user_id=user_id, order="old", limit=_PAGE, offset=offset):
        for record in page:
            values = {name: value for name, value in asdict(record).items() if name != "user_id"}
            yield f"{json.dumps(values, ensure_ascii=False)}\n"
        offset += len(page)


def read_lines(lines: Iterable[str]) -> list[Record]:
    """Return the records of a file's lines; those of messages have the id 0.

    Raises:
        ImportRefused: A line is not what it should be.
    """
    records: list[Record] = []
    ids: set[int] = set()
    begun = False
    for number, line in enumerate(lines, start=1):
        if not (line := line.removeprefix("\ufeff").strip()):
            continue
        try:
            value = _plain(line)
            if set(value) == {"message"}:
                records += _said(value["message"])
            elif not begun:
                _check_head(value)
            else:
                records.append(_record(value))
                if records[-1].id in ids:
                    raise ValueError(f"the id {records[-1].id} was there before.")
                ids.add(records[-1].id)
        except (ValueError, TypeError, OverflowError, RecursionError) as error:
            raise ImportRefused(f"Line {number}: {error} Nothing was imported.") from error
        begun = True
    return records


async def import_lines(store: Store, lines: Iterable[str], *, user_id: str) -> Imported:
    """Add a file's records to a user's memory under new ids, all or none.

    What is there already, in the same words and said at the same time, is left out.

    Raises:
        ImportRefused: A line is not what it should be.
    """
    records = read_lines(lines)
    known: dict[tuple[Any, ...], int] = {}
    offset = 0
    while page := await store.list(user_id=user_id, order="old", limit=_PAGE, offset=offset):
        known.update((_key(one), one.id) for one in page)
        offset += len(page)
    new: list[Record] = []
    there: dict[int, int] = {}
    for record in records:
        key = _key(record)
        if key not in known:
            known[key] = 0
            new.append(record)
        elif record.id:
            there[record.id] = known[key]
    added = await store.restore(new, user_id=user_id, there=there)
    return Imported(added, len(records) - len(new))


def _key(record: Record) -> tuple[Any, ...]:
    place = (record.subject, record.speaker, record.said, record.thread_id, record.message)
    return (terms.fold(record.text), *place)


def _plain(line: str) -> dict[str, Any]:
    try:
        value = json.loads(line, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise ValueError(f"it is not JSON: {error.msg}.") from error
    if not isinstance(value, dict):
        raise ValueError("it is not a JSON object.")
    return value


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not a number of JSON.")


def _check_head(value: dict[str, Any]) -> None:
    if value.get("arriero") != "memory":
        raise ValueError('it is not the first line of a memory: {"arriero": "memory", …}.')
    if value.get("version") != VERSION:
        raise ValueError(f"it has version {value.get('version')!r}; this program knows {VERSION}.")


def _record(value: dict[str, Any]) -> Record:
    if unknown := sorted(set(value) - set(_TYPES)):
        raise ValueError(f"there is no field {unknown[0]!r}.")
    for name, one in value.items():
        wanted = _TYPES[name]
        # To Python, true and false are numbers.
        if not isinstance(one, wanted) or (isinstance(one, bool) and wanted is not bool):
            raise ValueError(f"{name} cannot be {one!r}.")
        if isinstance(one, (int, float)) and not -_MOST < one < _MOST:
            raise ValueError(f"{name} cannot be {one}.")
    for name in ("id", "text", "said"):
        if name not in value:
            raise ValueError(f"{name} is missing.")
    record = Record(**{"id": 0, "last_said": value["said"], **value}, user_id="")
    if record.ended not in ("", "changed", "corrected"):
        raise ValueError(f"ended cannot be {record.ended!r}.")
    return replace(record, **asdict(rows.checked(rows.as_draft(record))))


def _said(value: Any) -> list[Record]:
    """Return a message as records: one, or more where it is too long for one."""
    if not isinstance(value, dict) or not isinstance(value.get("text"), str):
        raise ValueError("the message has no text.")
    said = _time(value.get("said"))
    names = {name: value.get(name, "") for name in ("speaker", "thread", "id")}
    for name, one in names.items():
        if not isinstance(one, str):
            raise ValueError(f"{name} of the message is not a text: {one!r}.")
    speaker = names["speaker"].strip() or USER
    draft = Draft(
        text="",
        said=said,
        speaker=speaker,
        subject=USER if speaker == USER else speaker.casefold(),
        thread_id=names["thread"],
        message=names["id"],
        source="import",
    )
    parts = _parts(value["text"].strip()) or [""]
    drafts = [rows.checked(replace(draft, text=part)) for part in parts]
    return [Record(**asdict(one), id=0, user_id="", last_said=said) for one in drafts]


def _time(value: Any) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, str):
        raise ValueError("the message does not say when it was said.")
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise ValueError(f"said is not a time like 2026-05-12T09:30:00Z: {value!r}.") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _parts(text: str) -> list[str]:
    """Cut a text between sentences, and where that is not enough, between words."""
    parts = [""] if text else []
    for sentence in _END.split(text):
        for start in range(0, len(sentence), CHARS):
            piece = sentence[start : start + CHARS]
            if len(parts[-1]) + len(piece) + 1 > CHARS:
                parts.append(piece)
            else:
                parts[-1] = f"{parts[-1]} {piece}".strip()
    return [part for part in parts if part.strip()]
