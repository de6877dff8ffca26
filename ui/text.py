"""What a terminal may be sent: text without control sequences, whoever wrote it."""

from __future__ import annotations

import re

_SEQUENCE = re.compile(
    r"""
    \x1b\[ [0-?]* [ -/]* [@-~]            # CSI: colours, cursor, screen
  | \x1b[\]PX^_] [^\x07\x1b]* (?:\x07|\x1b\\)   # OSC, DCS, SOS, PM, APC: titles, clipboard, links
  | \x1b [ -/]+ [0-~]                     # character sets
  | \x1b [0-~]                            # single commands such as a reset
    """,
    re.VERBOSE,
)
_UNFINISHED = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b]*\x1b?|[ -/]*)?\Z")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_HOLD = 4096
"""Characters of an unfinished sequence that are waited for; a longer one is no sequence."""


def plain(text: str) -> str:
    """Strip control sequences and control characters, keeping line ends and tabs."""
    return _CONTROL.sub("", _SEQUENCE.sub("", text.replace("\r\n", "\n")))


def one_line(text: str, width: int = 100) -> str:
    """Fold text into one plain line of at most `width` characters."""
    line = " ".join(plain(text).split())
    return line if len(line) <= width else line[: width - 1].rstrip() + "…"


class Stripper:
    """Strip a stream whose pieces may end in the middle of a control sequence."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> str:
        """Return what may be printed now."""
        text = self._held + text
        self._held = ""
        unfinished = _UNFINISHED.search(text)
        if unfinished and len(text) - unfinished.start() <= _HOLD:
            self._held = text[unfinished.start() :]
            text = text[: unfinished.start()]
        elif text.endswith("\r"):
            self._held, text = "\r", text[:-1]
        return plain(text)

    def finish(self) -> str:
        """Return what was held back, and start anew."""
        held, self._held = self._held, ""
        return plain(held)
