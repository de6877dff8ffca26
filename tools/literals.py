"""Read JSON, and what models write for it: Python literals, loose quotes, missing brackets.

The text may still be arriving. Every reading function is therefore a generator that yields when
it has used up what is there and comes back where it was, so that no character is read twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from typing import Any, TypeVar

T = TypeVar("T")
Steps = Generator[None, None, T]

MAX_DEPTH = 64
MAX_ATOM = 400

SPACE = re.compile(r"\s*")
_ATOM = re.compile(r"[\w+\-.]*")
_BARE_KEY = re.compile(r"[\w\-]*")
_INTEGER = re.compile(r"[+-]?[0-9](?:_?[0-9])*")
_FLOAT = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_PLAIN = {quote: re.compile(rf"[^{quote}\\]*") for quote in "\"'"}
_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "\n": ""}
_OUTER = "}])<`;"
_WORDS = {
    "true": True,
    "True": True,
    "false": False,
    "False": False,
    "null": None,
    "None": None,
    "NaN": float("nan"),
    "Infinity": float("inf"),
    "-Infinity": float("-inf"),
}


class Mismatch(ValueError):
    """Say that the text does not have the form that was looked for."""


class Cursor:
    """Hold text that arrives in pieces, and how far it was read.

    Args:
        text: What is there already.
        ended: Whether nothing more will come.

    Attributes:
        cut: Whether the text ended where a value or a string was not finished.
    """

    __slots__ = ("_held", "_mark", "_size", "at", "cut", "ended", "text")

    def __init__(self, text: str = "", *, ended: bool = False) -> None:
        self.text = text
        self.at = 0
        self.ended = ended
        self.cut = False
        self._mark = 0
        self._size = 0
        self._held: list[str] = []

    def push(self, piece: str) -> None:
        """Append a piece and let go of what was read."""
        self._keep()
        self.text = self.text[self.at :] + piece
        self.at = self._mark = 0

    @property
    def count(self) -> int:
        """How many characters were read since the last `take`."""
        return self._size + self.at - self._mark

    def since(self, count: int) -> str:
        """Return what was read after `count` had this value."""
        return ("".join(self._held) + self.text[self._mark : self.at])[count:]

    def take(self) -> str:
        """Return what was read since the last `take`."""
        self._keep()
        taken = "".join(self._held)
        self._held.clear()
        self._size = 0
        return taken

    def _keep(self) -> None:
        if self.at > self._mark:
            self._held.append(self.text[self._mark : self.at])
            self._size += self.at - self._mark
        self._mark = self.at

    def skip(self, count: int) -> None:
        """Pass over characters that are known to be there."""
        self.at += count

    def peek(self) -> Steps[str]:
        """Return the next character without reading it; empty at the end."""
        while self.at >= len(self.text) and not self.ended:
            yield
        return self.text[self.at : self.at + 1]

    def run(self, pattern: re.Pattern[str], limit: int | None = None) -> Steps[str]:
        """Read all characters of a class.

        Args:
            pattern: The class, repeated with `*`.
            limit: Characters above which the text is not what was looked for.

        Raises:
            Mismatch: The run is longer than the limit.
        """
        parts: list[str] = []
        size = 0
        while True:
            match = pattern.match(self.text, self.at)
            if match and match.end() > self.at:
                parts.append(match.group())
                size += match.end() - self.at
                self.at = match.end()
            if limit is not None and size > limit:
                raise Mismatch
            if self.at < len(self.text) or self.ended:
                return "".join(parts)
            yield

    def space(self) -> Steps[str]:
        """Read white space."""
        return (yield from self.run(SPACE))

    def ahead(self, options: tuple[str, ...]) -> Steps[str]:
        """Return which of the options comes next without reading it; empty for none."""
        longest = max(map(len, options))
        while True:
            rest = self.text[self.at : self.at + longest]
            for option in options:
                if rest.startswith(option):
                    return option
            if self.ended or not any(option.startswith(rest) for option in options):
                return ""
            yield


def parse(text: str) -> Any:
    """Read one whole value.

    Raises:
        Mismatch: The text is not one value, or breaks off in the middle of one.
    """
    cursor = Cursor(text, ended=True)
    result = drive(value(cursor))
    drive(cursor.space())
    if cursor.cut or cursor.at < len(text):
        raise Mismatch
    return result


def drive(steps: Steps[T]) -> T:
    """Run a reader over a text that is all there."""
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            result: T = stop.value
            return result


def value(cursor: Cursor, depth: int = 0) -> Steps[Any]:
    """Read any value; at the end of the text, what there is of it, with `cut` set."""
    if depth > MAX_DEPTH:
        raise Mismatch
    yield from cursor.space()
    char = yield from cursor.peek()
    if not char:
        cursor.cut = True
        return None
    if char in "\"'":
        return (yield from string(cursor))
    if char == "{":
        return (yield from members(cursor, lambda _: value(cursor, depth + 1)))
    if char in "[(":
        return (yield from items(cursor, lambda: value(cursor, depth + 1)))
    return (yield from _atom(cursor))


def members(cursor: Cursor, read: Callable[[str], Steps[Any]]) -> Steps[dict[str, Any]]:
    """Read an object, each of its values with `read(key)`; the cursor stands on the brace.

    Doubled braces are read as one, for models that have seen templates.
    """
    cursor.skip(1)
    doubled = (yield from cursor.peek()) == "{"
    cursor.skip(doubled)
    result: dict[str, Any] = {}
    while not (yield from _closes(cursor, "}")):
        key = yield from _key(cursor)
        yield from cursor.space()
        char = yield from cursor.peek()
        if not char:
            cursor.cut = True
            break
        if char != ":":
            raise Mismatch
        cursor.skip(1)
        result[key] = yield from read(key)
        yield from _comma(cursor)
    if doubled and (yield from cursor.peek()) == "}":
        cursor.skip(1)
    return result


def items(cursor: Cursor, read: Callable[[], Steps[Any]]) -> Steps[list[Any]]:
    """Read an array or a tuple, each item with `read()`; the cursor stands on the bracket."""
    close = {"[": "]", "(": ")"}[cursor.text[cursor.at]]
    cursor.skip(1)
    result: list[Any] = []
    while not (yield from _closes(cursor, close)):
        result.append((yield from read()))
        yield from _comma(cursor)
    return result


def string(cursor: Cursor, limit: int | None = None) -> Steps[str]:
    """Read a string in single, double or triple quotes; line ends may stand in it.

    A quote with a letter or digit behind it does not end the string: it is an apostrophe or a
    quotation that the model forgot to escape.

    Raises:
        Mismatch: The string is longer than the limit.
    """
    quote = cursor.text[cursor.at]
    cursor.skip(1)
    triple = bool((yield from cursor.ahead((quote * 2,))))
    if triple:
        cursor.skip(2)
    parts: list[str] = []
    while True:
        parts.append((yield from cursor.run(_PLAIN[quote], limit)))
        if limit is not None and sum(map(len, parts)) > limit:
            raise Mismatch
        char = yield from cursor.peek()
        if not char:
            cursor.cut = True
            break
        if char == "\\":
            cursor.skip(1)
            parts.append((yield from _escape(cursor)))
            continue
        inner = yield from _inner_quote(cursor, quote, triple)
        if not inner:
            break
        parts.append(inner)
    return whole_characters("".join(parts))


def whole_characters(text: str) -> str:
    """Join the halves of characters written as two escapes; a lone half becomes U+FFFD."""
    if not _SURROGATE.search(text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _inner_quote(cursor: Cursor, quote: str, triple: bool) -> Steps[str]:
    """Read a quote; return it with the white space behind it if it does not end the string."""
    if triple:
        ends = bool((yield from cursor.ahead((quote * 3,))))
        cursor.skip(3 if ends else 1)
        return "" if ends else quote
    cursor.skip(1)
    space = yield from cursor.space()
    return quote + space if (yield from cursor.peek()).isalnum() else ""


def _escape(cursor: Cursor) -> Steps[str]:
    char = yield from cursor.peek()
    if not char:
        cursor.cut = True
        return ""
    cursor.skip(1)
    if char in "ux":
        return (yield from _code_point(cursor, char))
    if char in "\\/\"'":
        return char
    # An unknown escape is a backslash that the model forgot to double, as in a pattern or path.
    return _ESCAPES.get(char, "\\" + char)


def _code_point(cursor: Cursor, char: str) -> Steps[str]:
    digits = ""
    while len(digits) < (4 if char == "u" else 2):
        digit = yield from cursor.peek()
        if not digit or digit not in "0123456789abcdefABCDEF":
            return "\\" + char + digits
        digits += digit
        cursor.skip(1)
    return chr(int(digits, 16))


def _key(cursor: Cursor) -> Steps[str]:
    char = yield from cursor.peek()
    if char in "\"'":
        return (yield from string(cursor))
    word = yield from cursor.run(_BARE_KEY, MAX_ATOM)
    if not word:
        raise Mismatch
    return word


def _comma(cursor: Cursor) -> Steps[None]:
    # Between two values a comma is needed; the closing bracket itself is read by the loop.
    yield from cursor.space()
    char = yield from cursor.peek()
    if char == ",":
        cursor.skip(1)
    elif char and char not in _OUTER:
        raise Mismatch


def _closes(cursor: Cursor, close: str) -> Steps[bool]:
    # Whatever ends something further out (the text, a tag, a fence, an outer bracket) closes
    # this bracket too: a missing one is the commonest slip.
    yield from cursor.space()
    char = yield from cursor.peek()
    if char == close:
        cursor.skip(1)
        return True
    return not char or char in _OUTER


def _atom(cursor: Cursor) -> Steps[Any]:
    word = yield from cursor.run(_ATOM, MAX_ATOM)
    if word in _WORDS:
        return _WORDS[word]
    if _INTEGER.fullmatch(word):
        return int(word)
    if _FLOAT.fullmatch(word):
        return float(word)
    if not word or (yield from cursor.peek()):
        raise Mismatch
    cursor.cut = True
    return None
