"""One row of a benchmark's table, and the history that rows are kept in."""

from __future__ import annotations

import json
import math
import platform
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

HISTORY = Path("bench-results") / "history.jsonl"


@dataclass(frozen=True, slots=True)
class Row:
    """One measured case.

    Args:
        bench: The benchmark's name.
        case: What was measured.
        items: How many turns or items stand behind the values.
        values: Figures by name, with the unit in the name; shares are between 0 and 1.
        notes: What a reader must know.
    """

    bench: str
    case: str
    items: int
    values: dict[str, float]
    notes: str = field(default="")


def show(rows: Sequence[Row], console: Console) -> None:
    """Print one table for each benchmark."""
    for bench in dict.fromkeys(row.bench for row in rows):
        mine = [row for row in rows if row.bench == bench]
        names = list(dict.fromkeys(name for row in mine for name in row.values))
        table = Table(title=bench, title_justify="left")
        table.add_column("case")
        table.add_column("n", justify="right")
        for name in names:
            table.add_column(name, justify="right")
        if any(row.notes for row in mine):
            table.add_column("notes")
        for row in mine:
            figures = [f"{row.values[n]:.3g}" if n in row.values else "" for n in names]
            table.add_row(row.case, str(row.items), *figures, row.notes)
        console.print(table)


def keep(rows: Sequence[Row], path: Path = HISTORY) -> None:
    """Append rows to the history, one JSON object a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        for row in rows:
            record = {"time": time.time(), "machine": platform.machine(), **asdict(row)}
            file.write(json.dumps(record, ensure_ascii=False) + "\n")


def wilson(hits: int, n: int) -> tuple[float, float]:
    """Return the 95 % interval of a share, by Wilson's score method (Wilson 1927)."""
    if n == 0:
        return 0.0, 1.0
    z, p = 1.959964, hits / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return max(middle - half, 0.0), min(middle + half, 1.0)
