"""Part a model's text into tool calls and what the user may see, while it is being written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from agent.models.base import RawCall
from agent.models.names import Names, Scope
from agent.models.pythonic import python_ahead
from agent.models.shapes import (
    ACTION,
    FUNCTION_TAG,
    TAGS,
    Calls,
    Shape,
    action,
    closers,
    fenced,
    function_tag,
    like_object,
    sequence,
    tagged,
)
from tools.literals import Cursor, Mismatch, Steps
from tools.spec import ToolSpec

LEAD_IN = 400
"""Characters of ordinary text, a few sentences, that may stand in front of a call without a tag."""
BETWEEN = 120
"""Characters of ordinary text that may stand between two such calls."""

_STOPS = re.compile(r"[\n<{\[`]")
_BLANKS = re.compile(r"[ \t]*")
_TICK = re.compile(r"`")
_TICKS = re.compile(r"`*")
_OBJECT = re.compile(r"\{\s*[\"']")
_INVENTED = ("Observation:", "<tool_response>")
_MARKED = (tagged, function_tag, action)


def read_calls(text: str, tools: Sequence[ToolSpec]) -> tuple[tuple[RawCall, ...], str]:
    """Part a finished text into its tool calls and the ordinary text that remains.

    A call counts when it stands behind an explicit mark (a tag, `Action:`), when the text is
    nothing but calls, or when it ends the text behind at most a few sentences. All other JSON is
    an answer's own.

    Args:
        text: What the model wrote.
        tools: The tools that it was offered; without any, everything is ordinary text.
    """
    reader = StreamReader(tools)
    shown = reader.feed(text)
    calls, rest = reader.finish()
    return calls, shown + rest


class StreamReader:
    """Do what `read_calls` does while the text arrives, whatever pieces it comes in.

    Args:
        tools: The tools that the model was offered.
    """

    def __init__(self, tools: Sequence[ToolSpec]) -> None:
        self._names = Names(tools)
        self._cursor = Cursor()
        self._part = _Part()
        self._line = True
        self._steps = self._read()

    def feed(self, text: str) -> str:
        """Take the next piece; return what may be shown now."""
        if not self._names:
            return text
        self._cursor.push(text)
        next(self._steps)
        return self._part.flush()

    def finish(self) -> tuple[tuple[RawCall, ...], str]:
        """Say that the text has ended; return its calls and the rest of what may be shown."""
        self._cursor.ended = True
        next(self._steps, None)
        self._part.end()
        return tuple(self._part.calls), self._part.flush()

    def _read(self) -> Steps[None]:
        cursor, part = self._cursor, self._part
        while opener := (yield from self._prose()):
            scope = Scope(self._names, lenient=part.blank)
            try:
                if opener is fenced and not part.open:
                    raise Mismatch
                calls = yield from opener(cursor, scope)
                yield from closers(cursor)
            except Mismatch:
                self._line = False
                text = cursor.take()
                part.say(text, closing=opener is sequence and _OBJECT.search(text) is not None)
                if opener is fenced:
                    yield from self._code(text)
                continue
            self._line = True
            part.add(cursor.take(), calls, odd=not self._sound(calls))
            if opener in _MARKED:
                part.settle(as_calls=True)
            if (yield from cursor.ahead(_INVENTED)):
                yield from self._discard()

    def _sound(self, calls: Calls) -> bool:
        return all(self._names.resolve(c.name) and like_object(c.arguments) for c in calls)

    def _prose(self) -> Steps[Shape | None]:
        """Read ordinary text up to where something could be a call."""
        cursor, part = self._cursor, self._part
        while True:
            if self._line:
                opener = yield from self._line_start()
                if opener:
                    return opener
            if not (yield from self._until(_STOPS)):
                return None
            char = cursor.text[cursor.at]
            if char != "\n":
                opener = yield from self._opener(char)
                if opener:
                    return opener
            cursor.skip(1)
            part.say(cursor.take())
            self._line = char == "\n"

    def _line_start(self) -> Steps[Shape | None]:
        cursor = self._cursor
        self._line = False
        yield from cursor.run(_BLANKS)
        self._part.say(cursor.take())
        if (yield from cursor.ahead((ACTION,))):
            return action
        if self._part.open and (yield from python_ahead(cursor, Scope(self._names))):
            return sequence
        return None

    def _opener(self, char: str) -> Steps[Shape | None]:
        cursor = self._cursor
        if char == "`":
            return fenced if (yield from cursor.ahead(("```",))) else None
        if self._part.last == "`":
            return None
        if char in "<[" and (tag := (yield from cursor.ahead((*TAGS, FUNCTION_TAG)))):
            return function_tag if tag == FUNCTION_TAG else tagged
        return sequence if char in "{[" and self._part.open else None

    def _until(self, pattern: re.Pattern[str]) -> Steps[bool]:
        """Pass everything on up to a match; say whether there was one before the end."""
        cursor = self._cursor
        while True:
            match = pattern.search(cursor.text, cursor.at)
            cursor.at = match.start() if match else len(cursor.text)
            self._part.say(cursor.take())
            if match or cursor.ended:
                return match is not None
            yield

    def _code(self, opening: str) -> Steps[None]:
        """Pass the rest of a code fence on; nothing in it is a call."""
        cursor = self._cursor
        if not opening:
            opening = yield from cursor.run(_TICKS)
        size = len(opening) - len(opening.lstrip("`"))
        while (yield from self._until(_TICK)):
            ticks = yield from cursor.run(_TICKS)
            self._part.say(cursor.take())
            if len(ticks) >= size:
                break

    def _discard(self) -> Steps[None]:
        """Drop the rest: a model that plays its tool's part invents what follows."""
        self._part.settle(as_calls=True)
        while True:
            self._cursor.at = len(self._cursor.text)
            self._cursor.take()
            if self._cursor.ended:
                return
            yield


class _Part:
    """Keep apart what may be shown, what is a call, and what only the end of the text decides."""

    def __init__(self) -> None:
        self.calls: Calls = []
        self.last = ""
        self.blank = True
        self._started = False
        self._closed = False
        self._said = 0
        self._shown: list[str] = []
        self._gap: list[str] = []
        self._pending: list[tuple[str, Calls]] = []
        self._odd = False
        self._between = 0
        self._worded = False

    @property
    def open(self) -> bool:
        """Whether a call without a tag can still stand here."""
        return not self._closed and (self.blank or self._said <= LEAD_IN)

    def say(self, text: str, *, closing: bool = False) -> None:
        """Add ordinary text; with `closing`, no call without a tag can follow."""
        if text:
            self.last = text[-1]
            self.blank = self.blank and text.isspace()
        if self._pending:
            self._pending.append((text, []))
            self._between += len(text)
            self._worded = self._worded or _worded(text)
        else:
            self._said += len(text)
            self._show(text)
        self._closed = self._closed or closing
        if self._worded and (self._closed or self._odd or self._between > BETWEEN):
            self._closed = True
            self.settle(as_calls=False)

    def add(self, text: str, calls: Calls, *, odd: bool) -> None:
        """Add what is a call if nothing but calls follows, or if `settle` says so."""
        self._pending.append((text, calls))
        self._odd = self._odd or odd
        self._between = 0
        self._worded = self.blank = False
        self.last = text[-1]

    def settle(self, *, as_calls: bool) -> None:
        """Decide on what is pending."""
        runs = groupby(self._pending, key=lambda one: bool(one[1]))
        for is_call, group in [(key, list(found)) for key, found in runs]:
            text = "".join(one[0] for one in group)
            if as_calls and is_call:
                self.calls.extend(call for one in group for call in one[1])
                self._gap = [text[len(text.rstrip()) :]] if self._started else []
            elif not as_calls or _worded(text):
                self._show(text)
        self._pending.clear()
        self._odd = self._worded = False
        self._between = 0

    def end(self) -> None:
        """Decide on everything: the text has ended."""
        self.settle(as_calls=not self._worded)
        if not self.calls:
            self._shown.extend(self._gap)

    def flush(self) -> str:
        """Return what may be shown and was not returned yet."""
        shown = "".join(self._shown)
        self._shown.clear()
        return shown

    def _show(self, text: str) -> None:
        # White space waits for what comes behind it: in front of a call it is dropped.
        body = text.rstrip()
        if body:
            self._shown.extend((*self._gap, body))
            self._gap.clear()
            self._started = True
        self._gap.append(text[len(body) :])


def _worded(text: str) -> bool:
    return any(char.isalnum() for char in text)
