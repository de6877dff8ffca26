"""Where a command prints: the answer on stdout, everything else on stderr."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TextIO

from ui.text import plain

if TYPE_CHECKING:
    from rich.console import Console, RenderableType


@dataclass(frozen=True)
class Terminal:
    """The two streams of a command.

    Nothing that is printed here is ever read as markup: names, titles and answers are data.

    Args:
        stdout: Where answers and results go.
        stderr: Where notices, steps and errors go.
        quiet: Print nothing on stderr but errors.
    """

    stdout: TextIO
    stderr: TextIO
    quiet: bool = False

    @property
    def live(self) -> bool:
        """Tell whether stdout is a terminal that can redraw what it shows."""
        return self.stdout.isatty() and os.environ.get("TERM", "") not in ("dumb", "unknown")

    @cached_property
    def out(self) -> Console:
        """Open the console for results."""
        return _console(self.stdout)

    @cached_property
    def err(self) -> Console:
        """Open the console for everything else."""
        return _console(self.stderr)

    def write(self, text: str) -> None:
        """Write plain text to stdout as it is, at once."""
        self.stdout.write(text)
        self.stdout.flush()

    def line(self, text: str = "") -> None:
        """Print one result."""
        self.out.print(plain(text))

    def show(self, what: RenderableType) -> None:
        """Print a table or another rich object whose texts are plain already."""
        self.out.print(what, soft_wrap=False)

    def note(self, text: str, style: str = "dim") -> None:
        """Print a quiet line on stderr."""
        if not self.quiet:
            self.err.print(plain(text), style=style)

    def fail(self, message: str, hint: str = "") -> None:
        """Print an error and what mends it."""
        self.err.print(plain(message), style="bold red")
        if hint:
            self.err.print(plain(hint))

    def json(self, value: Any) -> None:
        """Print one JSON object in ASCII alone, so that every terminal and pipe carries it."""
        self.write(json.dumps(value, ensure_ascii=True, default=str) + "\n")


def standard(*, quiet: bool = False) -> Terminal:
    """Return the terminal of this process."""
    return Terminal(sys.stdout, sys.stderr, quiet)


def _console(stream: TextIO) -> Console:
    from rich.console import Console

    # Tables in a pipe get a width at which names are not cut.
    width = None if stream.isatty() else 160
    return Console(
        file=stream, width=width, markup=False, emoji=False, highlight=False, soft_wrap=True
    )
