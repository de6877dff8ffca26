"""Finds the words of a tool that a small model will not understand, or will mix up."""

from __future__ import annotations

import builtins
import difflib
import keyword
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tools.finding import Finding
from tools.registry import Registered
from tools.spec import ToolSpec

LONGEST = 400
"""Characters of a description that a small model still reads."""
SHORTEST = 3
"""Words without which a description says nothing."""
MOST = 6
"""Parameters that a small model still fills."""
CHOICES = 12
"""Values of a parameter that a small model still chooses from."""
NEAR = 0.85
"""Likeness of names from which on they are taken for each other."""
_VAGUE = "a arg arg1 arg2 args data info input item obj object param payload s thing value x y"
VAGUE = frozenset(_VAGUE.split())
_SAYS_NOTHING = "do execute func function handle handler helper main my_tool process run test tool"
SAYS_NOTHING = VAGUE | frozenset(_SAYS_NOTHING.split())
SHORT_FORMS = {
    **{"addr": "address", "amt": "amount", "cfg": "settings", "cnt": "count", "desc": "text"},
    **{"dept": "department", "dest": "destination", "dt": "date", "idx": "position"},
    **{"lang": "language", "loc": "place", "msg": "message", "num": "number", "qty": "quantity"},
    **{"src": "source", "tmp": "temporary", "ts": "time", "usr": "user", "val": "value"},
}
"""Short forms, and the words that a model has read more often."""
_OPENING = re.compile(r"(this|the|a|an) (tool|function|method)\b", re.I)
_NOT = re.compile(r"\b(not|never|don't|cannot|mustn't)\b", re.I)
_INSTEAD = re.compile(r"\b(instead|use|but|only|rather|call|for every)\b", re.I)


def said(tool: Registered, place: str) -> Iterator[Finding]:
    """Check the description and the parameters."""
    yield from _description(tool.spec.description.strip(), place)
    properties: Mapping[str, Any] = tool.spec.parameters.get("properties", {})
    if len(properties) > MOST:
        yield Finding("warning", place, f"it has {len(properties)} parameters",
                      f"Small models fill up to {MOST}: make two tools of it.")  # fmt: skip
    for name, schema in properties.items():
        yield from _parameter(name, place)
        yield from _values(name, schema, place)


def _description(text: str, place: str) -> Iterator[Finding]:
    if _OPENING.match(text):
        yield Finding("warning", place, f"its description begins with {text.split()[0]!r} …",
                      "Begin with a verb: Tell …, Send …, Find …")  # fmt: skip
    if len(text) > LONGEST:
        yield Finding("warning", place, f"its description has {len(text)} characters",
                      f"Small models read about {LONGEST}: what it does, and when.")  # fmt: skip
    if len(text.split()) < SHORTEST:
        yield Finding("warning", place, f"its description says only {text!r}",
                      "Say what it does, and in a second sentence when to use it.")  # fmt: skip
    if _NOT.search(text) and not _INSTEAD.search(text):
        yield Finding("hint", place, "its description says what not to do, and not what instead",
                      "Small models pass over 'not': say what it is for.")  # fmt: skip


def _parameter(name: str, place: str) -> Iterator[Finding]:
    """Check the name of a parameter."""
    if name in VAGUE:
        yield Finding("warning", place, f"its parameter {name} says nothing by its name",
                      "Name what it is: city, amount, file_name.")  # fmt: skip
    elif short := [part for part in name.lower().split("_") if part in SHORT_FORMS]:
        full = "_".join(SHORT_FORMS.get(part, part) for part in name.lower().split("_"))
        yield Finding("hint", place, f"its parameter {name} is abbreviated ({', '.join(short)})",
                      f"Write it out: {full}.")  # fmt: skip
    elif _is_pythons(name):
        yield Finding("hint", place, f"its parameter {name} is a word of Python's own",
                      "Models that write code stumble over it: say which kind it is.")  # fmt: skip


def _is_pythons(name: str) -> bool:
    word = name.rstrip("_")
    own = keyword.iskeyword(word) or keyword.issoftkeyword(word) or name.endswith("_")
    return own or isinstance(getattr(builtins, name, None), type)


def _values(name: str, schema: Mapping[str, Any], place: str) -> Iterator[Finding]:
    """Check what a parameter takes."""
    if not schema.get("description"):
        yield Finding("warning", place, f"its parameter {name} is not described",
                      "Add a line under Args: with an example.")  # fmt: skip
    items = schema.get("items") or {}
    if "object" in (schema.get("type"), items.get("type")):
        nested = "an object" if schema.get("type") == "object" else "a list of objects"
        yield Finding("warning", place, f"its parameter {name} is {nested}",
                      "Plain parameters are filled more surely than nested ones.")  # fmt: skip
    choices = schema.get("enum") or items.get("enum") or ()
    if len(choices) > CHOICES:
        yield Finding("warning", place, f"its parameter {name} has {len(choices)} choices",
                      f"Small models choose from up to {CHOICES}: take free text, and say in an "
                      "error what there is.")  # fmt: skip


def beside(tool: Registered, place: str, others: Iterable[ToolSpec]) -> Iterator[Finding]:
    """Check a tool's names beside those of other tools."""
    if tool.name.lower() in SAYS_NOTHING or len(tool.name) < 3:
        yield Finding("warning", place, "its name says nothing", "Name what it does: stock_level.")
    listed = {other.name: other for other in others}
    for other in listed:
        if other == tool.name:
            yield Finding("error", place, "another tool has the same name", "Choose another.")
        elif difflib.SequenceMatcher(None, tool.name, other).ratio() >= NEAR:
            yield Finding("warning", place, f"its name is near to that of {other}",
                          "A small model takes one for the other.")  # fmt: skip
    yield from _same_word(tool, place, list(listed.values()))


def _same_word(tool: Registered, place: str, others: Sequence[ToolSpec]) -> Iterator[Finding]:
    """Find parameters that have the name, but not the type, of another tool's."""
    for name, schema in tool.spec.parameters.get("properties", {}).items():
        kind = schema.get("type")
        for other in others:
            theirs = other.parameters.get("properties", {}).get(name, {}).get("type")
            if kind and theirs and theirs != kind and {kind, theirs} != {"integer", "number"}:
                yield Finding("hint", place, f"its parameter {name} is of type {kind}, and of type "
                              f"{theirs} in {other.name}",
                              "One word for one thing: rename it.")  # fmt: skip
                break
