"""Reads tables and JSON as lines of text."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

_DEPTH = 50
NOTHING = "–"
"""What stands in an empty cell, so that each row is seen to be one."""


def joined(cells: Iterable[str]) -> str:
    """Return the cells of a row as a line."""
    return " | ".join(cell or NOTHING for cell in cells)


def json_lines(text: str) -> Iterator[str] | None:
    """Yield JSON, or JSON Lines, as lines of names and values; None where it is neither."""
    try:
        return _flattened(json.loads(text))
    except (ValueError, RecursionError):
        pass
    lines = [line for line in text.split("\n") if line.strip()]
    try:
        return _flattened([json.loads(line) for line in lines])
    except (ValueError, RecursionError):
        return None


def _flattened(value: Any, name: str = "", depth: int = 0) -> Iterator[str]:
    """Yield what a value holds: records side by side as rows of a table, the rest one by one."""
    if depth > _DEPTH:
        yield f"{name}: …"
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _flattened(inner, f"{name}.{key}" if name else str(key), depth + 1)
    elif isinstance(value, list):
        if keys := _columns(value):
            yield joined(keys)
            for row in value:
                yield joined(_cell(row.get(key, "")) for key in keys)
        elif all(not isinstance(one, dict | list) for one in value):
            said = ", ".join(map(_cell, value))
            yield f"{name}: {said}" if name else said
        else:
            for number, inner in enumerate(value, 1):
                yield from _flattened(inner, f"{name}[{number}]", depth + 1)
    else:
        yield f"{name}: {_cell(value)}" if name else _cell(value)


def _columns(value: Sequence[Any]) -> list[str]:
    """Return the names of the columns where a list is a table, else nothing."""
    if len(value) < 2 or not all(isinstance(one, dict) for one in value):
        return []
    keys = list(dict.fromkeys(str(key) for one in value for key in one))
    flat = all(not isinstance(cell, dict | list) for one in value for cell in one.values())
    return keys if flat and len(keys) <= 30 and all(isinstance(k, str) for k in value[0]) else []


def _cell(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "", True: "yes", False: "no"}[value]
    return " ".join(str(value).split())


def table_rows(text: str, *, named: bool) -> list[list[str]] | None:
    """Return the rows of a table whose cells are parted by a sign; None where it is no table."""
    start = "\n".join(text[:20_000].split("\n")[:50])
    counts = {sign: start.split("\n", 1)[0].count(sign) for sign in ",;\t"}
    sign = max(counts, key=lambda sign: counts[sign])
    if not counts[sign]:
        return None
    try:
        rows = [
            [" ".join(cell.split()) for cell in row]
            for row in csv.reader(io.StringIO(text), delimiter=sign)
            if any(cell.strip() for cell in row)
        ]
    except csv.Error:
        return None
    width = len(rows[0]) if rows else 0
    even = sum(len(row) == width for row in rows) >= 0.9 * len(rows)
    # Prose has commas, too, but hardly ever as many in each of its lines.
    short = all(len(cell) <= 60 for row in rows[:20] for cell in row)
    return rows if even and (named or (len(rows) >= 3 and width >= 3 and short)) else None
