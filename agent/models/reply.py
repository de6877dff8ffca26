"""Read a decision while it arrives: stream the answer out of its JSON string, keep the calls."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from agent.models.base import RawCall
from agent.models.reader import StreamReader, read_calls
from tools.spec import ToolSpec

_SURROGATES = re.compile("[\ud800-\udfff]")


class StringReader:
    """Decode the inside of a JSON string that arrives in pieces."""

    def __init__(self) -> None:
        self._held = ""
        self.closed = False

    def feed(self, text: str) -> str:
        """Return what the piece decodes to; what stands behind the closing quote is dropped."""
        text = self._held + text
        out: list[str] = []
        at = 0
        while at < len(text) and not self.closed:
            char = text[at]
            if char == '"':
                self.closed = True
                at += 1
            elif char == "\\":
                width = self._escape(text[at:])
                if not width:
                    break
                out.append(_unescape(text[at : at + width]))
                at += width
            else:
                out.append(char)
                at += 1
        self._held = "" if self.closed else text[at:]
        return "".join(out)

    @staticmethod
    def _escape(text: str) -> int:
        """Return the length of the escape that a text begins with, 0 while it is not whole.

        The halves of a character beyond the basic plane belong together.
        """
        if len(text) < 2:
            return 0
        if text[1] != "u":
            return 2
        if len(text) < 6:
            return 0
        if text[2:4].lower() in ("d8", "d9", "da", "db"):
            return 12 if len(text) >= 12 else 0 if text[6:8] in ("", "\\", "\\u") else 6
        return 6


def _unescape(escape: str) -> str:
    try:
        text: str = json.loads(f'"{escape}"')
    except ValueError:
        return escape[1:]
    return _SURROGATES.sub("\ufffd", text)


class ReplyReader:
    """Read one reply: a decision in JSON, or whatever else the model wrote instead.

    Args:
        tools: The tools on offer.
        started: What the reply was made to begin with; it counts as part of it.
    """

    def __init__(self, tools: Sequence[ToolSpec], started: str = "") -> None:
        self.raw = ""
        self._tools = tools
        self._text: StreamReader | None = None
        self._answer: StringReader | None = None
        self._object = False
        self._depth = 0
        self._string: list[str] | None = None
        self._escaped = False
        self._key = ""
        self._in_value = False
        self.feed(started)

    def feed(self, text: str) -> str:
        """Take a piece of the reply and return the piece of the answer that it shows."""
        self.raw += text
        if self._text is not None:
            return self._text.feed(text)
        if not self._object:
            text = self.raw.lstrip()
            if not text:
                return ""
            if text[0] != "{":
                self._text = StreamReader(self._tools)
                return self._text.feed(self.raw)
            self._object = True
        return self._scan(text)

    def finish(self) -> tuple[Sequence[RawCall], str]:
        """Return the calls of the whole reply, and the rest of the answer to show."""
        if self._text is not None:
            return self._text.finish()
        if self._answer is not None:
            return (), ""
        try:
            decision = json.loads(self.raw)
        except ValueError:
            decision = None
        if isinstance(decision, dict) and isinstance(decision.get("calls"), list):
            return [_raw_call(call, self._tools) for call in decision["calls"]], ""
        calls, rest = read_calls(self.raw, self._tools)
        return calls, "" if rest.lstrip().startswith("{") else rest

    def _scan(self, text: str) -> str:
        """Follow the object's structure as far as its top-level `answer`, and decode that."""
        for at, char in enumerate(text):
            if self._answer is not None:
                return self._answer.feed(text[at:])
            if self._string is not None:
                self._in_string(char)
            elif char == '"':
                if self._depth == 1 and self._in_value and self._key == "answer":
                    self._answer = StringReader()
                else:
                    self._string = []
            else:
                self._structure(char)
        return ""

    def _in_string(self, char: str) -> None:
        assert self._string is not None  # noqa: S101 - the caller has looked
        if self._escaped:
            self._escaped = False
        elif char == "\\":
            self._escaped = True
        elif char == '"':
            if self._depth == 1 and not self._in_value:
                self._key = "".join(self._string)
            self._string = None
        else:
            self._string.append(char)

    def _structure(self, char: str) -> None:
        if char in "{[":
            self._depth += 1
        elif char in "}]":
            self._depth -= 1
        elif self._depth == 1 and char == ":":
            self._in_value = True
        elif self._depth == 1 and char == ",":
            self._in_value = False


def _raw_call(call: Any, tools: Sequence[ToolSpec]) -> RawCall:
    """Read a call in either of its forms: `{NAME: arguments}`, or name and arguments apart."""
    if isinstance(call, Mapping):
        if len(call) == 1:
            ((name, arguments),) = call.items()
            return RawCall(str(name), arguments)
        if "name" in call:
            return RawCall(str(call["name"]), call.get("arguments", call.get("parameters", {})))
    found, _ = read_calls(json.dumps(call), tools)
    return found[0] if found else RawCall(str(call), {})
