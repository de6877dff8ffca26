"""Calls written as Python: `name(key="value")`, with literals for arguments."""

from __future__ import annotations

import re
from typing import Any

from agent.models.base import RawCall
from agent.models.names import MAX_NAME, Scope
from tools.literals import Cursor, Mismatch, Steps, items, parse, value

_WORD = re.compile(r"[\w.\-]*")
IDENTIFIER = re.compile(r"[A-Za-z_][\w.\-]*")
_KEYWORD = re.compile(r"([A-Za-z_]\w*)\s*(=?)")
_ARITHMETIC = re.compile(r"[\d\s.+\-*/%^()eE]+")
_MAX_EXPRESSION = 200


def python_ahead(cursor: Cursor, scope: Scope) -> Steps[bool]:
    """Say whether a Python call of a tool comes next, without reading it."""
    while True:
        match = IDENTIFIER.match(cursor.text, cursor.at)
        if match is None:
            return False
        word, end = match.group(), match.end()
        if end < len(cursor.text) or cursor.ended:
            known = scope.marked or scope.names.resolve(word) is not None
            return known and cursor.text[end : end + 1] == "("
        if len(word) > MAX_NAME or not (scope.marked or scope.names.may_begin(word)):
            return False
        yield


def python_call(cursor: Cursor, scope: Scope) -> Steps[list[RawCall]]:
    """Read `name(key="value")`; values without a key take the parameters in their order."""
    name = yield from cursor.run(_WORD, MAX_NAME)
    tool = scope.names.resolve(name)
    free = list(tool.parameters.get("properties", {})) if tool else []
    arguments: dict[str, Any] = {}

    def one() -> Steps[None]:
        yield from cursor.space()
        key = yield from _keyword(cursor)
        given = yield from _operand(cursor)
        if not key and isinstance(given, dict) and not arguments:
            arguments.update(given)
            return
        key = key or next((one for one in free if one not in arguments), "")
        if not key or cursor.cut:
            raise Mismatch
        arguments[key] = given

    yield from items(cursor, one)
    return [RawCall(name=name, arguments=arguments)]


def _keyword(cursor: Cursor) -> Steps[str]:
    while True:
        match = _KEYWORD.match(cursor.text, cursor.at)
        if match is None or match.end() - cursor.at > _MAX_EXPRESSION:
            return ""
        if match.end() < len(cursor.text) or cursor.ended:
            break
        yield
    if not match.group(2) or cursor.text[match.end() : match.end() + 1] == "=":
        return ""
    cursor.at = match.end()
    yield from cursor.space()
    return match.group(1)


def _operand(cursor: Cursor) -> Steps[Any]:
    char = yield from cursor.peek()
    if not char or char not in "0123456789+-.(":
        return (yield from value(cursor))
    text = (yield from _expression(cursor)).strip()
    try:
        return parse(text)
    except Mismatch:
        # A sum that was left without quotes is what a calculator is to be given.
        if _ARITHMETIC.fullmatch(text):
            return text
        raise


def _expression(cursor: Cursor) -> Steps[str]:
    start, depth = cursor.count, 0
    while True:
        char = yield from cursor.peek()
        if not char or (depth == 0 and char in ",)]}`;<\n"):
            return cursor.since(start)
        depth += {"(": 1, ")": -1}.get(char, 0)
        cursor.skip(1)
        if cursor.count - start > _MAX_EXPRESSION:
            raise Mismatch
