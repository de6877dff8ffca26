"""Show how far a download is: a bar on a terminal, a line for every tenth part elsewhere."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self

from ui.terminal import Terminal
from ui.text import plain

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class Downloads:
    """Show downloads on stderr; call it with bytes done, bytes in all and what is loaded.

    It may be called from any thread. A total of 0 means that it is not known.
    """

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._bars: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._tenths: dict[str, int] = {}
        self._last = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __call__(self, done: int, total: int, what: str) -> None:
        """Show one state of one download."""
        if self._terminal.quiet:
            return
        what = plain(what)
        if self._terminal.stderr.isatty():
            self._bar(done, total, what)
        else:
            self._line(done, total, what)

    def step(self, what: str) -> None:
        """Tell of a step that has no size."""
        if what != self._last:
            self._last = what
            self._terminal.note(what)

    def close(self) -> None:
        """Leave the bars as they are, and let other lines follow."""
        if self._bars:
            self._bars.stop()
        self._bars = None
        self._tasks.clear()

    def _bar(self, done: int, total: int, what: str) -> None:
        if self._bars is None:
            from rich.progress import (
                BarColumn,
                DownloadColumn,
                Progress,
                TextColumn,
                TimeRemainingColumn,
                TransferSpeedColumn,
            )

            self._bars = Progress(
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                DownloadColumn(),
                TransferSpeedColumn(),
                TimeRemainingColumn(),
                console=self._terminal.err,
            )
            self._bars.start()
        if what not in self._tasks:
            self._tasks[what] = self._bars.add_task(what, total=total or None)
        self._bars.update(self._tasks[what], completed=done, total=total or None)

    def _line(self, done: int, total: int, what: str) -> None:
        tenth = 10 * done // total if total else 0
        if self._tenths.get(what, -1) < tenth:
            self._tenths[what] = tenth
            share = f"{10 * tenth} % of {size(total)}" if total else size(done)
            self._terminal.note(f"{what}: {share}")


def size(number: float) -> str:
    """Write a number of bytes in decimal units.

    >>> size(1_117_320_768)
    '1.1 GB'
    """
    for unit in ("B", "kB", "MB"):
        if abs(number) < 999.5:
            return f"{number:.0f} {unit}"
        number /= 1000
    return f"{number:.1f} GB"
