"""Draw an answer as Markdown while it streams."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from agent.events import Turn
from ui.cited import sources_text
from ui.render import View
from ui.terminal import Terminal
from ui.text import one_line

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.live import Live
    from rich.markdown import Markdown

PAUSE = 0.08
"""Seconds between two drawings."""
SHARE = 0.1
"""Share of the time that drawing may take when it is slow."""


class LiveView(View):
    """Draw the answer's last block anew with each piece; blocks that are whole stay as they are.

    Only the last block is redrawn, so an answer longer than the screen scrolls as text does.
    """

    def __init__(self, terminal: Terminal) -> None:
        super().__init__(terminal)
        self._tail = ""
        self._live: Live | None = None
        self._next = 0.0

    def _text(self, text: str) -> None:
        whole, self._tail = split_blocks(self._tail + text)
        if whole:
            self._erase()
            self._print(whole)
        now = time.monotonic()
        if self._tail.strip() and now >= self._next:
            self._draw()
            spent = time.monotonic() - now
            self._next = now + spent + max(PAUSE, spent / SHARE)

    def _reset(self, reason: str) -> None:
        self._tail = ""
        self._erase()
        self._terminal.note(f"[begun anew: {one_line(reason)}]")

    def _break(self) -> None:
        tail, self._tail = self._tail, ""
        self._erase()
        if tail.strip():
            self._print(tail)

    def _finish(self, turn: Turn) -> None:
        if sources := sources_text(turn):
            self._terminal.line()
            self._terminal.line(sources)

    def _draw(self) -> None:
        if self._live is None:
            from rich.live import Live

            self._live = Live(console=self._terminal.out, auto_refresh=False, transient=True)
            self._live.start()
        self._live.update(Bottom(self._tail), refresh=True)

    def _erase(self) -> None:
        if self._live:
            self._live.stop()
            self._live = None

    def _print(self, text: str) -> None:
        self._terminal.show(markdown(text))
        self._next = 0.0


class Bottom:
    """As many of the last lines of a Markdown text as fit on the screen."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Render the last lines."""
        from rich.segment import Segment

        free = options.update(height=None, no_wrap=False, overflow="fold")
        lines = console.render_lines(markdown(self._text), free, pad=False)
        for line in lines[-max(1, console.height - 2) :]:
            yield from line
            yield Segment.line()


def markdown(text: str) -> Markdown:
    """Read text as Markdown without HTML, which would be dropped, and with addresses in sight."""
    from markdown_it import MarkdownIt
    from rich.markdown import Markdown

    drawn = Markdown("", hyperlinks=False)
    parser = MarkdownIt("commonmark", {"html": False}).enable(["strikethrough", "table"])
    drawn.markup, drawn.parsed = text, parser.parse(text)
    return drawn


def split_blocks(text: str) -> tuple[str, str]:
    """Cut text behind the last blank line that stands outside a code fence.

    Returns:
        The blocks that are whole, and the rest.
    """
    cut = place = 0
    fence = ""
    for line in text.splitlines(keepends=True):
        place += len(line)
        bare = line.strip()
        if fence:
            if bare.startswith(fence) and not bare.strip(fence[0]):
                fence = ""
        elif bare.startswith(("```", "~~~")):
            fence = bare[: len(bare) - len(bare.lstrip(bare[0]))]
        elif not bare and line.endswith("\n"):
            cut = place
    return text[:cut], text[cut:]
