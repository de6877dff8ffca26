"""The shapes in which models write tool calls: JSON objects, lists, Python calls, tags, fences.

Each function reads one shape from a cursor and raises `Mismatch` at the first character with
which the text cannot be that shape any more.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from agent.models.base import RawCall
from agent.models.names import MAX_NAME, Scope
from agent.models.pythonic import IDENTIFIER, python_ahead, python_call
from tools.literals import SPACE, Cursor, Mismatch, Steps, items, members, string, value

NAME_KEYS = ("name", "tool", "tool_name", "function", "function_name", "action")
ARGUMENT_KEYS = ("arguments", "parameters", "args", "params", "input", "tool_input", "action_input")
_LIST_KEYS = ("tool_calls", "function_calls", "calls")
_NESTED_KEYS = ("function", "function_call", "tool_call")
_OTHER_KEYS = ("type", "id", "index", "description", "strict", "thought", "reasoning")
_KEYS = frozenset((*NAME_KEYS, *ARGUMENT_KEYS, *_LIST_KEYS, *_NESTED_KEYS, *_OTHER_KEYS))
_TYPES = ("function", "function_call", "tool_call", "tool_use")

TAGS = ("<tool_call>", "<tools>", "<|python_tag|>", "[TOOL_CALLS]")
FUNCTION_TAG = "<function="
CLOSERS = ("</tool_call>", "</tools>", "</function>", "<|eom_id|>", "<|eot_id|>", "<|im_end|>")
ACTION = "Action:"
_ACTION_INPUT = "Action Input:"
_FENCE = "```"

_LANGUAGE = re.compile(r"[\w+#.\-]*")
_BACKTICKS = re.compile(r"`*")
_BETWEEN = re.compile(r"[\s;,}\]]*")
_TAG_NAME = re.compile(r"[^>\n]*")
_LINE = re.compile(r"[^\n]*")
_TEXT = re.compile(r"[^<]*")
_BLANKS = re.compile(r"[ \t]*")

Calls = list[RawCall]
Shape = Callable[[Cursor, Scope], Steps[Calls]]


def sequence(cursor: Cursor, scope: Scope) -> Steps[Calls]:
    """Read one call or several, with white space, commas or semicolons between them."""
    found: Calls = []
    while True:
        yield from cursor.run(_BETWEEN if found else SPACE)
        reader = yield from _shape_ahead(cursor, scope, first=not found)
        if reader is None:
            break
        found += yield from reader(cursor, scope)
    if not found:
        raise Mismatch
    return found


def _shape_ahead(cursor: Cursor, scope: Scope, *, first: bool) -> Steps[Shape | None]:
    char = yield from cursor.peek()
    if char == "{":
        return entry
    if char == "[":
        return batch
    if char == "<" and (scope.marked or scope.fenced):
        if (yield from cursor.ahead((FUNCTION_TAG,))):
            return function_tag
        if scope.fenced and not scope.marked and (yield from cursor.ahead(TAGS)):
            return tagged
    if char == "`" and scope.marked and first and (yield from cursor.ahead((_FENCE,))):
        return fenced
    if (yield from python_ahead(cursor, scope)):
        return python_call
    return None


def tagged(cursor: Cursor, scope: Scope) -> Steps[Calls]:
    """Read a tag such as `<tool_call>` and the calls behind it; the cursor stands on the tag."""
    tag = yield from cursor.ahead(TAGS)
    cursor.skip(len(tag))
    return (yield from sequence(cursor, scope.inner(marked=True)))


def fenced(cursor: Cursor, scope: Scope) -> Steps[Calls]:
    """Read a code fence that holds nothing but calls; the cursor stands on the backticks."""
    yield from cursor.run(_BACKTICKS)
    inner = scope.inner(fenced=True)
    if not (yield from python_ahead(cursor, inner)):
        yield from cursor.run(_LANGUAGE, MAX_NAME)
    found = yield from sequence(cursor, inner)
    yield from closers(cursor)
    if (yield from cursor.peek()) not in ("`", ""):
        raise Mismatch
    yield from cursor.run(_BACKTICKS)
    return found


def closers(cursor: Cursor) -> Steps[None]:
    """Read closing tags, brackets too many and the white space around them."""
    while True:
        yield from cursor.run(_BETWEEN)
        found = yield from cursor.ahead(CLOSERS)
        if not found:
            return
        cursor.skip(len(found))


def batch(cursor: Cursor, scope: Scope) -> Steps[Calls]:
    """Read a list of calls, of JSON or of Python; the cursor stands on the bracket."""
    found: Calls = []
    inner = scope.inner()

    def one() -> Steps[None]:
        yield from cursor.space()
        char = yield from cursor.peek()
        if char == "{":
            found.extend((yield from entry(cursor, inner)))
            return
        # Behind a known name an invented one is a mistake to point out, not another text.
        known = inner if not found else replace(inner, marked=True)
        if not (yield from python_ahead(cursor, known)):
            raise Mismatch
        found.extend((yield from python_call(cursor, known)))

    yield from items(cursor, one)
    if not found:
        raise Mismatch
    return found


def entry(cursor: Cursor, scope: Scope) -> Steps[Calls]:
    """Read an object that is a call, or holds some; the cursor stands on the brace."""
    nested: Calls = []
    inner = scope.inner()

    def field(key: str) -> Steps[Any]:
        if key not in _KEYS:
            raise Mismatch
        yield from cursor.space()
        char = yield from cursor.peek()
        if (key in _LIST_KEYS and char == "[") or (key in _NESTED_KEYS and char == "{"):
            nested.extend((yield from (batch if char == "[" else entry)(cursor, inner)))
            return None
        if key in ARGUMENT_KEYS:
            return (yield from _arguments(cursor))
        if key in NAME_KEYS or key == "type":
            return (yield from _label(cursor, scope, key))
        return (yield from value(cursor))

    fields = yield from members(cursor, field)
    return nested or [_call(fields, scope, cursor.cut)]


def _label(cursor: Cursor, scope: Scope, key: str) -> Steps[str]:
    if (yield from cursor.peek()) not in ('"', "'"):
        raise Mismatch
    label = yield from string(cursor, MAX_NAME)
    if cursor.cut:
        raise Mismatch
    fits = label in _TYPES if key == "type" else _may_name(label, scope)
    if not fits:
        raise Mismatch
    return label


def _may_name(name: str, scope: Scope) -> bool:
    if scope.names.resolve(name):
        return True
    return scope.lenient and IDENTIFIER.fullmatch(name) is not None


def _arguments(cursor: Cursor) -> Steps[Any]:
    start = cursor.count
    result = yield from value(cursor)
    # What was cut off must not run with half its arguments: the model is told what it wrote.
    return cursor.since(start) if cursor.cut else result


def _call(fields: dict[str, Any], scope: Scope, cut: bool) -> RawCall:
    name = next((fields[key] for key in NAME_KEYS if key in fields), None)
    key = next((key for key in ARGUMENT_KEYS if key in fields), None)
    if name is None or (key is None and not scope.marked):
        raise Mismatch
    arguments = fields[key] if key else "{" if cut else {}
    if arguments is None:
        arguments = {}
    if not (scope.lenient or cut or like_object(arguments)) or _is_schema(arguments):
        raise Mismatch
    return RawCall(name=name, arguments=arguments)


def like_object(arguments: Any) -> bool:
    """Say whether arguments are an object, or a string that holds one."""
    if isinstance(arguments, str):
        return arguments.lstrip().startswith("{")
    return isinstance(arguments, dict)


def _is_schema(arguments: Any) -> bool:
    # A tool's own description, said back: {"type": "object", "properties": {"a": {"type": …}}}
    if not isinstance(arguments, dict) or arguments.get("type") != "object":
        return False
    properties = arguments.get("properties")
    return isinstance(properties, dict) and all(
        isinstance(one, dict) and not one.keys().isdisjoint(("type", "anyOf", "enum", "$ref"))
        for one in properties.values()
    )


def function_tag(cursor: Cursor, scope: Scope) -> Steps[Calls]:
    """Read `<function=name>{…}`, or its form with `<parameter=key>`; the cursor is on the tag."""
    cursor.skip(len(FUNCTION_TAG))
    name = (yield from cursor.run(_TAG_NAME, MAX_NAME)).strip()
    if (yield from cursor.peek()) != ">" or not _may_name(name, replace(scope, lenient=True)):
        raise Mismatch
    cursor.skip(1)
    yield from cursor.space()
    if (yield from cursor.peek()) == "{":
        return [RawCall(name=name, arguments=(yield from _arguments(cursor)))]
    arguments: dict[str, Any] = {}
    while (yield from cursor.ahead(("<parameter=",))):
        cursor.skip(len("<parameter="))
        key = (yield from cursor.run(_TAG_NAME, MAX_NAME)).strip()
        arguments[key] = yield from _tag_value(cursor)
        yield from cursor.space()
    if not arguments and not (yield from cursor.ahead(("</function>",))):
        raise Mismatch
    return [RawCall(name=name, arguments=arguments)]


def _tag_value(cursor: Cursor) -> Steps[str]:
    if (yield from cursor.peek()) != ">":
        raise Mismatch
    cursor.skip(1)
    end = "</parameter>"
    parts: list[str] = []
    while not (yield from cursor.ahead((end,))):
        parts.append((yield from cursor.run(_TEXT)))
        if not (yield from cursor.peek()):
            raise Mismatch
        if not (yield from cursor.ahead((end,))):
            parts.append("<")
            cursor.skip(1)
    cursor.skip(len(end))
    return "".join(parts).removeprefix("\n").removesuffix("\n")


def action(cursor: Cursor, scope: Scope) -> Steps[Calls]:
    """Read `Action: name` with `Action Input: …` on the next line, or `Action:` and a call."""
    cursor.skip(len(ACTION))
    yield from cursor.space()
    inner = scope.inner(marked=True)
    whole = (yield from cursor.peek()) in ("{", "`") or (yield from python_ahead(cursor, scope))
    if whole:
        return (yield from sequence(cursor, inner))
    name = (yield from cursor.run(_LINE, MAX_NAME)).strip()
    if not _may_name(name, inner):
        raise Mismatch
    yield from cursor.space()
    if not (yield from cursor.ahead((_ACTION_INPUT,))):
        raise Mismatch
    cursor.skip(len(_ACTION_INPUT))
    yield from cursor.run(_BLANKS)
    return [RawCall(name=name, arguments=(yield from _action_input(cursor)))]


def _action_input(cursor: Cursor) -> Steps[Any]:
    if (yield from cursor.ahead((_FENCE,))):
        yield from cursor.run(_BACKTICKS)
        yield from cursor.run(_LANGUAGE, MAX_NAME)
        result = yield from _arguments(cursor)
        yield from cursor.space()
        yield from cursor.run(_BACKTICKS)
        return result
    if (yield from cursor.peek()) == "{":
        return (yield from _arguments(cursor))
    return (yield from cursor.run(_LINE)).strip().strip("\"'")
